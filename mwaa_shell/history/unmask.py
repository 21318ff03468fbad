"""What a mask stands for is asked for before a line is sent: a mask is never sent, and a secret is never kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.errors import UsageError

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.airflow.redaction import Span

#: What stands for a secret; written out here so that lines without one cost no import.
MASK = "***"


def unmasked(line: ParsedLine, grammar: Grammar | None, ask: Callable[[str], str | None] | None) -> ParsedLine:
    """The line with its secrets in the places of their masks; raises ``UsageError`` where nobody tells them."""
    if MASK not in line.text:
        return line
    from mwaa_shell.airflow.redaction import fill, masks

    places = masks(line.text, grammar)
    if not places:
        grammar, places = None, masks(line.text)
    left = [at.start() for at in re.finditer(re.escape(MASK), line.text) if not _in_one(at.start(), places)]
    if left:  # in a place where no secret goes: what was masked there would be overwritten
        raise UsageError(f"A mask is left at column {left[0] + 1}: type what goes there (.send sends it as it is)")
    answers = [ask(place.name or "the secret") if ask else None for place in places]
    known = [answer for answer in answers if answer is not None]
    if len(known) < len(places):
        names = ", ".join(dict.fromkeys(place.name or "a secret" for place in places))
        raise UsageError(f"{names} is masked and kept nowhere: type it; nothing was sent")
    return parse(fill(line.text, known, grammar))


def _in_one(position: int, places: Sequence[Span]) -> bool:
    return any(place.start <= position < place.end for place in places)
