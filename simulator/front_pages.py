"""Front pages of the medical record and the operations on them (WS 445.10)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from simulator import columns as c
from simulator.fees import Bill, charge_columns
from simulator.patients import Views
from simulator.reference_tables import read_reference
from simulator.scene import Scene
from simulator.staffing import DOCTORS
from simulator.stays import Stays

Array = np.ndarray[Any, Any]


def write_front_pages(
    scene: Scene,
    stays: Stays,
    views: Views,
    which: Array,
    bill: Bill,
    totals: Array,
    covered: Array,
    columns: dict[str, pa.Array],
) -> None:
    people = scene.people
    out = np.flatnonzero(stays.is_out(scene))
    place = pa.array(out)
    view = which[out]
    person = stays.person[out]
    age = stays.age[out]
    amounts = bill.amounts()
    category = charge_columns(scene, bill)["charge_category_code"]

    def part(*codes: str) -> pa.Array:
        chosen = np.asarray(pa.compute.is_in(category, pa.array(codes)))
        sums = np.bincount(bill.owner, weights=amounts * chosen, minlength=len(totals))
        return c.decimals(np.rint(sums).astype(np.int64)[out], 2)

    ids = scene.add(
        "front_page",
        stays.institution[out],
        person,
        stays.discharged[out] + 86_400,
        {
            **{name: array.take(place) for name, array in columns.items()},
            "medical_record_no": c.join("B", stays.numbers.take(place)),
            "stay_no": stays.numbers.take(place),
            "admission_count": c.constant("1", len(out)),
            "name": views.name.take(pa.array(view)),
            "sex_code": c.numbers(people.sex[person]),
            "birth_date": c.dates(people.birth[person]),
            "age_years": c.numbers(age),
            "nationality_code": c.constant("CHN", len(out)),
            "newborn_birth_weight_g": c.numbers(2600 + person * 17 % 1400, age < 1),
            "ethnicity_code": c.pick(
                ["01", "22"], (people.household[person] % 71 == 0).astype(int)
            ),
            "id_no": views.id_no.take(pa.array(view)),
            "phone_no": views.phone.take(pa.array(view)),
            "admission_route_code": c.pick(["2", "1"], stays.doctor[out] % 4 // 3),
            "admitted_at": c.instants(stays.admitted[out]),
            "discharged_at": c.instants(stays.discharged[out]),
            "main_admission_condition_code": c.constant("1", len(out)),
            "has_drug_allergy": c.constant("0", len(out)),
            "abo_blood_code": c.pick(["1", "2", "3", "4", "6"], person * 13 % 5),
            "rh_blood_code": c.pick(["2", "4"], (person * 7 % 10 > 7).astype(int)),
            "record_quality_code": c.pick(["1", "2"], (person % 13 == 0).astype(int)),
            "has_readmission_plan": c.constant("0", len(out)),
            "total_cost_yuan": c.decimals(totals[out], 2),
            "self_paid_yuan": c.decimals((totals - covered)[out], 2),
            "general_service_yuan": part("01", "02", "12", "13"),
            "nursing_yuan": part("07"),
            "laboratory_yuan": part("04"),
            "imaging_yuan": part("03"),
            "surgery_yuan": part("06"),
            "treatment_yuan": part("05"),
            "western_drug_yuan": part("09"),
            "patent_drug_yuan": part("11"),
            "herbal_drug_yuan": part("10"),
            "consumable_yuan": part("08"),
            "other_yuan": part("14"),
        },
    )
    views.log(scene.log, "front_page", ids, view, scene)


def write_operations(scene: Scene, stays: Stays, patient_no: pa.Array, out: Array) -> None:
    rows = read_reference("stays")
    operated = np.array([bool(row["operation_code"]) for row in rows])[stays.kind] & out
    stay = np.flatnonzero(operated)
    kind = stays.kind[stay]
    place = pa.array(stay)
    at = stays.admitted[stay] + 20 * 3600
    at = np.minimum(at, stays.discharged[stay] - 3600)

    def column(name: str) -> pa.Array:
        present = np.array([bool(row[name]) for row in rows])
        return c.pick([row[name] for row in rows], kind, present[kind])

    scene.add(
        "front_page_operation",
        stays.institution[stay],
        stays.person[stay],
        stays.discharged[stay] + 86_500,
        {
            "operation_no": c.keys("", scene.serial("operation_no", len(stay)), 12),
            "stay_no": stays.numbers.take(place),
            "patient_no": patient_no.take(place),
            "operation_code": column("operation_code"),
            "operation_name": column("operation_name"),
            "operated_at": c.instants(at),
            "operation_level_code": column("operation_level"),
            "incision_class_code": column("incision"),
            "anaesthesia_code": column("anaesthesia"),
            "surgeon_name": scene.city.staff.name(
                stays.institution[stay], DOCTORS, stays.doctor[stay]
            ),
        },
    )
