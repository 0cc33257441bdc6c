"""Evidence: pairs of rows that may be one person, scored by Splink on DuckDB.

A pair's evidence is a function of its two rows alone (stated parameters, no term frequencies, no
training), so it does not matter in which batch either row came.
"""

from __future__ import annotations

import logging

import duckdb
from splink import DuckDBAPI, Linker

from spark_jobs.identity.compare import blocking_rules, level_names_sql, splink_comparison
from spark_jobs.identity.model import LinkModel
from spark_jobs.identity.prepare import quoted

# A missing name is evidence here, so that comparison has no null level; Splink would warn of it.
logging.getLogger("splink.internals.settings").setLevel(logging.ERROR)

ID_LEVELS = ("same_own", "same_named", "same_body")
"""Levels of an ID number comparison that make the number the reason for a link."""


def score(
    connection: duckdb.DuckDBPyConnection,
    person: str,
    model: LinkModel,
    target: str = "pair",
    *,
    only_new: bool = False,
) -> None:
    """Make table ``target`` from the prepared table ``person`` (with ``is_new`` if ``only_new``).

    Columns of ``target``: ``left_id < right_id`` (row ids), ``weight`` (bits: log2 of the odds
    that both are one person), ``probability``, ``rule`` (``id_number`` or ``similarity``) and for
    each comparison the level reached, under its name. Pairs more likely two people than one are
    left out.
    """
    api = DuckDBAPI(connection)
    settings = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "row_id",
        "probability_two_random_records_match": model.prior,
        "comparisons": [splink_comparison(name, c) for name, c in model.comparisons.items()],
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": rule} for rule in blocking_rules(model, only_new=only_new)
        ],
        "retain_matching_columns": True,
    }
    linker = Linker(api.register(person), settings, log_level=None, validate_settings=False)
    scored = linker.inference.predict(threshold_match_weight=0.0, warning_mode="never")
    names = ", ".join(
        f"{level_names_sql(name, comparison)} as {quoted(name)}"
        for name, comparison in model.comparisons.items()
    )
    identifier = model.identifier()
    by_number = (
        f"case when {quoted(identifier)} in {ID_LEVELS} then 'id_number' else 'similarity' end"
        if identifier
        else "'similarity'"
    )
    connection.execute(
        f"""
        create or replace temp table {target} as
        with named as (
            select least(row_id_l, row_id_r) as left_id, greatest(row_id_l, row_id_r) as right_id,
                match_weight as weight, match_probability as probability, {names}
            from {scored.physical_name}
        )
        select *, {by_number} as rule from named
        """
    )
    scored.drop_table_from_database_and_remove_from_cache()
