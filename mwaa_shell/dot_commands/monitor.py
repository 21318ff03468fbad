"""Dot-commands that poll: ``.watch`` and ``.follow``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mwaa_shell import monitor
from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.airflow.knowledge import reads
from mwaa_shell.airflow.translation import translate, translated_line
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group, number_from
from mwaa_shell.dot_commands.run_reader import canvas_of, run_sources
from mwaa_shell.dot_commands.why import short_reasons
from mwaa_shell.durations import parse_duration
from mwaa_shell.errors import RefusedByRule, State, UsageError
from mwaa_shell.output.records import data_only
from mwaa_shell.result import Result
from mwaa_shell.session import Plan, RunRef, require_environment_info

if TYPE_CHECKING:
    from argparse import Namespace

    from mwaa_shell.airflow.command_line import Problem
    from mwaa_shell.airflow.grammar import Grammar

#: The fewest seconds between two requests.
FASTEST = 1.0


def watch(call: DotCommandCall, given: Namespace) -> Result:
    """Repeat a read-only command until Ctrl-C, a condition or a limit."""
    session = call.session
    options, line = watch_options(given), given.command
    require_environment_info(session)
    translation = translate(line.text, session.rules().checked_by)
    if translation is not None and translation.text:
        line = parse(translation.text)
    _refuse_what_cannot_be_watched(line, session.rules().problem_in(line.text), session.grammar)
    if translation is not None and translation.text:
        session.ui.note(f"{'. '.join(translation.notes)}. Runs: {line.text.strip()}")
    in_vain = _awaited_in_vain(options.until, line, session.grammar)
    if in_vain:
        session.ui.note(in_vain)

    def send(number: int, pulse: monitor.RedrawOnTick) -> Result:
        result, _ = call.executor.send(replace(call.context, line=line, watcher=pulse, recorded=number == 1))
        return data_only(result.words, result) if session.settings.data_only else result

    canvas = canvas_of(session)
    ended, last = monitor.Watch(options, send, canvas).run()
    if last is None:
        return ended
    session.last_result = last
    return ended._replace(stdout=last.stdout, words=last.words, drawn=True)


def check_watch(plan: Plan, given: Namespace) -> None:
    """Raise for wrong options, and for a command that cannot be watched."""
    options, line = watch_options(given), given.command
    grammar = plan.grammar
    line = parse(translated_line(line.text, grammar if plan.session.settings.validate else None))
    problem = plan.problem_in(line)
    if grammar is not None or not (plan.elsewhere or plan.connection):  # else the check waits until the line runs
        _refuse_what_cannot_be_watched(line, problem, grammar)
        _awaited_in_vain(options.until, line, grammar)


def watch_options(given: Namespace) -> monitor.WatchOptions:
    """Return the options of ``.watch``; raise ``UsageError`` for an unknown state."""
    states = monitor.parse_states(given.until_state) if given.until_state else ()
    until = monitor.WatchCondition(given.until, states)
    return monitor.WatchOptions(given.n, until, given.times, given.longest, given.bell)


def _refuse_what_cannot_be_watched(line: ParsedLine, problem: Problem | None, grammar: Grammar | None) -> None:
    """Raise unless a line is a valid read-only Airflow command."""
    if problem is not None:
        raise UsageError(problem.message, state=State.NOT_SENT, hint=problem.hint)

    if reads(line, grammar):
        return
    if grammar is None:
        raise RefusedByRule(
            ".watch requires a read-only command, and the Airflow version is unknown", hint="Pass --airflow-version."
        )
    command = understand(line, grammar).command
    name = command.name if command else line.values[0]
    raise RefusedByRule(f".watch requires a read-only command, and {name} changes data")


def _awaited_in_vain(until: monitor.WatchCondition, line: ParsedLine, grammar: Grammar | None) -> str:
    """Return a sentence on awaited states that never come.

    Raises ``UsageError`` if nothing else is awaited.
    """
    found = grammar.command(line.values) if grammar is not None else None
    if found is None or grammar is None or not until.states:
        return ""
    never, why = monitor.unreachable_states(until.states, found[0].name)
    if len(never) == len(until.states) and not until.text:
        raise UsageError(why, hint="Use --until TEXT.", state=State.NOT_SENT)
    return why if never else ""


def follow(call: DotCommandCall, given: Namespace) -> Result:
    """Show a run and its tasks until its end; return the result of the run."""
    session = call.session
    require_environment_info(session)
    canvas = canvas_of(session)
    triggered = session.triggered
    if not given.dag and triggered is None:
        raise UsageError("This shell has not triggered a run here", hint="Write .follow DAG.")
    dag, run = (given.dag, given.run) if given.dag or triggered is None else triggered
    if not run:
        session.ui.note(f"It is not known whether the last trigger of {dag} created a run. This is its newest run.")
        run = monitor.LATEST
    session.recent = RunRef(dag, "" if run == monitor.LATEST else run)
    options = monitor.FollowOptions(given.n, given.longest, given.bell)
    follower = monitor.RunFollower(options, lambda pulse: run_sources(call, dag, run, pulse), canvas)
    ended = follower.run()
    snapshot = follower.snapshot
    if snapshot is not None:
        session.recent, session.snapshot = RunRef(dag, snapshot.run.run_id), snapshot
        if snapshot.run.state == "failed":
            reasons = short_reasons(session, snapshot)
            if canvas.live:
                ended = ended._replace(remark="\n".join([*reasons, ".why shows the reason, with logs"]))
            else:
                for reason in reasons:
                    canvas.notice(reason)
    return ended._replace(drawn=canvas.live)


def _pause(meaning: str, seconds: float) -> Argument:
    read = number_from(FASTEST, kind=float)
    return Argument("-n SECONDS", meaning, ArgumentKind.NUMBER, type=read, default=seconds)


def _limit(meaning: str, hours: int) -> Argument:
    dest, seconds = "longest", 3600.0 * hours
    return Argument("--for TIME", meaning, ArgumentKind.TIME, dest=dest, type=parse_duration, default=seconds)


BELL = Argument("--bell", "ring the bell at the end")
DOT_COMMANDS = (
    DotCommand(
        ".watch",
        Group.RUNS,
        "[-n SECONDS] [--until TEXT|--until-state STATE] [--times COUNT] [--for TIME] [--bell] COMMAND",
        "repeat a read-only command and highlight changes",
        watch,
        (
            _pause("pause between two repetitions (default: 5)", 5.0),
            Argument("--until TEXT", "stop when the output contains TEXT", ArgumentKind.TEXT, default=""),
            Argument("--until-state STATE", "stop at a state, such as success,failed", ArgumentKind.STATE, default=""),
            Argument(
                "--times COUNT",
                "stop after COUNT repetitions (default: 1000)",
                ArgumentKind.NUMBER,
                type=number_from(1),
                default=1000,
            ),
            _limit("stop after TIME, such as 30m (default: 12h)", 12),
            BELL,
            Argument("COMMAND", takes=ArgumentKind.COMMAND),
        ),
        check_watch,
        details="Repeat a read-only command and highlight changes. Ctrl-C stops it.",
        examples=(
            ".watch dags list-runs -d sales_daily",
            ".watch -n 10 --until-state success,failed dags list-runs -d sales_daily",
        ),
        see=(".follow",),
    ),
    DotCommand(
        ".follow",
        Group.RUNS,
        "[DAG [RUN]] [-n SECONDS] [--for TIME] [--bell]",
        "watch a DAG run (default: the last you triggered)",
        follow,
        (
            Argument("[DAG]", "follow the latest run of DAG", ArgumentKind.DAG),
            Argument("[RUN]", "run ID", ArgumentKind.RUN, default=monitor.LATEST),
            _pause("pause between two requests", 3.0),
            _limit("stop after TIME (default: 24h)", 24),
            BELL,
        ),
        details="Show the tasks of a run until it ends. Ctrl-C stops the display, not the run. "
        "In scripts, the exit code is the result of the run.",
        examples=(".follow", ".follow sales_daily", ".follow sales_daily --for 30m --bell"),
        see=(".watch",),
    ),
)
