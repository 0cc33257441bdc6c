"""The children of one birth: never one person, and found again under their later names.

What a pair alone cannot tell: a row that fits two children joins neither through a third, and a
newborn's name leads to a later one only where there is no second child that it may mean.
"""

from __future__ import annotations

import duckdb
import numpy as np

from spark_jobs.identity.clusters import NOBODY, Edges, Ints, cluster
from spark_jobs.identity.model import LinkModel
from spark_jobs.identity.prepare import quoted

LATER_NAME = "later_name"


def apart(connection: duckdb.DuckDBPyConnection, model: LinkModel, lists: str = "") -> Ints:
    """Row ids, two columns: children of one mother and day that are not one child.

    Their marks differ, or neither has one and both stand in one list (``lists``: the columns of
    ``source`` that tell lists apart): a hospital that numbers its patients knows one child once.
    Two rows that one ID number holds together are left out. Reads ``person`` and ``pair``.
    """
    name, birth = model.first_of("chinese_name"), model.first_of("birth_date")
    if name is None or birth is None:
        return NOBODY
    sound, child, which = (quoted(f"{name}_{part}") for part in ("sound", "child", "which"))
    one_list = (
        f"l.{child} is not null and r.{child} is not null and l.{which} is null "
        f"and r.{which} is null and l.list = r.list"
    )
    listed = f"concat_ws(chr(31), {lists})" if lists else "null"
    found = connection.execute(
        f"""
        with reached as (select left_id as row_id from pair union select right_id from pair),
        marked as (
            select person.row_id, person.{sound}, person.{quoted(birth)} as born, person.{child},
                person.{which}, {listed} as list, row_id in (from reached) as is_reached
            from person {"join source using (row_id)" if lists else ""}
            where person.{child} is not null or person.{which} is not null
        )
        select l.row_id as one, r.row_id as other
        from marked as l join marked as r using ({sound}, born)
        where l.row_id < r.row_id and (l.is_reached or r.is_reached)
            and (l.{which} <> r.{which} or ({one_list})
                or (length(l.{child}) > 0 and length(r.{child}) > 0 and l.{child} <> r.{child}))
        except select left_id, right_id from pair where rule = 'id_number'
        """
    ).fetchnumpy()
    return np.column_stack([found["one"], found["other"]]).astype(np.int64)


def join_later_names(
    found: Ints, identity: Ints, newborn: Ints, numbered: Ints, edges: Edges, kept_apart: Ints
) -> Ints:
    """Clusters ``found`` with newborns joined to their later names by ``edges``.

    ``newborn`` (one a row): 1 a newborn's name, 0 another, -1 none; ``numbered``: 1 where the
    name says which child of several. Only a cluster with no other name than a newborn's, without
    a mark, is joined, and only where it fits one named cluster and that one no second newborn.
    """
    clusters = int(found.max()) + 1 if len(found) else 0
    is_named = np.bincount(found[newborn == 0], minlength=clusters) > 0
    is_one_of_several = np.bincount(found[numbered == 1], minlength=clusters) > 0
    one, other = found[edges.left], found[edges.right]
    child = np.where(newborn[edges.left] == 1, one, other)
    named = np.where(newborn[edges.left] == 1, other, one)
    meant = ~is_named[child] & (child != named)
    fits = np.unique(np.column_stack([child[meant], named[meant]]), axis=0)
    alone = (np.bincount(fits[:, 0], minlength=clusters)[child] == 1) & (
        np.bincount(fits[:, 1], minlength=clusters)[named] == 1
    )
    taken = meant & alone & ~is_one_of_several[child]
    sure = Edges(edges.left[taken], edges.right[taken], edges.weight[taken])
    return cluster(found, identity, sure, kept_apart)
