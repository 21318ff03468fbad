"""The line below the prompt: which environment this is, whose, which Airflow, in what state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples

from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.output.sanitise import sanitise

if TYPE_CHECKING:
    from mwaa_shell.airflow.completion import SyntaxPart
    from mwaa_shell.airflow.grammar import Grammar


class State(NamedTuple):
    """What goes on behind the prompt, in words."""

    notice: str = ""  #: what went wrong
    names: str = ""  #: how many, how old
    refreshing: str = ""  #: which names are being asked for
    pressing: bool = False  #: the notice answers what the user has just asked for


def toolbar(link: Connection, state: State, document: Document, columns: int) -> StyleAndTextTuples:
    """The syntax of the command being typed, else what is known at this moment; what is not known yet is left out."""
    doing = f"refreshing {state.refreshing}" if state.refreshing else ""
    grammar = link.grammar
    pieces = _hint(document, grammar) if grammar and document.text else []
    if pieces and state.pressing and state.notice and not doing:
        return [("class:toolbar.trouble", _cut(f" {sanitise(state.notice)}", columns))]
    if pieces:
        before = f" {sanitise(doing)} " if doing else ""
        return [("class:toolbar.doing", before), ("", " "), *_fitted(pieces, columns - len(before) - 1)]
    text: StyleAndTextTuples = [("class:toolbar.environment", f" {link.target.name}")]
    facts = "".join(f"  {sanitise(part)}" for part in (*_facts(link), doing or state.names) if part)
    said = f"  {sanitise(state.notice)}" if state.notice and not doing else ""
    if said and len(link.target.name) + 1 + len(facts) + len(said) > columns:
        facts = ""  # what went wrong is news, all else stays as it is
    left = columns - len(link.target.name) - 1
    facts = _cut(facts, left)
    return [*text, ("", facts), ("class:toolbar.trouble", _cut(said, left - len(facts)))]


def _cut(text: str, columns: int) -> str:
    """As much of a text as there is room for; what is cut off is marked."""
    return text if len(text) <= columns else f"{text[: max(columns - 1, 0)]}…" if columns > 0 else ""


def _facts(link: Connection) -> tuple[str, str, str]:
    """Whose the environment is and where, what it runs, in what state it is."""
    version = f"Airflow {link.version}" if link.version else "Airflow version unknown"
    if link.grammar and link.version and link.grammar.version != link.version:
        version += f" (completed as {link.grammar.version})"
    return " ".join(part for part in (link.known.account, link.region) if part), version, link.known.status


def _style(piece: SyntaxPart) -> str:
    return "class:hint.current" if piece.current else "class:hint.given" if piece.given else "class:hint.open"


def _fitted(pieces: list[SyntaxPart], room: int) -> StyleAndTextTuples:
    """The pieces in their styles; of too many those before the current one give way, all but the command itself."""
    first, *others = pieces
    current = next((index for index, one in enumerate(others) if one.current), 0)
    gap: StyleAndTextTuples = []
    while current and sum(len(one.text) + 1 for one in (first, *others[: current + 1])) + 2 > room:
        others, current, gap = others[1:], current - 1, [("", "… ")]
    shown = [(_style(first), first.text), ("", " "), *gap]
    return [*shown, *(part for one in others for part in ((_style(one), one.text), ("", " ")))]


def _hint(document: Document, grammar: Grammar) -> list[SyntaxPart]:
    """The syntax of the command in the line that the cursor is in; ``.send`` hides none."""
    from mwaa_shell.airflow.arguments import understand
    from mwaa_shell.airflow.command_line import line_at, parse
    from mwaa_shell.airflow.completion import hint
    from mwaa_shell.dot_commands import command_in

    begins, line = line_at(document.text, document.cursor_position)
    offset = command_in(line)
    return hint(understand(parse(line[offset:]), grammar), document.cursor_position - begins - offset)
