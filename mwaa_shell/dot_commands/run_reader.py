"""DAG runs read over REST if possible, else through the CLI."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from mwaa_shell import monitor
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.rest import REST_SINCE, RestRequest
from mwaa_shell.errors import ShellError, UsageError
from mwaa_shell.session import NO_SCHEDULER, LineContext, Session

if TYPE_CHECKING:
    from argparse import Namespace

    from mwaa_shell.airflow.command_line import ParsedLine
    from mwaa_shell.dot_commands.registry import DotCommandCall
    from mwaa_shell.job import ProgressListener
    from mwaa_shell.output import Canvas
    from mwaa_shell.result import Result


def ask_rest(session: Session, request: RestRequest, watcher: ProgressListener | None = None) -> object:
    """Return the response of Airflow's REST API to a read-only request."""
    connection = session.connection
    return session.wait_for(
        "asking over REST",
        connection.target.access.timeout,
        lambda: connection.api.invoke_rest(connection.target.name, request),
        watcher=watcher,
    )


def dag_of(session: Session, given: Namespace, usage: str) -> str:
    """Return the given DAG, else the last one triggered, followed or read."""
    dag = given.dag or (session.recent.dag if session.recent is not None else "")
    if not dag:
        raise UsageError("This shell has not triggered or followed a run here", hint=f"Write {usage}.")
    return str(dag)


def canvas_of(session: Session) -> Canvas:
    """Return the canvas of a dot-command that polls; raise without a screen."""
    if session.ui.canvas is None:
        raise UsageError("This requires a screen", hint="Run it with mwaa-shell -c.")
    return session.ui.canvas


def run_sources(
    call: DotCommandCall, dag: str, run: str, watcher: ProgressListener | None
) -> Sequence[monitor.RunSource]:
    """Return the sources of a run, the best first."""
    session = call.session
    connection, grammar = session.connection, session.grammar
    found: list[monitor.RestRunSource | monitor.CliRunSource] = []
    version, name = connection.version, connection.target.name
    denied = session.cached_names is not None and session.cached_names.rest_denied
    if version is not None and version >= REST_SINCE and not denied:

        def ask(request: RestRequest) -> object:
            return ask_rest(session, request, watcher)

        rest = monitor.RestRunSource(ask, version, dag, run, name)
        if session.cached_names is not None:
            rest.similar = partial(session.cached_names.similar, Kind.DAG)
        found.append(rest)
    if grammar is not None:

        def send(line: ParsedLine) -> Result:
            context = LineContext(line, call.context.origin, call.context.private, watcher=watcher, recorded=False)
            return call.executor.send(context)[0]

        found.append(monitor.CliRunSource(send, grammar, dag, run, name))
    if not found:
        raise UsageError("The Airflow version is unknown", hint="Pass --airflow-version.")
    if not connection.target.access.scheduled:
        for source in found:
            source.unscheduled = NO_SCHEDULER.format(version=version or "VERSION")
    return found


def read_run(call: DotCommandCall, dag: str, run: str, watcher: ProgressListener | None = None) -> monitor.Snapshot:
    """Return a run from the first source that answers; keep it for completion."""
    sources = run_sources(call, dag, run, watcher or call.session.ui.watcher)
    call.session.snapshot = found = _first_answer(sources)
    return found


def _first_answer(sources: Sequence[monitor.RunSource]) -> monitor.Snapshot:
    for source in sources[:-1]:
        try:
            return source.ask()
        except (monitor.RunNotFound, monitor.RunCommandFailed):
            raise
        except ShellError:
            continue
    return sources[-1].ask()
