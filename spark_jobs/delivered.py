"""Delivered rows under their system's own names: trimmed, with nothing where nothing is meant.

What single institutions call differently is put right here, once, for mapping and conservation
alike.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pyspark.sql import DataFrame

from collectors.expression import Expression, read_expression
from collectors.registry import ColumnMap, DatasetMap, Source, System, Table
from collectors.row_hash import bronze_column
from expectations.compile_spark import quote

META = ("_institution", "_feed", "_source_key", "_batch_id", "_row_hash")
DELIVERY_ERROR = "_delivery_error"
"""A bronze column of kinds that split: why this part could not be decoded."""

BLANKS = " \t\r\n\u3000\u00a0"
"""Trimmed from both ends of every delivered value; the last two are wide and no-break spaces."""


@dataclass(frozen=True)
class MappedTable:
    """One table of a system, one of its maps, and the sources that run the system."""

    system: System
    table_name: str
    dataset: str
    sources: tuple[Source, ...]

    @property
    def table(self) -> Table:
        return self.system.tables[self.table_name]

    @property
    def mapping(self) -> DatasetMap | None:
        """None for a table that only sends its unreadable parts to ``exchange_message``."""
        return self.table.maps.get(self.dataset)

    @property
    def feed(self) -> str:
        return f"{self.system.system}.{self.table_name}"

    @property
    def where(self) -> str:
        return f"{self.system.system}.yml: tables.{self.table_name}.maps.{self.dataset}"

    def takes(self, dataset: str) -> Expression | None:
        """Which rows the table's map to ``dataset`` takes; None where it takes all."""
        text = self.table.maps[dataset].where
        if not text:
            return None
        where = f"{self.system.system}.yml: tables.{self.table_name}.maps.{dataset}.where"
        return read_expression(text, "flag", where)

    def origins(self, dataset: str, column: str, rule: ColumnMap) -> tuple[str, ...]:
        """The delivered columns that ``column``'s rule in the map to ``dataset`` reads."""
        where = f"{self.system.system}.yml: tables.{self.table_name}.maps.{dataset}.{column}"
        return _origin_columns(rule, where)


def cleaned(bronze: DataFrame, plan: MappedTable, *, only_state: bool = False) -> DataFrame:
    """Meta columns and every delivered column that ``plan`` reads: under the system's own name,
    trimmed, null where the system says that a value means nothing. With ``only_state``, only what
    decides whether a row is meant."""
    delivered = set(bronze.columns)
    wanted = dict.fromkeys(_state_columns(plan))
    if not only_state:
        wanted |= dict.fromkeys((*_mapped_columns(plan), *plan.table.key))
    if DELIVERY_ERROR in delivered:
        wanted[DELIVERY_ERROR] = None
    nulls = ", ".join(quote(value) for value in dict.fromkeys(("", *plan.system.nulls)))
    columns = []
    for name in wanted:
        source = _own_name(name, plan, delivered)
        if source is None:
            columns.append(f"cast(null as string) as {quoted_name(name)}")
        else:
            text = f"trim(both '{BLANKS}' from {source})"
            columns.append(
                f"case when {text} not in ({nulls}) then {text} end as {quoted_name(name)}"
            )
    meta = (*META, "_operation", "_landed_at")
    return bronze.selectExpr(*(quoted_name(name) for name in meta), *columns)


def is_repeated(plan: MappedTable) -> str:
    """Whether collect had to number a repeated key (``#2``): a key may itself end like that."""
    numbered = "regexp_like(_source_key, '#[0-9]+$')"
    if not plan.table.key:
        return numbered
    parts = ", ".join(f"coalesce({quoted_name(name)}, '')" for name in plan.table.key)
    return f"({numbered} and _source_key <> concat_ws('|', {parts}))"


def _state_columns(plan: MappedTable) -> tuple[str, ...]:
    """The system's columns that the table's ``where``s and its void mark read."""
    names: list[str] = []
    for dataset in plan.table.maps:
        taken = plan.takes(dataset)
        names += [name for name in (taken.columns if taken else ()) if name not in META]
    if plan.table.void:
        names.append(plan.table.void.column)
    return tuple(names)


def _mapped_columns(plan: MappedTable) -> tuple[str, ...]:
    """The system's columns that the map reads."""
    if plan.mapping is None:
        return ()
    return tuple(
        name
        for target, rule in plan.mapping.columns.items()
        for name in plan.origins(plan.dataset, target, rule)
        if name not in META
    )


def _origin_columns(rule: ColumnMap, where: str) -> tuple[str, ...]:
    if rule.source is not None:
        return (rule.source,)
    if rule.first is not None:
        return rule.first
    if rule.arithmetic is not None:
        return read_expression(rule.arithmetic, "number", where).columns
    if rule.string is not None:
        return read_expression(rule.string, "text", where).columns
    if rule.date_add is not None:
        return (rule.date_add.source,)
    if rule.aggregate is not None:
        return tuple(rule.aggregate.by.values())
    return ()


def _own_name(name: str, plan: MappedTable, delivered: set[str]) -> str | None:
    """The delivered column, or a CASE where institutions have renamed it; None when absent."""
    renamed: dict[str, list[str]] = defaultdict(list)
    for source in plan.sources:
        for own, systems in source.differs.columns.get(plan.table_name, {}).items():
            if systems == name and bronze_column(own) in delivered:
                renamed[bronze_column(own)].append(source.institution)
    landed = bronze_column(name)
    base = quoted_name(landed) if landed in delivered else None
    if not renamed:
        return base
    cases = " ".join(
        f"when _institution in ({', '.join(map(quote, sorted(institutions)))}) "
        f"then {quoted_name(own)}"
        for own, institutions in sorted(renamed.items())
    )
    return f"case {cases} else {base or 'cast(null as string)'} end"


def quoted_name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
