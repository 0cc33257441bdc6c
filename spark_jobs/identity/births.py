"""The children of one birth: never one person, and found again under their later names.

What a pair alone cannot tell: a row that fits two children joins neither through a third, and a
newborn's name leads to a later one only where there is no second child that it may mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from spark_jobs.identity.clusters import NOBODY, Edges, Ints, cluster
from spark_jobs.identity.model import LinkModel
from spark_jobs.identity.prepare import quoted

Flags = npt.NDArray[np.bool_]

LATER_NAME = "later_name"


@dataclass(frozen=True)
class NameKinds:
    """One a row. ``newborn``: 1 a newborn's name, 0 another, -1 none. ``is_one_of_several``: a
    newborn's name that says which child, or one of a birth in which another row's says so.
    ``sex``: 1, 2, or 0 where neither name nor row says it."""

    newborn: Ints
    is_one_of_several: Flags
    sex: Ints


def apart(connection: duckdb.DuckDBPyConnection, model: LinkModel, lists: str = "") -> Ints:
    """Row ids, two columns: children of one mother and day that are not surely one child.

    Their marks differ; or neither has one, and the birth is known to be of several or both stand
    in one list (``lists``: the columns of ``source`` that tell lists apart): a hospital that
    numbers its patients knows one child once. Two rows that one ID number holds together are left
    out. Reads ``person`` and ``pair``.
    """
    name, birth = model.first_of("chinese_name"), model.first_of("birth_date")
    if name is None or birth is None:
        return NOBODY
    listed = f"concat_ws(chr(31), {lists})" if lists else "null"
    found = connection.execute(
        f"""
        with reached as (select left_id as row_id from pair union select right_id from pair),
        marked as (
            select row_id, sound, born, child, which, several, {listed} as list,
                row_id in (from reached) as is_reached
            from ({_marked(name, birth)}) {"join source using (row_id)" if lists else ""}
            where child is not null or which is not null
        )
        select l.row_id as one, r.row_id as other
        from marked as l join marked as r using (sound, born)
        where l.row_id < r.row_id and (l.is_reached or r.is_reached)
            and (l.which <> r.which
                or (length(l.child) > 0 and length(r.child) > 0 and l.child <> r.child)
                or (l.child is not null and r.child is not null and l.which is null
                    and r.which is null and (l.several or coalesce(l.list = r.list, false))))
        except select left_id, right_id from pair where rule = 'id_number'
        """
    ).fetchnumpy()
    return np.column_stack([found["one"], found["other"]]).astype(np.int64)


def name_kinds(connection: duckdb.DuckDBPyConnection, model: LinkModel) -> NameKinds:
    """Of the rows of ``person``, by row_id; ``model`` compares later names."""
    name, birth = str(model.first_of("chinese_name")), model.first_of("birth_date")
    found = connection.execute(
        f"""
        select case when {quoted(name)} is null then -1 else cast(child is not null as int) end
                as newborn,
            child is not null and several as is_one_of_several,
            coalesce(try_cast({quoted(name + "_sex")} as int), 0) as sex
        from person join ({_marked(name, birth)}) using (row_id) order by row_id
        """
    ).fetchnumpy()
    return NameKinds(
        found["newborn"].astype(np.int64),
        found["is_one_of_several"].astype(bool),
        found["sex"].astype(np.int64),
    )


def join_later_names(
    found: Ints, identity: Ints, kinds: NameKinds, edges: Edges, kept_apart: Ints
) -> Ints:
    """Clusters ``found`` with newborns joined to their later names by ``edges``.

    Only a cluster with no other name than a newborn's, and not one of several, is joined; only to
    a cluster of no other sex; and only where it fits that one alone, and that one no second
    newborn.
    """
    clusters = int(found.max()) + 1 if len(found) else 0

    def holds(chosen: Flags) -> Flags:
        return np.bincount(found[chosen], minlength=clusters) > 0

    is_named, is_one_of_several = holds(kinds.newborn == 0), holds(kinds.is_one_of_several)
    is_boy, is_girl = holds(kinds.sex == 1), holds(kinds.sex == 2)
    one, other = found[edges.left], found[edges.right]
    child = np.where(kinds.newborn[edges.left] == 1, one, other)
    named = np.where(kinds.newborn[edges.left] == 1, other, one)
    meant = ~is_named[child] & (child != named)
    meant &= ~(is_boy[child] & is_girl[named]) & ~(is_girl[child] & is_boy[named])
    fits = np.unique(np.column_stack([child[meant], named[meant]]), axis=0)
    alone = (np.bincount(fits[:, 0], minlength=clusters)[child] == 1) & (
        np.bincount(fits[:, 1], minlength=clusters)[named] == 1
    )
    taken = meant & alone & ~is_one_of_several[child]
    sure = Edges(edges.left[taken], edges.right[taken], edges.weight[taken])
    return cluster(found, identity, sure, kept_apart)


def _marked(name: str, birth: str | None) -> str:
    """SQL: row_id, sound, born, child, which, and whether a mark on some name of the birth, of
    this sex or of none, says that there are several."""
    sound, child, which = (quoted(f"{name}_{part}") for part in ("sound", "child", "which"))
    born = quoted(birth) if birth else "null::date"
    return f"""
        select row_id, sound, born, child, which,
            child is not null and coalesce(
                bool_or(child = '' and which is not null) over birth
                or (child <> '2' and bool_or(child = '1' and which is not null) over birth)
                or (child <> '1' and bool_or(child = '2' and which is not null) over birth),
                false) as several
        from (
            select row_id, {sound} as sound, {born} as born, {child} as child, {which} as which
            from person
        )
        window birth as (partition by sound, born)
    """
