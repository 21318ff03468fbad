"""The message below the typed line, and the toolbar of the environment."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, is_done
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.containers import ConditionalContainer, Window
from prompt_toolkit.layout.controls import FormattedTextControl

from mwaa_shell import airflow, dot_commands
from mwaa_shell.airflow.command_line import Problem, line_at, lines_of_block, parse
from mwaa_shell.errors import with_hint
from mwaa_shell.mwaa import Connection
from mwaa_shell.output import measure, sanitise
from mwaa_shell.session import Session

if TYPE_CHECKING:
    from mwaa_shell.airflow.completion import SyntaxPart
    from mwaa_shell.airflow.grammar import Grammar


class ToolbarState(NamedTuple):
    """The background work of a prompt, in words."""

    names: str = ""  #: how many are cached
    refreshing: str = ""  #: which names are being loaded


def toolbar(connection: Connection, state: ToolbarState, document: Document, columns: int) -> StyleAndTextTuples:
    """Return the syntax of the typed command, else facts about the environment."""
    doing = f"refreshing {state.refreshing}" if state.refreshing else ""
    grammar = connection.grammar
    pieces = _hint(document, grammar) if grammar and document.text else []
    if pieces:
        before = f" {sanitise(doing)} " if doing else ""
        return [("class:toolbar.doing", before), ("", " "), *_fitted(pieces, columns - len(before) - 1)]
    text: StyleAndTextTuples = [("class:toolbar.environment", f" {connection.target.name}")]
    facts = "".join(f"  {sanitise(part)}" for part in (*_facts(connection), doing or state.names) if part)
    room = columns - len(connection.target.name) - 1
    return [*text, ("", measure.clip(facts, room) if room > 0 else "")]


def _facts(connection: Connection) -> tuple[str, str, str]:
    """Return account and region, Airflow version, and status."""
    version = f"Airflow {connection.version}" if connection.version else "Airflow version unknown"
    if connection.grammar and connection.version and not connection.grammar.is_exact:
        version += f" (completed as {connection.grammar.tree})"
    return (
        " ".join(part for part in (connection.info.account, connection.region) if part),
        version,
        connection.info.status,
    )


def _style(piece: SyntaxPart) -> str:
    return "class:hint.current" if piece.current else "class:hint.given" if piece.given else "class:hint.open"


def _fitted(pieces: list[SyntaxPart], room: int) -> StyleAndTextTuples:
    """Return the styled pieces, without some in the middle if room is short."""
    first, *others = pieces
    current = next((index for index, one in enumerate(others) if one.current), 0)
    gap: StyleAndTextTuples = []
    while current and sum(len(one.text) + 1 for one in (first, *others[: current + 1])) + 2 > room:
        others, current, gap = others[1:], current - 1, [("", "… ")]
    shown = [(_style(first), first.text), ("", " "), *gap]
    return [*shown, *(part for one in others for part in ((_style(one), one.text), ("", " ")))]


def _hint(document: Document, grammar: Grammar) -> list[SyntaxPart]:
    """Return the syntax of the command at the cursor, also after ``.send``."""
    begins, line = line_at(document.text, document.cursor_position)
    offset = dot_commands.command_in(line)
    understood = airflow.arguments.understand(parse(line[offset:]), grammar)
    return airflow.completion.syntax_hint(understood, document.cursor_position - begins - offset)


# -- the message -------------------------------------------------------------------------------------------------------


class ValidationMessage:
    """The sentence below the typed line, about a mistake or a change in the line."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._style = ""
        self.text = ""

    def clear(self) -> None:
        self.text = ""

    def complain(self, buffer: Buffer) -> bool:
        """Show the mistake in the line with the cursor on it. Return whether there is one."""
        for start, _, line in lines_of_block(buffer.text):
            problem = self._session.rules().problem_in(line)
            if problem is not None:
                anyway = "" if parse(line).problem or problem.at_character else " (.send sends it)"
                buffer.complete_state = None
                place = problem.position if problem.at_character else _behind_word(line, problem.position)
                buffer.cursor_position = min(start + place, len(buffer.text))
                said = _of_the_shell(line, problem) or with_hint(problem.message, problem.hint) + anyway
                self.say(said, "class:message.wrong")
                return True
        return False

    def say(self, text: str, style: str) -> None:
        """Show a sentence until the line changes."""
        self.text, self._style = " ".join(sanitise(text).split()), style

    def add(self, text: str) -> None:
        """Add a sentence to what is shown."""
        self.text += f" {text}" if self.text.endswith((".", ")")) else f". {text}"

    @property
    def window(self) -> ConditionalContainer:
        """The rows of the message, none without one."""
        window = Window(FormattedTextControl(self._fragments), dont_extend_height=True)
        return ConditionalContainer(window, Condition(lambda: bool(self.text)) & ~is_done)

    def _fragments(self) -> StyleAndTextTuples:
        return [(self._style, "\n".join(measure.wrap(self.text, max(shutil.get_terminal_size().columns, 10))))]


def _of_the_shell(line: str, problem: Problem) -> str:
    """Return the message for a dot-command without its dot."""
    words = parse(line).words
    is_first = words and problem.position == words[0].start and not problem.at_character
    name = dot_commands.meant_by(line) if is_first else ""
    return f"Unknown command '{words[0].value}'. Did you mean '{name}'?" if name else ""


def _behind_word(line: str, position: int) -> int:
    """Return the end of the word at a position, for Tab, else the position."""
    return next((word.end for word in parse(line).words if word.start == position), position)
