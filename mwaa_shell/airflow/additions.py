"""Additions to a command that is sent: ``-o json``, a run ID, a yes beforehand. Pure."""

from __future__ import annotations

from mwaa_shell.airflow.arguments import ParsedCommand, Role, readings_of_majors, understand
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, parse
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.knowledge import meant_readings, question_in

#: The flag for JSON.
ADDED = "-o json"
#: The flag for a run ID, in every Airflow.
RUN_ID = "-r"
#: Commands that print several tables under headings, whose JSON has none.
SECTIONS = ("info",)
#: Commands that trigger a DAG, by their last words.
TRIGGERS = {"trigger": "dags trigger", "trigger_dag": "trigger_dag"}


def with_json(line: ParsedLine, grammar: Grammar | None) -> ParsedLine | None:
    """Return the line with ``-o json``. ``None``: its Airflow lacks the flag, or the user chose a format."""
    if line.kind is not InputKind.AIRFLOW or line.problem or line.destination or grammar is None:
        return None
    reading = understand(parse(line.command), grammar)
    option = reading.command and reading.command.option("-o")
    takes_json = (
        reading.command and reading.command.name not in SECTIONS and option and "json" in (option.choices or ())
    )
    return _with(reading, ADDED) if takes_json and "-o" not in reading.given else None


def wants_run_id(line: ParsedLine, grammar: Grammar | None = None) -> bool:
    """Return whether a line triggers a DAG and has no run ID.

    While the version is unknown, any major version may read the line as a trigger.
    """
    reading = _trigger(line, grammar)
    return reading is not None and reading.given.isdisjoint((RUN_ID, "--help"))


def with_run_id(line: ParsedLine, run_id: str, grammar: Grammar | None = None) -> ParsedLine:
    """Return the line with this run ID; unchanged where it triggers no DAG."""
    reading = _trigger(line, grammar)
    return line if reading is None else _with(reading, f"{RUN_ID} {run_id}")


def with_yes_flag(line: ParsedLine, grammar: Grammar | None) -> ParsedLine | None:
    """Return the line with the flag that says yes. ``None``: no question, or no such flag."""
    question = question_in(line, grammar)
    return _with(meant_readings(line, grammar)[0], question.answer) if question and question.answer else None


def _trigger(line: ParsedLine, grammar: Grammar | None) -> ParsedCommand | None:
    """Return the reading of a line that triggers a DAG."""
    if line.kind is not InputKind.AIRFLOW or line.problem or TRIGGERS.keys().isdisjoint(line.values):
        return None
    readings = readings_of_majors(line) if grammar is None else (understand(line, grammar),)
    return next((one for one in readings if one.command and one.command.name in TRIGGERS.values()), None)


def _with(reading: ParsedCommand, addition: str) -> ParsedLine:
    """Return the line with a flag at its end, or after the command if ``--`` follows."""
    text, end = reading.line.text, reading.line.words[-1].end
    command = next(part.end for part in reading.parts if part.role is Role.COMMAND)
    if any(part.role is Role.SEPARATOR and part.start >= command for part in reading.parts):
        end = command
    return parse(f"{text[:end]} {addition}{text[end:]}")
