"""What real Airflows start in a local environment without limits listens on loopback, as /proc tells."""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from mwaa_shell.local.launcher import running
from mwaa_shell.local.scheduler import free_port
from mwaa_shell.session import Session
from mwaa_shell.settings import LocalSettings, Settings
from tests.end_to_end.conftest import FillHome, make_dags, wait_until
from tests.end_to_end.test_scheduler import below
from tests.end_to_end.test_terminal import PATIENCE
from tests.sessions import execute

pytestmark = [pytest.mark.airflow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

#: By version: commands that serve, and Airflow's own ports for logs. PORT is a free one. The servers are gunicorn and
#: Flask, then uvicorn; those between are the first ones again.
SERVERS = {
    "1.10.12": (("webserver -p PORT -w 1", "serve_logs"), (8793,)),
    "3.3.1": (("api-server -p PORT", "scheduler", "triggerer"), (8793, 8794)),
}
#: In /proc/net/tcp: the state of a socket that listens, and loopback.
LISTENS = "0A"
LOOPBACK = ("0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F")


def sockets_of(pids: list[int]) -> set[str]:
    """The numbers of the sockets that processes hold."""
    held = set()
    for pid in pids:
        try:
            for name in os.listdir(f"/proc/{pid}/fd"):
                held.add(os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:  # it has ended meanwhile
            continue
    return {link[len("socket:[") : -1] for link in held if link.startswith("socket:[")}


def listening(pids: list[int]) -> set[tuple[str, int]]:
    """Address and port of every TCP socket on which processes listen."""
    held, found = sockets_of(pids), set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == LISTENS and words[9] in held:
                address, _, port = words[1].partition(":")
                found.add((address, int(port, 16)))
    return found


def answers(port: int) -> bool:
    """Whether somebody listens on a port: another environment on this machine may have it first."""
    for host in ("127.0.0.1", "::1"):
        with suppress(OSError), socket.create_connection((host, port), timeout=PATIENCE):
            return True
    return False


@pytest.mark.parametrize("version", SERVERS)
def test_every_server_of_airflow_is_on_loopback(version: str, tmp_path: Path, fill_home: FillHome) -> None:
    port, (commands, for_logs) = free_port(), SERVERS[version]
    wanted = LocalSettings((version,), make_dags(tmp_path / "dags"), limits=False)
    fill_home(version, tmp_path, wanted.dags_folder)
    with running(wanted, PATIENCE, lambda line: None) as started:

        def run(command: str) -> None:
            session = Session(Settings(started.environments[0], started.access, validate=False, yes=""))
            execute(session, command.replace("PORT", str(port)))  # to the end of the environment
            session.close()

        threads = [threading.Thread(target=run, args=(command,)) for command in commands]
        for thread in threads:
            thread.start()
        missing = {port, *for_logs}

        def every_port_answered() -> bool:  # once: another environment may have a port first, and end meanwhile
            missing.difference_update([port for port in missing if answers(port)])
            return not missing

        wait_until(every_port_answered, "a server for each port")
        seen = listening(below(os.getpid()))
    for thread in threads:
        thread.join()
    assert port in {number for _, number in seen}
    assert {address for address, _ in seen} <= set(LOOPBACK), seen
