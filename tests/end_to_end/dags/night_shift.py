"""Five airflow tasks that take a while: two side by side, then three in a row. No schedule; the conf of a run decides.

``{"seconds": 5}`` is how long each task takes (2), ``{"fail": true}`` lets the fourth fail: the fifth then never runs.
"""
# mypy: ignore-errors
# It is read by another Python, beside an Airflow.

from datetime import datetime

from airflow import DAG

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:
    try:
        from airflow.operators.bash import BashOperator
    except ImportError:
        from airflow.operators.bash_operator import BashOperator

WAIT = "sleep {{ (dag_run.conf or {}).get('seconds', 2) }}"
FAIL = "{{ 'echo no sum fits; exit 3' if (dag_run.conf or {}).get('fail') else 'echo all fits' }}"
OWNER = {"owner": "night"}
try:
    dag = DAG("night_shift", start_date=datetime(2024, 1, 1), schedule=None, catchup=False, default_args=OWNER)
except Exception:  # before 2.4 the argument has another name
    dag = DAG("night_shift", start_date=datetime(2024, 1, 1), schedule_interval=None, catchup=False, default_args=OWNER)

with dag:
    orders = BashOperator(task_id="read_orders", bash_command=WAIT)
    stock = BashOperator(task_id="read_stock", bash_command=WAIT)
    join = BashOperator(task_id="join", bash_command=WAIT)
    check = BashOperator(task_id="check", bash_command=WAIT + " && " + FAIL)
    [orders, stock] >> join >> check >> BashOperator(task_id="publish", bash_command=WAIT)
