"""Directives about replies as they came: the last one again, on the clipboard, and all of them in a transcript."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.dot_commands.registry import ArgumentKind, Arguments, DotCommand, DotCommandCall, no_words
from mwaa_shell.errors import RefusedByRule, UsageError
from mwaa_shell.output.clipboard import LIMIT, clean
from mwaa_shell.output.redirect import select_output
from mwaa_shell.output.tables.secrets import shows_secrets
from mwaa_shell.output.transcript import Transcript
from mwaa_shell.prompt_text import is_dumb
from mwaa_shell.result import Result, talk
from mwaa_shell.session import Session

if TYPE_CHECKING:
    from mwaa_shell.reply_bytes import Body


def raw(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """The last reply as it came: its two streams, or with ``--reply`` the HTTP body.

    Passwords that Airflow printed are not for a screen unless the user said so; a file and a command get every byte.
    """
    session = call.session
    arguments = Arguments(".raw")
    arguments.add_argument("--reply", action="store_true")
    given = arguments.read(words)
    last = _last(session)
    if session.ui.draws_tables and not call.context.destination is not None:
        _refuse_passwords(session, last, ".raw", encoded=given.reply)
    if given.reply:
        return Result(stdout=_body(last), raw=True)
    if last.reply and not (last.ok or last.stdout or last.stderr):
        raise UsageError("The last reply holds no output of a command: .raw --reply shows it as it came")
    return Result(stdout=last.stdout, stderr=last.stderr, raw=True, words=last.words, format="raw", hidden=last.hidden)


def _refuse_passwords(session: Session, last: Result, name: str, *, encoded: bool) -> None:
    """``encoded`` is for what hands the reply to the terminal in base64, where nothing can be covered."""
    repeats = encoded and any(secret.encode() in bytes(last.stdout) + bytes(last.stderr) for secret in last.hidden)
    if (repeats or shows_secrets(last.words, last.stdout)) and session.preferences["reveal"] == "off":
        raise RefusedByRule(
            f"The reply may hold passwords: .set reveal on lets {name} have it, .raw > FILE keeps it off the screen"
        )


def _body(last: Result) -> Body:
    if not last.reply:
        raise UsageError(f"The last command got no reply: {last.message or last.outcome.value}")
    return last.reply


def _last(session: Session) -> Result:
    if session.last is None:
        raise UsageError("There is no reply yet: run an Airflow command first")
    return session.last


def copy(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """What a pipe would get of the last reply, to the clipboard of the terminal; as text that is safe to paste."""
    session = call.session

    no_words(".copy", words)
    last = _last(session)
    if not session.ui.draws_tables or call.context.destination is not None or is_dumb(os.environ):
        raise UsageError(".copy asks the terminal to keep the reply, and there is none here: .raw > FILE writes it")
    _refuse_passwords(session, last, ".copy", encoded=True)
    data = clean(bytes(select_output(last, session.preferences).stdout or last.stdout))
    if not data:
        raise UsageError("The last reply has nothing on standard output to copy")
    if len(data) > LIMIT:
        way = "`.raw > FILE`, or `.raw |` and pbcopy, wl-copy or xclip, take all of it"
        raise UsageError(f"The reply has {len(data):,} bytes, and a terminal takes {LIMIT:,} at most: {way}")
    hint = "; tmux passes it on where set-clipboard is on" if os.environ.get("TMUX") else ""
    return replace(talk(f"{len(data):,} bytes for the clipboard of the terminal{hint}"), clipboard=data)


def tee(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Add what is run and shown from now on to a file, or stop doing so; without a word, say where it goes."""
    session = call.session

    arguments = Arguments(".tee")
    arguments.add_argument("file", nargs="?")
    given = arguments.read(words)
    if given.file is None:
        return talk(f"replies are added to {session.tee.path}" if session.tee else "off")
    session.tee = None if given.file == "off" else Transcript(Path(given.file))
    return Result()


DIRECTIVES = (
    DotCommand(".raw", "[--reply]", "the last reply as it came (--reply: its HTTP body)", raw, flags={"--reply": None}),
    DotCommand(".copy", "", "the last reply to the clipboard of your terminal", copy),
    DotCommand(".tee", "[FILE|off]", "add what is run and shown to a file", tee, takes=(ArgumentKind.PATH,)),
)
