"""The ways to run: options become a plan, and the plan one way to run.

Packages are imported through their faces, so that the prompt is shown before modules load that only a command needs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

from mwaa_shell import (
    batch,
    debug_log,
    doctor,
    dot_commands,
    history,
    local,
    mwaa,
    session,
    shell_completion,
    startup,
    terminal,
)
from mwaa_shell.addresses import read_connect_to
from mwaa_shell.airflow.command_line import quote
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.config import Config, config_path, load_config
from mwaa_shell.errors import CANCELED, ExitCode, ShellError, State, UsageError, for_command_line, sentence
from mwaa_shell.interrupts import ended_in_order
from mwaa_shell.mwaa import programs
from mwaa_shell.options import PLAIN, build_parser, is_offline, may_have_settings
from mwaa_shell.settings import Access, LocalSettings, Settings
from mwaa_shell.streams import Streams, standard_streams
from mwaa_shell.suggestions import must_be

#: Lets a prompt show the notices of a local environment while the block runs.
ShowNotices = Callable[[Callable[[str], None]], AbstractContextManager[None]]


def run(options: argparse.Namespace, early: startup.EarlyPrompt, streams: Streams | None = None) -> ExitCode:
    """Run what the options ask for, on the process's own streams by default.

    Raises ``ShellError`` for what could not even begin.
    """
    streams = streams or standard_streams()
    threading.excepthook = lambda one: streams.note(debug_log.crash(one.exc_value)) if one.exc_value else None
    if options.complete_names is not None:
        streams.write_out(shell_completion.answer(options.complete_names, build_parser()).encode(errors="replace"))
        return ExitCode.OK
    if options.debug is not None:
        debug_log.start(Path(options.debug))
    if is_offline(options):
        from mwaa_shell import offline  # reads command trees, and imports what checks lines

        return offline.run(options, streams)
    if options.print_token and streams.stdout_tty and not options.force:
        raise UsageError("--print-token does not print to a terminal", hint="Pipe it, or add --force.")
    plan = make_plan(options, dict(os.environ))
    if debug_log.is_on():
        debug_log.begin(plan.settings.access, vars(options))
    for remark in plan.settings.remarks:
        streams.note(remark)
    streams.color = plan.settings.color
    if plan.local is None:
        return _run_on(options, plan, streams, early)
    startup.collect_seldom()
    notices = local.Notices(streams)
    with local.start_local(plan.local, plan.settings.access.timeout, streams, notices) as running:
        if options.serve:
            local.serve(running, streams)
            return ExitCode.OK
        access = running.access._replace(max_response=plan.settings.access.max_response)
        settings = plan.settings._replace(environment=running.environments[0], access=access)
        return _run_on(options, plan._replace(settings=settings), streams, early, notices.shown_by)


def _run_on(
    options: argparse.Namespace,
    plan: LaunchPlan,
    streams: Streams,
    early: startup.EarlyPrompt,
    show_notices: ShowNotices | None = None,
) -> ExitCode:
    """Choose between the ways to run; a prompt may show notices of ``--local``."""
    if not (options.print_token or options.doctor or options.sources) and streams.interactive:
        if plan.on:
            raise UsageError("--on requires -c, -f or standard input", hint="At the prompt, use .on ENVS COMMAND.")
        return _open_prompt(plan.settings, streams, early, show_notices)
    with ended_in_order():
        if options.print_token:
            return _print_token(plan.settings, streams)
        if options.doctor:
            return _examine(plan.settings, streams, as_json=options.json)
        return _run_lines(options.sources, plan, streams)


def _open_prompt(
    settings: Settings, streams: Streams, early: startup.EarlyPrompt, show_notices: ShowNotices | None
) -> ExitCode:
    """Run the prompt, which starts the garbage collector once it is shown."""
    if settings.environment and not settings.config.problems:
        name = settings.environment
        protected, read_only = settings.protects(name), settings.only_reads(name)
        early.show(name, protected=protected, read_only=read_only, color=settings.color_of(name))
    startup.import_asyncio()
    return terminal.Shell(settings, streams, early.hand_over(), show_notices).run()


def _run_lines(sources: list[tuple[str, str]] | None, plan: LaunchPlan, streams: Streams) -> ExitCode:
    """Run the commands of ``-c``, ``-f`` and standard input."""
    startup.collect_seldom()
    if not sources:
        programs.TERMINAL.has_commands = True
    written = list(batch.on_each(batch.lines_of(sources or (), streams.stdin), plan.on))
    opened = session.Session(plan.settings, session.UserInterface(streams.note))
    executor = session.Executor(opened, dot_commands)
    try:
        try:
            executor.plan().check(written)
        except KeyboardInterrupt:
            streams.note(sentence(CANCELED, State.NOT_SENT))
            return ExitCode.INTERRUPTED
        piped = session.script.script_lines(streams.stdin, "stdin", origin=history.FILE)
        lines = written if sources else batch.on_each(piped, plan.on)
        with terminal.drawing(opened.ui, streams, opened.preferences):
            return batch.run(executor, lines, streams)
    finally:
        opened.close()


def _print_token(settings: Settings, streams: Streams) -> ExitCode:
    """Print a token as the AWS CLI does; no other option shows one."""
    opened = session.Session(settings, session.UserInterface(streams.note))
    try:
        session.require_environment(opened)
        token = opened.connection.api.cli_token(opened.connection.target.name)
    finally:
        opened.close()
    value = {"CliToken": token.token, "WebServerHostname": token.host}
    streams.write_out(json.dumps(value, indent=4).encode() + b"\n")
    return ExitCode.OK


def _examine(settings: Settings, streams: Streams, *, as_json: bool) -> ExitCode:
    """Print each check as it ends; the exit code says whether all works."""
    report, found = doctor.report, list[doctor.CheckResult]()
    progress = terminal.Progress(streams)
    programs.TERMINAL.make_way = progress.over
    opened = session.Session(settings, session.UserInterface(streams.note, progress))
    width = shutil.get_terminal_size().columns if streams.stdout_tty else 0
    try:
        for text in report.as_texts(_collected(doctor.examine(dot_commands.examined_session(opened)), found), width):
            streams.write_out(b"" if as_json else text.encode(errors="replace"))
    finally:
        progress.over()
        opened.close()
    streams.write_out((report.as_json(found) if as_json else f"{report.summary(found)}\n").encode(errors="replace"))
    return report.exit_code(found)


def _collected(items: Iterable[doctor.CheckResult], into: list[doctor.CheckResult]) -> Iterator[doctor.CheckResult]:
    """Yield the items with advice for a command line, and collect them."""
    for item in items:
        into.append(item._replace(advice=for_command_line(item.advice)))
        yield into[-1]


def explain(error: BaseException) -> int:
    """Print what ended the program and return its exit code.

    Raises the end itself if it is not a failure.
    """
    code, message, hint = ExitCode.UNKNOWN, "", ""
    if isinstance(error, ShellError):
        debug_log.error("program", error)
        code, message, hint = error.exit_code, sentence(error.message, error.state), error.hint
    elif isinstance(error, KeyboardInterrupt):
        code = ExitCode.INTERRUPTED
    elif isinstance(error, BrokenPipeError):
        code = ExitCode.PIPE
    elif isinstance(error, OSError):
        debug_log.error("program", error)
        code, message = ExitCode.FAILED, f"Something on this machine failed ({error.strerror or error})"
    elif isinstance(error, Exception):  # no traceback: it may quote typed secrets
        message = debug_log.crash(error)
    else:
        raise error
    if isinstance(error, OSError):  # the reader of the output has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    streams = standard_streams()
    if isinstance(error, ShellError) and error.message == CANCELED:
        streams.note(message)
    else:
        streams.error(message, hint)
    return int(code)


# -- the plan ----------------------------------------------------------------------------------------------------------


class LaunchPlan(NamedTuple):
    """The settings of a start, and what to do with them."""

    settings: Settings
    local: LocalSettings | None
    on: str = ""  #: ``.on`` with its options, the prefix of each command


def make_plan(options: argparse.Namespace, environ: dict[str, str]) -> LaunchPlan:
    """Return the options as a plan; raise ``UsageError`` for contradictions."""
    if "" in (options.env, options.environment):
        raise UsageError("The name of the environment is empty")
    named = options.env or options.environment
    if options.env and options.environment:
        raise UsageError(f"{options.environment} and -e {options.env} cannot be combined")
    if options.local is not None and named:
        raise UsageError(f"--local and {named} cannot be combined")
    if options.local is None:
        _refuse_local_options(options)
    if options.log_output and options.log_file is None:
        raise UsageError("--log-output requires --log-file")
    if not 0 < options.timeout <= 3600:
        raise UsageError(must_be("--timeout", "above 0 and at most 3600 seconds", f"{options.timeout:g}"))
    if options.max_response < 1:
        raise UsageError(must_be("--max-response", "1 MB or more", options.max_response))
    if options.airflow_version is not None and parse_version(options.airflow_version) is None:
        raise UsageError(must_be("--airflow-version", "a version such as 2.10.3", options.airflow_version))
    config = load_config(config_path()) if may_have_settings() else Config()
    configured = {name: one.value for name, one in config.general.items()}
    access = Access(options.profile, options.region, options.endpoint_url, options.ca_bundle, options.timeout)
    access = access._replace(max_response=options.max_response, **_ways(options))
    usual = environ.get("MWAA_ENVIRONMENT") or str(configured.get("environment", ""))  # the default without an option
    settings = Settings(
        environment=named or (usual if options.local is None else "") or None,
        access=access,
        airflow_version=options.airflow_version,
        data_only=options.data,
        keep_going=options.keep_going,
        validate=not options.no_validate,
        read_only=options.read_only,
        yes=_yes(options.yes),
        on=options.on is not None,
        color=options.color,
        log_file=_path(options.log_file or os.path.expanduser(str(configured.get("log-file", ""))) or None),
        log_output=options.log_output,
        config=config,
        secret_words=environ.get("MWAA_SHELL_SECRET_WORDS", ""),
    )
    return LaunchPlan(settings, _local(options), _on(options))


def _on(options: argparse.Namespace) -> str:
    """Return ``.on`` with its options, or empty; raise ``UsageError``."""
    flags = [flag for flag in ("--fail-fast", "--by-environment") if getattr(options, flag[2:].replace("-", "_"))]
    jobs = [] if options.jobs is None else [f"--jobs={options.jobs}"]
    if options.on is None:
        for flag in (*flags, *jobs):
            raise UsageError(f"{flag.partition('=')[0]} requires --on")
        return ""
    if options.env or options.environment:
        raise UsageError("--on and an environment cannot be combined")
    if options.airflow_version is not None:
        hint = "Set airflow-version for an environment in config.toml."
        raise UsageError("--on and --airflow-version cannot be combined", hint=hint)
    return " ".join([".on", *jobs, *flags, quote(options.on)])


def _yes(value: str | None) -> str | None:
    """Return the name of ``--yes=ENV``, empty for a plain ``--yes``."""
    if value == "":
        raise UsageError("--yes= requires the name of an environment", hint="Pass --yes=ENV, or --yes.")
    return "" if value == PLAIN else value


def _path(text: str | None) -> Path | None:
    return Path(text) if text is not None else None


def _ways(options: argparse.Namespace) -> dict[str, Any]:
    """Return the members of ``Access`` for proxies and tunnels."""
    for name in ("profile", "region", "endpoint_url", "ca_bundle") if options.local is not None else ():
        if getattr(options, name):
            raise UsageError(f"--local cannot be combined with --{name.replace('_', '-')}")
    if options.proxy is None and options.connect_to is None:
        return {}
    if options.local is not None:
        raise UsageError("--local cannot be combined with --proxy or --connect-to")
    if options.proxy:
        mwaa.read_proxy(options.proxy, "--proxy")
    for rule in options.connect_to or ():
        read_connect_to(rule)
    return {"proxy": options.proxy, "connect_to": tuple(options.connect_to or ())}


def _refuse_local_options(options: argparse.Namespace) -> None:
    given = ("serve", "dags_folder", "plugins_folder", "requirements", "airflow_config", "record", "fresh_processes")
    for name in (*given, "scheduler", "no_limits"):
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} requires --local")


def _local(options: argparse.Namespace) -> LocalSettings | None:
    if options.local is None:
        return None
    versions = tuple(part.strip() for part in options.local.split(",") if part.strip())
    return LocalSettings(
        versions,
        _path(options.dags_folder),
        _path(options.record),
        fresh_processes=options.fresh_processes,
        scheduler=options.scheduler,
        prompt=not options.sources,
        limits=not options.no_limits,
        requirements=_path(options.requirements),
        plugins_folder=_path(options.plugins_folder),
        airflow_config=tuple(options.airflow_config or ()),
    )
