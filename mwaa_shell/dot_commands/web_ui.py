"""The dot-command that opens Airflow's own pages in the browser of this machine."""

from __future__ import annotations

import os
import re
import sys
import time
import webbrowser
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from mwaa_shell import monitor
from mwaa_shell.airflow.versions import Version
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group
from mwaa_shell.dot_commands.run_reader import read_run
from mwaa_shell.errors import NothingRan, PermissionMissing, State, UsageError
from mwaa_shell.output import lend_terminal
from mwaa_shell.result import Result
from mwaa_shell.session import Session, require_environment_info

if TYPE_CHECKING:
    from argparse import Namespace

    from mwaa_shell.mwaa import WebLogin

#: Seconds that the page of the login gets before the next link is opened, which requires its cookie.
LOGIN = 4.0
NO_PAGES = "A local environment has no web pages of Airflow. Its links only say so."
NO_BROWSER = "No browser opens from here. .open --print adds a login link for 60 seconds."
#: The first Airflow with the grid of runs and tasks.
GRID_SINCE = Version(2, 3, 0)
#: The execution date in a run ID that Airflow made.
RUN_DATE = re.compile(r"__(\d{4}-\d\d-\d\dT[\d:.]+(?:\+\d\d:\d\d|Z)?)\Z")


def open_page(call: DotCommandCall, given: Namespace) -> Result:
    """Open the login and then a page in the browser; return its link without a token."""
    session = call.session
    _refuse(given)
    if given.print and call.context.destination is not None and call.context.destination.operator != "|":
        raise UsageError(".open --print writes no login link to a file", hint="Print it, or use |.")
    require_environment_info(session)
    page = _page(call, given)
    remark = NO_PAGES if session.connection.target.access.account else ""
    if given.print:
        login = _login(session)
        links = dict.fromkeys((login.url, f"https://{login.host}{page}") if page else (login.url,))
        return Result(stdout=_lines(*links), remark=remark, secret=True, paged=False)
    if not has_browser(os.environ):
        host = session.connection.web_server or _login(session).host
        return Result(stdout=_lines(f"https://{host}{page}"), remark=remark or NO_BROWSER)
    return _open(session, page)._replace(remark=remark)


def page_of(version: Version, dag: str, run: str = "", task: str = "", map_index: int | None = None) -> str:
    """Return the path of the page of a DAG, of its run or of a task in this run.

    Read in the views of Airflow 1.10.12, 2.4.3 and 2.10.3, and in the routes of 3.3.1. Pages before ``GRID_SINCE`` name
    a run by its execution date. Without one, the path is that of the DAG.
    """
    if version.major >= 3:
        parts = ["dags", dag, *(("runs", run) if run else ()), *(("tasks", task) if task else ())]
        parts += ["mapped", str(map_index)] if map_index is not None else []
        return "".join(f"/{quote(part, safe='')}" for part in parts)
    if version >= GRID_SINCE:
        query = {"dag_run_id": run, "task_id": task, "map_index": map_index, "tab": "logs" if task else ""}
        return f"/dags/{quote(dag, safe='')}/grid{_query(query)}"
    found = RUN_DATE.search(run)
    date = found[1] if found else ""
    if task and date:
        return f"/log{_query({'dag_id': dag, 'task_id': task, 'execution_date': date})}"
    return f"/graph{_query({'dag_id': dag, 'execution_date': date})}"


def _query(values: Mapping[str, object]) -> str:
    given = {name: value for name, value in values.items() if value not in (None, "")}
    return f"?{urlencode(given, quote_via=quote, safe='')}" if given else ""


def has_browser(environ: Mapping[str, str]) -> bool:
    """Return whether a browser can start that the user sees.

    Over SSH, only ``BROWSER`` names one.
    """
    if not environ.get("BROWSER"):
        if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
            return False
        if sys.platform == "linux" and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
            return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _refuse(given: Namespace) -> None:
    if given.map is not None and not given.task:
        raise UsageError("--map requires a task", hint="Write .open DAG RUN TASK --map INDEX.")


def _page(call: DotCommandCall, given: Namespace) -> str:
    """Return the path of the page; empty for the start page, which a login leads to."""
    if not given.dag:
        return ""
    version = call.session.connection.version
    if version is None:
        raise UsageError("The Airflow version is unknown", hint="Pass --airflow-version.")
    run = read_run(call, given.dag, given.run).run.run_id if given.run == monitor.LATEST else given.run
    return page_of(version, given.dag, run, given.task, given.map)


def _login(session: Session) -> WebLogin:
    connection = session.connection
    return session.wait_for(
        "creating a web login token",
        connection.target.access.timeout,
        lambda: connection.api.web_login(connection.target.name),
    )


def _open(session: Session, page: str) -> Result:
    try:
        login = _login(session)
    except PermissionMissing as error:
        host = session.connection.web_server
        if not host:
            raise
        session.ui.note(f"{error.action} is not permitted, so the page opens without a login")
        _start_browser(link := f"https://{host}{page}", link)
        return Result(stdout=_lines(link))
    link = f"https://{login.host}{page}"
    _start_browser(login.url, link)
    if page:
        session.wait_for("logging in", LOGIN + 1, lambda: time.sleep(LOGIN))
        _start_browser(link, link)
    return Result(stdout=_lines(link))


def _start_browser(url: str, link: str) -> None:
    """Open a URL; raise ``NothingRan`` with the link if no browser starts."""
    with lend_terminal():
        started = webbrowser.open(url)
    if not started:
        raise NothingRan("The browser did not start", hint=f"Open {link}", state=State.NONE)


def _lines(*links: str) -> bytes:
    return "".join(f"{link}\n" for link in links).encode()


DOT_COMMANDS = (
    DotCommand(
        ".open",
        Group.RUNS,
        "[DAG [RUN [TASK]]] [--map INDEX] [--print]",
        "open Airflow's web pages, logged in",
        open_page,
        (
            Argument("[DAG]", "open the grid of DAG", ArgumentKind.DAG),
            Argument("[RUN]", "run ID, or latest", ArgumentKind.RUN),
            Argument("[TASK]", "open the log of TASK", ArgumentKind.TASK),
            Argument("--map INDEX", "map index of a mapped task", ArgumentKind.MAP_INDEX, type=int),
            Argument("--print", "print the link of the login, too"),
        ),
        lambda plan, given: _refuse(given),
        details="Open Airflow in the browser of this machine and log in there, and print the link of the page.",
        examples=(".open", ".open sales_daily latest load"),
        see=(".follow",),
    ),
)
