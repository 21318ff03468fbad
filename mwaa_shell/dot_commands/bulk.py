"""Dot-commands that export and import variables, connections and pools."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mwaa_shell import output
from mwaa_shell.airflow.bulk import (
    KINDS,
    BulkKind,
    BulkRequest,
    Comparison,
    Entry,
    EntryState,
    compare,
    entry_path,
    file_content,
    printing_command,
    problem_in,
    read_entries,
    read_env,
    requests_for,
)
from mwaa_shell.airflow.command_line import Destination, command_text, quote
from mwaa_shell.airflow.knowledge import Danger, Level
from mwaa_shell.airflow.reach import join_names, with_noun
from mwaa_shell.airflow.rest import REST_SINCE, RestRequest, all_rows, is_too_long, list_all
from mwaa_shell.dot_commands import bulk_cli
from mwaa_shell.dot_commands.bulk_cli import ProgressBar
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group
from mwaa_shell.errors import NothingRan, PermissionMissing, State, UsageError
from mwaa_shell.job import Job, PhaseTimeout
from mwaa_shell.output import check_writable, write_file
from mwaa_shell.result import Outcome, Result, failed, text_result
from mwaa_shell.session import Plan, Session, require_environment_info, send_rest
from mwaa_shell.suggestions import unknown

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

    from mwaa_shell.airflow.versions import Version
    from mwaa_shell.job import ProgressListener

#: Seconds for one request.
LIMIT = 35.0
#: Ways to treat entries that differ between the file and the environment.
ON_CONFLICT = ("fail", "skip", "overwrite")
#: Part of Airflow's message if ``connections add`` gets the ID of another connection.
EXISTS = "already exists"
AGAIN = "Run the command again for the rest."
#: How to overwrite an entry whose name is too long for a path.
TOO_LONG = {
    "variables": "Set it with variables set {} VALUE",
    "connections": "Delete it with connections delete {}",
    "pools": "Set it with pools set {} SLOTS DESCRIPTION",
}


def export_entries(call: DotCommandCall, given: Namespace) -> Result:
    """Write all entries of a kind to a file."""
    session = call.session
    kind, path = _kind_and_path(given)
    form = _format(kind, path)
    check_writable(Destination(">", str(path)), session.ui.ask)
    version = _version_of(session, kind)
    over_rest = _entries_over_rest(session, kind, version, "the CLI exports them", whole=True)
    entries = bulk_cli.entries_there(session, kind, version) if over_rest is None else over_rest
    content, hidden = file_content(kind, entries)
    _write(path, content, form)
    text = f"Wrote {_counted(kind, len(content))} to {path}."
    if over_rest and kind.name == "connections":
        text += "\nAirflow returns no passwords or secret extras. An import keeps existing ones."
    elif hidden:
        text += f"\nLeft out, because Airflow hides their values: {join_names(hidden)}."
    return text_result(text)


def import_entries(call: DotCommandCall, given: Namespace) -> Result:
    """Compare a file to the environment, and send its new or different entries."""
    session = call.session
    kind, path = _kind_and_path(given)
    wanted = _entries_in(kind, path)
    version = _version_of(session, kind)
    there = _entries_over_rest(session, kind, version, f"each of the {kind.name} is one CLI command", whole=False)
    through_cli = there is None
    if there is None:
        there = bulk_cli.entries_there(session, kind, version, wanted)
    found = compare(kind, wanted, there)
    text = _report(found)
    changed = (*found[EntryState.CHANGED], *found[EntryState.HIDDEN]) if given.on_conflict == "overwrite" else ()
    if given.dry_run:
        return text_result(text)
    if given.on_conflict == "fail" and found[EntryState.CHANGED]:
        number = _counted(kind, len(found[EntryState.CHANGED]))
        where = session.connection.target.name
        ended = failed(f"{where} has other values for {number}", hint="Use --on-conflict skip or overwrite.")
        return ended._replace(state=State.NOT_SENT, stdout=text.encode(errors="replace"))
    new = found[EntryState.NEW]
    if not (new or changed):
        return text_result(f"{text}Nothing to send.")
    names = [str(one[kind.key]) for one in changed]
    if through_cli and changed and kind.name == "connections":
        raise UsageError(
            f"The CLI cannot overwrite a connection: {join_names(names)}",
            state=State.NOT_SENT,
            hint=f"Use --on-conflict skip, or delete it first with {command_text('connections delete', names[0])}",
        )
    effects = [f"adds {_counted(kind, len(new))}"] if new else []
    effects += [f"overwrites {_counted(kind, len(names))}: {join_names(names)}"] if names else []
    effect = " and ".join(effects)
    danger = Danger(Level.DESTROY, effect) if changed else _CHANGE
    send_rest.require_confirmation(session, call.context, danger, f"{effect[0].upper()}{effect[1:]}.")

    def send() -> Result:
        if through_cli:
            steps = _commands(session, kind, (*new, *changed), version)
        else:
            requests = requests_for(kind, new, changed, version)
            steps = [_Step(one.names, partial(_send_request, session, one)) for one in requests]
        return _send(session, kind, steps, skip=given.on_conflict == "skip")

    result = send_rest.record(session, call.context, send)
    return result._replace(stdout=text.encode(errors="replace") + bytes(result.stdout))


_CHANGE = Danger(Level.CHANGE, "")


def check_export(plan: Plan, given: Namespace) -> None:
    """Raise for wrong arguments; later lines may read the file."""
    kind, path = _kind_and_path(given)
    _format(kind, path)
    plan.written.add(str(path))


def check_import(plan: Plan, given: Namespace) -> None:
    """Raise for wrong arguments, a wrong file, and a change that will be refused."""
    kind, path = _kind_and_path(given)
    if str(path) not in plan.written:
        _entries_in(kind, path)
    if not given.dry_run:
        danger = Danger(Level.DESTROY, f"may overwrite {kind.name}") if given.on_conflict == "overwrite" else _CHANGE
        plan.check_danger(danger, given.line.command)


# -- words and files ---------------------------------------------------------------------------------------------------


def _kind_and_path(given: Namespace) -> tuple[BulkKind, Path]:
    if given.kind not in KINDS:
        raise unknown("kind", given.kind, tuple(KINDS))
    return KINDS[given.kind], Path(given.file).expanduser()


def _entries_in(kind: BulkKind, path: Path) -> list[Entry]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{path} cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})") from None
    try:
        return read_entries(kind, _parsed(text, _format(kind, path)))
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from None


def _format(kind: BulkKind, path: Path) -> str:
    """Return json, yaml or env by the ending of a file; the last two for connections."""
    found = {".yaml": "yaml", ".yml": "yaml", ".env": "env"}.get(path.suffix.lower(), "json")
    if found != "json" and kind.name != "connections":
        raise UsageError(f"{path} must be JSON")
    return found


def _parsed(text: str, form: str) -> object:
    """Return the parsed text of a file; raise ``ValueError``."""
    if form == "env":
        return read_env(text)
    if form == "json":
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("nested too deep") from None
        except json.JSONDecodeError as error:
            raise ValueError(f"no JSON at line {error.lineno}, column {error.colno}") from None
    return output.yaml_text.load(text)


def _write(path: Path, content: dict[str, object], form: str) -> None:
    """Write a file that only its owner may read."""
    if form == "env":
        text = "".join(f"{name}={json.dumps(value)}\n" for name, value in content.items())
    elif form == "yaml":
        text = output.yaml_text.dump(content)
    else:
        text = json.dumps(content, sort_keys=True, indent=4, ensure_ascii=False) + "\n"
    try:
        write_file(path, text.encode(), private=True)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "half a character"
        raise UsageError(f"{path} cannot be written ({why})") from None


def _counted(kind: BulkKind, number: int) -> str:
    return with_noun(number, kind.name.removesuffix("s"))


def _report(found: Comparison) -> str:
    """Return a line for each state with its entries, and never a value."""
    lines = []
    for state in EntryState:
        names = [str(next(iter(one.values()))) for one in found[state]]
        lines += [f"{state.value} {len(names):,}: {join_names(names)}"] if names else []
    return "".join(f"{line}\n" for line in lines)


# -- requests ----------------------------------------------------------------------------------------------------------


def _version_of(session: Session, kind: BulkKind) -> Version:
    require_environment_info(session)
    version = session.connection.version
    if version is None:
        raise UsageError("The Airflow version is unknown", hint="Pass --airflow-version.")
    if not printing_command(kind, version):
        raise UsageError(f"{kind.name.capitalize()} require Airflow 2, and this environment runs {version}")
    return version


def _entries_over_rest(
    session: Session, kind: BulkKind, version: Version, instead: str, *, whole: bool
) -> list[Entry] | None:
    """Return all entries of a kind, or ``None`` if the REST API cannot be used.

    A note then says why, and ``instead`` what the shell does. ``whole`` is passed to ``_entries_of``.
    """
    if version < REST_SINCE:
        session.ui.note(f"Airflow {version} has no REST API on MWAA, so {instead}")
        return None
    work = Job(lambda job: _entries_of(session, job, kind, version, whole=whole), "bulk")
    try:
        return work.wait(session.ui.watcher)
    except PhaseTimeout as late:
        raise NothingRan(f"The REST API gave no answer within {late.seconds:g} seconds") from None
    except PermissionMissing as error:
        session.ui.note(f"{error.action} is not permitted, so {instead}")
        return None


def _entries_of(
    session: Session, job: Job[list[Entry]], kind: BulkKind, version: Version, *, whole: bool
) -> list[Entry]:
    """Return all entries of a kind.

    ``whole`` also requests the extras that the list of Airflow 2 lacks, one by one.
    """
    connection = session.connection

    def ask(request: RestRequest) -> object:
        if not job.begin_phase(f"reading {kind.name} ({len(found):,})", LIMIT):
            raise NothingRan("Stopped")
        return connection.api.invoke_rest(connection.target.name, request)

    found: list[Entry] = []
    try:
        for row in all_rows(ask, list_all(f"/{kind.name}"), kind.name):
            found.append(row)  # noqa: PERF402  (one by one: the phase says how many)
    except ValueError as error:
        raise NothingRan(f"GET /{kind.name} on {connection.target.name}: {error}") from None
    if whole and kind.name == "connections" and version.major < 3:
        for number, entry in enumerate(found):
            path = entry_path(kind, str(entry.get(kind.key)))
            response = ask(RestRequest(path)) if not is_too_long(path) else None
            found[number] = response if isinstance(response, dict) else entry
    return found


class _Step(NamedTuple):
    """The entries that one request or command sets, and a function that sends it."""

    names: tuple[str, ...]
    send: Callable[[ProgressListener], Result]


def _send_request(session: Session, one: BulkRequest, watcher: ProgressListener) -> Result:
    if is_too_long(one.request.path):
        way = TOO_LONG[one.request.path.split("/")[1]].format(quote(one.names[0]))
        return failed(f"The name is too long to overwrite it over REST. {way}")
    secrets = send_rest.secrets_in(session, one.request)
    result = send_rest.run_request(session, one.request, changes=True, watcher=watcher)
    if result.ok:
        with suppress(ValueError):  # the response is not JSON
            problem = problem_in(json.loads(bytes(result.response)))
            result = failed(problem) if problem else result
    return bulk_cli.without_output(result, secrets)


def _commands(session: Session, kind: BulkKind, entries: Sequence[Entry], version: Version) -> list[_Step]:
    command = session.grammar.named("variables set") if session.grammar is not None else None
    describes = command is not None and any("--description" in one.flags for one in command.options)
    if kind.name == "variables" and not describes and any(one.get("description") for one in entries):
        session.ui.note("Descriptions are not set, because this CLI cannot.")
    steps = bulk_cli.steps(kind, entries, version, describes=describes)
    return [_Step((one.name,), partial(bulk_cli.send_step, session, one)) for one in steps]


def _send(session: Session, kind: BulkKind, steps: Sequence[_Step], *, skip: bool) -> Result:
    """Send requests or commands up to the first that fails; return what was sent.

    Where the CLI cannot list connections, Airflow reports that one exists: ``skip`` leaves it as it is.
    """
    number = sum(len(one.names) for one in steps)
    total, sent, kept = _counted(kind, number), 0, list[str]()
    with ProgressBar(session.ui.watcher or session.ui.bar, number) as bar:
        for names, send in steps:
            result = send(bar)
            exists = kind.name == "connections" and len(names) == 1 and EXISTS in result.message
            if exists and skip:
                kept += names
            elif result.ok:
                sent += len(names)
            else:
                why = result.message.rstrip(".") or result.outcome.value
                if sent and result.outcome is Outcome.NOT_RUN:  # a part of the import has run
                    result = failed(why)
                hint = AGAIN if result.outcome is Outcome.FAILED else result.hint
                if exists:
                    delete = command_text("connections delete", names[0])
                    hint = f"Keep it with --on-conflict skip, or delete it with {delete}."
                return result._replace(message=f"{sent:,} of {total} sent. {join_names(names)}: {why}", hint=hint)
            bar.done = sent + len(kept)
    return text_result(f"{sent:,} of {total} sent.{f' Unchanged: {join_names(kept)}.' if kept else ''}")


DOT_COMMANDS = (
    DotCommand(
        ".export",
        Group.REST_API,
        "variables|connections|pools FILE",
        "write variables, connections or pools to a file",
        export_entries,
        (
            Argument("KIND", takes=ArgumentKind.BULK),
            Argument("FILE", ".json, or for connections also .yaml or .env", ArgumentKind.PATH),
        ),
        check_export,
        details="Write entries with their values to a file that only you can read. "
        "Airflow does not return passwords of connections.",
        examples=(".export variables prod.json", ".export connections prod.yaml"),
        see=(".import",),
    ),
    DotCommand(
        ".import",
        Group.REST_API,
        "variables|connections|pools FILE [--on-conflict fail|skip|overwrite] [--dry-run]",
        "set variables, connections or pools from a file",
        import_entries,
        (
            Argument("KIND", takes=ArgumentKind.BULK),
            Argument("FILE", "a file of .export or of Airflow's own exports", ArgumentKind.PATH),
            Argument(
                "--on-conflict WAY",
                "if an entry is different: fail (send nothing, default), skip or overwrite it",
                ArgumentKind.ON_CONFLICT,
                choices=ON_CONFLICT,
                default="fail",
            ),
            Argument("--dry-run", "only compare"),
        ),
        check_import,
        details="Compare a file to the environment, and send what is new. Names are listed, never values.",
        examples=(".import variables prod.json --dry-run", ".import variables prod.json --on-conflict skip"),
        see=(".export",),
    ),
)
