"""What a mask stands for is asked for before a line is sent: a mask is never sent, and a secret is never kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.errors import UsageError

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar

#: What stands for a secret; written out here so that lines without one cost no import.
MASK = "***"


def unmasked(
    line: ParsedLine,
    grammar: Grammar | None,
    ask: Callable[[str], str | None] | None,
    patterns: Sequence[str] = (),
    *,
    as_it_is: bool = False,
) -> ParsedLine:
    """The line with its secrets in the places of their masks; raises ``UsageError`` where nobody tells them.

    A mask where no secret goes is refused too, unless the line is to be sent ``as_it_is``.
    """
    if MASK not in line.text:
        return line
    from mwaa_shell.airflow.redaction import fill, left_mask, masks  # 3 ms of a start, for few lines

    places = masks(line.text, grammar, patterns)
    if not places:
        grammar, places = None, masks(line.text, None, patterns)
    left = None if as_it_is else left_mask(line.text, places)
    if left is not None:  # in a place where no secret goes: what was masked there would be overwritten
        raise UsageError(f"A mask is left at column {left + 1}: type what goes there (.send sends it as it is)")
    answers = [ask(place.name or "the secret") if ask else None for place in places]
    known = [answer for answer in answers if answer]  # an empty one is a reflex, and would replace what is there
    if len(known) < len(places):
        names = ", ".join(dict.fromkeys(place.name or "a secret" for place in places))
        raise UsageError(f"{names} is masked and kept nowhere: type it; the line was not sent")
    return parse(fill(line.text, known, grammar, patterns))
