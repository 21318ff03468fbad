"""Directives about the last reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mwaa_shell.directives.registry import Arguments, Directive
from mwaa_shell.errors import UsageError
from mwaa_shell.result import Result

if TYPE_CHECKING:
    from mwaa_shell.session import Session


def raw(session: Session, words: tuple[str, ...]) -> Result:
    """The last reply as it came: its two streams, or with ``--reply`` the HTTP body."""
    arguments = Arguments(".raw")
    arguments.add_argument("--reply", action="store_true")
    given = arguments.read(words)
    if session.last is None:
        raise UsageError("There is no reply yet: run an Airflow command first")
    if given.reply:
        return Result(stdout=session.last.reply, raw=True)
    return Result(stdout=session.last.stdout, stderr=session.last.stderr, raw=True)


DIRECTIVES = (
    Directive(".raw", "[--reply]", "the last reply as it came (--reply: its HTTP body)", raw, flags={"--reply": None}),
)
