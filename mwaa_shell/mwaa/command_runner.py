"""One Airflow command on its way: one at a time on an environment, watched, bounded, and given up with Ctrl-C."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.airflow.versions import version_in_reply
from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError
from mwaa_shell.interrupts import INTERRUPTS
from mwaa_shell.job import TICK, Interrupted, Job, PhaseTimeout, ProgressListener
from mwaa_shell.mwaa.environment import how_to_reach
from mwaa_shell.result import Result, from_error, interrupted

if TYPE_CHECKING:
    from mwaa_shell.mwaa.connection import Connection

#: The phase in which a command waits for another one on the same environment.
QUEUED = "waiting for the command before it"
#: The same for a refresh of names, which Ctrl-C gives up.
BEHIND_REFRESH = "waiting for the refresh of names"


def run_command(link: Connection, line: ParsedLine, watcher: ProgressListener | None = None) -> Result:
    """Send one command and wait for its Result; Ctrl-C stops the waiting.

    If what is waited for is a refresh of names, Ctrl-C gives that up, and the command goes out.
    """
    job: Job[Result] = Job(lambda job: on_the_wire(link, line, job), "command")
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


def on_the_wire(link: Connection, line: ParsedLine, job: Job[Result]) -> Result:
    """Wait for one's turn, then run the command; on the job's thread."""
    from mwaa_shell.airflow.safety import reads
    from mwaa_shell.mwaa.cli_client import CliRequest

    while not link.command_lock.lock.acquire(timeout=TICK if job.phase else 0):
        if not job.begin_phase(QUEUED if link.command_lock.refreshing is None else BEHIND_REFRESH):
            raise NothingRan("Given up before anything was sent")
    turn = LockRelease(link.command_lock.lock)
    try:
        command = CliRequest(line.command, line.values, lambda: reads(line, link.grammar))
        return link.client.run(command, link.version, job, turn.end)
    finally:
        turn.end()


class LockRelease:
    """A lock that is held; it is let go once, by the job itself or by whoever gives the job up."""

    def __init__(self, held: threading.Lock) -> None:
        self._held = held
        self._over = threading.Lock()

    def end(self) -> None:
        """Let go; the second time does nothing: somebody else may hold it by then."""
        if self._over.acquire(blocking=False):
            self._held.release()


def ask_version(link: Connection) -> None:
    """Learn the version from the ``version`` command where GetEnvironment is not allowed; blocks, tells nothing."""
    job: Job[Result] = Job(lambda job: on_the_wire(link, parse("version"), job), "version")
    result = job.wait()
    if result.ok:
        link.version = link.version or version_in_reply(result.stdout.decode("utf-8", "replace"))


def _too_late(late: PhaseTimeout, link: Connection) -> ShellError:
    from mwaa_shell.mwaa.cli_client import CONNECTING, RUNNING

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
    from mwaa_shell.mwaa.cli_client import BUSY, RUNNING
    from mwaa_shell.mwaa.programs import end_programs

    if phase == RUNNING:
        return interrupted(f"Stopped waiting: the command may still be running on {link.target.name}", remote=True)
    if phase == BUSY:
        return interrupted(f"Stopped: {link.target.name} was too busy for the command, nothing ran", remote=False)
    end_programs()
    return interrupted("Stopped before the command was sent, nothing ran", remote=False)
