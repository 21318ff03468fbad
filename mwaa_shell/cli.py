"""The launcher: options become Settings, and Settings one way to run. The only ``sys.exit`` of the program.

``--help`` and ``--version`` import neither boto3 nor requests nor prompt_toolkit.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NoReturn, TypeVar

from mwaa_shell import __version__, completions, debug
from mwaa_shell.config import template
from mwaa_shell.errors import ExitCode, ShellError, UsageError
from mwaa_shell.options import Order, build_parser, read_options, read_order, sources_of
from mwaa_shell.settings import Settings
from mwaa_shell.streams import Streams, standard_streams

T = TypeVar("T")


def run(arguments: Sequence[str], streams: Streams) -> ExitCode:
    """Run the program; raises ``ShellError`` for what could not even begin."""
    if arguments[:1] == [completions.NAMES]:  # asked by what --completions printed
        streams.data(completions.answer(arguments[1:], build_parser()).encode())
        return ExitCode.OK
    # A plain --yes takes no value: what stands behind it is the environment, or another option.
    options = read_options(["--yes=" if word == "--yes" else word for word in arguments])
    if options.debug is not None:
        debug.to(options.debug)
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
    if debug.is_on():
        debug.begin(order.settings.access, vars(options))
    for problem in order.settings.config.problems:
        streams.note(problem)
    streams = replace(streams, color=order.settings.color)
    if order.local is None:
        return _run_on(order, order.settings, streams)
    from mwaa_shell.local.console import private_mwaa, serve

    with private_mwaa(order.local, order.settings.access.timeout, streams) as running:
        if order.serve:
            serve(running, streams)
            return ExitCode.OK
        access = replace(running.access, max_reply=order.settings.access.max_reply)
        settings = replace(order.settings, environment=running.environments[0], access=access)
        return _run_on(order, settings, streams)


def _printed(options: argparse.Namespace) -> str | None:
    """What is printed without anything being opened; ``None`` where something is to be run."""
    if options.help:
        return build_parser().format_help()
    if options.version:
        return f"mwaa-shell {__version__}\n"
    if options.completions:
        return completions.script(options.completions, build_parser())
    if options.print_config:
        return template()
    return _grammar(options.print_grammar) if options.print_grammar is not None else None


def _grammar(text: str) -> str:
    """The tree of one version for other programs; raises for a version that we do not have."""
    import json

    from mwaa_shell.airflow.grammar import as_json, load, versions
    from mwaa_shell.airflow.versions import parse_version

    version = parse_version(text)
    if version not in versions():
        known = ", ".join(map(str, versions()))
        raise UsageError(f"--print-grammar takes a version that MWAA has offered, not {text}: {known}")
    return json.dumps(as_json(load(version))) + "\n"


def _print_token(settings: Settings, streams: Streams) -> ExitCode:
    """A token for other programs, in the form of the AWS CLI; nothing else of the program ever shows one."""
    import json

    from mwaa_shell.front import Front
    from mwaa_shell.session import Session

    session = Session(settings, Front(streams.note))
    session.ensure_open()
    token = session.link.environments.cli_token(session.link.target.name)
    value = {"CliToken": token.token, "WebServerHostname": token.host}
    streams.data(json.dumps(value, indent=4).encode() + b"\n")
    return ExitCode.OK


def _noted(items: Iterable[T], noted: list[T]) -> Iterator[T]:
    """The items, each of them noted when it goes by."""
    for item in items:
        noted.append(item)
        yield item


def _examine(settings: Settings, streams: Streams, *, as_json: bool) -> ExitCode:
    """Say what works and what does not, each as soon as it is known."""
    import shutil

    from mwaa_shell.doctor import finding
    from mwaa_shell.doctor.examine import examine
    from mwaa_shell.front import Front
    from mwaa_shell.session import Session
    from mwaa_shell.terminal.progress import Progress

    progress = Progress(streams)
    session = Session(settings, Front(streams.note, progress))
    width = shutil.get_terminal_size().columns if streams.stdout_tty else 0
    found: list[finding.Finding] = []
    try:
        for text in finding.as_texts(_noted(examine(session), found), width):
            streams.data(b"" if as_json else text.encode(errors="replace"))
    finally:
        progress.over()
        session.close()
    streams.data((finding.as_json(found) if as_json else f"{finding.summary(found)}\n").encode())
    return finding.exit_code(found)


def _run_on(order: Order, settings: Settings, streams: Streams) -> ExitCode:
    """The one choice between the ways to run."""
    if order.print_token:
        return _print_token(settings, streams)
    if order.doctor:
        return _examine(settings, streams, as_json=order.json)
    if not order.sources and streams.interactive:
        from mwaa_shell.terminal.shell import Shell

        return Shell(settings, streams).run()
    from mwaa_shell import batch, script
    from mwaa_shell.front import Front
    from mwaa_shell.history.origins import FILE
    from mwaa_shell.session import Session

    written = batch.read_sources(order.sources)
    session = Session(settings, Front(streams.note))
    try:
        script.check(session, written)
        return batch.run(session, written if order.sources else script.lines_of(streams.stdin, origin=FILE), streams)
    finally:
        session.close()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The program's entry point."""
    streams = standard_streams()
    threading.excepthook = lambda one: streams.note(debug.crash(one.exc_value)) if one.exc_value else None
    try:
        code = run(sys.argv[1:] if arguments is None else arguments, streams)
        streams.stdout.flush()
    except ShellError as error:
        debug.error("program", error)
        streams.note(str(error))
        code = error.exit_code
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has read enough; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = ExitCode.PIPE
    except OSError as error:
        debug.error("program", error)
        streams.note(f"Something on this machine failed: {error}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = ExitCode.FAILED
    except Exception as error:  # no traceback: its last line may quote what was typed
        streams.note(debug.crash(error))
        code = ExitCode.UNKNOWN
    debug.event("end", code=int(code))
    sys.exit(int(code))
