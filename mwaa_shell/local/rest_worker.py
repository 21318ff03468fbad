"""Answers Airflow's own REST API for the private MWAA: the real web application, asked in memory and not over a socket.

This file runs inside the Airflow's own Python (3.7 to 3.13), never inside the shell's, and so imports nothing of this
package. It is a process beside the one that runs commands, which must stay single-threaded.

The server writes one JSON object a line to standard input, ``body`` where there is one::

    {"method": "GET", "path": "/dags", "query": {"limit": 100}, "body": null}

and reads one a line from standard output: ``{"ready": true}`` once the application stands, then
``{"status": 200, "body": {...}}`` for each request, in their order. What Airflow prints goes to standard error. The end
of standard input ends this process, whatever it is doing.

Who asks is the administrator: the server has checked the access key before.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlencode

#: From method, path, query and JSON body (or ``None``) to status and body.
Ask = Callable[[str, str, str, "bytes | None"], "tuple[int, bytes]"]


def flask_api() -> Ask:
    """Airflow 2: ``/api/v1`` of the web server's application, whose public is the administrator."""
    app: Any = importlib.import_module("airflow.www.app").create_app(config={"AUTH_ROLE_PUBLIC": "Admin"})

    def ask(method: str, path: str, query: str, body: bytes | None) -> tuple[int, bytes]:
        kind = None if body is None else "application/json"
        with app.test_client() as client:
            reply = client.open("/api/v1" + path, method=method, query_string=query, data=body, content_type=kind)
            return reply.status_code, reply.get_data()

    return ask


def fast_api() -> Ask:
    """Airflow 3: ``/api/v2`` of the API server's application, where every request is the administrator's."""
    app: Any = importlib.import_module("airflow.api_fastapi.app").create_app(apps="core")
    user: Any = importlib.import_module("airflow.api_fastapi.auth.managers.simple.user").SimpleAuthManagerUser
    security: Any = importlib.import_module("airflow.api_fastapi.core_api.security")
    app.dependency_overrides[security.get_user] = lambda: user(username="local", role="admin")
    loop = asyncio.new_event_loop()
    loop.run_until_complete(app.router.lifespan_context(app).__aenter__())

    def ask(method: str, path: str, query: str, body: bytes | None) -> tuple[int, bytes]:
        return loop.run_until_complete(over_asgi(app, method, "/api/v2" + path, query, body))

    return ask


async def over_asgi(app: Any, method: str, path: str, query: str, body: bytes | None) -> tuple[int, bytes]:
    """One request to an ASGI application, and its whole reply."""
    status, parts, answered, asked = [0], [], asyncio.Event(), [False]

    async def receive() -> dict[str, Any]:
        if asked[0]:  # whoever listens for the client to leave: it does so with the reply in its hands
            await answered.wait()
            return {"type": "http.disconnect"}
        asked[0] = True
        return {"type": "http.request", "body": body or b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            status[0] = message["status"]
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                answered.set()

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(path), "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 0), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    return status[0], b"".join(parts)


def query_string(query: dict[str, Any]) -> str:
    """Query parameters as HTTP has them: a list is repeated, null is left out."""
    lists = [(name, value if isinstance(value, list) else [value]) for name, value in query.items()]
    return urlencode([(name, in_words(one)) for name, values in lists for one in values if one is not None])


def in_words(value: object) -> str:
    """A query parameter as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def answer(ask: Ask, job: dict[str, Any]) -> dict[str, Any]:
    """The reply to one request; what is no JSON is given as a text."""
    body = None if job["body"] is None else json.dumps(job["body"]).encode()
    try:
        status, data = ask(job["method"], job["path"], query_string(job["query"]), body)
    except Exception:  # what the application lets through is its own failure, as a web server sees it
        traceback.print_exc()
        return {"status": 500, "body": {"detail": "Internal Server Error"}}
    try:
        return {"status": status, "body": json.loads(data.decode()) if data else None}
    except ValueError:
        return {"status": status, "body": data.decode("utf-8", "replace")}


def listen(jobs: queue.Queue[dict[str, Any]]) -> None:
    """Take requests in, and end everything with standard input."""
    for line in sys.stdin.buffer:
        jobs.put(json.loads(line.decode()))
    os._exit(0)


def main() -> None:
    """Answer until standard input ends."""
    replies = os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)
    jobs: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=listen, args=(jobs,), daemon=True).start()
    try:
        ask = fast_api() if importlib.import_module("airflow").__version__ >= "3" else flask_api()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    message: dict[str, Any] = {"ready": True}
    while True:
        write_whole(replies, json.dumps(message).encode() + b"\n")
        message = answer(ask, jobs.get())


def write_whole(stream: Any, data: bytes) -> None:
    """All of it, also where the pipe takes a part at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]


if __name__ == "__main__":
    main()
