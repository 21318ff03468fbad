"""Chooses one of several rows: a prompt whose menu shows them all, and which takes a part of one as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import merge_styles
from prompt_toolkit.utils import is_dumb_terminal
from prompt_toolkit.validation import ValidationError, Validator

from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.terminal.picker import NO_SCROLLBAR, ROWS, leaving_keys
from mwaa_shell.terminal.style import STYLE


class Rows(Completer, Validator):
    """The rows that hold what was typed; each has a short name, and what is told of it."""

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        self._rows = rows

    def matching(self, typed: str) -> list[int]:
        """The places of the rows that fit; the one of this very name, if there is one."""
        typed = typed.strip().lower()
        fit = [place for place, row in enumerate(self._rows) if typed in "  ".join(row).lower()]
        return [place for place in fit if self._rows[place][0] == typed] or fit

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """One candidate a row."""
        for place in self.matching(document.text):
            name, told = self._rows[place]
            yield Completion(name, -len(document.text), display_meta=sanitise(told))

    def validate(self, document: Document) -> None:
        """Only what fits exactly one row may be entered."""
        if len(self.matching(document.text)) != 1:
            raise ValidationError(len(document.text), "No row, or more than one, has that in it")


def pick(rows: Sequence[tuple[str, str]]) -> int | None:
    """Let the user choose; the place of the row, ``None`` if they would rather not."""
    completer = Rows(rows)
    listed = "".join(f"{name}  {sanitise(told)}\n" for name, told in rows)
    prompt: PromptSession[str] = PromptSession(
        message=[("", f"{listed if is_dumb_terminal() else ''}which one: ")],  # it shows no menu
        completer=completer,
        validator=completer,
        validate_while_typing=False,
        complete_while_typing=True,
        complete_style=CompleteStyle.COLUMN,
        reserve_space_for_menu=min(len(rows), ROWS) + 1,
        bottom_toolbar=[("", f" {len(rows)} rows: type part of one, or use the arrow keys; Esc leaves")],
        key_bindings=leaving_keys(),
        style=merge_styles([STYLE, NO_SCROLLBAR]) if len(rows) <= ROWS else STYLE,
    )
    try:
        text = prompt.prompt(pre_run=lambda: prompt.default_buffer.start_completion(select_first=False))
    except (EOFError, KeyboardInterrupt):
        return None
    return completer.matching(text)[0]
