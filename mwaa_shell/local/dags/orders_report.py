"""A failing run, with a retried, a mapped, a skipped and a failing task."""

from datetime import datetime, timedelta

from airflow import DAG

try:
    from airflow.sdk.exceptions import AirflowSkipException
except ImportError:
    from airflow.exceptions import AirflowSkipException
try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.python import PythonOperator
except ImportError:
    try:
        from airflow.operators.bash import BashOperator
        from airflow.operators.python import PythonOperator
    except ImportError:
        from airflow.operators.bash_operator import BashOperator
        from airflow.operators.python_operator import PythonOperator

OWNER = {"owner": "analytics"}
try:
    dag = DAG("orders_report", start_date=datetime(2024, 1, 1), schedule=None, catchup=False, default_args=OWNER)
except Exception:  # before 2.4 the argument has another name
    dag = DAG(
        "orders_report", start_date=datetime(2024, 1, 1), schedule_interval=None, catchup=False, default_args=OWNER
    )


def skip_archive():
    print("there is nothing to archive")
    raise AirflowSkipException("no old orders")


def compare_totals():
    orders, invoices = 128, 131
    print(f"{orders} orders, {invoices} invoices")
    if orders != invoices:
        raise ValueError(f"{invoices - orders} invoices have no order")


with dag:
    read = BashOperator(
        task_id="read_orders",
        bash_command="{{ 'echo the table is locked; exit 1' if ti.try_number < 2 else 'echo 128 orders' }}",
        retries=1,
        retry_delay=timedelta(seconds=1),
    )
    if hasattr(BashOperator, "partial"):
        load = BashOperator.partial(task_id="load_region").expand(bash_command=["echo north", "echo south"])
    else:
        load = BashOperator(task_id="load_region", bash_command="echo north; echo south")
    totals = PythonOperator(task_id="compare_totals", python_callable=compare_totals)
    read >> load >> totals >> BashOperator(task_id="send_report", bash_command="echo sent")
    read >> PythonOperator(task_id="archive_orders", python_callable=skip_archive)
