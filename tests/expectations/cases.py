"""The hand-written row rules, each with values that keep it and values that break it.

The values stand over a clean record of the dataset; null leaves a field empty. Read it as the
manual of the rules.
"""

from __future__ import annotations

from tests.expectations.records import Record, id_number

BOY = id_number("19800506", "1")
GIRL = id_number("19800506", "2")

Case = tuple[str, Record, Record]
"""Rule, values that break it, values that keep it."""

_SCORES: Record = {
    "qi_deficient_score": "6",
    "yang_deficient_score": "12",
    "yin_deficient_score": "5",
    "phlegm_damp_score": "7",
    "damp_heat_score": "4",
    "blood_stasis_score": "8",
    "qi_stagnant_score": "4",
    "special_score": "9",
}

CASES: list[Case] = [
    ("patient.birth_matches_id", {"birth_date": "1980-05-07"}, {"birth_date": "1980-05-06"}),
    (
        "patient.birth_matches_id",
        {"birth_date": "2020-01-01", "id_type_code": None},
        {"birth_date": "2020-01-01", "id_type_code": "19"},  # the mother's number, and it says so
    ),
    ("patient.sex_matches_id", {"sex_code": "2", "id_no": BOY}, {"sex_code": "2", "id_no": GIRL}),
    ("patient.sex_matches_id", {"sex_code": "1", "id_no": GIRL}, {"sex_code": "9", "id_no": GIRL}),
    ("patient.death_after_birth", {"death_date": "1980-05-05"}, {"death_date": "1980-05-06"}),
    ("resident_record.birth_matches_id", {"birth_date": "1980-06-05"}, {"id_no": None}),
    ("resident_record.sex_matches_id", {"sex_code": "2"}, {"sex_code": "2", "id_no": GIRL}),
    ("resident_record.death_after_birth", {"death_date": "1979-01-01"}, {"death_date": None}),
    (
        "resident_record.created_after_birth",
        {"created_date": "1980-05-05"},
        {"created_date": "1980-05-06"},
    ),
    (
        "outpatient_encounter.systolic_above_diastolic",
        {"systolic_mmhg": "80", "diastolic_mmhg": "120"},
        {"systolic_mmhg": "80", "diastolic_mmhg": None},
    ),
    (
        "outpatient_encounter.first_visit_blood_pressure",
        {"age_years": "35", "visit_kind_code": "1", "systolic_mmhg": None},
        {"age_years": "34", "visit_kind_code": "1", "systolic_mmhg": None},
    ),
    (
        "outpatient_encounter.first_visit_blood_pressure",
        {"age_years": "70", "visit_kind_code": "1", "systolic_mmhg": None},
        {"age_years": "70", "visit_kind_code": "2", "systolic_mmhg": None},
    ),
    (
        "hypertension_followup.systolic_above_diastolic",
        {"systolic_mmhg": "90", "diastolic_mmhg": "90"},
        {"systolic_mmhg": "91", "diastolic_mmhg": "90"},
    ),
    (
        "diabetes_followup.systolic_above_diastolic",
        {"systolic_mmhg": "80", "diastolic_mmhg": "130"},
        {"systolic_mmhg": "130", "diastolic_mmhg": "80"},
    ),
    (
        "health_checkup.left_systolic_above_diastolic",
        {"left_systolic_mmhg": "80", "left_diastolic_mmhg": "130"},
        {"left_systolic_mmhg": "130", "left_diastolic_mmhg": "80"},
    ),
    (
        "health_checkup.bmi_matches",
        {"height_cm": "170", "weight_kg": "130", "bmi": "22.5"},  # 斤 in a field of kilograms
        {"height_cm": "170", "weight_kg": "65", "bmi": "22.9"},
    ),
    (
        "hypertension_followup.bmi_matches",
        {"height_cm": "170", "weight_kg": "65", "bmi": "23.1"},
        {"height_cm": None, "weight_kg": "65", "bmi": "99"},
    ),
    (
        "diabetes_followup.bmi_matches",
        {"height_cm": "160", "weight_kg": "65", "bmi": "22.5"},
        {"height_cm": "0", "weight_kg": "65", "bmi": "22.5"},
    ),
    (
        "hypertension_followup.classification_matches_pressure",
        {"classification_code": "1", "systolic_mmhg": "150", "diastolic_mmhg": "80"},
        {"classification_code": "1", "systolic_mmhg": "149", "diastolic_mmhg": "89"},
    ),
    (
        "hypertension_followup.classification_matches_pressure",
        {"classification_code": "1", "systolic_mmhg": "140", "diastolic_mmhg": "90"},
        {"classification_code": "2", "systolic_mmhg": "180", "diastolic_mmhg": "100"},
    ),
    (
        "diabetes_followup.classification_matches_glucose",
        {"classification_code": "1", "fasting_glucose_mmol_l": "7.0"},
        {"classification_code": "1", "fasting_glucose_mmol_l": "6.9"},
    ),
    (
        "hypertension_followup.next_after_followup",
        {"followup_date": "2024-02-01", "next_followup_date": "2024-02-01"},
        {"followup_date": "2024-02-01", "next_followup_date": "2024-02-02"},
    ),
    (
        "diabetes_followup.next_after_followup",
        {"followup_date": "2024-02-01", "next_followup_date": "2023-02-01"},
        {"followup_date": "2024-02-01", "next_followup_date": None},
    ),
    (
        "inpatient_stay.discharged_after_admitted",
        {"admitted_at": "2024-01-10 08:00:00", "discharged_at": "2024-01-10 07:59:59"},
        {"admitted_at": "2024-01-10 08:00:00", "discharged_at": "2024-01-10 08:00:00"},
    ),
    (
        "front_page.discharged_after_admitted",
        {"admitted_at": "2024-01-10 08:00:00", "discharged_at": "2024-01-09 08:00:00"},
        {},
    ),
    ("front_page.days_match", {"actual_days": "3"}, {"actual_days": "2"}),
    (
        "front_page.days_match",
        {"actual_days": "0", "discharged_at": "2024-01-10 20:00:00"},
        {"actual_days": "1", "discharged_at": "2024-01-10 20:00:00"},
    ),
    (
        "front_page.days_match",  # the city's days, not UTC's: 00:30 is the day before in UTC
        {"actual_days": "1", "discharged_at": "2024-01-12 00:30:00"},
        {"actual_days": "2", "discharged_at": "2024-01-12 00:30:00"},
    ),
    (
        "front_page.self_paid_within_total",
        {"total_cost_yuan": "100", "self_paid_yuan": "100.01"},
        {"total_cost_yuan": "100", "self_paid_yuan": "100"},
    ),
    (
        "settlement.parts_match_total",
        {"total_yuan": "10", "insurance_yuan": "6", "self_paid_yuan": "4.02"},
        {"total_yuan": "10", "insurance_yuan": "6", "self_paid_yuan": "4.01"},
    ),
    (
        "charge_detail.amount_matches",
        {"quantity": "3", "unit_price_yuan": "1.111", "amount_yuan": "3.35"},
        {"quantity": "3", "unit_price_yuan": "1.111", "amount_yuan": "3.33"},
    ),
    (
        "charge_detail.amount_matches",
        {"quantity": "-2", "unit_price_yuan": "5", "amount_yuan": "10"},
        {"quantity": "-2", "unit_price_yuan": "5", "amount_yuan": "-10"},
    ),
    (
        "prescription_item.amount_matches",
        {"quantity": "2", "unit_price_yuan": "5", "amount_yuan": "100"},
        {"quantity": None, "unit_price_yuan": "5", "amount_yuan": "100"},
    ),
    (
        "lab_report.reported_after_sampled",
        {"sampled_at": "2024-01-10 08:00:00", "reported_at": "2024-01-10 07:00:00"},
        {"sampled_at": None, "reported_at": "2024-01-10 07:00:00"},
    ),
    (
        "exam_report.reported_after_examined",
        {"examined_at": "2024-01-10 08:00:00", "reported_at": "2024-01-09 23:00:00"},
        {"examined_at": "2024-01-10 08:00:00", "reported_at": "2024-01-10 08:00:00"},
    ),
    (
        "chronic_registration.registered_after_confirmed",
        {"confirmed_date": "2024-01-02", "registered_date": "2024-01-01"},
        {"confirmed_date": "2024-01-02", "registered_date": "2024-01-02"},
    ),
    *(
        (
            f"{name}.late_entry",
            {day: "2025-03-01", "entered_date": "2025-04-01"},
            {day: "2025-03-01", "entered_date": "2025-03-31"},
        )
        for name, day in (
            ("health_checkup", "checked_date"),
            ("hypertension_followup", "followup_date"),
            ("diabetes_followup", "followup_date"),
            ("mental_followup", "followup_date"),
        )
    ),
    *(
        (f"{name}.name_without_digits", {"name": "王3芳"}, {"name": "王芳"})
        for name in ("patient", "resident_record")
    ),
    (
        "chronic_registration.confirmed_not_placeholder",
        {"confirmed_date": "1900-01-01"},
        {"confirmed_date": None},
    ),
    (
        "mental_registration.onset_not_placeholder",
        {"onset_date": "1900-01-01"},
        {"onset_date": "1961-04-05"},
    ),
    (
        "family_doctor_contract.end_after_start",
        {"start_date": "2025-03-01", "end_date": "2025-03-01"},
        {"start_date": "2025-03-01", "end_date": "2026-02-28"},
    ),
    (
        "infectious_report.reported_within_a_day",
        {"diagnosed_at": "2025-03-01 09:00:00", "reported_online_at": "2025-03-03 08:00:00"},
        {"diagnosed_at": "2025-03-01 09:00:00", "reported_online_at": "2025-03-02 08:00:00"},
    ),
    (
        "lab_result.flag_matches_range",
        {"reference_range": "3.9-6.1", "result_number": "9.2", "abnormal_flag_code": "N"},
        {"reference_range": "3.9-6.1", "result_number": "9.2", "abnormal_flag_code": "H"},
    ),
    (
        "lab_result.flag_matches_range",
        {"reference_range": "3.9-6.1", "result_number": "5.0", "abnormal_flag_code": "H"},
        {"reference_range": "阴性", "result_number": None, "abnormal_flag_code": "P"},
    ),
    *(
        (
            "tcm_constitution.main_constitution_highest",
            {**_SCORES, "main_constitution_code": "2"},
            {**_SCORES, "main_constitution_code": code},
        )
        for code in ("3", "1")
    ),
]
