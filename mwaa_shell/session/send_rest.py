"""One request to Airflow's REST API, straight down: confirm, record, send, record."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from mwaa_shell import debug_log
from mwaa_shell.airflow.knowledge import Danger, Level
from mwaa_shell.airflow.rest import RestRequest, danger_of_request, next_page, reason_in
from mwaa_shell.airflow.secrets.arguments import secrets_of_body
from mwaa_shell.airflow.secrets.values import mask_quoted, quotable, sensitive
from mwaa_shell.errors import ExitCode, NothingRan, OutcomeUnknown, ShellError, State
from mwaa_shell.interrupts import INTERRUPTS
from mwaa_shell.job import Interrupted, Job, PhaseTimeout, ProgressListener
from mwaa_shell.result import Outcome, Result, from_error, interrupted
from mwaa_shell.session.confirmation import Confirmer, confirm
from mwaa_shell.session.send import LineContext, fill_secrets, record_command, stopped_after
from mwaa_shell.session.session import Session

__all__ = ["UNSURE", "fill_line", "record", "require_confirmation", "run_request", "secrets_in", "send_rest"]

#: Seconds to wait for a request, a little longer than the client waits.
LIMIT = 35.0
ASKING = "asking the REST API"
#: HTTP statuses after which a request may have run or may still be running.
UNSURE = (502, 503, 504)


def send_rest(session: Session, context: LineContext, request: RestRequest, *, every_page: bool) -> Result:
    """Send a request and wait for its Result, which is recorded when this returns.

    ``every_page`` requests the other pages of a list too. Raises ``RefusedByRule`` before anything is sent.
    """
    danger = danger_of_request(request)
    require_confirmation(session, context, danger)
    secrets = secrets_in(session, request)

    def send() -> Result:
        result = run_request(session, request, every_page=every_page, changes=danger.level is not Level.READ)
        words = (_resource(request.path), ".rest")  # they decide how output is read and masked
        return result._replace(words=words, hidden=secrets, message=mask_quoted(result.message, secrets))

    return record(session, context, send)


def record(session: Session, context: LineContext, send: Callable[[], Result]) -> Result:
    """Return what ``send`` returns, with its time and an entry in the history.

    The jobs of ``send`` take Ctrl-C.
    """
    start = time.monotonic()
    with INTERRUPTS.defer() as pressed:
        result = record_command(session, context, lambda: send()._replace(command_seconds=time.monotonic() - start))
    if pressed.is_set() and result.outcome is not Outcome.INTERRUPTED:
        result = stopped_after(result)
    return result


def secrets_in(session: Session, request: RestRequest) -> tuple[str, ...]:
    """Return the secrets in a request that a response may quote.

    The debug log masks them from now on.
    """
    named = partial(sensitive, patterns=session.secret_words)
    found = secrets_of_body(request.path, request.body, named)
    debug_log.keep_out(*found)
    return quotable(found)


def require_confirmation(session: Session, context: LineContext, danger: Danger, effect: str = "") -> None:
    """Ask for the confirmation of a danger; raise ``RefusedByRule`` without one.

    ``effect`` is a sentence on the danger.
    """
    shown = session.rules().mask(context.line.command or context.line.text.strip())
    asked = Confirmer(session.settings.yes, session.ui.ask, session.ui.ask_name)
    confirm(shown, danger, session.protection(), asked, effect=effect)


def fill_line(session: Session, context: LineContext) -> LineContext:
    """Return the context with secrets in place of its masks; it is never recorded."""
    line = fill_secrets(context.line, None, session.ui.ask_secret, session.secret_words)
    secrets = tuple(session.rules().secret_values(line.text))
    debug_log.keep_out(*secrets)
    return replace(context, line=line)


def run_request(
    session: Session,
    request: RestRequest,
    *,
    every_page: bool = False,
    changes: bool,
    watcher: ProgressListener | None = None,
) -> Result:
    """Send a confirmed request and return its Result."""
    connection = session.connection
    name = connection.target.name

    def work(job: Job[tuple[int, object]]) -> tuple[int, object]:
        def ask(one: RestRequest) -> tuple[int, object]:
            if not job.begin_phase(ASKING, LIMIT):
                raise NothingRan("Stopped before the request was sent")
            return connection.api.send_rest(name, one, changes=changes, sleep=job.sleep)

        status, body = ask(request)
        return _all_pages(request, status, body, ask) if every_page else (status, body)

    job = Job(work, ASKING)
    try:
        status, body = job.wait(watcher or session.ui.watcher)
    except Interrupted:
        if changes:
            return interrupted(remote=True, state=State.MAY_BE_RUNNING)
        return interrupted(remote=False)
    except PhaseTimeout as late:
        text = f"The REST API of {name} gave no answer within {late.seconds:g} seconds"
        error = OutcomeUnknown(text) if changes else NothingRan(text)
        return from_error(error)
    except ShellError as error:
        return from_error(error)
    return _result(status, body, changes=changes)


def _all_pages(request: RestRequest, status: int, body: object, ask: Any) -> tuple[int, object]:
    """Return the status and the body with the objects of all pages."""
    rows = _list_in(body)
    following = next_page(request, len(rows), body) if rows is not None else None
    while rows is not None and following is not None:
        status, page = ask(following)
        found = _list_in(page)
        if status >= 400 or found is None:
            return status, page
        rows += found
        following = next_page(following, len(found), page)
    return status, body


def _list_in(body: object) -> list[Any] | None:
    """Return the one list in a response."""
    lists = [own for own in body.values() if isinstance(own, list)] if isinstance(body, Mapping) else []
    return lists[0] if len(lists) == 1 else None


def _result(status: int, body: object, *, changes: bool) -> Result:
    text = (
        b""
        if body is None
        else (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode("utf-8", "replace")
    )
    text += b"\n" if text and not text.endswith(b"\n") else b""
    if status < 400:
        return Result(stdout=text, response=text, http_status=status, remote=True)
    why = reason_in(body)
    message = f"HTTP {status}{f': {why}' if why else ''}"
    outcome, code, state = Outcome.FAILED, ExitCode.FAILED, State.NONE
    if changes and status in UNSURE:
        outcome, code = Outcome.UNKNOWN, ExitCode.UNKNOWN
        state = State.MAY_HAVE_RUN
    ended = Result(outcome, code, stderr=text, message=message, state=state, response=text, http_status=status)
    return ended._replace(remote=True, judged=outcome is Outcome.FAILED)


def _resource(path: str) -> str:
    """Return the group of commands whose output has the secrets of a response."""
    first, _, rest = path.strip("/").partition("/")
    if first in ("connections", "config") or (first == "variables" and not rest):
        return first
    return "rest"
