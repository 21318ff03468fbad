"""The display of a Result: its records, tables, colors and destination."""
