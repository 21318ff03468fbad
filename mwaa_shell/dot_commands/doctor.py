"""The directive that looks for what is wrong."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.doctor import Examined, examine, report
from mwaa_shell.doctor.report import exit_code, summary
from mwaa_shell.dot_commands.registry import Arguments, DotCommand, DotCommandCall
from mwaa_shell.errors import ExitCode
from mwaa_shell.mwaa.connection import Connection, EnvironmentRef
from mwaa_shell.result import Outcome, Result, talk
from mwaa_shell.session import LineContext, Session
from mwaa_shell.session.send import send

if TYPE_CHECKING:
    from mwaa_shell.doctor import CheckResult, Examined


def examined_by(session: Session) -> Examined:
    """Return what the checks use of a session; the environment that they find is opened."""
    from mwaa_shell.doctor import Examined  # imports importlib.metadata, for one command only

    def connect(name: str) -> Connection:
        access = session.here.access if session.here else session.settings.access
        if name and session.here is None:
            session.open(name, access)
        return session.links.get(EnvironmentRef(name, access))

    def run(link: Connection, command: str) -> Result:
        return send(session, LineContext(parse(command), recorded=False))[0]

    return Examined(session.here.name if session.here else None, connect, session.wait_for, run)


def doctor(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """What works from here and what does not, as lines or with ``--json``; fails if anything does."""
    arguments = Arguments(".doctor")
    arguments.add_argument("--json", action="store_true")
    given = arguments.read(words)

    found: list[CheckResult] = []
    try:
        found.extend(examine(examined_by(call.session)))
    except KeyboardInterrupt:
        return Result(Outcome.INTERRUPTED, ExitCode.INTERRUPTED, _report(found, as_json=False), message="Stopped")

    result = replace(talk(_report(found, as_json=given.json).decode()), paged=False)
    code = exit_code(found)
    if code is ExitCode.OK:
        return result
    return replace(result, outcome=Outcome.FAILED, exit_code=code, message=summary(found))


def _report(found: list[CheckResult], *, as_json: bool) -> bytes:
    if as_json:
        return report.as_json(found).encode(errors="replace")

    width = shutil.get_terminal_size().columns if os.isatty(1) else 0
    return "".join([*report.as_texts(report.worst_last(found), width), report.summary(found)]).encode(errors="replace")


DIRECTIVES = (
    DotCommand(
        ".doctor",
        "[--json]",
        "what works from here, and what to do if not",
        doctor,
        flags={"--json": None},
    ),
)
