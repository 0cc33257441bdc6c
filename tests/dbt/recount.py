"""F1 to F9 counted again from silver with pandas: another hand, another language, same answer.

It follows the definitions in docs/marts.md, with the norm's parameters, and shares no SQL with the
marts.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pandas as pd

from kanghu.lake import Lake
from standards.catalogue import load_catalogue
from standards.organisations import load_organisations

Cell = tuple[str, str, str]
"""(indicator, organisation, month as YYYY-MM)."""


def recount(lake: Lake, months: list[pd.Timestamp]) -> dict[Cell, tuple[int, int]]:
    """(numerator, denominator) of every cell where one of them is not 0; ``months``: first days."""
    cells: dict[Cell, tuple[int, int]] = {}
    deaths = _deaths(lake)
    records, checkups = _records(lake, deaths), _day(_silver(lake, "health_checkup"))
    people = lake.table(lake.identity("resident")).to_pandas().set_index("resident_id")
    births = pd.to_datetime(people.birth_date)
    active = _activity(lake, checkups)
    for first in months:
        last = first + pd.offsets.MonthEnd(0)
        opened = pd.Timestamp(first.year, 1, 1)
        month = first.strftime("%Y-%m")
        living, old = _population(lake, last)
        valid = records[(records.created_date <= last) & ~(records.closed <= last)]
        window = first - pd.DateOffset(months=11)
        recent = active[(active.date >= window) & (active.date <= last)]
        used = valid[valid.resident_id.isin(set(recent.resident_id))]
        electronic = valid[valid.electronic]
        seen = checkups[(checkups.date >= opened) & (checkups.date <= last) & checkups.managed]
        elders = births[births <= last - pd.DateOffset(years=65)].index
        seen = seen[seen.resident_id.isin(elders)]
        for name, top, bottom in (
            ("F1", _count(valid, "resident_id"), living),
            ("F2", _count(electronic, "resident_id"), living),
            ("F3", _count(used, "record"), _count(valid, "record")),
            ("F4", _count(electronic[electronic.standard], "resident_id"), living),
            ("F5", _count(seen, "resident_id"), old),
            *_chronic(lake, "1", opened, last, births, deaths),
            *_chronic(lake, "2", opened, last, births, deaths),
        ):
            for organisation in set(top) | set(bottom):
                pair = (int(top.get(organisation, 0)), int(bottom.get(organisation, 0)))
                if pair != (0, 0):
                    cells[(name, organisation, month)] = pair
    return cells


def _chronic(
    lake: Lake,
    programme: str,
    opened: pd.Timestamp,
    last: pd.Timestamp,
    births: pd.Series,
    deaths: pd.Series,
) -> Iterator[tuple[str, dict[str, int], dict[str, int]]]:
    dataset = "hypertension_followup" if programme == "1" else "diabetes_followup"
    every = _spread(_day(_silver(lake, dataset)))
    every = every[every.resident_id.notna()]
    cards = _spread(_silver(lake, "chronic_registration"))
    cards = cards[cards.programme_code == programme]
    person = ["organisation", "resident_id"]
    in_year = every[(every.date >= opened) & (every.date <= last)]
    if in_year.empty:
        return
    managed = pd.DataFrame({"days": in_year.groupby(person).date.nunique()})
    first = every.groupby(person).date.min().reindex(managed.index)
    registered = pd.to_datetime(cards.registered_date).groupby([cards[p] for p in person]).min()
    since = pd.concat([first, registered.reindex(managed.index)], axis=1).min(axis=1)
    still_open = cards[cards.closed_date.isna()].groupby(person).size()
    closed = pd.to_datetime(cards.closed_date).groupby([cards[p] for p in person]).max()
    managed["until"] = closed[~closed.index.isin(still_open.index)].reindex(managed.index)
    managed["died"] = managed.index.get_level_values(1).map(deaths.get)
    until = (
        managed[["until", "died"]].apply(pd.to_datetime).min(axis=1).fillna(last).clip(upper=last)
    )
    days = (until - since.clip(lower=opened)).dt.days + 1
    wanted = (days // 90).clip(lower=1, upper=4)
    total = _by_organisation(managed)
    yield (
        f"F{6 if programme == '1' else 8}",
        _by_organisation(managed[managed.days >= wanted]),
        total,
    )
    ordered = in_year.sort_values(["date", "institution", "followup_no"])
    latest = ordered.groupby(person).tail(1).set_index(person)
    if programme == "1":
        born = latest.index.get_level_values(1).map(births)
        is_old = pd.Series(born, latest.index) <= latest.date - pd.DateOffset(years=65)
        line = is_old.map({True: 150, False: 140})
        reached = (latest.systolic_mmhg < line) & (latest.diastolic_mmhg < 90)
        yield "F7", _by_organisation(latest[reached]), total
    else:
        sugar = latest.fasting_glucose_mmol_l.astype(float)
        yield "F9", _by_organisation(latest[sugar < 7.0]), total


def _by_organisation(frame: pd.DataFrame) -> dict[str, int]:
    return frame.groupby(level=0).size().to_dict()


def _records(lake: Lake, deaths: pd.Series) -> pd.DataFrame:
    records = _silver(lake, "resident_record").copy()
    required = [
        column.name
        for column in load_catalogue().dataset("resident_record").columns
        if column.required in ("M", "R")
    ]
    records["standard"] = records[required].notna().all(axis=1)
    records["electronic"] = records.is_electronic.astype("boolean").fillna(True).astype(bool)
    records["record"] = records.institution + "|" + records.record_no
    records["created_date"] = pd.to_datetime(records.created_date)
    changed = pd.to_datetime(records.updated_at.dt.tz_convert("Asia/Shanghai").dt.date)
    changed = changed.fillna(records.created_date)
    status = records.record_status_code
    died = records.resident_id.map(deaths)
    ended = status.isin(["2", "5"])
    ended |= (status == "3") & records.moved_out_date.isna()
    ended |= (status == "4") & records.death_date.isna() & died.isna()
    reasons = [records.moved_out_date, records.death_date, died, changed.where(ended)]
    records["closed"] = pd.concat([pd.to_datetime(one) for one in reasons], axis=1).min(axis=1)
    return records


def _deaths(lake: Lake) -> pd.Series:
    """resident -> day of death: the register, else the record, else a hospital."""
    said = [
        _silver(lake, name)[["resident_id", "death_date"]].dropna().sort_values("death_date")
        for name in ("death_registration", "resident_record", "patient")
    ]
    first = pd.concat(said).drop_duplicates("resident_id")
    return pd.to_datetime(first.set_index("resident_id").death_date)


def _activity(lake: Lake, checkups: pd.DataFrame) -> pd.DataFrame:
    names = ("outpatient_encounter", "inpatient_stay")
    names += ("hypertension_followup", "diabetes_followup")
    parts = [_day(_silver(lake, name)) for name in names] + [checkups]
    return pd.concat([part[["resident_id", "date"]] for part in parts]).dropna()


def _population(lake: Lake, last: pd.Timestamp) -> tuple[dict[str, int], dict[str, int]]:
    said = _silver(lake, "resident_population")
    said = said[said.population_year <= last.year].assign(
        institution=said.managing_institution_code
    )
    newest = said.groupby("institution").population_year.transform("max")
    said = _spread(said[said.population_year == newest]).groupby("organisation")
    return said.resident_count.sum().to_dict(), said.resident_65_count.sum().to_dict()


def _count(frame: pd.DataFrame, column: str) -> dict[str, int]:
    return _spread(frame).groupby("organisation")[column].nunique().to_dict()


def _spread(frame: pd.DataFrame) -> pd.DataFrame:
    """Each row once for its institution, its county and the city."""
    tree = load_organisations()
    city = next(one for one in tree.values() if one.kind == "city").organisation_code
    parent = {code: one.parent_code for code, one in tree.items()}
    county = frame.institution.map(parent).fillna(city)
    areas = [frame.institution, county.where(county != city), pd.Series(city, frame.index)]
    parts = [frame.assign(organisation=area) for area in areas]
    return pd.concat(parts).dropna(subset=["organisation"])


def _day(frame: pd.DataFrame) -> pd.DataFrame:
    """With ``date``: the local day of the event; and whether a check-up is management."""
    for column in ("visited_at", "admitted_at"):
        if column in frame:
            local = frame[column].dt.tz_convert("Asia/Shanghai").dt.date
            return frame.assign(date=pd.to_datetime(local))
    if "followup_date" in frame:
        return frame.assign(date=pd.to_datetime(frame.followup_date))
    lifestyle = ["exercise_frequency_code", "smoking_status_code", "drinking_frequency_code"]
    lifestyle += ["self_rated_health_code", "self_care_code"]
    body = ["left_systolic_mmhg", "right_systolic_mmhg", "pulse_per_min", "height_cm", "weight_kg"]
    managed = frame[lifestyle].notna().any(axis=1) & frame[body].notna().any(axis=1)
    return frame.assign(date=pd.to_datetime(frame.checked_date), managed=managed)


@cache
def _silver(lake: Lake, dataset: str) -> pd.DataFrame:
    """One row a key, not to be changed; ``institution`` for ``_institution``."""
    key = ["_institution", *load_catalogue().dataset(dataset).key]
    rows = (
        lake.table(lake.silver(dataset))
        .to_pandas()
        .sort_values(["_feed", "_batch_id", "_source_key"], ascending=[True, False, True])
    )
    return rows.drop_duplicates(key).rename(columns={"_institution": "institution"})
