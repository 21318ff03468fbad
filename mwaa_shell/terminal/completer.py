"""Completion at the prompt: the shell's own directives, and the names of environments after ``.use``."""

from __future__ import annotations

from collections.abc import Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from mwaa_shell.directives import DIRECTIVES
from mwaa_shell.session import Session


class DirectiveCompleter(Completer):
    """Answers from what is in memory; asks nobody."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Candidates for the word before the cursor."""
        words = document.text_before_cursor.split(" ")
        if len(words) == 1 and words[0].startswith("."):
            for directive in DIRECTIVES:
                if directive.name.startswith(words[0]):
                    yield Completion(directive.name, -len(words[0]), display_meta=directive.summary)
        elif len(words) == 2 and words[0] == ".use":
            for name in self._session.known_names:
                if name.startswith(words[1]):
                    yield Completion(name, -len(words[1]))
