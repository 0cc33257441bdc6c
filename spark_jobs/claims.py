"""Which dataset a delivered row is for, so that every row ends somewhere (law 2).

A table's maps each take rows (``where``; a null ``where`` takes none). A row may be taken by
several maps and then is a record of each. What no map takes is claimed by the first of them, whose
quarantine keeps it; what could not be decoded is claimed by ``exchange_message`` alone. So each row
is claimed at least once, and the claims can be counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from collectors.registry import System
from expectations.compile_spark import UNIT, masked, plain, quote
from spark_jobs.delivered import DELIVERY_ERROR, META, MappedTable, quoted_name
from standards.catalogue import load_catalogue

SPLITTING = frozenset({"hl7", "json", "xml"})
"""Kinds whose parts may be undecodable; those go to ``exchange_message``'s quarantine."""
UNDECODED = "exchange_message"


def takers(plan: MappedTable) -> tuple[str, ...]:
    """The datasets that may claim rows of the table, in the order of its maps."""
    return takers_of(plan.system, plan.table_name)


def takers_of(system: System, table_name: str) -> tuple[str, ...]:
    """The same for a table of ``system``; none where it has no such table."""
    names = tuple(system.tables[table_name].maps) if table_name in system.tables else ()
    if system.kind in SPLITTING and UNDECODED not in names:
        return (*names, UNDECODED)
    return names


def state_expression(plan: MappedTable, columns: Sequence[str]) -> str:
    """What a bronze row means to the dataset, over cleaned ``columns``: ``in``; ``unclaimed``,
    taken by no map; ``void``; ``deleted`` (whatever it was); ``elsewhere``, claimed by others only.
    """
    cases = [
        "when _operation = 'delete' then 'deleted'",
        f"when not {_claims(plan, plan.dataset, columns)} then 'elsewhere'",
    ]
    if DELIVERY_ERROR in columns:
        cases.append(f"when `{DELIVERY_ERROR}` is not null then 'in'")
    if plan.table.void:
        values = ", ".join(quote(value) for value in plan.table.void.values)
        cases.append(f"when {quoted_name(plan.table.void.column)} in ({values}) then 'void'")
    if is_first(plan, plan.dataset):
        cases.append(f"when not {_any_takes(plan)} then 'unclaimed'")
    return f"case {' '.join(cases)} else 'in' end"


def claimed_before(plan: MappedTable, columns: Sequence[str]) -> str:
    """Whether another dataset, one before the plan's in the order of the maps, claims the row: of
    all the claims to a row just one is the first."""
    names = takers(plan)
    before = [_claims(plan, name, columns) for name in names[: names.index(plan.dataset)]]
    return f"(_operation <> 'delete' and ({' or '.join(before)}))" if before else "false"


def unclaimed_text(plan: MappedTable, state: str) -> str:
    """What a finding shows of a row that no map takes, over cleaned columns: the values that the
    ``where``s look at, and what is known of such rows, coded as a failed rule's value and note.
    Null where the row is claimed."""
    if not is_first(plan, plan.dataset) or _any_takes(plan) == "true":
        return "cast(null as string)"
    wheres = [taken.columns for name in plan.table.maps if (taken := plan.takes(name))]
    names = dict.fromkeys(name for columns in wheres for name in columns if name not in META)
    direct = _direct_columns(plan)
    shown = [f"concat({quote(name + '=')}, {_shown(name, name in direct)})" for name in names]
    value = f"concat_ws(', ', {', '.join(shown)})" if shown else "''"
    text = f"concat({value}, {quote(UNIT + _note(plan))})"
    return f"case when ({state}) = 'unclaimed' then {text} end"


def _note(plan: MappedTable) -> str:
    if plan.table.unclaimed:
        return f"系统文件说明这些行是:{plan.table.unclaimed}"
    wheres = "; ".join(
        f"{name}: {mapping.where}" for name, mapping in plan.table.maps.items() if mapping.where
    )
    return f"{plan.feed} 的条件有 {wheres}"


def _shown(name: str, is_direct: bool) -> str:
    text = plain(f"coalesce({quoted_name(name)}, '空')")
    return masked(text) if is_direct else text


def _direct_columns(plan: MappedTable) -> set[str]:
    """Delivered columns from which a direct identifier is made."""
    catalogue = load_catalogue()
    return {
        origin
        for dataset, mapping in plan.table.maps.items()
        for column, rule in mapping.columns.items()
        if catalogue.dataset(dataset).column(column).sensitivity == "direct"
        for origin in plan.origins(dataset, column, rule)
    }


def _claims(plan: MappedTable, dataset: str, columns: Sequence[str]) -> str:
    taken = _takes(plan, dataset)
    if is_first(plan, dataset):
        taken = f"({taken} or not {_any_takes(plan)})"
    if DELIVERY_ERROR not in columns:
        return taken
    undecoded = "true" if dataset == UNDECODED else "false"
    return f"(case when `{DELIVERY_ERROR}` is not null then {undecoded} else {taken} end)"


def _takes(plan: MappedTable, dataset: str) -> str:
    if dataset not in plan.table.maps:
        return "false"
    taken = plan.takes(dataset)
    return f"coalesce({taken.sql}, false)" if taken else "true"


def _any_takes(plan: MappedTable) -> str:
    each = [_takes(plan, dataset) for dataset in plan.table.maps]
    return "true" if "true" in each else f"({' or '.join(each)})"


def is_first(plan: MappedTable, dataset: str) -> bool:
    """Whether what nobody else claims is ``dataset``'s to count."""
    return dataset == next(iter(plan.table.maps), None)
