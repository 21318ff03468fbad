"""What the shell adds to a line stands behind it, dim, once the line has been entered: the echo says what is sent."""

from __future__ import annotations

from prompt_toolkit.application import get_app
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput

from mwaa_shell.session import Session


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
