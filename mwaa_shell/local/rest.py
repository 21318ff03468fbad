"""The REST API of one local environment: Airflow's own, in its own process.

The first request starts the process, as most users send none, and it ends with the server. Requests run one after the
other. As AWS documents, a request has 10 seconds. The first one waits for the application and has longer. A web server
of MWAA has been up for days.
"""

from __future__ import annotations

import json
import math
import secrets
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from mwaa_shell.airflow.rest import METHODS, REST_SINCE, is_too_long
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import LocalProblem
from mwaa_shell.local.airflow_process import AirflowProcess, end_process, start_script
from mwaa_shell.local.http_server import AwsError

#: Seconds that a request may take, as on MWAA.
LIMIT = 10.0
#: Seconds that a request may take which finds the application not made yet: it took 22 on a busy machine.
FIRST_LIMIT = 60.0
#: In the folder of an environment, what the process writes.
LOG = "rest.log"
ENDING = "The local environment is ending"
SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"

#: Calls that AWS takes within a second, as AWS documents.
A_SECOND = 10
#: Bytes of the longest request and of the longest response that AWS passes on: 6 MB, as AWS documents.
LONGEST = 6 * 1024 * 1024

Invoke = Callable[[bytes], dict[str, Any]]


class RestApi:
    """One environment's REST API: from an ``InvokeRestApi`` to its response, in JSON."""

    def __init__(
        self,
        start: Callable[[], subprocess.Popen[bytes]],
        prepare: Callable[[], None],
        log: Path,
        *,
        limit: float | None = LIMIT,
        first_limit: float | None = FIRST_LIMIT,
    ) -> None:
        """Take limits in seconds, ``None`` for no limit. The process of ``start`` writes to the file ``log``."""
        self._log = log
        self._start = start
        self._prepare = prepare
        self._first_limit, self._limit = first_limit, limit
        self._one = ThreadPoolExecutor(1, "rest")  # requests are answered one after the other
        self._start_or_end = threading.Lock()  # else a request may start a process that never ends
        self._is_closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False  # the process has said so
        self._ask_or_give_up = threading.Lock()  # else a process may handle a request that no client waits for
        self._asking = False  # it has a request to handle

    def invoke(self, body: bytes) -> dict[str, Any]:
        """Return the response to one request. Raises ``AwsError`` with an error response of Airflow."""
        call, late = read_call(body), threading.Event()
        try:
            work = self._one.submit(self._answer, call, late)
            status, response = work.result(self._limit if self._is_up() else self._first_limit)
        except TimeoutError:
            work.cancel()
            with self._ask_or_give_up:
                late.set()
                if self._asking and self._process is not None:  # else it still starts, and may continue
                    self._process.kill()
                    self._process.wait()  # else the next request may be written to it
            raise _of_airflow(504, {"detail": "The Apache Airflow REST API did not answer in time"}) from None
        except (RuntimeError, CancelledError):  # nothing is submitted after the end
            raise AwsError(500, "InternalServerException", ENDING) from None
        except (LocalProblem, OSError) as error:
            raise AwsError(500, "InternalServerException", str(error)) from None
        if status >= 400:
            raise _of_airflow(status, response)
        return {"RestApiStatusCode": status, "RestApiResponse": response}

    def _is_up(self) -> bool:
        return self._ready and self._process is not None and self._process.poll() is None

    def _answer(self, call: dict[str, Any], late: threading.Event) -> tuple[int, object]:
        """Run one request, unless it is late, on the thread that starts the process."""
        self._prepare()
        process = self._running_process()
        if not self._ready:
            _next_message(process, self._log)
            self._ready = True
        assert process.stdin is not None
        with self._ask_or_give_up:
            if late.is_set():
                raise LocalProblem("The request was given up")
            self._asking = True
        with suppress(OSError, ValueError):  # it has ended, or is closed: the next line says so
            process.stdin.write(json.dumps(call).encode() + b"\n")
            process.stdin.flush()
        message = _next_message(process, self._log)
        self._asking = False
        return int(message["status"]), message["body"]

    def _running_process(self) -> subprocess.Popen[bytes]:
        """Return the process, a new one if it has ended. Raises ``LocalProblem`` after ``close``."""
        with self._start_or_end:
            if self._is_closed:
                raise LocalProblem(ENDING)
            if self._process is not None and self._process.poll() is not None:
                _close(self._process)
                self._process = None
            if self._process is None:
                self._ready = self._asking = False
                self._process = self._start()
            return self._process

    def close(self) -> None:
        """End the process, and every request with it."""
        self._one.shutdown(wait=False, cancel_futures=True)
        with self._start_or_end:
            self._is_closed = True
            if self._process is not None:
                end_process(self._process)
                _close(self._process)


def read_call(body: bytes) -> dict[str, Any]:
    """Return a request as ``rest_worker.py`` reads it. Raises ``AwsError`` for an invalid form."""
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        raise AwsError(400, "SerializationException", "The body is not JSON") from None
    match members:
        case {"Method": str(method), "Path": str(path)} if method in METHODS and path.startswith("/"):
            query = members.get("QueryParameters") or {}
            if isinstance(query, dict) and not set(path) & set("?#"):
                return {"method": method, "path": path, "query": query, "body": members.get("Body")}
    raise AwsError(
        400,
        "ValidationException",
        "Path (from / on, without a query), Method and QueryParameters (an object) are required",
    )


def _of_airflow(status: int, response: object) -> AwsError:
    """Return Airflow's own error response as AWS sends it: HTTP 400."""
    code = "RestApiClientException" if status < 500 else "RestApiServerException"
    return AwsError(400, code, "", {"RestApiStatusCode": status, "RestApiResponse": response})


def _next_message(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    assert process.stdout is not None
    try:
        return dict(json.loads(process.stdout.readline()))
    except ValueError:  # nothing more comes, or it is closed
        process.kill()
        process.wait()
        raise LocalProblem(
            f"The process that answers the REST API has ended. Send the request again. Its log is {log}"
        ) from None


def _close(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes of a process that has ended."""
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        with suppress(OSError):  # what was not read by it any more
            pipe.close()


def rest_api(airflow: AirflowProcess, *, limits: bool = True) -> RestApi | None:
    """Return the REST API on an environment's database. It is ``None`` if MWAA offers none."""
    if airflow.installed.recipe.version < REST_SINCE:
        return None
    limit, first = (LIMIT, FIRST_LIMIT) if limits else (None, None)
    installed, state = airflow.installed, airflow.state
    settings = _without_login(installed.recipe.version)
    start = partial(start_script, installed, state, ["rest_worker.py"], LOG, settings)
    return RestApi(start, lambda: airflow.set_up(lambda line: None), state.folder / LOG, limit=limit, first_limit=first)


def _without_login(version: Version) -> dict[str, str]:
    """Return settings without a login. In Airflow 3, they include an auth manager without tables."""
    if version.major < 3:
        return {"AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.default"}
    return {
        "AIRFLOW__CORE__AUTH_MANAGER": SIMPLE,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
    }


class LimitedRest:
    """The REST API of one environment within the limits that AWS sets.

    The service model gives the errors and the longest path. The errors for a long path, request or response are not
    documented. AWS's own instructions for agents say that the error for a path has no useful message.
    """

    def __init__(self, invoke: Invoke, clock: Callable[[], float] = time.monotonic) -> None:
        self._invoke = invoke
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: deque[float] = deque([-math.inf] * A_SECOND, A_SECOND)

    def invoke(self, body: bytes) -> dict[str, Any]:
        """Return the response to one call; raise ``AwsError`` for a call beyond a limit."""
        self._count()
        if len(body) > LONGEST:
            raise _too_long("request")
        if is_too_long(read_call(body)["path"]):
            raise AwsError(400, "RestApiClientException", "")
        response = self._invoke(body)
        if len(json.dumps(response).encode()) > LONGEST:
            raise _too_long("response")
        return response

    def _count(self) -> None:
        """Count one call. Raises ``AwsError`` if it is one too many."""
        with self._lock:
            now = self._clock()
            if now - self._taken[0] < 1:
                raise AwsError(429, "ThrottlingException", "Rate exceeded")
            self._taken.append(now)


def _too_long(what: str) -> AwsError:
    return _of_airflow(413, {"detail": f"The {what} is longer than 6 MB"})
