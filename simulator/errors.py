"""Planted errors: slips of single fields, with the truth about which rule each one breaks.

``Planter`` holds a chunk's tables and sees to it that a row carries one error only, that what goes
to quarantine leaves no children behind (a clean row must never become an orphan), and that a
person's follow-ups carry one error at most (three readings in a row mean something). Errors across
fields, rows and time are in ``contradictions``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator import columns as c
from simulator.events import TEXT_SYSTEMS
from simulator.scene import ErrorLog, Scene
from simulator.systems import NOT_CARRIED
from standards.catalogue import Column, load_catalogue

Array = np.ndarray[Any, Any]

UNTOUCHED = frozenset(
    {"region", "institution", "department", "resident_population", "exchange_message"}
)
"""Datasets that stay right: everything else hangs on them."""

TOGETHER = ("huayan_lis", "gongxiang_cda", "kangjian_cloud", "baixing_files")
"""Systems that deliver a row inside its parent, so that it cannot lose it."""

SERIES = ("hypertension_followup", "diabetes_followup")
"""Datasets whose rows of one person are read together."""

AFTER_DEATH = {
    "outpatient_encounter": "visited_at",
    "hypertension_followup": "followup_date",
    "diabetes_followup": "followup_date",
    "health_checkup": "checked_date",
    "mental_followup": "followup_date",
    "elder_followup": "followup_date",
    "elder_self_care": "assessed_date",
    "elder_depression": "assessed_date",
    "tcm_constitution": "identified_date",
    "tcm_child_guidance": "guided_date",
    "tb_first_visit": "followup_date",
    "tb_followup": "followup_date",
    "disability_monitoring": "monitored_date",
    "contract_service": "served_at",
}
"""Services that nobody gets after his death, and their day."""

IN_VENDOR_KEYS = frozenset(
    {
        ("prescription_item", "prescription_no"),
        ("followup_medication", "followup_no"),
        ("lab_result", "report_no"),
        ("front_page_operation", "stay_no"),
    }
)
"""Columns by which vendors number the lines of a document: without them a row has no key."""

IN_CONTRADICTIONS: dict[str, frozenset[str]] = {
    "patient": frozenset({"birth_date", "death_date", "id_no"}),
    "resident_record": frozenset({"birth_date", "death_date", "created_date", "id_no"}),
    "outpatient_encounter": frozenset({"systolic_mmhg", "diastolic_mmhg", "visit_kind_code"}),
    "diagnosis": frozenset({"diagnosis_code"}),
    "hypertension_followup": frozenset(
        {"followup_date", "systolic_mmhg", "diastolic_mmhg", "bmi", "height_cm", "weight_kg",
         "is_referred", "classification_code", "next_followup_date", "entered_date"}
    ),
    "diabetes_followup": frozenset(
        {"followup_date", "systolic_mmhg", "diastolic_mmhg", "bmi", "height_cm", "weight_kg",
         "is_referred", "classification_code", "next_followup_date", "entered_date",
         "fasting_glucose_mmol_l"}
    ),
    "health_checkup": frozenset(
        {"left_systolic_mmhg", "left_diastolic_mmhg", "right_systolic_mmhg", "bmi", "height_cm",
         "weight_kg", "right_diastolic_mmhg", "checked_date", "entered_date"}
    ),
    "inpatient_stay": frozenset({"admitted_at", "discharged_at"}),
    "front_page": frozenset(
        {"admitted_at", "discharged_at", "actual_days", "self_paid_yuan", "total_cost_yuan",
         "id_no"}
    ),
    "settlement": frozenset({"total_yuan", "insurance_yuan", "self_paid_yuan"}),
    "charge_detail": frozenset({"quantity", "unit_price_yuan", "amount_yuan"}),
    "prescription_item": frozenset({"quantity", "unit_price_yuan", "amount_yuan"}),
    "lab_report": frozenset({"sampled_at", "reported_at"}),
    "exam_report": frozenset({"examined_at", "reported_at"}),
    "chronic_registration": frozenset({"confirmed_date", "registered_date"}),
    "maternal_handbook": frozenset(
        {"created_date", "birth_date", "last_menses_date", "expected_delivery_date", "age_years",
         "gravidity", "parity"}
    ),
    "delivery": frozenset({"delivered_at", "birth_date", "gestational_weeks"}),
    "child_handbook": frozenset({"birth_date", "created_date"}),
    "antenatal_first_visit": frozenset(
        {"visited_date", "last_menses_date", "gestational_weeks", "systolic_mmhg",
         "diastolic_mmhg"}
    ),
    "antenatal_visit": frozenset({"systolic_mmhg", "diastolic_mmhg"}),
    "pregnancy_risk_screening": frozenset({"risk_factor"}),
    "postpartum_visit": frozenset({"visited_date", "delivery_date"}),
    "postpartum_42day": frozenset({"visited_date", "delivery_date"}),
    "birth_certificate": frozenset({"issued_at", "birth_date"}),
    "metabolic_screening": frozenset({"sampled_at", "birth_date"}),
    "chd_screening": frozenset({"right_hand_spo2_percent", "foot_spo2_percent"}),
    "newborn_visit": frozenset({"visited_date"}),
    "infant_checkup": frozenset({"visited_date", "age_months"}),
    "toddler_checkup": frozenset({"visited_date", "age_months"}),
    "mental_followup": frozenset({"followup_date", "entered_date", "next_followup_date"}),
    "elder_registration": frozenset({"registered_date"}),
    "elder_followup": frozenset({"followup_date", "systolic_mmhg", "diastolic_mmhg"}),
    "elder_self_care": frozenset({"assessed_date"}),
    "elder_depression": frozenset({"assessed_date"}),
    "tcm_constitution": frozenset(
        {"identified_date", "next_guidance_date", "balanced_score",
         *(f"answer_{number:02d}" for number in range(1, 34)),
         "qi_deficient_score", "yang_deficient_score", "yin_deficient_score", "phlegm_damp_score",
         "damp_heat_score", "blood_stasis_score", "qi_stagnant_score", "special_score"}
    ),
    "tcm_child_guidance": frozenset({"guided_date", "next_guidance_date"}),
    "tb_first_visit": frozenset({"followup_date"}),
    "tb_followup": frozenset({"followup_date"}),
    "disability_monitoring": frozenset({"monitored_date"}),
    "contract_service": frozenset({"served_at"}),
    "infectious_report": frozenset({"diagnosed_at", "reported_online_at"}),
}  # fmt: skip
"""Columns of rules that look at several fields: a value that stays readable there may break them
too, so these take only slips after which nothing readable stays."""

_FUTURE = ("2098-05-17", "2097-11-30")
_IMPOSSIBLE = ("2023-13-45", "4000-01-01", "2024-02-30")
_NO_NUMBER = ("未测", "拒绝", "一百二")
_BAD_PHONES = ("138059", "无", "05988", "139059812345678")
_BAD_ICD = ("感冒", "J0A.9", "10.I", "ABC")


class Planter:
    """A chunk's tables while errors are planted in them. ``budget``: share of rows."""

    def __init__(self, scene: Scene, tables: dict[str, pa.Table], rate: float) -> None:
        self.draw = scene.draw
        self.log: ErrorLog = scene.log
        self.scene = scene
        self.rate = rate
        self.tables = {name: table.combine_chunks() for name, table in tables.items()}
        self.catalogue = load_catalogue()
        slipped: dict[str, set[str]] = {}
        for part in self.log.parts:
            slipped.setdefault(part["dataset"][0].as_py(), set()).update(
                part["event_id"].to_pylist()
            )
        self._free = {
            name: ~np.asarray(
                pc.is_in(table["_event_id"], pa.array(sorted(slipped.get(name, ())), pa.string()))
            )
            for name, table in self.tables.items()
        }
        self._childless: dict[str, Array] = {}
        self._edits: dict[tuple[str, str], list[tuple[Array, pa.Array]]] = {}
        self._added: dict[str, list[pa.Table]] = {}

    def __contains__(self, dataset: str) -> bool:
        return dataset in self.tables

    def text(self, dataset: str, column: str) -> pa.Array:
        """A column as it was before planting."""
        return self.tables[dataset][column].combine_chunks()

    def numeric(self, dataset: str, column: str) -> Array:
        """A column's numbers; NaN where there is none."""
        values = pc.cast(self.text(dataset, column), pa.float64())
        return np.asarray(pc.fill_null(values, float("nan")))

    def days(self, dataset: str, column: str) -> Array:
        """A column's days from 1970-01-01; a far past one where there is none."""
        day = pc.utf8_slice_codeunits(self.text(dataset, column), 0, 10)
        values = pc.cast(pc.cast(day, pa.date32()), pa.int32())
        return np.asarray(pc.fill_null(values, -999_999)).astype(np.int64)

    def has(self, dataset: str, column: str) -> Array:
        return np.asarray(pc.is_valid(self.text(dataset, column)))

    def equals(self, dataset: str, column: str, *values: str) -> Array:
        return np.asarray(pc.is_in(self.text(dataset, column), pa.array(values, pa.string())))

    def carries(self, dataset: str, *columns: str) -> Array:
        """Rows of systems that keep all these columns as such."""
        systems = [
            system
            for system, missing in NOT_CARRIED.items()
            if any((dataset, column) in missing for column in columns)
        ]
        return ~self.equals(dataset, "_system", *systems)

    def as_text(self, dataset: str) -> Array:
        """Rows of systems that hold any text."""
        return self.equals(dataset, "_system", *sorted(TEXT_SYSTEMS))

    def childless(self, dataset: str) -> Array:
        """Rows that no other row of the chunk names as its parent."""
        if dataset not in self._childless:
            named = np.zeros(self.tables[dataset].num_rows, bool)
            for child in self.catalogue.datasets.values():
                for relation in child.relations:
                    if relation.parent == dataset and self._makes(child.name, relation.column):
                        named |= self._is_named(dataset, relation.parent_column, child.name,
                                                relation.column)  # fmt: skip
            self._childless[dataset] = ~named
        return self._childless[dataset]

    def _makes(self, dataset: str, column: str) -> bool:
        return dataset in self.tables and column in self.tables[dataset].column_names

    def _is_named(self, parent: str, parent_column: str, child: str, column: str) -> Array:
        def key(dataset: str, name: str) -> pa.Array:
            return c.join(self.text(dataset, "_institution"), "|", self.text(dataset, name))

        return np.asarray(pc.is_in(key(parent, parent_column), pc.drop_null(key(child, column))))

    def choose(self, dataset: str, able: Array, share: float, most: int | None = None) -> Array:
        """Some free rows that are ``able``, ``share`` of the dataset's budget (one at least)."""
        if dataset not in self.tables:
            return np.zeros(0, dtype=np.int64)
        rows = np.flatnonzero(self._free[dataset] & able)
        wanted = self.rate * len(able) * share
        count = max(1, int(wanted + self.draw.random()))
        rows = self.draw.permutation(rows)[: min(count, most or count)]
        if dataset in SERIES and len(rows):
            # One a person: people's series are read as a whole.
            person = self.text(dataset, "_person_id").take(pa.array(rows))
            _, first = np.unique(np.asarray(person.dictionary_encode().indices), return_index=True)
            rows = rows[np.sort(first)]
        self.take(dataset, rows)
        return rows

    def take(self, dataset: str, rows: Array) -> None:
        """Reserve rows: no other error comes there (nor in the same person's series)."""
        self._free[dataset][rows] = False
        if dataset in SERIES and len(rows):
            person = self.text(dataset, "_person_id")
            same = pc.is_in(person, person.take(pa.array(rows)))
            self._free[dataset] &= ~np.asarray(same)

    def free(self, dataset: str) -> Array:
        return self._free[dataset]

    def put(self, dataset: str, rows: Array, column: str, values: pa.Array) -> None:
        """Write ``values`` (one a row, or nulls) into these rows."""
        if len(rows):
            self._edits.setdefault((dataset, column), []).append((rows, values))

    def append(self, dataset: str, table: pa.Table) -> None:
        """Add rows of one's own making."""
        if table.num_rows:
            self._added.setdefault(dataset, []).append(table)

    def ids(self, dataset: str, rows: Array) -> pa.Array:
        return self.text(dataset, "_event_id").take(pa.array(rows, pa.int64()))

    def note(self, dataset: str, rows: Array, column: str, kind: str, rule: str = "") -> None:
        """Log an error; ``rule`` without its dataset."""
        self.log.add(dataset, self.ids(dataset, rows), column, kind, rule)

    def pick(self, choices: tuple[str, ...], count: int) -> pa.Array:
        return c.pick(choices, self.draw.integers(0, len(choices), count))

    def finish(self) -> dict[str, pa.Table]:
        """The tables with everything put in."""
        answer = dict(self.tables)
        for (dataset, column), edits in self._edits.items():
            old = self.text(dataset, column)
            place = np.arange(len(old))
            new, size = [old], len(old)
            for rows, values in edits:
                place[rows] = size + np.arange(len(rows))
                new.append(values.cast(pa.string()))
                size += len(rows)
            changed = pa.concat_arrays(new).take(pa.array(place))
            table = answer[dataset]
            answer[dataset] = table.set_column(table.column_names.index(column), column, changed)
        for dataset, parts in self._added.items():
            answer[dataset] = pa.concat_tables([answer[dataset], *parts]).combine_chunks()
        return answer


@dataclass(frozen=True)
class Slip:
    """A way in which a single field goes wrong. ``check``: the rule's last part.

    ``values`` answers what is typed instead; ``blocks_when`` says which requirement levels make
    it blocking; ``text_only``: typed columns cannot hold it.
    """

    kind: str
    check: str
    fits: Callable[[Column, bool], bool]
    values: Callable[[Planter, Column, Array], pa.Array]
    blocks_mandatory: bool
    text_only: bool = False


def _rule(column: Column, name: str) -> bool:
    return any(rule.name == name for rule in column.rules)


def _unknown(planter: Planter, column: Column, rows: Array) -> pa.Array:
    longest = column.format.max_length or 2
    return c.constant("X" if longest == 1 else "X8", len(rows))


def _out_of_range(planter: Planter, column: Column, rows: Array) -> pa.Array:
    _, high = next(rule.arguments for rule in column.rules if rule.name == "range")
    beyond = float(high) * 1.5 + 2 if float(high) < 1000 else float(high) + 1
    text = f"{beyond:.{min(1, column.format.decimals)}f}"
    return c.constant("300" if column.name == "age_years" else text, len(rows))


def _too_long(planter: Planter, column: Column, rows: Array) -> pa.Array:
    return c.constant("重复" * ((column.format.max_length or 1) // 2 + 3), len(rows))


def _future(planter: Planter, column: Column, rows: Array) -> pa.Array:
    day = planter.pick(_FUTURE, len(rows))
    return c.join(day, "T09:30:00") if column.type == "DT" else day


def _is_closed(column: Column) -> bool:
    domain = load_catalogue().domain_of(column)
    return domain is not None and domain.is_closed and bool(domain.codes)


SLIPS = (
    Slip("missing_mandatory", "required", lambda col, _: col.required == "M",
         lambda p, col, rows: pa.nulls(len(rows), pa.string()), True),
    Slip("missing_required", "required", lambda col, _: col.required == "R",
         lambda p, col, rows: pa.nulls(len(rows), pa.string()), False),
    Slip("impossible_date", "format", lambda col, _: col.type in ("D", "DT"),
         lambda p, col, rows: p.pick(_IMPOSSIBLE, len(rows)), True, True),
    Slip("future_date", "not_future", lambda col, tied: not tied and _rule(col, "not_future"),
         _future, True),
    Slip("no_number", "format", lambda col, _: col.type == "N",
         lambda p, col, rows: p.pick(_NO_NUMBER, len(rows)), True, True),
    Slip("out_of_range", "range", lambda col, tied: not tied and _rule(col, "range"),
         _out_of_range, False),
    Slip("unknown_code", "domain",
         lambda col, _: col.name != "sex_code" and _is_closed(col), _unknown, True),
    Slip("too_long", "length",
         lambda col, tied: not tied and col.type == "S1" and not col.value_domain
         and not col.name.endswith(("_no", "_code")) and not col.rules
         and 1 < (col.format.max_length or 0) <= 2000, _too_long, False, True),
    Slip("bad_phone", "phone", lambda col, _: _rule(col, "phone"),
         lambda p, col, rows: p.pick(_BAD_PHONES, len(rows)), False),
    Slip("bad_icd", "icd10", lambda col, tied: not tied and _rule(col, "icd10"),
         lambda p, col, rows: p.pick(_BAD_ICD, len(rows)), False),
)  # fmt: skip


_VIEWS = ("patient", "front_page", "resident_record", "family_doctor_contract")
"""Datasets whose ID numbers the registrars get wrong by themselves."""

_GENERAL = 0.5
"""Share of the error rate that goes to slips of single fields."""


def plant_errors(
    scene: Scene, tables: dict[str, pa.Table], rate: float
) -> tuple[dict[str, pa.Table], pa.Table]:
    """Plant errors in about ``rate`` of the rows; answers the tables and the truth about them.

    The truth begins with the registrars' slips that the chunk's makers logged already.
    """
    from simulator.contradictions import plant_contradictions  # which builds on Planter

    planter = Planter(scene, tables, rate)
    if rate > 0:
        plant_contradictions(planter)
        for dataset in sorted(set(tables) - UNTOUCHED):
            _plant_slips(planter, dataset)
    schema = pa.schema(
        [(name, pa.string()) for name in ("event_id", "dataset", "column", "kind", "rule")]
    )
    return planter.finish(), pa.concat_tables([schema.empty_table(), *scene.log.parts])


def _plant_slips(planter: Planter, dataset: str) -> None:
    """Spread the dataset's budget evenly over every (column, slip) that fits it."""
    facts = planter.catalogue.dataset(dataset)
    tied = IN_CONTRADICTIONS.get(dataset, frozenset())
    relations = {relation.column for relation in facts.relations}
    ways = [
        (column, slip)
        for column in facts.columns
        if column.name in c.columns_of(dataset)
        and column.name not in facts.key
        and column.name != "record_no"
        and (dataset, column.name) not in IN_VENDOR_KEYS
        for slip in SLIPS
        if slip.fits(column, column.name in tied)
        and not (column.name in relations and slip.check != "required")
        and not (dataset in _VIEWS and column.name == "id_no")
    ]
    if not ways:
        return
    rows = planter.tables[dataset].num_rows
    budget = max(1, round(planter.rate * _GENERAL * rows))
    picked = planter.draw.integers(0, len(ways), budget)
    for number in np.unique(picked):
        column, slip = ways[number]
        able = _able(planter, dataset, column, slip)
        count = int((picked == number).sum())
        chosen = planter.choose(dataset, able, 1.0, most=count)
        planter.put(dataset, chosen, column.name, slip.values(planter, column, chosen))
        planter.note(dataset, chosen, column.name, slip.kind, f"{column.name}.{slip.check}")
        domain = planter.catalogue.domain_of(column)
        if slip.check == "icd10" and domain and domain.codes and not domain.is_extract:
            planter.note(dataset, chosen, column.name, slip.kind, f"{column.name}.domain")


def _able(planter: Planter, dataset: str, column: Column, slip: Slip) -> Array:
    able = planter.has(dataset, column.name) & planter.carries(dataset, column.name)
    facts = planter.catalogue.dataset(dataset)
    if column.name in {facts.person, *(relation.column for relation in facts.relations)}:
        able &= ~planter.equals(dataset, "_system", *TOGETHER)
    if slip.text_only:
        able &= planter.as_text(dataset)
    if column.required == "M" and slip.blocks_mandatory:
        able &= planter.childless(dataset)
    if dataset == "outpatient_encounter" and slip.check != "required":
        if column.name == "age_years":
            able &= planter.has(dataset, "systolic_mmhg")
        elif column.name == "systolic_mmhg":
            able &= ~planter.equals(dataset, "visit_kind_code", "1")
    return able
