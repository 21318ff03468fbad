"""The lines of before at the prompt: up arrow, Ctrl-R and the grey suggestion, this environment's first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.history import History

from mwaa_shell.history.record import where_of
from mwaa_shell.history.unmask import MASK
from mwaa_shell.link import Link
from mwaa_shell.session import Session

if TYPE_CHECKING:
    from mwaa_shell.history.entries import Where


class PastLines(History):
    """What was run before, this environment's first, and what has been typed since; without secrets."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._link = session.link

    def load_history_strings(self) -> Iterable[str]:
        """The newest first; called once the prompt stands, and quick enough for a key that comes at once."""
        return self._session.record.history.lines(where_of(self._link))

    def store_string(self, string: str) -> None:
        """The session writes down what is sent."""

    def append_string(self, string: str) -> None:
        """Remember a line for up arrow; not one that begins with a blank, nor a secret."""
        if not string.startswith(" "):
            super().append_string(self._session.covered(string))


class SuggestPast(AutoSuggest):
    """The newest line that begins with what is typed; never one with a mask in it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._places: dict[tuple[Link, str], Where] = {}  # found out once, not at each key

    def _here(self) -> Where:
        """The environment that the session is on; found out anew when AWS has told its account."""
        link = self._session.link
        key = link, link.known.account
        if key not in self._places:
            self._places[key] = where_of(link)
        return self._places[key]

    def get_suggestion(self, buffer: Buffer, document: Document) -> Suggestion | None:
        """The rest of a line that was typed before, here if possible."""
        text = document.text
        if not text.strip() or "\n" in text:
            return None
        found = None
        if not text.startswith("."):
            found = self._session.record.history.suggest(text, self._here())
        found = found or next((line for line in _newest(buffer) if line.startswith(text) and MASK not in line), None)
        return Suggestion(found[len(text) :]) if found and "\n" not in found else None


def _newest(buffer: Buffer) -> Iterable[str]:
    """What was typed in this run, the newest first, as far as a key allows."""
    return list(reversed(buffer.history.get_strings()))[:200]
