"""How messages name what stands in a line: short, as a choice, with what was meant."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str | None) -> str:
    """The end of a message, where something was meant."""
    return f"; did you mean {name}?" if name else ""


def either(values: Iterable[object]) -> str:
    """One of these."""
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}" if first else last


def shown(text: str) -> str:
    """A word in a message: short, and seen even if it is empty."""
    plain = " ".join(text.split())
    return repr(plain) if not plain or plain != text else plain if len(plain) <= 40 else f"{plain[:37]}..."
