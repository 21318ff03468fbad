"""What a whole line would do to an environment, and how to say yes to it beforehand. Pure.

What a single command does is known by ``knowledge``; here it is asked of a line, also while the environment's version
is unknown: then the worst that any Airflow makes of the line counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mwaa_shell.airflow import knowledge
from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.airflow.knowledge import UNKNOWN, Danger, Level, Question

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Command, Grammar

#: From the harmless to the worst.
ORDER = (Level.READ, Level.CHANGE, Level.DESTROY)


def danger_of(line: ParsedLine, grammar: Grammar | None) -> Danger:
    """What an Airflow command does; what nobody knows changes something."""
    found = [danger for known in _grammars(grammar) if (danger := _danger_in(line, known)) is not None]
    return max(found, key=lambda danger: ORDER.index(danger.level), default=UNKNOWN)


def reads(line: ParsedLine, grammar: Grammar | None) -> bool:
    """Whether it is certain that nothing is different afterwards."""
    return danger_of(line, grammar).level is Level.READ


def question_in(line: ParsedLine, grammar: Grammar | None) -> Question | None:
    """What the command would ask on standard input, which the endpoint does not have."""
    asked = [_question_in(line, known) for known in _grammars(grammar) if _command(line, known) is not None]
    answers = {question.answer if question else None for question in asked}
    return asked[0] if len(answers) == 1 else None  # where no version is known, all that know the command agree


def _question_in(line: ParsedLine, grammar: Grammar) -> Question | None:
    found = _command(line, grammar)
    return knowledge.asks(found[0].name, grammar.version, line.values[found[1] :]) if found else None


def answered(line: ParsedLine, grammar: Grammar | None) -> ParsedLine | None:
    """The line with the flag that says yes beforehand; ``None`` where nothing would be asked, or no flag answers."""
    question = question_in(line, grammar)
    if question is None or not question.answer:
        return None
    flags = line.values.index("--") if "--" in line.values else len(line.values)  # what stands behind -- is no flag
    end = line.words[flags - 1].end
    return parse(f"{line.text[:end]} {question.answer}{line.text[end:]}")


def _grammars(grammar: Grammar | None) -> list[Grammar]:
    """The environment's, or the newest of each major version where it is not known."""
    if grammar is not None:
        return [grammar]
    from mwaa_shell.airflow.grammar import load, versions

    return [load(version) for version in {version.major: version for version in versions()}.values()]


def _danger_in(line: ParsedLine, grammar: Grammar) -> Danger | None:
    found = _command(line, grammar)
    if found is not None:
        return knowledge.danger(found[0].name, grammar.version, line.values[found[1] :])
    for count in range(min(len(line.values), 3), 0, -1):  # of a provider that is not installed everywhere
        danger = knowledge.danger(" ".join(line.values[:count]), grammar.version, line.values[count:])
        if danger.level is Level.DESTROY:
            return danger
    return None


def _command(line: ParsedLine, grammar: Grammar | None) -> tuple[Command, int] | None:
    return grammar.command(line.values) if grammar is not None else None
