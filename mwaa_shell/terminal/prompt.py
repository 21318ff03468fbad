"""The prompt, which reads one line at a time above a toolbar."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from prompt_toolkit import PromptSession
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Always, Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import merge_key_bindings
from prompt_toolkit.layout.containers import HSplit, Window
from prompt_toolkit.layout.controls import BufferControl
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.menus import CompletionsMenuControl
from prompt_toolkit.output import Output
from prompt_toolkit.output.defaults import create_output
from prompt_toolkit.output.plain_text import PlainTextOutput
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import DynamicStyle
from prompt_toolkit.utils import is_dumb_terminal

from mwaa_shell import debug_log
from mwaa_shell.interrupts import INTERRUPTS
from mwaa_shell.mwaa import Connection
from mwaa_shell.output import measure, sanitise
from mwaa_shell.prompt_text import PLACEHOLDER, mark
from mwaa_shell.session import Session, script
from mwaa_shell.terminal.completer import SOON, LineCompleter
from mwaa_shell.terminal.history_lines import HistoryLines, HistorySuggest, waiting_keys
from mwaa_shell.terminal.keys import NOT_ASKED, bindings, leave_prompt, print_above, spurious_keys
from mwaa_shell.terminal.preload import Preloader
from mwaa_shell.terminal.style import LineLexer, MaskSecrets, ShowAdditions
from mwaa_shell.terminal.toolbar import ToolbarState, ValidationMessage, toolbar

#: Seconds to wait for the second key of a pair such as Ctrl-X Ctrl-E, and for what may follow a bare Esc.
PAIR, ESCAPE = 1.0, 0.1

#: Seconds from the first drawing until the preloader starts: what was typed before comes first.
QUIET = 0.05


class Proposal(NamedTuple):
    """A line to put on the prompt, with the origins of lines from the history."""

    text: str = ""
    origins: Mapping[str, str] = MappingProxyType({})


class EnvironmentMissing(Exception):
    """An environment that does not exist; ``typed`` is the text on the prompt."""

    def __init__(self, typed: str) -> None:
        super().__init__(typed)
        self.typed = typed


def terminal_output() -> Output:
    """Return standard output, or standard error if only that is a terminal.

    A dumb terminal gets no escape sequence at all.
    """
    stream = sys.stdout if sys.stdout.isatty() else sys.stderr
    return PlainTextOutput(stream) if is_dumb_terminal() else create_output(always_prefer_tty=True)


class Prompt:
    """The prompt of one environment, which also starts the preloader."""

    def __init__(
        self,
        session: Session,
        warm_ups: dict[Connection, Preloader],
        runner: asyncio.Runner,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Make the prompt of a session. ``runner`` keeps one event loop for all lines."""
        self._session = session
        self._runner = runner
        self.connection = session.connection  #: its past lines come first
        self._warm_ups = warm_ups
        self.origins: dict[str, str] = {}  #: lines on the prompt that come from the history, with their origin
        self._say = say  # a sentence, on a terminal without a prompt
        self._said = ValidationMessage(session)
        self._is_first = not warm_ups  #: nothing has been typed since the start
        self._crashes: set[str] = set()
        self._noticed: set[str] = set()
        self._completer = LineCompleter(session)
        past = HistoryLines(session, self._tell)
        self._suggest = HistorySuggest(session)
        lexer = LineLexer(session, lambda: any(one.has_imported for one in warm_ups.values()))
        self._prompt: PromptSession[str] = PromptSession(
            message=self._name,
            bottom_toolbar=self._toolbar,
            placeholder=self._placeholder,
            completer=self._completer,
            lexer=lexer,
            complete_while_typing=Condition(lambda: session.preferences["menu"] == "typing"),
            key_bindings=merge_key_bindings(
                [spurious_keys(), bindings(session, self._said, self.origins), waiting_keys(past)]
            ),
            history=past,
            auto_suggest=self._suggest,
            input_processors=[MaskSecrets(session), ShowAdditions(session)],
            enable_suspend=True,
            style=DynamicStyle(lexer.style),
        )
        self._prompt.app.timeoutlen, self._prompt.app.ttimeoutlen = PAIR, ESCAPE
        self._prompt.app.before_render += lambda app: self._prepare_drawing()
        self._buffer.on_text_changed += lambda buffer: self._said.clear()
        self._buffer.on_text_changed += lambda buffer: self._keep_origins()
        self._lay_out()

    @property
    def _buffer(self) -> Buffer:
        return self._prompt.default_buffer

    @property
    def text(self) -> str:
        """The text on the prompt, or the last one."""
        return self._buffer.text

    def read(self, proposal: Proposal) -> str:
        """Read one line. Raises ``KeyboardInterrupt``, ``EOFError`` or ``EnvironmentMissing``."""
        self.origins.clear()
        self.origins.update(proposal.origins)
        self._said.clear()
        self._suggest.forget()
        preferences = self._session.preferences
        self._prompt.editing_mode = EditingMode.VI if preferences["keys"] == "vi" else EditingMode.EMACS
        never = preferences["menu"] == "never"
        self._prompt.complete_style = CompleteStyle.READLINE_LIKE if never else CompleteStyle.COLUMN
        try:
            # At two SIGINTs in a row prompt_toolkit's handler reports a bug, and the runner's raises in the midst of a
            # drawing.
            with INTERRUPTS.call(partial(self._redraw_and, self._drop_line)):
                line = self._prompt.prompt_async(
                    default=proposal.text, pre_run=self._begin, set_exception_handler=False, handle_sigint=False
                )
                return self._runner.run(line)
        finally:
            self._is_first = False
            if self.connection in self._warm_ups:  # a line may come before the pause that starts it
                self._warm_ups[self.connection].start()

    def _keep_origins(self) -> None:
        """Drop the origins of lines that are no longer on the prompt."""
        if self.origins:
            lines = {one.text for one in script.script_lines(self._buffer.text.split("\n"))}
            for gone in self.origins.keys() - lines:
                del self.origins[gone]

    def _lay_out(self) -> None:
        """Put the message below the line, and the menu where the word begins."""
        layout = self._prompt.layout
        layout.current_window.dont_extend_height = Always()
        assert isinstance(layout.container, HSplit)  # the line with its menu, then toolbars
        layout.container.children[1:1] = [self._said.window, Window()]
        for one in layout.walk():
            if isinstance(one, Window) and isinstance(one.content, CompletionsMenuControl):
                one.height = lambda: Dimension(min=1, max=self._session.preferences.number("menu-rows"))
        control = layout.current_control
        if isinstance(control, BufferControl):
            control.menu_position = self._menu_position

    def _menu_position(self) -> int | None:
        """Return the column of the menu, one before the completed word for a margin."""
        state = self._buffer.complete_state
        if state is None or not state.completions:
            return None
        return max(state.original_document.cursor_position + state.completions[0].start_position - 1, 0)

    def _name(self) -> StyleAndTextTuples:
        place = self._session.protection()
        color = self._session.preferences["prompt-color"]
        return [*mark(place.name, protected=place.protected, read_only=place.read_only, color=color)]

    def _prepare_drawing(self) -> None:
        """Set the name before the line, and reserve the rows below that the menu takes."""
        self._prompt.message = self._name()  # a function would be called ten times a drawing
        state = self._buffer.complete_state
        menu = min(len(state.completions), self._session.preferences.number("menu-rows")) if state else 0
        self._prompt.reserve_space_for_menu = menu + 1 if menu else 0

    def _begin(self) -> None:
        """Start the preloader once the prompt is shown. Nothing slow comes before it."""
        asyncio.get_running_loop().set_exception_handler(lambda loop, about: self._failed(about.get("exception")))
        connection = self._session.connection
        warm_up = self._warm_ups.get(connection)
        if warm_up is None:
            changed, names = partial(self._changed, connection), partial(self._names_changed, connection)
            warm_up = self._warm_ups[connection] = Preloader(self._session, connection, changed, names)
            asyncio.get_running_loop().call_later(QUIET, warm_up.start)
        elif warm_up.missing:
            self._leave_missing(connection)
        else:
            self._tell_notices(connection)  # of the time in which a line ran

    def _failed(self, error: object) -> None:
        """Report a bug at the prompt once. prompt_toolkit would print foreign text."""
        if not isinstance(error, Exception):
            return
        said = debug_log.crash(error)
        if said not in self._crashes:
            self._crashes.add(said)
            self._tell(said)

    def _tell(self, text: str) -> None:
        """Show a sentence above the prompt."""
        print_above(lambda: self._say(text))

    def _changed(self, connection: Connection) -> None:
        """Redraw and show notices. The thread of the preloader calls this."""
        missing = self._warm_ups[connection].missing
        self._redraw_and(partial(self._leave_missing if missing else self._tell_notices, connection))

    def _tell_notices(self, connection: Connection) -> None:
        """Show notices of background work above the prompt, again if the user asked."""
        warm_up, app = self._warm_ups[connection], self._prompt.app
        if not app.is_running or app.is_done or self._session.connection is not connection:
            return
        live = self._session.loaded_names_of(connection)
        if live is not None and live.notice:
            self._tell_once(live.notice, again=live.pressing)
            live.notice = ""
        if warm_up.blocks:
            said, warm_up.blocks, warm_up.notice = warm_up.blocks, "", ""
            self._tell(said)
        elif warm_up.notice:
            if not connection.info.details:
                self._tell_once(warm_up.notice)
            warm_up.notice = ""

    def _tell_once(self, notice: str, *, again: bool = False) -> None:
        if again or notice not in self._noticed:
            self._noticed.add(notice)
            self._tell(sanitise(notice))

    def _placeholder(self) -> StyleAndTextTuples:
        """Return the text of an empty first prompt, as far as the line has room for it."""
        taken = sum(measure.width(text) for _, text, *_ in self._name())
        room = self._prompt.app.output.get_size().columns - taken - 1
        return [("class:placeholder", measure.clip(PLACEHOLDER, room))] if self._is_first and room > 0 else []

    def _names_changed(self, connection: Connection) -> None:
        """Redraw, and open a menu that had no names. The thread of the names calls this."""
        self._redraw_and(self._open_menu, partial(self._tell_notices, connection))

    def _redraw_and(self, *calls: Callable[[], object]) -> None:
        """Redraw, and call functions in the prompt's thread. Other threads call this."""
        app = self._prompt.app
        loop, context = app.loop, app.context
        if loop is None or context is None:
            return
        with suppress(RuntimeError):  # the loop was closed meanwhile
            for call in (app.invalidate, *calls):
                loop.call_soon_threadsafe(call, context=context)

    def _open_menu(self) -> None:
        """Open the menu if the cursor is still where names were missing."""
        if not self._prompt.app.is_running or self._prompt.app.is_done:
            return  # a task begun now would be left to the end of the loop
        if self._completer.is_reading:
            asyncio.get_running_loop().call_later(SOON, self._open_menu)
            return
        buffer, state = self._buffer, self._buffer.complete_state
        waits = self._completer.found_nothing_in == buffer.document.text_before_cursor
        if waits if state is None else state.complete_index is None:
            buffer.complete_state = None
            buffer.start_completion(complete_event=NOT_ASKED)

    def _leave_missing(self, connection: Connection) -> None:
        if self._session.connection is connection:
            leave_prompt(self._prompt.app, EnvironmentMissing(self._buffer.text))

    def _drop_line(self) -> None:
        leave_prompt(self._prompt.app, KeyboardInterrupt(), "class:aborting")

    def _toolbar(self) -> StyleAndTextTuples:
        connection = self._session.connection
        live = self._session.loaded_names_of(connection)
        state = ToolbarState(live.summary(), live.doing) if live is not None else ToolbarState()
        return toolbar(connection, state, self._buffer.document, self._prompt.app.output.get_size().columns)
