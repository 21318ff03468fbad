"""Completion at the prompt, from suggestions to prompt_toolkit's completions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples, fragment_list_to_text
from prompt_toolkit.styles.pygments import pygments_token_to_classname

from mwaa_shell import airflow, dot_commands
from mwaa_shell.faces import load
from mwaa_shell.output import sanitise, style
from mwaa_shell.session import Session

if TYPE_CHECKING:
    from mwaa_shell.airflow.completion import Suggestion
    from mwaa_shell.airflow.grammar import Grammar


#: Seconds until prompt_toolkit's loop is idle: what was typed has been drawn by then.
SOON = 0.02


class LineCompleter(Completer):
    """A completer that answers from memory and sends no request."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: Grammar | None = None  #: whose words have been read
        self._has_read = False
        self.is_reading = False  #: whether the words are being read: prompt_toolkit asks for no other candidates
        self.found_nothing_in = ""  #: the text before the cursor that had no candidates
        self._last: tuple[Document, int] | None = None  # the last typed text, and the number of drawings by then

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Yield completions.

        The first time, read the command tree on a thread after the key is drawn. Of keys that arrive at once, such as
        those of a paste without brackets, each asks about the line of all of them. An empty line has a menu only for
        Tab: a later key may have emptied the line.
        """
        if not document.text and not complete_event.completion_requested:
            return
        typed = document, get_app().render_counter
        if complete_event.text_inserted and typed == self._last:
            return
        self._last = typed
        grammar = self._session.grammar
        if not self._has_read or self._known is not grammar:
            self.is_reading = True
            try:
                await asyncio.sleep(SOON)
                await asyncio.to_thread(read_for_completion, grammar)
            finally:
                self.is_reading = False
            self._has_read, self._known = True, grammar
        for one in self.get_completions(document, complete_event):
            yield one

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Return candidates for the word under the cursor, while typing for a long one."""
        text, cursor = document.text, document.cursor_position
        found = dot_commands.complete(self._session, text, cursor, asked=complete_event.completion_requested)
        self.found_nothing_in = "" if found else document.text_before_cursor
        if complete_event.text_inserted and not self._worth_opening(found, text, cursor):
            return ()
        if self._session.preferences["menu"] == "never":  # then Tab only lengthens what is typed
            found = [one for one in found if one.text.startswith(text[one.start : cursor])]
        return [made for one in found if (made := _completion(one, text, cursor)) is not None]

    def _worth_opening(self, found: list[Suggestion], text: str, cursor: int) -> bool:
        """Return whether the word is long enough for the menu and a candidate adds to it."""
        typed = [text[one.start : cursor] for one in found[:1]]
        enough = self._session.preferences.number("menu-after")
        return any(len(word) >= enough for word in typed) and any(one.text != text[one.start : cursor] for one in found)


def read_for_completion(grammar: Grammar | None) -> None:
    """Import masks and completion, and read the command tree and its summaries.

    Masks come first: keys are drawn without the rest, but not without masks.
    """
    load(airflow)
    airflow.line_rules.LineRules().secrets_in("d ")
    load(dot_commands)
    if grammar is not None:
        airflow.completion.suggest("d", 1, grammar)


class MenuItem(Completion):
    """A completion with its texts, which each drawing of the menu reads several times."""

    display_text = ""
    display_meta_text = ""


def _completion(suggestion: Suggestion, text: str, cursor: int) -> Completion | None:
    """Return the completion, or ``None`` if the text after the cursor does not fit."""
    behind = text[cursor : suggestion.end]
    if not suggestion.text.endswith(behind) or (behind and suggestion.start == cursor):
        return None
    shown, meta = sanitise(suggestion.display), _meta(suggestion)
    item = MenuItem(
        suggestion.text.removesuffix(behind),
        start_position=suggestion.start - cursor,
        display=shown,
        display_meta=meta,
        style="class:doubtful" if suggestion.doubt else "",
    )
    item.display_text = shown
    item.display_meta_text = fragment_list_to_text(meta)
    return item


def _meta(suggestion: Suggestion) -> StyleAndTextTuples:
    """Return the description of an item, a state in its color before the summary."""
    mark = "(required) " if suggestion.required else "(not on MWAA) " if suggestion.doubt else ""
    text: StyleAndTextTuples = []
    if suggestion.state:
        kind = style.STATE_TOKENS.get(suggestion.state)
        name = f"class:{pygments_token_to_classname(kind)}" if kind is not None else ""
        text.append((name, f"{sanitise(suggestion.state)}  "))
    return [*text, ("", mark + sanitise(suggestion.doubt or suggestion.summary))]
