"""The interactive shell for the Apache Airflow CLI on Amazon MWAA.

Only the version lives here, as a literal, so that ``mwaa-shell --version`` imports nothing else.
"""

__version__ = "0.1.0"
