"""The prompt: reads one line at a time, and shows what is known of the environment below it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from prompt_toolkit import PromptSession
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import merge_key_bindings
from prompt_toolkit.layout.containers import FloatContainer, Window
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
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.prompt_text import mark
from mwaa_shell.session import Session
from mwaa_shell.terminal.completer import SOON, LineCompleter
from mwaa_shell.terminal.history_lines import HistoryLines, HistorySuggest, waiting_keys
from mwaa_shell.terminal.keys import NOT_ASKED, bindings
from mwaa_shell.terminal.lexer import LineLexer
from mwaa_shell.terminal.preload import Preloader, PreloadListeners
from mwaa_shell.terminal.processors import MaskSecrets, ShowAdditions
from mwaa_shell.terminal.spurious_keys import spurious_keys
from mwaa_shell.terminal.toolbar import State, toolbar
from mwaa_shell.terminal.validation_message import Message

#: Seconds to wait for the second key of a pair such as Ctrl-X Ctrl-E, and for what may follow a bare Esc.
PAIR, ESCAPE = 1.0, 0.1

#: Seconds in which nothing was drawn until the warm-up begins: what was typed before comes first. And its latest.
QUIET, LATEST = 0.05, 0.5
#: Seconds after which an idle prompt is drawn anew: the age of the names goes on.
REDRAW = 30.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """A line to put on the prompt; where it, or each line of a block, comes from if not from the keyboard."""

    text: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)


class EnvironmentMissing(Exception):
    """AWS knows no environment of the name; ``typed`` is what stood on the prompt."""

    def __init__(self, typed: str) -> None:
        super().__init__(typed)
        self.typed = typed


def terminal_output() -> Output:
    """Where prompts are drawn: standard output, or standard error where that alone is a terminal.

    A dumb terminal gets no escape sequence at all.
    """
    stream = sys.stdout if sys.stdout.isatty() else sys.stderr
    return PlainTextOutput(stream) if is_dumb_terminal() else create_output(always_prefer_tty=True)


class Prompt:
    """Reads lines for one session; warms up each environment behind the prompt."""

    def __init__(
        self,
        session: Session,
        warm_ups: dict[Connection, Preloader],
        runner: asyncio.Runner,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """``runner`` has the loop for one line after the other: making one anew takes time behind each Enter."""
        self._session = session
        self._runner = runner
        self.link = session.link  #: the lines of before are those of this environment first
        self._warm_ups = warm_ups
        self.origins: dict[str, str] = {}  #: lines on the prompt that stand for commands of the history, and those
        self._say = say  # a sentence, on a terminal that nobody draws on
        self._said = Message(session)
        self._crashes: set[str] = set()
        self._completer = LineCompleter(session)
        past = HistoryLines(session, self._tell)
        self._suggest = HistorySuggest(session)
        lexer = LineLexer(session)
        self._prompt: PromptSession[str] = PromptSession(
            message=self._message,
            bottom_toolbar=self._toolbar,
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
            refresh_interval=REDRAW,
            style=DynamicStyle(lexer.style),
        )
        self._prompt.app.timeoutlen, self._prompt.app.ttimeoutlen = PAIR, ESCAPE
        self._prompt.app.before_render += lambda app: self._reserve()
        self._said.watch(self._buffer)
        self._lay_out()

    @property
    def _buffer(self) -> Buffer:
        return self._prompt.default_buffer

    @property
    def text(self) -> str:
        """What stands on it, or stood when it was left."""
        return self._buffer.text

    def read(self, proposal: Proposal) -> str:
        """One line. Raises ``KeyboardInterrupt``, ``EOFError`` or ``EnvironmentMissing``."""
        self.origins.clear()
        self.origins.update(proposal.origins)
        self._said.clear()
        self._suggest.forget()
        preferences = self._session.preferences
        self._prompt.editing_mode = EditingMode.VI if preferences["keys"] == "vi" else EditingMode.EMACS
        never = preferences["menu"] == "never"
        self._prompt.complete_style = CompleteStyle.READLINE_LIKE if never else CompleteStyle.COLUMN
        try:
            line = self._prompt.prompt_async(default=proposal.text, pre_run=self._begin, set_exception_handler=False)
            return self._runner.run(line)
        finally:
            if self.link in self._warm_ups:  # a line that was typed at once has come before it
                self._warm_ups[self.link].start()

    def _lay_out(self) -> None:
        """Put the message over the line, and the menu where the word begins, with as many rows as the user wants."""
        for one in self._prompt.layout.walk():
            if isinstance(one, FloatContainer):
                one.floats += self._said.floats()
            elif isinstance(one, Window) and isinstance(one.content, CompletionsMenuControl):
                one.height = lambda: Dimension(min=1, max=self._session.preferences.number("menu-rows"))
        control = self._prompt.layout.current_control
        if isinstance(control, BufferControl):
            control.menu_position = self._menu_position

    def _menu_position(self) -> int | None:
        """Where the word begins that the menu completes; a margin of the menu stands before it."""
        state = self._buffer.complete_state
        if state is None or not state.completions:
            return None
        return max(state.original_document.cursor_position + state.completions[0].start_position - 1, 0)

    def _reserve(self) -> None:
        """As many rows below the line as the menu or the message needs, and none where there is neither."""
        state = self._buffer.complete_state
        menu = min(len(state.completions), self._session.preferences.number("menu-rows")) if state else 0
        self._prompt.reserve_space_for_menu = max(menu, self._said.rows) + 1 if menu or self._said.text else 0

    def _begin(self) -> None:
        """Start the warm-up once the prompt stands: nothing slow comes before it."""
        asyncio.get_running_loop().set_exception_handler(lambda loop, about: self._failed(about.get("exception")))
        link = self._session.link
        warm_up = self._warm_ups.get(link)
        if warm_up is None:
            changed = PreloadListeners(lambda: self._changed(link), self._names_changed)
            warm_up = self._warm_ups[link] = Preloader(self._session, link, changed)
            self._when_quiet(warm_up.start, time.monotonic() + LATEST)
        elif warm_up.missing:
            self._leave_missing(link)
        else:
            self._tell_what_blocks(link)  # it may have come to be known while a line ran

    def _when_quiet(self, work: Callable[[], object], latest: float) -> None:
        """Do something as soon as nobody has typed for a moment, or it is late."""

        def look(before: int) -> None:
            drawn = self._prompt.app.render_counter
            if drawn == before or time.monotonic() > latest:
                work()
            else:
                loop.call_later(QUIET, look, drawn)

        loop = asyncio.get_running_loop()
        loop.call_later(QUIET, look, self._prompt.app.render_counter + 1)

    def _failed(self, error: object) -> None:
        """A mistake of our own while somebody types, told once; prompt_toolkit would show what it quotes."""
        if not isinstance(error, Exception):
            return
        said = debug_log.crash(error)
        if said not in self._crashes:
            self._crashes.add(said)
            self._tell(said)

    def _tell(self, text: str) -> None:
        """Say a sentence above the prompt."""
        run_in_terminal(lambda: self._say(text))

    def _changed(self, link: Connection) -> None:
        """Called by the warm-up's thread."""
        app = self._prompt.app
        app.invalidate()
        if app.loop is None:
            return
        if self._warm_ups[link].missing:
            app.loop.call_soon_threadsafe(self._leave_missing, link)
        elif self._warm_ups[link].blocks:
            app.loop.call_soon_threadsafe(partial(self._tell_what_blocks, link), context=app.context)

    def _tell_what_blocks(self, link: Connection) -> None:
        """What no command gets past is said once, and whole: below the prompt there may be no room for it."""
        warm_up, app = self._warm_ups[link], self._prompt.app
        if warm_up.blocks and app.is_running and not app.is_done and self._session.link is link:
            said, warm_up.blocks = warm_up.blocks, ""
            self._tell(f"{said} (.doctor looks for what is wrong)")

    def _names_changed(self) -> None:
        """Called by the thread that keeps the names: draw anew, and open the menu that had nothing to show."""
        app = self._prompt.app
        app.invalidate()
        if app.loop is not None and app.is_running:
            app.loop.call_soon_threadsafe(self._open_menu)

    def _open_menu(self) -> None:
        """Where the cursor waits for names that have come, show them as if the key had just been pressed."""
        if self._completer.is_reading:
            asyncio.get_running_loop().call_later(SOON, self._open_menu)
            return
        buffer, state = self._buffer, self._buffer.complete_state
        waits = self._completer.found_nothing_in == buffer.document.text_before_cursor
        if buffer.text and (waits if state is None else state.complete_index is None):
            buffer.complete_state = None
            buffer.start_completion(complete_event=NOT_ASKED)

    def _leave_missing(self, link: Connection) -> None:
        app = self._prompt.app
        if app.is_running and not app.is_done and self._session.link is link:
            app.exit(exception=EnvironmentMissing(self._buffer.text))

    def _message(self) -> StyleAndTextTuples:
        place = self._session.protection()
        colour = self._session.preferences["colour"]
        return [*mark(place.name, protected=place.protected, read_only=place.read_only, colour=colour)]

    def _toolbar(self) -> StyleAndTextTuples:
        link = self._session.link
        warm_up = self._warm_ups.get(link)
        notice = warm_up.notice if warm_up and not link.known.details else ""
        live = self._session.names_so_far(link)
        state = State(notice)
        if live is not None:
            state = State(notice or live.notice, live.summary(), live.doing, live.pressing)
        return toolbar(link, state, self._buffer.document, self._prompt.app.output.get_size().columns)
