"""The interactive loop: read, execute, show. Ctrl-C drops the line or stops the waiting, Ctrl-D leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from prompt_toolkit.application import create_app_session, run_in_terminal
from prompt_toolkit.application.current import AppSession

from mwaa_shell import debug_log
from mwaa_shell.errors import EnvironmentNotFound, ExitCode, ShellError, UsageError
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.mwaa.programs import end_programs, keep_terminal
from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.session import Session, UserInterface, script
from mwaa_shell.settings import Settings
from mwaa_shell.status_line import can_draw
from mwaa_shell.streams import Streams
from mwaa_shell.terminal.leaving import Leaving
from mwaa_shell.terminal.preload import Preloader
from mwaa_shell.terminal.progress import Progress
from mwaa_shell.terminal.prompt import EnvironmentMissing, Prompt, Proposal, terminal_output

if TYPE_CHECKING:
    from mwaa_shell.result import Result
    from mwaa_shell.session import script


#: So many prompts in a row may break down; then nobody can type.
MOST_CRASHES = 3


class Shell:
    """One interactive run."""

    def __init__(
        self,
        settings: Settings,
        streams: Streams,
        terminal_before: list[Any] | None = None,
        show_notices: Callable[[Callable[[str], None]], AbstractContextManager[None]] | None = None,
    ) -> None:
        """``terminal_before`` are the modes of the terminal before the launcher took it.

        ``show_notices`` is called with what shows a notice of a local environment, for as long as the prompt stands.
        """
        self._streams = streams
        self._show_notices = show_notices
        self._progress = Progress(streams)
        self._progress.take_over(terminal_before)
        self._session = Session(
            settings,
            UserInterface(
                self._note,
                self._progress,
                interactive=True,
                choose=_choose,
                pick=_pick,
                ask=_ask,
                ask_name=_ask_name,
                ask_secret=_read_secret,
                draws_tables=streams.stdout_tty,
                keeps_names=True,
            ),
        )
        self._drawing: AppSession | None = None  # who has the terminal, if anything asks for keys
        self._leaving = Leaving(lambda: self._drawing.app if self._drawing is not None else None)
        self._warm_ups: dict[Connection, Preloader] = {}
        self._proposal = Proposal()  # what stands on the next prompt
        self._crashes = 0  # of the prompt, since somebody could last type at it
        self._echoed = ""  # what the echo of the running line says that is added to it

    def run(self) -> ExitCode:
        """Until the user leaves. Raises ``ShellError`` where there is no environment to open."""
        keep_terminal()
        try:
            with (
                create_app_session(output=terminal_output()) as self._drawing,
                asyncio.Runner() as self._runner,
                self._show_notices(self._note_aside) if self._show_notices is not None else nullcontext(),
                self._leaving.watched(),
            ):
                return self._run()
        finally:
            self._progress.echo()
            end_programs()
            self._session.close()

    def _run(self) -> ExitCode:
        if self._session.here is None:
            from mwaa_shell.session.environment import open_default

            open_default(self._session)
        prompt: Prompt | None = self._new_prompt()
        while True:
            self._leaving.check()
            if prompt is None or prompt.link is not self._session.link:
                prompt = self._new_prompt()
            try:
                line = self._read(prompt)
            except EOFError:
                return ExitCode.OK
            except EnvironmentMissing as missing:
                self._proposal = Proposal(missing.typed)
                self._choose_instead()
                continue
            if line is None:
                prompt = None
            elif self._leaves_after(line, prompt.origins):
                return ExitCode.OK

    def _new_prompt(self) -> Prompt:
        return Prompt(self._session, self._warm_ups, self._runner, self._streams.note)

    def _read(self, prompt: Prompt) -> str | None:
        """One line, empty where Ctrl-C dropped it; ``None`` where the prompt broke down.

        Raises what the prompt raises for a user who leaves, and what broke it if it will not stand any more.
        """
        proposal, self._proposal = self._proposal, Proposal()
        try:
            line = prompt.read(proposal)
        except KeyboardInterrupt:
            line = ""
        except (EOFError, EnvironmentMissing, ShellError):
            raise
        except Exception as error:
            self._leaving.check()  # the terminal may have gone with it
            self._crashes += 1
            if self._crashes > MOST_CRASHES:
                raise
            debug_log.error("prompt", error)
            self._note(
                f"The prompt broke down and begins anew, nothing was sent by it: {type(error).__name__}, "
                "a mistake in mwaa-shell itself. Please report it; --debug FILE writes down what leads to it"
            )
            self._proposal = Proposal(prompt.text)
            return None
        self._crashes = 0
        return line

    def _leaves_after(self, line: str, origins: Mapping[str, str]) -> bool:
        """Run what was entered, of which ``origins`` says where lines come from; whether the user leaves."""
        if not line:
            return False
        try:
            return self._execute(line, origins)
        except ShellError:
            raise
        except Exception as error:  # a mistake of our own: said without what it quotes, and the session goes on
            self._note(debug_log.crash(error))
        except KeyboardInterrupt:  # between two things that take it themselves
            self._note("Stopped here; .history tells what was sent, .raw shows the last reply")
        return False

    def _execute(self, line: str, origins: Mapping[str, str]) -> bool:
        """Run what was entered up to the first failure and show what came of it; whether the user leaves."""
        from mwaa_shell.dot_commands import TABLE
        from mwaa_shell.session import Executor  # both take long to import, and no line has been run yet

        self._have_canvas()
        executor = Executor(self._session, TABLE)
        block = script.lines_of(line.split("\n"))  # a pasted block is several
        lines = [replace(one, origin=origins.get(one.text, one.origin)) for one in block]
        self._progress.stop_echo()
        for step in executor.run_lines(lines, before=self._echo if len(lines) == 1 else self._echo_all):
            self._progress.stop_echo()  # a local command has had the terminal as it was
            self._show(step.result)
            if step.result.proposal:
                self._proposal = Proposal(step.result.proposal, {one.line: one.origin for one in step.result.proposed})
                if step.result.ok:
                    self._note(step.result.message)
                else:  # said already; and nobody who typed ahead meant to send this again
                    self._progress.drop_typed()
            if step.result.leaves or not step.result.ok or step.result.proposal:
                if step.left and not step.result.leaves:
                    self._note(f"{'One line' if step.left == 1 else f'{step.left} lines'} behind it did not run")
                return step.result.leaves
        return False

    def _have_canvas(self) -> None:
        """Somewhere to show what goes on; made when the first line is run."""
        from mwaa_shell.terminal.canvas import canvas_for

        ui = self._session.ui
        ui.canvas = ui.canvas or canvas_for(self._streams, self._progress, self._session.preferences)

    def _show(self, result: Result) -> None:
        from mwaa_shell.output.display import view_of
        from mwaa_shell.output.show import PromptDisplay, show

        preferences = self._session.preferences
        try:
            view = view_of(self._streams, preferences)
            show(result, self._streams, view, PromptDisplay(self._echoed, preferences["pager"] == "on"))
        except KeyboardInterrupt:
            self._note("Stopped showing; .raw shows all of it")

    def _echo_all(self, line: str, depth: int) -> None:
        """A line of several is shown before it runs: what comes out belongs to it."""
        here = self._session.here
        from mwaa_shell.session.send import additions_to

        self._echoed = additions_to(self._session, line).strip()
        shown = f"{sanitise(self._session.rules().masked(line))} {self._echoed}".rstrip()
        self._streams.talk(f"{here.name if here else ''}> {shown}\n".encode(errors="replace"))

    def _echo(self, line: str, depth: int) -> None:
        """So is one that a file brought; what was typed stands there already, with what is added to it."""
        from mwaa_shell.session.send import additions_to

        self._echoed = additions_to(self._session, line).strip()
        if depth:
            self._echo_all(line, depth)

    def _choose_instead(self) -> None:
        """The environment does not exist: say so, and let another be chosen. Leaves if there is none."""
        from mwaa_shell.session.environment import choose, list_environments

        link = self._session.link
        region = f" in {link.region}" if link.region else ""
        missing = f"There is no environment {link.target.name}{region}"
        try:
            names = list_environments(self._session, link.target.access)
        except ShellError as error:
            raise EnvironmentNotFound(f"{missing}, and they cannot be listed: {error}") from None
        if not names:
            raise EnvironmentNotFound(f"{missing}, nor any other")
        self._note(missing)
        try:
            self._session.open(choose(self._session, link.target.access, names), link.target.access)
        except UsageError as error:
            raise EnvironmentNotFound(str(error)) from None

    def _note(self, text: str) -> None:
        self._progress.over()
        self._streams.note(text)

    def _note_aside(self, text: str) -> None:
        """Say something on another thread: above the prompt, or what else asks for keys, which is drawn anew."""
        app = self._drawing.app if self._drawing is not None else None
        if app is not None and app.loop is not None and app.is_running:
            say = partial(run_in_terminal, partial(self._streams.note, text))
            app.loop.call_soon_threadsafe(say, context=app.context)
            return
        if can_draw() and self._streams.stderr_tty:
            self._streams.talk(b"\r\x1b[J")  # the line of what is waited for, which comes back below
        self._streams.note(text)


# What asks somebody is imported when there is something to ask.


def _ask(question: str) -> bool:
    from mwaa_shell.terminal import questions

    return questions.yes(question)


def _ask_name(question: str) -> str | None:
    from mwaa_shell.terminal import questions

    return questions.typed(question)


def _read_secret(name: str) -> str | None:
    from mwaa_shell.terminal.questions import read_secret

    return read_secret(name)


def _choose(links: Sequence[Connection]) -> str | None:
    from mwaa_shell.terminal.chooser import choose_environment

    return choose_environment(links)


def _pick(rows: Sequence[tuple[str, str]]) -> int | None:
    from mwaa_shell.terminal.chooser import choose_row

    return choose_row(rows)
