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
    (
        "maternal_handbook.birth_matches_id",
        {"birth_date": "1980-05-07", "id_no": GIRL},
        {"birth_date": "1980-05-06", "id_no": GIRL},
    ),
    ("maternal_handbook.is_of_a_woman", {"id_no": BOY}, {"id_no": GIRL}),
    ("maternal_handbook.age_plausible", {"age_years": "9"}, {"age_years": "17"}),
    (
        "maternal_handbook.expected_date_matches",
        {"last_menses_date": "2024-01-01", "expected_delivery_date": "2024-12-10"},
        {"last_menses_date": "2024-01-01", "expected_delivery_date": "2024-10-14"},
    ),
    (
        "maternal_handbook.parity_within_gravidity",
        {"gravidity": "1", "parity": "3"},
        {"gravidity": "2", "parity": "2"},
    ),
    (
        "antenatal_first_visit.weeks_match_last_menses",
        {"last_menses_date": "2024-01-01", "visited_date": "2024-03-11", "gestational_weeks": "18"},
        {"last_menses_date": "2024-01-01", "visited_date": "2024-03-11", "gestational_weeks": "10"},
    ),
    (
        "antenatal_first_visit.systolic_above_diastolic",
        {"systolic_mmhg": "70", "diastolic_mmhg": "110"},
        {"systolic_mmhg": "110", "diastolic_mmhg": "70"},
    ),
    (
        "antenatal_visit.systolic_above_diastolic",
        {"systolic_mmhg": "70", "diastolic_mmhg": "110"},
        {"systolic_mmhg": "110", "diastolic_mmhg": "70"},
    ),
    (
        "pregnancy_risk_screening.factor_when_positive",
        {"risk_screen_code": "1", "risk_factor": None, "risk_factor_codes": None},
        {"risk_screen_code": "0", "risk_factor": None, "risk_factor_codes": None},
    ),
    (
        "postpartum_visit.visited_after_delivery",
        {"delivery_date": "2024-03-05", "visited_date": "2024-03-04"},
        {"delivery_date": "2024-03-05", "visited_date": "2024-03-10"},
    ),
    (
        "postpartum_42day.visited_in_time",
        {"delivery_date": "2024-03-05", "visited_date": "2024-03-20"},
        {"delivery_date": "2024-03-05", "visited_date": "2024-04-20"},
    ),
    (
        "birth_certificate.issued_after_birth",
        {"birth_date": "2024-03-05", "issued_at": "2024-03-04 10:00:00"},
        {"birth_date": "2024-03-05", "issued_at": "2024-03-05 10:00:00"},
    ),
    (
        "metabolic_screening.sampled_after_birth",
        {"birth_date": "2024-03-05", "sampled_at": "2024-03-04 10:00:00"},
        {"birth_date": "2024-03-05", "sampled_at": "2024-03-08 10:00:00"},
    ),
    (
        "chd_screening.result_matches_signs",
        {
            "chd_result_code": "1",
            "murmur_code": "0",
            "right_hand_spo2_percent": "97",
            "foot_spo2_percent": "93",
        },
        {
            "chd_result_code": "2",
            "murmur_code": "0",
            "right_hand_spo2_percent": "97",
            "foot_spo2_percent": "93",
        },
    ),
    (
        "chd_screening.result_matches_signs",
        {"chd_result_code": "1", "murmur_code": "2"},
        {
            "chd_result_code": "1",
            "murmur_code": "1",
            "right_hand_spo2_percent": "97",
            "foot_spo2_percent": "94",
        },
    ),
    (
        "child_handbook.birth_matches_id",
        {"birth_date": "2024-03-05", "id_no": GIRL},
        {"birth_date": "2024-03-05", "id_no": None},
    ),
    (
        "child_handbook.created_after_birth",
        {"birth_date": "2024-03-05", "created_date": "2024-03-01"},
        {"birth_date": "2024-03-05", "created_date": "2024-03-20"},
    ),
]
