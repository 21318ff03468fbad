"""What prompt_toolkit lays out for a prompt, but for what this one never shows: each key goes through all of it."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_toolkit.layout import Layout
from prompt_toolkit.layout.containers import Float, FloatContainer, HSplit
from prompt_toolkit.layout.menus import CompletionsMenu

from mwaa_shell.terminal.menu import Menu


def furnish(layout: Layout, menu: Menu, floats: Sequence[Float]) -> None:
    """Leave the line, the menu and the toolbar, with our own menu, and with these floats over the line.

    A frame, a second menu, a prompt on the right, and the toolbars of a validator, of system commands and of several
    lines are what goes.
    """
    root = layout.container
    line = next((one for one in layout.walk() if isinstance(one, FloatContainer)), None)
    if line is None or not isinstance(root, HSplit):
        raise TypeError("prompt_toolkit lays a prompt out in another way")
    root.children = [line, root.children[-1]]
    line.floats = [one for one in line.floats if isinstance(one.content, CompletionsMenu)]
    for one in line.floats:
        if isinstance(one.content, CompletionsMenu):
            menu.furnish(one.content)
    line.floats += floats
