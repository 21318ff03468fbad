"""Airflow's REST API as MWAA's ``InvokeRestApi`` offers it: since when, which paths, and how its lists are paged. Pure.

Paths lack ``/api/v1`` (Airflow 2) and ``/api/v2`` (Airflow 3): MWAA adds the right one.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from mwaa_shell.airflow.versions import Version

#: The first Airflow whose REST API MWAA offers, as its user guide says.
REST_SINCE = Version(2, 4, 3)
#: Objects on one page: Airflow's own limit, unless it is configured otherwise.
PAGE_SIZE = 100
FIRST_PAGE: Mapping[str, object] = {"limit": PAGE_SIZE, "offset": 0}


def dag_path(dag: str) -> str:
    """Return the path of a DAG, percent-encoded."""
    return f"/dags/{quote(dag, safe='')}"


def run_path(dag: str, run_id: str) -> str:
    """Return the path of a DAG run, percent-encoded."""
    return f"{dag_path(dag)}/dagRuns/{quote(run_id, safe='')}"


def newest_runs_first(version: Version) -> str:
    """Return the ``order_by`` of a list of DAG runs. In Airflow 3 a run may lack a logical date."""
    return "-run_after" if version.major >= 3 else "-execution_date"


def rows_in(reply: object, path: str, member: str) -> list[object]:
    """Return the objects that a page lists; raise ``ValueError`` if the reply has another form."""
    rows = reply.get(member) if isinstance(reply, dict) else None
    if not isinstance(rows, list):
        raise ValueError(f"the reply to GET {path} holds no {member}")
    return rows


def next_page(query: Mapping[str, object], rows: int, reply: object) -> Mapping[str, object] | None:
    """Return the query for the page after a reply with so many objects, ``None`` after the last page.

    The server decides how many objects a page has, whatever limit was requested.
    """
    offset = query.get("offset")
    total = reply.get("total_entries") if isinstance(reply, dict) else None
    if not isinstance(offset, int) or not isinstance(total, int) or rows == 0 or offset + rows >= total:
        return None
    return {**query, "offset": offset + rows}
