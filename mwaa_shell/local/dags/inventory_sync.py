"""Two parallel tasks and a task after them, every hour."""

from datetime import datetime

from airflow import DAG

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    try:
        from airflow.operators.bash import BashOperator
    except ImportError:
        from airflow.operators.bash_operator import BashOperator

OWNER = {"owner": "warehouse"}
try:
    dag = DAG("inventory_sync", start_date=datetime(2024, 1, 1), schedule="@hourly", catchup=False, default_args=OWNER)
except Exception:  # before 2.4 the argument has another name
    dag = DAG(
        "inventory_sync",
        start_date=datetime(2024, 1, 1),
        schedule_interval="@hourly",
        catchup=False,
        default_args=OWNER,
    )

with dag:
    stock = BashOperator(task_id="read_stock", bash_command="echo stock")
    orders = BashOperator(task_id="read_orders", bash_command="echo orders")
    [stock, orders] >> BashOperator(task_id="compare", bash_command="echo same")
