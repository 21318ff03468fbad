"""The interactive loop, which reads, executes and shows."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from types import FrameType
from typing import Any

from prompt_toolkit.application import Application, create_app_session
from prompt_toolkit.application.current import AppSession

from mwaa_shell import debug_log, dot_commands, output, session
from mwaa_shell.airflow.command_line import end_of_words
from mwaa_shell.errors import EnvironmentNotFound, ExitCode, ShellError, UsageError
from mwaa_shell.interrupts import ended_in_order
from mwaa_shell.mwaa import Connection, programs
from mwaa_shell.output import sanitise
from mwaa_shell.result import Result
from mwaa_shell.session import Session, UserInterface, script
from mwaa_shell.settings import Settings
from mwaa_shell.streams import Streams, can_draw
from mwaa_shell.terminal import questions
from mwaa_shell.terminal.canvas import Progress, canvas_for
from mwaa_shell.terminal.keys import leave_prompt, print_above
from mwaa_shell.terminal.preload import Preloader
from mwaa_shell.terminal.prompt import EnvironmentMissing, Prompt, Proposal, terminal_output
from mwaa_shell.terminal.questions import choose_environment, choose_row

#: Prompts in a row that may fail before the shell ends.
MOST_CRASHES = 3


class Shell:
    """The interactive shell, from the first prompt to the exit code."""

    def __init__(
        self,
        settings: Settings,
        streams: Streams,
        terminal_before: list[Any] | None = None,
        show_notices: Callable[[Callable[[str], None]], AbstractContextManager[None]] | None = None,
    ) -> None:
        """Make the shell.

        ``terminal_before`` are the modes of the terminal before the launcher changed them. ``show_notices`` gets a
        function that shows a notice of a local environment, for as long as the prompt is shown.
        """
        streams.prefix = ""  # a prompt is no log of several programs
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
                choose=choose_environment,
                pick=choose_row,
                ask=questions.confirm,
                ask_name=questions.read_text,
                ask_secret=questions.read_secret,
                draws_tables=streams.stdout_tty,
                keeps_names=True,
            ),
        )
        self._drawing: AppSession | None = None  # the owner of the terminal while it asks for keys
        self._leaving = ExitSignals(lambda: self._drawing.app if self._drawing is not None else None)
        self._warm_ups: dict[Connection, Preloader] = {}
        self._proposal = Proposal()  # the text of the next prompt
        self._crashes = 0  # of the prompt, since the last line
        self._echoed = ""  # the flags that the echo of the running line adds

    def run(self) -> ExitCode:
        """Run until the user leaves. Raises ``ShellError`` if there is no environment to open."""
        programs.TERMINAL.is_kept = True
        try:
            with (
                create_app_session(output=terminal_output()) as self._drawing,
                asyncio.Runner() as self._runner,
                self._show_notices(self._note_aside) if self._show_notices is not None else nullcontext(),
                ended_in_order(self._leaving.end),
            ):
                return self._run()
        finally:
            self._progress.echo()
            programs.end_programs()
            self._session.close()

    def _run(self) -> ExitCode:
        if self._session.target is None:
            session.open_default(self._session)
        while True:
            with suppress(KeyboardInterrupt):  # a second Ctrl-C may come between two prompts
                return self._run_lines()

    def _run_lines(self) -> ExitCode:
        prompt: Prompt | None = self._new_prompt()
        while True:
            self._leaving.check()
            if prompt is None or prompt.connection is not self._session.connection:
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
        """Return one line, empty after Ctrl-C, ``None`` if the prompt failed.

        Raises the errors of a prompt that the user leaves, and the last one of a prompt that keeps failing.
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
                f"The prompt has restarted because of a bug in mwaa-shell: {type(error).__name__}. Nothing was sent. "
                "Please report it, with the file that --debug FILE writes."
            )
            self._proposal = Proposal(prompt.text)
            return None
        self._crashes = 0
        return line

    def _leaves_after(self, line: str, origins: Mapping[str, str]) -> bool:
        """Run the entered lines with their origins. Return whether the user leaves."""
        if not line:
            return False
        try:
            return self._execute(line, origins)
        except ShellError:
            raise
        except Exception as error:  # a bug; the message quotes nothing
            self._note(debug_log.crash(error))
        except KeyboardInterrupt:  # between two steps that handle it
            self._note("Interrupted. .history lists what was sent, .raw shows the last output.")
        return False

    def _execute(self, line: str, origins: Mapping[str, str]) -> bool:
        """Run and show lines up to the first failure. Return whether the user leaves."""
        ui = self._session.ui
        ui.canvas = ui.canvas or canvas_for(self._streams, self._progress, self._session.preferences)
        executor = session.Executor(self._session, dot_commands)
        block = script.script_lines(line.split("\n"))  # a pasted block is several
        lines = [one._replace(origin=origins.get(one.text, one.origin)) for one in block]
        self._progress.stop_echo()
        for step in executor.run_lines(lines, before=self._echo if len(lines) == 1 else self._echo_all):
            self._progress.stop_echo()  # a local command has had the terminal with its modes
            self._show(step.result)
            self._withhold(step.result)
            if step.result.proposal:
                self._proposal = Proposal(step.result.proposal, {one.line: one.origin for one in step.result.proposed})
                if step.result.ok:
                    self._note(step.result.message)
                else:  # shown already; typed-ahead text must not send it
                    questions.drop_typed_keys()
            if step.result.leaves or not step.result.ok or step.result.proposal:
                if step.left and not step.result.leaves:
                    self._note(f"{'One more line' if step.left == 1 else f'{step.left} more lines'} did not run.")
                return step.result.leaves
        return False

    def _withhold(self, shown: Result) -> None:
        """Keep background work from reporting an error that a command has just shown."""
        here = self._session.connection if self._session.target is not None else None
        if not shown.ok and shown.message and here in self._warm_ups:
            self._warm_ups[here].withhold(shown.message)

    def _show(self, result: Result) -> None:
        if result.clears and self._drawing is not None:
            self._drawing.output.erase_screen()
            self._drawing.output.cursor_goto(0, 0)
            self._drawing.output.flush()
        preferences = self._session.preferences
        try:
            view = output.view_of(self._streams, preferences)
            output.show(result, self._streams, view, output.PromptDisplay(self._echoed, preferences["pager"] == "on"))
        except KeyboardInterrupt:
            self._note("The display was stopped. .raw shows all of it.")

    def _echo_all(self, line: str, depth: int) -> None:
        """Echo one of several lines before it runs, as a heading of its output."""
        here = self._session.target
        self._echoed = session.additions_to(self._session, line).strip()
        shown = sanitise(self._session.rules().mask(line))
        if self._echoed:
            end = end_of_words(shown)
            shown = f"{shown[:end]} {self._echoed}{shown[end:]}"
        self._streams.write_err(f"{here.name if here else ''}> {shown}\n".encode(errors="replace"))

    def _echo(self, line: str, depth: int) -> None:
        """Echo a line of a file. A typed line is on the screen already."""
        self._echoed = session.additions_to(self._session, line).strip()
        if depth:
            self._echo_all(line, depth)

    def _choose_instead(self) -> None:
        """Report that the environment does not exist, and offer the others.

        Raises ``EnvironmentNotFound`` if there are no others or none is chosen.
        """
        connection = self._session.connection
        region = f" in {connection.region}" if connection.region else ""
        missing = f"No environment '{connection.target.name}'{region}"
        try:
            names = session.list_environments(self._session, connection.target.access)
        except ShellError as error:
            raise error.with_message(f"{missing}, and listing the others failed: {error}") from None
        if not names:
            raise EnvironmentNotFound(missing, hint="There is no other. Pass --region or --profile.")
        self._note(missing)
        try:
            self._session.open(session.choose(self._session, connection.target.access, names), connection.target.access)
        except UsageError as error:
            raise EnvironmentNotFound(str(error), hint=error.hint) from None

    def _note(self, text: str) -> None:
        self._progress.over()
        self._streams.note(text)

    def _note_aside(self, text: str) -> None:
        """Show a notice from another thread above the prompt or question."""
        app = self._drawing.app if self._drawing is not None else None
        loop, context = (app.loop, app.context) if app is not None else (None, None)
        if loop is not None and context is not None:
            with suppress(RuntimeError):  # the prompt has just ended, and its loop with it
                loop.call_soon_threadsafe(print_above, partial(self._streams.note, text), context=context)
                return
        if can_draw() and self._streams.stderr_tty:
            self._streams.write_err(b"\r\x1b[J")  # the status line, which is drawn again below
        self._streams.note(text)


class ExitSignals:
    """The end of the shell on SIGTERM, SIGHUP and SIGQUIT, in order as by Ctrl-D.

    SIGQUIT is Ctrl-\\ while a command runs. Screen and terminal are restored. The exit code is 128 and the number of
    the signal, as shells report it. ``drawing`` returns the application that asks for keys, if one does.
    """

    def __init__(self, drawing: Callable[[], Application[Any] | None]) -> None:
        self._drawing = drawing
        self._wanted: SystemExit | None = None

    def check(self) -> None:
        """Raise ``SystemExit`` if a signal has come."""
        if self._wanted is not None:
            raise self._wanted

    def end(self, number: int, frame: FrameType | None) -> None:
        """End the prompt from its loop, else end at once. A second signal ends the process."""
        signal.signal(number, signal.SIG_DFL)
        self._wanted = SystemExit(128 + number)
        app = self._drawing()
        if app is None or app.loop is None:
            raise self._wanted
        app.loop.call_soon_threadsafe(leave_prompt, app, self._wanted, "class:exiting", context=app.context)
