"""The Airflow CLI as knowledge: pure functions from values to values."""
