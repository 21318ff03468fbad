"""When Python looks for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from mwaa_shell.terminal.garbage import Garbage


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_a_drawing_turns_it_on() -> None:
    gc.disable()
    Garbage().look()
    assert gc.isenabled()


def test_no_drawing_turns_it_on_while_it_is_left_alone() -> None:
    garbage = Garbage()
    with garbage.left_alone():
        garbage.look()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_last_turns_it_on() -> None:
    garbage = Garbage()
    first, second = garbage.left_alone(), garbage.left_alone()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_before_the_first_prompt_it_stays_off() -> None:
    gc.disable()
    garbage = Garbage()
    with garbage.left_alone():
        pass
    assert not gc.isenabled()
    garbage.look()
    assert gc.isenabled()
