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


class LineCompleter(Completer):
    """Answers from what is in memory; asks nobody."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Candidates for the word under the cursor."""
        if document.text.lstrip().startswith("."):
            return _directives(document.text_before_cursor, self._session.known_names)
        grammar = self._session.link.grammar
        if grammar is None:
            return ()
        from mwaa_shell.airflow.suggestions import suggest

        return (_completion(one, document) for one in suggest(document.text, document.cursor_position, grammar))


def _completion(suggestion: Suggestion, document: Document) -> Completion:
    mark = "(required) " if suggestion.required else ""
    return Completion(
        suggestion.text,
        start_position=suggestion.start - document.cursor_position,
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
