"""The program in terminals of the tests' own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from tests.terminal.emulator import Begin, Terminal, spawn
from tests.terminal.forked import Forks

Launch = Callable[..., Terminal]


def launcher(environ: dict[str, str], begin: Begin) -> Iterator[Launch]:
    """Starts the program in terminals that are closed after the test."""
    with ExitStack() as terminals:

        def start(
            *arguments: str,
            columns: int = 80,
            rows: int = 24,
            before: tuple[str, ...] = (),
            instead: Mapping[str, str] = environ,
            **variables: str,
        ) -> Terminal:
            argv = [*before, sys.executable, "-m", "mwaa_shell", *arguments]
            return terminals.enter_context(Terminal(argv, {**instead, **variables}, columns, rows, begin=begin))

        yield start


@pytest.fixture
def launch(environ: dict[str, str], forks: Forks) -> Iterator[Launch]:
    """Starts the program in a terminal."""
    yield from launcher(environ, forks.begin)


@pytest.fixture
def start_python(environ: dict[str, str]) -> Iterator[Launch]:
    """The same with a Python of its own, from its very beginning."""
    yield from launcher(environ, spawn)


@pytest.fixture
def terminal(launch: Launch) -> Terminal:
    """The program on ``my-env``, whose state it has asked for."""
    opened = launch("my-env")
    opened.wait_for("AVAILABLE")
    return opened
