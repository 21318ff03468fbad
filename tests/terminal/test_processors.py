"""Held here: what is added to a line is found once for each drawing, however often the drawing asks for the line."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from prompt_toolkit.document import Document

from mwaa_shell.session import send
from mwaa_shell.terminal import processors
from mwaa_shell.terminal.processors import ShowAdditions


def test_one_drawing_asks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    app = SimpleNamespace(is_done=True, exit_style="class:accepting", render_counter=0)
    monkeypatch.setattr(processors, "get_app", lambda: app)

    def additions_to(session: object, text: str) -> str:
        asked.append(text)
        return " -o json"

    monkeypatch.setattr(send, "additions_to", additions_to)
    nobody: Any = None
    processor = ShowAdditions(nobody)
    for drawing, text in ((1, "dags list"), (2, "dags list"), (2, "pools list")):
        app.render_counter = drawing
        wanted: Any = SimpleNamespace(document=Document(text), fragments=[("", text)])
        for _ in range(4):
            shown = processor.apply_transformation(wanted).fragments
            assert list(shown) == [("", text), ("class:line.added", " -o json")]
    assert asked == ["dags list", "dags list", "pools list"]
