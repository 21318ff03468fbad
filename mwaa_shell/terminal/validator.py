"""What is wrong with a line, said under it before anything is sent; the cursor goes to the place."""

from __future__ import annotations

from prompt_toolkit.document import Document
from prompt_toolkit.validation import ValidationError, Validator

from mwaa_shell.airflow.command_line import logical_lines
from mwaa_shell.session import Session


class LineValidator(Validator):
    """Asks the session, which asks the command tree; ``.send`` goes around it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def validate(self, document: Document) -> None:
        """Raises where Airflow would refuse the line."""
        start = 0
        for _, line in logical_lines(document.text.split("\n")):
            problem = self._session.problem_in(line)
            if problem is not None:
                place = start + problem.position
                raise ValidationError(place, f"{problem.message} (.send sends it anyway)")
            start += len(line) + 1
