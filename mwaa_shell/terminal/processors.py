"""What the prompt draws besides what was typed: masks over secrets, and what the shell adds to an entered line."""

from __future__ import annotations

from prompt_toolkit.application import get_app
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput

from mwaa_shell.airflow.command_line import logical_lines, spans_of_lines
from mwaa_shell.session import Session

#: Without any of these a line is one word, with nothing inside it.
SEVERAL = frozenset(" \t\n=:@/'\"\\{")


class MaskSecrets(Processor):
    """Shows a star for each letter of a secret; the line itself stays as it is."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of: tuple[str, object] = ("", None)
        self._covered: frozenset[int] = frozenset()

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """The fragments of one row of the buffer."""
        document, row = transformation_input.document, transformation_input.lineno
        covered = self._places(document.text)
        if not covered:
            return Transformation(transformation_input.fragments)
        start = document.translate_row_col_to_index(row, 0)
        end = start + len(document.lines[row])  # a grey suggestion stands behind it
        shown: StyleAndTextTuples = []
        for fragment in transformation_input.fragments:
            for char in fragment[1]:
                shown.append((fragment[0], "*" if start in covered and start < end else char))
                start += 1
        return Transformation(shown)

    def _places(self, text: str) -> frozenset[int]:
        """Where the letters of secrets stand; worked out once for a text."""
        rules = self._session.grammar, self._session.secret_words
        if self._of != (text, rules):
            self._of = (text, rules)
            self._covered = frozenset(self._secrets(text))
        return self._covered

    def _secrets(self, text: str) -> list[int]:
        if not SEVERAL.intersection(text):  # one bare word is no secret: the first key imports nothing for it
            return []
        found: list[int] = []
        lines = [line for _, line in logical_lines(text.split("\n"))]
        for (start, _), line in zip(spans_of_lines(text), lines, strict=True):
            for span in self._session.rules().secrets_in(line):
                found += range(start + span.start, start + span.end)
        return found


class ShowAdditions(Processor):
    """Appends it to the last drawing of the line."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known = ("", -1, "")  # of a line in one drawing, which asks for it several times

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """The line as it is, and what is added if it has been entered just now."""
        document, fragments = transformation_input.document, transformation_input.fragments
        app = get_app()
        entered = app.is_done and app.exit_style not in ("class:aborting", "class:exiting")
        if not entered or document.line_count > 1:
            return Transformation(fragments)
        added = self._added(document.text, app.render_counter)
        return Transformation([*fragments, ("class:line.added", added)] if added else fragments)

    def _added(self, text: str, drawing: int) -> str:
        if self._known[:2] != (text, drawing):
            from mwaa_shell.session.send import additions_to  # what sends commands; no line has been entered before

            self._known = (text, drawing, additions_to(self._session, text))
        return self._known[2]
