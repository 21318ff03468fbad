"""Completion at the prompt: an adapter from suggestions to prompt_toolkit's completions. Everything is in memory."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import AsyncGenerator, Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples

from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.session import Session

if TYPE_CHECKING:
    from mwaa_shell.airflow.completion import Suggestion
    from mwaa_shell.airflow.grammar import Grammar


#: What finds candidates, and takes longer to import than a key may.
FOUND_BY = "mwaa_shell.dot_commands.completion"
#: Seconds until prompt_toolkit's loop is idle: what was typed has been drawn by then.
SOON = 0.02


class LineCompleter(Completer):
    """Answers from what is in memory; asks nobody."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: Grammar | None = None  #: whose words have been read
        self.is_reading = False  #: whether they are being read: until then prompt_toolkit asks for no other candidates
        self.found_nothing_in = ""  #: the text before the cursor when there was nothing to offer last

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """The same; what has to be read for the first key is so behind its drawing, and lets others be typed."""
        grammar = self._session.grammar
        if FOUND_BY not in sys.modules or self._known is not grammar:
            self.is_reading = True
            try:
                await asyncio.sleep(SOON)
                await asyncio.to_thread(read_for_completion, grammar)
            finally:
                self.is_reading = False
            self._known = grammar
        for one in self.get_completions(document, complete_event):
            yield one

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Candidates for the word under the cursor; while typing, only once the word is long enough."""
        from mwaa_shell.dot_commands.completion import complete

        text, cursor = document.text, document.cursor_position
        found = complete(self._session, text, cursor, asked=complete_event.completion_requested)
        self.found_nothing_in = "" if found else document.text_before_cursor
        if complete_event.text_inserted and not self._worth_opening(found, text, cursor):
            return ()
        if self._session.preferences["menu"] == "never":  # then Tab only lengthens what is typed
            found = [one for one in found if one.text.startswith(text[one.start : cursor])]
        return [made for one in found if (made := _completion(one, text, cursor)) is not None]

    def _worth_opening(self, found: list[Suggestion], text: str, cursor: int) -> bool:
        """Whether the menu may open by itself: enough is typed, and something is left to be completed."""
        typed = [text[one.start : cursor] for one in found[:1]]
        enough = self._session.preferences.number("menu-after")
        return any(len(word) >= enough for word in typed) and any(one.text != text[one.start : cursor] for one in found)


def read_for_completion(grammar: Grammar | None) -> None:
    """Import what finds candidates, and read the command tree and the words that explain it."""
    importlib.import_module(FOUND_BY)
    if grammar is not None:
        from mwaa_shell.airflow.completion import suggest

        suggest("d", 1, grammar)


def _completion(suggestion: Suggestion, text: str, cursor: int) -> Completion | None:
    """What is put before the cursor; ``None`` where the rest of the word behind the cursor would not fit to it."""
    behind = text[cursor : suggestion.end]
    if not suggestion.text.endswith(behind) or (behind and suggestion.start == cursor):
        return None
    return Completion(
        suggestion.text.removesuffix(behind),
        start_position=suggestion.start - cursor,
        display=sanitise(suggestion.display),
        display_meta=_meta(suggestion),
        style="class:doubtful" if suggestion.doubt else "",
    )


def _meta(suggestion: Suggestion) -> StyleAndTextTuples:
    """What stands beside an item: a state in its colour, then words; what the environment says is not obeyed."""
    mark = "(required) " if suggestion.required else "(not on MWAA) " if suggestion.doubt else ""
    text: StyleAndTextTuples = []
    if suggestion.state:
        from mwaa_shell.output.style.states import STATES

        text.append((STATES.get(suggestion.state, ""), f"{sanitise(suggestion.state)}  "))
    return [*text, ("", mark + sanitise(suggestion.doubt or suggestion.summary))]
