"""Advice after a command: the next step, and how to read its output. Pure."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from mwaa_shell.airflow.additions import RUN_ID, with_json
from mwaa_shell.airflow.arguments import plain_words, understand
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, parse
from mwaa_shell.airflow.knowledge import reads
from mwaa_shell.airflow.outcome import remark_on
from mwaa_shell.errors import ExitCode, State
from mwaa_shell.history import check_command
from mwaa_shell.output import program_name
from mwaa_shell.result import Outcome, Result

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar

#: HTTP status of the web server for quotes that it cannot split, among other reasons.
SERVER_ERROR = 500
#: A quoted piece of a command, an escaped character, or plain text.
_PIECE = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^'"\\]+""", re.DOTALL)
#: Advice on quotes; ``command_line.quote`` writes the form that works on MWAA.
_ABOUT_QUOTES = """MWAA fails at '\\'' in single quotes. Use double quotes, such as "it's \\"so\\\""."""
#: Commands whose runs and tasks a scheduler starts.
LEFT_TO_THE_SCHEDULER = ("dags trigger", "trigger_dag", "tasks clear", "clear", "backfill create")
NO_SCHEDULER = "No scheduler runs here: exit, then start mwaa-shell --local {version} --scheduler"
#: Programs that read JSON and fail on a table.
JSON_PROGRAMS = ("jq", "gojq", "jaq")
#: Bytes at the beginning and at the end of an output that are read for a remark.
READ = 100_000


def with_advice(result: Result, typed: ParsedLine, sent: ParsedLine, grammar: Grammar | None) -> Result:
    """Return the result with the next step, if it is not run or unknown."""
    if result.remote and result.ok:
        return _explained(result, sent, grammar)
    if not result.remote or result.outcome is Outcome.FAILED:
        return result
    if result.http_status == SERVER_ERROR and _closes_single_quotes(sent.command):
        result = result._replace(hint=_ABOUT_QUOTES)
    if result.outcome is Outcome.NOT_RUN or result.state is State.RAN:
        return result
    asked = result.outcome is Outcome.UNKNOWN  # after Ctrl-C, the user expects an empty prompt
    if reads(sent, grammar):
        hint = result.hint or "Run it again: it is read-only."
        return result._replace(hint=hint, proposal=typed.text) if asked else result
    check = check_command(understand(sent, grammar)) if grammar is not None else ""
    if not check:
        return result
    _, flag, run_id = result.added.partition(f"{RUN_ID} ")  # only a run ID that the shell added
    hint = result.hint or f"{f'Look for run {run_id} with' if flag else 'Check with'}: {check}"
    return result._replace(hint=hint, proposal=check if asked else "")


def _explained(result: Result, sent: ParsedLine, grammar: Grammar | None) -> Result:
    """Return a successful result with a remark on output that looks like a failure."""
    if grammar is None:
        return result

    ends = (result.stdout[:READ], result.stdout[max(len(result.stdout) - READ, READ) :])
    printed = b"".join(ends).decode("utf-8", "replace")
    remark = remark_on(plain_words(sent, grammar), grammar.version, printed)
    return result._replace(remark=remark) if remark else result


def with_no_scheduler(result: Result, sent: ParsedLine, grammar: Grammar) -> Result:
    """Return the result with a remark if its work waits for a missing scheduler."""
    command = understand(sent, grammar).command
    if not result.ok or command is None or command.name not in LEFT_TO_THE_SCHEDULER:
        return result
    remark = NO_SCHEDULER.format(version=grammar.version)
    return result._replace(remark="\n".join(one for one in (result.remark, remark) if one))


def with_similar_name(result: Result, name: str) -> Result:
    """Return the result with a name similar to a missing one."""
    if not name:
        return result
    question = f"Did you mean '{name}'?"
    if result.ok:  # Airflow 1.10 and ``dags pause`` report it and end with 0
        return result._replace(remark="\n".join(one for one in (result.remark, question) if one))
    return result._replace(hint=" ".join(one for one in (question, result.hint) if one))


def with_retry_proposal(result: Result, line: ParsedLine) -> Result:
    """Return the result with its line as the proposal, if the line did not run."""
    sendable = result.remote or line.kind is InputKind.AIRFLOW
    ran = result.exit_code is not ExitCode.NOTHING_RAN
    return result if ran or not sendable or result.proposal else result._replace(proposal=line.text)


def ask_for_json(result: Result, line: ParsedLine, grammar: Grammar | None) -> Result:
    """Return the result with a command for JSON, if a JSON program failed on a table."""
    destination = line.destination
    if destination is None or destination.operator != "|" or program_name(destination.target) not in JSON_PROGRAMS:
        return result
    made = with_json(parse(line.command), grammar)
    if made is None:
        return result
    blank = " " if line.text.startswith(" ") else ""  # a private command stays private
    better = f"{blank}{made.text} | {destination.target}"
    return result._replace(hint=f"Ask for JSON: {better}", proposal=better if reads(line, grammar) else "")


def _closes_single_quotes(command: str) -> bool:
    r"""Return whether single quotes end for an escaped one, as in ``'it'\''s'``.

    The web server does not split that.
    """
    pieces = _PIECE.findall(command)
    return any(piece == r"\'" and before[0] == "'" for before, piece in pairwise(pieces))
