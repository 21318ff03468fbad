"""All checks in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mwaa_shell.doctor import machine
from mwaa_shell.doctor.aws import AwsChecks, skipped
from mwaa_shell.doctor.finding import Finding
from mwaa_shell.doctor.web import CHECKS, WebChecks

if TYPE_CHECKING:
    from mwaa_shell.session import Session


def examine(session: Session) -> Iterator[Finding]:
    """What works and what does not, one finding after the other. Opens the only environment, where none is open."""
    yield from machine.findings(machine.surroundings())
    aws = AwsChecks(session, session.here.name if session.here else None)
    yield from aws.findings()
    if aws.token is None or aws.name is None:
        for name in CHECKS:
            yield skipped(name, "there is no token")
        return
    if session.here is None:
        session.open(aws.name, session.settings.access)
    mode = aws.known.access_mode if aws.known else ""
    yield from WebChecks(session, aws.token.host, mode, dated=aws.dated).findings()
