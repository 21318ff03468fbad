"""What arrives as keys and is none: bytes in text that was pasted without brackets.

Some look like reports of the terminal, out of which prompt_toolkit reads numbers that it trusts. One is the key that
begins to mark text, after which it takes no letter any more. Each prompt of ours binds these first.
"""

from __future__ import annotations

from prompt_toolkit.filters import emacs_mode, has_selection, shift_selection_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

#: Digits of a row; no terminal has more.
DIGITS = 5


def spurious_keys() -> KeyBindings:
    """Reports of the mouse, which is never asked for, do nothing; those of the cursor count where they can be true.

    Whoever types a letter has marked enough.
    """
    bound = KeyBindings()
    bound.add(Keys.Vt100MouseEvent)(_nothing)
    bound.add(Keys.CPRResponse, save_before=lambda event: False)(_report)
    bound.add(Keys.Any, filter=emacs_mode & has_selection & ~shift_selection_mode)(_go_on_typing)
    return bound


def _nothing(event: KeyPressEvent) -> object:
    return NotImplemented  # so nothing is drawn for it


def _go_on_typing(event: KeyPressEvent) -> None:
    event.current_buffer.exit_selection()
    event.current_buffer.insert_text(event.data * event.arg)


def _report(event: KeyPressEvent) -> object:
    """Pass on the row that the cursor is in."""
    renderer, row = event.app.renderer, row_in(event.data)
    if not 1 <= row <= event.app.output.get_size().rows:
        return NotImplemented
    renderer.report_absolute_cursor_row(row)
    return None


def row_in(report: str) -> int:
    """The row of a report such as ``ESC [ 35 ; 1 R``; 0 for what is no number of a row."""
    digits = report[2:].partition(";")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= DIGITS else 0
