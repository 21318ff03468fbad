"""The line below the prompt: which environment this is, whose, which Airflow, in what state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.formatted_text import StyleAndTextTuples

from mwaa_shell.link import Link
from mwaa_shell.output.sanitise import sanitise

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.airflow.suggestions import Piece


def toolbar(link: Link, notice: str, typed: str, cursor: int) -> StyleAndTextTuples:
    """The syntax of the command being typed, else what is known at this moment; what is not known yet is left out."""
    grammar = link.grammar
    pieces = _hint(typed, cursor, grammar) if grammar and typed else []
    if pieces:
        return [("", " "), *(part for one in pieces for part in ((_style(one), one.text), ("", " ")))]
    known = link.known
    version = f"Airflow {link.version}" if link.version else "Airflow version unknown"
    if link.grammar and link.grammar.version != link.version:
        version += f" (completed as {link.grammar.version})"
    parts = [" ".join(part for part in (known.account, link.region) if part), version, known.status]
    text: StyleAndTextTuples = [("class:toolbar.environment", f" {link.target.name}")]
    for part in parts:
        if part:
            text.append(("", f"  {sanitise(part)}"))
    if notice:
        text.append(("class:toolbar.trouble", f"  {sanitise(notice)}"))
    return text


def _style(piece: Piece) -> str:
    return "class:hint.current" if piece.current else "class:hint.given" if piece.given else "class:hint.open"


def _hint(typed: str, cursor: int, grammar: Grammar) -> list[Piece]:
    """The syntax of the command in the line; ``.send`` hides none."""
    from mwaa_shell.airflow.command_line import parse
    from mwaa_shell.airflow.suggestions import hint
    from mwaa_shell.airflow.understanding import understand
    from mwaa_shell.directives import command_in

    offset = command_in(typed)
    return hint(understand(parse(typed[offset:]), grammar), cursor - offset)
