"""The directive that gives a command away: as a script that needs no shell of ours."""

from __future__ import annotations

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.dot_commands.registry import ArgumentKind, DotCommand, DotCommandCall
from mwaa_shell.errors import UsageError
from mwaa_shell.export import ScriptTarget
from mwaa_shell.export import script as made
from mwaa_shell.history.recorder import environment_key
from mwaa_shell.result import Result, talk
from mwaa_shell.session import Session
from mwaa_shell.session.environment import load_environment_info, require_environment

USAGE = ".script wants a number of the history or a command, and curl, bash, python or aws"


def script(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """A command of the history, or one that is written out, as a script of the kind that is named last."""
    session = call.session
    parsed = parse(f".script {words[0]}") if words else parse(".script")
    given = parsed.words[1:]
    if not given:
        raise UsageError(USAGE)
    require_environment(session)
    load_environment_info(session)

    *line, kind = given
    text = parsed.text[line[0].start : line[-1].end] if line else ""
    if len(line) == 1:
        text = line[0].value  # one quoted word
    link = session.link
    region = link.region or link.api.region
    target = ScriptTarget(link.target.name, region, link.target.access.profile, link.version)
    return talk(made(kind.value, _line(session, text), target, session.grammar, session.secret_words))


def _line(session: Session, text: str) -> str:
    """The line: of the history where there is a number or nothing."""
    history = session.record.history
    if text and not (text.isascii() and text.isdigit()):
        return text
    entry = history.get(int(text[:18])) if text else history.last(environment_key(session.link))
    if entry is None:
        raise UsageError(
            f"There is no command {text} in the history: .history lists them" if text else "Nothing was run here yet"
        )
    return entry.line


DIRECTIVES = (
    DotCommand(
        ".script",
        "[NUMBER|COMMAND] curl|bash|python|aws",
        "a command as a script that needs no mwaa-shell",
        script,
        takes_line=True,
        takes=(ArgumentKind.COMMAND,),
    ),
)
