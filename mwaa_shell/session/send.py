"""One Airflow command, from its confirmation to the advice on its result.

A typed command has three forms. The shown and recorded one has masks for secrets. The sent one also has what the shell
adds, which is always shown.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mwaa_shell import debug_log, names
from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.additions import ADDED, RUN_ID, wants_run_id, with_json, with_run_id, with_yes_flag
from mwaa_shell.airflow.arguments import plain_words, understand
from mwaa_shell.airflow.command_line import Destination, ParsedLine, parse
from mwaa_shell.airflow.knowledge import Level, danger_of, question_in, reads
from mwaa_shell.airflow.secrets import redaction
from mwaa_shell.airflow.secrets.values import mask_quoted, quotable
from mwaa_shell.errors import ExitCode, OutcomeUnknown, State, UsageError
from mwaa_shell.history import TYPED
from mwaa_shell.interrupts import INTERRUPTS, signals_wait
from mwaa_shell.mwaa import Connection, run_command
from mwaa_shell.output.tables import mask_message
from mwaa_shell.result import Outcome, Result, from_error, interrupted
from mwaa_shell.session.confirmation import Confirmer, Impact, confirm
from mwaa_shell.session.next_steps import with_advice, with_no_scheduler, with_similar_name
from mwaa_shell.session.session import OPEN, RunRef, Session

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.job import ProgressListener

#: The last words of the commands that create a run.
TRIGGERS = frozenset({"trigger", "trigger_dag", "materialize"})


@dataclass(frozen=True, slots=True)
class LineContext:
    """One line with its origin and destination, passed down and never stored."""

    line: ParsedLine
    origin: str = TYPED  #: where the line came from, in the words of the history
    private: bool = False  #: begins with a blank: kept in no history
    destination: Destination | None = None  #: the file or local command for its output, with secrets
    as_it_is: bool = False  #: sent without checks and additions (``.send``)
    confirmed: bool = False  #: confirmed already, with those of other environments
    recorded: bool = True  #: not for polls of ``.watch`` and ``.follow``
    watcher: ProgressListener | None = None  #: shows the progress in place of the user interface

    @classmethod
    def of(cls, text: str, origin: str = TYPED) -> LineContext:
        """Return the context of a line as it was typed."""
        line = parse(text)
        return cls(line, origin, text.startswith(" "), line.destination)


def send(session: Session, context: LineContext) -> tuple[Result, LineContext]:
    """Send one Airflow command, record it, and return its Result and context.

    Secrets are asked for where they are masked. The history keeps the masks, and the returned context has the secrets
    of the destination. Raises ``RefusedByRule`` and ``UsageError`` before anything is sent.
    """
    connection, line = session.connection, context.line
    confirmed, yes = _confirm(session, context)
    made, additions = (line, ()) if context.as_it_is else _add_flags(session, context, confirmed)
    ask = session.ui.ask_secret
    sent = fill_secrets(made, session.grammar, ask, session.secret_words, as_it_is=context.as_it_is)
    context = replace(context, destination=sent.destination or context.destination)
    secrets = tuple(session.rules().secret_values(sent.text))
    debug_log.keep_out(*secrets)
    _warn_of_unfinished(session, connection)

    def run() -> Result:
        result = run_command(connection, sent, context.watcher or session.ui.watcher)
        hidden, words = quotable(secrets), plain_words(sent, session.grammar)
        message = mask_message(mask_quoted(result.message, hidden), words)
        added = " ".join(one for one in (yes, *additions) if one)
        return result._replace(words=words, added=added, hidden=hidden, message=message)

    with INTERRUPTS.defer() as pressed:
        result = record_command(session, context, run)
        debug_log.event("ended", outcome=result.outcome.value, status=result.http_status, seconds=result.seconds,
                    stdout=len(result.stdout), stderr=len(result.stderr))  # fmt: skip
        session.run_ids.settle(connection.target, line.values, result.outcome)
        stopped = result.outcome is Outcome.INTERRUPTED and result.remote
        if stopped and context.recorded and not reads(sent, session.grammar):
            connection.command_lock.unfinished = session.rules().mask(line.command)
        if session.cached_names is not None and not context.private:
            session.cached_names.learn(sent, result)
        _remember_triggered(session, sent, result)
        result = with_advice(result, line, sent, session.grammar)
        if session.cached_names is not None and not context.private:
            result = with_similar_name(result, session.cached_names.similar_to_missing(sent, result))
        if session.grammar is not None and not connection.target.access.scheduled:
            result = with_no_scheduler(result, sent, session.grammar)
    if pressed.is_set() and result.outcome is not Outcome.INTERRUPTED:
        result = stopped_after(result)
    return result, context


def _remember_triggered(session: Session, sent: ParsedLine, result: Result) -> None:
    """Keep the run that a command may have created, for ``.follow`` without a DAG."""
    may_have_run = result.ok or (result.outcome in OPEN and result.remote)
    if session.grammar is None or TRIGGERS.isdisjoint(sent.values) or not may_have_run:
        return
    run = names.triggered_run(understand(sent, session.grammar), result.stdout.decode("utf-8", "replace"))
    if run is not None:
        session.triggered = RunRef(*run)


def record_command(session: Session, context: LineContext, send: Callable[[], Result]) -> Result:
    """Return what ``send`` returns, with the command in the history before and after."""
    number, finished = _begin_record(session, context), False
    try:
        result = send()
        with signals_wait():
            finished = True  # even if the log of --log-file fails, the history is complete
            session.recorder.finish(number, session.connection, context.line, result)
        return result
    except BaseException as error:  # a bug, or a signal that ends the program
        if not finished:
            stopped = not isinstance(error, Exception)
            ended = interrupted("", remote=True) if stopped else from_error(OutcomeUnknown(""))
            session.recorder.finish(number, session.connection, context.line, ended)
            if stopped:
                with suppress(OSError, ValueError):  # the terminal may have gone with the signal
                    session.ui.note(f"The command may still be running on {session.connection.target.name}")
        raise


def _begin_record(session: Session, context: LineContext) -> int | None:
    """Write the command down before it is sent; return its number in the history."""
    if not context.recorded or context.private or session.preferences["history"] != "on":
        return None
    with signals_wait():
        names.identify(session.connection)  # keeps the account that AWS named, for the next session
        return session.recorder.begin(session.connection, context.line, context.origin)


def stopped_after(result: Result) -> Result:
    """Return the result of a command that was complete before Ctrl-C took effect."""
    return result._replace(outcome=Outcome.INTERRUPTED, exit_code=ExitCode.INTERRUPTED, message="", state=State.RAN,
                   proposal="", remote=True)  # fmt: skip


def _warn_of_unfinished(session: Session, connection: Connection) -> None:
    """Show once that an earlier interrupted command may still be running."""
    unfinished, connection.command_lock.unfinished = connection.command_lock.unfinished, ""
    if unfinished:
        session.ui.note(f"{unfinished} may still be running on {connection.target.name}.")


def _confirm(session: Session, context: LineContext) -> tuple[ParsedLine, str]:
    """Return the line, with Airflow's flag for yes if the user agreed, and that flag.

    Raises ``RefusedByRule`` without a confirmation.
    """
    line = context.line
    made = None if context.as_it_is else with_yes_flag(line, session.grammar)
    danger = danger_of(line, session.grammar)
    if danger.level is Level.READ and made is None:
        return line, ""
    place = session.protection()
    answers = Confirmer(place.name if context.confirmed else session.settings.yes, session.ui.ask, session.ui.ask_name)
    shown = session.rules().mask(line.command)
    impact = Impact(line, shown, session.grammar, session)
    # A wrong year in a date creates hundreds of runs. In scripts, dates are seldom typed.
    asks = made is not None or (impact.creates_runs and answers.ask is not None)
    asked = confirm(shown, danger, place, answers, asks=asks, effect=impact)
    if not asked:
        impact.note_if_paused(session.ui.note)
    elif made is not None:
        question = question_in(line, session.grammar)
        return made, question.answer if question is not None else ""
    return line, ""


# -- what is added -----------------------------------------------------------------------------------------------------


def additions_to(session: Session, text: str) -> str:
    """Return the words that the shell would add to a command, after a space."""
    context = LineContext.of(text)
    return "".join(f" {one}" for one in _add_flags(session, context, context.line)[1])


def _add_flags(session: Session, context: LineContext, made: ParsedLine) -> tuple[ParsedLine, tuple[str, ...]]:
    """Return a line with the shell's additions, and the additions alone."""
    added: tuple[str, ...] = ()
    asking = _ask_for_json(session, context, made)
    if asking is not None:
        made, added = asking, (ADDED,)
    here = session.target if session.preferences["trigger-run-id"] == "on" else None
    if here is not None and wants_run_id(made, session.grammar):
        run_id = session.run_ids.of(here, context.line.values)
        made, added = with_run_id(made, run_id, session.grammar), (*added, f"{RUN_ID} {run_id}")
    return made, added


def _ask_for_json(session: Session, context: LineContext, line: ParsedLine) -> ParsedLine | None:
    """Return the line with ``-o json`` if its output will be drawn."""
    own = session.preferences["tables"] == "own" and session.preferences["output"] != "raw"
    if not (session.ui.draws_tables and own) or context.destination is not None:
        return None
    return with_json(line, session.grammar)


# -- secrets in place of masks -----------------------------------------------------------------------------------------


def fill_secrets(
    line: ParsedLine,
    grammar: Grammar | None,
    ask: Callable[[str], str | None] | None,
    patterns: tuple[str, ...] = (),
    *,
    as_it_is: bool = False,
) -> ParsedLine:
    """Return a line with secrets in place of its masks.

    Raises ``UsageError`` for a secret that is not entered, and for a mask where no secret belongs, unless the line is
    to be sent ``as_it_is``.
    """
    if MASK not in line.text:
        return line
    places = redaction.find_masks(line.text, grammar, patterns)
    if not places:
        grammar, places = None, redaction.find_masks(line.text, None, patterns)
    left = None if as_it_is else redaction.left_mask(line.text, places)
    if left is not None:  # sending it would overwrite a value with ***
        hint = "Type the value in its place, or send the mask itself with .send."
        raise UsageError(f"A mask (***) is left at column {left + 1}", hint=hint, state=State.NOT_SENT)
    answers = [ask(place.name or "the secret") if ask else None for place in places]
    values = [answer for answer in answers if answer]  # an empty value, from a reflex, would overwrite the old one
    if len(values) < len(places):
        missing = ", ".join(dict.fromkeys(place.name or "a secret" for place in places))
        raise UsageError(
            f"The value of {missing} is masked", hint="Type it: the shell keeps no secrets.", state=State.NOT_SENT
        )
    return parse(redaction.fill(line.text, values, grammar, patterns))


def fill_destination(session: Session, context: LineContext) -> LineContext:
    """Return the context with the secrets of its file or local command."""
    line = context.line
    rest = parse(f"version{line.text[line.words[-1].end :]}")
    filled = fill_secrets(rest, None, session.ui.ask_secret, session.secret_words)
    return replace(context, destination=filled.destination)
