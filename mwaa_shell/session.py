"""One line in, one Result out: the only orchestrator, and it knows no terminal.

A session is on one environment at a time. Interactive and batch call the same ``execute``; it never raises an expected
failure. How somebody waits (a live clock, or nothing) and how an environment is chosen among several are functions that
the way to run brings along.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from mwaa_shell.airflow.command_line import Kind, ParsedLine, Problem, line_at, logical_lines, parse, spans_of_lines
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.errors import NothingRan, PermissionMissing, ShellError, UsageError
from mwaa_shell.history.origins import TYPED
from mwaa_shell.history.record import Record
from mwaa_shell.history.unmask import unmasked
from mwaa_shell.job import Job, TooLate, Watcher, mind_ctrl_c
from mwaa_shell.link import CliSlot, Link, MakeEnvironments, Target, real_environments
from mwaa_shell.mwaa.environment import Environment
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Result, from_error, interrupted
from mwaa_shell.sending import run_command
from mwaa_shell.settings import Access, Settings

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.catalog.live import LiveNames

T = TypeVar("T")

#: Lets the user choose among the environments of a region; ``None`` for no choice.
Choose = Callable[["Session", Access, Sequence[str]], "str | None"]


class Session:
    """What one run of the shell keeps: the environment it is on, the links it has, the last reply."""

    def __init__(
        self,
        settings: Settings,
        *,
        watcher: Watcher | None = None,
        choose: Choose | None = None,
        note: Callable[[str], None] = lambda text: None,
        make: MakeEnvironments = real_environments,
    ) -> None:
        self.settings = settings
        self.choose = choose
        self.note = note
        self.ask_secret: Callable[[str], str | None] | None = None  #: reads what a mask stands for, unseen
        self.last: Result | None = None
        self.record = Record(note, settings.log_file)
        self.reruns: dict[str, int] = {}  #: lines that stand for a command of the history, and its number
        self._origin, self._private = TYPED, False
        self.delivers = False  #: the output of the running line goes to a file or a local command
        self._watcher = watcher
        self._make = make
        self.keeps_names = False  #: for completion; only a prompt has use for them
        self._links: dict[Target, Link] = {}
        self._slots: dict[str, CliSlot] = {}
        self._live: dict[Target, LiveNames] = {}
        self._making = threading.Lock()
        self._told: set[Target] = set()
        self._link: Link | None = None
        self._said_version = settings.airflow_version
        self.preferences = Preferences()
        self.known_names: tuple[str, ...] = ()  #: of the last listing, for completion
        self.known_profiles: tuple[str, ...] = ()
        self.known_regions: tuple[str, ...] = ()
        if settings.environment:
            self.open(settings.environment, settings.access)

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
    def live(self) -> LiveNames | None:
        """The names of the environment that the session is on; ``None`` where none are kept."""
        return self.names_of(self._link) if self._link is not None else None

    def names_of(self, link: Link) -> LiveNames | None:
        """The names of one environment: another one has others. ``None`` where none are kept."""
        if not self.keeps_names:
            return None
        from mwaa_shell.catalog.live import LiveNames

        with self._making:  # behind the prompt, and by what is typed at the same time
            if link.target not in self._live:
                self._live[link.target] = LiveNames(link, self.preferences)
            return self._live[link.target]

    def names_so_far(self, link: Link) -> LiveNames | None:
        """The same without making any: for what is drawn before anything can be known."""
        return self._live.get(link.target)

    def close(self) -> None:
        """Keep what has to be kept; the session is over."""
        for live in self._live.values():
            live.close()
        self.record.close()

    def link_to(self, target: Target) -> Link:
        """The link to a target: the one that is there already, or a new one."""
        if target not in self._links:
            slot = self._slots.setdefault(target.name, CliSlot())  # however the environment is reached
            self._links[target] = Link(target, None, self._make, slot)
        return self._links[target]

    def open(self, name: str, access: Access) -> None:
        """Go to an environment; nothing is asked."""
        self._link = self.link_to(Target(name, access))
        if self._said_version:  # the user said it of the environment that is opened first
            self._link.version = parse_version(self._said_version)
            self._said_version = None

    def names(self, access: Access) -> list[str]:
        """The names of the environments that ``access`` sees; waits for AWS."""
        link = self.link_to(Target("", access))
        names = self.wait_for("listing environments", access.timeout, lambda: link.environments.names())  # noqa: PLW0108  (boto3 is imported on the job)
        self.known_names = tuple(names)
        return names

    def describe(self, link: Link) -> Environment:
        """What GetEnvironment knows of a link's environment; waits for AWS, raises if it is not told."""

        def ask() -> Environment:
            error = link.describe(again=True)
            if error is not None:
                raise error
            return link.known

        return self.wait_for("asking AWS", link.target.access.timeout, ask)

    def open_default(self) -> None:
        """Go to the only environment of the region, or to the one that the user chooses. Raises where there is none."""
        access = self.settings.access
        try:
            names = self.names(access)
        except PermissionMissing as error:
            raise PermissionMissing(f"{error}; name an environment: mwaa-shell NAME", error.action) from None
        region = self.link_to(Target("", access)).environments.region or "this region"
        if not names:
            raise NothingRan(f"There is no environment in {region}: name another with --region or --profile")
        chosen = names[0] if len(names) == 1 else self.choose(self, access, names) if self.choose else ""
        if chosen == "":
            raise UsageError(f"There are {len(names)} environments in {region}, name one of them: {', '.join(names)}")
        if chosen is None:
            raise UsageError("No environment was chosen")
        self.open(chosen, access)

    # -- running a line ----------------------------------------------------------------------------------------------

    def execute(self, text: str, origin: str = TYPED) -> Result:
        """Run one line, which came from where ``origin`` says. Never raises an expected failure, and takes Ctrl-C."""
        mind_ctrl_c()
        self._origin, self._private = origin, text.startswith(" ")
        line = parse(text)
        try:
            if line.kind is Kind.BLANK:
                return Result()
            if not _is_text(text):
                raise UsageError("The line is no UTF-8 text, nothing was sent")
            problem = self.problem_before_sending(line)
            if problem is not None:
                raise UsageError(f"{problem.message} (column {problem.position + 1}), nothing was sent")
            return self._deliver(line, self._run(line))
        except ShellError as error:
            return from_error(error)
        except KeyboardInterrupt:
            return interrupted("Stopped", remote=False)

    @property
    def grammar(self) -> Grammar | None:
        """The command tree of the environment that the session is on; ``None`` while its version is unknown."""
        return self._link.grammar if self._link else None

    @property
    def watched(self) -> bool:
        """Whether somebody sits at a prompt."""
        return self._watcher is not None

    def covered(self, text: str) -> str:
        """A line, or a block of lines, without the secrets in it."""
        from mwaa_shell.airflow.redaction import masked

        made, position = "", 0
        for (start, end), (_, line) in zip(spans_of_lines(text), logical_lines(text.split("\n")), strict=True):
            shown = masked(line, self.grammar)
            made += text[position:start] + (shown.text if shown.anything else text[start:end])
            position = end
        return made + text[position:]

    def problem_in(self, text: str) -> Problem | None:
        """What Airflow would refuse in a line, as far as is known now; asks nobody."""
        from mwaa_shell.airflow import advice

        return advice.problem_in(text, self.checked_by)

    @property
    def checked_by(self) -> Grammar | None:
        """The command tree that lines are checked with; ``None`` where the user wants no checks."""
        return self.grammar if self.settings.validate else None

    def explained(self, text: str, cursor: int) -> str:
        """What is known of the word under the cursor, as a page; asks nobody."""
        from mwaa_shell.airflow import advice
        from mwaa_shell.directives import command_in, page

        begins, line = line_at(text, cursor)
        own = page(line)
        if own is None:
            begins += command_in(line)
            own = advice.explained(line[command_in(line) :], cursor - begins, self.grammar)
        return own or "Nothing is known of this; .help lists what can be typed"

    def check_directive(self, line: ParsedLine, depth: int) -> None:
        """Raise for what can be known to be wrong with a directive ahead of time; ``depth`` is that of its file."""
        from mwaa_shell.directives import check

        check(self, line, depth)

    def problem_before_sending(self, line: ParsedLine) -> Problem | None:
        """The same with all that can be known of the environment: opens one and asks AWS, if need be."""
        if line.kind is Kind.AIRFLOW and line.problem is None:
            self.ensure_open()
            self.learn_version()
        return self.problem_in(line.text)

    def learn_version(self) -> None:
        """Wait until AWS has told about the environment, or has not; say once what is not allowed and what it costs."""
        link = self.link
        error = self.wait_for("asking AWS about the environment", link.target.access.timeout, link.describe)
        if isinstance(error, PermissionMissing) and link.target not in self._told:
            self._told.add(link.target)
            unknown = "status and access mode" if link.version else "Airflow version, status and access mode"
            advice = "" if link.version else " (--airflow-version says the version)"
            self.note(f"{error.action} is not allowed on {link.target.name}: its {unknown} are not known{advice}")

    def ensure_open(self) -> None:
        """Be on an environment: the only one of the region, or the one that the user chooses."""
        if self._link is None:
            self.open_default()

    def _run(self, line: ParsedLine) -> Result:
        self.delivers = line.destination is not None
        if line.destination is not None:
            from mwaa_shell.output.destination import check

            check(line.destination)
        if line.kind is Kind.DIRECTIVE:
            from mwaa_shell.directives import run

            return run(self, line)
        result = self.run_command(line)
        self.last = result
        return result

    def send_anyway(self, text: str) -> Result:
        """Send an Airflow command as it is, whatever the command tree says of it."""
        line = parse(text)
        if line.problem is not None:
            raise UsageError(f"{line.problem.message}, nothing was sent")
        if line.kind is not Kind.AIRFLOW:
            raise UsageError(".send: an Airflow command is missing")
        result = self.last = self.run_command(line, as_it_is=True)
        return result

    def _deliver(self, line: ParsedLine, result: Result) -> Result:
        if self.settings.data_only and result.remote:
            from mwaa_shell.output.data import data_only

            result = data_only(line.values, result)
        if line.destination is not None:
            from mwaa_shell.output.destination import deliver

            result = deliver(line.destination, result)
        return result

    def run_command(self, line: ParsedLine, *, as_it_is: bool = False) -> Result:
        """Send one Airflow command and wait for its Result; its names are learned behind the next prompt.

        Where masks stand for secrets, those are asked for and sent, but what is written down keeps the masks.
        """
        link = self.link
        sent = line if as_it_is else unmasked(line, self.grammar, self.ask_secret)
        kept = not self._private and self.preferences["history"] == "on"
        number = self.record.begin(link, line, self._origin) if kept else None
        result = run_command(link, sent, self._watcher)
        self.record.finish(number, link, line, result)
        if self.live is not None and not self._private:
            self.live.learn(sent, result)
        return result

    # -- waiting -----------------------------------------------------------------------------------------------------

    def wait_for(self, phase: str, limit: float, ask: Callable[[], T]) -> T:
        """Run something slow that changes nothing, bounded by ``limit`` seconds; Ctrl-C stops the waiting."""

        def work(job: Job[T]) -> T:
            job.enter(phase, limit)
            return ask()

        job = Job(work, phase)
        try:
            return job.follow(self._watcher)
        except TooLate as late:
            raise NothingRan(f"AWS gave no answer within {late.seconds:g} seconds ({phase}), nothing ran") from None


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
