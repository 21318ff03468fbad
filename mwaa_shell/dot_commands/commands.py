"""Dot-commands about commands: saved ones, files of commands and ``.send``.

A saved command holds no secret but a parameter. Without a value, the parameter becomes a mask, and the session asks for
the secret without echo.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell import saved_commands
from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.command_line import InputKind, parse, quote, split
from mwaa_shell.airflow.completion import suggest
from mwaa_shell.airflow.grammar import load_grammar, meant_by, versions
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.translation import translate_file
from mwaa_shell.airflow.versions import unknown_version
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group
from mwaa_shell.errors import RefusedByRule, UsageError
from mwaa_shell.result import NextLine, Result, failed, text_result
from mwaa_shell.saved_commands import SavedCommand
from mwaa_shell.session import Plan, Session, script
from mwaa_shell.suggestions import did_you_mean

if TYPE_CHECKING:
    from argparse import Namespace

    from mwaa_shell.airflow.completion import Names
    from mwaa_shell.airflow.grammar import Grammar

EXAMPLE = ".save nightly \"dags trigger {dag} -c '{conf}'\""
#: Parameters that take a DAG, also without a command tree.
DAGS = ("dag", "dag_id")
#: Names longer than this get a row of their own.
WIDEST = 28


def save(call: DotCommandCall, given: Namespace) -> Result:
    """Save a command, or delete a saved one with ``--delete``.

    The command is one quoted word, or all that follows the name as it was typed.
    """
    dropped = _dropped(given)
    if dropped is not None:
        found = _find(dropped, saved_commands.load(saved_commands.default_path()))
        saved_commands.remove(saved_commands.default_path(), found.name)
        return text_result(f"No longer saved: .save {quote(found.name)} {quote(found.line)}")
    wanted = _to_save(call.session, given.text)
    before = saved_commands.save(saved_commands.default_path(), wanted.name, wanted.line)
    lines = [f"Saved in {saved_commands.default_path()}. Run it with {wanted.usage}"]
    if before is not None and before.line != wanted.line:
        lines.append(f"It was: {before.line}")
    return text_result("\n".join(lines))


def check_save(plan: Plan, given: Namespace) -> None:
    """Raise if ``.save`` would fail; keep the change for the check of later lines."""
    dropped = _dropped(given)
    if dropped is not None:
        plan.saved[dropped] = None
        return
    wanted = _to_save(plan.session, given.text)
    plan.saved[wanted.name] = wanted.line


def _dropped(given: Namespace) -> str | None:
    """Return the name after ``--delete``, or ``None`` without that flag."""
    match given.words:
        case ("--delete", name):
            return str(name)
        case ("--delete", *_):
            raise UsageError(".save --delete requires the name of one saved command", hint="List them with .saved.")
    return None


def _to_save(session: Session, text: str) -> SavedCommand:
    parts = split(text)[0]
    if len(parts) < 2:
        raise UsageError(".save requires a name and a command", hint=f"Write it as in {EXAMPLE}")
    line = parts[1].value if len(parts) == 2 else text[parts[1].start :]
    _refuse(session, line.strip())
    return SavedCommand(parts[0].value, line.strip())


def _refuse(session: Session, line: str) -> None:
    """Raise for a text that is not one command, and for a command with a secret."""
    parsed = parse(line)
    if parsed.kind is InputKind.BLANK:
        raise UsageError(".save requires a command", hint=f"Write it as in {EXAMPLE}")
    if re.search(r"[\r\n]", line):
        raise UsageError("A saved command must be one line", hint="Run a file of several with .source.")
    if parsed.problem is not None:
        raise UsageError(f".save: {parsed.problem.message}", hint=parsed.problem.hint)
    if " " in parsed.values[0]:
        raise UsageError(".save requires quotes around the whole command", hint=f"Write it as in {EXAMPLE}")
    for span in saved_commands.secrets_of(line, session.grammar, session.secret_words):
        if not saved_commands.parameter_in(span):
            message = f"The shell does not save the secret {span.name}" if span.name else "The shell saves no secrets"
            raise RefusedByRule(message, hint="Write a parameter in its place, such as {secret}.")


def do(call: DotCommandCall, given: Namespace) -> Result:
    """Run a saved line with values for its parameters."""
    saved = saved_commands.load(saved_commands.default_path())
    return Result(next_lines=(NextLine(_filled(call.session, given.words, saved), call.context.origin),))


def check_do(plan: Plan, given: Namespace) -> None:
    """Raise for wrong arguments, and for a command that would be refused.

    Commands that earlier lines save are taken into account.
    """
    saved = saved_commands.load(saved_commands.default_path())
    for name, line in plan.saved.items():
        saved.pop(name, None)
        if line is not None:
            saved[name] = SavedCommand(name, line)
    plan.check_nested([script.ScriptLine(_filled(plan.session, given.words, saved))])


def _filled(session: Session, words: tuple[str, ...], saved: Mapping[str, SavedCommand]) -> str:
    if not words:
        raise UsageError(".do requires the name of a saved command", hint="List them with .saved.")
    found = _find(words[0], saved)
    values = _values(words[1:], found)
    for name in set(saved_commands.parameters(found.line)) - set(values):
        if name in saved_commands.secret_parameters_of(found.line, session.grammar, session.secret_words):
            values[name] = MASK
    try:
        return saved_commands.fill_parameters(found.line, values)
    except UsageError as error:
        raise error.with_message(f".do {found.name}: {error}") from None


def _find(name: str, saved: Mapping[str, SavedCommand]) -> SavedCommand:
    if name not in saved:
        raise UsageError(f"Unknown saved command '{name}'{did_you_mean(name, saved)}", hint="List them with .saved.")
    return saved[name]


def _usage(of: SavedCommand, arguments: str = "") -> str:
    """Return the hint that shows how to run a saved command."""
    return f"Write {f'.do {of.name} {arguments or saved_commands.parameter_usage(of.line)}'.rstrip()}"


def _values(words: Sequence[str], of: SavedCommand) -> dict[str, str]:
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name in values:
            wrong = f"'{name}' is given twice" if equals else f"'{word}' is not PARAMETER=VALUE"
            missing = [parameter for parameter in saved_commands.parameters(of.line) if parameter not in values]
            meant = "" if equals or len(words) != 1 or len(missing) != 1 else f"{missing[0]}={quote(word)}"
            raise UsageError(f".do {of.name}: {wrong}", hint=_usage(of, meant))
        values[name] = value
    return values


def list_saved(call: DotCommandCall, given: Namespace) -> Result:
    """List the saved commands in the order of their file."""
    found = saved_commands.load(saved_commands.default_path()).values()
    width = min(max((len(one.name) for one in found), default=0), WIDEST)
    rows = [f"{one.name:<{width}}  {one.line}" for one in found]
    return text_result(
        "\n".join(rows) or f"No commands are saved in {saved_commands.default_path()}. Example: {EXAMPLE}"
    )


# -- completion --------------------------------------------------------------------------------------------------------


def candidates(session: Session, words_before: Sequence[str], fragment: str, names: Names) -> list[tuple[str, str]]:
    """Return saved commands, their parameters or values, each with a description.

    ``words_before`` begins with the dot-command. Only values are filtered by the fragment. A file that cannot be read
    has no candidates.
    """
    try:
        saved = saved_commands.load(saved_commands.default_path())
    except UsageError:
        return []
    if len(words_before) == 1:
        return [(one.name, one.line) for one in saved.values()]
    found = saved.get(words_before[1])
    if found is None:
        return []
    given = dict(word.split("=", 1) for word in words_before[2:] if "=" in word)
    if "=" in fragment:
        name = fragment.split("=", 1)[0]
        return [
            (f"{name}={value}", summary) for value, summary in _fitting(session, found.line, given, fragment, names)
        ]
    secret = saved_commands.secret_parameters_of(found.line, session.grammar, session.secret_words)
    return [
        (f"{one}=", "asked for, not echoed" if one in secret else "")
        for one in saved_commands.parameters(found.line)
        if one not in given
    ]


def _fitting(
    session: Session, line: str, given: Mapping[str, str], fragment: str, names: Names
) -> Iterable[tuple[str, str]]:
    """Return values for a parameter by its place in the command, or DAGs by its name."""
    name, _, typed = fragment.partition("=")
    place = next((one for one in saved_commands.parameter_spans(line) if one.name == name), None)
    if place is None:
        return ()
    found: dict[str, str] = {}
    if session.grammar is not None and split(line[: place.start])[2] is None:  # not inside quotes
        before = saved_commands.quote_parameters(line[: place.start], given) + quote(typed) * bool(typed)
        after = saved_commands.quote_parameters(line[place.end :], given)
        for one in suggest(before + after, len(before), session.grammar, names):
            value = split(one.text)[0][0].value
            if one.display == value and not value.startswith("-"):  # neither a flag nor the row "N more"
                found[value] = one.summary
    if not found and name in DAGS:
        found = {one.text: one.summary for one in names(Kind.DAG, "", typed)[0]}
    return found.items()


# -- files of commands -------------------------------------------------------------------------------------------------


def source(call: DotCommandCall, given: Namespace) -> Result:
    """Run the lines of a file after all of them passed the checks."""
    lines = script.load_script(Path(given.file))
    call.executor.plan().check(lines)
    return Result(next_lines=tuple(NextLine(line.text, line.origin) for line in lines))


def translate(call: DotCommandCall, given: Namespace) -> Result:
    """Translate a file for an Airflow version.

    A line without a translation becomes a comment.
    """
    grammar = grammar_of(given.version)

    lines = translate_file(script.read_script(Path(given.file)).splitlines(), grammar)
    made = Result(stdout="".join(f"{line}\n" for one in lines for line in one.lines).encode())
    left = [f"{given.file}:{one.number}: {one.problem}\n" for one in lines if one.problem]
    if not left:
        return made
    count = f"{len(left)} lines need" if len(left) > 1 else "One line needs"
    ended = failed(f"{count} a closer look")
    return ended._replace(stdout=made.stdout, stderr="".join(left).encode())


def grammar_of(text: str) -> Grammar:
    """Return the command tree of a version or the nearest lower one.

    Raises ``UsageError`` for an unknown version.
    """
    version = meant_by(text)
    if version is None:
        raise unknown_version(text, versions())
    return load_grammar(version)


# -- commands without checks -------------------------------------------------------------------------------------------


def send(call: DotCommandCall, given: Namespace) -> Result:
    """Send a command without validation, such as one of a plugin."""
    return call.executor.send(replace(call.context, line=given.command, as_it_is=True))[0]


DOT_COMMANDS = (
    DotCommand(
        ".save",
        Group.COMMANDS,
        "NAME COMMAND|--delete NAME",
        "name a command ({dag} is a parameter), or drop it",
        save,
        (Argument("--delete NAME", takes=ArgumentKind.SAVED),),
        check_save,
        parses=False,
        details="Name a command. A word in braces, such as {dag}, is a parameter. A secret is saved as a parameter.",
        examples=('.save nightly "dags trigger {dag}"', ".save --delete nightly"),
        see=(".do", ".saved"),
    ),
    DotCommand(
        ".do",
        Group.COMMANDS,
        "NAME [PARAMETER=VALUE ...]",
        "run a saved command",
        do,
        (Argument("NAME", takes=ArgumentKind.SAVED),),
        check_do,
        parses=False,
        details="Run a saved command. Tab completes its parameters. The shell asks for a secret without a value.",
        examples=(".do nightly dag=sales_daily",),
        see=(".save", ".saved"),
    ),
    DotCommand(
        ".saved",
        Group.COMMANDS,
        "",
        "list the saved commands",
        list_saved,
        details="List the saved commands with their parameters. They are in commands.toml, which you may edit.",
        examples=(".saved",),
        see=(".save", ".do"),
    ),
    DotCommand(
        ".source",
        Group.COMMANDS,
        "FILE",
        "run the commands in a file",
        source,
        (Argument("FILE", takes=ArgumentKind.PATH),),
        lambda plan, given: plan.check_nested(script.load_script(Path(given.file))),
        details="Run a file line by line, up to the first failure. All lines are checked before the first one is sent.",
        examples=(".source runbook.txt",),
        see=(".translate", ".do"),
    ),
    DotCommand(
        ".translate",
        Group.COMMANDS,
        "VERSION FILE",
        "translate a file of commands to another version",
        translate,
        (Argument("VERSION", takes=ArgumentKind.VERSION), Argument("FILE", takes=ArgumentKind.PATH)),
        details="Print a file of commands in the words of another Airflow version. Nothing is sent.",
        examples=(".translate 3.3.1 runbook.txt",),
        see=(".source",),
    ),
    DotCommand(
        ".send",
        Group.COMMANDS,
        "COMMAND",
        "send a command even if Airflow would reject it",
        send,
        (Argument("COMMAND", takes=ArgumentKind.COMMAND),),
        lambda plan, given: plan.check_safety(given.command, as_it_is=True),
        details="Send a command that the shell would refuse, such as one of a plugin. Safety checks still apply.",
        examples=(".send my-plugin list",),
        see=(".help",),
    ),
)
