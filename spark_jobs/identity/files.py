"""``kanghu link``: the people in any CSV, Excel or Parquet file made one, by the same code.

The configuration is a ``LinkModel`` in YAML; without one, columns are guessed by their names.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from kanghu.errors import KanghuError
from spark_jobs.identity.grouping import group
from spark_jobs.identity.lists import read_list
from spark_jobs.identity.model import Comparison, LinkModel, load_model
from spark_jobs.identity.prepare import prepare, quoted


@dataclass(frozen=True)
class LinkResult:
    """``rows`` of the file became ``clusters`` people by ``links`` pairs above the threshold.

    ``clusters_path``: the file's rows with ``row_id`` and ``cluster_id`` before them.
    ``evidence_path``: each pair that is more likely one person than two, with its weight (bits),
    probability, the level of agreement of each field, and whether it was taken (``linked``).
    """

    rows: int
    clusters: int
    links: int
    clusters_path: Path
    evidence_path: Path
    model: LinkModel


def link_file(path: Path, config_path: Path | None, out: Path) -> LinkResult:
    """Link ``path`` into the folder ``out``: Parquet for Parquet, CSV in UTF-8 for all else.

    Raises ``KanghuError`` for a file or a configuration that does not fit.
    """
    from spark_jobs.identity.evidence import score

    _make_room(out)
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    said = load_model(config_path) if config_path else None
    columns = read_list(connection, path, said)
    model = said or guess_model(columns, path)
    _check(model, columns, config_path or path)
    named = quoted(model.id_column) if model.id_column else "row_id"
    prepare(connection, "source", model)
    _check_blocking(connection, model, config_path or path)
    score(connection, "person", model)
    connection.execute(
        f"alter table pair add column linked boolean default false; "
        f"update pair set linked = true where weight >= {model.threshold_weight!r}"
    )
    _cluster(connection, model)
    connection.execute(
        f"""
        create temp table clusters as
        select {named} as row_id, cluster_id, source.* exclude (row_id)
        from source join clustered using (row_id) order by source.row_id;
        create temp table evidence as
        select l.{named} as left_row, r.{named} as right_row,
            lc.cluster_id = rc.cluster_id and linked as linked,
            round(probability, 6) as probability, round(weight, 2) as weight, rule,
            {
            ", ".join(
                f"pair.{quoted(name)} as {quoted('agreement_' + name)}"
                for name in model.comparisons
            )
        }
        from pair
            join source as l on l.row_id = left_id join source as r on r.row_id = right_id
            join clustered as lc on lc.row_id = left_id
            join clustered as rc on rc.row_id = right_id
        order by weight desc, left_id, right_id
        """
    )
    paths = [_write(connection, name, out, path.suffix) for name in ("clusters", "evidence")]
    rows, clusters, links = _counts(connection)
    return LinkResult(rows, clusters, links, paths[0], paths[1], model)


_GUESSES: tuple[tuple[str, str, str], ...] = (
    ("name", "chinese_name", r"^(name|xm|姓名|患者姓名|居民姓名|patient_name|full_?name)$"),
    ("birth_date", "birth_date", r"^(birth_?date|birthday|csrq|出生日期|生日|dob|date_of_birth)$"),
    ("sex", "sex", r"^(sex|sex_code|gender|xb|性别|性别代码)$"),
    (
        "id_no",
        "id_number",
        r"^(id_?no|id_?card|idcard|sfzh|sfzhm|身份证号?码?|证件号码?|id_number)$",
    ),
    (
        "phone",
        "phone",
        r"^(phone(_?no|_?number)?|tel|mobile|lxdh|dhhm|sjhm?|lxfs"
        r"|(本人|家庭|移动|联系)?电话号?码?|(本人)?手机号?码?|联系方式)$",
    ),
    ("contact", "phone", r"^(contact_phone(_no)?|联系人电话)$"),
    ("county", "address", r"^(address_county|county|区县|县区|县)$"),
    ("township", "address", r"^(address_township|township|乡镇|街道|乡镇街道)$"),
    ("village", "address", r"^(address_village|village|村|社区|村居|村社区)$"),
    (
        "door",
        "address",
        r"^(address_door|door|address|jtzz|xzz|门牌号?|(家庭)?(地址|住址)|现住址)$",
    ),
    ("mother", "exact", r"^(mother_name|mqxm|母亲姓名)$"),
)


def guess_model(columns: list[str], path: Path) -> LinkModel:
    """A configuration from the columns' names; needs a name and one of date, number, phone."""
    found: dict[str, str] = {}
    for role, _, pattern in _GUESSES:
        for column in columns:
            if role not in found and re.match(pattern, column.strip(), re.IGNORECASE):
                found[role] = column
    if "name" not in found or not {"birth_date", "id_no", "phone"} & set(found):
        raise KanghuError(
            what="猜不出哪一列是什么:要有姓名,以及出生日期、身份证号、电话之一",
            where=f"{path} 的列:{'、'.join(columns)}",
            mend="用 --config 给一个 YAML,写明各列(例子见 docs/identity.md)",
        )
    comparisons = {
        role: Comparison(kind=kind, columns=(found[role],))  # type: ignore[arg-type]
        for role, kind, _ in _GUESSES
        if role in found and role not in {"contact", "county", "township", "village", "door"}
    }
    if {"mother", "sex"} <= set(found):
        of_newborns = (found["name"], found["mother"], found["sex"])
        comparisons["name"] = Comparison(kind="chinese_name", columns=of_newborns)
    places = tuple(found[r] for r in ("county", "township", "village", "door") if r in found)
    if places:
        comparisons["address"] = Comparison(kind="address", columns=places)
    if "contact" in found and "phone" in found:
        comparisons["phone"] = Comparison(kind="phone", columns=(found["phone"], found["contact"]))
    if {"birth_date", "sex"} <= set(found) and "id_no" in found:
        columns_of = tuple(found[role] for role in ("id_no", "birth_date", "sex", "name"))
        comparisons["id_no"] = Comparison(kind="id_number", columns=columns_of)
    elif "id_no" in found:
        comparisons["id_no"] = Comparison(kind="digits", columns=(found["id_no"],))
    return LinkModel(comparisons=comparisons, blocking=tuple(_guess_blocking(found, comparisons)))


def said_of_guess(model: LinkModel) -> str:
    """One line on a guessed ``model``: which columns are what, the defaults, and for what size of
    list they are meant."""
    columns = ",".join(
        f"{name} {'、'.join(one.columns)}" for name, one in model.comparisons.items()
    )
    return (
        f"没有给配置,按列名认出 {columns};先验 {model.prior:g}、阈值 {model.threshold:g},"
        f"是为约 {1 / model.prior / 10_000:,.0f} 万人的名单定的,人少得多时用 --config 把 prior "
        "写成人数分之一,会多认出一些(docs/identity.md)"
    )


def _guess_blocking(
    found: dict[str, str], comparisons: dict[str, Comparison]
) -> list[tuple[str, ...]]:
    sound = f"{found['name']}_sound"
    rules: list[tuple[str, ...]] = []
    if "id_no" in comparisons:
        whole = comparisons["id_no"].kind == "id_number"
        rules.append(("id18",) if whole else (found["id_no"],))
    if "birth_date" in found:
        rules.append((found["birth_date"], sound))
    if "phone" in found:
        rules.append((found["phone"], sound))
    if {"phone", "birth_date"} <= set(found):
        rules.append((found["birth_date"], found["phone"]))
    if "village" in found:
        rules.append((sound, found["village"]))
    return rules


def _make_room(out: Path) -> None:
    """The folder for results, before an hour's work: it must take a file."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise KanghuError(
            what=f"写不进结果文件夹:{error.strerror or error}",
            where=f"--out {out}",
            mend="给一个能写的文件夹",
        ) from error


def _check(model: LinkModel, columns: list[str], where: Path) -> None:
    wanted = [*model.columns(), *([model.id_column] if model.id_column else [])]
    lacking = [column for column in wanted if column not in columns]
    if lacking:
        raise KanghuError(
            what=f"文件里没有这些列:{'、'.join(lacking)}",
            where=str(where),
            mend=f"文件的列是:{'、'.join(columns)}",
        )


def _check_blocking(connection: duckdb.DuckDBPyConnection, model: LinkModel, where: Path) -> None:
    prepared = [name for name, *_ in connection.execute("describe person").fetchall()]
    used = [part.partition(":")[0] for rule in model.blocking for part in rule]
    lacking = [column for column in dict.fromkeys(used) if column not in prepared]
    if lacking:
        raise KanghuError(
            what=f"blocking 用了没有的列:{'、'.join(lacking)}",
            where=str(where),
            mend=f"可用的列:{'、'.join(prepared)}",
        )


def _cluster(connection: duckdb.DuckDBPyConnection, model: LinkModel) -> None:
    rows = connection.execute("select row_id from person order by row_id").fetchnumpy()["row_id"]
    unit = np.arange(len(rows), dtype=np.int64)
    found = group(connection, model, rows, unit).found
    connection.register("found", pa.table({"row_id": rows, "cluster": found}))
    connection.execute(
        """
        create temp table clustered as
        select row_id, min(row_id) over (partition by cluster) as cluster_id from found
        """
    )
    connection.unregister("found")


def _write(connection: duckdb.DuckDBPyConnection, name: str, out: Path, suffix: str) -> Path:
    """Written beside its place and renamed into it: a reader never sees half a file."""
    form = "parquet" if suffix.lower() == ".parquet" else "csv"
    path = out / f"{name}.{form}"
    beside = out / f".{name}.{form}.part"
    options = "format parquet" if form == "parquet" else "format csv, header"
    try:
        connection.execute(
            f"copy {name} to '{str(beside).replace(chr(39), chr(39) * 2)}' ({options})"
        )
        beside.replace(path)
    except (duckdb.IOException, OSError) as error:
        raise KanghuError(
            what=f"结果写不出来:{str(error).splitlines()[0]}",
            where=str(path),
            mend="检查磁盘是否已满、文件是否被占用",
        ) from error
    return path


def _counts(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    row = connection.execute(
        """
        select (select count(*) from clusters), (select count(distinct cluster_id) from clusters),
            (select count(*) from evidence where linked)
        """
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])
