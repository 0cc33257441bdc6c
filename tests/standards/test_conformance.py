"""What the catalogue carries of the published standards, and that each deviation has a reason."""

from __future__ import annotations

from dataclasses import replace

from standards.catalogue import Catalogue, load_catalogue
from standards.conformance import conformance, deviations, subset_datasets

ACCOUNT = {(one.standard, one.part): one for one in conformance(load_catalogue())}
WS445 = {place: one for place, one in ACCOUNT.items() if place[0].startswith("WS 445")}


def test_every_field_of_every_subset_of_ws_445_stands_once() -> None:
    """17 parts, 58 subsets: each field is one column of the subset's dataset or of a child's."""
    assert len({standard for standard, _ in WS445}) == 17
    assert len(WS445) == 58
    assert {place: one.missing for place, one in WS445.items() if one.missing} == {}


def test_deviations_are_few_and_each_is_one() -> None:
    """A reason for a field that does not deviate would hide the day when it does."""
    told = {text.split(" ")[0] for one in WS445.values() for text in one.deviations}
    assert told == set(deviations())
    assert len(told) <= 5


def without(catalogue: Catalogue, dataset: str, column: str) -> Catalogue:
    whole = catalogue.dataset(dataset)
    columns = tuple(one for one in whole.columns if one.name != column)
    assert len(columns) == len(whole.columns) - 1
    return replace(
        catalogue, datasets={**catalogue.datasets, dataset: replace(whole, columns=columns)}
    )


def test_a_column_taken_out_is_missed() -> None:
    spoilt = without(load_catalogue(), "outpatient_encounter", "chief_complaint")
    (missed,) = [one for one in conformance(spoilt) if one.missing and "445" in one.standard]
    assert (missed.standard, missed.part) == ("WS 445.2-2014", "门(急)诊病历")
    assert "主诉" in missed.missing[0]
    assert missed.held == missed.published - 1


def test_a_type_that_is_not_the_published_one_is_told() -> None:
    catalogue = load_catalogue()
    element = replace(catalogue.elements["DE01.00.010.00"], format="AN..99")
    spoilt = replace(catalogue, elements={**catalogue.elements, element.identifier: element})
    (line,) = [one for one in conformance(spoilt) if one.part.startswith("DE01")]
    assert any("DE01.00.010.00" in text for text in line.deviations)


def test_every_subset_names_its_datasets() -> None:
    assert all(subset_datasets(load_catalogue()).values())
