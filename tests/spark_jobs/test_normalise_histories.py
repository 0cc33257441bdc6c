"""Any history of a source's rows, in any grouping of batches, ends as a model of four lines says.

Conservation (law 2) holds after every run, and neither running again nor a replay changes where a
record lies.
"""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spark_jobs.normalise import normalise
from spark_jobs.replay import replay
from tests.spark_jobs.test_normalise import PATIENTS, person
from tests.spark_jobs.tiny_bronze import TinyLake, registry_of

Batch = dict[str, str]
"""Source key -> what happened to it: ``good``, ``bad``, ``void``, ``deleted``."""

BATCHES = st.lists(
    st.dictionaries(
        st.sampled_from(["1", "2", "3"]), st.sampled_from(["good", "bad", "void", "deleted"])
    ).filter(bool),
    min_size=1,
    max_size=4,
)


def modelled(batches: list[Batch], groups: list[list[int]]) -> dict[str, dict[str, int]]:
    """Layer -> source key -> the batch whose version lies there."""
    silver: dict[str, int] = {}
    quarantine: dict[str, int] = {}
    for group in groups:
        newest = {
            key: (number, batches[number][key]) for number in group for key in batches[number]
        }
        for key, (number, what) in newest.items():
            quarantine.pop(key, None)
            if what == "good":
                silver[key] = number
            elif what == "bad":
                quarantine[key] = number
            else:
                silver.pop(key, None)
    return {"silver": silver, "quarantine": quarantine}


@pytest.fixture(scope="module")
def numbers() -> count[int]:
    return count(1)


@given(BATCHES, st.integers(0, 7))
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_history(lake: TinyLake, numbers: count[int], batches: list[Batch], cuts: int) -> None:
    institution = f"X{next(numbers)}"
    registry = registry_of(PATIENTS, institution)
    delivered = [
        lake.deliver(
            {"brxx": [row(key, what) for key, what in batch.items() if what != "deleted"]},
            institution=institution,
            deleted={"brxx": [key for key, what in batch.items() if what == "deleted"]},
        )
        for batch in batches
    ]
    groups: list[list[int]] = [[]]
    for number in range(len(batches)):
        groups[-1].append(number)
        if cuts >> number & 1 and number + 1 < len(batches):
            groups.append([])
    for group in groups:
        result = lake.normalise(registry, *(delivered[number] for number in group))
        assert result.differences == []

    expected = modelled(batches, groups)
    assert where(lake, institution, delivered) == expected
    assert result.bronze == sum(map(len, batches))
    normalise(lake.settings, registry, [delivered[number] for number in groups[-1]])
    assert where(lake, institution, delivered) == expected
    assert replay(lake.settings, registry, ["patient"]).differences == []
    assert where(lake, institution, delivered) == expected


def row(key: str, what: str) -> dict[str, str | None]:
    return person(
        key, csrq="坏" if what == "bad" else "19900307", zf="1" if what == "void" else "0"
    )


def where(lake: TinyLake, institution: str, batches: list[str]) -> dict[str, dict[str, int]]:
    names = ("_institution", "_source_key", "_batch_id")
    return {
        layer: {
            key: batches.index(batch)
            for place, key, batch in read("patient", *names)
            if place == institution
        }
        for layer, read in (("silver", lake.silver), ("quarantine", lake.quarantine))
    }
