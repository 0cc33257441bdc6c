"""normalise against a hand-written DuckDB script: the same rows typed, mapped, checked, written.

Ours is the whole step: 26 text columns of bronze typed and mapped, 49 expectations, silver and
quarantine, and besides them findings a record, conservation counted, and everything keyed so that
it can be run again. The peer is what a good engineer writes for this one table: one evaluated
table in memory, then two Delta writes.

    python -m benchmarks.normalise [rows in thousands, default 1000] [runs, default 3]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from deltalake import write_deltalake

from benchmarks.harness import race
from benchmarks.normalise_city import make_bronze, registry
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings, load_settings
from spark_jobs.normalise import normalise


def main() -> None:
    rows = int(sys.argv[1]) * 1000 if len(sys.argv) > 1 else 1_000_000
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory(prefix="kanghu-bench-") as name:
        size = f"{make_bronze(settings_of(name), rows):,} rows x 26 text columns, 49 checks"
        told: dict[str, Any] = {"module": "benchmarks.normalise", "runs": runs}
        told["arguments"] = {"folder": name}
        race(
            "normalise", "bronze to silver and quarantine", size,
            ours="ours", peers=["duckdb_script"], **told,
        )  # fmt: skip


def settings_of(folder: str) -> Settings:
    return load_settings({"KANGHU_HOME": folder})


def ours(folder: str) -> dict[str, int]:
    settings = settings_of(folder)
    for layer in ("silver", "quarantine", "quality", "staging"):
        shutil.rmtree(Path(folder) / "lake" / layer, ignore_errors=True)
    result = normalise(settings, registry(), ["b1"], ["outpatient_encounter"])
    assert not result.differences
    return {"silver": result.silver, "quarantine": result.quarantine}


def duckdb_script(folder: str) -> dict[str, int]:
    lake = Lake(settings_of(folder).lake)
    bronze = lake.bronze("bench_his", "mzjl")
    out = Path(folder) / "peer"
    shutil.rmtree(out, ignore_errors=True)
    counts = {}
    with connect_duckdb() as connection:
        connection.execute(f"create temp table judged as {_SCRIPT.format(bronze=bronze)}")
        for name, rows in (("silver", _PASSING), ("quarantine", _FAILING)):
            write_deltalake(
                str(out / name),
                connection.execute(rows).to_arrow_reader(200_000),
                partition_by=["_institution"],
            )
            (counts[name],) = connection.execute(f"select count(*) from ({rows})").fetchone() or (
                0,
            )
    return counts


_PASSING = "select * exclude (blocking, advisory, delivered) from judged where blocking = ''"
_FAILING = (
    "select _institution, _feed, _source_key, _batch_id, _row_hash, blocking as _reasons, "
    "to_json(delivered)::varchar as _delivered from judged where blocking <> ''"
)

_SCRIPT = """
with clean as (
    select _institution, _feed, _source_key, _batch_id, _row_hash,
           columns(c -> c not like '\\_%' escape '\\'),
           {{mzh: mzh, brid: brid, jzsj: jzsj, ksdm: ksdm, ksmc: ksmc, czbz: czbz, nl: nl, zs: zs,
             ssy: ssy, szy: szy, tw: tw, ml: ml, xt: xt, zdbm: zdbm, fbrq: fbrq,
             fylb: fylb}} as delivered
    from (
        select * replace (nullif(nullif(trim(mzh), ''), 'NULL') as mzh,
            nullif(nullif(trim(brid), ''), 'NULL') as brid,
            nullif(nullif(trim(brlx), ''), 'NULL') as brlx,
            nullif(nullif(trim(jzsj), ''), 'NULL') as jzsj,
            nullif(nullif(trim(ksdm), ''), 'NULL') as ksdm,
            nullif(nullif(trim(ksmc), ''), 'NULL') as ksmc,
            nullif(nullif(trim(czbz), ''), 'NULL') as czbz,
            nullif(nullif(trim(nl), ''), 'NULL') as nl,
            nullif(nullif(trim(zs), ''), 'NULL') as zs,
            nullif(nullif(trim(xbs), ''), 'NULL') as xbs,
            nullif(nullif(trim(jws), ''), 'NULL') as jws,
            nullif(nullif(trim(gmbz), ''), 'NULL') as gmbz,
            nullif(nullif(trim(gms), ''), 'NULL') as gms,
            nullif(nullif(trim(tgjc), ''), 'NULL') as tgjc,
            nullif(nullif(trim(ssy), ''), 'NULL') as ssy,
            nullif(nullif(trim(szy), ''), 'NULL') as szy,
            nullif(nullif(trim(tw), ''), 'NULL') as tw,
            nullif(nullif(trim(ml), ''), 'NULL') as ml,
            nullif(nullif(trim(xt), ''), 'NULL') as xt,
            nullif(nullif(trim(zdbm), ''), 'NULL') as zdbm,
            nullif(nullif(trim(zdmc), ''), 'NULL') as zdmc,
            nullif(nullif(trim(zybm), ''), 'NULL') as zybm,
            nullif(nullif(trim(fbrq), ''), 'NULL') as fbrq,
            nullif(nullif(trim(ysgh), ''), 'NULL') as ysgh,
            nullif(nullif(trim(ysxm), ''), 'NULL') as ysxm,
            nullif(nullif(trim(fylb), ''), 'NULL') as fylb)
        from delta_scan('{bronze}') where _batch_id = 'b1'
    )
),
typed as (
    select *,
        try_strptime(jzsj, '%Y%m%d%H%M%S')::timestamptz as visited_at,
        case czbz when 'C' then '1' when 'F' then '2' else czbz end as kind,
        case gmbz when '是' then true when '否' then false end as has_allergy,
        try_cast(nl as bigint) as age_years,
        try_cast(ssy as bigint) as systolic, try_cast(szy as bigint) as diastolic,
        try_cast(tw as decimal(18, 4)) as temperature, try_cast(ml as bigint) as pulse,
        try_cast(xt as decimal(18, 4)) as glucose,
        try_strptime(fbrq, '%Y%m%d')::date as onset_date,
        case fylb when 'A01' then '1' when 'A02' then '2' when 'A03' then '3'
                  when 'B01' then '4' when 'Z99' then '99' else fylb end as payer
    from clean
)
select
    _institution, _feed, _source_key, _batch_id, _row_hash, null::varchar as resident_id,
    mzh as encounter_no, brid as patient_no, case when brlx in ('1', '2', '3', '9') then brlx end
        as patient_type_code, visited_at, ksdm as department_code, ksmc as department_name,
    case when kind in ('1', '2') then kind end as visit_kind_code, age_years,
    zs as chief_complaint, xbs as present_illness, jws as past_history, has_allergy,
    gms as allergy_history, tgjc as physical_examination, systolic as systolic_mmhg,
    diastolic as diastolic_mmhg, temperature as temperature_celsius, pulse as pulse_per_min,
    glucose as glucose_mmol_l, zdbm as main_diagnosis_code, zdmc as main_diagnosis_name,
    zybm as tcm_disease_code, onset_date, ysgh as doctor_no, ysxm as doctor_name,
    case when payer in ('1', '2', '3', '4', '5', '6', '7', '8', '99') then payer end as payer_code,
    concat_ws(';',
        case when mzh is null then 'encounter_no.required' end,
        case when brid is null then 'patient_no.required' end,
        case when jzsj is null then 'visited_at.required' end,
        case when jzsj is not null and visited_at is null then 'visited_at.format:' || jzsj end,
        case when visited_at > now() then 'visited_at.not_future:' || jzsj end,
        case when regexp_matches(_source_key, '#[0-9]+$') then 'key.duplicate' end
    ) as blocking,
    concat_ws(';',
        case when brlx is null then 'patient_type_code.required' end,
        case when brlx not in ('1', '2', '3', '9') then 'patient_type_code.domain:' || brlx end,
        case when ksmc is null then 'department_name.required' end,
        case when length(ksmc) > 50 then 'department_name.length:' || ksmc end,
        case when length(ksdm) > 20 then 'department_code.length:' || ksdm end,
        case when length(mzh) > 40 then 'encounter_no.length:' || mzh end,
        case when length(brid) > 40 then 'patient_no.length:' || brid end,
        case when kind is null then 'visit_kind_code.required' end,
        case when kind not in ('1', '2') then 'visit_kind_code.domain:' || kind end,
        case when nl is not null and age_years is null then 'age_years.format:' || nl end,
        case when age_years not between 0 and 125 then 'age_years.range:' || nl end,
        case when zs is null then 'chief_complaint.required' end,
        case when length(zs) > 500 then 'chief_complaint.length:' || zs end,
        case when length(xbs) > 2000 then 'present_illness.length:' || xbs end,
        case when length(jws) > 1000 then 'past_history.length:' || jws end,
        case when length(gms) > 1000 then 'allergy_history.length:' || gms end,
        case when length(tgjc) > 1000 then 'physical_examination.length:' || tgjc end,
        case when gmbz is not null and has_allergy is null then 'has_allergy.format:' || gmbz end,
        case when ssy is not null and systolic is null then 'systolic_mmhg.format:' || ssy end,
        case when systolic not between 50 and 300 then 'systolic_mmhg.range:' || ssy end,
        case when szy is not null and diastolic is null then 'diastolic_mmhg.format:' || szy end,
        case when diastolic not between 20 and 200 then 'diastolic_mmhg.range:' || szy end,
        case when tw is not null and temperature is null then 'temperature.format:' || tw end,
        case when temperature not between 34 and 43 then 'temperature.range:' || tw end,
        case when ml is not null and pulse is null then 'pulse_per_min.format:' || ml end,
        case when pulse not between 20 and 250 then 'pulse_per_min.range:' || ml end,
        case when xt is not null and glucose is null then 'glucose_mmol_l.format:' || xt end,
        case when glucose not between 1 and 50 then 'glucose_mmol_l.range:' || xt end,
        case when zdbm is null then 'main_diagnosis_code.required' end,
        case when not regexp_matches(zdbm, '^[A-Z][0-9]{{2}}([.][0-9x][0-9]{{0,2}}(x[0-9]{{3}})?)?'
             '[*+†]?([+][A-Z][0-9]{{2}}([.][0-9x][0-9]{{0,2}}(x[0-9]{{3}})?)?[*]?)?$')
             then 'main_diagnosis_code.icd10:' || zdbm end,
        case when zdmc is null then 'main_diagnosis_name.required' end,
        case when length(zdmc) > 100 then 'main_diagnosis_name.length:' || zdmc end,
        case when length(zybm) > 20 then 'tcm_disease_code.length:' || zybm end,
        case when fbrq is not null and onset_date is null then 'onset_date.format:' || fbrq end,
        case when onset_date > current_date then 'onset_date.not_future:' || fbrq end,
        case when length(ysgh) > 20 then 'doctor_no.length:' || ysgh end,
        case when ysxm is null then 'doctor_name.required' end,
        case when length(ysxm) > 50 then 'doctor_name.length:' || ysxm end,
        case when payer not in ('1', '2', '3', '4', '5', '6', '7', '8', '99')
             then 'payer_code.domain:' || payer end,
        case when systolic <= diastolic then 'systolic_above_diastolic:' || ssy end,
        case when age_years >= 35 and kind = '1' and ssy is null
             then 'first_visit_blood_pressure' end
    ) as advisory,
    delivered
from typed
"""


if __name__ == "__main__":
    main()
