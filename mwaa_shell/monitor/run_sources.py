"""Who tells of a run: Airflow's REST API, or its CLI. Each gives a snapshot; how to ask is handed in.

REST is asked first where the environment's version has it: it needs none of the few CLI slots of a web server, answers
in a fraction of the time, and knows tries and mapped tasks. Through the CLI two commands tell the same: ``tasks
states-for-dag-run`` of the tasks, ``dags list-runs`` of the run. The second one lists all runs, so it is asked only
when it can tell something: at the beginning, while nothing has begun, and when all tasks are over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import quote as percent

from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import ParsedLine, output_format, parse, quote
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.validation import validate
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError
from mwaa_shell.monitor.runs import FINISHED, OVER, Run, Snapshot, Task, newest, run_of, task_of
from mwaa_shell.output.records import Row, read_rows
from mwaa_shell.result import Outcome, Result

#: The first version whose REST API MWAA offers.
REST_SINCE = Version(2, 4, 3)
#: Tasks on one page of REST: what Airflow gives at most unless it is configured otherwise; and pages at most.
PAGE, PAGES = 100, 100
#: Looks after which the CLI is asked for the run itself, whatever its tasks look like.
AT_LEAST_EVERY = 10
#: What to do about a reply that has never been seen.
REPORT = "please report it, with the log of --debug"
#: The word for the newest run.
LATEST = "latest"

#: One GET: the path without ``/api/v1``, and its query.
Get = Callable[[str, Mapping[str, object]], object]
#: Sends one command.
Send = Callable[[ParsedLine], Result]

RUNS = ("dags list-runs {dag} -o json", "dags list-runs -d {dag} -o json", "list_dag_runs {dag}")
TASKS = ("tasks states-for-dag-run {dag} {run} -o json",)
#: What tells whether a DAG is paused; the first one reads the database only.
PAUSED = ("dags details {dag} -o json", "dags list -o json")


class NotThere(ShellError):
    """There is no such run."""


class Failed(ShellError):
    """The command ran, and failed."""


class Source(Protocol):
    """Who tells."""

    name: str  #: as the picture says it

    def ask(self) -> Snapshot:
        """How it stands now. Raises ``NotThere``, or another ``ShellError`` where nothing was told."""


class Rest:
    """Over ``InvokeRestApi``."""

    name = "REST"

    def __init__(self, get: Get, version: Version, dag: str, run: str, where: str = "") -> None:
        """``where`` is the environment's name, for what is said."""
        self._ask_for = get
        self._where = where or "the environment"
        self._path = f"/dags/{percent(dag, safe='')}"
        self._dag, self._run = dag, run
        self._order = "-run_after" if version.major >= 3 else "-execution_date"
        self._paused: bool | None = None

    def ask(self) -> Snapshot:
        run = self._ask_run()
        self._run = run.run_id  # the newest one stays the one, whatever comes after it
        tasks = tuple(task_of(row) for row in self._tasks(run.run_id))
        if _waits(run, tasks) or self._paused:
            self._paused = str(self._get(self._path, {}).get("is_paused")) == "True"
        return Snapshot(run, tasks, _about_waiting(run, paused=self._paused))

    def _ask_run(self) -> Run:
        if self._run != LATEST:
            return run_of(self._get(f"{self._path}/dagRuns/{percent(self._run, safe='')}", {}), self._dag)
        newest_first = {"limit": 1, "order_by": self._order}
        found = self._list(self._get(f"{self._path}/dagRuns", newest_first), "dag_runs")
        if not found:
            raise no_runs(self._dag)
        return run_of(found[0], self._dag)

    def _tasks(self, run_id: str) -> list[Mapping[str, object]]:
        path = f"{self._path}/dagRuns/{percent(run_id, safe='')}/taskInstances"
        rows: list[Mapping[str, object]] = []
        for _ in range(PAGES):
            reply = self._get(path, {"limit": PAGE, "offset": len(rows)})
            page = self._list(reply, "task_instances")
            rows += page
            total = reply.get("total_entries")
            if not page or not isinstance(total, int) or len(rows) >= total:
                break
        return rows

    def _get(self, path: str, query: Mapping[str, object]) -> Mapping[str, Any]:
        reply = self._ask_for(path, query)
        if not isinstance(reply, dict):
            raise NothingRan(f"The REST API of {self._where} answered in a form that is not known; {REPORT}")
        return reply

    def _list(self, reply: Mapping[str, Any], member: str) -> list[Mapping[str, Any]]:
        found = reply.get(member)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise NothingRan(f"The REST API of {self._where} answered without {member}; {REPORT}")
        return found


class Cli:
    """Through the CLI, one command after the other."""

    name = "the CLI"

    def __init__(self, send: Send, grammar: Grammar, dag: str, run: str, where: str = "") -> None:
        """``where`` is the environment's name, for what is said."""
        self._send = send
        self._where = where or "the environment"
        self._grammar = grammar
        self._dag, self._wanted = dag, run
        self._run: Run | None = None
        self._blind = ""  #: why the tasks cannot be seen
        self._looks = 0
        self._waited = 0  #: for how many looks in a row nothing has begun
        self._paused: bool | None = None

    def ask(self) -> Snapshot:
        known = None if self._blind else self._run
        run = known or self._ask_run()
        tasks = self._tasks(run)
        self._looks += 1
        if run is known and (self._looks % AT_LEAST_EVERY == 0 or _may_have_changed(run, tasks)):
            run = self._ask_run()
        self._run = run
        self._look_whether_paused(waits=_waits(run, tasks))
        remarks = _about_waiting(run, paused=self._paused)
        return Snapshot(run, tasks, (*remarks, *([self._blind] if self._blind else [])))

    def _ask_run(self) -> Run:
        rows = self._rows(RUNS, self._dag)
        wanted = self._run.run_id if self._run is not None else self._wanted
        row = newest(rows) if wanted == LATEST else next((one for one in rows if one.get("run_id") == wanted), None)
        if row is not None:
            return run_of(row, self._dag)
        other = newest(rows)
        if other is None:
            raise no_runs(self._dag)
        raise NotThere(f"{self._dag} has no run {wanted}; its newest one is {other.get('run_id')}")

    def _tasks(self, run: Run) -> tuple[Task, ...] | None:
        """The tasks; ``None`` where this environment does not tell."""
        if self._blind:
            return None
        command = self._grammar.named("tasks states-for-dag-run")
        if command is None:
            self._blind = (
                f"{self._airflow} has no command that tells of all tasks of a run; its web interface shows them"
            )
            return None
        by_date = not any("run_id" in one.name for one in command.positionals)
        line = self._line(TASKS, self._dag, run.date if by_date else run.run_id)
        result = self._send(line)
        if result.http_status == 403 and result.outcome is Outcome.REFUSED:
            self._blind = f"The environment refuses tasks states-for-dag-run: {result.message}"
            return None
        return tuple(task_of(row) for row in _rows_of(result, line, self._where))

    def _look_whether_paused(self, *, waits: bool) -> None:
        """Once, and only where a run waits longer than it takes."""
        self._waited = self._waited + 1 if waits else 0
        if self._waited != 2 or self._grammar.version.major < 2:
            return
        for form in PAUSED:
            try:
                rows = self._rows((form,), self._dag)
            except ShellError:
                continue
            row = next((one for one in rows if one.get("dag_id") == self._dag), {})
            self._paused = (row.get("is_paused") or row.get("paused")) == "True"
            return

    def _rows(self, forms: tuple[str, ...], dag: str) -> list[Row]:
        line = self._line(forms, dag)
        return _rows_of(self._send(line), line, self._where)

    @property
    def _airflow(self) -> str:
        return f"Airflow {self._grammar.version} on {self._where}"

    def _line(self, forms: tuple[str, ...], dag: str, run: str = "") -> ParsedLine:
        """The first form that this Airflow takes."""
        for form in forms:
            line = parse(form.replace("{dag}", quote(dag)).replace("{run}", quote(run)))
            if validate(understand(line, self._grammar)) is None:
                return line
        missing = forms[0].partition(" {")[0]
        raise NothingRan(f"{self._airflow} has no {missing}, which tells of runs; its web interface shows them")


class Unscheduled:
    """Another source, of an environment where nothing runs DAGs: that is said while nothing of a run begins."""

    def __init__(self, source: Source, why: str) -> None:
        self._source = source
        self._why = why
        self.name = source.name

    def ask(self) -> Snapshot:
        snapshot = self._source.ask()
        if snapshot.over or not _waits(snapshot.run, snapshot.tasks):
            return snapshot
        return replace(snapshot, remarks=(*snapshot.remarks, self._why))


def no_runs(dag: str) -> NotThere:
    """The error for a DAG that nobody has triggered."""
    return NotThere(f"{dag} has no run yet")


def _may_have_changed(run: Run, tasks: tuple[Task, ...] | None) -> bool:
    """Whether the state of a run that is not over may be another than before, as far as its tasks tell."""
    return tasks is None or run.state == "queued" or all(task.state in FINISHED for task in tasks)


def _about_waiting(run: Run, *, paused: bool | None) -> tuple[str, ...]:
    if not paused or run.state in OVER:
        return ()
    return (f"{run.dag} is paused: nothing of it begins until dags unpause {quote(run.dag)}",)


def _waits(run: Run, tasks: tuple[Task, ...] | None) -> bool:
    """Whether nothing has begun. Before Airflow 2.1 a run that has been triggered is running at once."""
    waiting = tasks is not None and all(task.state == "none" for task in tasks)
    return run.state == "queued" or (run.state == "running" and waiting)


def _rows_of(result: Result, line: ParsedLine, where: str) -> list[Row]:
    """The records of a reply; raises what went wrong."""
    if result.outcome is Outcome.INTERRUPTED:
        raise KeyboardInterrupt
    if result.outcome is Outcome.FAILED:
        raise Failed(result.message)
    if not result.ok:
        raise (OutcomeUnknown if result.outcome is Outcome.UNKNOWN else NothingRan)(result.message)
    rows = read_rows(result.stdout.decode("utf-8", "replace"), output_format(line.values))
    if rows is None:
        raise NothingRan(f"The reply of {where} could not be read: see {line.text}")
    return rows
