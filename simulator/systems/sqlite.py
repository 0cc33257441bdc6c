"""医联诊所: each clinic has one SQLite file, which the collectors ask with queries of their own."""

from __future__ import annotations

import sqlite3
from typing import Any

from simulator.plan import Assignment
from simulator.systems.source_files import source_file
from simulator.systems.stored import StoredWriter

_TABLES = {
    "huanzhe": "病人",
    "jiuzhen": "就诊",
    "zhenduan": "诊断",
    "chufang": "处方",
    "chufang_mx": "处方明细",
    "shoufei": "收费",
    "jiesuan": "结算",
    "dangan": "健康档案",
    "manbing": "慢病卡",
    "gaoxueya": "高血压随访",
    "tangniaobing": "糖尿病随访",
}
_DICTIONARY = (
    ("付款", "F1", "城镇职工基本医疗保险"),
    ("付款", "F2", "城镇居民基本医疗保险"),
    ("付款", "F3", "新型农村合作医疗"),
    ("付款", "F4", "贫困救助"),
    ("付款", "F5", "商业医疗保险"),
    ("付款", "F6", "全公费"),
    ("付款", "F7", "全自费"),
    ("付款", "F8", "其他社会保险"),
    ("付款", "F9", "其他"),
)
"""The clinic's own code lists, which its queries join."""


class YilianWriter(StoredWriter):
    """医联诊所: ``<institution>.db`` with Chinese tables and a code list of its own."""

    system = "yilian_clinic"
    void = ("作废标识", "1")

    def hand_out(self, place: int, site: Assignment) -> None:
        path = self.folder / f"{site.institution}.db"
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as database:
            database.execute("pragma synchronous = off")
            database.execute('create table 字典 ("类别" text, "代码" text, "名称" text)')
            database.executemany("insert into 字典 values (?, ?, ?)", _DICTIONARY)
            for table in self.layout.tables:
                found = self.layout.connection.execute(self.rows_of(table, place, site))
                names = [str(column[0]) for column in found.description or ()]
                columns = ", ".join(f'"{name}" text' for name in names)
                database.execute(f'create table "{_TABLES[table.name]}" ({columns})')
                marks = ", ".join("?" * len(names))
                while rows := found.fetchmany(20_000):
                    database.executemany(
                        f'insert into "{_TABLES[table.name]}" values ({marks})', rows
                    )
            database.execute('create index 处方明细_处方 on 处方明细 ("处方号")')
        database.close()

    def source(self, place: int, site: Assignment) -> dict[str, Any]:
        return source_file(
            site, self.system, place, connection=str(self.folder / f"{site.institution}.db")
        )
