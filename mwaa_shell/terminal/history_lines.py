"""The lines of before at the prompt: up arrow, Ctrl-R and the grey suggestion, this environment's first."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import History
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.key_processor import KeyPress, KeyProcessor
from prompt_toolkit.keys import Keys

from mwaa_shell.history.recorder import environment_key
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.session import Session
from mwaa_shell.session.fill_secrets import MASK
from mwaa_shell.terminal.completer import SOON

if TYPE_CHECKING:
    from mwaa_shell.history.entries import EnvironmentKey


class HistoryLines(History):
    """What was run before, this environment's first, and what has been typed since; without secrets."""

    def __init__(self, session: Session, tell: Callable[[str], None] = lambda text: None) -> None:
        super().__init__()
        self._session = session
        self._tell = tell
        self._link = session.link
        self.is_there = False  #: the lines have been read
        self._wanted: asyncio.Event | None = None  # set by a key that cannot wait
        self._then: Callable[[], None] | None = None

    def want(self, then: Callable[[], None]) -> None:
        """Read the lines now, and do something once they are there."""
        self._then = then
        if self._wanted is not None:
            self._wanted.set()

    async def read(self) -> None:
        """Wait until the lines are there."""
        while not self.is_there:
            await asyncio.sleep(SOON)

    async def load(self) -> AsyncGenerator[str, None]:
        """The newest first. The first time, what has been typed already is drawn before, unless they are wanted."""
        if not self.is_there and self._then is None:
            self._wanted = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), SOON)
        try:
            async for line in super().load():
                yield line
        finally:  # whatever has become of them, keys wait no longer
            self.is_there = True
            then, self._then = self._then, None
            if then is not None:
                asyncio.get_running_loop().call_soon(then)

    def load_history_strings(self) -> Iterable[str]:
        """The newest first; called once the prompt stands."""
        record = self._session.record
        lines = record.history.lines(environment_key(self._link))
        trouble = record.news()
        if trouble:
            self._tell(trouble)
        return lines

    def store_string(self, string: str) -> None:
        """The session writes down what is sent."""

    def append_string(self, string: str) -> None:
        """Remember a line for up arrow; not one that begins with a blank, nor a secret."""
        if not string.startswith(" "):
            super().append_string(self._session.rules().masked(string))


def waiting_keys(past: HistoryLines) -> KeyBindings:
    """Keys that go through the lines before they are there: these keys wait for them, and all behind them too."""
    bound, held = KeyBindings(), list[KeyPress]()

    def hold(event: KeyPressEvent) -> None:
        processor = event.app.key_processor
        if not held:
            past.want(lambda: go_on(processor))
        held.extend([*event.key_sequence, *processor.input_queue])
        processor.input_queue.clear()

    def go_on(processor: KeyProcessor) -> None:
        keys = held.copy()
        held.clear()
        processor.feed_multiple(keys, first=True)
        processor.process_keys()

    for key in (Keys.Up, Keys.ControlP, Keys.ControlR, Keys.PageUp):
        bound.add(key, filter=Condition(lambda: not past.is_there), eager=True)(hold)
    bound.add(Keys.Any, filter=Condition(lambda: bool(held)), eager=True)(hold)
    return bound


class HistorySuggest(AutoSuggest):
    """The newest line that begins with what is typed; never one with a mask in it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._places: dict[tuple[Connection, str], EnvironmentKey] = {}  # found out once, not at each key
        self._last: tuple[EnvironmentKey, str, str | None] | None = None  # where, what was typed, what was found

    def forget(self) -> None:
        """Another line begins: others may have been run meanwhile."""
        self._last = None

    def _here(self) -> EnvironmentKey:
        """The environment that the session is on; found out anew when AWS has told its account."""
        link = self._session.link
        key = link, link.known.account
        if key not in self._places:
            self._places[key] = environment_key(link)
        return self._places[key]

    async def get_suggestion_async(self, buff: Buffer, document: Document) -> Suggestion | None:
        """The same, once the lines are there: the first key does not wait for them."""
        if isinstance(buff.history, HistoryLines):
            await buff.history.read()
        return self.get_suggestion(buff, document)

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """The rest of a line that was typed before, here if possible."""
        text = document.text
        if not text.strip() or "\n" in text:
            return None
        found = self._line(buffer, text)
        return Suggestion(found[len(text) :]) if found and "\n" not in found else None

    def _line(self, buffer: Buffer, text: str) -> str | None:
        """The newest line that begins so. One letter more is not looked up: the line that fitted is still the newest
        if it fits, and where no line began so none begins with more.
        """
        here = self._here()
        if self._last is not None and self._last[:2] == (here, text[:-1]):
            found = self._last[2]
            if found is None or (found.startswith(text) and found != text):
                self._last = here, text, found
                return found
        told = None if text.startswith(".") else self._session.record.history.suggest(text, here)
        found = told or next((line for line in _newest(buffer) if line.startswith(text) and MASK not in line), None)
        self._last = None if told == "" else (here, text, found)  # nobody knows where the file could not be asked
        return found


def _newest(buffer: Buffer) -> Iterable[str]:
    """What was typed in this run, the newest first, as far as a key allows."""
    return list(reversed(buffer.history.get_strings()))[:200]
