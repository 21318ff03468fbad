"""Translation: commands in the words of one Airflow, in those of another. Pure."""
