"""Three tasks in a row, every day, of another owner."""

from datetime import datetime

from airflow import DAG

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    try:
        from airflow.operators.bash import BashOperator
    except ImportError:
        from airflow.operators.bash_operator import BashOperator

OWNER = {"owner": "analytics"}
try:
    dag = DAG("sales_daily", start_date=datetime(2024, 1, 1), schedule="@daily", catchup=False, default_args=OWNER)
except Exception:  # before 2.4 the argument has another name
    dag = DAG(
        "sales_daily", start_date=datetime(2024, 1, 1), schedule_interval="@daily", catchup=False, default_args=OWNER
    )

with dag:
    extract = BashOperator(task_id="extract", bash_command="echo rows")
    transform = BashOperator(task_id="transform", bash_command="echo sums")
    load = BashOperator(task_id="load", bash_command="echo done")
    extract >> transform >> load
