"""Past lines at the prompt, for the up arrow, Ctrl-R and the gray suggestion."""

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

from mwaa_shell.addresses import MASK
from mwaa_shell.history import environment_key
from mwaa_shell.mwaa import Connection
from mwaa_shell.session import Session
from mwaa_shell.terminal.completer import SOON

if TYPE_CHECKING:
    from mwaa_shell.history import EnvironmentKey


#: Lines of this run that one key looks through.
NEWEST = 200


class HistoryLines(History):
    """Past lines with masked secrets, those of the environment first."""

    def __init__(self, session: Session, tell: Callable[[str], None] = lambda text: None) -> None:
        super().__init__()
        self._session = session
        self._tell = tell
        self._connection = session.connection
        self.is_there = False  #: the lines have been read
        self._wanted: asyncio.Event | None = None  # set by a key that cannot wait
        self._then: Callable[[], None] | None = None

    def want(self, then: Callable[[], None]) -> None:
        """Read the lines now, and call a function once they are read."""
        self._then = then
        if self._wanted is not None:
            self._wanted.set()

    async def read(self) -> None:
        """Wait until the lines are read."""
        while not self.is_there:
            await asyncio.sleep(SOON)

    async def load(self) -> AsyncGenerator[str, None]:
        """Yield the lines, newest first. The first time, wait until typed text is drawn."""
        if not self.is_there and self._then is None:
            self._wanted = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), SOON)
        try:
            async for line in super().load():
                yield line
        finally:  # also after an error, keys wait no longer
            self.is_there = True
            then, self._then = self._then, None
            if then is not None:
                asyncio.get_running_loop().call_soon(then)

    def load_history_strings(self) -> Iterable[str]:
        """Return the lines of the history, newest first."""
        record = self._session.recorder
        lines = record.history.lines(environment_key(self._connection))
        trouble = record.news()
        if trouble:
            self._tell(trouble)
        return lines

    def store_string(self, string: str) -> None:
        """Do nothing: the session records commands when they are sent."""

    def append_string(self, string: str) -> None:
        """Keep a line with masked secrets, unless the line begins with a blank."""
        if not string.startswith(" "):
            super().append_string(self._session.rules().mask(string))


def waiting_keys(past: HistoryLines) -> KeyBindings:
    """Return keys that hold all typed keys until the past lines are read."""
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

    words = [(Keys.Escape, key) for key in (".", "_", "<")]  # the last word of a line, the first line
    for keys in [(Keys.Up,), (Keys.ControlP,), (Keys.ControlR,), (Keys.PageUp,), *words]:
        bound.add(*keys, filter=Condition(lambda: not past.is_there), eager=True)(hold)
    bound.add(Keys.Any, filter=Condition(lambda: bool(held)), eager=True)(hold)
    return bound


class HistorySuggest(AutoSuggest):
    """The suggestion of the newest unmasked line that begins with the typed text."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._places: dict[tuple[Connection, str, str], EnvironmentKey] = {}  # found out once, not at each key
        self._last: tuple[EnvironmentKey, str, str | None] | None = None  # where, what was typed, what was found

    def forget(self) -> None:
        """Drop the last search, because commands may have run since."""
        self._last = None

    def _here(self) -> EnvironmentKey:
        """Return the key of the open environment, cached by its account and region."""
        connection = self._session.connection
        key = connection, connection.info.account, connection.region
        if key not in self._places:
            self._places[key] = environment_key(connection)
        return self._places[key]

    async def get_suggestion_async(self, buff: Buffer, document: Document) -> Suggestion | None:
        """Return the suggestion once the lines are read. No key waits for the file."""
        if isinstance(buff.history, HistoryLines):
            await buff.history.read()
        return self.get_suggestion(buff, document)

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """Return the rest of the newest past line that begins with the typed text."""
        text = document.text
        if not text.strip() or "\n" in text:
            return None
        found = self._line(buffer, text)
        return Suggestion(found[len(text) :]) if found and "\n" not in found else None

    def _line(self, buffer: Buffer, text: str) -> str | None:
        """Return the newest line that begins with a text.

        One more letter needs no search. The last match is still the newest if it fits, and without a match no line
        begins with more.
        """
        here = self._here()
        if self._last is not None and self._last[0] == here:
            _, before, found = self._last
            if before == text:  # keys that came at once ask for the line of all of them, each
                return found
            if before == text[:-1] and (found is None or (found.startswith(text) and found != text)):
                self._last = here, text, found
                return found
        told = None if text.startswith(".") else self._session.recorder.history.suggest(text, here)
        newest = buffer.history.get_strings()[: -NEWEST - 1 : -1]
        found = told or next((line for line in newest if line.startswith(text) and MASK not in line), None)
        self._last = None if told == "" else (here, text, found)  # unknown where the file could not be read
        return found
