"""The private MWAA: provisions a real Airflow on this machine and serves the AWS API and the CLI endpoint before it."""
