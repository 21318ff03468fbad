"""The options of the command line: what there is, and what they ask for as values. Nothing is opened or asked here.

The first prompt is drawn between reading the options and making values of them: what the latter needs is imported then.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from mwaa_shell import shell_completion
from mwaa_shell.errors import EXIT_CODE_MEANINGS, UsageError
from mwaa_shell.limits import MAX_REPLY, READ_TIMEOUT

TYPE_CHECKING = False  # the module of that name is not imported before the first prompt is seen
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, NoReturn

    from mwaa_shell.settings import InputSource, LaunchPlan, LocalSettings

USAGE = """\
mwaa-shell [ENV] [options]              a prompt on ENV, or choose one
       mwaa-shell [ENV] -c COMMAND | -f FILE   run and exit; or lines on stdin
       mwaa-shell --local [VERSION] [options]  a private MWAA on this machine
       mwaa-shell doctor [ENV] [options]       what works, and what to do if not"""

#: What ``--help`` says of the options, so that it fits a screen; ``--help-all`` has them all.
FIRST_SCREEN = (
    ("where", ("--profile", "--region", "--proxy", "--read-only")),
    ("run", ("-c", "-f", "--data", "--yes")),
    ("local", ("--dags-folder", "--scheduler")),
    ("more", ("--check", "--print-config", "--help-all")),
)

#: What a plain ``--yes`` is read as: it takes no value, so that what stands behind it is the environment.
PLAIN = "\0"
PLAIN_YES = f"--yes={PLAIN}"
#: In the place of the environment: look for what is wrong.
DOCTOR = "doctor"

EXAMPLES = (
    "mwaa-shell my-env --data -c 'dags list -o json' | jq .",
    "mwaa-shell my-env -c 'dags trigger sales_daily' -c '.follow sales_daily'",
    "mwaa-shell --local 2.10.3 --dags-folder dags -c 'dags list-import-errors'",
)


class _Parser(argparse.ArgumentParser):
    """Errors become a sentence and exit code 2."""

    def error(self, message: str) -> NoReturn:
        from mwaa_shell.mwaa.route import hide_credentials

        raise UsageError(f"{hide_credentials(message)} (mwaa-shell --help-all lists the options)")


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


def _path(text: str) -> Path:
    from pathlib import Path

    return Path(text)


def build_parser() -> argparse.ArgumentParser:
    """All launcher options, in the groups in which ``--help-all`` shows them."""
    examples = "\n".join(f"  {line}" for line in EXAMPLES)
    codes = "\n".join(f"  {code.value:>3}  {meaning}" for code, meaning in EXIT_CODE_MEANINGS.items())
    parser = _Parser(
        prog="mwaa-shell",
        usage=USAGE,
        description="The interactive shell for the Apache Airflow CLI on Amazon MWAA.",
        epilog=f"examples:\n{examples}\n\nexit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    where = parser.add_argument_group("environment")
    where.add_argument("environment", metavar="ENV", nargs="?", help="the environment (or $MWAA_ENVIRONMENT)")
    where.add_argument("-e", "--env", metavar="ENV", help="the same, whatever its name is")
    where.add_argument("--profile", metavar="NAME", help="AWS profile")
    where.add_argument("--region", metavar="REGION", help="AWS region")
    where.add_argument("--endpoint-url", metavar="URL", help="another endpoint for the AWS API")
    where.add_argument("--ca-bundle", metavar="FILE", help="CA certificates to trust, for AWS and the web server")
    where.add_argument("--proxy", metavar="URL", help="proxy to the web server: http, https or socks5h")
    where.add_argument(
        "--connect-to", metavar="RULE", action="append", help="HOST:PORT:HOST:PORT as in curl, for tunnels (repeatable)"
    )
    where.add_argument(
        "--timeout", metavar="S", type=float, default=READ_TIMEOUT, help="seconds to wait for an answer (75)"
    )
    where.add_argument(
        "--max-reply", metavar="MB", type=int, default=MAX_REPLY, help="longest reply to take, decompressed (512)"
    )
    where.add_argument("--read-only", action="store_true", help="send nothing that changes anything")
    where.add_argument("--airflow-version", metavar="V", help="the environment's version, if AWS may not tell it")
    batch = parser.add_argument_group("run and exit")
    batch.add_argument("-c", dest="sources", metavar="COMMAND", action=_AddSource, help="run this (repeatable)")
    batch.add_argument("-f", dest="sources", metavar="FILE", action=_AddSource, help="run the lines of this file")
    batch.add_argument("--data", action="store_true", help="print only the data of -o json and yaml replies")
    batch.add_argument("--no-validate", action="store_true", help="send lines that Airflow would refuse")
    batch.add_argument("--yes", metavar="ENV", help="allow what destroys; --yes=ENV on a protected one")
    batch.add_argument("--keep-going", action="store_true", help="do not stop at the first failure")
    _add_local_options(parser)
    tools = parser.add_argument_group("for other tools")
    tools.add_argument("--check", action="store_true", help="only list lines that Airflow would refuse; offline")
    tools.add_argument("--json", action="store_true", help="what doctor finds, as JSON")
    tools.add_argument("--print-grammar", metavar="VERSION", help="the commands of an Airflow version, as JSON")
    tools.add_argument("--print-config", action="store_true", help="a file of settings to start from")
    tools.add_argument("--print-token", action="store_true", help="a CLI token, as create-cli-token prints it")
    tools.add_argument("--force", action="store_true", help="print it even on a terminal")
    tools.add_argument(
        "--completions", choices=shell_completion.SHELLS, help="what completes these options in your shell"
    )
    other = parser.add_argument_group("other")
    other.add_argument("--log-file", metavar="FILE", type=_path, help="add each command that is sent, as JSON lines")
    other.add_argument("--log-output", action="store_true", help="and what it printed, where that holds no passwords")
    other.add_argument("--debug", metavar="FILE", type=_path, help="write down what goes on, for reports of bugs")
    other.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="colours (auto)")
    other.add_argument("--version", action="store_true", help="the version of mwaa-shell")
    other.add_argument("-h", "--help", action="store_true", help="what is used most, on one screen")
    other.add_argument("--help-all", action="store_true", help="every option, and the exit codes")
    return parser


def _add_local_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of local environments."""
    local = parser.add_argument_group("a private MWAA on this machine")
    local.add_argument(
        "--local", metavar="VERSION", nargs="?", const="", help="real Airflow, no AWS; versions with commas: several"
    )
    local.add_argument("--dags-folder", metavar="DIR", type=_path, help="your DAGs instead of the three examples")
    local.add_argument("--plugins-folder", metavar="DIR", type=_path, help="your plugins")
    local.add_argument(
        "--requirements", metavar="FILE", type=_path, help="install your requirements.txt beside this Airflow"
    )
    local.add_argument(
        "--airflow-config", metavar="OPTION", action="append", help="section.option=value of Airflow (repeatable)"
    )
    local.add_argument("--scheduler", action="store_true", help="run what is triggered, with Airflow's own scheduler")
    local.add_argument("--serve", action="store_true", help="serve it for other clients, and print how to reach it")
    local.add_argument("--record", metavar="DIR", type=_path, help="keep what the airflow program answered, as files")
    local.add_argument("--fresh-processes", action="store_true", help="a new process for each command, as MWAA does")
    local.add_argument("--no-limits", action="store_true", help="run what MWAA refuses, for as long as it takes")


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments as argparse reads them; ``doctor`` in the place of the environment is no environment.

    One that is called so is reached with ``-e doctor``.
    """
    parser = build_parser()
    options, rest = parser.parse_known_args(arguments)
    options.doctor = options.environment == DOCTOR
    if options.doctor:
        options.environment = rest.pop(0) if rest and not rest[0].startswith("-") else None
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if options.json and not options.doctor:
        parser.error("--json goes with mwaa-shell doctor")
    if options.doctor and (options.sources or options.serve or options.print_token or options.check):
        parser.error("doctor runs no commands of yours: leave out -c, -f, --serve, --check and --print-token")
    return options


def named_environment(options: argparse.Namespace) -> str:
    """Return the environment whose prompt will certainly stand, and look as by default; empty for other runs."""
    name = options.env or options.environment or os.environ.get("MWAA_ENVIRONMENT")
    other_runs = ("help", "help_all", "version", "completions", "print_config", "check", "print_token", "sources")
    if options.doctor or options.local is not None or options.print_grammar is not None:
        return ""
    return name if name and not any(getattr(options, one) for one in other_runs) and not may_have_settings() else ""


def may_have_settings() -> bool:
    """Return whether there may be a config.toml: a look at each place that it can be in costs no import."""
    places = ("~/.config", "~/Library/Application Support", os.environ.get("XDG_CONFIG_HOME") or "~/.config")
    return any(os.path.exists(os.path.join(os.path.expanduser(place), "mwaa-shell")) for place in places)


def read_order(options: argparse.Namespace, environ: dict[str, str]) -> LaunchPlan:
    """The options as values; raises ``UsageError`` where they contradict each other."""
    from dataclasses import replace

    from mwaa_shell.config import Config, config_path, load_config
    from mwaa_shell.settings import Access, LaunchPlan, Settings

    if "" in (options.env, options.environment):
        raise UsageError("The name of the environment is empty")
    named = options.env or options.environment
    if options.env and options.environment:
        raise UsageError(f"The environment is given twice: {options.environment} and -e {options.env}")
    if options.local is not None and named:
        raise UsageError(f"--local brings its own environment: leave out {named}")
    if options.local is None:
        _refuse_local_options(options)
    if options.log_output and options.log_file is None:
        raise UsageError("--log-output goes with --log-file")
    if not 0 < options.timeout <= 3600:
        raise UsageError("--timeout takes seconds, more than 0 and at most 3600")
    if options.max_reply < 1:
        raise UsageError("--max-reply takes a whole number of megabytes, at least 1")
    if options.airflow_version is not None:
        _check_version(options.airflow_version)
    config = load_config(config_path()) if may_have_settings() else Config()
    said = {name: one.value for name, one in config.general.items()}
    access = Access(options.profile, options.region, options.endpoint_url, options.ca_bundle, options.timeout)
    access = replace(access, max_reply=options.max_reply)
    access = replace(access, **_ways(options))
    settings = Settings(
        environment=named or (None if options.local is not None else _usual_environment(environ, said)),
        access=access,
        airflow_version=options.airflow_version,
        data_only=options.data,
        keep_going=options.keep_going,
        validate=not options.no_validate,
        read_only=options.read_only,
        yes=_yes(options.yes),
        color=options.color,
        log_file=options.log_file or (_path(os.path.expanduser(str(said["log-file"]))) if "log-file" in said else None),
        log_output=options.log_output,
        config=config,
        secret_words=environ.get("MWAA_SHELL_SECRET_WORDS", ""),
    )
    return LaunchPlan(
        settings,
        _local(options),
        options.serve,
        sources_of(options.sources or []),
        print_token=options.print_token,
        doctor=getattr(options, "doctor", False),
        json=options.json,
    )


def _yes(said: str | None) -> str | None:
    """Empty for a plain ``--yes``; raises for one behind which a name is missing."""
    if said == "":
        raise UsageError("--yes= wants the name of the environment behind it, or leave out the =")
    return "" if said == PLAIN else said


def _usual_environment(environ: dict[str, str], said: dict[str, object]) -> str | None:
    """What is opened where none is named: the environment variable wins over the file."""
    return environ.get("MWAA_ENVIRONMENT") or str(said.get("environment", "")) or None


def _ways(options: argparse.Namespace) -> dict[str, Any]:
    """How the web server is reached; raises ``UsageError`` for what makes no sense, before anything is asked."""
    if options.proxy is None and options.connect_to is None:
        return {}
    from mwaa_shell.addresses import read_connect_to
    from mwaa_shell.mwaa.route import read_proxy

    if options.local is not None:
        raise UsageError("--local is on this machine: leave out --proxy and --connect-to")
    if options.proxy:
        read_proxy(options.proxy, "--proxy")
    for rule in options.connect_to or ():
        read_connect_to(rule)
    return {"proxy": options.proxy, "connect_to": tuple(options.connect_to or ())}


def _refuse_local_options(options: argparse.Namespace) -> None:
    given = ("serve", "dags_folder", "plugins_folder", "requirements", "airflow_config", "record", "fresh_processes")
    for name in (*given, "scheduler", "no_limits"):
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} goes with --local")


def _check_version(text: str) -> None:
    from mwaa_shell.airflow.versions import parse_version

    if parse_version(text) is None:
        raise UsageError(f"--airflow-version takes a version such as 2.10.3, not {text}")


def _local(options: argparse.Namespace) -> LocalSettings | None:
    if options.local is None:
        return None
    from mwaa_shell.settings import LocalSettings

    versions = tuple(part.strip() for part in options.local.split(",") if part.strip())
    wanted = LocalSettings(versions, options.dags_folder, options.record, options.fresh_processes, options.scheduler)
    return wanted._replace(
        prompt=not options.sources,
        limits=not options.no_limits,
        requirements=options.requirements,
        plugins_folder=options.plugins_folder,
        airflow_config=tuple(options.airflow_config or ()),
    )


def sources_of(given: list[tuple[str, str]]) -> tuple[InputSource, ...]:
    if not given:
        return ()
    from pathlib import Path

    from mwaa_shell.settings import InputSource

    return tuple(
        InputSource(text=value) if kind == "COMMAND" else InputSource(path=Path(value)) for kind, value in given
    )
