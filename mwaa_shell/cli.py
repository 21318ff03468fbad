"""The launcher: options become Settings, and Settings one way to run. The only ``sys.exit`` of the program.

Each import is paid for by what is shown next, so there are hardly any here: ``--help`` and ``--version`` import nothing
at all, the first prompt is drawn before the settings are read, and prompt_toolkit is imported behind it.
"""

from __future__ import annotations

import os
import sys

from mwaa_shell import startup

TYPE_CHECKING = False  # the module of that name takes longer than --version may
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import NoReturn

    #: Lets a prompt show the notices of a local environment while the block runs.
    ShowNotices = Callable[[Callable[[str], None]], AbstractContextManager[None]]

    from mwaa_shell.doctor.report import CheckResult
    from mwaa_shell.errors import ExitCode
    from mwaa_shell.settings import LaunchPlan, Settings
    from mwaa_shell.streams import Streams


def _at_once(arguments: Sequence[str]) -> str:
    """What is printed without reading any other option; nothing where something else is wanted."""
    if arguments == ["--version"]:
        return _version()
    if arguments in (["--help"], ["-h"]):
        return _help()
    return _help(whole=True) if arguments == ["--help-all"] else ""


def _version() -> str:
    from mwaa_shell import __version__

    return f"mwaa-shell {__version__}\n"


def _help(*, whole: bool = False) -> str:
    """The text of ``--help`` or ``--help-all``, kept in one file: making it takes as long as the start of Python."""
    with open(os.path.join(os.path.dirname(__file__), "help.txt"), encoding="utf-8") as file:
        short, _, all_of_it = file.read().partition("\f\n")
    return all_of_it if whole else short


def run(arguments: Sequence[str], streams: Streams | None = None) -> ExitCode:
    """Run the program, on the process's own streams if no others are given.

    Raises ``ShellError`` for what could not even begin.
    """
    from mwaa_shell.options import PLAIN_YES, read_options

    # A plain --yes takes no value: what stands behind it is the environment, or another option.
    words = [PLAIN_YES if word == "--yes" else word for word in arguments]
    early = startup.EarlyPrompt(os.environ)
    if streams is None:
        startup.stop_collecting_garbage()
    try:
        options = None if _asks_for_names(arguments) else read_options(words)
        if options is not None and streams is None:
            _show_early(early, options)
        from mwaa_shell.streams import standard_streams

        return _run(arguments, options, streams or standard_streams(), early)
    finally:
        early.over()


def _asks_for_names(arguments: Sequence[str]) -> bool:
    """Whether what --completions printed asks for names."""
    from mwaa_shell import shell_completion

    return arguments[:1] == [shell_completion.NAMES]


def _show_early(early: startup.EarlyPrompt, options: argparse.Namespace) -> None:
    """Draw the prompt, where it is certain that there will be one and what it says."""
    from mwaa_shell.options import named_environment

    name = named_environment(options)
    if name:
        from mwaa_shell.prompt_text import PROTECTED, is_protected

        early.show(name, protected=is_protected(name, PROTECTED), read_only=options.read_only)


def _run(
    arguments: Sequence[str], options: argparse.Namespace | None, streams: Streams, early: startup.EarlyPrompt
) -> ExitCode:
    import threading

    from mwaa_shell import debug_log, shell_completion
    from mwaa_shell.errors import ExitCode, UsageError
    from mwaa_shell.options import build_parser, read_order, sources_of

    threading.excepthook = lambda one: streams.note(debug_log.crash(one.exc_value)) if one.exc_value else None
    if options is None:
        streams.data(shell_completion.answer(arguments[1:], build_parser()).encode(errors="replace"))
        return ExitCode.OK
    if options.debug is not None:
        debug_log.start(options.debug)
    printed = _printed(options)
    if printed is not None:
        streams.data(printed.encode())
        return ExitCode.OK
    if options.check:
        from mwaa_shell import check

        return check.run(sources_of(options.sources or []), options.airflow_version, streams)
    if options.print_token and streams.stdout_tty and not options.force:
        raise UsageError("--print-token: a token does not belong on a screen; pipe it, or add --force")
    order = read_order(options, dict(os.environ))
    if debug_log.is_on():
        debug_log.begin(order.settings.access, vars(options))
    for remark in order.settings.remarks:
        streams.note(remark)
    streams.color = order.settings.color
    if order.local is None:
        return _run_on(order, order.settings, streams, early)
    from dataclasses import replace

    from mwaa_shell.local import Notices, serve, start_local

    startup.collect_seldom()
    notices = Notices(streams)
    with start_local(order.local, order.settings.access.timeout, streams, notices) as running:
        if order.serve:
            serve(running, streams)
            return ExitCode.OK
        access = replace(running.access, max_reply=order.settings.access.max_reply)
        settings = replace(order.settings, environment=running.environments[0], access=access)
        return _run_on(order, settings, streams, early, notices.shown_by)


def _printed(options: argparse.Namespace) -> str | None:
    """What is printed without anything being opened; ``None`` where something is to be run."""
    if options.help or options.help_all:
        return _help(whole=options.help_all)
    if options.version:
        return _version()
    if options.completions:
        from mwaa_shell import shell_completion
        from mwaa_shell.options import build_parser

        return shell_completion.script(options.completions, build_parser())
    if options.print_config:
        from mwaa_shell.config import template

        return template()
    return _grammar(options.print_grammar) if options.print_grammar is not None else None


def _grammar(text: str) -> str:
    """The tree of one version for other programs; raises for a version that we do not have."""
    import json

    from mwaa_shell.airflow.grammar import as_json, load, versions
    from mwaa_shell.airflow.versions import parse_version
    from mwaa_shell.errors import UsageError

    version = parse_version(text)
    if version not in versions():
        known = ", ".join(map(str, versions()))
        raise UsageError(f"--print-grammar takes a version that MWAA has offered, not {text}: {known}")
    return json.dumps(as_json(load(version))) + "\n"


def _print_token(settings: Settings, streams: Streams) -> ExitCode:
    """A token for other programs, in the form of the AWS CLI; nothing else of the program ever shows one."""
    import json

    from mwaa_shell.errors import ExitCode
    from mwaa_shell.session import Session
    from mwaa_shell.session.environment import require_environment
    from mwaa_shell.session.interface import UserInterface

    session = Session(settings, UserInterface(streams.note))
    try:
        require_environment(session)
        token = session.link.api.cli_token(session.link.target.name)
    finally:
        session.close()
    value = {"CliToken": token.token, "WebServerHostname": token.host}
    streams.data(json.dumps(value, indent=4).encode() + b"\n")
    return ExitCode.OK


def _noted(items: Iterable[CheckResult], noted: list[CheckResult]) -> Iterator[CheckResult]:
    """The items, each of them noted when it goes by."""
    for item in items:
        noted.append(item)
        yield item


def _examine(settings: Settings, streams: Streams, *, as_json: bool) -> ExitCode:
    """Say what works and what does not, each as soon as it is known."""
    import shutil

    from mwaa_shell.doctor import examine, report
    from mwaa_shell.dot_commands.doctor import examined_by
    from mwaa_shell.mwaa import programs
    from mwaa_shell.session import Session
    from mwaa_shell.session.interface import UserInterface
    from mwaa_shell.terminal.progress import Progress

    progress = Progress(streams)
    programs.before_each(progress.over)
    session = Session(settings, UserInterface(streams.note, progress))
    width = shutil.get_terminal_size().columns if streams.stdout_tty else 0
    found: list[CheckResult] = []
    try:
        for text in report.as_texts(_noted(examine(examined_by(session)), found), width):
            streams.data(b"" if as_json else text.encode(errors="replace"))
    finally:
        progress.over()
        session.close()
    streams.data((report.as_json(found) if as_json else f"{report.summary(found)}\n").encode(errors="replace"))
    return report.exit_code(found)


def _run_on(
    order: LaunchPlan,
    settings: Settings,
    streams: Streams,
    early: startup.EarlyPrompt,
    show_notices: ShowNotices | None = None,
) -> ExitCode:
    """The one choice between the ways to run. ``show_notices`` lets the prompt show those of a local environment."""
    if not (order.print_token or order.doctor or order.sources) and streams.interactive:
        return _open_prompt(settings, streams, early, show_notices)
    from mwaa_shell.interrupts import ended_in_order

    with ended_in_order():
        if order.print_token:
            return _print_token(settings, streams)
        if order.doctor:
            return _examine(settings, streams, as_json=order.json)
        return _run_lines(order, settings, streams)


def _run_lines(order: LaunchPlan, settings: Settings, streams: Streams) -> ExitCode:
    """Run the commands of ``-c``, ``-f`` and standard input."""
    startup.collect_seldom()
    from mwaa_shell import batch
    from mwaa_shell.dot_commands import TABLE
    from mwaa_shell.history.entries import FILE
    from mwaa_shell.session import Executor, Session, UserInterface, script

    if not order.sources:
        from mwaa_shell.mwaa import programs

        programs.keep_standard_input()
    written = batch.read_sources(order.sources)
    session = Session(settings, UserInterface(streams.note))
    executor = Executor(session, TABLE)
    try:
        executor.plan().check(written)
        lines = written if order.sources else script.lines_of(streams.stdin, origin=FILE)
        if not streams.stdout_tty:
            return batch.run(executor, lines, streams)
        from mwaa_shell.terminal.canvas import drawing

        with drawing(session.ui, streams, session.preferences):
            return batch.run(executor, lines, streams)
    finally:
        session.close()


def _open_prompt(
    settings: Settings,
    streams: Streams,
    early: startup.EarlyPrompt,
    show_notices: ShowNotices | None,
) -> ExitCode:
    """The interactive shell. Its prompt looks for garbage again once it stands."""
    if settings.environment and not settings.config.problems:
        name = settings.environment
        protected, read_only = settings.protects(name), settings.only_reads(name)
        early.show(name, protected=protected, read_only=read_only, colour=settings.colour_of(name))
    startup.import_asyncio()
    from mwaa_shell.terminal.shell import Shell

    return Shell(settings, streams, early.hand_over(), show_notices).run()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The program's entry point."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        text = _at_once(words) if sys.stdout else ""
        if text:
            sys.stdout.write(text)
        code = 0 if text else int(run(words))
        if sys.stdout:
            sys.stdout.flush()
    except BaseException as error:
        code = _failed(error)
    if sys.modules.get("mwaa_shell.debug_log"):
        from mwaa_shell import debug_log

        debug_log.event("end", code=code)
    startup.leave_garbage()
    sys.exit(code)


def _failed(error: BaseException) -> int:
    """Say what ended the program, and with which code it is left. Raises what is no failure at all."""
    from mwaa_shell import debug_log
    from mwaa_shell.errors import ExitCode, ShellError
    from mwaa_shell.streams import standard_streams

    code, said = ExitCode.UNKNOWN, ""
    if isinstance(error, ShellError):
        debug_log.error("program", error)
        code, said = error.exit_code, str(error)
    elif isinstance(error, KeyboardInterrupt):
        code = ExitCode.INTERRUPTED
    elif isinstance(error, BrokenPipeError):
        code = ExitCode.PIPE
    elif isinstance(error, OSError):
        debug_log.error("program", error)
        code, said = ExitCode.FAILED, f"Something on this machine failed: {error}"
    elif isinstance(error, Exception):  # no traceback: its last line may quote what was typed
        said = debug_log.crash(error)
    else:
        raise error
    if isinstance(error, OSError):  # whoever read our output has read enough; nothing more can be said there
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    standard_streams().note(said)
    return int(code)
