"""Directives that look again and again: at a command's reply, and at a run until it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, parse
from mwaa_shell.dot_commands.registry import ArgumentKind, Arguments, DotCommand, DotCommandCall, command_start
from mwaa_shell.durations import parse_duration
from mwaa_shell.errors import RefusedByRule, UsageError
from mwaa_shell.history.rerun import changes_data
from mwaa_shell.monitor.follow import FollowOptions, RunFollower
from mwaa_shell.monitor.run_sources import CliRunSource, RestRunSource, RunSource, WithoutScheduler
from mwaa_shell.monitor.watch import (
    Watch,
    WatchCondition,
    WatchOptions,
    explain_unreachable,
    parse_states,
    unreachable_states,
)
from mwaa_shell.mwaa.airflow_rest import REST_SINCE
from mwaa_shell.output.records import data_only
from mwaa_shell.result import Result
from mwaa_shell.session import LineContext, Plan, Session
from mwaa_shell.session.environment import load_environment_info, require_environment

if TYPE_CHECKING:
    from argparse import Namespace

    from mwaa_shell.airflow.command_line import Problem
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.monitor.follow import SourceMaker
    from mwaa_shell.monitor.watch import RedrawOnTick, WatchCondition, WatchOptions
    from mwaa_shell.output.canvas import Canvas

#: The fewest seconds between two requests.
FASTEST = 1.0
#: The flags of .watch, which stand before its command, and what each takes.
FLAGS: Mapping[str, ArgumentKind | None] = {
    "-n": ArgumentKind.NUMBER,
    "--until": ArgumentKind.TEXT,
    "--until-state": ArgumentKind.STATE,
    "--times": ArgumentKind.NUMBER,
    "--for": ArgumentKind.TIME,
    "--bell": None,
}


def watch(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Repeat a command that reads, until Ctrl-C, a condition or a limit."""
    session = call.session
    options, line = read_watch(words)
    require_environment(session)
    load_environment_info(session)
    _refuse_what_cannot_be_watched(line, session.rules().problem_in(line.text), session.grammar)
    in_vain = _awaited_in_vain(options.until, line, session.grammar)
    if in_vain:
        session.ui.note(in_vain)

    def send(number: int, pulse: RedrawOnTick) -> Result:
        result, _ = call.executor.send(replace(call.context, line=line, watcher=pulse, recorded=number == 1))
        return data_only(result.words, result) if session.settings.data_only else result

    canvas = _canvas(session)
    ended, last = Watch(options, send, canvas).run()
    if last is None:
        return ended
    session.last = last
    return replace(ended, stdout=last.stdout, words=last.words) if call.context.destination is not None else ended


def check_watch(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise for options and a command that make no sense, or may not be repeated."""
    options, line = read_watch(words)
    problem, grammar = plan.problem_in(line), plan.grammar
    if grammar is not None or not (plan.state.elsewhere or plan.state.link):  # else it is known when its turn has come
        _refuse_what_cannot_be_watched(line, problem, grammar)
        _awaited_in_vain(options.until, line, grammar)


def read_watch(words: tuple[str, ...]) -> tuple[WatchOptions, ParsedLine]:
    """The options in front, and the command behind them as it was typed; raises ``UsageError``."""
    parsed = parse(f".watch {' '.join(words)}")  # one word: the rest of the line, quotes and all
    first = command_start(DIRECTIVES[0], parsed.words)
    given = _options(parsed.values[1:first])
    command = parsed.words[first:]
    if command and command[0].value.startswith("-"):
        raise UsageError(f".watch has no {command[0].value}: its flags are {' '.join(FLAGS)}")
    usual = WatchOptions()
    options = WatchOptions(
        every=_at_least(given.n, usual.every, FASTEST, "-n"),
        until=WatchCondition(given.until or "", parse_states(given.until_state) if given.until_state else ()),
        rounds=int(_at_least(given.times, usual.rounds, 1, "--times")),
        seconds=_length(given.longest, usual.seconds),
        bell=given.bell,
    )
    return options, parse(parsed.text[command[0].start :] if command else "")


def _options(words: tuple[str, ...]) -> Namespace:
    arguments = Arguments(".watch")
    _common(arguments)
    arguments.add_argument("--until")
    arguments.add_argument("--until-state")
    arguments.add_argument("--times", type=int)
    return arguments.read(words)


def _common(arguments: Arguments) -> None:
    arguments.add_argument("-n", type=float)
    arguments.add_argument("--for", dest="longest")
    arguments.add_argument("--bell", action="store_true")


def _at_least(given: float | None, usual: float, least: float, flag: str) -> float:
    if given is None:
        return usual
    if not least <= given < 1e7:
        raise UsageError(f"{flag} takes a number of at least {least:g}, not {given:g}")
    return given


def _length(given: str | None, usual: float) -> float:
    return usual if given is None else parse_duration(given)


def _refuse_what_cannot_be_watched(line: ParsedLine, problem: Problem | None, grammar: Grammar | None) -> None:
    """Raise for what is no Airflow command, what Airflow would refuse, and what changes something."""
    if line.kind is not InputKind.AIRFLOW:
        raise UsageError(".watch wants an Airflow command, such as .watch dags list")
    if problem is not None:
        raise UsageError(f"{problem.message}, the line was not sent")

    if grammar is None:
        raise RefusedByRule(
            "Nobody knows whether this command only reads, as the Airflow version is not known: "
            "--airflow-version says it; the line was not sent"
        )
    understanding = understand(line, grammar)
    if changes_data(understanding):
        name = understanding.command.name if understanding.command else line.values[0]
        raise RefusedByRule(f"{name} changes something, and may not be repeated by .watch; the line was not sent")


def _awaited_in_vain(until: WatchCondition, line: ParsedLine, grammar: Grammar | None) -> str:
    """What is waited for in vain, as a sentence, where something else may still come; raises where nothing will."""
    found = grammar.command(line.values) if grammar is not None else None
    if found is None or grammar is None or not until.states:
        return ""
    name = found[0].name
    states = unreachable_states(until.states, name, grammar.version)
    if not states:
        return ""
    why = explain_unreachable(states, name, grammar.version)
    if len(states) == len(until.states) and not until.text:
        raise UsageError(f"{until} would never come: {why}; the line was not sent")
    return why


def follow(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Watch a run and its tasks until it is over; its end is the directive's."""
    session = call.session

    given = _read_follow(words)
    usual = FollowOptions()
    pace = FollowOptions(
        _at_least(given.n, usual.every, FASTEST, "-n"), _length(given.longest, usual.seconds), given.bell
    )
    require_environment(session)
    load_environment_info(session)
    canvas = _canvas(session)
    ended = RunFollower(pace, _sources(call, given.dag, given.run), canvas).run()
    return replace(ended, stdout=b"") if canvas.live and not call.context.destination is not None else ended


def check_follow(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise for words that make no sense."""
    _read_follow(words)


def _read_follow(words: tuple[str, ...]) -> Namespace:
    arguments = Arguments(".follow")
    arguments.add_argument("dag")
    arguments.add_argument("run", nargs="?", default="latest")
    _common(arguments)
    return arguments.read(words)


def _sources(call: DotCommandCall, dag: str, run: str) -> SourceMaker:
    """REST where the environment has it and is not known to refuse it, then the CLI."""
    session = call.session
    link, grammar = session.link, session.grammar

    def make(pulse: RedrawOnTick) -> list[RunSource]:
        def get(path: str, query: Mapping[str, object]) -> object:
            return session.wait_for(
                "asking over REST",
                link.target.access.timeout,
                lambda: link.api.invoke_rest(link.target.name, path, query),
                watcher=pulse,
            )

        found: list[RunSource] = []
        denied = session.live is not None and session.live.rest_denied
        if link.version is not None and link.version >= REST_SINCE and not denied:
            found.append(RestRunSource(get, link.version, dag, run, link.target.name))
        if grammar is not None:

            def send(line: ParsedLine) -> Result:
                context = LineContext(line, call.context.origin, call.context.private, watcher=pulse, recorded=False)
                return call.executor.send(context)[0]

            found.append(CliRunSource(send, grammar, dag, run, link.target.name))
        if not found:
            raise UsageError(".follow has to know the Airflow version: --airflow-version says it")
        why = "" if link.target.access.scheduled else NO_SCHEDULER.format(version=link.version or "VERSION")
        return [WithoutScheduler(source, why) for source in found] if why else found

    return make


NO_SCHEDULER = "No scheduler runs here: exit, then start mwaa-shell --local {version} --scheduler"


def _canvas(session: Session) -> Canvas:
    if session.ui.canvas is None:
        raise UsageError("There is no screen here to show it on: mwaa-shell -c runs it without one")
    return session.ui.canvas


DIRECTIVES = (
    DotCommand(
        ".watch",
        "[-n 5] [--until TEXT|--until-state S] [--times N] [--for T] [--bell] LINE",
        "repeat a command that reads, and mark what changes",
        watch,
        takes_line=True,
        check=check_watch,
        takes=(ArgumentKind.COMMAND,),
        flags=FLAGS,
    ),
    DotCommand(
        ".follow",
        "DAG [RUN] [-n 3] [--for 24h] [--bell]",
        "watch a run to its end (RUN: latest)",
        follow,
        check=check_follow,
        takes=(ArgumentKind.DAG,),
        flags={"-n": ArgumentKind.NUMBER, "--for": ArgumentKind.TIME, "--bell": None},
    ),
)
