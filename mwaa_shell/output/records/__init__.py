"""What a reply holds: its records and its data, in whatever format Airflow printed them."""
