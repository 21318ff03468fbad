"""Lets somebody choose one of several: a prompt whose menu shows them all, and which takes a part of one as well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style, merge_styles
from prompt_toolkit.utils import is_dumb_terminal
from prompt_toolkit.validation import ValidationError, Validator

from mwaa_shell.terminal.stray_keys import stray_keys
from mwaa_shell.terminal.style import STYLE

#: Rows of the menu, at most.
ROWS = 10
NO_SCROLLBAR = Style.from_dict({"scrollbar.button": "bg:default"})


class Choices(Protocol):
    """What there is to choose from; a choice is named by its place."""

    asks: str  #: what stands in front of the keys
    tells: str  #: what there is and how to choose, below them
    refuses: str  #: said of text that fits none of them, or several

    def names(self) -> Sequence[str]:
        """The name of each."""

    def matching(self, typed: str) -> list[int]:
        """Those that hold what was typed, best first."""

    def about(self, place: int) -> str | Callable[[], str]:
        """What is told of one, safe for a terminal; asked for anew each time it is drawn, if that is a function."""


class Chooser(Completer, Validator):
    """The choices as prompt_toolkit wants them."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._names = choices.names()

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """One candidate each."""
        for place in self._choices.matching(document.text):
            yield Completion(self._names[place], -len(document.text), display_meta=self._choices.about(place))

    def validate(self, document: Document) -> None:
        """Only what fits exactly one may be entered."""
        if self.resolve(document.text) is None:
            raise ValidationError(len(document.text), self._choices.refuses)

    def resolve(self, typed: str) -> int | None:
        """The place of the one that was meant; the one of this very name comes before those that hold it."""
        fit = self._choices.matching(typed)
        same = [place for place in fit if self._names[place] == typed.strip()]
        return same[0] if same else fit[0] if len(fit) == 1 else None


def choose(choices: Choices, begin: Callable[[Callable[[], None]], None] = lambda changed: None) -> int | None:
    """Let the user choose; the place of the choice, ``None`` if they would rather not.

    ``begin`` is called before with what draws the menu anew, for more that comes to be known of a choice.
    """
    chooser, few = Chooser(choices), len(choices.names()) <= ROWS
    prompt: PromptSession[str] = PromptSession(
        message=[("", f"{_listed(choices) if is_dumb_terminal() else ''}{choices.asks}: ")],  # it shows no menu
        completer=chooser,
        validator=chooser,
        validate_while_typing=False,
        complete_while_typing=True,
        complete_style=CompleteStyle.COLUMN,
        reserve_space_for_menu=min(len(choices.names()), ROWS) + 1,
        bottom_toolbar=[("", f" {choices.tells}: type part of one, or use the arrow keys; Esc leaves")],
        key_bindings=_leaving_keys(),
        style=merge_styles([STYLE, NO_SCROLLBAR]) if few else STYLE,
    )
    begin(prompt.app.invalidate)
    try:
        text = prompt.prompt(pre_run=lambda: prompt.default_buffer.start_completion(select_first=False))
    except (EOFError, KeyboardInterrupt):
        return None
    return chooser.resolve(text)


def _listed(choices: Choices) -> str:
    """All of them, one a line; what comes to be known later is not there yet."""
    told = [choices.about(place) for place in range(len(choices.names()))]
    lines = zip(choices.names(), told, strict=True)
    return "".join(f"{name}  {about}\n" if isinstance(about, str) else f"{name}\n" for name, about in lines)


def _leaving_keys() -> KeyBindings:
    """Esc leaves without a choice, as Ctrl-C and Ctrl-D do."""
    keys = stray_keys()

    @keys.add("escape", eager=True)
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    return keys
