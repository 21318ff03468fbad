"""Choose one of several: a prompt whose menu shows all, and which takes a part of one as well."""

from __future__ import annotations

import threading
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

from mwaa_shell.errors import ShellError
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.terminal.spurious_keys import spurious_keys
from mwaa_shell.terminal.style import STYLE

#: GetEnvironment calls at once; an account has 10 environments in a region unless it asked for more.
AT_ONCE = 5
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


def choose_one(choices: Choices, begin: Callable[[Callable[[], None]], None] = lambda changed: None) -> int | None:
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
    keys = spurious_keys()

    @keys.add("escape", eager=True)
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    return keys


# -- rows and environments ---------------------------------------------------------------------------------------------


class Rows:
    """The rows that hold what was typed, in the name or in what is told."""

    asks = "which one"
    refuses = "No row, or more than one, has that in it"

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        self._rows = rows
        self.tells = f"{len(rows)} rows"

    def names(self) -> Sequence[str]:
        """The short ones."""
        return [name for name, _ in self._rows]

    def matching(self, typed: str) -> list[int]:
        """The places of the rows that fit; only the one of this very name, if there is one."""
        typed = typed.strip().lower()
        fit = [place for place, row in enumerate(self._rows) if typed in "  ".join(row).lower()]
        return [place for place in fit if self._rows[place][0] == typed] or fit

    def about(self, place: int) -> str:
        """The rest of the row."""
        return sanitise(self._rows[place][1])


def choose_row(rows: Sequence[tuple[str, str]]) -> int | None:
    """Let the user choose a row; return its place, ``None`` for none."""
    return choose_one(Rows(rows))


class EnvironmentChoices:
    """The environments whose name holds what was typed, those that begin with it first."""

    asks = "environment"
    refuses = "No environment, or more than one, has a name with that in it"

    def __init__(self, links: Sequence[Connection]) -> None:
        self._links = links
        self.tells = f"{len(links)} environments"

    def names(self) -> Sequence[str]:
        """As AWS lists them."""
        return [link.target.name for link in self._links]

    def matching(self, typed: str) -> list[int]:
        """The places of those that fit, best first."""
        typed = typed.strip().lower()
        names = [name.lower() for name in self.names()]
        fit = [place for place, name in enumerate(names) if typed in name]
        return sorted(fit, key=lambda place: not names[place].startswith(typed))

    def about(self, place: int) -> Callable[[], str]:
        """What is known of one at the moment of drawing, its columns under those of the others."""
        link = self._links[place]

        def describe() -> str:
            version = f"Airflow {link.version!s:<8}" if link.version else ""
            return "  ".join(part for part in (version, link.known.status) if part) or "…"

        return describe


def choose_environment(links: Sequence[Connection]) -> str | None:
    """Let the user choose an environment; return its name, ``None`` for none. Versions come as AWS answers."""
    turns = threading.Semaphore(AT_ONCE)

    def begin(changed: Callable[[], None]) -> None:
        for link in links:  # daemons: leaving must not wait for AWS
            threading.Thread(target=_describe, args=(link, turns, changed), daemon=True).start()

    place = choose_one(EnvironmentChoices(links), begin)
    return None if place is None else links[place].target.name


def _describe(link: Connection, turns: threading.Semaphore, changed: Callable[[], None]) -> None:
    try:
        with turns:
            link.describe()
    except ShellError:
        pass  # the name alone is enough to choose by
    changed()
