"""One Airflow command of a session on its way out: past the rails, with what is added to it, written down, sent.

What was typed, what may be shown of it and what is sent are three lines: the second has masks for the secrets of the
first, the third has what the shell adds, which is always shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from mwaa_shell import debug
from mwaa_shell.afterwards import advised
from mwaa_shell.airflow.asking import ADDED, RUN_ID, wants_run_id, with_json, with_run_id
from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.history.ahead import Ahead
from mwaa_shell.history.unmask import MASK, unmasked
from mwaa_shell.job import ctrl_c_waits, strike_again
from mwaa_shell.rails import Answers, Place, need, pass_rails, place_of
from mwaa_shell.result import Outcome, Result
from mwaa_shell.run_ids import RunIds
from mwaa_shell.sending import run_command

if TYPE_CHECKING:
    from mwaa_shell.job import Watcher
    from mwaa_shell.link import Link
    from mwaa_shell.session import Session

#: A secret that is shorter is not looked for in what comes back: it would be found in every other word.
SHORTEST = 4


@dataclass
class _Sending:
    """A command on its way: as it was typed and as it is sent, and what is known of it before it goes."""

    line: ParsedLine
    sent: ParsedLine
    recorded: bool  #: in the history, where that is on
    number: int | None = None  #: of its entry in the history
    hidden: tuple[str, ...] = ()  #: its secrets


class Outgoing:
    """Prepares and sends the commands of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._run_ids = RunIds()
        self._left: list[Callable[[], object]] = []  # to do of the last command, once its reply is shown

    def run(
        self, line: ParsedLine, *, as_it_is: bool = False, watcher: Watcher | None = None, recorded: bool = True
    ) -> Result:
        """Send one Airflow command and wait for its Result; a prompt calls ``settle`` when it has shown that.

        ``watcher`` waits in the place of the session's own; what is not ``recorded`` still is in the audit trail.
        Where masks stand for secrets, those are asked for and sent, but what is written down keeps the masks.
        """
        session, link = self._session, self._session.link
        if session.late.is_set():  # it holds for what comes behind that answer
            session.late.clear()
            raise KeyboardInterrupt
        self.settle()
        allowed, yes = self._pass_rails(line, as_it_is=as_it_is)
        made, additions = (line, ()) if as_it_is else self._adding(allowed, line)
        sent = unmasked(made, session.grammar, session.front.ask_secret, session.secret_words, as_it_is=as_it_is)
        if debug.is_on():
            debug.keep_out(*session.reader.secret_values(sent.text))
        session.goes_to = sent.destination or session.goes_to
        self._warn_of_unfinished(link)
        sending = _Sending(line, sent, recorded)
        try:
            result = run_command(
                link,
                sent,
                watcher or session.front.watcher,
                session.late,
                partial(self._before, sending),
            )
            added = " ".join(one for one in (yes, *additions) if one)
            result = self._noted(replace(result, words=sent.values, added=added), sending)
            if not session.watched or watcher is not None or session.delivers or session.record.audits:
                self.settle()  # else a prompt shows it in a moment
            return result
        finally:
            strike_again()

    def _before(self, sending: _Sending) -> None:
        """Write the command down, and look for its secrets, while AWS is asked for a token."""
        session = self._session
        if sending.recorded and not session.private and session.preferences["history"] == "on":
            sending.number = session.record.begin(session.link, sending.line, session.origin)
        found = session.reader.secret_values(sending.sent.text)
        sending.hidden = tuple(dict.fromkeys(one for one in found if len(one) >= SHORTEST))

    def _noted(self, result: Result, sending: _Sending) -> Result:
        """The Result with what is known of it here, and what is left to do of it; Ctrl-C does not strike before."""
        line, sent = sending.line, sending.sent
        session, link = self._session, self._session.link
        debug.event("ended", outcome=result.outcome.value, status=result.http_status, seconds=result.seconds,
                    stdout=len(result.stdout), stderr=len(result.stderr))  # fmt: skip
        message = result.message
        for secret in sending.hidden:  # Airflow quotes what it does not understand
            message = message.replace(secret, MASK)
        result = advised(replace(result, hidden=sending.hidden, message=message), line, sent, session.grammar)
        self._run_ids.settle(link.target.name, line.values, result.outcome)
        if result.outcome is Outcome.INTERRUPTED and result.remote and sending.recorded:
            link.slot.unfinished = session.reader.covered(line.command)
        self._left = [partial(session.record.finish, sending.number, link, line, result)]
        if session.live is not None and not session.private:
            self._left.append(partial(session.live.learn, sent, result))
        return result

    def settle(self) -> None:
        """Do what is left of the last command: write down how it ended, and take in the names of its reply.

        Nobody waits for either. The names are learned on a thread, which takes time from whoever draws the reply.
        """
        if self._left:
            with ctrl_c_waits():
                while self._left:
                    self._left.pop(0)()

    def _warn_of_unfinished(self, link: Link) -> None:
        """Say once that a command before this one, which nobody waited for, may still run."""
        unfinished, link.slot.unfinished = link.slot.unfinished, ""
        if unfinished:
            self._session.front.note(f"{unfinished} may still be running on {link.target.name}: it was not waited for")

    # -- the rails ---------------------------------------------------------------------------------------------------

    @property
    def place(self) -> Place:
        """The environment that the session is on, as far as the rails care."""
        return self._place(Ahead())

    def _place(self, ahead: Ahead) -> Place:
        """The environment that will be open behind some lines, with what they will have set."""
        session = self._session
        here = ahead.link.target if ahead.link is not None else None if ahead.elsewhere else session.here
        protect = session.preferences["protect"] if session.preferences.is_set("protect") else None
        protect = protect if ahead.protect is None else ahead.protect
        read_only = session.read_only if ahead.read_only is None else ahead.read_only
        place = place_of(here.name if here else "", session.settings, protect, read_only=read_only)
        return replace(place, why=self._why_read_only(ahead, read_only=read_only)) if place.read_only else place

    def _why_read_only(self, ahead: Ahead, *, read_only: bool) -> str:
        """Who says that nothing but reads is sent."""
        settings = self._session.settings
        if settings.read_only:
            return "as --read-only says"
        if settings.config.doubtful and read_only and not ahead.read_only:
            return f"until {settings.config.name} is mended or .readonly off lifts that"
        return "as .readonly says" if read_only else f"as {settings.config.name} says"

    def _pass_rails(self, line: ParsedLine, *, as_it_is: bool) -> tuple[ParsedLine, str]:
        """The line with the flag that says yes to Airflow, where somebody has said it here, and that flag.

        Raises ``RefusedByRule`` where nobody has.
        """
        from mwaa_shell.airflow.knowledge import Level
        from mwaa_shell.airflow.safety import answered, danger_of
        from mwaa_shell.impact import Impact, Where

        session = self._session
        made = None if as_it_is else answered(line, session.grammar)
        danger = danger_of(line, session.grammar)
        if danger.level is Level.READ and made is None:  # most lines: what may be shown of them is not asked for
            return line, ""
        answers = Answers(session.settings.yes, session.front.ask, session.front.ask_name)
        shown = session.reader.covered(line.command)
        impact = Impact(line, shown, session.grammar, Where(session.link, session.live, session.front.watcher))
        asked = pass_rails(shown, danger, self.place, answers, asks=made is not None, effect=impact)
        if not asked:
            impact.tell_paused(session.front.note)
        elif made is not None:
            return made, made.command.removeprefix(line.command).strip()
        return line, ""

    def check_rails(self, line: ParsedLine, *, as_it_is: bool = False) -> None:
        """Raise ahead of time for what will be refused; where somebody can be asked, that is not known yet."""
        from mwaa_shell.airflow.safety import answered, danger_of
        from mwaa_shell.impact import Impact

        session, grammar = self._session, self._session.reader.grammar_ahead
        place, danger = self._place(session.ahead), danger_of(line, grammar)
        shown = session.reader.covered(line.command)
        if session.front.ask is None:
            asks = not as_it_is and answered(line, grammar) is not None
            effect = Impact(line, shown, grammar)
            pass_rails(shown, danger, place, Answers(session.settings.yes), asks=asks, effect=effect)
        else:
            need(danger, place, shown)
        if session.front.ask_secret is None:
            unmasked(line, grammar, None, session.secret_words, as_it_is=as_it_is)

    # -- what is added -----------------------------------------------------------------------------------------------

    def added_to(self, text: str) -> str:
        """What is added to a line when it is sent, with a blank before it; nothing to most. Asks nobody."""
        line = parse(text)
        return "".join(f" {one}" for one in self._adding(line, line)[1])

    def _adding(self, made: ParsedLine, typed: ParsedLine) -> tuple[ParsedLine, tuple[str, ...]]:
        """A line with what is added to it, and that alone; the id of a run is that of the line as it was typed."""
        session = self._session
        added: tuple[str, ...] = ()
        asking = self._asking(made)
        if asking is not None:
            made, added = asking, (ADDED,)
        if session.preferences["trigger-run-id"] == "on" and session.here is not None and wants_run_id(made):
            run_id = self._run_ids.of(session.here.name, typed.values)
            made, added = with_run_id(made, run_id), (*added, f"{RUN_ID} {run_id}")
        return made, added

    def _asking(self, line: ParsedLine) -> ParsedLine | None:
        """The line as it asks for data, where that is going to be drawn."""
        session = self._session
        own = session.preferences["tables"] == "own" and session.preferences["output"] != "raw"
        if not (session.front.draws_tables and own) or session.delivers:
            return None
        return with_json(line, session.grammar)
