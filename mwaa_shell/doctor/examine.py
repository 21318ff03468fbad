"""All checks in their order."""

from __future__ import annotations

from collections.abc import Iterator

from mwaa_shell.doctor import machine
from mwaa_shell.doctor.aws import AwsChecks, skipped
from mwaa_shell.doctor.checks import Examined
from mwaa_shell.doctor.report import CheckResult
from mwaa_shell.doctor.web import CHECKS, WebChecks


def examine(examined: Examined) -> Iterator[CheckResult]:
    """Yield what works and what does not. Examines the only environment of the region, where none is named."""
    yield from machine.findings(machine.surroundings())
    aws = AwsChecks(examined)
    yield from aws.findings()
    if aws.token is None or aws.name is None:
        for name in CHECKS:
            yield skipped(name, "there is no token")
        return
    link = examined.connect(aws.name)
    mode = aws.known.access_mode if aws.known else ""
    yield from WebChecks(examined, link, aws.token.host, mode, dated=aws.dated).findings()
