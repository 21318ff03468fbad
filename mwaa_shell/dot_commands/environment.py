"""Dot-commands about environments: open, list and check them, and run on several."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from typing import TYPE_CHECKING

from mwaa_shell import (
    doctor,  # importlib.metadata, and boto3 and requests, for one command
    many,
)
from mwaa_shell.airflow.command_line import output_format, parse
from mwaa_shell.airflow.knowledge import reads
from mwaa_shell.dot_commands.help import in_columns
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group, number_from
from mwaa_shell.errors import EnvironmentNotFound, ExitCode, PermissionMissing, UsageError
from mwaa_shell.mwaa import Connection, EnvironmentRef, facts
from mwaa_shell.result import Outcome, Result, text_result
from mwaa_shell.session import (
    LineContext,
    Plan,
    Session,
    choose,
    describe,
    list_environments,
    require_environment,
    send,
    with_suggestion,
)
from mwaa_shell.settings import Access, profile_of_boto3, with_region_or_profile

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

FORMATS = ("table", "vertical", "json", "yaml", "csv")
NAME_ONE = ".use requires the name of an environment"


def use(call: DotCommandCall, given: Namespace) -> Result:
    """Open another environment that AWS confirms; without a name, show a menu."""
    open_environment(call.session, given)
    return Result()


def open_environment(session: Session, given: Namespace) -> None:
    """Open the environment that the arguments of ``.use`` name."""
    name, access = _wanted(given, session.access, session.previous)
    if not name:
        if session.ui.choose is None:
            raise UsageError(NAME_ONE, hint="List them with .envs.")
        name = choose(session, access, list_environments(session, access))
    _confirmed(session, name, access)
    session.open(name, access)


def _wanted(given: Namespace, access: Access, previous: EnvironmentRef | None) -> tuple[str, Access]:
    """Return the given name of an environment, or an empty one, and its access."""
    if given.env == "-":
        if given.region or given.profile:
            raise UsageError("--region and --profile require the name of an environment")
        if previous is None:
            raise UsageError("No other environment was open before")
        return previous
    name, _, region = given.env.partition("@")
    if region and given.region:
        raise UsageError(f"@{region} and --region {given.region} cannot be combined")
    return name, with_region_or_profile(access, region or given.region, given.profile)


def _confirmed(session: Session, name: str, access: Access) -> Connection:
    """Return the connection to an environment, checked as far as AWS permits."""
    connection = session.connections.get(EnvironmentRef(name, access))
    try:
        describe(session, connection)
    except EnvironmentNotFound as error:
        raise with_suggestion(error, session, access, name) from None
    except PermissionMissing:
        pass  # running commands may be permitted all the same
    return connection


def check_use(plan: Plan, given: Namespace) -> None:
    """Raise for an unknown environment; check later lines for the new one."""
    session = plan.session
    previous, here = (plan.previous, plan.opened) if plan.opened else (session.previous, session.opened)
    name, access = _wanted(given, plan.access or session.access, previous)
    if not name and session.ui.choose is None:
        raise UsageError(NAME_ONE, hint="List them with .envs.")
    plan.connection, plan.elsewhere = None, not name
    if name:
        plan.connection, plan.access = _confirmed(session, name, access), access
        plan.opened = EnvironmentRef(name, access)
        plan.previous = here if here != plan.opened else previous


def envs(call: DotCommandCall, given: Namespace) -> Result:
    """List the environments of this account and region, or of several."""
    session = call.session
    profiles, regions = _parts(given.profiles), _parts(given.regions)
    listings = many.list_all(session, many.accesses(session, profiles, regions))
    failed = [one for one in listings if one.error is not None]
    refs = [EnvironmentRef(name, one.access) for one in listings for name in one.names]
    connections = [session.connections.get(ref) for ref in refs]
    unknown = [str(error) for error in many.describe_all(session, connections) if error is not None]
    for text in unknown[:1]:
        session.ui.note(text + (f" (and {len(unknown) - 1} more such environments)" if unknown[1:] else ""))
    rows = sorted((_row(one, long=given.l) for one in connections), key=lambda row: str(row["name"]))
    if not profiles:
        rows = [{name: value for name, value in row.items() if name != "profile"} for row in rows]
    text = json.dumps(rows, ensure_ascii=False, indent=2) if rows or given.o else ""
    result = text_result(text) if text or failed else text_result("There are no environments")
    if text:
        form = given.o or ("table" if session.preferences["output"] == "auto" else "")
        result = result._replace(words=("environments", ".rest"), format=form)
        session.last_result = result
    if failed:
        message = "\n".join(f"{one.place}: {one.error}" for one in failed)
        hint = next(one.error.hint for one in failed if one.error is not None)
        result = result._replace(outcome=Outcome.NOT_RUN, exit_code=ExitCode.NOTHING_RAN, message=message, hint=hint)
    return result


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _row(connection: Connection, *, long: bool) -> dict[str, object]:
    """Return the facts of an environment for a table, ``None`` for unknown ones."""
    info, details, access = connection.info, connection.info.details, connection.target.access
    row: dict[str, object] = {
        "name": connection.target.name,
        "status": info.status or None,
        "version": str(info.version) if info.version else None,
        "access_mode": info.access_mode or None,
        "class": details.get("EnvironmentClass"),
        "region": access.region,
        "profile": profile_of_boto3(access) or None,
    }
    if long:
        update = details.get("LastUpdate") or {}
        error = update.get("Error") or {}
        row |= {
            "created_at": _moment(details.get("CreatedAt")),
            "last_update": update.get("Status"),
            "updated_at": _moment(update.get("CreatedAt")),
            "update_error": ": ".join(str(one) for one in error.values()) or None,
            "schedulers": details.get("Schedulers"),
            "web_server": details.get("WebserverUrl"),
            "logs": _logs(details.get("LoggingConfiguration") or {}),
        }
    return row


def _moment(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _logs(configuration: Mapping[str, Mapping[str, object]]) -> str:
    """Return the logs that are sent to CloudWatch, such as ``task, webserver``.

    ``none`` and ``all`` are two other values.
    """
    on = [name.removesuffix("Logs").lower() for name, one in sorted(configuration.items()) if one.get("Enabled")]
    return "all" if on and len(on) == len(configuration) else ", ".join(on) or "none"


def info(call: DotCommandCall, given: Namespace) -> Result:
    """Show the facts that GetEnvironment returns."""
    session = call.session
    require_environment(session)
    return text_result(in_columns(facts(describe(session, session.connection))))


def readonly(call: DotCommandCall, given: Namespace) -> Result:
    """Turn read-only mode on or off, or show its state."""
    session = call.session
    _refuse_to_lift(session, given)
    if given.state:
        session.read_only = given.state == "on"
    place = session.protection()
    if place.read_only and not session.read_only:
        return text_result("Read-only mode stays on: config.toml turns it on for this environment.")
    return text_result(f"Read-only mode is on. {place.hint}" if place.read_only else "Read-only mode is off.")


def check_readonly(plan: Plan, given: Namespace) -> None:
    """Raise where ``--read-only`` forbids it; check later lines with the new state."""
    _refuse_to_lift(plan.session, given)
    if given.state:
        plan.read_only = given.state == "on"


def _refuse_to_lift(session: Session, given: Namespace) -> None:
    if given.state == "off" and session.settings.read_only:
        raise UsageError("--read-only holds until the shell ends")


#: Environments that run a command at the same time, at most.
MOST_JOBS = 100


def on(call: DotCommandCall, given: Namespace) -> Result:
    """Run an Airflow command on several environments side by side."""
    session = call.session
    options = _many_options(session, given)
    if session.target is None:
        _refuse_version(session)
    return many.run_on(call.executor, call.context, options, given.command)


def check_on(plan: Plan, given: Namespace) -> None:
    """Raise for wrong arguments, and for a change that will be refused."""
    session, line = plan.session, given.command
    options = _many_options(session, given)
    many.items_in(options.which, session.settings.config.groups)
    if session.target is None and plan.access is None:
        _refuse_version(session)
    if session.ui.ask is None and plan.access is None and not reads(line, None):
        many.confirm_all(session, many.make_steps(session, many.select(session, options.which), line), options.which)


def _many_options(session: Session, given: Namespace) -> many.ManyOptions:
    """Return the options; raise where a program would get headings in JSON or YAML."""
    form, data_only = output_format(given.command.values), session.settings.data_only
    for_program = given.line.destination is not None or not session.ui.interactive
    if given.by_environment and (data_only or (for_program and form in ("json", "yaml"))):
        option = "--data" if data_only else f"-o {form} for a program"
        hint = "Leave out --by-environment: each record of a list has its environment."
        raise UsageError(f"{option} and --by-environment cannot be combined", hint=hint)
    return many.ManyOptions(given.envs, given.jobs, given.fail_fast, given.by_environment)


def _refuse_version(session: Session) -> None:
    """Raise for ``--airflow-version``, which holds for one environment only."""
    if session.settings.airflow_version is not None:
        raise UsageError(
            "--airflow-version is the version of one environment",
            hint="Leave it out, or set airflow-version for an environment in config.toml.",
        )


def examined_session(session: Session) -> doctor.Examined:
    """Return the parts of a session that the checks use.

    The environment that they find is opened.
    """

    def connect(name: str) -> Connection:
        access = session.target.access if session.target else session.settings.access
        if name and session.target is None:
            session.open(name, access)
        return session.connections.get(EnvironmentRef(name, access))

    def run(connection: Connection, command: str) -> Result:
        return send.send(session, LineContext(parse(command), recorded=False))[0]

    return doctor.Examined(session.target.name if session.target else None, connect, session.wait_for, run)


def run_checks(call: DotCommandCall, given: Namespace) -> Result:
    """Report the checks as lines or as JSON; fail if one of them failed."""
    found: list[doctor.CheckResult] = []
    try:
        found.extend(doctor.examine(examined_session(call.session)))
    except KeyboardInterrupt:
        return Result(Outcome.INTERRUPTED, ExitCode.INTERRUPTED, _report(found, as_json=False))

    result = text_result(_report(found, as_json=given.json).decode())._replace(paged=False)
    code = doctor.report.exit_code(found)
    if code is ExitCode.OK:
        return result
    return result._replace(outcome=Outcome.FAILED, exit_code=code, message=doctor.report.summary(found))


def _report(found: list[doctor.CheckResult], *, as_json: bool) -> bytes:
    if as_json:
        return doctor.report.as_json(found).encode(errors="replace")

    width = shutil.get_terminal_size().columns if os.isatty(1) else 0
    lines = [*doctor.report.as_texts(doctor.report.worst_last(found), width), doctor.report.summary(found)]
    return "".join(lines).encode(errors="replace")


DOT_COMMANDS = (
    DotCommand(
        ".use",
        Group.ENVIRONMENT,
        "[ENV[@REGION]|-] [--profile NAME] [--region REGION]",
        "switch environment (-: the previous one)",
        use,
        (
            Argument("[ENV]", "name of the environment (-: the one before this one)", ArgumentKind.ENVIRONMENT),
            Argument("--profile NAME", "use another AWS profile from here on", ArgumentKind.PROFILE),
            Argument("--region REGION", "same as ENV@REGION", ArgumentKind.REGION),
        ),
        check_use,
        details="Switch to another environment. Without ENV, choose from a menu. "
        "The settings that config.toml has for it apply.",
        examples=(".use staging", ".use staging@eu-central-1", ".use -"),
        see=(".envs", ".info"),
    ),
    DotCommand(
        ".envs",
        Group.ENVIRONMENT,
        "[-l] [--regions all|REGION,REGION] [--profiles NAME,NAME] [-o FORMAT]",
        "list environments of this or of several regions",
        envs,
        (
            Argument("-l", "also show last update, web server and logs"),
            Argument("--regions LIST", "all, or regions with commas between them", ArgumentKind.REGION, default=""),
            Argument("--profiles LIST", "AWS profiles with commas between them", ArgumentKind.PROFILE, default=""),
            Argument("-o FORMAT", "table, json, yaml or csv", ArgumentKind.FORMAT, choices=FORMATS, default=""),
        ),
        details="List environments with status, Airflow version, access mode, class and region. "
        "All regions and profiles are asked side by side.",
        examples=(".envs", ".envs --regions all", ".envs -l -o json"),
        see=(".on", ".use"),
    ),
    DotCommand(
        ".readonly",
        Group.ENVIRONMENT,
        "[on|off]",
        "block commands that change data, or show the mode",
        readonly,
        (Argument("[STATE]", choices=("on", "off")),),
        check_readonly,
        details="Block every command that changes data, with exit code 5. --read-only cannot be turned off.",
        examples=(".readonly on", ".readonly off"),
        see=(".use", ".settings"),
    ),
    DotCommand(
        ".info",
        Group.ENVIRONMENT,
        "",
        "show what AWS reports about this environment",
        info,
        details="Show what GetEnvironment returns: status, version, class, web server, logs, options. "
        "Options that hold secrets are masked.",
        examples=(".info",),
        see=(".doctor",),
    ),
    DotCommand(
        ".on",
        Group.ENVIRONMENT,
        "[--jobs COUNT] [--fail-fast] [--by-environment] ENVS COMMAND",
        "run a command on several environments",
        on,
        (
            Argument(
                "ENVS",
                "names, patterns, NAME@REGION, PROFILE/NAME, @GROUP of config.toml, or all, with commas",
                ArgumentKind.ENVIRONMENTS,
            ),
            Argument(
                "--jobs COUNT",
                "environments at the same time (default: 16)",
                ArgumentKind.NUMBER,
                type=number_from(1, MOST_JOBS),
                default=many.MOST,
            ),
            Argument("--fail-fast", "begin no further environment after the first failure"),
            Argument("--by-environment", "keep the output of each environment apart"),
            Argument("COMMAND", takes=ArgumentKind.COMMAND),
        ),
        check_on,
        details="Run an Airflow command on several environments side by side, each in the words of its own Airflow. "
        "The shell shows a change with all environments and asks once.",
        examples=(
            ".on all version",
            ".on 'my-*' dags list -o json | jq .",
            ".on my-env,staging dags pause example_hello",
        ),
        see=(".envs", ".redo"),
    ),
    DotCommand(
        ".doctor",
        Group.ENVIRONMENT,
        "[--json]",
        "check credentials, permissions and network",
        run_checks,
        (Argument("--json"),),
        details="Check this machine, AWS and the web server, one thing after the other. "
        "A failed check names the next step.",
        examples=(".doctor", ".doctor --json"),
        see=(".info",),
    ),
)
