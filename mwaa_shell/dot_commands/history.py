"""Dot-commands about the history: list, rerun and export commands."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mwaa_shell import export
from mwaa_shell.airflow.command_line import parse, quote
from mwaa_shell.airflow.knowledge import reads
from mwaa_shell.airflow.translation import translated_line
from mwaa_shell.dot_commands.environment import check_use, open_environment
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group, number_from
from mwaa_shell.errors import RefusedByRule, UsageError
from mwaa_shell.export import ScriptTarget
from mwaa_shell.history import MOST_NUMBERS, TYPED, Search, environment_key, numbers, reason_to_review, rerun_of, since
from mwaa_shell.output import zone
from mwaa_shell.result import NextLine, Outcome, Result, failed, text_result
from mwaa_shell.session import Batch, Plan, Session, require_environment_info, script
from mwaa_shell.suggestions import closest

if TYPE_CHECKING:
    from datetime import tzinfo

    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.history import HistoryEntry


def history(call: DotCommandCall, given: Namespace) -> Result:
    """Show the commands of this environment or of all, the newest last."""
    session = call.session
    here = zone(session.preferences["zone"])  # the zone of the system if dates stay as printed
    everywhere = given.all or given.batch is not None or session.target is None
    if not everywhere and not session.connection.region:
        session.connection.prepare()  # entries without an account are found by their region
    search = Search(
        text=" ".join(given.text),
        where=None if everywhere else environment_key(session.connection),
        failed_only=given.failed,
        since=since(given.since, time.time(), here) if given.since else None,
        batch=_batch(session, given.batch) if given.batch is not None else "",
    )
    kept = session.recorder.history
    if search.batch or given.json:
        groups = [[entry] for entry in kept.find(search, MOST_NUMBERS if search.batch else given.n)]
    else:
        groups = _newest(session, search, given.n)
    if kept.is_off:
        return failed(kept.trouble)
    if given.json:
        return text_result(json.dumps([_as_json(entry, here) for (entry,) in groups[::-1]]))
    if not groups:
        count = f" .history -n {search.text} lists the last {search.text}." if search.text.isdecimal() else ""
        return text_result(f"No command matches.{count}")
    groups = [group[::-1] for group in groups[::-1]]
    shown = text_result("\n".join(_row(group, everywhere, here) for group in groups))
    return shown._replace(outcomes=tuple(_worst(group) for group in groups), paged=False)


def _batch(session: Session, number: int) -> str:
    """Return the batch of a command; raise ``UsageError`` if it has none."""
    batch = _entry(session, number).batch
    if not batch:
        raise UsageError(f"Command {number} was sent to one environment only.")
    return batch


def _newest(session: Session, search: Search, count: int) -> list[list[HistoryEntry]]:
    """Return the newest commands, newest first, each with all its environments."""
    limit = count
    while True:
        entries = session.recorder.history.find(search, limit)
        groups = _groups(entries)
        if len(groups) > count or len(entries) < limit:  # the last group may lack some of its entries
            return groups[:count]
        limit *= 4


def _groups(entries: list[HistoryEntry]) -> list[list[HistoryEntry]]:
    """Return the commands; the entries of one batch are one command."""
    groups: dict[object, list[HistoryEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.batch or entry.number, []).append(entry)
    return list(groups.values())


#: From the best to the worst.
GRAVITY = (Outcome.OK, Outcome.NOT_RUN, Outcome.FAILED, Outcome.UNKNOWN, Outcome.INTERRUPTED)


def _worst(group: list[HistoryEntry]) -> Outcome:
    return max((entry.outcome for entry in group), key=GRAVITY.index)


def _as_json(entry: HistoryEntry, zone: tzinfo | None) -> dict[str, object]:
    moment = datetime.fromtimestamp(entry.when, UTC).astimezone(zone).isoformat(timespec="seconds")
    values = {key: value for key, value in entry._asdict().items() if key != "shell"}
    return values | {"time": moment, "batch": entry.batch}


def _row(group: list[HistoryEntry], everywhere: bool, zone: tzinfo | None) -> str:
    entry = group[0]
    moment = datetime.fromtimestamp(entry.when, zone).strftime("%Y-%m-%d %H:%M")
    took = [one.seconds for one in group if one.seconds is not None]
    seconds = f"{max(took):.1f} s" if took else ""
    where = f"  {entry.environment}" if everywhere else ""
    if len(group) > 1:
        bad = sum(one.outcome is not Outcome.OK for one in group)
        where = f"  {len(group)} environments" + (f", {bad} not ok" if bad else "")
        lines = [one.line for one in group]
        entry = group[lines.index(max(lines, key=lines.count))]  # the form that most Airflow versions got
    return f"{group[0].number:>5}  {moment}  {_worst(group).value:<11}  {seconds:>7}{where}  {_one_line(entry)}"


def _one_line(entry: HistoryEntry) -> str:
    return entry.line.replace("\n", " ")


def redo(call: DotCommandCall, given: Namespace) -> Result:
    """Rerun commands of the history; changes wait on the prompt."""
    session = call.session
    _refuse_redo(session, given)
    if given.failed and session.preferences["history"] != "on":
        raise UsageError("The history is off: no failed command is remembered.", hint="Run .set history on.")
    batch = session.last_batch
    if given.failed and batch is not None and _is_last(session, batch):
        return _redo_batch(session, batch)
    if given.failed:
        failed = _failed(session)
        if not failed:
            return text_result("No command has failed in this session.")
        groups = [[entry] for entry in _chosen(session, failed)]
    else:
        groups = _groups([_entry(session, number) for number in numbers(given.numbers)])
    if not groups:
        return Result()
    if given.on:
        open_environment(session, _as_use(given))
    require_environment_info(session)
    entries = [_as_one(group) for group in groups]
    lines = [translated_line(entry.line, session.grammar) for entry in entries]
    here = session.connection.target.name if session.ui.interactive and not given.on else None
    reason = _why_not_at_once(session, groups, session.grammar, here)
    made = [NextLine(line, rerun_of(entry.number)) for line, entry in zip(lines, entries, strict=True)]
    if session.ui.interactive and (given.edit or given.on or reason or lines != [entry.line for entry in entries]):
        return Result(proposal="\n".join(lines), proposed=tuple(made), message=_enter_runs(session, reason, len(lines)))
    return Result(next_lines=tuple(made))


def _enter_runs(session: Session, reason: str, count: int) -> str:
    """Return the reason why the commands wait, and what Enter does."""
    what = "the command" if count == 1 else f"the {count} commands"
    enter = f"Enter runs {what} on {session.connection.target.name}."
    return f"{reason[0].upper()}{reason[1:]}. {enter}" if reason else enter


def _is_last(session: Session, batch: Batch) -> bool:
    """Return whether a batch failed somewhere and was the last command."""
    newest = session.recorder.history.find(Search(this_shell=True), 1)
    return bool(batch.left) and not any(one.origin != batch.origin and one.when > batch.when for one in newest)


def _redo_batch(session: Session, batch: Batch) -> Result:
    """Run the command again where it was not ok; a change waits on the prompt."""
    line = f".on {batch.options}{quote(','.join(batch.left))} {batch.line}"
    if reads(parse(batch.line), None):
        return Result(next_lines=(NextLine(line, TYPED),))
    if not session.ui.interactive:
        raise RefusedByRule(".redo --failed: the command changes data", hint=f"Write it out: {line}")
    unknown = ", ".join(batch.unknown)
    why = f"The command may have run on {unknown}. Look first" if unknown else "Ready"
    return Result(proposal=line, proposed=(NextLine(line, TYPED),), message=f"{why}: Enter runs the command.")


def check_redo(plan: Plan, given: Namespace) -> None:
    """Raise for unknown numbers, and for an edit or a confirmation without a prompt.

    ``--failed`` and the numbers of earlier lines are checked only when the line runs.
    """
    session = plan.session
    _refuse_redo(session, given)
    if given.on:
        check_use(plan, _as_use(given))
    groups = _groups(
        [] if given.failed else [one for number in numbers(given.numbers) if (one := _so_far(plan, number))]
    )
    if session.ui.interactive or not groups:
        return
    if plan.connection is None:
        require_environment_info(session)
    grammar = plan.grammar
    _why_not_at_once(session, groups, grammar)
    plan.check_nested([script.ScriptLine(translated_line(group[0].line, grammar)) for group in groups])


def _as_use(given: Namespace) -> Namespace:
    """Return the arguments of ``.use`` for the environment of ``--on``."""
    return Namespace(env=given.on, profile=None, region=None)


def _refuse_redo(session: Session, given: Namespace) -> None:
    if given.failed == bool(given.numbers):
        raise UsageError(".redo requires numbers or --failed", hint="Write .redo 42 or .redo 40-44.")
    if given.edit and not session.ui.interactive:
        raise UsageError(".redo --edit requires a prompt")


def _why_not_at_once(
    session: Session, groups: list[list[HistoryEntry]], grammar: Grammar | None, here: str | None = None
) -> str:
    """Return why the user must review the commands first; empty for no reason.

    Raises ``RefusedByRule`` without a prompt.

    ``here`` is the name of the environment where a command of another one is such a reason.
    """
    reasons = (reason_to_review(_as_one(group), grammar, ran_on=_elsewhere(group, here)) for group in groups)
    reason = next(filter(None, reasons), "")
    if reason and not session.ui.interactive:
        given = ",".join(str(entry.number) for group in groups for entry in group)
        hint = "Write the command itself into the script, or use a prompt."
        raise RefusedByRule(f".redo {given}: {reason}", hint=hint)
    return reason


def _as_one(group: list[HistoryEntry]) -> HistoryEntry:
    """Return the entry of a command, with the worst result of its environments."""
    return group[0]._replace(outcome=_worst(group))


def _elsewhere(group: list[HistoryEntry], here: str | None) -> str:
    """Return where a command ran, if it did not run ``here`` and that matters."""
    names = [entry.environment for entry in group]
    if here is None or here in names:
        return ""
    return names[0] if len(names) == 1 else f"{len(names)} environments"


def _so_far(plan: Plan, number: int) -> HistoryEntry | None:
    """Return the command of a number, or ``None`` if an earlier line may get it.

    Raises ``UsageError`` if there is no such command.
    """
    newest = next((entry.number for entry in plan.session.recorder.history.find(Search(), 1)), 0)
    return None if newest < number <= newest + plan.lines else _entry(plan.session, number)


def _entry(session: Session, number: int) -> HistoryEntry:
    found = session.recorder.history.get(number)
    if found is None:
        raise UsageError(f"The history has no command {number}", hint="List them with .history.")
    return found


def _failed(session: Session) -> list[HistoryEntry]:
    """Return the failed commands of this shell and environment, newest first.

    Each is listed once, and not after a success of the same command or of its rerun.
    """
    here = environment_key(session.connection)
    sent = session.recorder.history.find(Search(this_shell=True), MOST_NUMBERS)
    repeated = {entry.rerun for entry in sent if entry.outcome is Outcome.OK}
    newest: dict[str, HistoryEntry] = {}
    for entry in sent:
        if (entry.environment, entry.region) == (here.environment, here.region):
            newest.setdefault(entry.line, entry)
    return [entry for entry in newest.values() if entry.outcome is not Outcome.OK and entry.number not in repeated]


def _chosen(session: Session, failed: list[HistoryEntry]) -> list[HistoryEntry]:
    """Return the only failed command or the user's choice; empty for no choice."""
    if len(failed) == 1:
        return failed
    rows = [(str(entry.number), f"{entry.outcome.value:<11}  {_one_line(entry)}") for entry in failed]
    if session.ui.pick is None:
        listed = "".join(f"\n  {number}  {summary}" for number, summary in rows)
        raise RefusedByRule(f".redo --failed: name one of these {len(failed)}{listed}")
    picked = session.ui.pick(rows)
    return [] if picked is None else [failed[picked]]


SCRIPT_USAGE = ".script requires a command, or its number, and one of curl, bash, python, aws"
#: Shown below the script of the kind ``aws``.
TOKEN_ALONE = "It makes a token and runs no command. curl, bash and python run the command."


def show_script(call: DotCommandCall, given: Namespace) -> Result:
    """Show a typed or past command as a script of the kind in the last word."""
    session = call.session
    words = parse(given.text).words
    if not words:
        raise UsageError(SCRIPT_USAGE, hint="Write it as in .script 42 curl.")
    require_environment_info(session)

    *line, kind = words
    if kind.value not in export.KINDS and not closest(kind.value, export.KINDS):
        if kind.value.isdigit() and not line:
            _entry(session, int(kind.value[:18]))
        first = words[0].value
        hint = f"Write {first} last, as in .script dags list {first}."
        raise UsageError(SCRIPT_USAGE, hint=hint if first in export.KINDS else "Write it as in .script 42 curl.")
    text = given.text[line[0].start : line[-1].end] if line else ""
    if len(line) == 1:
        text = line[0].value  # one quoted word
    connection = session.connection
    region = connection.region or connection.api.region
    target = ScriptTarget(connection.target.name, region, connection.target.access.profile, connection.version)
    made = text_result(
        export.script(kind.value, _line_of(session, text, kind.value), target, session.grammar, session.secret_words)
    )
    return made._replace(remark=TOKEN_ALONE) if kind.value == export.TOKEN_CALL else made


def _line_of(session: Session, text: str, kind: str) -> str:
    """Return the typed command, or that of a number, or the last one."""
    history = session.recorder.history
    if text and not (text.isascii() and text.isdigit()):
        return text
    batch = session.last_batch
    past = history.past(environment_key(session.connection), batch and batch.entry)
    entry = past.get(int(text[:18])) if text else past.last()
    if batch is not None and entry == batch.entry:
        hint = f"Write .script {batch.line} {kind} for {session.connection.target.name}."
        raise UsageError("The last command was .on, and a script is for one environment", hint=hint)
    if entry is None:
        raise UsageError(
            f"The history has no command {text}" if text else "The history has no command of this environment",
            hint="List them with .history.",
        )
    return entry.line


DOT_COMMANDS = (
    DotCommand(
        ".history",
        Group.HISTORY,
        "[TEXT] [--all] [--failed] [--since TIME] [-n COUNT] [--batch NUMBER] [--json]",
        "list past commands and their results",
        history,
        (
            Argument("[TEXT]", "only commands that contain TEXT", nargs="*"),
            Argument("--all", "of all environments"),
            Argument("--failed", "only those that did not end with ok"),
            Argument("--since TIME", "not older than TIME, such as 2d", ArgumentKind.TIME),
            Argument(
                "-n COUNT",
                "at most COUNT rows or JSON records (default: 50)",
                ArgumentKind.NUMBER,
                type=number_from(1),
                default=50,
            ),
            Argument(
                "--batch NUMBER",
                "what .on sent to each environment, by the number of one",
                ArgumentKind.NUMBER,
                type=number_from(1),
            ),
            Argument("--json", "print JSON"),
        ),
        details="List the commands of this environment with their results: ok, failed, not run, unknown, interrupted. "
        "All environments share one series of numbers.",
        examples=(".history", ".history dags --failed --since 2d", ".history --all -n 200 --json"),
        see=(".redo", ".script"),
    ),
    DotCommand(
        ".redo",
        Group.HISTORY,
        "NUMBERS|--failed [--edit] [--on ENV]",
        "rerun 42, 40-44 or a command that failed here",
        redo,
        (
            Argument("[NUMBERS]", "numbers or ranges of the history, a command of .on once", ArgumentKind.NUMBER),
            Argument("--failed", "the command that failed here (of .on: where it was not ok)"),
            Argument("--edit", "put the command on the prompt"),
            Argument("--on ENV", "on another environment, translated to its Airflow", ArgumentKind.ENVIRONMENT),
        ),
        check_redo,
        details="Rerun commands of the history, up to the first failure. "
        "A command that changes data waits on the prompt for Enter.",
        examples=(".redo 42", ".redo 40-44", ".redo 42 --on staging"),
        see=(".history", ".script"),
    ),
    DotCommand(
        ".script",
        Group.HISTORY,
        "[NUMBER|COMMAND] curl|bash|python|aws",
        "print a command as a script without mwaa-shell",
        show_script,
        (
            Argument("NUMBER", "a number of the history (default: the last)"),
            Argument("COMMAND", "an Airflow command", ArgumentKind.COMMAND),
            Argument("aws", "the AWS CLI command that creates a token"),
        ),
        parses=False,
        details="Print a command as a script that works without mwaa-shell. "
        "The script asks for masked secrets when it runs.",
        examples=(".script 42 curl", ".script dags list python"),
        see=(".history",),
    ),
)
