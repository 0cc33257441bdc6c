"""Normalise as a whole: where each delivered row ends, and that running again changes nothing."""

from __future__ import annotations

import json

from spark_jobs.normalise import normalise
from tests.spark_jobs.tiny_bronze import TinyLake, registry_of, system

PATIENTS = system(
    {
        "brxx": {
            "from": "brxx",
            "key": ["id"],
            "void": {"column": "zf", "values": ["1"]},
            "maps": {
                "patient": {
                    "columns": {
                        "patient_no": "id",
                        "name": "xm",
                        "sex_code": {"from": "xb", "lookup": "xb"},
                        "birth_date": {"from": "csrq", "date": "yyyyMMdd"},
                        "id_no": "sfzh",
                        "phone_no": "dh",
                    }
                }
            },
        }
    },
    lookups={"xb": {"男": "1", "女": "2"}},
)
REGISTRY = registry_of(PATIENTS, "H1", "H2")


def person(number: str, **other: str | None) -> dict[str, str | None]:
    return {
        "id": number,
        "xm": "张三",
        "xb": "男",
        "csrq": "19900307",
        "sfzh": "110101199003070134",
        "dh": "13800000000",
        "zf": "0",
        **other,
    }


def test_one_row_passes_and_one_does_not(lake: TinyLake) -> None:
    batch = lake.deliver({"brxx": [person("1"), person("2", csrq="19901341", dh=None)]})
    result = normalise(lake.settings, REGISTRY, [batch])

    assert lake.silver("patient", "_source_key", "sex_code", "resident_id") == [("1", "1", None)]
    ((key, reasons, delivered),) = lake.quarantine(
        "patient", "_source_key", "_reasons", "_delivered"
    )
    assert key == "2"
    assert [(one["rule"], one["value"]) for one in json.loads(reasons)] == [
        ("patient.birth_date.format", "19901341")
    ]
    assert json.loads(delivered)["csrq"] == "19901341"
    assert lake.findings("source_key", "rule", "column", "severity", "value") == [
        ("2", "patient.birth_date.format", "birth_date", "blocking", "19901341"),
        ("2", "patient.phone_no.required", "phone_no", "warning", ""),
    ]
    assert (result.bronze, result.silver, result.quarantine, result.superseded) == (2, 1, 1, 0)
    assert result.differences == []
