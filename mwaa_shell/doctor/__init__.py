"""The doctor: what works from here and what to do about the rest, for ``mwaa-shell doctor`` and ``.doctor``.

Each check gives one result within a time limit. A check that cannot be made because an earlier one failed is skipped.
Nothing is changed, on this machine or on the environment, and no secret is shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from mwaa_shell.doctor.aws import AwsChecks, skipped
from mwaa_shell.doctor.machine import machine_info, machine_results
from mwaa_shell.doctor.report import CheckResult, Examined
from mwaa_shell.doctor.web import CHECKS, WebChecks

__all__ = ["CheckResult", "Examined", "examine"]


def examine(examined: Examined) -> Iterator[CheckResult]:
    """Yield the result of each check. Without a name, the only environment of the region is examined."""
    yield from machine_results(machine_info())
    aws = AwsChecks(examined)
    yield from aws.findings()
    if aws.token is None or aws.name is None:
        for name in CHECKS:
            yield skipped(name, "there is no token")
        return
    link = examined.connect(aws.name)
    mode = aws.known.access_mode if aws.known else ""
    yield from WebChecks(examined, link, aws.token.host, mode, dated=aws.dated).findings()
