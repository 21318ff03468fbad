"""Sources of snapshots of a DAG run: Airflow's REST API and its CLI.

The caller provides the requests. REST comes first if the environment's version has it. It takes none of the few CLI
requests of a web server, is much faster, and has tries and mapped tasks. Through the CLI, ``tasks states-for-dag-run``
shows the tasks and ``dags list-runs`` the run. The latter lists all runs, so it is sent only when it may show something
new: at the beginning, while nothing has begun, and when all tasks are done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Protocol

from mwaa_shell.airflow.command_line import ParsedLine, output_format
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.reach import describe_paused
from mwaa_shell.airflow.rest import (
    PAGE_SIZE,
    RestRequest,
    all_rows,
    dag_in,
    dag_request,
    run_date,
    runs_request,
    tasks_of_run_request,
)
from mwaa_shell.airflow.validation import first_valid
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import NothingRan, OutcomeUnknown, RestNotFound, ShellError, State
from mwaa_shell.monitor.runs import (
    FINISHED,
    LATEST,
    LATEST_FAILED,
    OVER,
    Run,
    Snapshot,
    Task,
    latest_run,
    run_of,
    task_of,
)
from mwaa_shell.output.records import Row, read_rows
from mwaa_shell.result import Outcome, Result
from mwaa_shell.suggestions import suggest

#: Most runs among which REST is asked for one by its ID.
MOST_RUNS = 1000
#: Snapshots after which the CLI lists the run again, whatever its tasks are.
AT_LEAST_EVERY = 10
#: The hint for an unknown form of a response.
REPORT = "Please report it, with the log of --debug."

#: Sends one request.
Ask = Callable[[RestRequest], object]
#: Sends one command.
Send = Callable[[ParsedLine], Result]

RUNS = ("dags list-runs {dag} -o json", "dags list-runs -d {dag} -o json", "list_dag_runs {dag}")
TASKS = ("tasks states-for-dag-run {dag} {run} -o json",)
#: Commands that show whether a DAG is paused. The first reads the database only.
PAUSED = ("dags details {dag} -o json", "dags list -o json")


class RunNotFound(ShellError):
    """The run does not exist."""


class RunCommandFailed(ShellError):
    """The command that reads the run failed."""


class RunSource(Protocol):
    """A source of snapshots of one run."""

    name: str  #: as the picture says it

    def ask(self) -> Snapshot:
        """Return a snapshot. Raises ``RunNotFound``, or another ``ShellError`` on failure."""


class RestRunSource:
    """Snapshots over ``InvokeRestApi``."""

    name = "REST"
    unscheduled = ""  #: a remark while a run waits because nothing runs DAGs
    similar: Callable[[str], str] = staticmethod(lambda dag: "")  #: returns the DAG meant by a missing one

    def __init__(self, ask: Ask, version: Version, dag: str, run: str, where: str = "") -> None:
        """``where`` is the environment's name, for messages."""
        self._send = ask
        self._version = version
        self._where = where or "the environment"
        self._dag, self._run = dag, run
        self._date = ""  #: of the run, once it has been read
        self._paused: bool | None = None

    def ask(self) -> Snapshot:
        row = self._run_row()
        run = run_of(row, self._dag)
        self._run = run.run_id  # the newest one stays the one, whatever comes after it
        self._date = run_date(row, self._version)
        rows = self._rows(tasks_of_run_request(self._dag, self._run, self._date, self._version), "task_instances")
        tasks = tuple(task_of(row) for row in rows if row.get("dag_run_id") == self._run)
        if _waits(run, tasks) or self._paused:
            self._paused = dag_in(self._send(dag_request(self._dag)), self._dag).get("is_paused") is True
        return Snapshot(run, tasks, _about_waiting(run, tasks, self._paused, self.unscheduled))

    def _run_row(self) -> Mapping[str, Any]:
        """Return the run as REST lists it; no filter selects its ID."""
        newest_of_a_state = self._run in (LATEST, LATEST_FAILED)
        limit, state = 1 if newest_of_a_state else PAGE_SIZE, "failed" if self._run == LATEST_FAILED else ""
        request = runs_request(self._dag, self._version, limit=limit, date=self._date, state=state)
        newest, count = "", 0
        for row in islice(self._rows(request, "dag_runs"), MOST_RUNS):
            count += 1
            if newest_of_a_state or self._run == row.get("dag_run_id"):
                return row
            newest = newest or str(row.get("dag_run_id"))
        if count == MOST_RUNS:
            newest_runs = f"the newest {MOST_RUNS:,} runs of {self._dag}"
            raise NothingRan(f"{self._run} is not among {newest_runs}", state=State.NONE)
        if not newest:
            raise self._no_runs()
        raise no_such_run(self._dag, self._run, newest)

    def _no_runs(self) -> RunNotFound:
        """Return the error for an empty list of runs. REST lists none for an unknown DAG too."""
        try:
            exists = bool(dag_in(self._send(dag_request(self._dag)), self._dag))
        except RestNotFound:
            exists = False
        return no_runs(self._dag) if exists else no_such_dag(self._dag, self.similar(self._dag))

    def _rows(self, request: RestRequest, member: str) -> Iterator[Mapping[str, Any]]:
        try:
            yield from all_rows(self._send, request, member)
        except ValueError as error:
            raise NothingRan(f"The REST API of {self._where}: {error}", state=State.NONE, hint=REPORT) from None


class CliRunSource:
    """Snapshots through the CLI, one command after the other."""

    name = "the CLI"
    unscheduled = ""  #: a remark while a run waits because nothing runs DAGs

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
        all_ended = tasks is None or all(task.state in FINISHED for task in tasks)
        if run is known and (self._looks % AT_LEAST_EVERY == 0 or all_ended or run.state == "queued"):
            run = self._ask_run()
            if run.state in OVER and not all_ended:  # the rest ended after it was read
                tasks = self._tasks(run)
        self._run = run
        self._look_whether_paused(waits=_waits(run, tasks))
        remarks = _about_waiting(run, tasks, self._paused, self.unscheduled)
        return Snapshot(run, tasks, (*remarks, *([self._blind] if self._blind else [])))

    def _ask_run(self) -> Run:
        rows = self._rows(RUNS, self._dag)
        wanted = self._run.run_id if self._run is not None else self._wanted
        if wanted == LATEST_FAILED:
            rows = [one for one in rows if one.get("state") == "failed"]
        newest = wanted in (LATEST, LATEST_FAILED)
        row = latest_run(rows) if newest else next((one for one in rows if one.get("run_id") == wanted), None)
        if row is not None:
            return run_of(row, self._dag)
        other = latest_run(rows)
        if other is None:
            raise no_runs(self._dag)
        raise no_such_run(self._dag, wanted, str(other.get("run_id")))

    def _tasks(self, run: Run) -> tuple[Task, ...] | None:
        """Return the tasks, ``None`` if this environment does not show them."""
        if self._blind:
            return None
        command = self._grammar.named("tasks states-for-dag-run")
        if command is None:
            self._blind = f"{self._airflow} has no command that lists all tasks of a run. See its web interface."
            return None
        by_date = not any("run_id" in one.name for one in command.positionals)
        line = self._line(TASKS, self._dag, run.date if by_date else run.run_id)
        result = self._send(line)
        if result.http_status == 403 and result.outcome is Outcome.NOT_RUN:
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
        line = first_valid(forms, self._grammar, dag=dag, run=run)
        if line is not None:
            return line
        missing = forms[0].partition(" {")[0]
        raise NothingRan(
            f"{self._airflow} has no {missing}", state=State.NONE, hint="See the runs in its web interface."
        )


def no_runs(dag: str) -> RunNotFound:
    """Return the error for a DAG without runs."""
    return RunNotFound(f"{dag} has no run yet")


def no_such_dag(dag: str, similar: str) -> RunNotFound:
    """Return the error for a DAG that does not exist, with a similar one or none."""
    return RunNotFound(f"DAG {dag} does not exist{suggest(similar)}", hint="List DAGs with dags list.")


def no_such_run(dag: str, run: str, newest: str) -> RunNotFound:
    """Return the error for a run that does not exist."""
    return RunNotFound(f"{dag} has no run {run}", hint=f"The newest run is {newest}.")


def _about_waiting(run: Run, tasks: tuple[Task, ...] | None, paused: bool | None, unscheduled: str) -> tuple[str, ...]:
    """Return why a run waits; ``unscheduled`` says that nothing runs DAGs."""
    if run.state in OVER:
        return ()
    remarks = [describe_paused(run.dag)] if paused else []
    return (*remarks, unscheduled) if unscheduled and _waits(run, tasks) else tuple(remarks)


def _waits(run: Run, tasks: tuple[Task, ...] | None) -> bool:
    """Return whether no task has begun. Before Airflow 2.1 a triggered run is running at once."""
    waiting = tasks is not None and all(task.state == "none" for task in tasks)
    return run.state == "queued" or (run.state == "running" and waiting)


def _rows_of(result: Result, line: ParsedLine, where: str) -> list[Row]:
    """Return the rows of a result; raise its error."""
    if result.outcome is Outcome.INTERRUPTED:
        raise KeyboardInterrupt
    if result.outcome is Outcome.FAILED:
        raise RunCommandFailed(result.message, state=result.state, hint=result.hint, detail=result.detail)
    if not result.ok:
        kind = OutcomeUnknown if result.outcome is Outcome.UNKNOWN else NothingRan
        raise kind(result.message, state=result.state, hint=result.hint, detail=result.detail)
    rows = read_rows(result.stdout.decode("utf-8", "replace"), output_format(line.values))
    if rows is None:
        raise NothingRan(f"The output of {where} could not be read", state=State.RAN, hint=f"See {line.text}")
    return rows
