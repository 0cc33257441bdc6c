"""Silver's columns for Spark, and thereby Delta's: the typing rule of the lake, said once.

S1 S2 S3 and T are text (a code is text, "01" is not 1); N is ``bigint`` without decimals and
``decimal(18,4)`` with; D a date; DT an instant; L a boolean. Trino and DuckDB read the same.
"""

from __future__ import annotations

from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from standards.catalogue import Column, Dataset

META_COLUMNS = ("_institution", "_feed", "_source_key", "_batch_id", "_row_hash")
"""What every silver row carries beside its catalogue columns."""


def silver_schema(dataset: Dataset) -> StructType:
    """Meta columns, ``resident_id`` where a person is meant, then the catalogue's columns."""
    names = [*META_COLUMNS, *(["resident_id"] if dataset.person else [])]
    fields = [StructField(name, StringType()) for name in names]
    fields += [StructField(column.name, silver_type(column)) for column in dataset.columns]
    return StructType(fields)


def silver_type(column: Column) -> DataType:
    """The Spark type of one column in silver."""
    match column.type:
        case "N":
            return DecimalType(18, 4) if column.format.decimals else LongType()
        case "D":
            return DateType()
        case "DT":
            return TimestampType()
        case "L":
            return BooleanType()
        case _:
            return StringType()
