"""The launcher: arguments become Settings, and Settings one way to run. The only ``sys.exit`` of the program.

``--help`` and ``--version`` import neither boto3 nor requests nor prompt_toolkit.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from mwaa_shell import __version__
from mwaa_shell.errors import EXIT_CODE_MEANINGS, ExitCode, ShellError, UsageError
from mwaa_shell.settings import READ_TIMEOUT, Access, LocalSettings, Settings
from mwaa_shell.streams import Streams, standard_streams

if TYPE_CHECKING:
    from mwaa_shell.batch import Source

USAGE = """\
mwaa-shell [ENV] [options]              a prompt, on ENV or your choice
       mwaa-shell [ENV] -c COMMAND | -f FILE   run and exit; or lines on stdin
       mwaa-shell --local [VERSION] [options]  a private MWAA on this machine"""

EXAMPLES = """\
examples:
  mwaa-shell my-env -c 'dags list'
  mwaa-shell my-env --data -c 'dags list -o json' | jq .
  mwaa-shell --local 2.10.3 --dags-folder dags -c 'dags list-import-errors'
"""


class _Parser(argparse.ArgumentParser):
    """Errors become a sentence and exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (mwaa-shell --help lists the options)")


class _AddSource(argparse.Action):
    """``-c`` and ``-f`` keep the order in which they were given."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        namespace.sources = [*(namespace.sources or []), (self.metavar, str(values))]


def build_parser() -> argparse.ArgumentParser:
    """All launcher options, in the groups in which ``--help`` shows them."""
    codes = "\n".join(f"  {code.value:>3}  {meaning}" for code, meaning in EXIT_CODE_MEANINGS.items())
    parser = _Parser(
        prog="mwaa-shell",
        usage=USAGE,
        description="The interactive shell for the Apache Airflow CLI on Amazon MWAA.",
        epilog=f"{EXAMPLES}\nexit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    where = parser.add_argument_group("environment")
    where.add_argument("environment", metavar="ENV", nargs="?", help="the environment (or $MWAA_ENVIRONMENT)")
    where.add_argument("-e", "--env", metavar="ENV", help="the same, for any name")
    where.add_argument("--profile", metavar="NAME", help="AWS profile")
    where.add_argument("--region", metavar="REGION", help="AWS region")
    where.add_argument("--endpoint-url", metavar="URL", help="another endpoint for the AWS API")
    where.add_argument("--ca-bundle", metavar="FILE", help="CA certificates to trust, for AWS and the web server")
    where.add_argument(
        "--timeout", metavar="S", type=float, default=READ_TIMEOUT, help="seconds to wait for an answer (75)"
    )
    where.add_argument("--airflow-version", metavar="V", help="the environment's version, if AWS may not tell it")
    batch = parser.add_argument_group("run and exit")
    batch.add_argument("-c", dest="sources", metavar="COMMAND", action=_AddSource, help="run this (repeatable)")
    batch.add_argument("-f", dest="sources", metavar="FILE", action=_AddSource, help="run the lines of this file")
    batch.add_argument("--data", action="store_true", help="of -o json and -o yaml replies, only the data on stdout")
    batch.add_argument("--no-validate", action="store_true", help="send lines that Airflow would refuse")
    batch.add_argument("--keep-going", action="store_true", help="do not stop at the first failure")
    local = parser.add_argument_group("a private MWAA on this machine")
    local.add_argument(
        "--local", metavar="VERSION", nargs="?", const="", help="real Airflow, no AWS; versions with commas: several"
    )
    local.add_argument("--dags-folder", metavar="DIR", type=Path, help="your DAGs instead of the three examples")
    local.add_argument("--serve", action="store_true", help="serve it for other clients, and print how to reach it")
    local.add_argument("--record", metavar="DIR", type=Path, help="keep what the airflow program answered, as files")
    local.add_argument("--fresh-processes", action="store_true", help="a new process for each command, as MWAA does")
    tools = parser.add_argument_group("for other tools")
    tools.add_argument("--check", action="store_true", help="only say which lines Airflow would refuse; offline")
    tools.add_argument("--print-grammar", metavar="VERSION", help="the commands of an Airflow version, as JSON")
    tools.add_argument("--print-token", action="store_true", help="a CLI token, as create-cli-token prints it")
    tools.add_argument("--force", action="store_true", help="print it even on a terminal")
    other = parser.add_argument_group("other")
    other.add_argument("--log-file", metavar="FILE", type=Path, help="add each command that is sent, as JSON lines")
    other.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (auto)")
    other.add_argument("--version", action="store_true", help="the version of mwaa-shell")
    other.add_argument("-h", "--help", action="store_true", help="this text")
    return parser


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asks for."""

    settings: Settings
    local: LocalSettings | None
    serve: bool
    sources: tuple[Source, ...]
    print_token: bool = False


def read_order(options: argparse.Namespace, environ: dict[str, str]) -> Order:
    """The options as values; raises ``UsageError`` where they contradict each other."""
    if "" in (options.env, options.environment):
        raise UsageError("The name of the environment is empty")
    named = options.env or options.environment
    if options.env and options.environment:
        raise UsageError(f"The environment is given twice: {options.environment} and -e {options.env}")
    if options.local is not None and named:
        raise UsageError(f"--local brings its own environment: leave out {named}")
    if options.local is None:
        _refuse_local_options(options)
    if not 0 < options.timeout <= 3600:
        raise UsageError("--timeout takes seconds, more than 0 and at most 3600")
    if options.airflow_version is not None:
        _check_version(options.airflow_version)
    access = Access(options.profile, options.region, options.endpoint_url, options.ca_bundle, options.timeout)
    settings = Settings(
        environment=named or (None if options.local is not None else environ.get("MWAA_ENVIRONMENT") or None),
        access=access,
        airflow_version=options.airflow_version,
        data_only=options.data,
        keep_going=options.keep_going,
        validate=not options.no_validate,
        color=options.color,
        log_file=options.log_file,
    )
    return Order(
        settings, _local(options), options.serve, _sources(options.sources or []), print_token=options.print_token
    )


def _refuse_local_options(options: argparse.Namespace) -> None:
    for name in ("serve", "dags_folder", "record", "fresh_processes"):
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} goes with --local")


def _check_version(text: str) -> None:
    from mwaa_shell.airflow.versions import parse_version

    if parse_version(text) is None:
        raise UsageError(f"--airflow-version takes a version such as 2.10.3, not {text}")


def _local(options: argparse.Namespace) -> LocalSettings | None:
    if options.local is None:
        return None
    versions = tuple(part.strip() for part in options.local.split(",") if part.strip())
    return LocalSettings(versions, options.dags_folder, options.record, options.fresh_processes)


def _sources(given: list[tuple[str, str]]) -> tuple[Source, ...]:
    if not given:
        return ()
    from mwaa_shell.batch import Source

    return tuple(Source(text=value) if kind == "COMMAND" else Source(path=Path(value)) for kind, value in given)


def run(arguments: Sequence[str], streams: Streams) -> ExitCode:
    """Run the program; raises ``ShellError`` for what could not even begin."""
    options = build_parser().parse_args(arguments)
    if options.help:
        streams.data(build_parser().format_help().encode())
        return ExitCode.OK
    if options.version:
        streams.data(f"mwaa-shell {__version__}\n".encode())
        return ExitCode.OK
    if options.print_grammar is not None:
        return _print_grammar(options.print_grammar, streams)
    if options.check:
        from mwaa_shell import check

        return check.run(_sources(options.sources or []), options.airflow_version, streams)
    if options.print_token and streams.stdout_tty and not options.force:
        raise UsageError("--print-token: a token does not belong on a screen; pipe it, or add --force")
    order = read_order(options, dict(os.environ))
    streams = replace(streams, color=order.settings.color)
    if order.local is None:
        return _run_on(order, order.settings, streams)
    from mwaa_shell.local.console import private_mwaa, serve

    with private_mwaa(order.local, order.settings.access.timeout, streams) as running:
        if order.serve:
            serve(running, streams)
            return ExitCode.OK
        settings = replace(order.settings, environment=running.environments[0], access=running.access)
        return _run_on(order, settings, streams)


def _print_grammar(text: str, streams: Streams) -> ExitCode:
    """The tree of one version for other programs; raises for a version that we do not have."""
    import json

    from mwaa_shell.airflow.grammar import as_json, load, versions
    from mwaa_shell.airflow.versions import parse_version

    version = parse_version(text)
    if version not in versions():
        known = ", ".join(map(str, versions()))
        raise UsageError(f"--print-grammar takes a version that MWAA has offered, not {text}: {known}")
    streams.data(json.dumps(as_json(load(version))).encode() + b"\n")
    return ExitCode.OK


def _print_token(settings: Settings, streams: Streams) -> ExitCode:
    """A token for other programs, in the form of the AWS CLI; nothing else of the program ever shows one."""
    import json

    from mwaa_shell.session import Session

    session = Session(settings, note=streams.note)
    session.ensure_open()
    token = session.link.environments.cli_token(session.link.target.name)
    value = {"CliToken": token.token, "WebServerHostname": token.host}
    streams.data(json.dumps(value, indent=4).encode() + b"\n")
    return ExitCode.OK


def _run_on(order: Order, settings: Settings, streams: Streams) -> ExitCode:
    """The one choice between the ways to run."""
    if order.print_token:
        return _print_token(settings, streams)
    if not order.sources and streams.interactive:
        from mwaa_shell.terminal.shell import Shell

        return Shell(settings, streams).run()
    from mwaa_shell import batch, script
    from mwaa_shell.history.origins import FILE
    from mwaa_shell.session import Session

    written = batch.read_sources(order.sources)
    session = Session(settings, note=streams.note)
    try:
        script.check(session, written)
        return batch.run(session, written if order.sources else script.lines_of(streams.stdin, origin=FILE), streams)
    finally:
        session.close()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The program's entry point."""
    streams = standard_streams()
    try:
        code = run(sys.argv[1:] if arguments is None else arguments, streams)
        streams.stdout.flush()
    except ShellError as error:
        streams.note(str(error))
        code = error.exit_code
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has read enough; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = ExitCode.PIPE
    except OSError as error:
        streams.note(f"Something on this machine failed: {error}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = ExitCode.FAILED
    sys.exit(int(code))
