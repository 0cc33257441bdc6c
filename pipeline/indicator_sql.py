"""An indicator's declaration compiled to SQL: once, for the mart ``rpt_indicator`` and for explain.

What is compiled is the *rows behind* a side (numerator or denominator): one row for each thing
that counts, for each organisation in whose area it counts and each month. ``rpt_indicator`` counts
them, ``explain`` lists them, so that the two cannot differ in what they mean (law 7).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from standards.indicators import Indicator, Side


def rows_behind(one: Indicator, side: Side, relation: Callable[[str], str] = str) -> str:
    """``level, organisation_code, period_month, counted, facts…`` of one side.

    ``relation`` names a mart (dbt's ref, or the mart's own name in the published file).
    """
    area = "m" if one.area == "organisation" else "a"
    scope = (
        ""
        if one.area == "organisation"
        else f"\ninner join {relation('dim_organisation_scope')} as a"
        "\n    on m.institution_code = a.institution_code"
    )
    resident = (
        f"\nleft join {relation('dim_resident')} as r on m.resident_id = r.resident_id"
        if "r." in side.where
        else ""
    )
    return (
        f"select {area}.level, {area}.organisation_code, p.period_month,"
        f" m.{side.column} as counted, m.*"
        f"\nfrom {relation(side.mart)} as m{resident}"
        f"\ninner join {relation('dim_month')} as p"
        f"\n    on {side.where}{scope}"
    )


def counting(side: Side) -> str:
    """The aggregate over ``counted``."""
    return "sum(counted)" if side.is_sum else "count(distinct counted)"


def for_dbt(one: Indicator) -> dict[str, Any]:
    """What the models ``rpt_indicator`` and ``dim_indicator`` need, as dbt vars.

    The SQL names marts as ``<mart>``, which the model replaces by dbt's refs.
    """

    def side(declared: Side) -> dict[str, Any]:
        marts = {declared.mart, "dim_month", "dim_organisation_scope", "dim_resident"}
        return {
            "sql": rows_behind(one, declared, lambda name: f"<{name}>"),
            "marts": sorted(marts),
            "counting": counting(declared),
        }

    return {
        "id": one.id,
        "name_zh": one.name_zh,
        "definition": one.definition,
        "formula": one.formula(),
        "direction": one.direction,
        "target": one.target,
        "source": one.source,
        "numerator": side(one.numerator),
        "denominator": side(one.denominator),
    }
