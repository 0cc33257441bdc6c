"""Which rows break which rule: the slips of registrars; planting follows."""

import pyarrow as pa


def plant_errors(scene, tables, rate):
    s = pa.schema([(n, pa.string()) for n in ("event_id", "dataset", "column", "kind", "rule")])
    return tables, pa.concat_tables(scene.log.parts) if scene.log.parts else s.empty_table()
