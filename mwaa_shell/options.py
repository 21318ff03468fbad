"""The options of the command line, as argparse reads them.

The first prompt is drawn right after that: ``launch`` makes values of the options and is imported later.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from mwaa_shell import mwaa, shell_completion
from mwaa_shell.durations import MAX_RESPONSE, READ_TIMEOUT
from mwaa_shell.errors import UsageError
from mwaa_shell.suggestions import reword

TYPE_CHECKING = False  # typing is not imported before the first prompt
if TYPE_CHECKING:
    from typing import NoReturn

#: The value of a plain ``--yes``, which takes no value: the next word is the environment.
PLAIN = "\0"
PLAIN_YES = f"--yes={PLAIN}"
#: The word in place of an environment that runs the checks.
DOCTOR = "doctor"
#: The word in place of an environment that shows a page of the docs.
HELP = "help"


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are a sentence and exit code 2."""

    def error(self, message: str) -> NoReturn:
        flags = [flag for action in self._actions for flag in action.option_strings]
        raise UsageError(
            mwaa.hide_credentials(reword(message, flags)), hint="List the options with mwaa-shell --help-all."
        )


class _AddSource(argparse.Action):
    """An action that keeps the order of ``-c`` and ``-f``."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        namespace.sources = [*(namespace.sources or []), (self.metavar, str(values))]


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all options, in the groups that ``--help-all`` shows."""
    parser = _Parser(prog="mwaa-shell", add_help=False, allow_abbrev=False)
    where = parser.add_argument_group("environment")
    where.add_argument("environment", metavar="ENV", nargs="?", help="name of the environment")
    where.add_argument("-e", "--env", metavar="ENV", help="environment, also one named doctor or help")
    where.add_argument("--profile", metavar="NAME", help="AWS profile")
    where.add_argument("--region", metavar="REGION", help="AWS region")
    where.add_argument("--endpoint-url", metavar="URL", help="URL of another AWS API endpoint")
    where.add_argument("--ca-bundle", metavar="FILE", help="CA certificates to trust for AWS and web server")
    where.add_argument("--proxy", metavar="URL", help="proxy for the web server: http, https or socks5h")
    where.add_argument(
        "--connect-to", metavar="RULE", action="append", help="curl's HOST:PORT:HOST:PORT, for tunnels (repeatable)"
    )
    where.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=float,
        default=READ_TIMEOUT,
        help="seconds to wait for a response (default: 75)",
    )
    where.add_argument(
        "--max-response",
        metavar="MB",
        type=int,
        default=MAX_RESPONSE,
        help="largest response in MB, decompressed (default: 512)",
    )
    where.add_argument("--read-only", action="store_true", help="block commands that change data")
    where.add_argument(
        "--airflow-version", metavar="VERSION", help="Airflow version, if GetEnvironment is not permitted"
    )
    batch = parser.add_argument_group("run and exit")
    batch.add_argument("-c", dest="sources", metavar="COMMAND", action=_AddSource, help="run COMMAND (repeatable)")
    batch.add_argument(
        "-f", dest="sources", metavar="FILE", action=_AddSource, help="run the commands in FILE (- is stdin)"
    )
    batch.add_argument("--data", action="store_true", help="print only the JSON or YAML of -o json, -o yaml")
    batch.add_argument("--no-validate", action="store_true", help="send commands that Airflow would reject")
    batch.add_argument("--yes", metavar="ENV", help="skip confirmations (=ENV if ENV is protected)")
    batch.add_argument("--keep-going", action="store_true", help="do not stop at the first failure")
    many = parser.add_argument_group("many environments")
    many.add_argument("--on", metavar="ENVS", help="run on several: names, patterns, @GROUP or all")
    many.add_argument("--jobs", metavar="COUNT", type=int, help="environments at the same time (default: 16)")
    many.add_argument("--fail-fast", action="store_true", help="begin no further one after the first failure")
    many.add_argument("--by-environment", action="store_true", help="keep the output of each environment apart")
    _add_local_options(parser)
    tools = parser.add_argument_group("for other tools")
    tools.add_argument("--check", action="store_true", help="list commands that Airflow or MWAA rejects")
    tools.add_argument("--json", action="store_true", help="print the doctor report as JSON")
    tools.add_argument("--print-config", action="store_true", help="print a commented config.toml to start from")
    tools.add_argument("--print-token", action="store_true", help="print a CLI token as JSON, as create-cli-token does")
    tools.add_argument("--force", action="store_true", help="with --print-token: print even to a terminal")
    tools.add_argument(
        "--completions", choices=shell_completion.SHELLS, help="print a completion script for your shell"
    )
    other = parser.add_argument_group("other")
    other.add_argument("--log-file", metavar="FILE", help="append each sent command to FILE as JSON lines")
    other.add_argument("--log-output", action="store_true", help="log command output, unless it may hold passwords")
    other.add_argument("--debug", metavar="FILE", help="write a log for bug reports to FILE")
    other.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="color output (default: auto)"
    )
    other.add_argument("--version", action="store_true", help="print the version of mwaa-shell")
    other.add_argument("-h", "--help", action="store_true", help="show the most used options")
    other.add_argument("--help-all", action="store_true", help="show all options, exit codes and topics")
    advanced = parser.add_argument_group("advanced")
    advanced.add_argument("--print-grammar", metavar="VERSION", help="print the commands of an Airflow version as JSON")
    advanced.add_argument("--record", metavar="DIR", help="with --local: save the output of airflow in DIR")
    advanced.add_argument(
        "--fresh-processes", action="store_true", help="with --local: start a process for each command"
    )
    return parser


def _add_local_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of local environments."""
    local = parser.add_argument_group("local environment")
    local.add_argument(
        "--local", metavar="VERSION", nargs="?", const="", help="use a local Airflow (VERSION,VERSION: several)"
    )
    local.add_argument("--dags-folder", metavar="DIR", help="load the DAGs in DIR instead of the examples")
    local.add_argument("--plugins-folder", metavar="DIR", help="load the plugins in DIR")
    local.add_argument("--requirements", metavar="FILE", help="install the packages in FILE beside Airflow")
    local.add_argument(
        "--airflow-config",
        metavar="OPTION",
        action="append",
        help="Airflow setting as section.option=value (repeatable)",
    )
    local.add_argument("--scheduler", action="store_true", help="run triggered DAGs with Airflow's own scheduler")
    local.add_argument("--serve", action="store_true", help="serve other clients and print how to connect")
    local.add_argument("--no-limits", action="store_true", help="allow commands that MWAA blocks, without time limit")


def read_options(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed arguments; ``doctor`` and ``help`` are not environments.

    Environments of these names are reached with ``-e doctor`` and ``-e help``.
    """
    parser = build_parser()
    options = argparse.Namespace(complete_names=None, doctor=False, help_topic=None)
    if arguments[:1] == [shell_completion.NAMES]:
        options.complete_names = arguments[1:]
        return parser.parse_args([], options)
    # A plain --yes takes no value: what follows it is the environment, or another option.
    words = [PLAIN_YES if word == "--yes" else word for word in arguments]
    _, rest = parser.parse_known_args(words, options)
    if options.environment == HELP:
        options.environment = None
        options.help_topic = rest.pop(0) if rest and not rest[0].startswith("-") else ""
    options.doctor = options.environment == DOCTOR
    if options.doctor:
        options.environment = rest.pop(0) if rest and not rest[0].startswith("-") else None
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if options.json and not options.doctor:
        parser.error("--json requires mwaa-shell doctor")
    if options.doctor and (options.sources or options.serve or options.print_token or options.check):
        parser.error("doctor cannot be combined with -c, -f, --serve, --check or --print-token")
    if options.on is not None and (options.doctor or options.print_token or options.check):
        parser.error("--on cannot be combined with doctor, --check or --print-token")
    return options


def is_offline(options: argparse.Namespace) -> bool:
    """Return whether the options need neither an environment nor settings."""
    texts = (options.help, options.help_all, options.version, options.completions, options.print_config, options.check)
    return any(texts) or options.help_topic is not None or options.print_grammar is not None


def named_environment(options: argparse.Namespace) -> str:
    """Return the environment whose prompt is certain to be shown, or empty."""
    name = options.env or options.environment or os.environ.get("MWAA_ENVIRONMENT")
    other = options.doctor or options.print_token or options.sources or options.local is not None
    if not name or other or options.complete_names is not None or is_offline(options) or may_have_settings():
        return ""
    return str(name)


def may_have_settings() -> bool:
    """Return whether a config.toml may exist, without an import."""
    places = ("~/.config", "~/Library/Application Support", os.environ.get("XDG_CONFIG_HOME") or "~/.config")
    return any(os.path.exists(os.path.join(os.path.expanduser(place), "mwaa-shell")) for place in places)
