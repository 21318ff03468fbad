"""Questions to the user: a text, a secret, yes or no, one of several choices.

Questions about a command are below the entered line; keys that were pressed before do not answer them. The prompt for
choices has a menu that shows all of them, and a part of a name is enough.
"""

from __future__ import annotations

import shutil
import sys
import termios
import textwrap
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app_session
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.input.typeahead import clear_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.shortcuts import CompleteStyle, prompt
from prompt_toolkit.styles import Style, merge_styles
from prompt_toolkit.utils import is_dumb_terminal
from prompt_toolkit.validation import ValidationError, Validator

from mwaa_shell.errors import ShellError
from mwaa_shell.mwaa import Connection
from mwaa_shell.output import sanitise
from mwaa_shell.terminal.keys import spurious_keys
from mwaa_shell.terminal.style import STYLE


def confirm(question: str) -> bool:
    """Return whether the user types y or yes. Ctrl-C and Ctrl-D mean no."""
    said = _answer(f"{question} [y/N] ")
    return said is not None and said.strip().lower() in ("y", "yes")


def read_text(question: str) -> str | None:
    """Return the typed text, ``None`` for Ctrl-C or Ctrl-D."""
    return _answer(f"{question}: ")


def read_secret(name: str) -> str | None:
    """Return a typed secret, which is not echoed; ``None`` for Ctrl-C or Ctrl-D."""
    try:
        return prompt(f"{name}: ", is_password=True, key_bindings=spurious_keys(), enable_suspend=True)
    except (KeyboardInterrupt, EOFError):
        return None


def _answer(question: str) -> str | None:
    drop_typed_keys()
    try:
        return prompt(_folded(sanitise(question)), key_bindings=spurious_keys(), enable_suspend=True)
    except (KeyboardInterrupt, EOFError):
        return None


def _folded(question: str) -> str:
    """Return the question wrapped at words, with the blank at its end."""
    lines = textwrap.wrap(question, max(shutil.get_terminal_size().columns - 1, 20)) or [""]
    return "\n".join(lines) + question[len(question.rstrip()) :]


def drop_typed_keys() -> None:
    """Discard the keys that were pressed before a question is on the screen."""
    clear_typeahead(get_app_session().input)
    with suppress(OSError, ValueError, termios.error):  # no terminal: nothing was typed ahead
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


#: GetEnvironment calls at once; an account has 10 environments in a region unless it asked for more.
AT_ONCE = 5
#: Rows of the menu, at most.
ROWS = 10
NO_SCROLLBAR = Style.from_dict({"scrollbar.button": "bg:default"})


class Choices(Completer, Validator):
    """The choices of a prompt, with descriptions or functions that return them."""

    def __init__(self, names: Sequence[str], about: Sequence[str | Callable[[], str]], refuses: str) -> None:
        """``refuses`` is the message for text that fits no choice, or several."""
        self.names, self.about, self._refuses = names, about, refuses

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Yield a completion for each choice that matches."""
        for place in self._matching(document.text):
            yield Completion(self.names[place], -len(document.text), display_meta=self.about[place])

    def validate(self, document: Document) -> None:
        """Raise ``ValidationError`` unless the text names exactly one choice."""
        if self.resolve(document.text) is None:
            raise ValidationError(len(document.text), self._refuses)

    def resolve(self, typed: str) -> int | None:
        """Return the index of the choice with this name, else of the only match."""
        fit = self._matching(typed)
        same = [place for place in fit if self.names[place] == typed.strip()]
        return same[0] if same else fit[0] if len(fit) == 1 else None

    def _matching(self, typed: str) -> list[int]:
        """Return the indexes of choices with the text in name or fixed description."""
        typed = typed.strip().lower()
        texts = [
            f"{name}  {about}".lower() if isinstance(about, str) else name.lower()
            for name, about in zip(self.names, self.about, strict=True)
        ]
        fit = [place for place, text in enumerate(texts) if typed in text]
        return sorted(fit, key=lambda place: not texts[place].startswith(typed))

    def listed(self) -> str:
        """Return all choices, one a line, for a terminal without a menu."""
        lines = zip(self.names, self.about, strict=True)
        return "".join(f"{name}  {about}\n" if isinstance(about, str) else f"{name}\n" for name, about in lines)


def choose_one(
    asks: str, toolbar: str, choices: Choices, begin: Callable[[Callable[[], None]], None] = lambda changed: None
) -> int | None:
    """Let the user choose. Return the index of the choice, or ``None``.

    ``asks`` is before the typed text, ``toolbar`` below it. ``begin`` is called first with a function that draws the
    menu again, for descriptions that arrive later.
    """
    few = len(choices.names) <= ROWS
    prompt: PromptSession[str] = PromptSession(
        message=[("", f"{choices.listed() if is_dumb_terminal() else ''}{asks}: ")],  # it shows no menu
        completer=choices,
        validator=choices,
        validate_while_typing=False,
        complete_while_typing=True,
        complete_style=CompleteStyle.COLUMN,
        reserve_space_for_menu=min(len(choices.names), ROWS) + 1,
        bottom_toolbar=[("", f" {toolbar}: type part of one, or use the arrow keys (Esc leaves)")],
        key_bindings=_leaving_keys(),
        style=merge_styles([STYLE, NO_SCROLLBAR]) if few else STYLE,
    )
    begin(prompt.app.invalidate)
    try:
        text = prompt.prompt(pre_run=lambda: prompt.default_buffer.start_completion(select_first=False))
    except (EOFError, KeyboardInterrupt):
        return None
    return choices.resolve(text)


def _leaving_keys() -> KeyBindings:
    """Return the keys of the prompt. Esc leaves without a choice, as Ctrl-C does."""
    keys = spurious_keys()

    @keys.add("escape", eager=True)
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    return keys


# -- rows and environments ---------------------------------------------------------------------------------------------


def choose_row(rows: Sequence[tuple[str, str]]) -> int | None:
    """Let the user choose a row by text in either column. Return its index or ``None``."""
    names, about = [name for name, _ in rows], [sanitise(text) for _, text in rows]
    refuses = "Type text that one row alone has in it"
    return choose_one("which one", f"{len(rows)} rows", Choices(names, about, refuses))


def choose_environment(connections: Sequence[Connection]) -> str | None:
    """Let the user choose an environment, while versions arrive. Return its name."""
    turns = threading.Semaphore(AT_ONCE)

    def begin(changed: Callable[[], None]) -> None:
        for connection in connections:  # daemons: leaving must not wait for AWS
            threading.Thread(target=_describe, args=(connection, turns, changed), daemon=True).start()

    names, about = [one.target.name for one in connections], [partial(_columns, one) for one in connections]
    refuses = "Type text that one environment alone has in its name"
    toolbar = "1 environment" if len(names) == 1 else f"{len(names)} environments"
    place = choose_one("environment", toolbar, Choices(names, about, refuses), begin)
    return None if place is None else names[place]


def _columns(connection: Connection) -> str:
    """Return the version and status of an environment in aligned columns."""
    version = f"Airflow {connection.version!s:<8}" if connection.version else ""
    return "  ".join(part for part in (version, connection.info.status) if part) or "…"


def _describe(connection: Connection, turns: threading.Semaphore, changed: Callable[[], None]) -> None:
    with turns, suppress(ShellError):  # the name alone is enough to choose by
        connection.load_info()
    changed()
