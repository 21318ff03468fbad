"""Danger level of a line, and the flag that answers Airflow's question. Pure.

``knowledge`` has the danger level of a command, ``readings`` the command of a line. While the version is unknown, or
where its Airflow would refuse the line, the worst level of any Airflow counts. Unknown commands count as changes.
"""

from __future__ import annotations

from mwaa_shell.airflow import knowledge
from mwaa_shell.airflow.arguments import ParsedCommand, Role
from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.knowledge import UNKNOWN, Danger, Level, Question
from mwaa_shell.airflow.readings import readings

#: From the harmless to the worst.
ORDER = (Level.READ, Level.CHANGE, Level.DESTROY)


def danger_of(line: ParsedLine, grammar: Grammar | None) -> Danger:
    """Return the danger level of an Airflow command, and the reason."""
    read = readings(line, grammar)
    found = [knowledge.danger_in(reading) for reading in read]
    if all(reading.strange for reading in _meant(line, grammar)):
        found.append(UNKNOWN)
    return max(found, key=lambda danger: ORDER.index(danger.level))


def reads(line: ParsedLine, grammar: Grammar | None) -> bool:
    """Return whether the command only reads, for certain."""
    return danger_of(line, grammar).level is Level.READ


def question_in(line: ParsedLine, grammar: Grammar | None) -> Question | None:
    """Return the question that the command would ask on standard input, which the endpoint does not have."""
    asked = [knowledge.asks_in(reading) for reading in _meant(line, grammar)]
    answers = {question.answer if question else None for question in asked}
    return asked[0] if len(answers) == 1 else None  # where no version is known, all that know the command agree


def answered(line: ParsedLine, grammar: Grammar | None) -> ParsedLine | None:
    """Return the line with the flag that says yes; ``None`` without a question, or without such a flag."""
    question = question_in(line, grammar)
    if question is None or not question.answer:
        return None
    end = _end_of_flags(_meant(line, grammar)[0])
    return parse(f"{line.text[:end]} {question.answer}{line.text[end:]}")


def _meant(line: ParsedLine, grammar: Grammar | None) -> tuple[ParsedCommand, ...]:
    """Return the readings of the environment's own version where that is known, else those of all."""
    return tuple(one for one in readings(line, grammar) if grammar is None or one.grammar is grammar)


def _end_of_flags(reading: ParsedCommand) -> int:
    """Return where one more flag may stand: at the end, but right behind the command where a ``--`` follows that."""
    command = next(part.end for part in reading.parts if part.role is Role.COMMAND)
    separated = any(part.role is Role.SEPARATOR and part.start >= command for part in reading.parts)
    return command if separated else reading.line.words[-1].end
