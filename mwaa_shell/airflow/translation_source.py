"""Which version's words a line is in: found by reading it against the command trees of all of them."""

from __future__ import annotations

from mwaa_shell.airflow.arguments import HELP, ParsedCommand, Role, understand
from mwaa_shell.airflow.command_line import ParsedLine
from mwaa_shell.airflow.grammar import Command, load, versions
from mwaa_shell.airflow.validation import validate
from mwaa_shell.airflow.versions import Version


def accepts(understanding: ParsedCommand) -> bool:
    """Whether a version takes the line and each word of it: what ``-hn`` is to Airflow 1, others take for ``-h``."""
    asks = any(part.argument is HELP for part in understanding.parts)
    known = understanding.command is not None or asks
    return known and not _strange(understanding) and validate(understanding) is None


def source(line: ParsedLine, own: ParsedCommand) -> ParsedCommand | None:
    """The line as the first version reads it that takes it, else as the one that has the fewest words to spare."""
    best: ParsedCommand | None = None
    for version in _order(own.grammar.version):
        there = understand(line, load(version))
        if there.command is None or not _knows_more(there, there.command, own):
            continue
        if accepts(there):
            return there
        if best is None or _strange(there) < _strange(best):
            best = there
    return best


def _order(target: Version) -> list[Version]:
    """The newest of each major first, then all others: most lines are found without reading every tree."""
    others = [version for version in versions() if version != target]
    newest = {version.major: version for version in others}
    return sorted(
        others,
        key=lambda one: (newest[one.major] != one, abs(one.major - target.major), one.major, [-part for part in one]),
    )


def _knows_more(there: ParsedCommand, command: Command, own: ParsedCommand) -> bool:
    """Whether a version makes more of a line: not where it takes a mistyped command of a group for a value."""
    if own.command is not None:
        return _strange(there) < _strange(own)
    groups = sum(part.role is Role.GROUP for part in own.parts)
    return not _strange(there) or len(command.name.split()) > groups


def _strange(understanding: ParsedCommand) -> int:
    return sum(part.role is Role.EXTRA for part in understanding.parts)
