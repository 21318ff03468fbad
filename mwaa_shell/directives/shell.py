"""Directives about the shell itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mwaa_shell.directives.registry import Directive, find, no_words
from mwaa_shell.errors import UsageError
from mwaa_shell.result import Result, talk

if TYPE_CHECKING:
    from mwaa_shell.session import Session

LINES = (
    ("dags list", "an Airflow command, sent as typed"),
    ("dags list -o json | jq .", "its standard output to a command of this machine"),
    ("dags list > FILE", "or to a file (>> appends)"),
)


def show_help(session: Session, words: tuple[str, ...]) -> Result:
    """What can be typed: made from the registry."""
    from mwaa_shell.directives import DIRECTIVES

    chosen = DIRECTIVES
    if words:
        directive = find(DIRECTIVES, words[0]) or find(DIRECTIVES, f".{words[0]}")
        if directive is None or len(words) > 1:
            return talk(_explained(session, words))
        chosen = (directive,)
    rows = [(f"{item.name} {item.usage}".strip(), item.summary) for item in chosen]
    if not words:
        rows = [*LINES, *rows]
    width = min(max(len(left) for left, _ in rows), 28)
    return talk("\n".join(_row(left, right, width) for left, right in rows))


def _explained(session: Session, words: tuple[str, ...]) -> str:
    """The page of an Airflow command of the environment's version; of the newest that we know where that is unknown."""
    from mwaa_shell.airflow.explain import explain
    from mwaa_shell.airflow.grammar import load, versions

    if session.here is not None:
        session.learn_version()
    grammar = (session.link.grammar if session.here else None) or load(versions()[-1])
    page = explain(words, grammar)
    if page is None:
        raise UsageError(f"{' '.join(words)} is no directive and no command of Airflow {grammar.version}")
    return page


def _row(left: str, right: str, width: int) -> str:
    if len(left) > width:
        return f"{left}\n{'':<{width}}  {right}"
    return f"{left:<{width}}  {right}"


def send(session: Session, words: tuple[str, ...]) -> Result:
    """Send a line that the command tree would refuse: environments can have plugins."""
    if not words:
        raise UsageError(".send: an Airflow command is missing")
    return session.send_anyway(words[0])


def leave(session: Session, words: tuple[str, ...]) -> Result:
    """Leave the shell."""
    no_words(".exit", words)
    return Result(leaves=True)


FIRST = (Directive(".help", "[COMMAND]", "what can be typed here, or all about one command", show_help, ("help",)),)
SEND = Directive(".send", "COMMAND", "send it even if Airflow would refuse it", send, takes_line=True)
LAST = (
    SEND,
    Directive(".exit", "", "leave; so do exit, quit and Ctrl-D", leave, ("exit", "quit")),
)
