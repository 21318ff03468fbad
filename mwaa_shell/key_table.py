"""The keys that matter, as data: one table, from which bindings, ``.keys`` and the README's section are made.

What prompt_toolkit binds by itself is here too, so that it is told; only rows with an ``action`` are bound by us.
"""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """One key: how people call it, what it does, and what we bind it to."""

    shown: str
    does: str
    presses: tuple[str, ...]  #: in prompt_toolkit's names, each a sequence with blanks between
    action: str = ""  #: the name of a function in ``terminal/keys.py``; empty for what the prompt does by itself


KEYS = (
    Key("Tab", "complete, or open the menu; then go to its next item", ("tab",), "complete"),
    Key("Shift-Tab", "go to the previous item", ("s-tab",)),
    Key("Enter", "run the line; on an item of the menu, take it and run nothing", ("enter", "escape enter"), "enter"),
    Key("Enter after \\", "continue on a new line", ("enter",)),
    Key("Esc", "close the menu", ("escape",), "close"),
    Key("Right, Alt-F", "accept the grey suggestion, or one word of it", ("right", "escape f")),
    Key("Up, Down", "older and newer lines; in the menu, up and down", ("up", "down")),
    Key("Ctrl-R", "search earlier lines", ("c-r",)),
    Key("F1", "explain what is under the cursor", ("f1",), "explain"),
    Key("Ctrl-X Ctrl-E", "edit the line in $VISUAL or $EDITOR", ("c-x c-e",), "edit"),
    Key("Ctrl-_", "undo", ("c-_",)),
    Key("Backspace", "delete, and offer again what fits", ("backspace",), "delete"),
    Key("Ctrl-C", "drop the line; stop waiting for a command", ("c-c",)),
    Key("Ctrl-D", "leave, on an empty line", ("c-d",)),
)
