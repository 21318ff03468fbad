"""Completion at the prompt: an adapter from suggestions to prompt_toolkit's completions.

A line that begins with a dot is the shell's own; anything else is completed from the command tree of the environment's
Airflow. Everything answers from memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from mwaa_shell.directives import DIRECTIVES
from mwaa_shell.session import Session

if TYPE_CHECKING:
    from mwaa_shell.airflow.suggestions import Suggestion


#: Directives whose argument is an Airflow command.
TAKE_A_COMMAND = (".send ", ".help ")


class LineCompleter(Completer):
    """Answers from what is in memory; asks nobody."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Candidates for the word under the cursor."""
        text, offset = document.text, 0
        if text.startswith(TAKE_A_COMMAND):
            offset = text.index(" ") + 1
        elif text.lstrip().startswith("."):
            return _directives(document.text_before_cursor, self._session.known_names)
        grammar = self._session.link.grammar
        if grammar is None or document.cursor_position < offset:
            return ()
        from mwaa_shell.airflow.suggestions import suggest

        cursor = document.cursor_position - offset
        found = suggest(text[offset:], cursor, grammar)
        return (made for one in found if (made := _completion(one, text[offset:], cursor)) is not None)


def _completion(suggestion: Suggestion, text: str, cursor: int) -> Completion | None:
    """What is put before the cursor; ``None`` where the rest of the word behind the cursor would not fit to it."""
    behind = text[cursor : suggestion.end]
    if not suggestion.text.endswith(behind) or (behind and suggestion.start == cursor):
        return None
    mark = "(required) " if suggestion.required else ""
    return Completion(
        suggestion.text.removesuffix(behind),
        start_position=suggestion.start - cursor,
        display=suggestion.display,
        display_meta=f"{mark}{suggestion.summary}",
    )


def _directives(typed: str, environments: tuple[str, ...]) -> Iterator[Completion]:
    words = typed.lstrip().split(" ")
    if len(words) == 1:
        for directive in DIRECTIVES:
            if directive.name.startswith(words[0]):
                yield Completion(directive.name, -len(words[0]), display_meta=directive.summary)
    elif len(words) == 2 and words[0] == ".use":
        for name in environments:
            if name.startswith(words[1]):
                yield Completion(name, -len(words[1]))
