"""What is wrong with a line, said under it before anything is sent; the cursor goes to the place."""

from __future__ import annotations

import shutil

from prompt_toolkit.document import Document
from prompt_toolkit.validation import ValidationError, Validator

from mwaa_shell.airflow.command_line import logical_lines, parse, spans_of_lines
from mwaa_shell.session import Session


class LineValidator(Validator):
    """Asks the session, which asks the command tree; ``.send`` goes around it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def validate(self, document: Document) -> None:
        """Raises where Airflow would refuse the line."""
        spans = spans_of_lines(document.text)
        lines = [line for _, line in logical_lines(document.text.split("\n"))]
        for (start, _), line in zip(spans, lines, strict=True):
            problem = self._session.problem_in(line)
            if problem is not None:
                anyway = "" if parse(line).problem else " (.send sends it)"
                raise ValidationError(start + problem.position, _fitted(problem.message, anyway))


def _fitted(message: str, advice: str) -> str:
    """The message with the advice, on one row: the end of the message, where the suggestion stands, is kept."""
    width = shutil.get_terminal_size().columns - 1
    if len(message) + len(advice) <= width:
        return message + advice
    if len(message) <= width:
        return message
    return f"{message[: width // 3]}…{message[-(width - width // 3 - 1) :]}"
