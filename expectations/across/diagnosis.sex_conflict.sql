-- Diagnoses that the patient's sex rules out (sexes: spark_jobs/across.py).
select
    diagnosis._institution, diagnosis._feed, diagnosis._source_key, diagnosis._batch_id,
    diagnosis.diagnosis_code as value
from diagnosis
inner join sex
    on diagnosis._institution = sex._institution and diagnosis.patient_no = sex.patient_no
where
    (
        sex.sex_code = '1'
        and (
            substr(diagnosis.diagnosis_code, 1, 1) = 'O'
            or substr(diagnosis.diagnosis_code, 1, 3) between 'N80' and 'N98'
        )
    )
    or (sex.sex_code = '2' and substr(diagnosis.diagnosis_code, 1, 3) in ('C61', 'N40'))
