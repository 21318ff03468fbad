"""Dot-commands over Airflow's REST API: ``.rest`` and ``.backfills``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote

from mwaa_shell.airflow.rest import (
    KINDS,
    LONGEST_PATH,
    METHODS,
    REST_SINCE,
    RestRequest,
    all_rows,
    danger_of_request,
    is_too_long,
    list_all,
    operation_of,
    operations,
    path_of,
    short_form,
)
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group
from mwaa_shell.errors import NothingRan, UsageError
from mwaa_shell.result import Result
from mwaa_shell.session import Plan, RunRef, Session, require_environment_info, send_rest
from mwaa_shell.suggestions import must_be

if TYPE_CHECKING:
    from argparse import Namespace

    from mwaa_shell.airflow.completion import Names
    from mwaa_shell.airflow.versions import Version

#: Candidates for a path, at most.
MOST = 200


def rest(call: DotCommandCall, given: Namespace) -> Result:
    """Send a request, and return the response as JSON."""
    session = call.session
    require_environment_info(session)
    context = send_rest.fill_line(session, call.context)
    version = session.connection.version
    request = _request(REST.read(context.line), version)
    if version is not None and version < REST_SINCE:
        raise UsageError(f"InvokeRestApi requires Airflow {REST_SINCE}, and this environment runs {version}")
    result = send_rest.send_rest(session, call.context, request, every_page=given.all)
    session.last_result = result
    if result.ok and request.method == "POST" and request.path.endswith("/dagRuns"):
        _remember_triggered(session, result)
    return result


def _remember_triggered(session: Session, result: Result) -> None:
    """Keep the run that a request created, for ``.follow`` without a DAG."""
    made = json.loads(result.stdout.decode())
    if isinstance(made, dict) and made.get("dag_id") and made.get("dag_run_id"):
        session.triggered = RunRef(str(made["dag_id"]), str(made["dag_run_id"]))


def check_rest(plan: Plan, given: Namespace) -> None:
    """Raise for a malformed request, and for a change that will be refused."""
    request = _request(given, None, with_input=False)
    plan.check_danger(danger_of_request(request), plan.session.rules().mask(given.line.command))


def _request(given: Namespace, version: Version | None, *, with_input: bool = True) -> RestRequest:
    """Return the request in the arguments; raise ``UsageError``.

    Without input, the body of ``-d -`` is empty.
    """
    method = given.method.upper()
    if given.path.upper() in METHODS:
        raise UsageError(".rest requires PATH", hint="Write .rest [METHOD] PATH.")
    if method not in METHODS:
        raise UsageError(must_be("METHOD", METHODS, given.method), hint="Write .rest [METHOD] PATH.")
    query = given.path.partition("?")[2]
    path = path_of(given.path)
    if is_too_long(path):
        shorter = short_form(method, path)
        hint = f"Shorter: .rest {shorter}" if shorter else ""
        raise UsageError(f"The path must be at most {LONGEST_PATH} characters long, not {len(path)}", hint=hint)
    operation = operation_of(method, path, version) if version is not None else None
    body = _body(given, operation.body if operation is not None else {}, with_input=with_input)
    if method == "GET" and body is not None:
        raise UsageError("A GET request has no body", hint="Write the method, such as .rest POST PATH.")
    pairs = [*parse_qsl(query, keep_blank_values=True), *(_pair(text, "-q") for text in given.q)]
    if given.all and "limit" not in dict(pairs) and method == "GET":
        pairs += [("limit", "100")]
    request = RestRequest(path, _query(pairs, paged=given.all and method == "GET"), body, method)
    if given.all and body is not None:
        request = RestRequest(path, request.query, {"page_limit": 100, "page_offset": 0, **body}, method)
    return request


def _query(pairs: Sequence[tuple[str, str]], *, paged: bool) -> dict[str, object]:
    """Return query parameters; a repeated one is a list."""
    query: dict[str, object] = {"offset": 0} if paged else {}
    for name, value in pairs:
        before = query.get(name)
        if name == "offset" and value.isdigit():
            query[name] = int(value)
        elif isinstance(before, list):
            before.append(value)
        else:
            query[name] = value if before is None or name == "offset" else [before, value]
    return query


def _pair(text: str, flag: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"{flag} requires NAME=VALUE, not '{text}'")
    return name, value


def _body(given: Namespace, types: object, *, with_input: bool) -> dict[str, object] | None:
    """Return the body of ``-d`` with the members of ``-f``, or ``None``."""
    if given.d is None and not given.f:
        return None
    body: dict[str, object] = _data(given.d, with_input=with_input) if given.d is not None else {}
    for text in given.f:
        name, value = _pair(text, "-f")
        kind = types.get(name, "") if isinstance(types, dict) else ""
        body[name] = value if kind == "string" else _value(value)
    return body


def _value(text: str) -> object:
    """Return the parsed value of valid JSON, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _data(text: str, *, with_input: bool) -> dict[str, object]:
    if text == "-":
        text = sys.stdin.read() if with_input and not sys.stdin.isatty() else "{}"
    elif text.startswith("@"):
        try:
            text = Path(text[1:]).expanduser().read_text("utf-8")
        except (OSError, UnicodeError) as error:
            raise UsageError(f"{text[1:]} cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})") from None
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError("-d requires JSON, @FILE or -") from None
    if not isinstance(body, dict):
        raise UsageError("The body must be a JSON object")
    return body


# -- completion --------------------------------------------------------------------------------------------------------


def request_candidates(session: Session, before: Sequence[str], fragment: str, names: Names) -> list[tuple[str, str]]:
    """Return the candidates for a fragment, each with a summary.

    ``before`` begins with ``.rest``.
    """
    connection = session.target and session.connection
    version = connection.version if connection else None
    if version is None:
        return []
    pairs = zip(("", *before[1:]), before[1:], strict=False)
    targets = [word for previous, word in pairs if word[:1] != "-" and previous[:1] != "-"]  # the method and the path
    method = targets[0].upper() if targets and targets[0].upper() in METHODS else "GET"
    path = next((one for one in targets if one.startswith("/")), "")
    if before[-1] in ("-q", "-f"):
        found = operation_of(method, path, version)
        if found is None:
            return []
        if before[-1] == "-q":
            return [(f"{name}=", "") for name in found.query]
        return [(f"{name}=", kind) for name, kind in found.body.items()]
    if fragment.startswith("-") or path:
        return [(one.flag, one.meaning) for one in REST.arguments if one.flag and one.flag.startswith(fragment)]
    methods = [] if targets or fragment.startswith("/") else [(one, "") for one in METHODS]
    return [*methods, *_paths(names, version, method, fragment)][:MOST]


def _paths(names: Names, version: Version, method: str, fragment: str) -> Iterator[tuple[str, str]]:
    """Yield the next words of a path, and the cached names that continue it."""
    head, _, last = fragment.rpartition("/")
    parts = head.split("/")
    candidates: dict[str, str] = {}
    for one in operations(version):
        template = one.path.split("/")
        if one.method != method or len(template) <= len(parts):
            continue
        pairs = zip(template, parts, strict=False)
        if not all(want == part or (want.startswith("{") and part) for want, part in pairs):
            continue
        following = template[len(parts) :]
        if following[0].startswith("{"):
            kind = KINDS.get(following[0].strip("{}"))
            dag = unquote(parts[2]) if parts[1:2] == ["dags"] and len(parts) > 2 else ""
            for name in names(kind, dag, unquote(last))[0] if kind is not None else ():
                candidates.setdefault(f"{head}/{quote(name.text, safe='')}", name.summary)
            continue
        words = []
        for part in following:
            if part.startswith("{"):
                words.append("")
                break
            words.append(part)
        text = "/".join([head, *words])
        if text == one.path or "{" not in "/".join(following):
            candidates[text] = one.summary
        else:
            candidates.setdefault(text, "")
    yield from ((text, summary) for text, summary in sorted(candidates.items()) if not is_too_long(text))


ACTIONS = ("pause", "unpause", "cancel")
BACKFILLS_USAGE = ".backfills requires no arguments, a DAG, or an action and an ID"
#: Seconds for the backfills of all DAGs: one request for each DAG, ten requests a second.
BACKFILLS_LIMIT = 600.0


def backfills(call: DotCommandCall, given: Namespace) -> Result:
    """List backfills, or pause, resume or cancel one."""
    session = call.session
    request = _backfill_request(given)
    require_environment_info(session)
    version = session.connection.version
    if version is not None and version.major < 3:
        raise UsageError(f".backfills requires Airflow 3, and this environment runs {version}")
    if request is not None:
        result = send_rest.send_rest(session, call.context, request, every_page=request.method == "GET")
    else:
        result = _all_backfills(session)
    session.last_result = result
    return result


def check_backfills(plan: Plan, given: Namespace) -> None:
    """Raise for wrong arguments, and for a change that will be refused."""
    request = _backfill_request(given)
    if request is not None:
        plan.check_danger(danger_of_request(request), given.line.command)


def _backfill_request(given: Namespace) -> RestRequest | None:
    """Return the request in the arguments, or ``None`` for all backfills."""
    if given.dag in ACTIONS and not given.id:
        hint = "List backfills and their IDs with .backfills."
        raise UsageError(f".backfills {given.dag} requires the ID of a backfill", hint=hint)
    if not given.id:
        return _backfills_of(given.dag) if given.dag else None
    if given.dag not in ACTIONS or not re.fullmatch(r"[0-9]{1,18}", given.id):
        raise UsageError(BACKFILLS_USAGE, hint="Write it as in .backfills pause 12.")
    return RestRequest(f"/backfills/{given.id}/{given.dag}", {}, None, "PUT")


def _backfills_of(dag: str) -> RestRequest:
    first = list_all("/backfills")
    return replace(first, query={**first.query, "dag_id": dag})


def _all_backfills(session: Session) -> Result:
    """Return the backfills of all DAGs; Airflow lists those of one DAG only."""
    connection = session.connection

    def ask(request: RestRequest) -> object:
        return connection.api.invoke_rest(connection.target.name, request)

    def read() -> list[Any]:
        try:
            dags = [str(row.get("dag_id")) for row in all_rows(ask, list_all("/dags"), "dags")]
            return [one for dag in dags for one in all_rows(ask, _backfills_of(dag), "backfills")]
        except ValueError as error:
            raise NothingRan(f"The REST API of {connection.target.name}: {error}") from None

    found = session.wait_for("asking for the backfills of each DAG", BACKFILLS_LIMIT, read)
    text = json.dumps({"backfills": found, "total_entries": len(found)}, ensure_ascii=False)
    return Result(stdout=f"{text}\n".encode(errors="replace"), words=("rest", ".rest"))


REST = DotCommand(
    ".rest",
    Group.REST_API,
    "[METHOD] PATH [-q NAME=VALUE] [-f NAME=VALUE] [-d JSON|@FILE|-] [--all]",
    "send a request to Airflow's REST API",
    rest,
    (
        Argument("[METHOD]", "GET (default), POST, PUT, PATCH or DELETE", ArgumentKind.REQUEST, default="GET"),
        Argument("PATH", "the path after /api/v1 or /api/v2", ArgumentKind.REQUEST),
        Argument("-q NAME=VALUE", "query parameter (repeatable)", ArgumentKind.REQUEST, action="append", default=[]),
        Argument(
            "-f NAME=VALUE", "member of the JSON body (repeatable)", ArgumentKind.REQUEST, action="append", default=[]
        ),
        Argument("-d JSON", "the whole body (@FILE: a file, -: standard input)", ArgumentKind.TEXT),
        Argument("--all", "all pages of a list"),
    ),
    check_rest,
    details="Send one request to Airflow's REST API through AWS (InvokeRestApi, Airflow 2.4.3 or later).",
    examples=(
        ".rest /dags -q paused=false",
        ".rest POST /pools -f name=nightly -f slots=4",
        ".rest /importErrors --all | jq .",
    ),
    see=(".raw", ".as"),
)
DOT_COMMANDS = (
    REST,
    DotCommand(
        ".backfills",
        Group.RUNS,
        "[DAG] | pause|unpause|cancel ID",
        "list or control backfills of Airflow 3",
        backfills,
        (Argument("[DAG]", "only those of DAG", ArgumentKind.DAG), Argument("[ID]", "number of a backfill")),
        check_backfills,
        details="List the backfills of Airflow 3, or pause, resume or cancel one. backfill create creates one.",
        examples=(".backfills sales_daily", ".backfills pause 12"),
        see=(".follow",),
    ),
)
