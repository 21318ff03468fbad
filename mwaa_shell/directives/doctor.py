"""The directive that looks for what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mwaa_shell.directives.registry import Arguments, Directive
from mwaa_shell.errors import ExitCode
from mwaa_shell.result import Outcome, Result, talk

if TYPE_CHECKING:
    from mwaa_shell.doctor.finding import Finding
    from mwaa_shell.session import Session


def doctor(session: Session, words: tuple[str, ...]) -> Result:
    """What works from here and what does not, as lines or with ``--json``; fails if anything does."""
    arguments = Arguments(".doctor")
    arguments.add_argument("--json", action="store_true")
    given = arguments.read(words)
    from mwaa_shell.doctor.examine import examine

    found: list[Finding] = []
    try:
        found.extend(examine(session))
    except KeyboardInterrupt:
        return Result(Outcome.INTERRUPTED, ExitCode.INTERRUPTED, _report(found, as_json=False), message="Stopped")
    from mwaa_shell.doctor.finding import exit_code, summary

    result = replace(talk(_report(found, as_json=given.json).decode()), paged=False)
    code = exit_code(found)
    if code is ExitCode.OK:
        return result
    return replace(result, outcome=Outcome.FAILED, exit_code=code, message=summary(found))


def _report(found: list[Finding], *, as_json: bool) -> bytes:
    from mwaa_shell.doctor import finding

    if as_json:
        return finding.as_json(found).encode(errors="replace")
    import os
    import shutil

    width = shutil.get_terminal_size().columns if os.isatty(1) else 0
    return "".join([*finding.as_texts(finding.worst_last(found), width), finding.summary(found)]).encode(
        errors="replace"
    )


DIRECTIVES = (
    Directive(
        ".doctor",
        "[--json]",
        "what works from here, and what to do if not",
        doctor,
        flags={"--json": None},
    ),
)
