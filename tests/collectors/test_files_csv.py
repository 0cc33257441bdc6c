"""CSV as vendors write it: encodings, titles, quotes, several files, and files that are broken."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.readers import Readers
from collectors.readers.csv_file import column_names
from kanghu.errors import KanghuError
from tests.collectors.reading import deliver, file_feed, rows

TABLE = "姓名,备注\n张三,无\n㐀𠮷,\n"


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("gb18030", "gb18030"),
        ("gb18030", "GBK"),
        ("gb18030", ""),
        ("utf-8", "utf-8"),
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-8-sig", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
def test_every_encoding_that_vendors_use(tmp_path: Path, encoding: str, declared: str) -> None:
    (tmp_path / "a.csv").write_bytes(TABLE.encode(encoding))
    options = {"encoding": declared} if declared else {}
    assert rows(file_feed(tmp_path, "a.csv", options=options)) == [
        {"姓名": "张三", "备注": "无"},
        {"姓名": "㐀𠮷", "备注": None},
    ]


def test_an_empty_field_is_null_and_a_quoted_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('a,b,c\r\n,"","x\r\ny ""z"""\r\n', newline="")
    assert rows(file_feed(tmp_path, "a.csv")) == [{"a": None, "b": "", "c": 'x\r\ny "z"'}]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("2024年体检\n制表:张三\nno,name\n1,甲\n", {"header_row": 3}),
        ("no\tname\n1\t甲\n", {"delimiter": "tab"}),
        ("no|name\n1|甲\n", {"delimiter": "|"}),
        ("no,name\n'1','甲'\n", {"quote": "'"}),
        ("1,甲\n", {"header": ["no", "name"]}),
        ("no,name\n1,甲\n合计,1\n注:以上\n", {"remark": "^(合计|注)"}),
        (" no , name\n1,甲\n", {}),
    ],
)
def test_layouts(tmp_path: Path, text: str, options: dict[str, object]) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert rows(file_feed(tmp_path, "a.csv", options=options)) == [{"no": "1", "name": "甲"}]


def test_a_bare_quotation_mark_is_text_where_none_is_meant(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('a,b\n5" screen,x\n')
    assert rows(file_feed(tmp_path, "a.csv")) == [{"a": '5" screen', "b": "x"}]


def test_names_of_columns() -> None:
    assert column_names(["姓名", " 备  注", "", "备 注"], "a.csv") == [
        "姓名",
        "备 注",
        "列3",
        "备 注#2",
    ]


def test_a_header_without_rows_still_tells_its_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    delivery = deliver(file_feed(tmp_path, "a.csv"))
    assert [column.name for column in delivery.columns] == ["a", "b"]
    assert list(delivery.batches) == []


def test_several_files_are_one_feed(tmp_path: Path) -> None:
    (tmp_path / "p_2024.csv").write_text("a,b\n1,2\n")
    (tmp_path / "p_2023.csv").write_text("b,a\n4,3\n")
    assert rows(file_feed(tmp_path, "p_*.csv")) == [{"b": "4", "a": "3"}, {"b": "2", "a": "1"}]
    with_file = file_feed(tmp_path, "p_*.csv", options={"key_with_file": True})
    assert [row["_file"] for row in rows(with_file)] == ["p_2023.csv", "p_2024.csv"]


def test_files_of_one_feed_with_different_columns(tmp_path: Path) -> None:
    (tmp_path / "p_1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "p_2.csv").write_text("a,c\n1,2\n")
    delivery = deliver(file_feed(tmp_path, "p_*.csv"))
    assert [row for batch in delivery.batches for row in batch.to_pylist()] == [
        {"a": "1", "b": "2"}
    ]
    ((fault,),) = delivery.faults.values()
    assert "少 ['b'],多 ['c']" in str(fault)
    assert "p_2.csv" in str(fault)


def test_the_mapping_decides_which_of_two_headers_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "p_1.csv").write_text("a,c\n1,2\n")
    (tmp_path / "p_2.csv").write_text("a,b\n3,4\n")
    feed = file_feed(tmp_path, "p_*.csv", key=["b"])
    assert rows(feed) == [{"a": "3", "b": "4"}]


def test_a_watermark_leaves_out_older_rows_and_keeps_rows_without_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,at\n1,2024-01-01\n2,2024-01-02\n3,\n4,2024-01-03\n")
    feed = file_feed(tmp_path, "a.csv", watermark={"column": "at"})
    assert [row["id"] for row in rows(feed, since="2024-01-02")] == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"a,b\n1,2\n3\n", "应有 2 列,实有 1 列.*a.csv 第 3 行"),
        (b"a,b\n1,2,3\n", "应有 2 列,实有 3 列"),
        (b'a,b\n1,"cut', "引号内的文字中途结束"),
        (b"", "可能是空的"),
        (b"\n\n", "可能是空的"),
        (b"a,b\n1,\xff\xfe\n", "第 6 字节"),
        ("a,b\n1,中\n".encode("gb18030") + b"2,\xff\n", r"第 11 字节\(ff 0a\)"),
    ],
)
def test_a_broken_file_says_what_and_where(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(KanghuError, match=says) as caught:
        rows(file_feed(tmp_path, "a.csv"))
    assert "a.csv" in caught.value.where
    assert caught.value.mend


def test_a_wrong_byte_far_into_the_file_is_named_by_its_place(tmp_path: Path) -> None:
    good = ("姓名\n" + "中文字\n" * 300_000).encode()
    (tmp_path / "a.csv").write_bytes(good + b"\xff\n")
    with pytest.raises(KanghuError, match=f"第 {len(good)} 字节"):
        rows(file_feed(tmp_path, "a.csv", options={"encoding": "utf-8"}))


def test_a_name_of_an_encoding_that_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(KanghuError, match="不认识文本编码"):
        rows(file_feed(tmp_path, "a.csv", options={"encoding": "gb99999"}))


def test_absent_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(KanghuError, match=r"没有与 'a\.csv' 相符的文件"):
        rows(file_feed(tmp_path, "a.csv"))
    with pytest.raises(KanghuError, match="来源文件夹不存在"):
        rows(file_feed(tmp_path / "gone", "a.csv"))
    with pytest.raises(KanghuError, match="没有给出参数 'year'"):
        rows(file_feed(tmp_path, "{year}.csv"))


def test_the_fingerprint_changes_with_the_files_and_with_how_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    feed = file_feed(tmp_path, "*.csv")
    reader = Readers().of(feed)
    first = reader.fingerprint(feed)
    assert reader.fingerprint(feed) == first
    other_options = file_feed(tmp_path, "*.csv", options={"delimiter": "|"})
    assert reader.fingerprint(other_options) != first
    os.utime(path, ns=(1, 1))
    touched = reader.fingerprint(feed)
    assert touched != first
    (tmp_path / "b.csv").write_text("a,b\n")
    assert reader.fingerprint(feed) != touched


field = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@settings(deadline=None)
@given(
    table=st.lists(st.lists(field, min_size=3, max_size=3), min_size=1, max_size=6),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_whatever_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], encoding: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["x", "y", "z"], *table])
    folder = tmp_path_factory.mktemp("written")
    (folder / "a.csv").write_bytes(text.getvalue().encode(encoding))
    feed = file_feed(folder, "a.csv", options={"encoding": encoding})
    assert [list(row.values()) for row in rows(feed)] == table
