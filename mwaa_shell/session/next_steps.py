"""What to say and to propose about a command that did not end plainly: nothing ran, or nobody knows; or that ended
well and does not look so. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from mwaa_shell.airflow.additions import RUN_ID
from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import InputKind, ParsedLine
from mwaa_shell.airflow.outcome import remark_on
from mwaa_shell.airflow.readings import words_as_read
from mwaa_shell.airflow.safety import reads
from mwaa_shell.errors import ExitCode
from mwaa_shell.history.rerun import check_command
from mwaa_shell.result import Outcome, Result

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar

#: HTTP statuses that say that a command did not run, after which somebody might think of sending it again.
REFUSALS = (403, 429, 503)
#: What the web server answers to quotes that it cannot split, and to much else.
SERVER_ERROR = 500
#: A quoted piece of a command, an escaped character, or plain text.
_PIECE = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^'"\\]+""", re.DOTALL)
#: What programs that write commands for MWAA have found out; ``command_line.quote`` writes the form that works.
_ABOUT_QUOTES = (
    "its quotes may be why: MWAA fails at '\\'' inside single quotes, and takes double quotes "
    'with \\ before each " and \\ inside, such as "it\'s \\"so\\""'
)
#: Bytes at the beginning and at the end of a reply that are read for a remark.
READ = 100_000


def advised(result: Result, typed: ParsedLine, sent: ParsedLine, grammar: Grammar | None) -> Result:
    """The result of a command, with what to do next where it is not plain how it ended."""
    if result.remote and result.ok:
        return _explained(result, sent, grammar)
    if not result.remote or result.outcome is Outcome.FAILED:
        return result
    if result.http_status == SERVER_ERROR and _closes_single_quotes(sent.command):
        result = _with(result, _ABOUT_QUOTES)
    harmless = reads(sent, grammar)
    if result.outcome is Outcome.REFUSED:
        repeatable = result.http_status in REFUSALS and not harmless
        return _with(result, "it may change something, so it is not sent again by itself") if repeatable else result
    asked = result.outcome is Outcome.UNKNOWN  # who pressed Ctrl-C wants an empty prompt
    if harmless:
        return replace(_with(result, "it only reads, so it can be run again"), proposal=typed.text) if asked else result
    check = _check(sent, grammar)
    if not check:
        return result
    return replace(_with(result, f"{check} tells{_of_which_run(result)}"), proposal=check if asked else "")


def _explained(result: Result, sent: ParsedLine, grammar: Grammar | None) -> Result:
    """Return the result of a command that did what it should, with how to read a reply that does not look so."""
    if grammar is None:
        return result

    ends = (result.stdout[:READ], result.stdout[max(len(result.stdout) - READ, READ) :])
    printed = b"".join(ends).decode("utf-8", "replace")
    remark = remark_on(words_as_read(sent, grammar), grammar.version, printed)
    return replace(result, remark=remark) if remark else result


def put_back(result: Result, line: ParsedLine) -> Result:
    """The result with its own line as the proposal, where that was to be sent and it is certain that nothing ran."""
    sendable = result.remote or line.kind is InputKind.AIRFLOW
    ran = result.exit_code is not ExitCode.NOTHING_RAN
    return result if ran or not sendable or result.proposal else replace(result, proposal=line.text)


def _with(result: Result, advice: str) -> Result:
    return replace(result, message=f"{result.message}; {advice}")


def _closes_single_quotes(command: str) -> bool:
    r"""Return whether single quotes end for an escaped one, as in ``'it'\''s'``: the web server does not split that."""
    pieces = _PIECE.findall(command)
    return any(piece == r"\'" and before[0] == "'" for before, piece in pairwise(pieces))


def _of_which_run(result: Result) -> str:
    """The id that the shell gave to the run, where it did."""
    _, flag, run_id = result.added.partition(f"{RUN_ID} ")
    return f", of run {run_id}" if flag else ""


def _check(sent: ParsedLine, grammar: Grammar | None) -> str:
    """The command that tells without changing anything whether this one has run; empty where there is none."""
    if grammar is None:
        return ""

    return check_command(understand(sent, grammar))
