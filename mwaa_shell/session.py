"""One line in, one Result out: the only orchestrator, and it knows no terminal.

A session is on one environment at a time. Interactive and batch call the same ``execute``; it never raises an expected
failure. How somebody waits (a live clock, or nothing) and how an environment is chosen among several are functions that
the way to run brings along.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from mwaa_shell import debug
from mwaa_shell.airflow.command_line import Kind, ParsedLine, parse
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.config import as_preferences
from mwaa_shell.errors import NothingRan, ShellError, UsageError
from mwaa_shell.front import Front
from mwaa_shell.history.ahead import Ahead
from mwaa_shell.history.origins import TYPED
from mwaa_shell.history.record import Record
from mwaa_shell.job import Interrupted, Job, TooLate, Watcher, mind_ctrl_c
from mwaa_shell.link import Link, MakeEnvironments, Target, real_environments
from mwaa_shell.links import Links
from mwaa_shell.mark import mark
from mwaa_shell.opening import Opening
from mwaa_shell.preferences import Preferences
from mwaa_shell.reader import Reader
from mwaa_shell.settings import Access, Settings

if TYPE_CHECKING:
    from mwaa_shell.airflow.command_line import Destination
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.catalog.live import LiveNames
    from mwaa_shell.outgoing import Outgoing
    from mwaa_shell.output.tee import Tee
    from mwaa_shell.result import Result

T = TypeVar("T")


class Session:
    """What one run of the shell keeps: the environment it is on, the links it has, the last reply."""

    def __init__(
        self, settings: Settings, front: Front | None = None, make: MakeEnvironments = real_environments
    ) -> None:
        self.settings = settings
        self.front = front or Front()
        self.preferences = Preferences()
        if settings.secret_words:
            self.preferences.set("secret-words", " ".join(settings.secret_words.split()))
        self.links = Links(make, self.preferences, settings.config)
        self.record = Record(self.front.note, lambda: self.secret_words)
        if settings.log_file is not None:
            self.record.log_to(settings.log_file, output=settings.log_output)
        self.reader = Reader(self)
        self.opening = Opening(self)
        self.read_only = settings.read_only or settings.config.doubtful  #: send nothing but what reads
        self.last: Result | None = None  #: of the last Airflow command
        self.tee: Tee | None = None  #: the transcript of what is shown
        self.reruns: dict[str, int] = {}  #: lines that stand for a command of the history, and its number
        self.late = threading.Event()  #: Ctrl-C was pressed once an answer was there
        self.ahead = Ahead()  #: what is known of the lines that are being checked, before any runs
        self.origin = TYPED  #: where the running line came from, in the words of the history
        self.private = False  #: the running line is not to be written down
        self.delivers = False  #: the output of the running line goes to a file or a local command
        self.goes_to: Destination | None = None  #: and that, secrets and all
        self.known_names: tuple[str, ...] = ()  #: of the last listing, for completion
        self.known_profiles: tuple[str, ...] = ()
        self.known_regions: tuple[str, ...] = ()
        self.access = settings.access  #: how AWS is reached, as far as the user has said it here
        self._link: Link | None = None
        self._said_version = settings.airflow_version
        if settings.environment:
            self.open(settings.environment, settings.access)

    @cached_property
    def outgoing(self) -> Outgoing:
        """What sends commands; made when the first one is."""
        from mwaa_shell.outgoing import Outgoing

        return Outgoing(self)

    # -- where it is -------------------------------------------------------------------------------------------------

    @property
    def link(self) -> Link:
        """The link to the environment that the session is on; raises where it is on none."""
        if self._link is None:
            raise UsageError("No environment is open: .use NAME opens one, .envs lists them")
        return self._link

    @property
    def here(self) -> Target | None:
        """Which environment the session is on, if on any."""
        return self._link.target if self._link else None

    @property
    def mark(self) -> list[tuple[str, str]]:
        """The same as the prompt says it, in pieces, each with the name of its style before it."""
        name = self.here.name if self.here else ""
        protected = self.settings.protects(name, self.preferences["protect"])
        read_only = self.settings.only_reads(name, self.read_only)
        return mark(name, protected=protected, read_only=read_only, colour=self.preferences["colour"])

    @property
    def live(self) -> LiveNames | None:
        """The names of the environment that the session is on; ``None`` where none are kept."""
        return self.names_of(self._link) if self._link is not None else None

    def names_of(self, link: Link) -> LiveNames | None:
        """The names of one environment: another one has others. ``None`` where none are kept."""
        return self.links.names_of(link) if self.front.keeps_names else None

    def close(self) -> None:
        """Keep what has to be kept; the session is over."""
        try:
            if "outgoing" in vars(self):
                self.outgoing.settle()
        finally:
            self.links.close()
            self.record.close()

    def open(self, name: str, access: Access) -> None:
        """Go to an environment; nothing is asked."""
        self._link, self.access = self.links.to(Target(name, access)), access
        said = self.settings.config.on(name)
        self.preferences.given = as_preferences(said)
        if not self._link.version and "airflow-version" in said:
            self._link.version = parse_version(str(said["airflow-version"].value))
        if self._said_version:  # the user said it of the environment that is opened first
            self._link.version = parse_version(self._said_version)
            self._said_version = None

    # -- running a line ----------------------------------------------------------------------------------------------

    def execute(self, text: str, origin: str = TYPED) -> Result:
        """Run one line, which came from where ``origin`` says. Never raises an expected failure, and takes Ctrl-C."""
        from mwaa_shell.afterwards import put_back
        from mwaa_shell.result import Result, from_error, interrupted

        mind_ctrl_c()
        self.origin, self.private = origin, text.startswith(" ")
        before = self.last
        if self.watched and origin == TYPED:  # whoever pressed it has seen the answer, and typed on
            self.late.clear()
        line = parse(text)
        if debug.is_on():
            self._write_down(text, line.kind)
        try:
            if line.kind is Kind.BLANK:
                return Result()
            if not _is_text(text):
                raise UsageError("This is no UTF-8 text, the line was not sent")
            problem = self.reader.problem_before_sending(line)
            if problem is not None:
                raise UsageError(f"{problem.message} (column {problem.position + 1}), the line was not sent")
            return put_back(self._deliver(line, self._run(line)), line)
        except ShellError as error:
            debug.error("line", error)
            return put_back(from_error(error), line)
        except KeyboardInterrupt:
            debug.event("interrupted")
            return interrupted("Stopped", remote=False) if self.last is before else self._stopped_behind(self.last)
        finally:
            self.delivers, self.goes_to = False, None

    def _stopped_behind(self, answer: Result | None) -> Result:
        """What is left of an answer whose delivery Ctrl-C has ended: the command itself is over."""
        from mwaa_shell.result import Result, interrupted

        stopped = interrupted("Stopped, but the command itself was over", remote=True)
        kept = answer if answer is not None and self.goes_to is None else Result()
        return replace(kept, outcome=stopped.outcome, exit_code=stopped.exit_code, message=stopped.message, remote=True)

    def _write_down(self, text: str, kind: Kind) -> None:
        """Tell the debug log of a line, without its secrets."""
        debug.keep_out(*self.reader.secret_values(text))
        shown = "(private)" if self.private else self.reader.covered(text)
        debug.event("line", kind=kind.value, origin=self.origin, text=shown)

    @property
    def grammar(self) -> Grammar | None:
        """The command tree of the environment that the session is on; ``None`` while its version is unknown."""
        return self._link.grammar if self._link else None

    @property
    def watched(self) -> bool:
        """Whether somebody sits at a prompt."""
        return self.front.watcher is not None

    @property
    def secret_words(self) -> tuple[str, ...]:
        """The user's own names of secrets."""
        return self.preferences.list_of("secret-words")

    def _run(self, line: ParsedLine) -> Result:
        self.delivers = line.destination is not None
        self.goes_to = line.destination
        if line.destination is not None:
            from mwaa_shell.output.delivery.destination import check

            check(line.destination, self.front.ask)
        if line.kind is Kind.DIRECTIVE:
            from mwaa_shell.directives import run

            if line.destination is not None:  # what stands before it has masks of its own kind
                from mwaa_shell.history.unmask import unmasked

                behind = parse(f"version{line.text[line.words[-1].end :]}")
                self.goes_to = unmasked(behind, None, self.front.ask_secret, self.secret_words).destination
            return run(self, line)
        result = self.outgoing.run(line)
        self.last = result
        return result

    def send_anyway(self, text: str) -> Result:
        """Send an Airflow command as it is, whatever the command tree says of it."""
        line = parse(text)
        if line.problem is not None:
            raise UsageError(f"{line.problem.message}, the line was not sent")
        if line.kind is not Kind.AIRFLOW:
            raise UsageError(".send: an Airflow command is missing")
        result = self.last = self.outgoing.run(line, as_it_is=True)
        return result

    def _deliver(self, line: ParsedLine, result: Result) -> Result:
        if self.tee is not None and result.remote and not self.private:
            self._add_to(self.tee, line, result)
        if self.settings.data_only and result.remote:
            from mwaa_shell.output.reading.data import data_only

            result = data_only(line.values, result)
        if self.goes_to is not None:
            from mwaa_shell.output.delivery.destination import deliver, handed_over

            result = deliver(self.goes_to, handed_over(result, self.preferences))
        return result

    def _add_to(self, tee: Tee, line: ParsedLine, result: Result) -> None:
        """Add to the transcript; one that cannot be written stops nobody: it ends, and that is said."""
        try:
            from datetime import UTC, datetime

            now, shown = datetime.now(UTC), line.destination is None
            tee.add(self.link.target.name, self.reader.covered(line.text.strip()), result, now, shown=shown)
        except UsageError as error:
            self.front.note(f"{error}; .tee is off")
            self.tee = None

    # -- waiting -----------------------------------------------------------------------------------------------------

    def wait_for(
        self,
        phase: str,
        limit: float,
        ask: Callable[[], T],
        watcher: Watcher | None = None,
        *,
        meanwhile: Callable[[], object] | None = None,
    ) -> T:
        """Run something slow that changes nothing, bounded by ``limit`` seconds; Ctrl-C stops the waiting.

        ``meanwhile`` is run once while it goes on.
        """

        def work(job: Job[T]) -> T:
            job.enter(phase, limit)
            return ask()

        try:
            return Job(work, phase).follow(watcher or self.front.watcher, meanwhile=meanwhile)
        except TooLate as late:
            raise NothingRan(f"AWS gave no answer within {late.seconds:g} seconds ({phase}), nothing ran") from None
        except Interrupted:
            from mwaa_shell.mwaa.programs import end_programs  # imports subprocess

            end_programs()
            raise


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
