"""What a reply teaches about the environment's names, at no cost: every reply that the user gets is read once. Pure.

Names only: no value of a variable, nothing of a connection but its type. What cannot be a name (empty, endless, with
control characters) is left out.
"""

from __future__ import annotations

from mwaa_shell.airflow.arguments import HELP, ParsedCommand
from mwaa_shell.names.absences import absent
from mwaa_shell.names.effects import effects, needed
from mwaa_shell.names.listings import listed
from mwaa_shell.names.model import Change, NamesFound


def learn(understanding: ParsedCommand, stdout: str, stderr: str, ok: bool) -> tuple[Change, ...]:
    """The changes that a reply tells of, in the order in which they are to be made; never raises.

    ``ok`` is whether the command succeeded. A name that the reply says does not exist is gone either way: 1.10 says so
    and succeeds.
    """
    if understanding.command is None or understanding.given.intersection(HELP.flags):
        return ()
    gone = tuple(absent(understanding, stdout, stderr, ok))
    if gone or not ok:
        return gone
    told = (*effects(understanding, stdout), *listed(understanding, stdout, stderr))
    return (*(change for change in needed(understanding) if not any(_holds(one, change) for one in told)), *told)


def _holds(told: Change, one: NamesFound) -> bool:
    """Whether the reply itself names the one name that the line implies."""
    if not isinstance(told, NamesFound) or (told.kind, told.dag) != (one.kind, one.dag):
        return False
    return any(name.text == one.names[0].text for name in told.names)
