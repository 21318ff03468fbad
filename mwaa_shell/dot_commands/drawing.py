"""Directives about how replies are drawn: for the session, or the last one again."""

from __future__ import annotations

from mwaa_shell.dot_commands.registry import ArgumentKind, Arguments, DotCommand, DotCommandCall
from mwaa_shell.errors import UsageError
from mwaa_shell.output.records import find_in
from mwaa_shell.preferences import Preferences, preference
from mwaa_shell.result import Result, talk
from mwaa_shell.session import Plan

FORMATS = preference("output").words


def output(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Choose what replies are drawn as from now on; without a word, say what it is."""
    session = call.session
    arguments = Arguments(".output")
    arguments.add_argument("format", nargs="?")
    form = arguments.read(words).format
    if form is None:
        return talk(f"{session.preferences['output']} (.output takes {', '.join(FORMATS)})")
    session.preferences.set("output", form)
    return Result()


def check_output(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise for a format that there is not."""
    for word in words[:1]:
        Preferences().set("output", word)


def draw_as(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """The last reply in another format; nothing is sent."""
    session = call.session

    arguments = Arguments(".as")
    arguments.add_argument("format", choices=[form for form in FORMATS if form != "auto"])
    form = arguments.read(words).format
    last = session.last
    if last is None:
        raise UsageError("There is no reply yet: run an Airflow command first")
    if form != "raw" and find_in(last.stdout, last.words) is None:
        raise UsageError(f".as {form}: the last reply holds no records that could be read; .raw shows it as it came")
    return Result(stdout=last.stdout, words=last.words, format=form)


DIRECTIVES = (
    DotCommand(
        ".output",
        "[FORMAT]",
        "what replies are drawn as from now on",
        output,
        check=check_output,
        takes=(ArgumentKind.FORMAT,),
    ),
    DotCommand(".as", "FORMAT", "the last reply again, such as in csv", draw_as,
              takes=(ArgumentKind.FORMAT,)),
)  # fmt: skip
