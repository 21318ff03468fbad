"""Chooses one environment among several: a prompt whose menu shows each with its Airflow version and status.

The names are there from one listing; versions and statuses appear as GetEnvironment answers behind it, where it is
allowed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style, merge_styles
from prompt_toolkit.validation import ValidationError, Validator

from mwaa_shell.errors import ShellError
from mwaa_shell.link import Link, Target
from mwaa_shell.session import Session
from mwaa_shell.settings import Access
from mwaa_shell.terminal.style import STYLE

#: GetEnvironment calls at once; an account has 10 environments in a region unless it asked for more.
AT_ONCE = 5
#: Rows of the menu, at most.
ROWS = 10
NO_SCROLLBAR = Style.from_dict({"scrollbar.button": "bg:default"})


class EnvironmentCompleter(Completer, Validator):
    """The environments whose name holds what was typed, those that begin with it first."""

    def __init__(self, links: Sequence[Link]) -> None:
        self._links = links

    def matching(self, typed: str) -> list[Link]:
        """The links that fit, best first."""
        typed = typed.strip().lower()
        fit = [link for link in self._links if typed in link.target.name.lower()]
        return sorted(fit, key=lambda link: not link.target.name.lower().startswith(typed))

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """One candidate an environment; its description is looked up each time it is drawn."""
        for link in self.matching(document.text):
            yield Completion(link.target.name, -len(document.text), display_meta=_description(link))

    def validate(self, document: Document) -> None:
        """Only an environment that exists, or text that fits exactly one, may be entered."""
        if self.resolve(document.text) is None:
            raise ValidationError(len(document.text), "No environment, or more than one, has a name with that in it")

    def resolve(self, text: str) -> str | None:
        """The name that was meant."""
        names = [link.target.name for link in self.matching(text)]
        if text.strip() in names:
            return text.strip()
        return names[0] if len(names) == 1 else None


def _description(link: Link) -> Callable[[], str]:
    """What is known of an environment at the moment of drawing, its columns under those of the others."""

    def describe() -> str:
        version = f"Airflow {link.version!s:<8}" if link.version else ""
        return "  ".join(part for part in (version, link.known.status) if part) or "…"

    return describe


def choose(session: Session, access: Access, names: Sequence[str]) -> str | None:
    """Let the user choose; ``None`` if he would rather not."""
    links = [session.links.to(Target(name, access)) for name in names]
    completer = EnvironmentCompleter(links)
    prompt: PromptSession[str] = PromptSession(
        message=[("", "environment: ")],
        completer=completer,
        validator=completer,
        validate_while_typing=False,
        complete_while_typing=True,
        complete_style=CompleteStyle.COLUMN,
        reserve_space_for_menu=min(len(names), ROWS) + 1,
        bottom_toolbar=[("", f" {len(names)} environments: type part of a name, or use the arrow keys")],
        key_bindings=leaving_keys(),
        style=merge_styles([STYLE, NO_SCROLLBAR]) if len(names) <= ROWS else STYLE,
    )
    turns = threading.Semaphore(AT_ONCE)
    try:
        for link in links:  # daemons: leaving must not wait for AWS
            threading.Thread(target=_describe, args=(link, turns, prompt.app.invalidate), daemon=True).start()
        text = prompt.prompt(pre_run=lambda: prompt.default_buffer.start_completion(select_first=False))
        return completer.resolve(text)
    except (EOFError, KeyboardInterrupt):
        return None


def _describe(link: Link, turns: threading.Semaphore, changed: Callable[[], None]) -> None:
    try:
        with turns:
            link.describe()
    except ShellError:
        pass  # the name alone is enough to choose by
    changed()


def leaving_keys() -> KeyBindings:
    """Esc leaves without a choice, as Ctrl-C and Ctrl-D do."""
    keys = KeyBindings()

    @keys.add("escape", eager=True)
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    return keys
