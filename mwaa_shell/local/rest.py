"""The REST API of one local environment, as ``InvokeRestApi`` reaches it: Airflow's own, in a process of its own.

The process is started by the first request, so that nobody who does not ask pays for it, and ends with the server.
Requests are answered one after the other. What AWS documents is kept: a request has 10 seconds. The first one, which
waits for the application to be made, has longer, where a web server of MWAA has been up for days.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import LocalProblem
from mwaa_shell.local.airflow_process import AirflowProcess, airflow_environment, end
from mwaa_shell.local.aws_api import AwsError

#: The first version whose REST API MWAA offers.
SINCE = Version(2, 4, 3)
#: Seconds that a request may take, as on MWAA.
LIMIT = 10.0
#: Seconds that a request may take which finds the application not made yet.
FIRST_LIMIT = 25.0
#: In the folder of an environment, what the process writes.
LOG = "rest.log"
ENDING = "The private MWAA is ending"
METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")
SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"

#: Calls that AWS takes within a second, as AWS documents.
A_SECOND = 10
#: Bytes of the longest response that AWS passes on: 6 MB, as AWS documents.
LONGEST = 6 * 1024 * 1024

Invoke = Callable[[bytes], dict[str, Any]]
Start = Callable[[], "subprocess.Popen[bytes]"]


@dataclass(frozen=True, slots=True)
class RestCall:
    """What one ``InvokeRestApi`` asks for."""

    method: str
    path: str  #: without the prefix of the API
    query: dict[str, Any] = field(default_factory=dict)
    body: object = None


class RestApi:
    """One environment's REST API: from the JSON of an ``InvokeRestApi`` to that of its reply."""

    def __init__(
        self,
        start: Start,
        prepare: Callable[[], None],
        log: Path,
        *,
        limit: float = LIMIT,
        first_limit: float = FIRST_LIMIT,
    ) -> None:
        """``log`` is where the process that ``start`` makes writes, limits are in seconds."""
        self._log = log
        self._start = start
        self._prepare = prepare
        self._limits = (first_limit, limit)
        self._lock = threading.Lock()
        self._one = ThreadPoolExecutor(1, "rest")
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._asking = False
        self._closed = False

    def invoke(self, body: bytes) -> dict[str, Any]:
        """The reply to one request; ``AwsError`` with Airflow's own status and words where it says no."""
        call = read_call(body)
        try:
            work = self._one.submit(self._work, call)
        except RuntimeError:  # its thread takes no more
            raise AwsError(500, "InternalServerException", ENDING) from None
        try:
            status, said = work.result(self._limit())
        except TimeoutError:
            work.cancel()
            self._give_up()
            raise _of_airflow(504, {"detail": "The Apache Airflow REST API did not answer in time"}) from None
        except (LocalProblem, OSError) as error:
            raise AwsError(500, "InternalServerException", str(error)) from None
        if status >= 400:
            raise _of_airflow(status, said)
        return {"RestApiStatusCode": status, "RestApiResponse": said}

    def _limit(self) -> float:
        """Seconds that a request has from now on."""
        process = self._process
        return self._limits[self._ready and process is not None and process.poll() is None]

    def _work(self, call: RestCall) -> tuple[int, object]:
        """On the one thread that talks to the process."""
        if self._closed:
            raise LocalProblem(ENDING)
        self._prepare()
        process = self._running()
        order = {"method": call.method, "path": call.path, "query": call.query, "body": call.body}
        assert process.stdin is not None
        self._asking = True
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        except (OSError, ValueError):
            pass  # it has ended, or is closed: the next line says so
        message = _next_message(process, self._log)
        self._asking = False
        return int(message["status"]), message["body"]

    def _running(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise LocalProblem(ENDING)
            if self._process is not None and self._process.poll() is not None:
                _close(self._process)
                self._process = None
            if self._process is None:
                self._ready = self._asking = False
                self._process = self._start()
            process = self._process
        if not self._ready:
            _next_message(process, self._log)
            self._ready = True
        return process

    def _give_up(self) -> None:
        """End a process that does not answer: the next request has a new one. One that still starts is left to it."""
        with self._lock:
            if self._asking and self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """End the process, and every request with it."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is not None:
            end(process)
            self._one.submit(_close, process)  # behind whoever reads from it
        self._one.shutdown(wait=False)


def read_call(body: bytes) -> RestCall:
    """The request in the form of the service model; ``AwsError`` for any other."""
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        raise AwsError(400, "SerializationException", "The body is no JSON") from None
    match members:
        case {"Method": str(method), "Path": str(path)} if method in METHODS and path.startswith("/"):
            query = members.get("QueryParameters") or {}
            if isinstance(query, dict) and not set(path) & set("?#"):
                return RestCall(method, path, query, members.get("Body"))
    raise AwsError(
        400,
        "ValidationException",
        "Path (from / on, without a query), Method and QueryParameters (an object) are wanted",
    )


def _of_airflow(status: int, said: object) -> AwsError:
    """Airflow's own refusal or failure; AWS sends both as 400."""
    code = "RestApiClientException" if status < 500 else "RestApiServerException"
    return AwsError(400, code, "", {"RestApiStatusCode": status, "RestApiResponse": said})


def _next_message(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    assert process.stdout is not None
    try:
        return dict(json.loads(process.stdout.readline()))
    except ValueError:  # nothing more comes, or it is closed
        process.kill()
        process.wait()
        raise LocalProblem(
            f"The process that answers the REST API has ended: ask again for a new one; {log} may tell why"
        ) from None


def _close(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes of a process that has ended."""
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        with suppress(OSError):  # what was not read by it any more
            pipe.close()


def rest_api(airflow: AirflowProcess) -> RestApi | None:
    """The REST API beside an environment's commands, on the same database; ``None`` where MWAA offers none."""
    if airflow.installed.recipe.version < SINCE:
        return None
    return RestApi(lambda: start_worker(airflow), lambda: airflow.set_up(lambda line: None), airflow.state.folder / LOG)


def start_worker(airflow: AirflowProcess) -> subprocess.Popen[bytes]:
    """The process that answers; its words go to a log in the environment's folder."""
    installed, state = airflow.installed, airflow.state
    worker = resources.files(__package__).joinpath("rest_worker.py")
    with (state.folder / LOG).open("wb") as log:
        return subprocess.Popen(
            [installed.python, "-I", str(worker)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=airflow_environment(installed, state, os.environ) | _admits_us(installed.recipe.version),
            cwd=state.folder,
            start_new_session=True,
        )


def _admits_us(version: Version) -> dict[str, str]:
    """Settings that let the one who asks in; in Airflow 3 also an auth manager that needs no tables of its own."""
    if version.major < 3:
        return {"AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.default"}
    return {
        "AIRFLOW__CORE__AUTH_MANAGER": SIMPLE,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
    }


class LimitedRest:
    """The REST API of one environment within the limits that AWS sets to ``InvokeRestApi``.

    The errors are those of the service model. Which of them a long response gets is not documented.
    """

    def __init__(self, invoke: Invoke, clock: Callable[[], float] = time.monotonic) -> None:
        self._invoke = invoke
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: deque[float] = deque([-math.inf] * A_SECOND, A_SECOND)

    def invoke(self, body: bytes) -> dict[str, Any]:
        """Return the reply to one call; raise ``AwsError`` for a call too many or a response that is too long."""
        self._count()
        reply = self._invoke(body)
        if len(json.dumps(reply).encode()) > LONGEST:
            words = {"detail": "The response is longer than 6 MB"}
            members = {"RestApiStatusCode": 413, "RestApiResponse": words}
            raise AwsError(400, "RestApiClientException", "", members)
        return reply

    def _count(self) -> None:
        """Count one call, unless it is one too many."""
        with self._lock:
            now = self._clock()
            if now - self._taken[0] < 1:
                raise AwsError(429, "ThrottlingException", "Rate exceeded")
            self._taken.append(now)
