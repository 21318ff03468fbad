"""Secrets on the screen: covered while they are typed, and read unseen where one is asked for."""

from __future__ import annotations

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.shortcuts import prompt

from mwaa_shell.airflow.command_line import logical_lines, spans_of_lines
from mwaa_shell.session import Session
from mwaa_shell.terminal.stray_keys import stray_keys

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


def read_secret(name: str) -> str | None:
    """What the user types for a secret, unseen; ``None`` if they would rather not."""
    try:
        return prompt(f"{name}: ", is_password=True, key_bindings=stray_keys())
    except (KeyboardInterrupt, EOFError):
        return None
