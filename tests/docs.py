"""The tables of the documentation (options, dot-commands, keys, settings, exit codes), generated from the code.

    python -m tests.docs

Writes the tables into the pages, and the text of ``--help`` and the man page into their files. A test fails where
they differ.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill, indent

import mwaa_shell
from mwaa_shell.config import NAMED, SETTINGS, Setting
from mwaa_shell.docs import TOPICS, topic_list
from mwaa_shell.dot_commands import DOT_COMMANDS
from mwaa_shell.errors import ExitCode
from mwaa_shell.key_table import KEYS
from mwaa_shell.local.recipes import recipes
from mwaa_shell.options import build_parser
from mwaa_shell.preferences import PREFERENCES
from mwaa_shell.shell_completion.names import JOINED

README = Path(__file__).parent.parent / "README.md"
#: The pages that ship with the program.
PAGES = Path(mwaa_shell.__file__).parent / "docs"
HELP = Path(mwaa_shell.__file__).parent / "help.txt"
MAN_PAGE = PAGES / "mwaa-shell.1"
#: How the paragraph begins that lists the versions of Airflow.
OFFERED = "These versions are available:"
#: Placeholders in the texts of dot-commands.
WORDS = {"topics": ", ".join(TOPICS)}
DESCRIPTION = "Run Apache Airflow CLI commands on Amazon MWAA, at a prompt or from a script."
USAGE = """\
mwaa-shell [ENV]                        open a prompt (no ENV: a menu)
       mwaa-shell [ENV] -c COMMAND | -f FILE   run commands and exit
       mwaa-shell --local [VERSION]            use a local Airflow, without AWS
       mwaa-shell doctor [ENV]                 check credentials and network
       mwaa-shell help [TOPIC]                 read a page of the documentation"""

#: The options of the first screen, which ``--help`` prints; ``--help-all`` prints all.
FIRST_SCREEN = (
    ("Connect", ("--profile", "--region", "--proxy", "--read-only")),
    ("Run", ("-c", "-f", "--data", "--yes")),
    ("Local", ("--dags-folder", "--scheduler")),
)
SETTINGS_FILE = "settings file:\n  config.toml, see mwaa-shell --print-config and mwaa-shell help reference"
MORE = "Options: mwaa-shell --help-all  Topics: mwaa-shell help  At the prompt: .help"
EXAMPLES = (
    "mwaa-shell my-env --data -c 'dags list -o json' | jq .",
    "mwaa-shell my-env -c 'dags trigger sales_daily' -c .follow",
    "mwaa-shell --local 2.10.3 --dags-folder dags",
)
#: What each code means.
EXIT_CODE_MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "ok",
    ExitCode.FAILED: "failed: the Airflow command, or the local command or file after it",
    ExitCode.USAGE: "usage: a mistake in the options or in the command, which was not sent",
    ExitCode.NOTHING_RAN: "not run: AWS, credentials or the connection failed",
    ExitCode.UNKNOWN: "unknown: the command may have run",
    ExitCode.REFUSED: "refused by a safety check: the command was not sent",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.PIPE: "the reader of the output closed the pipe",
}
#: Columns that the text of --help is made for.
WIDTH = 80


def tables() -> dict[str, list[str]]:
    """The rows of each table with its head, by that head."""
    made = {
        "| option | meaning |": [
            row(spelled(one), meaning(one).replace("\xa0", " ")) for one in build_parser()._actions
        ],
        "| command | meaning |": [row(f"`{one.synopsis}`", one.summary) for one in DOT_COMMANDS],
        "| key | what it does |": [row(key.shown, key.does) for key in KEYS],
        "| name | what it is | values | default |": [
            row(f"`{one.name}`", one.summary, one.takes, one.default) for one in PREFERENCES
        ],
        "| exit code | meaning |": [row(str(code.value), meaning) for code, meaning in EXIT_CODE_MEANINGS.items()],
        "| setting | what it is | values | where |": [_setting(one) for one in SETTINGS if not _is_preference(one)],
    }
    made["| Page | Contents |"] = [_page(topic, summary) for topic, summary in TOPICS.items()]
    return {head: [head, "|--:|---|" if "exit" in head else "|---" * (head.count("|") - 1) + "|", *rows]
            for head, rows in made.items()}  # fmt: skip


def row(*cells: str) -> str:
    """A row of a table: what parts cells is escaped in them, as it has to be within backticks too."""
    escaped = [cell.replace("|", r"\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"


def _page(topic: str, summary: str) -> str:
    """Return the row of a page in the README's index: its title with a link, and its contents."""
    title = (PAGES / f"{topic}.md").read_text().partition("\n")[0].removeprefix("# ")
    return row(f"[{title}](mwaa_shell/docs/{topic}.md)", summary)


def meaning(action: argparse.Action) -> str:
    """Return the help of an option, with the environment variable that is used without it, which is not wrapped."""
    setting = NAMED.get(action.dest.replace("_", "-"))
    return f"{action.help} [env:\xa0{setting.variables[0]}]" if setting and setting.variables else str(action.help)


def spelled(action: argparse.Action) -> str:
    """An option as the table spells it."""
    value = str(action.metavar or ("{" + ",".join(action.choices) + "}" if action.choices else ""))
    return ", ".join(f"`{name}`" for name in _invocations(action, value))


def _invocations(action: argparse.Action, value: str) -> Iterator[str]:
    """Each name of an option with its value, in brackets where it can be left out."""
    if not action.option_strings:
        yield value
    for name in action.option_strings:
        if action.dest in JOINED:
            yield f"{name}[={value}]"
        else:
            yield f"{name} {f'[{value}]' if action.nargs == '?' else value}".strip()


def _is_preference(setting: Setting) -> bool:
    return setting.name in {one.name for one in PREFERENCES}


def _setting(one: Setting) -> str:
    where = {(True, True): "both", (True, False): "the top", (False, True): "a section"}
    return row(f"`{one.name}`", one.summary, one.takes, where[one.everywhere, one.per_environment])


def offered() -> str:
    """Return the paragraph that lists the versions of Airflow."""
    *others, last = (str(recipe.version) for recipe in recipes())
    apart = ", ".join(str(recipe.version) for recipe in recipes() if not recipe.on_mwaa)
    text = f"{OFFERED} {', '.join(others)} and {last}." + (f" MWAA does not offer {apart}." if apart else "")
    return fill(text, 120)


def each_dot_command() -> str:
    """Return the details, arguments and examples of every dot-command, each below a heading."""
    parts = []
    for one in DOT_COMMANDS:
        rows = [row(f"`{name}`", text.format(**WORDS)) for name, text in one.options]
        parts += [f"### {one.name}", fill(one.details, 120)]
        parts += ["\n".join(["| argument | meaning |", "|---|---|", *rows])] if rows else []
        parts += [indent("\n".join(one.examples), "    ")]
    return "\n\n".join(parts) + "\n\n"


def filled(text: str) -> str:
    """Return a page with each of its generated parts in the newest form."""
    text = re.sub(r"^### \.help\n.*?(?=^## )", lambda _: each_dot_command(), text, flags=re.M | re.S)
    text = re.sub(rf"^{OFFERED} (?:.+\n)+", f"{offered()}\n", text, flags=re.M)
    for head, rows in tables().items():
        text = re.sub(rf"^{re.escape(head)}\n(?:\|.*\n)+", lambda _: "\n".join(rows) + "\n", text, flags=re.M)  # noqa: B023
    return text


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """argparse's, which knows of no value that stands behind ``=`` alone."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=WIDTH - 2)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if action.dest in JOINED:
            return ", ".join(_invocations(action, str(action.metavar)))
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return ", ".join(f"{option} {value}" for option in action.option_strings)  # from 3.13 on, argparse has it once


def help_text() -> str:
    """What ``--help`` prints and, behind a form feed, what ``--help-all`` does."""
    return f"{first_screen()}\f\n{whole_help()}"


def whole_help() -> str:
    """Return every option, as argparse lists them, the exit codes and the topics."""
    examples = "\n".join(f"  {line}" for line in EXAMPLES)
    codes = "\n".join(f"  {code.value:>3}  {meaning}" for code, meaning in EXIT_CODE_MEANINGS.items())
    parser = build_parser()
    parser.usage, parser.description, parser.formatter_class = USAGE, DESCRIPTION, _Formatter
    parser.epilog = f"examples:\n{examples}\n\nexit codes:\n{codes}\n\n{SETTINGS_FILE}"
    for action in parser._actions:
        action.help = meaning(action)
    return parser.format_help().replace("\xa0", " ") + "\ntopics of mwaa-shell help:\n" + indent(topic_list(), "  ")


def first_screen() -> str:
    """How to start, the options that are used most, examples."""
    parser = build_parser()
    actions = {name: action for action in parser._actions for name in action.option_strings}
    options = []
    for group, names in FIRST_SCREEN:
        for number, action in enumerate(actions[name] for name in names):
            spelling = next(_invocations(action, str(action.metavar or "")))
            options.append(f"{'' if number else group:<8} {spelling:<19} {action.help}")
    usage = [line.strip() for line in USAGE.splitlines()[:-1]]
    first = [f"{'' if number else 'Usage:':<6} {line}" for number, line in enumerate(usage)]
    examples = [f"{'' if number else 'Examples':<8} {line}" for number, line in enumerate(EXAMPLES)]
    return "\n".join([DESCRIPTION, "", *first, "", *options, "", *examples, "", MORE]) + "\n"


def man_page() -> str:
    """Return the man page: the options from the parser, the dot-commands from their table."""
    parser = build_parser()
    synopsis = [line.strip().partition("  ")[0] for line in USAGE.splitlines()]
    lines = [
        '.TH MWAA-SHELL 1 "" "" "User Commands"',
        *(".SH NAME", rf"mwaa\-shell \- {_roff(DESCRIPTION.removesuffix('.'))}"),
        *(".SH SYNOPSIS", *(line for usage in synopsis for line in (".br", _roff(usage)))),
    ]
    for group in parser._action_groups:
        if group._group_actions:
            lines += [f".SH {_roff(str(group.title)).upper()}"]
        for action in group._group_actions:
            value = str(action.metavar or ("{" + ",".join(action.choices) + "}" if action.choices else ""))
            names = ", ".join(_invocations(action, value))
            lines += [".TP", rf"\fB{_roff(names)}\fR", _roff(meaning(action).replace("\xa0", " "))]
    lines += [".SH DOT-COMMANDS", "Commands of the prompt, of", ".B \\-c", "and of", ".BR \\-f ."]
    for command in DOT_COMMANDS:
        lines += [".TP", rf"\fB{_roff(command.synopsis)}\fR", _roff(f"{command.details}")]
        lines += [line for name, text in command.options for line in (".br", _roff(f"{name}: {text}".format(**WORDS)))]
        lines += [".br", _roff(f"Example: {command.examples[0]}")]
    lines += [".SH EXIT STATUS"]
    for code, text in EXIT_CODE_MEANINGS.items():
        lines += [".TP", str(code.value), _roff(text)]
    lines += [".SH EXAMPLES", ".nf", *map(_roff, EXAMPLES), ".fi"]
    lines += [".SH SEE ALSO", r"The documentation comes with the program: \fBmwaa\-shell help \fITOPIC\fR."]
    for topic, summary in TOPICS.items():
        lines += [".TP", rf"\fB{topic}\fR", _roff(summary)]
    return "\n".join(lines) + "\n"


def _roff(text: str) -> str:
    """Return text with the characters escaped that roff would interpret."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


if __name__ == "__main__":
    HELP.write_text(help_text())
    MAN_PAGE.write_text(man_page())
    for page in (README, *PAGES.glob("*.md")):
        page.write_text(filled(page.read_text()))
