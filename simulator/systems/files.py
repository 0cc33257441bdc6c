"""Vendors that only export: CSV in the encodings of the trade, and Excel registers for people.

The registers have a title and a line about the export above the header, and a remark below.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from openpyxl import Workbook

from simulator.plan import Assignment
from simulator.systems.stored import StoredWriter

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Csv:
    """A CSV export: the file's name, its encoding, its delimiter, a title above the header."""

    name: str
    encoding: str = "gb18030"
    delimiter: str = ","
    title: str = ""


@dataclass(frozen=True)
class Excel:
    """An Excel register: ``above`` lines before the header, ``remark`` below."""

    name: str
    sheet: str
    above: tuple[str, ...]
    remark: str = ""


class FilesWriter(StoredWriter):
    """Common to exporting vendors: a file a table, empty tables with their header only."""

    files: ClassVar[dict[str, Csv | Excel]] = {}

    def hand_out(self, place: int, site: Assignment) -> None:
        folder = self.place_of(site)
        folder.mkdir(exist_ok=True)
        for table in self.layout.tables:
            shape = self.files[table.name]
            rows = self.rows_of(table, place, site)
            if isinstance(shape, Csv):
                self._export_csv(rows, shape, folder)
            else:
                self._export_excel(rows, shape, folder, site)

    def _export_csv(self, rows: str, shape: Csv, folder: Path) -> None:
        plain = folder / f"{shape.name}.tmp"
        self.layout.connection.execute(
            f"copy ({rows}) to '{plain}' (format csv, header, delimiter '{shape.delimiter}')"
        )
        encode = codecs.getincrementalencoder(shape.encoding)()
        with (
            plain.open(encoding="utf-8", newline="") as text,
            (folder / f"{shape.name}.csv").open("wb") as out,
        ):
            if shape.title:
                out.write(encode.encode(f"{shape.title}\r\n"))
            while block := text.read(_BLOCK):
                out.write(encode.encode(block))
        plain.unlink()

    def _export_excel(self, rows: str, shape: Excel, folder: Path, site: Assignment) -> None:
        found = self.layout.connection.execute(rows)
        names = [column[0] for column in found.description or ()]
        book = Workbook(write_only=True)
        sheet = book.create_sheet(shape.sheet)
        for line in shape.above:
            sheet.append([line.format(institution=site.name)])
        sheet.append(names)
        while block := found.fetchmany(5_000):
            for row in block:
                sheet.append([_cell(value) for value in row])
        if shape.remark:
            sheet.append([shape.remark])
        book.save(folder / f"{shape.name}.xlsx")


def _cell(text: str | None) -> str | int | float | None:
    """What Excel makes of typed-in text: short plain numbers become numbers, the rest stays."""
    if text is None or len(text) > 9 or not text.isascii():
        return text
    if text.isdigit() and (text == "0" or text[0] != "0"):
        return int(text)
    whole, _, fraction = text.partition(".")
    if whole.isdigit() and fraction.isdigit() and (whole == "0" or whole[0] != "0"):
        return float(text)
    return text


_REGISTER: Sequence[str] = ("{institution}", "登记导出  单位:斤、厘米、毫米汞柱")
_REMARK = "注:本表由系统导出,手工修改无效"


class BaixingWriter(FilesWriter):
    """百姓医疗: CSV for the daily work, Excel registers for public health."""

    system = "baixing_files"
    files: ClassVar = {
        "hzxx": Csv("患者信息"),
        "mzrz": Csv("门诊日志"),
        "qtzd": Csv("其他诊断"),
        "jsqd": Csv("结算清单", delimiter="|"),
        "jkda": Csv("健康档案"),
        "jktj": Excel("健康体检登记", "登记", tuple(_REGISTER), _REMARK),
        "gxysf": Excel("高血压随访登记", "登记", tuple(_REGISTER), _REMARK),
        "tnbsf": Excel("糖尿病随访登记", "登记", tuple(_REGISTER), _REMARK),
    }


class WeijianWriter(FilesWriter):
    """卫健委主数据: the health commission's hand-outs."""

    system = "weijian_master"
    files: ClassVar = {
        "xzqh": Excel("行政区划", "区划", ("三明市行政区划(五级)",)),
        "yljg": Excel("医疗机构", "机构", ("医疗卫生机构名录",), "备注:编制床位为核定数"),
        "ypml": Csv("药品目录", encoding="utf-8-sig"),
        "sfxm": Csv("收费项目"),
        "czrk": Csv("常住人口", title="年末常住人口(人)"),
        "swdj": Csv("死亡登记", delimiter="\t"),
    }
