"""One Airflow command under the lock: watched, limited in time, ended by Ctrl-C."""

from __future__ import annotations

import threading

from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.airflow.knowledge import reads
from mwaa_shell.airflow.versions import version_in_output
from mwaa_shell.durations import in_seconds
from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError, State
from mwaa_shell.interrupts import INTERRUPTS
from mwaa_shell.job import TICK, Interrupted, Job, PhaseTimeout, ProgressListener
from mwaa_shell.mwaa.cli_client import BUSY, CONNECTING, RUNNING, CliRequest
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.mwaa.environment import how_to_reach
from mwaa_shell.mwaa.programs import end_programs
from mwaa_shell.result import Result, from_error, interrupted

#: The phase in which a command waits for another one on the same environment.
QUEUED = "waiting for the command before it"
#: The same for a refresh of names, which Ctrl-C gives up.
BEHIND_REFRESH = "waiting for the refresh of names"


def run_command(connection: Connection, line: ParsedLine, watcher: ProgressListener | None = None) -> Result:
    """Send one command and return its Result; Ctrl-C stops the waiting.

    While the command waits for a refresh of names, Ctrl-C cancels the refresh and the command is sent.
    """
    job: Job[Result] = Job(lambda job: run_under_lock(connection, line, job), "command")
    try:
        return job.wait(watcher)
    except PhaseTimeout as late:
        return from_error(_too_late(late, connection))._replace(remote=True, command_seconds=job.elapsed)
    except Interrupted as stopped:
        if stopped.phase != BEHIND_REFRESH:
            return _stopped(stopped.phase)._replace(command_seconds=job.elapsed)
    except ShellError as error:  # such as a CA bundle that cannot be read
        return from_error(error)._replace(remote=True, command_seconds=job.elapsed)
    except BaseException:  # a bug of the shell, or a signal that ends the program
        job.give_up()
        raise
    INTERRUPTS.restore()
    if connection.command_lock.refreshing is not None:
        connection.command_lock.refreshing.give_up()
    return run_command(connection, line, watcher)


def run_under_lock(connection: Connection, line: ParsedLine, job: Job[Result]) -> Result:
    """Take the environment's lock and run the command, on the thread of the job."""
    while not connection.command_lock.lock.acquire(timeout=TICK if job.phase else 0):
        if not job.begin_phase(QUEUED if connection.command_lock.refreshing is None else BEHIND_REFRESH):
            raise NothingRan("Canceled before the command was sent", state=State.NOT_SENT)
    once = threading.Lock()

    def release() -> None:
        """Release the lock once, at the end of the job or at its cancellation."""
        if once.acquire(blocking=False):
            connection.command_lock.lock.release()

    try:
        command = CliRequest(line.command, line.values, lambda: reads(line, connection.grammar))
        return connection.client.run(command, connection.version, job, release)
    finally:
        release()


def ask_version(connection: Connection) -> None:
    """Ask the ``version`` command for the Airflow version; blocks. GetEnvironment was not permitted."""
    job: Job[Result] = Job(lambda job: run_under_lock(connection, parse("version"), job), "version")
    result = job.wait()
    if result.ok:
        connection.version = connection.version or version_in_output(result.stdout.decode("utf-8", "replace"))


def _too_late(late: PhaseTimeout, connection: Connection) -> ShellError:
    where = connection.target.name
    if late.phase == RUNNING:
        return OutcomeUnknown(f"{where} did not finish its response within {in_seconds(late.seconds)}")
    if late.phase == CONNECTING:
        text = f"The web server of {where} did not accept a connection within {in_seconds(late.seconds)}"
        return NothingRan(text, hint=how_to_reach(connection.info.access_mode))
    text = f"AWS did not answer within {in_seconds(late.seconds)}"
    return NothingRan(text, hint="Check the network of this machine with .doctor.", state=State.NOT_SENT)


def _stopped(phase: str) -> Result:
    if phase == RUNNING:
        return interrupted(remote=True, state=State.MAY_BE_RUNNING)
    if phase == BUSY:
        return interrupted(remote=False, state=State.NOT_RUN)
    end_programs()
    return interrupted(remote=False, state=State.NOT_SENT)
