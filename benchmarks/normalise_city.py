"""One big bronze table of encounters for the normalise benchmark: 26 text columns, some faulty.

Made by DuckDB in one statement, in chunks of rows, so that any size takes little memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deltalake import write_deltalake

from collectors.registry import Registry, Source, System
from kanghu.lake import Lake, connect_duckdb
from kanghu.settings import Settings
from kanghu.store import connect

INSTITUTIONS = 24
SYSTEM: Mapping[str, Any] = {
    "system": "bench_his",
    "name": "压测HIS",
    "vendor": "压测",
    "version": "1",
    "kind": "table",
    "nulls": ["", "NULL"],
    "lookups": {
        "czbz": {"C": "1", "F": "2"},
        "sf": {"是": "1", "否": "0"},
        "fylb": {"A01": "1", "A02": "2", "A03": "3", "B01": "4", "Z99": "99"},
    },
    "tables": {
        "mzjl": {
            "from": "mzjl",
            "key": ["mzh"],
            "maps": {
                "outpatient_encounter": {
                    "columns": {
                        "encounter_no": "mzh",
                        "patient_no": "brid",
                        "patient_type_code": "brlx",
                        "visited_at": {"from": "jzsj", "date": "yyyyMMddHHmmss"},
                        "department_code": "ksdm",
                        "department_name": "ksmc",
                        "visit_kind_code": {"from": "czbz", "lookup": "czbz"},
                        "age_years": "nl",
                        "chief_complaint": "zs",
                        "present_illness": "xbs",
                        "past_history": "jws",
                        "has_allergy": {"from": "gmbz", "lookup": "sf"},
                        "allergy_history": "gms",
                        "physical_examination": "tgjc",
                        "systolic_mmhg": "ssy",
                        "diastolic_mmhg": "szy",
                        "temperature_celsius": "tw",
                        "pulse_per_min": "ml",
                        "glucose_mmol_l": "xt",
                        "main_diagnosis_code": "zdbm",
                        "main_diagnosis_name": "zdmc",
                        "tcm_disease_code": "zybm",
                        "onset_date": {"from": "fbrq", "date": "yyyyMMdd"},
                        "doctor_no": "ysgh",
                        "doctor_name": "ysxm",
                        "payer_code": {"from": "fylb", "lookup": "fylb"},
                    }
                }
            },
        }
    },
}

_ROWS = """
select
    '35{institution:06d}' as _institution,
    'bench_his.mzjl' as _feed,
    mzh as _source_key,
    'b1' as _batch_id,
    md5(mzh) as _row_hash,
    timestamptz '2026-01-01 00:00:00+08' as _landed_at,
    'upsert' as _operation,
    *
from (
    select
        'M{institution}-' || i as mzh,
        'P' || (i // 7) as brid,
        '1' as brlx,
        case when i % 211 = 0 then '20251340000000'
             else strftime(timestamp '2025-01-01' + to_seconds((i * 37) % 31000000),
                           '%Y%m%d%H%M%S') end as jzsj,
        'K' || (i % 20) as ksdm,
        case when i % 97 = 0 then null else '全科门诊' end as ksmc,
        case when i % 3 = 0 then 'C' else 'F' end as czbz,
        (i % 100)::varchar as nl,
        '反复头晕伴乏力' || (i % 50) || '天' as zs,
        case when i % 2 = 0 then '患者于数天前无明显诱因出现头晕' end as xbs,
        '否认' as jws,
        case when i % 10 = 0 then '是' else '否' end as gmbz,
        null::varchar as gms,
        '神清,精神可' as tgjc,
        case when i % 307 = 0 then '520' else (100 + i % 60)::varchar end as ssy,
        (60 + i % 30)::varchar as szy,
        (36 + (i % 20) / 10.0)::varchar as tw,
        (60 + i % 40)::varchar as ml,
        case when i % 4 = 0 then (4 + (i % 60) / 10.0)::varchar end as xt,
        case when i % 401 = 0 then '高血压' else 'I10.x0' || (i % 10) end as zdbm,
        '高血压病' as zdmc,
        'BNG' || (i % 10) as zybm,
        case when i % 5 = 0 then '20250' || (1 + i % 9) || '11' end as fbrq,
        'D' || (i % 30) as ysgh,
        '李医生' as ysxm,
        case when i % 503 = 0 then 'X9' else 'A0' || (1 + i % 3) end as fylb
    from range({first}, {last}) as t(i)
)
"""


def make_bronze(settings: Settings, rows: int) -> int:
    """Land about ``rows`` rows of batch ``b1`` in 24 institutions; answers how many."""
    path = Lake(settings.lake).bronze(SYSTEM["system"], "mzjl")
    each = rows // INSTITUTIONS
    with connect_duckdb() as connection, connect(settings) as store:
        store.execute(
            "insert into kanghu.batch (batch_id, kind, state) values ('b1', 'collect', 'collected')"
        )
        for number in range(INSTITUTIONS):
            query = _ROWS.format(institution=number, first=1, last=each + 1)
            write_deltalake(
                path,
                connection.execute(query).to_arrow_reader(200_000),
                mode="append",
                partition_by=["_institution"],
            )
            store.execute(
                "insert into kanghu.feed_run (batch_id, institution, feed, system, table_name, "
                "mode, state, bronze_rows, started_at) values "
                "('b1', %s, 'bench_his.mzjl', 'bench_his', 'mzjl', 'full', 'collected', %s, now())",
                (f"35{number:06d}", each),
            )
    return each * INSTITUTIONS


def registry() -> Registry:
    """The benchmark's system, run by its 24 institutions."""
    system = System.model_validate(SYSTEM)
    sources = {
        f"s{number}": Source.model_validate(
            {
                "source": f"s{number}",
                "institution": f"35{number:06d}",
                "name": f"机构{number}",
                "system": system.system,
            }
        )
        for number in range(INSTITUTIONS)
    }
    return Registry({system.system: system}, sources)
