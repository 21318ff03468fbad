"""The table of keys, for bindings, ``.keys`` and the documentation.

prompt_toolkit binds some keys, which are here for the list. The shell binds only rows with an ``action``.
"""

from __future__ import annotations

from typing import NamedTuple


class KeyBinding(NamedTuple):
    """One key: its name, its effect and its binding."""

    shown: str
    does: str
    presses: tuple[str, ...]  #: in prompt_toolkit's names, each a sequence with blanks between
    action: str = ""  #: a method of ``KeyActions``; empty for a binding of prompt_toolkit


KEYS = (
    KeyBinding("Tab", "complete, open the menu, or take the next item", ("tab",), "complete"),
    KeyBinding("Shift-Tab", "previous item of the menu", ("s-tab",)),
    KeyBinding("Enter", "run the command, or insert the item of the menu", ("enter",), "enter"),
    KeyBinding("Esc Enter", "begin a new line", ("escape enter",), "begin_line"),
    KeyBinding("Enter after \\", "continue on a new line, as in an open quote", ("enter",)),
    KeyBinding("Esc", "close the menu", ("escape",), "close"),
    KeyBinding("Right, Alt-F", "accept the gray suggestion, or one word of it", ("right", "escape f")),
    KeyBinding("Up, Down", "older and newer commands, or move in the menu", ("up", "down")),
    KeyBinding("Ctrl-R", "search past commands (Enter runs, Right edits)", ("c-r",)),
    KeyBinding("Home, End", "go to the start or end (also Ctrl-A, Ctrl-E)", ("home", "end")),
    KeyBinding("Alt-.", "last word of the command before", ("escape .",)),
    KeyBinding("Ctrl-U, Ctrl-K", "delete to the start or end (Ctrl-Y restores it)", ("c-u", "c-k")),
    KeyBinding("F1", "explain the word under the cursor", ("f1",), "explain"),
    KeyBinding("Ctrl-X Ctrl-E", "edit the command in $VISUAL or $EDITOR", ("c-x c-e",), "edit"),
    KeyBinding("Ctrl-_", "undo", ("c-_",)),
    KeyBinding("Backspace", "delete, and update the menu", ("backspace",), "delete"),
    KeyBinding("Ctrl-L", "clear the screen", ("c-l",)),
    KeyBinding("Ctrl-Z", "suspend the shell until fg", ("c-z",)),
    KeyBinding("Ctrl-C", "clear the line, or stop waiting for a command", ("c-c",)),
    KeyBinding("Ctrl-D", "leave, on an empty line", ("c-d",)),
)
