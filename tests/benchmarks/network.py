"""MWAA on this machine in a process of its own, with a chosen latency.

python -m tests.benchmarks.network FOLDER MILLISECONDS   (the others start it; it says where it is, as JSON)
"""

from __future__ import annotations

import base64
import json
import os
import queue
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme

from tests.benchmarks.made_output import made
from tests.double import Request, Side, command_response, response

REGION, NAME = "eu-west-1", "my-env"
API, ENV = f"api.airflow.{REGION}.amazonaws.com", f"env.airflow.{REGION}.amazonaws.com"
WEB = "web-server.example.com"
HOSTS = (API, ENV, WEB)
DAGS = [
    {"dag_id": f"team_{n:02}_load", "fileloc": f"/usr/local/airflow/dags/{n}.py", "owners": "me", "is_paused": "False"}
    for n in range(20)
]


@dataclass(frozen=True)
class Network:
    """Where the servers are, and the CA bundle that trusts them."""

    bundle: str
    ports: dict[str, int]  #: by host

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables for a program that uses a configured endpoint."""
        return {
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_MWAA": f"https://127.0.0.1:{self.ports[ENV]}",
            "AWS_CA_BUNDLE": self.bundle,
            "PYTHONPATH": os.environ.get("PYTHONPATH", os.getcwd()),
        }

    def take_over(self) -> None:
        """Lead this process's connections to those hosts to the servers."""
        resolve = socket.getaddrinfo

        def look_up(host: Any, port: Any, *args: Any, **more: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            own = self.ports.get(name)
            return resolve("127.0.0.1" if own else host, own or port, *args, **more)

        socket.getaddrinfo = look_up


@contextmanager
def network(folder: Path, milliseconds: float = 0) -> Iterator[Network]:
    """Servers that are a round trip of so many milliseconds away."""
    argv = [sys.executable, "-m", "tests.benchmarks.network", str(folder), str(milliseconds)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Network(str(folder / "ca.pem"), json.loads(process.stdout.readline()))
        process.terminate()


class Far:
    """A port that forwards to another one, half a round trip away each way."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port, self._one_way = port, seconds / 2
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            far = socket.create_connection(("127.0.0.1", self._port))
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._carry(near, far, 2 * self._one_way)
            self._carry(far, near, 0.0)

    def _carry(self, source: socket.socket, target: socket.socket, first: float) -> None:
        """One direction; ``first`` is what the first bytes are late beyond their way."""
        on_the_way: queue.Queue[tuple[float, bytes]] = queue.Queue()

        def take() -> None:
            late, data = first, b"x"
            while data:
                try:
                    data = source.recv(1 << 18)
                except OSError:
                    data = b""
                on_the_way.put((time.perf_counter() + self._one_way + late, data))
                late = 0.0

        def give() -> None:
            while True:
                due, data = on_the_way.get()
                time.sleep(max(due - time.perf_counter(), 0))
                try:
                    if not data:
                        target.shutdown(socket.SHUT_WR)
                        return
                    target.sendall(data)
                except OSError:
                    return

        for work in (take, give):
            threading.Thread(target=work, daemon=True).start()


def answer_aws(request: Request) -> bytes:
    """The AWS API of the benchmarks, without permission for InvokeRestApi."""
    if request.method == "HEAD":
        return response(403, b"", {"x-amzn-ErrorType": "MissingAuthenticationTokenException"})
    if request.path == "/environments":
        return response(200, {"Environments": [NAME]})
    if request.path.startswith("/clitoken/"):
        return response(200, {"CliToken": "t" * 200, "WebServerHostname": _web_server(request)})
    if request.path.startswith("/restapi/"):
        return response(403, {"message": "no"}, {"x-amzn-ErrorType": "AccessDeniedException"})
    if not request.path.startswith("/environments/"):
        return response(404, {"message": "no"}, {"x-amzn-ErrorType": "UnknownOperationException"})
    arn = f"arn:aws:airflow:{REGION}:123456789012:environment/{NAME}"
    return response(200, {"Environment": {"Name": NAME, "AirflowVersion": "2.10.3", "Status": "AVAILABLE", "Arn": arn,
                                       "WebserverUrl": _web_server(request)}})  # fmt: skip


#: Host and port of the web server as it is reached without help.
_near: list[str] = []


def _web_server(request: Request) -> str:
    """Return the name of the web server, with a port for configured endpoints."""
    return WEB if request.headers["host"] == API or request.headers["host"] == ENV else _near[0]


_kept: dict[str, bytes] = {}


def answer_web(request: Request) -> bytes:
    """The web server: twenty DAGs, or output for ``tasks render X KIND SIZE``."""
    words = request.body.decode().split()
    if request.method != "POST":
        return response(302, b"", {"Location": f"https://{WEB}/home"})
    if words[:2] != ["tasks", "render"]:
        return command_response(json.dumps(DAGS).encode() + b"\n")
    key = " ".join(words[3:])
    if key not in _kept:
        _kept.clear()
        # Not through json: a second of the processor's time here would be a second of the client's, too.
        data = base64.b64encode(made(words[3], int(words[4])))
        _kept[key] = response(200, b'{"stdout": "' + data + b'", "stderr": ""}')
    return _kept[key]


def main() -> None:
    """Serve until standard input ends."""
    folder, seconds = Path(sys.argv[1]), float(sys.argv[2]) / 1000
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS, "127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    ports = {}
    for host in HOSTS:
        side = Side(answer_web if host == WEB else answer_aws, context)
        ports[host] = Far(side.port, seconds).port if seconds else side.port
    _near.append(f"127.0.0.1:{ports[WEB]}")
    print(json.dumps(ports), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
