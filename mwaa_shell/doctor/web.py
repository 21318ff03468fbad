"""The web server: the way to it, step by step, and one command through it."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mwaa_shell.airflow.versions import version_in_reply
from mwaa_shell.doctor.aws import clock, plain, skipped
from mwaa_shell.doctor.report import CheckResult, Examined, Status, bounded
from mwaa_shell.errors import ShellError
from mwaa_shell.limits import CONNECT_TIMEOUT
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.mwaa.environment import how_to_reach
from mwaa_shell.result import Result

if TYPE_CHECKING:
    from mwaa_shell.mwaa.route import Route
    from mwaa_shell.mwaa.transport import TlsPeer, Transport

#: The names of all checks here, in their order.
CHECKS = ("proxy", "DNS", "TCP", "TLS", "version")
#: Characters of what a command printed that are shown.
LONGEST = 60


class WebChecks:
    """The checks of the web server that came with a token."""

    def __init__(self, examined: Examined, link: Connection, host: str, access_mode: str, *, dated: bool) -> None:
        self._examined = examined
        self._link = link
        self._host = host
        self._access_mode = access_mode
        self._dated = dated

    def findings(self) -> Iterator[CheckResult]:
        """All of them; those behind a failed one are skipped."""
        done: list[str] = []
        for found in self._tried():
            done.append(found.name)
            yield found
            if found.status is Status.FAIL and found.name in CHECKS[:-1]:
                for name in ("clock", *CHECKS):
                    if name not in done and (name != "clock" or not self._dated):
                        yield skipped(name, f"{found.name} failed")
                return

    def _tried(self) -> Iterator[CheckResult]:
        from mwaa_shell.mwaa.transport import transport_for  # imports requests

        api = self._link.api
        transport = transport_for(api.access, api.ca_bundle)
        try:
            route = transport.route(f"https://{self._host}/")
        except ShellError as error:
            yield CheckResult("proxy", Status.FAIL, plain(error), "mend it, or unset it", remote=True)
            return
        yield way(route)
        yield self._lookup(route)
        yield self._connect(route)
        yield from self._greet(transport, route)
        yield self._version()

    def _lookup(self, route: Route) -> CheckResult:
        host, port = route.first_hop
        try:
            found = bounded(self._examined.wait, f"looking up {host}", lambda: addresses(host, port))
        except (OSError, UnicodeError, ShellError) as error:
            why = plain(error) if isinstance(error, ShellError) else getattr(error, "strerror", None) or str(error)
            return CheckResult("DNS", Status.FAIL, f"{host} is not found here: {why}", self._advice(route), remote=True)
        more = "" if route.resolves_here else "; the proxy looks up the web server"
        return CheckResult("DNS", Status.OK, f"{host} is {', '.join(found)}{more}", remote=True)

    def _connect(self, route: Route) -> CheckResult:
        host, port = route.first_hop
        begun = time.monotonic()
        try:
            bounded(self._examined.wait, f"connecting to {host}", lambda: connect(host, port))
        except (OSError, ShellError) as error:
            why = plain(error) if isinstance(error, ShellError) else getattr(error, "strerror", None) or str(error)
            text = f"no connection to port {port} of {host}: {why}"
            return CheckResult("TCP", Status.FAIL, text, self._advice(route), remote=True)
        spent = (time.monotonic() - begun) * 1000
        return CheckResult("TCP", Status.OK, f"port {port} of {host} answers in {spent:.0f} ms", remote=True)

    def _greet(self, transport: Transport, route: Route) -> Iterator[CheckResult]:
        try:
            peer = bounded(self._examined.wait, "asking the web server who it is", lambda: transport.greet(self._host))
        except ShellError as error:
            yield CheckResult("TLS", Status.FAIL, plain(error), self._advice(route), remote=True)
            return
        finally:
            transport.close()
        yield tls(peer)
        if not self._dated:
            yield from dated(peer, time.time())

    def _version(self) -> CheckResult:
        result = self._examined.run(self._link, "version")
        if result.exit_code.name == "INTERRUPTED":
            raise KeyboardInterrupt
        return version(result)

    def _advice(self, route: Route) -> str:
        if route.proxy is not None:
            return f"is {route.proxy}, from {route.proxy.source}, the right proxy, and running?"
        if route.moved:
            return "is the tunnel open that --connect-to leads to?"
        return how_to_reach(self._access_mode)


def addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, in their order; raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(_described(str(address[0])) for *_, address in found))


def _described(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return f"{address} (private)" if ip.is_private and not ip.is_loopback else address


def connect(host: str, port: int) -> None:
    """Connect and let go; raises ``OSError``."""
    socket.create_connection((host, port), timeout=CONNECT_TIMEOUT).close()


def way(route: Route) -> CheckResult:
    """How the web server is reached; AWS's own is told with the region."""
    return CheckResult("proxy", Status.OK, route.words or "none: the web server is reached directly", remote=True)


def tls(peer: TlsPeer) -> CheckResult:
    """Who the web server is."""
    until = f" until {peer.expires}" if peer.expires else ""
    return CheckResult("TLS", Status.OK, f"{peer.tls}, signed by {peer.issuer}{until}; HTTP {peer.status}", remote=True)


def dated(peer: TlsPeer, now: float) -> Iterator[CheckResult]:
    """The clock of the web server, where AWS's is not known."""
    from mwaa_shell.mwaa.identity import read_date  # imports botocore

    date = read_date(peer.date)
    if date is None:
        yield skipped("clock", "nobody tells the time")
    else:
        yield clock(now - date.timestamp(), "the web server")


def version(result: Result) -> CheckResult:
    """One command, there and back."""
    if not result.ok:
        return CheckResult("version", Status.FAIL, plain(ShellError(result.message)), remote=True)
    text = result.stdout.decode("utf-8", "replace")
    said = version_in_reply(text)
    spent = f"{result.token_seconds:.1f} s for a token and {result.command_seconds:.1f} s for the answer"
    if said is None:
        advice = "commands run; --airflow-version says the version where AWS does not tell it"
        return CheckResult(
            "version", Status.NOTE, f"the command ran and {_printed(text)}; {spent}", advice, remote=True
        )
    return CheckResult("version", Status.OK, f"the environment says Airflow {said}: {spent}", remote=True)


def _printed(text: str) -> str:
    """What ``version`` printed where that is no version, cut where it is long."""
    first = next((line for line in map(str.strip, text.splitlines()) if line), "")
    if not first:
        return "printed nothing, where the version was expected"
    return f"printed no version, but '{first[:LONGEST]}{'…' if len(first) > LONGEST else ''}'"
