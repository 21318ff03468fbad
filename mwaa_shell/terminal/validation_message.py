"""What is said of the line that is being typed, right under it: what is wrong with it, what was changed in it.

A block, or a line that takes several rows, has it at its bottom or top instead, away from the cursor.
"""

from __future__ import annotations

import shutil

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, is_done
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.containers import ConditionalContainer, Float, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.utils import get_cwidth

from mwaa_shell.airflow.command_line import logical_lines, parse, spans_of_lines
from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.session import Session


class Message:
    """One sentence about the line in the buffer, or none."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._buffer: Buffer | None = None
        self._style = ""
        self.text = ""

    def watch(self, buffer: Buffer) -> None:
        """Be gone when the text of this buffer changes."""
        self._buffer = buffer
        buffer.on_text_changed += lambda _: self.clear()

    def clear(self) -> None:
        self.text = ""

    def complain(self, buffer: Buffer) -> bool:
        """Say what is wrong with the line and put the cursor there; whether anything is."""
        spans = spans_of_lines(buffer.text)
        lines = [line for _, line in logical_lines(buffer.text.split("\n"))]
        for (start, _), line in zip(spans, lines, strict=True):
            problem = self._session.rules().problem_in(line)
            if problem is not None:
                anyway = "" if parse(line).problem else " (.send sends it)"
                buffer.complete_state = None
                buffer.cursor_position = min(start + _behind_word(line, problem.position), len(buffer.text))
                self.say(problem.message + anyway, "class:message.wrong")
                return True
        return False

    def say(self, text: str, style: str) -> None:
        """Show a sentence until the line changes."""
        self.text, self._style = " ".join(sanitise(text).split()), style

    @property
    def rows(self) -> int:
        """How many rows the sentence takes."""
        return len(self._lines())

    def _lines(self) -> list[str]:
        return wrapped(self.text, max(shutil.get_terminal_size().columns, 10))

    def floats(self) -> list[Float]:
        """The two places where it may stand."""
        said = Condition(lambda: bool(self.text)) & ~is_done
        short, low = Condition(self._is_short), Condition(self._is_low)
        window = Window(FormattedTextControl(self._fragments), dont_extend_height=True)
        return [
            Float(ConditionalContainer(window, said & short), left=0, right=0, ycursor=True),
            Float(ConditionalContainer(window, said & ~short & ~low), left=0, right=0, bottom=0),
            Float(ConditionalContainer(window, said & ~short & low), left=0, right=0, top=0),
        ]

    def _is_low(self) -> bool:
        """Whether the cursor is where a message at the bottom would hide it."""
        document = self._buffer.document if self._buffer else Document()
        return document.line_count > 1 and document.cursor_position_row > document.line_count // 2

    def _is_short(self) -> bool:
        """Whether the prompt and the line take one row."""
        text = self._buffer.text if self._buffer else ""
        taken = get_cwidth(f"{self._session.link.target.name}> {text}")
        return "\n" not in text and taken < shutil.get_terminal_size().columns

    def _fragments(self) -> StyleAndTextTuples:
        return [(self._style, "\n".join(self._lines()))]


def _behind_word(line: str, position: int) -> int:
    """Behind the word that begins at a place, where Tab can mend it; any other place is meant as it is."""
    return next((word.end for word in parse(line).words if word.start == position), position)


def wrapped(text: str, columns: int) -> list[str]:
    """A text in lines of so many cells, broken at blanks; a word that is longer is broken in itself."""
    lines = [""]
    for word in text.split():
        if lines[-1] and get_cwidth(f"{lines[-1]} {word}") <= columns:
            lines[-1] += f" {word}"
            continue
        lines.append("")
        for char in word:
            if get_cwidth(lines[-1] + char) > columns:
                lines.append("")
            lines[-1] += char
    return [line for line in lines if line]
