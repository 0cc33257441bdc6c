"""An indicator's declaration compiled to SQL: once, for ``rpt_indicator`` and explain.

What is compiled is the *rows behind* a side (numerator or denominator): one row for each thing
that counts, for each organisation in whose area it counts and each month. ``rpt_indicator`` counts
them, ``explain`` lists them, so that the two cannot differ in what they mean (law 7).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from standards.indicators import Indicator, Side


def rows_behind(
    one: Indicator,
    side: Side,
    *,
    relation: Callable[[str], str] = str,
    facts: bool = False,
) -> str:
    """``level, organisation_code, period_month, counted`` of one side, one row a row behind it.

    ``relation`` names a mart (dbt's ref, or the mart's own name in the published file); ``facts``
    adds the mart's own columns.
    """
    is_made_for_organisations = one.area == "organisation"
    area = "m" if is_made_for_organisations else "a"
    columns = [f"{area}.level", f"{area}.organisation_code", "p.period_month"]
    columns.append(f"m.{side.column} as counted")
    joins = []
    if "r." in side.where:
        joins.append(f"left join {relation('dim_resident')} as r on m.resident_id = r.resident_id")
    joins.append(f"inner join {relation('dim_month')} as p on {side.where}")
    if not is_made_for_organisations:
        joins.append(
            f"inner join {relation('dim_organisation_scope')} as a"
            " on m.institution_code = a.institution_code"
        )
    if facts:
        made_for = " exclude (level, organisation_code, period_month)"
        columns.append(f"m.*{made_for if is_made_for_organisations else ''}")
        if "r." in side.where:
            columns.append("r.birth_date")
    return "\n".join([f"select {', '.join(columns)}", f"from {relation(side.mart)} as m", *joins])


def counting(side: Side) -> str:
    """The aggregate over ``counted``."""
    return "sum(counted)" if side.is_sum else "count(distinct counted)"


def for_dbt(one: Indicator) -> dict[str, Any]:
    """What the models ``rpt_indicator`` and ``dim_indicator`` need, as dbt vars.

    The SQL names marts as ``<mart>``, which the model replaces by dbt's refs.
    """

    def side(declared: Side) -> dict[str, Any]:
        sql = rows_behind(one, declared, relation=lambda name: f"<{name}>")
        return {
            "sql": sql,
            "marts": sorted(set(re.findall(r"<([a-z_]+)>", sql))),
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
