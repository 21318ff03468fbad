"""Additions to a command when it is sent: JSON in place of a table, and an ID for a run. Pure."""

from __future__ import annotations

from mwaa_shell.airflow.arguments import ParsedCommand, Role, understand
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, output_format, parse
from mwaa_shell.airflow.grammar import Command, Grammar
from mwaa_shell.airflow.readings import readings_of_majors

#: What is added, behind a blank.
ADDED = "-o json"
#: What every Airflow calls the flag for the id of a run.
RUN_ID = "-r"
#: Commands that print several tables under headings, whose JSON has none.
SECTIONS = ("info",)
#: Commands that trigger a DAG, by their last words.
TRIGGERS = {"trigger": "dags trigger", "trigger_dag": "trigger_dag"}


def with_json(line: ParsedLine, grammar: Grammar | None) -> ParsedLine | None:
    """Return the line with ``-o json``; ``None`` where its Airflow does not take it, or the user chose a format."""
    if line.kind is not InputKind.AIRFLOW or line.problem or line.destination or grammar is None:
        return None
    reading = understand(line, grammar)
    if reading.command is None or not _takes_json(reading.command):
        return None
    end = _flags_end(reading)
    if output_format(line.values[:end]) is not None:
        return None
    position = line.words[end - 1].end - line.words[0].start
    return parse(f"{line.command[:position]} {ADDED}{line.command[position:]}")


def _takes_json(command: Command) -> bool:
    option = command.option("-o")
    return option is not None and "json" in (option.choices or ()) and command.name not in SECTIONS


def wants_run_id(line: ParsedLine, grammar: Grammar | None = None) -> bool:
    """Return whether a line triggers a DAG and has no run ID.

    While the version is unknown, any major version may read the line as a trigger.
    """
    reading = _trigger(line, grammar)
    flags = line.values[: _flags_end(reading)] if reading is not None else ()
    return reading is not None and not any(_is_run_id(value) or value in ("-h", "--help") for value in flags)


def with_run_id(line: ParsedLine, run_id: str, grammar: Grammar | None = None) -> ParsedLine:
    """Return the line with this run ID; unchanged where it triggers no DAG."""
    reading = _trigger(line, grammar)
    if reading is None:
        return line
    position = line.words[_flags_end(reading) - 1].end
    return parse(f"{line.text[:position]} {RUN_ID} {run_id}{line.text[position:]}")


def _trigger(line: ParsedLine, grammar: Grammar | None) -> ParsedCommand | None:
    """Return the reading of a line that triggers a DAG."""
    if line.kind is not InputKind.AIRFLOW or line.problem or TRIGGERS.keys().isdisjoint(line.values):
        return None
    readings = readings_of_majors(line) if grammar is None else (understand(line, grammar),)
    return next((one for one in readings if one.command and one.command.name in TRIGGERS.values()), None)


def _flags_end(reading: ParsedCommand) -> int:
    """Return how many words of the line may be flags: a ``--`` after the command ends them."""
    words, values = reading.line.words, reading.line.values
    begin = next(words.index(part.word) for part in reading.parts if part.role is Role.COMMAND) + 1
    return values.index("--", begin) if "--" in values[begin:] else len(values)


def _is_run_id(value: str) -> bool:
    """Return whether an argument is the flag in a spelling of any version, or has it joined to a value."""
    name = value.partition("=")[0]
    return value.startswith("-r") or (len(name) > 2 and any(flag.startswith(name) for flag in ("--run-id", "--run_id")))
