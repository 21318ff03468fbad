"""Airflow's own REST API for a local environment: the web application, in memory.

This file runs inside the Airflow's own Python (3.7 to 3.13), never inside the shell's, and so imports nothing of this
package. It is a separate process, because the process that runs commands must stay single-threaded.

The server writes one JSON object a line to standard input. ``body`` is null without a body::

    {"method": "GET", "path": "/dags", "query": {"limit": 100}, "body": null}

It reads one object a line from standard output: ``{"ready": true}`` once the application is ready, then
``{"status": 200, "body": {...}}`` for each request, in their order. What Airflow prints is written to standard error.
The end of standard input ends this process at once.

Every request is the administrator's: the server has checked the access key before.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

#: From method, path, query and JSON body (or ``None``) to status and body.
Ask = Callable[[str, str, str, "bytes | None"], "tuple[int, bytes]"]


def flask_api() -> Ask:
    """Return Airflow 2's ``/api/v1``. Its application makes the public an administrator."""
    app: Any = importlib.import_module("airflow.www.app").create_app(config={"AUTH_ROLE_PUBLIC": "Admin"})

    def ask(method: str, path: str, query: str, body: bytes | None) -> tuple[int, bytes]:
        kind = None if body is None else "application/json"
        with app.test_client() as client:
            response = client.open("/api/v1" + path, method=method, query_string=query, data=body, content_type=kind)
            return response.status_code, response.get_data()

    return ask


def fast_api() -> Ask:
    """Return Airflow 3's ``/api/v2``. In its application, every request is the administrator's."""
    app: Any = importlib.import_module("airflow.api_fastapi.app").create_app(apps="core")
    user: Any = importlib.import_module("airflow.api_fastapi.auth.managers.simple.user").SimpleAuthManagerUser
    security: Any = importlib.import_module("airflow.api_fastapi.core_api.security")
    app.dependency_overrides[security.get_user] = lambda: user(username="local", role="admin")
    loop = asyncio.new_event_loop()
    loop.run_until_complete(app.router.lifespan_context(app).__aenter__())
    httpx: Any = importlib.import_module("httpx")  # Airflow 3 requires it
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost")

    def ask(method: str, path: str, query: str, body: bytes | None) -> tuple[int, bytes]:
        url, headers = f"/api/v2{path}?{query}", {"content-type": "application/json"}
        response = loop.run_until_complete(client.request(method, url, content=body, headers=headers))
        return response.status_code, response.content

    return ask


def query_string(query: dict[str, Any]) -> str:
    """Return query parameters as HTTP has them: a list is repeated, null is left out."""
    lists = [(name, value if isinstance(value, list) else [value]) for name, value in query.items()]
    return urlencode([(name, in_words(one)) for name, values in lists for one in values if one is not None])


def in_words(value: object) -> str:
    """Return a query parameter as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def answer(ask: Ask, job: dict[str, Any]) -> dict[str, Any]:
    """Return the response to one request. A body that is not JSON becomes a text."""
    body = None if job["body"] is None else json.dumps(job["body"]).encode()
    try:
        status, data = ask(job["method"], job["path"], query_string(job["query"]), body)
    except Exception:  # a failure of the application, as for a web server
        traceback.print_exc()
        return {"status": 500, "body": {"detail": "Internal Server Error"}}
    try:
        return {"status": status, "body": json.loads(data.decode()) if data else None}
    except ValueError:
        return {"status": status, "body": data.decode("utf-8", "replace")}


def listen(jobs: queue.Queue[dict[str, Any]]) -> None:
    """Queue the requests from standard input, and end this process with it."""
    for line in sys.stdin.buffer:
        jobs.put(json.loads(line.decode()))
    os._exit(0)


def main() -> None:
    """Handle requests until standard input ends."""
    responses = os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)
    jobs: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=listen, args=(jobs,), daemon=True).start()
    gc.disable()  # 1.1 s of the 5.7 s that the application of Airflow 3.3.1 takes
    try:
        ask = fast_api() if importlib.import_module("airflow").__version__ >= "3" else flask_api()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    gc.freeze()  # else the first collection would look at all of the application
    gc.enable()
    message: dict[str, Any] = {"ready": True}
    while True:
        write_whole(responses, json.dumps(message).encode() + b"\n")
        message = answer(ask, jobs.get())


def write_whole(stream: Any, data: bytes) -> None:
    """Write all of it, also where the pipe takes a part at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]


if __name__ == "__main__":
    main()
