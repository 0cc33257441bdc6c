"""The stated rules once more, written from their sentences and not from the product's code.

What the simulator calls clean must be clean by these, and what it planted must break just what it
says. DuckDB over canonical text; a resident is the true person.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from simulator.columns import columns_of
from standards.catalogue import Column, load_catalogue

TODAY = "2027-01-01"

MACROS = r"""
create macro digit(t, place) as try_cast(substr(t, place, 1) as int);
create macro id_ok(t) as case when t is not null then coalesce(
    regexp_full_match(t, '[1-9]\d{16}[\dX]')
    and try_cast(substr(t, 7, 4) || '-' || substr(t, 11, 2) || '-' || substr(t, 13, 2) as date)
        is not null
    and substr('10X98765432', 1 + (
        7 * digit(t, 1) + 9 * digit(t, 2) + 10 * digit(t, 3) + 5 * digit(t, 4) +
        8 * digit(t, 5) + 4 * digit(t, 6) + 2 * digit(t, 7) + 1 * digit(t, 8) +
        6 * digit(t, 9) + 3 * digit(t, 10) + 7 * digit(t, 11) + 9 * digit(t, 12) +
        10 * digit(t, 13) + 5 * digit(t, 14) + 8 * digit(t, 15) + 4 * digit(t, 16) +
        2 * digit(t, 17)) % 11, 1) = substr(t, 18, 1),
    false) end;
create macro phone_ok(t) as
    regexp_full_match(t, '1[3-9]\d{9}|(0\d{2,3}-?)?[1-9]\d{6,7}');
create macro icd_ok(t) as regexp_full_match(
    t, '[A-Z]\d{2}(\.[0-9x]\d{0,2}(x\d{2,3})?)?[+*]?'
    || '(\+[A-Z]\d{2}(\.[0-9x]\d{0,2}(x\d{2,3})?)?\*?)?');
"""

_ROW = {
    "maternal_handbook": (
        ("birth_date", "birth_matches_id",
         "not id_ok(id_no) or strftime(birth_date, '%Y%m%d') = substr(id_no, 7, 8)"),
        ("id_no", "pregnancy_of_a_man", "not id_ok(id_no) or digit(id_no, 17) % 2 = 0"),
        ("age_years", "age_plausible", "age_years >= 12 and age_years <= 60"),
        ("expected_delivery_date", "due_date_matches_last_menses",
         "expected_delivery_date - last_menses_date between 259 and 301"),
        ("parity", "parity_within_gravidity", "gravidity >= parity"),
    ),
    "antenatal_first_visit": (
        ("gestational_weeks", "weeks_match_last_menses",
         "visited_date - last_menses_date - 7 * gestational_weeks between -27 and 27"),
        ("systolic_mmhg", "systolic_above_diastolic", "systolic_mmhg > diastolic_mmhg"),
    ),
    "antenatal_visit": (
        ("systolic_mmhg", "systolic_above_diastolic", "systolic_mmhg > diastolic_mmhg"),
    ),
    "pregnancy_risk_screening": (
        ("risk_factor", "factor_when_positive",
         "risk_screen_code <> '1' or risk_factor is not null"),
    ),
    "postpartum_visit": (
        ("visited_date", "visited_after_delivery", "delivery_date <= visited_date"),
    ),
    "postpartum_42day": (
        ("visited_date", "visited_in_time", "visited_date - delivery_date >= 28"),
    ),
    "birth_certificate": (
        ("issued_at", "issued_after_birth", "issued_at::date >= birth_date"),
    ),
    "metabolic_screening": (
        ("sampled_at", "sampled_after_birth", "sampled_at::date >= birth_date"),
    ),
    "chd_screening": (
        ("chd_result_code", "result_matches_signs",
         "chd_result_code <> '1' or (coalesce(murmur_code in ('0', '1'), true)"
         " and coalesce(right_hand_spo2_percent >= 94, true)"
         " and coalesce(foot_spo2_percent >= 94, true)"
         " and coalesce(abs(right_hand_spo2_percent - foot_spo2_percent) <= 3, true))"),
    ),
    "child_handbook": (
        ("birth_date", "birth_matches_id",
         "not id_ok(id_no) or strftime(birth_date, '%Y%m%d') = substr(id_no, 7, 8)"),
        ("created_date", "created_after_birth", "created_date >= birth_date"),
    ),
    "patient": (
        ("name", "name_without_digits", "not regexp_matches(name, '[0-9]')"),
        ("birth_date", "birth_matches_id",
         "not id_ok(id_no) or strftime(birth_date, '%Y%m%d') = substr(id_no, 7, 8)"),
        ("sex_code", "sex_matches_id",
         "not id_ok(id_no) or sex_code not in ('1', '2')"
         " or (digit(id_no, 17) % 2 = 1) = (sex_code = '1')"),
        ("death_date", "death_after_birth", "death_date >= birth_date"),
    ),
    "resident_record": (
        ("name", "name_without_digits", "not regexp_matches(name, '[0-9]')"),
        ("birth_date", "birth_matches_id",
         "not id_ok(id_no) or strftime(birth_date, '%Y%m%d') = substr(id_no, 7, 8)"),
        ("sex_code", "sex_matches_id",
         "not id_ok(id_no) or sex_code not in ('1', '2')"
         " or (digit(id_no, 17) % 2 = 1) = (sex_code = '1')"),
        ("death_date", "death_after_birth", "death_date >= birth_date"),
        ("created_date", "created_after_birth", "created_date >= birth_date"),
    ),
    "outpatient_encounter": (
        ("systolic_mmhg", "systolic_above_diastolic", "systolic_mmhg > diastolic_mmhg"),
        ("systolic_mmhg", "first_visit_blood_pressure",
         "not (age_years >= 35 and visit_kind_code = '1') or systolic_mmhg is not null"),
    ),
    "hypertension_followup": (
        ("entered_date", "late_entry", "entered_date - followup_date <= 30"),
        ("systolic_mmhg", "systolic_above_diastolic", "systolic_mmhg > diastolic_mmhg"),
        ("bmi", "bmi_matches", "abs(bmi - weight_kg / pow(height_cm / 100, 2)) <= 0.5"),
        ("classification_code", "classification_matches_pressure",
         "classification_code <> '1' or (systolic_mmhg < 150 and diastolic_mmhg < 90)"),
        ("next_followup_date", "next_after_followup", "next_followup_date > followup_date"),
    ),
    "diabetes_followup": (
        ("entered_date", "late_entry", "entered_date - followup_date <= 30"),
        ("systolic_mmhg", "systolic_above_diastolic", "systolic_mmhg > diastolic_mmhg"),
        ("bmi", "bmi_matches", "abs(bmi - weight_kg / pow(height_cm / 100, 2)) <= 0.5"),
        ("classification_code", "classification_matches_glucose",
         "classification_code <> '1' or fasting_glucose_mmol_l < 7.0"),
        ("next_followup_date", "next_after_followup", "next_followup_date > followup_date"),
    ),
    "health_checkup": (
        ("entered_date", "late_entry", "entered_date - checked_date <= 30"),
        ("left_systolic_mmhg", "left_systolic_above_diastolic",
         "left_systolic_mmhg > left_diastolic_mmhg"),
        ("bmi", "bmi_matches", "abs(bmi - weight_kg / pow(height_cm / 100, 2)) <= 0.5"),
    ),
    "inpatient_stay": (
        ("discharged_at", "discharged_after_admitted", "discharged_at >= admitted_at"),
    ),
    "front_page": (
        ("discharged_at", "discharged_after_admitted", "discharged_at >= admitted_at"),
        ("actual_days", "days_match",
         "discharged_at < admitted_at or actual_days ="
         " greatest(1, date_diff('day', admitted_at::date, discharged_at::date))"),
        ("self_paid_yuan", "self_paid_within_total", "self_paid_yuan <= total_cost_yuan"),
    ),
    "settlement": (
        ("total_yuan", "parts_match_total",
         "abs(total_yuan - insurance_yuan - self_paid_yuan) <= 0.01"),
    ),
    "charge_detail": (
        ("amount_yuan", "amount_matches",
         "abs(amount_yuan - round(quantity * unit_price_yuan, 2)) <= 0.01"),
    ),
    "prescription_item": (
        ("amount_yuan", "amount_matches",
         "abs(amount_yuan - round(quantity * unit_price_yuan, 2)) <= 0.01"),
    ),
    "lab_report": (("reported_at", "reported_after_sampled", "reported_at >= sampled_at"),),
    "exam_report": (("reported_at", "reported_after_examined", "reported_at >= examined_at"),),
    "chronic_registration": (
        ("confirmed_date", "confirmed_not_placeholder", "year(confirmed_date) >= 1920"),
        ("registered_date", "registered_after_confirmed", "registered_date >= confirmed_date"),
    ),
    "mental_followup": (
        ("entered_date", "late_entry", "entered_date - followup_date <= 30"),
    ),
    "mental_registration": (
        ("onset_date", "onset_not_placeholder", "year(onset_date) >= 1920"),
    ),
    "family_doctor_contract": (
        ("end_date", "end_after_start", "end_date > start_date"),
    ),
    "infectious_report": (
        ("reported_online_at", "reported_within_a_day",
         "reported_online_at::date - diagnosed_at::date <= 1"),
    ),
    "lab_result": (
        ("abnormal_flag_code", "flag_matches_range",
         "case abnormal_flag_code when 'N' then result_number between"
         " try_cast(split_part(reference_range, '-', 1) as double)"
         " and try_cast(split_part(reference_range, '-', 2) as double)"
         " when 'H' then result_number > try_cast(split_part(reference_range, '-', 2) as double)"
         " when 'L' then result_number < try_cast(split_part(reference_range, '-', 1) as double)"
         " end"),
    ),
    "tcm_constitution": (
        ("main_constitution_code", "main_constitution_highest",
         "main_constitution_code = '1' or [qi_deficient_score, yang_deficient_score,"
         " yin_deficient_score, phlegm_damp_score, damp_heat_score, blood_stasis_score,"
         " qi_stagnant_score, special_score][main_constitution_code::int - 1] >= greatest("
         "qi_deficient_score, yang_deficient_score, yin_deficient_score, phlegm_damp_score,"
         " damp_heat_score, blood_stasis_score, qi_stagnant_score, special_score)"),
    ),
}  # fmt: skip
"""dataset -> (finding's column, rule, what holds or is null)."""

_DEATHS = """
select _person_id, min(death_date) as died from (
    select _person_id, death_date from silver_patient
    union all select _person_id, death_date from silver_resident_record
    union all select _person_id, death_date from silver_death_registration
) where death_date is not null group by all
"""

_ACROSS = {
    "outpatient_encounter.after_death": (
        "outpatient_encounter", "visited_at",
        f"select _event_id from silver_outpatient_encounter join ({_DEATHS}) using (_person_id)"
        " where visited_at::date > died",
    ),
    "hypertension_followup.after_death": (
        "hypertension_followup", "followup_date",
        f"select _event_id from silver_hypertension_followup join ({_DEATHS}) using (_person_id)"
        " where followup_date > died",
    ),
    "diabetes_followup.after_death": (
        "diabetes_followup", "followup_date",
        f"select _event_id from silver_diabetes_followup join ({_DEATHS}) using (_person_id)"
        " where followup_date > died",
    ),
    "hypertension_followup.same_pressure_three_times": (
        "hypertension_followup", "systolic_mmhg",
        """select _event_id from silver_hypertension_followup
        window w as (partition by _person_id order by followup_date, followup_no) qualify
        systolic_mmhg = lag(systolic_mmhg) over w and systolic_mmhg = lag(systolic_mmhg, 2) over w
        and diastolic_mmhg = lag(diastolic_mmhg) over w
        and diastolic_mmhg = lag(diastolic_mmhg, 2) over w""",
    ),
    "diabetes_followup.same_glucose_three_times": (
        "diabetes_followup", "fasting_glucose_mmol_l",
        """select _event_id from silver_diabetes_followup
        window w as (partition by _person_id order by followup_date, followup_no) qualify
        fasting_glucose_mmol_l = lag(fasting_glucose_mmol_l) over w
        and fasting_glucose_mmol_l = lag(fasting_glucose_mmol_l, 2) over w""",
    ),
    "hypertension_followup.uncontrolled_without_referral": (
        "hypertension_followup", "is_referred",
        """select _event_id from silver_hypertension_followup
        window w as (partition by _person_id order by followup_date, followup_no) qualify
        classification_code = '2' and lag(classification_code) over w = '2'
        and is_referred is not true""",
    ),
    "patient.id_number_shared": (
        "patient", "id_no",
        """select distinct b._event_id from silver_patient a join silver_patient b
        on a._institution = b._institution and a.id_no = b.id_no and id_ok(a.id_no)
        and a.name <> b.name and a.birth_date <> b.birth_date
        and (a.registered_at, a.patient_no) < (b.registered_at, b.patient_no)""",
    ),
    "outpatient_encounter.duplicate_encounter": (
        "outpatient_encounter", "encounter_no",
        """select _event_id from silver_outpatient_encounter qualify row_number() over (
        partition by _institution, patient_no, department_code, visited_at
        order by encounter_no) > 1""",
    ),
    "diagnosis.sex_conflict": (
        "diagnosis", "diagnosis_code",
        """select distinct d._event_id from silver_diagnosis d join (
            select _person_id, min(sex_code) as sex from silver_patient
            group by 1 having count(distinct sex_code) = 1) using (_person_id)
        where sex = '1' and (diagnosis_code between 'O00' and 'O99.z'
            or diagnosis_code between 'N80' and 'N98.z')
        or sex = '2' and (diagnosis_code like 'C61%' or diagnosis_code like 'N40%')""",
    ),
    "maternal_handbook.created_before_delivery": (
        "maternal_handbook", "created_date",
        """select h._event_id from silver_maternal_handbook h
        join silver_delivery d using (maternal_handbook_no)
        where h.created_date > d.delivered_at::date
        and d.delivered_at::date - h.last_menses_date >= 140""",
    ),
    "delivery.after_last_menses": (
        "delivery", "delivered_at",
        """select d._event_id from silver_maternal_handbook h
        join silver_delivery d using (maternal_handbook_no)
        where d.delivered_at::date <= h.last_menses_date""",
    ),
    "maternal_handbook.duplicate_pregnancy": (
        "maternal_handbook", "maternal_handbook_no",
        """select b._event_id from silver_maternal_handbook a
        join silver_maternal_handbook b using (_person_id)
        where (a.created_date, a.maternal_handbook_no) < (b.created_date, b.maternal_handbook_no)
        and abs(a.last_menses_date - b.last_menses_date) < 60""",
    ),
    "newborn_visit.wrong_child_age": (
        "newborn_visit", "visited_date",
        """select v._event_id from silver_newborn_visit v
        join silver_child_handbook h using (_institution, child_handbook_no)
        where v.visited_date < h.birth_date""",
    ),
    "infant_checkup.age_matches_date": (
        "infant_checkup", "age_months",
        """select v._event_id from silver_infant_checkup v
        join silver_child_handbook h using (_institution, child_handbook_no)
        where abs(v.age_months * 30.4375 - (v.visited_date - h.birth_date)) > 60.875""",
    ),
    "toddler_checkup.age_matches_date": (
        "toddler_checkup", "age_months",
        """select v._event_id from silver_toddler_checkup v
        join silver_child_handbook h using (_institution, child_handbook_no)
        where abs(v.age_months * 30.4375 - (v.visited_date - h.birth_date)) > 60.875""",
    ),
    "health_checkup.after_death": (
        "health_checkup", "checked_date",
        f"select _event_id from silver_health_checkup join ({_DEATHS}) using (_person_id)"
        " where checked_date > died",
    ),
    "mental_followup.after_death": (
        "mental_followup", "followup_date",
        f"select _event_id from silver_mental_followup join ({_DEATHS}) using (_person_id)"
        " where followup_date > died",
    ),
    "elder_registration.under_elder_age": (
        "elder_registration", "registered_date",
        """select f._event_id from silver_elder_registration f join silver_resident_record r
        using (_institution, record_no) where year(registered_date) - year(birth_date) < 65""",
    ),
    "tcm_constitution.under_elder_age": (
        "tcm_constitution", "identified_date",
        """select f._event_id from silver_tcm_constitution f join silver_resident_record r
        using (_institution, record_no) where year(identified_date) - year(birth_date) < 65""",
    ),
    "tcm_child_guidance.over_child_age": (
        "tcm_child_guidance", "guided_date",
        """select f._event_id from silver_tcm_child_guidance f join silver_resident_record r
        using (_institution, record_no) where year(guided_date) - year(birth_date) > 7""",
    ),
    "resident_record.duplicate_record": (
        "resident_record", "name",
        """select _event_id from silver_resident_record where name is not null
        qualify row_number() over (partition by _institution, _person_id order by record_no) > 1""",
    ),
    "health_checkup.same_year_twice": (
        "health_checkup", "checked_date",
        """select _event_id from silver_health_checkup qualify dense_rank() over (
        partition by _institution, record_no, year(checked_date)
        order by checked_date, checkup_no) > 1""",
    ),
    "prescription.parts_within_total": (
        "prescription", "amount_yuan",
        """select h._event_id from silver_prescription h join (
            select _institution, prescription_no, sum(amount_yuan) as whole
            from silver_prescription_item
            where prescription_no is not null group by all having count(*) = count(case when
                quantity is null or unit_price_yuan is null or abs(amount_yuan
                - round(quantity * unit_price_yuan, 2)) <= 0.01 then amount_yuan end)
        ) using (_institution, prescription_no) where whole - h.amount_yuan > 0.01""",
    ),
    "settlement.parts_within_total": (
        "settlement", "total_yuan",
        """select h._event_id from silver_settlement h join (
            select _institution, settlement_no, sum(amount_yuan) as whole from silver_charge_detail
            where settlement_no is not null group by all having count(*) = count(case when
                quantity is null or unit_price_yuan is null or abs(amount_yuan
                - round(quantity * unit_price_yuan, 2)) <= 0.01 then amount_yuan end)
        ) using (_institution, settlement_no) where whole - h.total_yuan > 0.01""",
    ),
}  # fmt: skip


Found = set[tuple[str, str, str, str]]
"""(dataset, event id, column, rule)."""


def findings(tables: dict[str, pa.Table]) -> Found:
    """Every rule broken in a whole city's canonical tables."""
    connection = duckdb.connect()
    connection.execute(MACROS)
    catalogue = load_catalogue()
    found: Found = set()
    for name in catalogue.datasets:
        table = tables.get(name)
        if table is None:
            continue
        connection.register(f"raw_{name}", table)
        found |= _projected(connection, name)
    for name, rules in _ROW.items():
        if name in tables:
            for column, rule, holds in rules:
                rows = connection.sql(
                    f"select _event_id from typed_{name} where not ({holds})"
                ).fetchall()
                found |= {(name, event, column, f"{name}.{rule}") for (event,) in rows}
    return found | _orphans(connection, tables) | _across(connection, tables)


def _projected(connection: duckdb.DuckDBPyConnection, name: str) -> Found:
    dataset = load_catalogue().dataset(name)
    made = [dataset.column(column) for column in columns_of(name)]
    typed = ", ".join(f"{_typed(column)} as {column.name}" for column in made)
    connection.execute(
        f"create table typed_{name} as select columns('^_'), {typed} from raw_{name}"
    )
    checks = [
        (column.name, f"{column.name}.{check}", blocks, broken)
        for column in made
        for check, blocks, broken in _checks(column)
    ]
    keys = ", ".join(f"r.{column}" for column in ("_institution", "_system", *dataset.key))
    repeated = f"row_number() over (partition by {keys} order by _event_id) > 1"
    checks.append(("", "key.duplicate", True, repeated))
    places = ", ".join(
        f"case when {broken} then {place} end" for place, (*_, broken) in enumerate(checks)
    )
    pairs = connection.sql(
        f"select _event_id, unnest([{places}]) as place"
        f" from raw_{name} r join typed_{name} t using (_event_id)"
    )
    broken_places = pairs.filter("place is not null").fetchall()
    rows = [(event, *checks[place][:3]) for event, place in broken_places]
    blocked = sorted({event for event, _, _, blocks in rows if blocks})
    connection.register("blocked", pa.table({"event": pa.array(blocked, pa.string())}))
    connection.execute(
        f"create table silver_{name} as select * from typed_{name}"
        " where _event_id not in (select event from blocked)"
    )
    return {(name, event, column, f"{name}.{rule}") for event, column, rule, _ in rows}


def _typed(column: Column) -> str:
    name = f'"{column.name}"'
    if column.type == "N":
        return f"try_cast({name} as decimal(18, 4))"
    if column.type in ("D", "DT"):
        target = "date" if column.type == "D" else "timestamp"
        value = f"try_cast({name} as {target})"
        return f"case when year({value}) between 1880 and 2100 then {value} end"
    if column.type == "L":
        return f"case {name} when '1' then true when '0' then false end"
    if _closed(column) and column.required != "M" and not column.repeats:
        codes = ", ".join(f"'{code}'" for code in _codes(column))
        return f"case when {name} in ({codes}) then {name} end"
    return name


def _closed(column: Column) -> bool:
    domain = load_catalogue().domain_of(column)
    return domain is not None and domain.is_closed and bool(domain.codes)


def _codes(column: Column) -> list[str]:
    domain = load_catalogue().domain_of(column)
    return sorted(domain.codes) if domain and not domain.is_extract else []


def _checks(column: Column) -> list[tuple[str, bool, str]]:
    raw, value = f'r."{column.name}"', f't."{column.name}"'
    must = column.required == "M"
    checks = []
    if column.required in "MR":
        checks.append(("required", must, f"{raw} is null"))
    if column.type in ("N", "D", "DT", "L"):
        checks.append(("format", must, f"{raw} is not null and {value} is null"))
    elif column.format.max_length:
        checks.append(("length", False, f"length({raw}) > {column.format.max_length}"))
    if _codes(column):
        codes = ", ".join(f"'{code}'" for code in _codes(column))
        outside = f"{raw} not in ({codes})"
        if column.repeats:
            outside = f"not list_has_all([{codes}], string_split({raw}, ','))"
        checks.append(("domain", must and _closed(column), outside))
    for rule in column.rules:
        if rule.name == "range":
            low, high = rule.arguments
            checks.append(("range", False, f"{value} not between {low} and {high}"))
        elif rule.name == "not_future":
            checks.append(("not_future", must, f"{value} > '{TODAY}'"))
        elif rule.name == "id_number":
            checks.append(("id_number", False, f"not id_ok({raw})"))
        elif rule.name == "phone":
            checks.append(("phone", False, f"not phone_ok({raw})"))
        elif rule.name == "icd10":
            checks.append(("icd10", False, f"not icd_ok({raw})"))
    return checks


def _orphans(connection: duckdb.DuckDBPyConnection, tables: dict[str, pa.Table]) -> Found:
    found: Found = set()
    for dataset in load_catalogue().datasets.values():
        if dataset.name not in tables:
            continue
        for relation in dataset.relations:
            if relation.column not in columns_of(dataset.name) or relation.parent not in tables:
                continue
            # Institutions that deliver no such parents are not judged.
            delivering = f"select _institution from raw_{relation.parent}"
            rows = connection.sql(
                f"select _event_id from silver_{dataset.name} c where {relation.column} is not null"
                f" and c._institution in ({delivering})"
                f" and not exists (from silver_{relation.parent} p"
                f" where p._institution = c._institution"
                f" and p.{relation.parent_column} = c.{relation.column})"
            ).fetchall()
            rule = f"{dataset.name}.{relation.column}.orphan"
            found |= {(dataset.name, event, relation.column, rule) for (event,) in rows}
    return found


def _across(connection: duckdb.DuckDBPyConnection, tables: dict[str, pa.Table]) -> Found:
    found: Found = set()
    for rule, (dataset, column, query) in _ACROSS.items():
        found |= {(dataset, event, column, rule) for (event,) in connection.sql(query).fetchall()}
    return found
