"""One Airflow command under the environment's lock: watched, limited in time, canceled with Ctrl-C."""

from __future__ import annotations

import threading
from dataclasses import replace

from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.airflow.safety import reads
from mwaa_shell.airflow.versions import version_in_reply
from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError
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


def run_command(link: Connection, line: ParsedLine, watcher: ProgressListener | None = None) -> Result:
    """Send one command and return its Result; Ctrl-C stops the waiting.

    While the command waits for a refresh of names, Ctrl-C cancels the refresh and the command is sent.
    """
    job: Job[Result] = Job(lambda job: run_under_lock(link, line, job), "command")
    try:
        return job.wait(watcher)
    except PhaseTimeout as late:
        return replace(from_error(_too_late(late, link)), remote=True, command_seconds=job.elapsed)
    except Interrupted as stopped:
        if stopped.phase != BEHIND_REFRESH:
            return replace(_stopped(link, stopped.phase), command_seconds=job.elapsed)
    except ShellError as error:  # such as a CA bundle that cannot be read
        return replace(from_error(error), remote=True, command_seconds=job.elapsed)
    except BaseException:  # a mistake of our own, or a signal that ends the program
        job.give_up()
        raise
    INTERRUPTS.restore()
    if link.command_lock.refreshing is not None:
        link.command_lock.refreshing.give_up()
    return run_command(link, line, watcher)


def run_under_lock(link: Connection, line: ParsedLine, job: Job[Result]) -> Result:
    """Take the environment's lock and run the command, on the thread of the job."""
    while not link.command_lock.lock.acquire(timeout=TICK if job.phase else 0):
        if not job.begin_phase(QUEUED if link.command_lock.refreshing is None else BEHIND_REFRESH):
            raise NothingRan("Given up before anything was sent")
    release = LockRelease(link.command_lock.lock)
    try:
        command = CliRequest(line.command, line.values, lambda: reads(line, link.grammar))
        return link.client.run(command, link.version, job, release)
    finally:
        release()


class LockRelease:
    """Releases a lock once: at the end of the job, or when the job is canceled."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._over = threading.Lock()

    def __call__(self) -> None:
        """Release the lock. A second call does nothing, because another job may have the lock by then."""
        if self._over.acquire(blocking=False):
            self._lock.release()


def ask_version(link: Connection) -> None:
    """Ask the ``version`` command for the Airflow version, where GetEnvironment is not permitted; blocks."""
    job: Job[Result] = Job(lambda job: run_under_lock(link, parse("version"), job), "version")
    result = job.wait()
    if result.ok:
        link.version = link.version or version_in_reply(result.stdout.decode("utf-8", "replace"))


def _too_late(late: PhaseTimeout, link: Connection) -> ShellError:
    where = link.target.name
    if late.phase == RUNNING:
        return OutcomeUnknown(
            f"{where} did not finish its answer in {late.seconds:g} seconds: the command may have run"
        )
    if late.phase == CONNECTING:
        way = how_to_reach(link.known.access_mode)
        return NothingRan(f"{where} could not be reached within {late.seconds:g} seconds, nothing ran; {way}")
    return NothingRan(f"AWS gave no answer within {late.seconds:g} seconds, nothing ran")


def _stopped(link: Connection, phase: str) -> Result:
    if phase == RUNNING:
        return interrupted(f"Stopped waiting: the command may still be running on {link.target.name}", remote=True)
    if phase == BUSY:
        return interrupted(f"Stopped: {link.target.name} was too busy for the command, nothing ran", remote=False)
    end_programs()
    return interrupted("Stopped before the command was sent, nothing ran", remote=False)
