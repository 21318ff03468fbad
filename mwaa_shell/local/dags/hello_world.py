"""One task and no schedule: the DAG to trigger first."""

from datetime import datetime

from airflow import DAG

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    try:
        from airflow.operators.bash import BashOperator
    except ImportError:
        from airflow.operators.bash_operator import BashOperator

OWNER = {"owner": "airflow"}
try:
    dag = DAG("hello_world", start_date=datetime(2024, 1, 1), schedule=None, catchup=False, default_args=OWNER)
except Exception:  # before 2.4 the argument has another name
    dag = DAG("hello_world", start_date=datetime(2024, 1, 1), schedule_interval=None, catchup=False, default_args=OWNER)

with dag:
    BashOperator(task_id="say_hello", bash_command="echo hello")
