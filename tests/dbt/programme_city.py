"""A city of a dozen people for the programmes' lists: each is there for one edge of one report.

Institutions A and B are in one county, C is a hospital of another. The last month with services is
December 2025. What the reports must say of these people stands in ``test_quality_reports.py``.
"""

from __future__ import annotations

from typing import Any

from kanghu.lake import Lake
from tests.dbt.tiny_city import A, B, C
from tests.dbt.tiny_lake import at, day, write_residents, write_silver

BIRTHS = {
    "R1": "1980-01-01",
    "R2": "1981-01-01",
    "R3": "1980-01-01",
    "M1": "1995-01-01",
    "M2": "1996-01-01",
    "M3": "1997-01-01",
    "K1": "2025-03-01",
    "K2": "2025-06-01",
    "K3": "2025-03-01",
    "E1": "1950-01-01",
    "E2": "1940-01-01",
    "H1": "1970-01-01",
    "H2": "1971-01-01",
    "D1": "1972-01-01",
    "S1": "1985-01-01",
    "S2": "1986-01-01",
}
AT_B = {"R3", "M3", "K3", "D1"}


def place(person: str) -> str:
    return B if person in AT_B else A


def write_programme_city(lake: Lake) -> None:
    write_residents(
        lake,
        [
            {
                "resident_id": person,
                "name": f"居民{person}",
                "sex_code": "2" if person.startswith("M") else "1",
                "birth_date": day(born),
                "id_no": f"35042419{person}",
                "phone_no": f"1380000{person}",
            }
            for person, born in BIRTHS.items()
        ],
    )
    for dataset, rows in {**_records(), **_maternal(), **_children(), **_adults()}.items():
        write_silver(lake, dataset, rows)


def _of(person: str, **facts: Any) -> dict[str, Any]:
    return {"_institution": place(person), "resident_id": person, **facts}


def _records() -> dict[str, list[dict[str, Any]]]:
    twin_of_r1 = {"name": "居民R1", "id_no": None}
    lacking: dict[str, dict[str, Any]] = {
        "R2": {"phone_no": None, "fuel_code": None},
        "R3": twin_of_r1,
        "S2": {"created_date": day("2025-12-05"), "created_by": None},
    }
    records = [
        _of(
            person,
            **{
                "record_no": f"N{person}",
                "name": f"居民{person}",
                "sex_code": "1",
                "birth_date": day(born),
                "id_no": f"35042419{person}",
                "phone_no": f"1380000{person}",
                "committee_name": "曹坊村" if person != "R2" else "罗溪村",
                "ethnicity_code": "01",
                "fuel_code": "1",
                "created_by": "张医生",
                "created_date": day("2025-02-01" if person == "R2" else "2024-01-01"),
                "record_status_code": "1",
                "is_electronic": True,
                **lacking.get(person, {}),
            },
        )
        for person, born in BIRTHS.items()
    ]
    return {
        "resident_record": records,
        "resident_population": [
            {
                "_institution": "350400HC",
                "region_code": A,
                "managing_institution_code": A,
                "population_year": 2024,
                "resident_count": 100,
                "resident_65_count": 10,
                "child_0_6_year_count": 5,
                "child_0_36_month_count": 4,
            }
        ],
        "death_registration": [
            {
                "_institution": "350400HC",
                "resident_id": "E2",
                "certificate_no": "D1",
                "name": "居民E2",
                "sex_code": "1",
                "death_date": day("2025-04-01"),
            }
        ],
    }


def _maternal() -> dict[str, list[dict[str, Any]]]:
    def handbook(person: str, menses: str, created: str, **facts: Any) -> dict[str, Any]:
        return _of(
            person,
            maternal_handbook_no=f"B{person}",
            record_no=f"N{person}",
            name=f"居民{person}",
            id_no=f"35042419{person}",
            phone_no=f"1380000{person}",
            birth_date=day(BIRTHS[person]),
            address_village="曹坊村",
            last_menses_date=day(menses),
            created_date=day(created),
            handbook_status_code="1",
            husband_name="丈夫",
            **facts,
        )

    def exam(person: str, number: int, examined: str) -> dict[str, Any]:
        return _of(
            person,
            maternal_handbook_no=f"B{person}",
            exam_no=f"X{person}{number}",
            examined_date=day(examined),
        )

    def case(person: str, assessed: str, colour: str, score: int, **facts: Any) -> dict[str, Any]:
        return _of(
            person,
            maternal_handbook_no=f"B{person}",
            high_risk_case_no=f"C{person}",
            registered_date=day(assessed),
            assessed_date=day(assessed),
            risk_colour_code=colour,
            high_risk_score=score,
            high_risk_factor="妊娠期糖尿病",
            assessing_institution_name="县医院",
            **facts,
        )

    return {
        "maternal_handbook": [
            handbook("M1", "2025-01-01", "2025-02-20", maternal_status_code="5"),
            handbook("M2", "2025-02-01", "2025-07-01", maternal_status_code="3"),
            handbook("M3", "2025-09-01", "2025-10-01", maternal_status_code="1"),
        ],
        "antenatal_reexam": [
            exam("M1", 1, "2025-02-20"),
            exam("M1", 2, "2025-05-01"),  # the review was booked for 20 March: too late
            exam("M2", 1, "2025-07-15"),
        ],
        "high_risk_pregnancy": [
            case("M1", "2025-03-01", "3", 10, next_exam_date=day("2025-03-20")),
            case("M2", "2025-07-01", "4", 20),
        ],
        "pregnancy_risk_assessment": [
            _of(
                person,
                assessment_no=f"A{person}",
                maternal_handbook_no=f"B{person}",
                assessed_date=day(assessed),
                risk_colour_code=colour,
                has_infection_risk=infectious,
            )
            for person, assessed, colour, infectious in (
                ("M2", "2025-07-01", "4", True),
                ("M3", "2025-10-01", "1", False),
            )
        ],
        # In hospital C, which keeps no handbook: it counts where the handbook is.
        "delivery": [
            {
                "_institution": C,
                "resident_id": "M1",
                "delivery_no": "L1",
                "name": "居民M1",
                "delivered_at": at("2025-10-05 08:00"),
                "discharged_at": at("2025-10-08 08:00"),
                "newborn_count": 1,
            }
        ],
        "postpartum_visit": [
            _of(
                "M1",
                visit_no="P1",
                maternal_handbook_no="BM1",
                visited_date=day("2025-10-15"),
                delivery_date=day("2025-10-05"),
            )
        ],
    }


def _children() -> dict[str, list[dict[str, Any]]]:
    def handbook(person: str, name: str, mother: str) -> dict[str, Any]:
        return _of(
            person,
            child_handbook_no=f"B{person}",
            record_no=f"N{person}",
            name=name,
            sex_code="1",
            birth_date=day(BIRTHS[person]),
            created_date=day(BIRTHS[person]),
            mother_id_no=mother,
            mother_name="母亲",
            mother_phone_no="13811112222",
            address_village="曹坊村",
        )

    def visit(person: str, visited: str, **facts: Any) -> dict[str, Any]:
        return _of(
            person,
            child_handbook_no=f"B{person}",
            visit_no=f"V{person}{visited}",
            visited_date=day(visited),
            **facts,
        )

    return {
        "child_handbook": [
            handbook("K1", "居民K1", "MOTHER1"),
            handbook("K2", "居民K2", "MOTHER2"),
            handbook("K3", "居民K1", "MOTHER1"),  # K1's handbook once more, at B
        ],
        "newborn_visit": [
            visit("K1", "2025-03-10", current_weight_kg=4),
            visit("K2", "2025-06-10"),
        ],
        "infant_checkup": [
            visit("K1", visited, infant_visit_age_code=age)
            for visited, age in (
                ("2025-04-02", "1"),
                ("2025-06-02", "3"),
                ("2025-09-03", "6"),
                ("2025-11-05", "8"),
            )
        ],
        "child_eye_screening": [
            _of(
                "K1",
                screening_no="Y1",
                child_handbook_no="BK1",
                eye_stage_code="04",
                screened_date=day("2025-09-03"),
            )
        ],
        "high_risk_child": [
            _of(
                "K2",
                high_risk_child_no="G1",
                child_handbook_no="BK2",
                high_risk_kind_code="6",
                registered_date=day("2025-06-20"),
                managing_institution_name="曹坊镇中心卫生院",
                is_closed=False,
            )
        ],
        "high_risk_child_followup": [
            _of(
                "K2",
                followup_no="Q1",
                high_risk_child_no="G1",
                child_handbook_no="BK2",
                followup_date=day("2025-08-01"),
            )
        ],
        "tcm_child_guidance": [
            _of(
                "K1",
                guidance_no="T1",
                record_no="NK1",
                child_handbook_no="BK1",
                guided_date=day("2025-09-03"),
                tcm_child_age_code="6",
                tcm_child_guidance_codes="3;4",
                parent_mastery_code="1",
                satisfaction_code="1",
            )
        ],
    }


def _adults() -> dict[str, list[dict[str, Any]]]:
    whole = {
        "temperature_celsius": 36.5,
        "smoking_status_code": "1",
        "left_systolic_mmhg": 130,
        "haemoglobin_g_l": 130,
        "urine_protein_code": "1",
        "alt_u_l": 20,
        "creatinine_umol_l": 70,
        "fasting_glucose_mmol_l": 5,
        "total_cholesterol_mmol_l": 4,
        "is_ecg_abnormal": False,
        "is_ultrasound_abnormal": False,
        "is_abnormal": False,
        "guidance_code": "1",
    }

    def checkup(person: str, checked: str, entered: str, **facts: Any) -> dict[str, Any]:
        return _of(
            person,
            checkup_no=f"C{person}{checked}",
            record_no=f"N{person}",
            checked_date=day(checked),
            entered_date=day(entered),
            **facts,
        )

    def followup(person: str, followed: str, **facts: Any) -> dict[str, Any]:
        return _of(
            person,
            followup_no=f"F{person}{followed}",
            record_no=f"N{person}",
            followup_date=day(followed),
            **facts,
        )

    equal = {"systolic_mmhg": 150, "diastolic_mmhg": 95, "doctor_name": "张医生"}
    return {
        "health_checkup": [
            checkup("E1", "2025-03-01", "2025-03-05", **whole),
            checkup("E2", "2025-05-01", "2025-06-30"),  # a month after death, entered late
            checkup("H2", "2024-05-01", "2024-05-01"),
            checkup("H2", "2025-05-01", "2025-05-01"),
        ],
        "chronic_registration": [
            _of(
                person,
                registration_no=f"Z{person}",
                record_no=f"N{person}",
                programme_code=programme,
                confirmed_date=day("2024-01-01"),
                registered_date=day("2024-01-01"),
            )
            for person, programme in (("H1", "1"), ("H2", "1"), ("E1", "1"), ("D1", "2"))
        ],
        "hypertension_followup": [
            *(
                followup("H1", followed, **equal)
                for followed in ("2025-03-01", "2025-06-01", "2025-09-01")
            ),
            *(
                followup("H2", followed, systolic_mmhg=pressure, diastolic_mmhg=80, weight_kg=60)
                for followed, pressure in (
                    ("2025-02-01", 150),
                    ("2025-05-01", 130),
                    ("2025-08-01", 128),
                    ("2025-11-01", 126),
                )
            ),
        ],
        "diabetes_followup": [
            followup("D1", "2025-03-01", fasting_glucose_mmol_l=8),
            followup("D1", "2025-06-01", fasting_glucose_mmol_l=9, is_referred=True),
        ],
        "mental_registration": [
            _of(
                person,
                registration_no=f"J{person}",
                record_no=f"N{person}",
                mental_diagnosis_code=diagnosis,
                filled_date=day("2024-01-01"),
                guardian_name="监护人",
                guardian_phone_no="13900000000",
            )
            for person, diagnosis in (("S1", "1"), ("S2", "4"))
        ],
        "mental_followup": [
            followup(
                "S1",
                followed,
                registration_no="JS1",
                followup_method_code="2",
                medication_compliance_code="1",
            )
            for followed in ("2025-03-01", "2025-06-01", "2025-09-01", "2025-12-01")
        ],
        "tcm_constitution": [
            _of(
                "E1",
                identification_no="I1",
                record_no="NE1",
                identified_date=day("2025-03-01"),
                main_constitution_code="3",
                tcm_guidance_codes="2",
                doctor_name="李医生",
                guidance_effect="好转",
                satisfaction_code="1",
            )
        ],
        "tb_registration": [
            _of(
                "R1",
                registration_no="W1",
                record_no="NR1",
                registered_date=day("2025-02-01"),
                confirmed_date=day("2025-01-25"),
            )
        ],
        "tb_first_visit": [followup("R1", "2025-02-03", registration_no="W1")],
        "tb_closing": [
            _of(
                "R1",
                closing_no="O1",
                registration_no="W1",
                record_no="NR1",
                stopped_date=day("2025-08-01"),
                dose_percent=95,
            )
        ],
        "outpatient_encounter": [
            {
                "_institution": A,
                "resident_id": "R1",
                "encounter_no": number,
                "patient_no": "P",
                "visited_at": at(visited),
                **facts,
            }
            for number, visited, facts in (
                ("V1", "2025-12-20 09:00", {}),
                ("V2", "2025-12-21 09:00", {"tcm_disease_name": "腰痛病"}),
                ("V3", "2025-12-22 09:00", {}),
                ("V4", "2025-01-02 09:00", {}),
            )
        ],
        "charge_detail": [
            {
                "_institution": A,
                "charge_no": "CH1",
                "patient_no": "P",
                "encounter_no": "V3",
                "charge_category_code": "05",
                "item_name": "普通针刺",
                "quantity": 1,
                "unit_price_yuan": 10,
                "amount_yuan": 10,
                "charged_at": at("2025-12-22 09:30"),
            }
        ],
    }
