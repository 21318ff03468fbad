"""What the shell adds to a command when it is sent: data in the place of a table, an id for a run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import Kind, ParsedLine, output_format, parse

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Command, Grammar

#: What is added, behind a blank.
ADDED = "-o json"
#: What every Airflow calls the flag for the id of a run.
RUN_ID = "-r"
#: These print several tables under headings, whose JSON has none.
SECTIONS = ("info",)


def with_json(line: ParsedLine, grammar: Grammar | None) -> ParsedLine | None:
    """The line with ``-o json``; ``None`` where its Airflow does not take it, or where the user chose a format."""
    if line.kind is not Kind.AIRFLOW or line.problem or line.destination or grammar is None:
        return None
    found = grammar.command(line.values)
    if found is None or not _takes_json(found[0]):
        return None
    flags = _flags(line)
    if output_format(line.values[:flags]) is not None:
        return None
    end = line.words[flags - 1].end - line.words[0].start
    return parse(f"{line.command[:end]} {ADDED}{line.command[end:]}")


def _takes_json(command: Command) -> bool:
    option = command.option("-o")
    return option is not None and "json" in (option.choices or ()) and command.name not in SECTIONS


def wants_run_id(line: ParsedLine) -> bool:
    """Whether a line triggers a DAG and says no id for the run."""
    if line.kind is not Kind.AIRFLOW or line.problem:
        return False
    if line.values[:2] != ("dags", "trigger") and line.values[:1] != ("trigger_dag",):
        return False
    return not any(_says_run_id(value) or value in ("-h", "--help") for value in line.values[: _flags(line)])


def with_run_id(line: ParsedLine, run_id: str) -> ParsedLine:
    """A line that wants one with this run id."""
    end = line.words[_flags(line) - 1].end
    return parse(f"{line.text[:end]} {RUN_ID} {run_id}{line.text[end:]}")


def _flags(line: ParsedLine) -> int:
    """How many of the arguments may be flags: what stands behind -- is none."""
    return line.values.index("--") if "--" in line.values else len(line.values)


def _says_run_id(value: str) -> bool:
    """Whether an argument is the flag in one of its spellings, or begins with it; argparse takes ``--run`` too."""
    name = value.partition("=")[0]
    return value.startswith("-r") or (len(name) > 2 and any(flag.startswith(name) for flag in ("--run-id", "--run_id")))
