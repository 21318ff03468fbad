"""Sources of snapshots of a DAG run: Airflow's REST API and its CLI. The caller provides the requests.

REST comes first if the environment's version has it: it needs none of the few CLI requests of a web server, answers in
a fraction of the time, and has tries and mapped tasks. Through the CLI, ``tasks states-for-dag-run`` shows the tasks
and ``dags list-runs`` the run. The latter lists all runs, so it is sent only when it may show something new: at the
beginning, while nothing has begun, and when all tasks are done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import ParsedLine, output_format, parse, quote
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.validation import validate
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError
from mwaa_shell.monitor.runs import FINISHED, OVER, Run, Snapshot, Task, latest_run, run_of, task_of
from mwaa_shell.mwaa.airflow_rest import FIRST_PAGE, dag_path, newest_runs_first, next_page, run_path
from mwaa_shell.output.records import Row, read_rows
from mwaa_shell.result import Outcome, Result

#: Most pages of tasks that REST is asked for.
PAGES = 100
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


class RunNotFound(ShellError):
    """The run does not exist."""


class RunCommandFailed(ShellError):
    """The command that reads the run failed."""


class RunSource(Protocol):
    """A source of snapshots of one run."""

    name: str  #: as the picture says it

    def ask(self) -> Snapshot:
        """Return a snapshot; raise ``RunNotFound``, or another ``ShellError`` if there is no answer."""


class RestRunSource:
    """Snapshots over ``InvokeRestApi``."""

    name = "REST"

    def __init__(self, get: Get, version: Version, dag: str, run: str, where: str = "") -> None:
        """``where`` is the environment's name, for messages."""
        self._ask_for = get
        self._where = where or "the environment"
        self._dag, self._run = dag, run
        self._order = newest_runs_first(version)
        self._paused: bool | None = None

    def ask(self) -> Snapshot:
        run = self._ask_run()
        self._run = run.run_id  # the newest one stays the one, whatever comes after it
        tasks = tuple(task_of(row) for row in self._tasks(run.run_id))
        if _waits(run, tasks) or self._paused:
            self._paused = str(self._get(dag_path(self._dag), {}).get("is_paused")) == "True"
        return Snapshot(run, tasks, _about_waiting(run, paused=self._paused))

    def _ask_run(self) -> Run:
        if self._run != LATEST:
            return run_of(self._get(run_path(self._dag, self._run), {}), self._dag)
        newest_first = {"limit": 1, "order_by": self._order}
        found = self._list(self._get(f"{dag_path(self._dag)}/dagRuns", newest_first), "dag_runs")
        if not found:
            raise no_runs(self._dag)
        return run_of(found[0], self._dag)

    def _tasks(self, run_id: str) -> list[Mapping[str, object]]:
        path = f"{run_path(self._dag, run_id)}/taskInstances"
        rows: list[Mapping[str, object]] = []
        query: Mapping[str, object] | None = FIRST_PAGE
        for _ in range(PAGES):
            if query is None:
                break
            reply = self._get(path, query)
            page = self._list(reply, "task_instances")
            rows += page
            query = next_page(query, len(page), reply)
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


class CliRunSource:
    """Snapshots through the CLI, one command after the other."""

    name = "the CLI"

    def __init__(self, send: Send, grammar: Grammar, dag: str, run: str, where: str = "") -> None:
        """``where`` is the environment's name, for messages."""
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
        row = latest_run(rows) if wanted == LATEST else next((one for one in rows if one.get("run_id") == wanted), None)
        if row is not None:
            return run_of(row, self._dag)
        other = latest_run(rows)
        if other is None:
            raise no_runs(self._dag)
        raise RunNotFound(f"{self._dag} has no run {wanted}; its newest one is {other.get('run_id')}")

    def _tasks(self, run: Run) -> tuple[Task, ...] | None:
        """Return the tasks, ``None`` if this environment does not show them."""
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
        """Ask once whether the DAG is paused, if the run has waited for two rounds."""
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
        """Return the first form of a command that this Airflow takes."""
        for form in forms:
            line = parse(form.replace("{dag}", quote(dag)).replace("{run}", quote(run)))
            if validate(understand(line, self._grammar)) is None:
                return line
        missing = forms[0].partition(" {")[0]
        raise NothingRan(f"{self._airflow} has no {missing}, which tells of runs; its web interface shows them")


class WithoutScheduler:
    """Snapshots of another source, with a remark while a run waits because nothing runs DAGs."""

    def __init__(self, source: RunSource, why: str) -> None:
        self._source = source
        self._why = why
        self.name = source.name

    def ask(self) -> Snapshot:
        snapshot = self._source.ask()
        if snapshot.over or not _waits(snapshot.run, snapshot.tasks):
            return snapshot
        return replace(snapshot, remarks=(*snapshot.remarks, self._why))


def no_runs(dag: str) -> RunNotFound:
    """Return the error for a DAG without runs."""
    return RunNotFound(f"{dag} has no run yet")


def _may_have_changed(run: Run, tasks: tuple[Task, ...] | None) -> bool:
    """Return whether the state of an unfinished run may have changed, judging by its tasks."""
    return tasks is None or run.state == "queued" or all(task.state in FINISHED for task in tasks)


def _about_waiting(run: Run, *, paused: bool | None) -> tuple[str, ...]:
    if not paused or run.state in OVER:
        return ()
    return (f"{run.dag} is paused: nothing of it begins until dags unpause {quote(run.dag)}",)


def _waits(run: Run, tasks: tuple[Task, ...] | None) -> bool:
    """Return whether no task has begun. Before Airflow 2.1 a triggered run is running at once."""
    waiting = tasks is not None and all(task.state == "none" for task in tasks)
    return run.state == "queued" or (run.state == "running" and waiting)


def _rows_of(result: Result, line: ParsedLine, where: str) -> list[Row]:
    """Return the rows of a result; raise its error."""
    if result.outcome is Outcome.INTERRUPTED:
        raise KeyboardInterrupt
    if result.outcome is Outcome.FAILED:
        raise RunCommandFailed(result.message)
    if not result.ok:
        raise (OutcomeUnknown if result.outcome is Outcome.UNKNOWN else NothingRan)(result.message)
    rows = read_rows(result.stdout.decode("utf-8", "replace"), output_format(line.values))
    if rows is None:
        raise NothingRan(f"The reply of {where} could not be read: see {line.text}")
    return rows
