"""What an output holds: its records and its data, in whatever format Airflow printed them."""

from mwaa_shell.output.records.reader import LIMIT, Records, Row, find, find_in, is_export, read_lines, read_rows
from mwaa_shell.output.records.structured import data_only

__all__ = ["LIMIT", "Records", "Row", "data_only", "find", "find_in", "is_export", "read_lines", "read_rows"]
