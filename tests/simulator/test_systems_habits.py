"""How the vendors differ: looks, encodings, errors carried through, changes, an API that pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import openpyxl
import psycopg
import pyarrow as pa
import pytest

from collectors.readers import Readers
from collectors.registry import ColumnMap
from simulator.columns import columns_of
from simulator.events import SYSTEM_DATASETS, TEXT_SYSTEMS, Chunk
from simulator.systems import NOT_CARRIED, open_writers, serve_api
from simulator.systems.deviations import DEVIATIONS
from tests.simulator.canonical import canonical_chunk
from tests.simulator.reading import delivered, feeds
from tests.simulator.test_systems import SYSTEMS, everything, sites, system_of

Edit = Callable[[dict[str, str | None]], None]


def edited(chunk: Chunk, dataset: str, edit: Edit) -> Chunk:
    """The chunk with ``edit`` done to each row of a dataset."""
    table = chunk.tables[dataset]
    rows = table.to_pylist()
    for row in rows:
        edit(row)
    tables = {**chunk.tables, dataset: pa.Table.from_pylist(rows, schema=table.schema)}
    return Chunk(chunk.number, tables)


def rule_kinds(rule: ColumnMap) -> set[str]:
    kinds = {
        "direct": rule.source is not None and not rule.lookup and not rule.date,
        "arithmetic": rule.arithmetic is not None or rule.scale is not None,
        "lookup": rule.lookup is not None,
        "string": rule.string is not None,
        "null test": rule.first is not None,
        "null as": rule.null_as is not None,
        "date": rule.date is not None,
        "date arithmetic": rule.date_add is not None,
        "aggregate": rule.aggregate is not None,
        "constant": rule.constant is not None,
    }
    return {kind for kind, used in kinds.items() if used}


def test_the_ten_vendors_use_all_ten_rule_kinds() -> None:
    used = {
        kind
        for name in SYSTEM_DATASETS
        for table in system_of(name).tables.values()
        for mapping in table.maps.values()
        for rule in mapping.columns.values()
        for kind in rule_kinds(rule)
    }
    assert len(used) == 10


def test_every_column_of_every_dataset_is_carried_or_said_not_to_be() -> None:
    for name, datasets in SYSTEM_DATASETS.items():
        mapped: dict[str, list[set[str]]] = {}
        for table in system_of(name).tables.values():
            for dataset, mapping in table.maps.items():
                mapped.setdefault(dataset, []).append(set(mapping.columns))
        for dataset in datasets:
            columns = set(columns_of(dataset))
            said = {column for of, column in NOT_CARRIED.get(name, ()) if of == dataset}
            assert columns - said <= set.union(*mapped[dataset]), (name, dataset)


@pytest.mark.parametrize(
    "name", sorted(TEXT_SYSTEMS - {"weijian_master", "huayan_lis", "muying_mch"})
)
def test_planted_text_survives_the_vendor(
    name: str, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An impossible date, a word for a number and an unknown code stay where they were put."""
    monkeypatch.setenv("KANGHU_SIMULATED_POSTGRES", database_url)

    def slip(row: dict[str, str | None]) -> None:
        row.update(
            visited_at="2023-13-45",
            systolic_mmhg="未测",
            payer_code="X7",
            chief_complaint="a|b^c&<",
        )

    run_by = sites(name, 1)
    writers = open_writers(run_by, tmp_path, database_url)
    writers.write(edited(canonical_chunk(run_by), "outpatient_encounter", slip))
    (said,) = writers.close()
    system = system_of(name)
    if name == "kangjian_cloud":
        with serve_api(tmp_path) as environment:
            for variable, value in environment.items():
                monkeypatch.setenv(variable, value)
            read = list(everything(system, said))
    else:
        read = list(everything(system, said))
    (encounters,) = [found for _, dataset, found in read if dataset == "outpatient_encounter"]
    feed = next(f for f, dataset, _ in read if dataset == "outpatient_encounter")
    rule = feed.table.maps["outpatient_encounter"].columns["visited_at"]
    for row in encounters.values():
        assert row["visited_at"] is None
        assert (row["systolic_mmhg"], row["payer_code"]) == ("未测", "X7")
        assert row["chief_complaint"] == "a|b^c&<"
    if name != "kangjian_cloud":
        raw = delivered(feed, Readers())[rule.source or ""].to_pylist()
        assert all("13" in text and "45" in text for text in raw)


def test_exports_look_as_exports_do(tmp_path: Path, database_url: str) -> None:
    run_by = sites("baixing_files", 2)
    writers = open_writers(run_by, tmp_path, database_url)
    writers.write(canonical_chunk(run_by))
    writers.close()
    folder = tmp_path / "systems" / "baixing_files" / run_by[1].institution
    header = (folder / "患者信息.csv").read_bytes().splitlines()[0].decode("gb18030")
    assert header.startswith("病人编号,姓名,性别")
    assert "身份证号" in header
    sheet = openpyxl.load_workbook(folder / "健康体检登记.xlsx")["登记"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == run_by[1].name
    assert rows[2][:3] == ["体检编号", "档案编号", "体检日期"]
    assert "年" in rows[3][2]
    assert str(rows[-1][0]).startswith("注:")


def test_a_table_without_rows_is_a_file_with_its_header(tmp_path: Path, database_url: str) -> None:
    run_by = sites("baixing_files", 1)
    chunk = canonical_chunk(run_by)
    tables = {name: table for name, table in chunk.tables.items() if name != "settlement"}
    writers = open_writers(run_by, tmp_path, database_url)
    writers.write(Chunk(0, tables))
    (said,) = writers.close()
    found = {dataset: rows for _, dataset, rows in everything(system_of("baixing_files"), said)}
    assert found["settlement"] == {}
    assert found["patient"]


def test_the_second_of_two_like_rows_is_the_copy(tmp_path: Path, database_url: str) -> None:
    run_by = sites("baixing_files", 1)
    chunk = canonical_chunk(run_by)
    bills = chunk.tables["settlement"]
    (first, *_) = bills.to_pylist()
    copy = pa.Table.from_pylist([{**first, "_event_id": "zz"}], schema=bills.schema)
    tables = {**chunk.tables, "settlement": pa.concat_tables([copy, bills])}
    writers = open_writers(run_by, tmp_path, database_url)
    places = writers.write(Chunk(0, tables)).to_pylist()
    keys = {line["event_id"]: line["source_key"] for line in places}
    assert keys[first["_event_id"]] == first["settlement_no"]
    assert keys["zz"] == f"{first['settlement_no']}#2"


def test_laboratories_say_their_character_set(tmp_path: Path, database_url: str) -> None:
    run_by = sites("huayan_lis", 2)
    writers = open_writers(run_by, tmp_path, database_url)
    writers.write(canonical_chunk(run_by))
    writers.close()
    folder = tmp_path / "systems" / "huayan_lis"
    for site, (encoding, said) in zip(
        run_by, (("gb18030", "GB 18030-2000"), ("utf-8", "UNICODE UTF-8")), strict=True
    ):
        texts = [path.read_bytes() for path in (folder / site.institution).glob("*-ORU.hl7")]
        assert texts
        for text in texts:
            assert b"\n" not in text
            assert said in text.decode(encoding).split("\r")[0]


def test_a_result_of_another_patient_travels_alone(tmp_path: Path, database_url: str) -> None:
    run_by = sites("huayan_lis", 1)
    strays = {"LAB000000": "未知号"}

    def stray(row: dict[str, str | None]) -> None:
        row["patient_no"] = strays.get(str(row["result_no"]), row["patient_no"])

    chunk = edited(canonical_chunk(run_by), "lab_result", stray)
    writers = open_writers(run_by, tmp_path, database_url)
    writers.write(chunk)
    (said,) = writers.close()
    found = {dataset: rows for _, dataset, rows in everything(system_of("huayan_lis"), said)}
    alone = [row for row in found["lab_result"].values() if row["patient_no"] == "未知号"]
    assert [row["result_no"] for row in alone] == ["LAB000000"]
    assert len(found["lab_report"]) == chunk.tables["lab_report"].num_rows


@pytest.mark.parametrize("name", ["jiwei_phis", "qingyun_his", "fuyou_his", "yilian_clinic"])
def test_rows_are_changed_deleted_and_voided_in_place(
    name: str, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KANGHU_SIMULATED_POSTGRES", database_url)
    run_by = sites(name, 2)
    chunk = canonical_chunk(run_by)
    writers = open_writers(run_by, tmp_path, database_url)
    writers.write(chunk)
    writers.close()
    encounters = chunk.tables["outpatient_encounter"].to_pylist()[:3]
    for row, operation in zip(encounters, ("update", "delete", "void"), strict=True):
        row.update(_operation=operation, chief_complaint="已更正")
    writers = open_writers(run_by, tmp_path, database_url, keep=True)
    places = writers.change(Chunk(0, {"outpatient_encounter": pa.Table.from_pylist(encounters)}))
    said = writers.close()
    found = {
        (feed.institution, dataset): rows
        for one in said
        for feed, dataset, rows in everything(system_of(name), one)
    }
    mine = found[run_by[0].institution, "outpatient_encounter"]
    changed, deleted, voided = (str(row["encounter_no"]) for row in encounters)
    assert mine[changed]["chief_complaint"] == "已更正"
    assert deleted not in mine
    assert voided not in mine
    assert len(mine) == len(found[run_by[1].institution, "outpatient_encounter"]) - 2
    assert changed in places["source_key"].to_pylist()


def test_every_vendor_has_rows_that_were_voided(tmp_path: Path, database_url: str) -> None:
    """Entered twice and voided by a clerk: in the source, not in the truth."""
    run_by = sites("jiwei_phis", 3)
    writers = open_writers(run_by, tmp_path, database_url)
    places = pa.concat_tables(
        [writers.write(canonical_chunk(run_by, number=number)) for number in range(6)]
    )
    writers.close()
    with psycopg.connect(database_url) as connection:
        (voided,) = connection.execute(
            "select count(*) from jwphis.t_mzjzjl where zfbz = '1'"
        ).fetchone() or (0,)
    assert voided > 0
    assert not [key for key in places["source_key"].to_pylist() if key.endswith("ZF")]


def test_the_cloud_pages_asks_for_its_token_and_knows_what_is_new(
    tmp_path: Path, database_url: str
) -> None:
    run_by = sites("kangjian_cloud", 1)
    writers = open_writers(run_by, tmp_path, database_url)
    writers.write(canonical_chunk(run_by))
    writers.close()
    with serve_api(tmp_path) as environment:
        url = f"{environment['KANGHU_SIMULATED_API']}/v2/{run_by[0].institution}/encounters"
        assert httpx.get(url).status_code == 401
        headers = {"Authorization": f"Bearer {environment['KANGHU_SIMULATED_TOKEN']}"}

        def page(**query: str | int) -> dict[str, object]:
            return dict(httpx.get(url, params=query, headers=headers).json()["data"])

        first, second = (page(page=number, size=8)["list"] for number in (1, 2))
        assert [len(first), len(second)] == [8, 4]  # type: ignore[arg-type]
        last = second[-1]["updatedAt"]  # type: ignore[index]
        assert page(updatedSince=last)["total"] == 1
        nested = first[0]  # type: ignore[index]
        assert {"vitals", "department", "doctor"} <= set(nested)


def test_what_an_institution_does_differently_is_said_in_its_source(
    tmp_path: Path, database_url: str
) -> None:
    for name, deviations in DEVIATIONS.items():
        system = system_of(name)
        run_by = sites(name, 1 + max(one.place for one in deviations))
        said = open_writers(run_by, tmp_path / name, database_url).close()
        for one in deviations:
            (feed, *_) = feeds(system, said[one.place])
            differs = feed.source.differs
            assert differs.columns or differs.lookups
            assert set(differs.columns) <= set(system.tables)
            assert set(differs.lookups) <= set(system.lookups)


def test_the_systems_are_the_products_own_files() -> None:
    assert all((SYSTEMS / f"{name}.yml").is_file() for name in SYSTEM_DATASETS)
