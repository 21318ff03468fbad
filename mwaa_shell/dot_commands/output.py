"""Dot-commands about output: reformat, copy and record it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group
from mwaa_shell.errors import RefusedByRule, UsageError
from mwaa_shell.output import Transcript, clipboard, select_output
from mwaa_shell.output.records import find_in_bytes
from mwaa_shell.output.tables import shows_secrets
from mwaa_shell.preferences import preference
from mwaa_shell.prompt_text import is_dumb
from mwaa_shell.result import Result, text_result
from mwaa_shell.session import Session

if TYPE_CHECKING:
    from argparse import Namespace


def raw(call: DotCommandCall, given: Namespace) -> Result:
    """Show the last output unchanged, or with ``--http`` the HTTP response.

    A screen gets no passwords unless ``reveal`` is on. A file and a local command get every byte.
    """
    session = call.session
    last = _last(session)
    if session.ui.draws_tables and call.context.destination is None:
        _refuse_passwords(session, last, ".raw", encoded=given.http)
    if given.http:
        if not last.response:
            raise UsageError(f"The last command has no output ({last.outcome.value})")
        return Result(stdout=last.response, raw=True)
    if last.response and not (last.ok or last.stdout or last.stderr):
        raise UsageError("The last response is not command output", hint="See .raw --http.")
    return Result(stdout=last.stdout, stderr=last.stderr, raw=True, words=last.words, format="raw", hidden=last.hidden)


def _refuse_passwords(session: Session, last: Result, name: str, *, encoded: bool) -> None:
    """Raise for output that may hold passwords.

    ``encoded`` says that it leaves in base64, where nothing can be masked.
    """
    repeats = encoded and any(secret.encode() in bytes(last.stdout) + bytes(last.stderr) for secret in last.hidden)
    if (repeats or shows_secrets(last.words, last.stdout)) and session.preferences["reveal"] == "off":
        raise RefusedByRule("The output may contain passwords", hint=f"Use .set reveal on for {name}, or .raw > FILE.")


def _last(session: Session) -> Result:
    if session.last_result is None:
        raise UsageError("There is no output yet", hint="Run an Airflow command first.")
    return session.last_result


def copy(call: DotCommandCall, given: Namespace) -> Result:
    """Copy the data of the last output to the clipboard, safe to paste."""
    session = call.session
    last = _last(session)
    if not session.ui.draws_tables or call.context.destination is not None or is_dumb(os.environ):
        raise UsageError(".copy requires a terminal", hint="Use .raw > FILE.")
    _refuse_passwords(session, last, ".copy", encoded=True)
    data = clipboard.as_plain_text(bytes(select_output(last, session.preferences).stdout or last.stdout))
    if not data:
        raise UsageError("The last output has nothing on standard output to copy")
    if len(data) > clipboard.LIMIT:
        way = "`.raw > FILE`, or `.raw |` and pbcopy, wl-copy or xclip, take all of it"
        raise UsageError(f"A terminal copies at most {clipboard.LIMIT:,} bytes, not {len(data):,}", hint=f"Use {way}.")
    remark = "tmux passes them on if its option set-clipboard is on." if os.environ.get("TMUX") else ""
    said = text_result(f"{len(data):,} bytes are sent to the clipboard of the terminal.")
    return said._replace(clipboard=data, remark=remark)


def draw_as(call: DotCommandCall, given: Namespace) -> Result:
    """Draw the last output in another format; nothing is sent."""
    form = given.format
    last = _last(call.session)
    if form != "raw" and find_in_bytes(last.stdout, last.words) is None:
        raise UsageError(f".as {form}: the last output has no records", hint="See .raw.")
    return Result(stdout=last.stdout, words=last.words, format=form)


def tee(call: DotCommandCall, given: Namespace) -> Result:
    """Start or stop the transcript; without an argument, show its file."""
    session = call.session
    if not given.file:
        return text_result(
            f"Commands and their output are appended to {session.transcript.path}." if session.transcript else "off"
        )
    if given.file == "on":
        raise UsageError(".tee requires FILE or off, not 'on'", hint="Write .tee ./on for a file of that name.")
    session.transcript = None if given.file == "off" else Transcript(Path(given.file))
    path = session.transcript.path if session.transcript else None
    session.ui.note(f"Commands and their output are appended to {path}." if path else ".tee is off.")
    return Result()


DOT_COMMANDS = (
    DotCommand(
        ".raw",
        Group.OUTPUT,
        "[--http]",
        "show the last output raw (--http: HTTP response)",
        raw,
        (Argument("--http", "the body of the HTTP response"),),
        details="Show the last output as Airflow printed it. "
        "On a terminal, output that may hold passwords needs .set reveal on.",
        examples=(".raw", ".raw --http > response.json"),
        see=(".as", ".copy"),
    ),
    DotCommand(
        ".as",
        Group.OUTPUT,
        "FORMAT",
        "show the last output in another format",
        draw_as,
        (
            Argument(
                "FORMAT",
                "table, vertical, json, yaml, csv or raw",
                ArgumentKind.FORMAT,
                choices=[form for form in preference("output").words if form != "auto"],
            ),
        ),
        details="Show the records of the last output in another format. Nothing is sent.",
        examples=(".as csv", ".as vertical", ".as json > dags.json"),
        see=(".raw", ".set"),
    ),
    DotCommand(
        ".copy",
        Group.OUTPUT,
        "",
        "copy the last output to the terminal's clipboard",
        copy,
        details="Copy the last output to the clipboard of your terminal, also over SSH. "
        "The terminal must support OSC 52.",
        examples=(".copy",),
        see=(".raw",),
    ),
    DotCommand(
        ".tee",
        Group.OUTPUT,
        "[FILE|off]",
        "append commands and their output to a file",
        tee,
        (Argument("[FILE]", takes=ArgumentKind.PATH),),
        details="Append each following command and its output to a file. Without an argument, show the file.",
        examples=(".tee session.log", ".tee off"),
        see=(".raw",),
    ),
)
