"""Directives about what was run: show it, run it again."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.airflow.line_checks import translated
from mwaa_shell.dot_commands.environment import check_use, use
from mwaa_shell.dot_commands.registry import ArgumentKind, Arguments, DotCommand, DotCommandCall
from mwaa_shell.errors import RefusedByRule, UsageError
from mwaa_shell.history.entries import MOST_NUMBERS, Search, numbers, rerun_of, since
from mwaa_shell.history.recorder import environment_key
from mwaa_shell.history.rerun import reason_to_review
from mwaa_shell.output.display import zone
from mwaa_shell.result import NextLine, Outcome, Result, failed, talk
from mwaa_shell.session import Plan, Session, script
from mwaa_shell.session.environment import load_environment_info, require_environment

if TYPE_CHECKING:
    from datetime import tzinfo

    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.history.entries import HistoryEntry


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text[:9]) > 0:
        raise argparse.ArgumentTypeError(f"a number of commands, at least 1, not {text}")
    return int(text[:9])


def history(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """What was run here, or everywhere, the newest last."""
    session = call.session

    arguments = Arguments(".history")
    arguments.add_argument("text", nargs="*")
    arguments.add_argument("--all", action="store_true")
    arguments.add_argument("--failed", action="store_true")
    arguments.add_argument("--since")
    arguments.add_argument("-n", type=_count, default=50)
    arguments.add_argument("--json", action="store_true")
    given = arguments.read(words)
    here = zone(session.preferences["zone"])  # the system's where Airflow's dates stay as they are
    everywhere = given.all or session.here is None
    search = Search(
        text=" ".join(given.text),
        where=None if everywhere else environment_key(session.link),
        failed_only=given.failed,
        since=since(given.since, time.time(), here) if given.since else None,
    )
    kept = session.record.history
    found = kept.find(search, max(given.n, 0))[::-1]
    if kept.is_off:
        return failed(kept.trouble)
    if given.json:
        return talk(json.dumps([_as_json(entry, here) for entry in found]))
    if not found:
        return talk("Nothing of the kind was run")
    shown = talk("\n".join(_row(entry, everywhere, here) for entry in found))
    return replace(shown, outcomes=tuple(entry.outcome for entry in found), paged=False)


def _as_json(entry: HistoryEntry, zone: tzinfo | None) -> dict[str, object]:
    moment = datetime.fromtimestamp(entry.when, UTC).astimezone(zone).isoformat(timespec="seconds")
    return {key: value for key, value in asdict(entry).items() if key != "shell"} | {"time": moment}


def _row(entry: HistoryEntry, everywhere: bool, zone: tzinfo | None) -> str:
    moment = datetime.fromtimestamp(entry.when, zone).strftime("%Y-%m-%d %H:%M")
    seconds = f"{entry.seconds:.1f} s" if entry.seconds is not None else ""
    where = f"  {entry.environment}" if everywhere else ""
    return f"{entry.number:>5}  {moment}  {entry.outcome.value:<11}  {seconds:>7}{where}  {_one_line(entry)}"


def _one_line(entry: HistoryEntry) -> str:
    return entry.line.replace("\n", " ")


def redo(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Run a command of the history again, or several; what changes something waits on the prompt."""
    session = call.session

    given = _read_redo(session, words)
    if given.failed:
        failed = _failed(session)
        if not failed:
            return talk("Nothing has failed in this session")
        entries = _chosen(session, failed)
    else:
        entries = [_entry(session, number) for number in numbers(given.numbers)]
    if not entries:
        return Result()
    if given.on:
        use(call, (given.on,))
    require_environment(session)
    load_environment_info(session)
    lines = [_in_words_of(session.grammar, entry) for entry in entries]
    reason = _why_not_at_once(session, entries, session.grammar)
    made = [NextLine(line, rerun_of(entry.number)) for line, entry in zip(lines, entries, strict=True)]
    if session.ui.interactive and (given.edit or given.on or reason or lines != [entry.line for entry in entries]):
        ready = f"{reason or 'Ready'}: Enter runs it"
        return Result(proposal="\n".join(lines), proposed=tuple(made), message=ready)
    return Result(brings=tuple(made))


def check_redo(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise for commands that there are not, and for what has to be looked at where nobody does.

    What failed in this session is known only when its turn has come; so is what the lines before will have sent.
    """
    session = plan.session

    given = _read_redo(session, words)
    if given.on:
        check_use(plan, (given.on,))
    entries = [] if given.failed else [one for number in numbers(given.numbers) if (one := _so_far(plan, number))]
    if session.ui.interactive or not entries:
        return
    if plan.state.link is None:
        require_environment(session)
        load_environment_info(session)
    grammar = plan.grammar
    _why_not_at_once(session, entries, grammar)
    plan.check_nested([script.Line(_in_words_of(grammar, entry)) for entry in entries])


def _read_redo(session: Session, words: tuple[str, ...]) -> argparse.Namespace:
    arguments = Arguments(".redo")
    arguments.add_argument("numbers", nargs="?")
    arguments.add_argument("--failed", action="store_true")
    arguments.add_argument("--edit", action="store_true")
    arguments.add_argument("--on")
    given = arguments.read(words)
    if given.failed == bool(given.numbers):
        raise UsageError(".redo wants numbers, such as 42 or 40-44, or --failed")
    if given.edit and not session.ui.interactive:
        raise UsageError(".redo --edit: there is no prompt to put it on")
    return given


def _why_not_at_once(session: Session, entries: list[HistoryEntry], grammar: Grammar | None) -> str:
    """Why somebody has to look at them first, if they have to; raises ``RefusedByRule`` where nobody does."""
    reason = next((why for entry in entries if (why := reason_to_review(entry, grammar))), "")
    if reason and not session.ui.interactive:
        raise RefusedByRule(
            f".redo {_numbers(entries)}: {reason}; the line was not sent. A prompt asks, a script writes it out"
        )
    return reason


def _so_far(plan: Plan, number: int) -> HistoryEntry | None:
    """The command of this number; ``None`` where one of the lines before may get it. Raises where there is none."""
    newest = next((entry.number for entry in plan.session.record.history.find(Search(), 1)), 0)
    return None if newest < number <= newest + plan.state.lines else _entry(plan.session, number)


def _entry(session: Session, number: int) -> HistoryEntry:
    found = session.record.history.get(number)
    if found is None:
        raise UsageError(f"There is no command {number} in the history: .history lists them")
    return found


def _failed(session: Session) -> list[HistoryEntry]:
    """What this shell has sent here that did not end well, the newest first, each line once.

    What has succeeded since, as typed or as a rerun, is no longer among it.
    """
    here = environment_key(session.link)
    sent = session.record.history.find(Search(this_shell=True), MOST_NUMBERS)
    mended = {entry.rerun for entry in sent if entry.outcome is Outcome.OK}
    newest: dict[str, HistoryEntry] = {}
    for entry in sent:
        if (entry.environment, entry.region) == (here.environment, here.region):
            newest.setdefault(entry.line, entry)
    return [entry for entry in newest.values() if entry.outcome is not Outcome.OK and entry.number not in mended]


def _chosen(session: Session, failed: list[HistoryEntry]) -> list[HistoryEntry]:
    """The only one, or the one that the user picks; none if they pick none."""
    if len(failed) == 1:
        return failed
    rows = [(str(entry.number), f"{entry.outcome.value:<11}  {_one_line(entry)}") for entry in failed]
    if session.ui.pick is None:
        listed = "".join(f"\n  {number}  {told}" for number, told in rows)
        raise RefusedByRule(f".redo --failed: name one of these {len(failed)}, the line was not sent{listed}")
    picked = session.ui.pick(rows)
    return [] if picked is None else [failed[picked]]


def _numbers(entries: list[HistoryEntry]) -> str:
    return ",".join(str(entry.number) for entry in entries)


def _in_words_of(grammar: Grammar | None, entry: HistoryEntry) -> str:
    """The line of an entry in the words of an Airflow."""
    found = translated(entry.line, grammar)
    return found.text if found is not None and found.text else entry.line


def log(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Write what is sent from now on to a file, or stop doing so."""
    session = call.session

    arguments = Arguments(".log")
    arguments.add_argument("file")
    arguments.add_argument("--output", action="store_true")
    given = arguments.read(words)
    session.record.log_to(None if given.file == "off" else Path(given.file), output=given.output)
    return Result()


DIRECTIVES = (
    DotCommand(
        ".history",
        "[TEXT] [--all] [--failed] [--since 2d] [-n 50] [--json]",
        "what was run here, when and how it ended",
        history,
        flags={
            "--all": None,
            "--failed": None,
            "--since": ArgumentKind.TIME,
            "-n": ArgumentKind.NUMBER,
            "--json": None,
        },
    ),
    DotCommand(
        ".redo",
        "NUMBERS|--failed [--edit] [--on ENV]",
        "run 42, 40-44 or what failed here again",
        redo,
        check=check_redo,
        takes=(ArgumentKind.NUMBER,),
        flags={"--failed": None, "--edit": None, "--on": ArgumentKind.ENVIRONMENT},
    ),
    DotCommand(
        ".log",
        "FILE|off [--output]",
        "add what is sent to a file, as JSON lines",
        log,
        takes=(ArgumentKind.PATH,),
        flags={"--output": None},
    ),
)
