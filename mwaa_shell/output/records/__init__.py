"""The records and the data of an output, in whatever format Airflow printed them."""

from mwaa_shell.output.records.reader import (
    LIMIT,
    Records,
    Row,
    find_in_bytes,
    find_records,
    is_export,
    read_lines,
    read_rows,
)
from mwaa_shell.output.records.structured import data_only

__all__ = [
    "LIMIT",
    "Records",
    "Row",
    "data_only",
    "find_in_bytes",
    "find_records",
    "is_export",
    "read_lines",
    "read_rows",
]
