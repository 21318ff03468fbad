"""The candidates of a line, as prompt_toolkit asks for them."""

from __future__ import annotations

import asyncio

from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from mwaa_shell.terminal.completer import LineCompleter


def candidates(text: str, event: CompleteEvent) -> list[str]:
    async def collect() -> list[str]:
        completer = LineCompleter(Session(Settings(environment="my-env", airflow_version="2.10.3")))
        return [one.text async for one in completer.get_completions_async(Document(text), event)]

    return asyncio.run(collect())


def test_empty_line_has_candidates_for_tab_alone() -> None:
    assert "dags" in candidates("", CompleteEvent(completion_requested=True))
    assert candidates("", CompleteEvent()) == []
    assert "dags" in candidates("da", CompleteEvent())
