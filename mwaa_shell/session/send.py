"""One Airflow command, straight down: confirm, add flags, fill secrets, record, run, record, learn names, advise.

What was typed, what may be shown of it and what is sent are three lines: the second has masks for the secrets of the
first, the third has what the shell adds, which is always shown.
"""

from __future__ import annotations

from dataclasses import replace

from mwaa_shell import debug_log
from mwaa_shell.airflow.additions import ADDED, RUN_ID, wants_run_id, with_json, with_run_id
from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.airflow.knowledge import Level
from mwaa_shell.airflow.readings import words_as_read
from mwaa_shell.airflow.safety import answered, danger_of, question_in
from mwaa_shell.errors import OutcomeUnknown
from mwaa_shell.interrupts import INTERRUPTS, signals_wait
from mwaa_shell.mwaa.command_runner import run_command
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.names.cache_files import identify
from mwaa_shell.output.tables.secrets import mask_message
from mwaa_shell.result import Outcome, Result, from_error, interrupted
from mwaa_shell.session.confirmation import Answers, pass_rails
from mwaa_shell.session.context import LineContext
from mwaa_shell.session.fill_secrets import MASK, unmasked
from mwaa_shell.session.impact import Impact, Where
from mwaa_shell.session.next_steps import advised
from mwaa_shell.session.session import Session

#: A secret that is shorter is not looked for in what comes back: it would be found in every other word.
SHORTEST = 4


def send(session: Session, context: LineContext) -> tuple[Result, LineContext]:
    """Send one Airflow command and wait for its Result, which is recorded when this returns.

    Where masks stand for secrets, those are asked for and sent, but what is written down keeps the masks. Returns the
    context too: with the secrets of its destination. Raises ``RefusedByRule`` and ``UsageError`` before anything is
    sent.
    """
    link, line = session.link, context.line
    confirmed, yes = _confirm(session, context)
    made, additions = (line, ()) if context.as_it_is else _add_flags(session, context, confirmed)
    ask = session.ui.ask_secret
    sent = unmasked(made, session.grammar, ask, session.secret_words, as_it_is=context.as_it_is)
    context = replace(context, destination=sent.destination or context.destination)
    secrets = tuple(session.rules().secret_values(sent.text))
    debug_log.keep_out(*secrets)
    _warn_of_unfinished(session, link)
    with INTERRUPTS.deferred() as pressed:
        number, finished = _begin(session, context), False
        try:
            result = run_command(link, sent, context.watcher or session.ui.watcher)
            hidden = tuple(dict.fromkeys(one for one in secrets if len(one) >= SHORTEST))
            words, message = words_as_read(sent, session.grammar), result.message
            for secret in hidden:  # Airflow quotes what it does not understand
                message = message.replace(secret, MASK)
            message = mask_message(message, words)
            added = " ".join(one for one in (yes, *additions) if one)
            result = replace(result, words=words, added=added, hidden=hidden, message=message)
            with signals_wait():
                finished = True  # also where the log of --log-file fails: the history has the end all the same
                session.record.finish(number, link, line, result)
        except BaseException as error:  # a mistake of the shell's own, or a signal that ends the program
            if not finished:
                stopped = not isinstance(error, Exception)
                ended = interrupted("", remote=True) if stopped else from_error(OutcomeUnknown(""))
                session.record.finish(number, link, line, ended)
            raise
        debug_log.event("ended", outcome=result.outcome.value, status=result.http_status, seconds=result.seconds,
                    stdout=len(result.stdout), stderr=len(result.stderr))  # fmt: skip
        session.run_ids.settle(link.target.name, line.values, result.outcome)
        if result.outcome is Outcome.INTERRUPTED and result.remote and context.recorded:
            link.command_lock.unfinished = session.rules().masked(line.command)
        if session.live is not None and not context.private:
            session.live.learn(sent, result)
        result = advised(result, line, sent, session.grammar)
    if pressed.is_set() and result.outcome is not Outcome.INTERRUPTED:
        result = stopped_after(result)
    return result, context


def _begin(session: Session, context: LineContext) -> int | None:
    """Write the command down before it is sent; return its number in the history, if it is kept there."""
    if not context.recorded or context.private or session.preferences["history"] != "on":
        return None
    with signals_wait():
        identify(session.link)  # keeps the account that AWS named, for environment_key() of the next session
        return session.record.begin(session.link, context.line, context.origin)


def stopped_after(result: Result) -> Result:
    """Return the result of a command after which Ctrl-C was pressed: it is whole, and nothing follows it."""
    stopped = interrupted("Stopped, but the command itself was over", remote=True)
    return replace(
        result, outcome=stopped.outcome, exit_code=stopped.exit_code, message=stopped.message, proposal="", remote=True
    )


def _warn_of_unfinished(session: Session, link: Connection) -> None:
    """Say once that a command before this one, which nobody waited for, may still run."""
    unfinished, link.command_lock.unfinished = link.command_lock.unfinished, ""
    if unfinished:
        session.ui.note(f"{unfinished} may still be running on {link.target.name}: it was not waited for")


def _confirm(session: Session, context: LineContext) -> tuple[ParsedLine, str]:
    """Return the line, with the flag that says yes to Airflow where the user has said it here, and that flag.

    Raises ``RefusedByRule`` where nobody has.
    """
    line = context.line
    made = None if context.as_it_is else answered(line, session.grammar)
    danger = danger_of(line, session.grammar)
    if danger.level is Level.READ and made is None:
        return line, ""
    answers = Answers(session.settings.yes, session.ui.ask, session.ui.ask_name)
    shown = session.rules().masked(line.command)
    impact = Impact(line, shown, session.grammar, Where(session.link, session.live, session.ui.watcher))
    asked = pass_rails(shown, danger, session.protection(), answers, asks=made is not None, effect=impact)
    if not asked:
        impact.tell_paused(session.ui.note)
    elif made is not None:
        question = question_in(line, session.grammar)
        return made, question.answer if question is not None else ""
    return line, ""


# -- what is added -----------------------------------------------------------------------------------------------------


def additions_to(session: Session, text: str) -> str:
    """Return what is added to a line when it is sent, with a blank before it; nothing to most. Asks nobody."""
    context = LineContext.of(text)
    return "".join(f" {one}" for one in _add_flags(session, context, context.line)[1])


def _add_flags(session: Session, context: LineContext, made: ParsedLine) -> tuple[ParsedLine, tuple[str, ...]]:
    """Return a line with what is added to it, and that alone; the id of a run is that of the line as it was typed."""
    added: tuple[str, ...] = ()
    asking = _ask_for_json(session, context, made)
    if asking is not None:
        made, added = asking, (ADDED,)
    here = session.here if session.preferences["trigger-run-id"] == "on" else None
    if here is not None and wants_run_id(made, session.grammar):
        run_id = session.run_ids.of(here.name, context.line.values)
        made, added = with_run_id(made, run_id, session.grammar), (*added, f"{RUN_ID} {run_id}")
    return made, added


def _ask_for_json(session: Session, context: LineContext, line: ParsedLine) -> ParsedLine | None:
    """Return the line as it asks for JSON, where its output is going to be drawn."""
    own = session.preferences["tables"] == "own" and session.preferences["output"] != "raw"
    if not (session.ui.draws_tables and own) or context.destination is not None:
        return None
    return with_json(line, session.grammar)


def fill_destination(session: Session, context: LineContext) -> LineContext:
    """Return the context of a dot-command with the secrets of its file or local command in place of their masks."""
    line = context.line
    behind = parse(f"version{line.text[line.words[-1].end :]}")
    filled = unmasked(behind, None, session.ui.ask_secret, session.secret_words)
    return replace(context, destination=filled.destination)
