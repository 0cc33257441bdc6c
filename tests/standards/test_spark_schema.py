"""The typing rule of silver, seen from the types that Delta stores."""

from __future__ import annotations

import pytest

from standards.catalogue import load_catalogue
from standards.projections.spark_schema import silver_schema


@pytest.mark.parametrize(
    ("dataset", "column", "stored"),
    [
        ("patient", "sex_code", "string"),
        ("patient", "birth_date", "date"),
        ("outpatient_encounter", "visited_at", "timestamp"),
        ("outpatient_encounter", "systolic_mmhg", "bigint"),
        ("hypertension_followup", "bmi", "decimal(18,4)"),
        ("hypertension_followup", "is_referred", "boolean"),
        ("lab_result", "result_number", "decimal(18,4)"),
    ],
)
def test_a_column_is_stored_as_the_standard_says(dataset: str, column: str, stored: str) -> None:
    schema = silver_schema(load_catalogue().dataset(dataset))
    assert schema[column].dataType.simpleString() == stored


def test_the_resident_stands_only_where_a_person_is_meant() -> None:
    catalogue = load_catalogue()
    for dataset in catalogue.datasets.values():
        names = silver_schema(dataset).names
        assert ("resident_id" in names) == bool(dataset.person)
        assert len(names) == len(set(names))
