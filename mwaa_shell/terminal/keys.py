"""The actions of keys, one method each, bound from ``mwaa_shell.key_table``.

Enter takes a selected item, continues after a backslash, or replaces words of another Airflow. Otherwise it runs the
line.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
import termios
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from prompt_toolkit.application import Application, get_app, run_in_terminal
from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import CompleteEvent, Completion, get_common_complete_suffix
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import (
    Condition,
    emacs_mode,
    has_completions,
    has_focus,
    has_selection,
    is_searching,
    shift_selection_mode,
    vi_insert_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.keys import Keys
from prompt_toolkit.search import accept_search, stop_search

from mwaa_shell import airflow, dot_commands, history
from mwaa_shell.airflow.command_line import Problem, open_quote
from mwaa_shell.errors import UsageError, with_hint
from mwaa_shell.key_table import KEYS
from mwaa_shell.output import sanitise
from mwaa_shell.session import Session
from mwaa_shell.terminal.toolbar import ValidationMessage

#: The event of a menu that opens without Tab.
NOT_ASKED = CompleteEvent()


def bindings(session: Session, message: ValidationMessage, origins: dict[str, str]) -> KeyBindings:
    """Return the bindings of all keys with an action.

    ``message`` shows sentences about the line. ``origins`` gets the lines that come from the history, with their
    origin.
    """
    actions = KeyActions(session, message, origins)
    typing = has_focus(DEFAULT_BUFFER)
    inserting = typing & (emacs_mode | vi_insert_mode)
    filters = {
        "enter": typing,
        "begin_line": typing & emacs_mode,
        "complete": inserting & Condition(lambda: session.preferences["menu"] != "never"),
        # With another key that follows at once, Esc is the prefix of Alt.
        "close": typing & has_completions & Condition(lambda: not get_app().key_processor.input_queue),
        "explain": typing,
        "edit": typing,
        "delete": inserting & Condition(actions.opens_while_typing),
    }
    bound = KeyBindings()
    for key in KEYS:
        if key.action:
            bind = bound.add(*key.presses[0].split(), filter=filters[key.action], eager=key.action == "close")
            bind(getattr(actions, key.action))
    bound.add("enter", filter=is_searching)(actions.run_match)
    for moves in ("left", "right", "home", "end", "c-a", "c-b", "c-e", "c-f"):
        bound.add(moves, filter=is_searching)(actions.edit_match)
    return bound


class KeyActions:
    """The actions of keys in one session."""

    def __init__(self, session: Session, message: ValidationMessage, origins: dict[str, str]) -> None:
        self._session = session
        self._origins = origins
        self._message = message

    def opens_while_typing(self) -> bool:
        """Return whether the menu opens without Tab."""
        return self._session.preferences["menu"] == "typing"

    def complete(self, event: KeyPressEvent) -> None:
        """Take the next item of the menu, the only candidate or the common start of all.

        The candidates are found synchronously: a Tab that follows a key at once is not lost. Nothing is inserted while
        names are being loaded, and no flag without a typed dash.
        """
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.completions:
            buffer.complete_next()
            return
        live = self._session.cached_names
        before = live.lookups if live is not None else 0
        found = _candidates(buffer)
        names_come = live is not None and live.is_asking and live.lookups != before
        sure = not names_come and any(one.start_position or not one.text.startswith("-") for one in found)
        common = get_common_complete_suffix(buffer.document, found) if len(found) > 1 and sure else ""
        if len(found) == 1 and sure:
            buffer.apply_completion(found[0])
            accept_completion(buffer, follow=self.opens_while_typing())
        elif found:
            buffer.insert_text(common, fire_event=False)
            buffer.complete_state = CompletionState(buffer.document, _candidates(buffer) if common else found)
            buffer.on_completions_changed.fire()

    def enter(self, event: KeyPressEvent) -> None:
        """Take the selected item, continue, translate or run."""
        buffer = event.current_buffer
        state = buffer.complete_state
        if state is not None and state.current_completion is not None:
            accept_completion(buffer, follow=self.opens_while_typing())
        elif continues_on_next_line(buffer):
            self.begin_line(event)
        elif self._expand(buffer) or self._translate(buffer) or self._message.complain(buffer):
            if drop_typed_ahead(event.app):
                self._message.add("The keys typed after it were dropped.")
        else:
            buffer.validate_and_handle()

    def run_match(self, event: KeyPressEvent) -> None:
        """Run the match of Ctrl-R, as bash does."""
        accept_search()
        self.enter(event)

    def edit_match(self, event: KeyPressEvent) -> None:
        """Move in the match of Ctrl-R, as bash does."""
        accept_search()
        event.key_processor.feed_multiple(event.key_sequence, first=True)

    def begin_line(self, event: KeyPressEvent) -> None:
        """Put a line break at the cursor, and name a quote that is still open."""
        buffer = event.current_buffer
        buffer.newline(copy_margin=False)
        quote = open_quote(buffer.text) if buffer.document.is_cursor_at_the_end else ""
        if quote:
            self._message.say(f"The command continues until you close the quote {quote}", "class:message.changed")

    def _expand(self, buffer: Buffer) -> bool:
        """Expand ``!42`` and the like. Return whether the command waits on the prompt."""
        if not buffer.text.lstrip().startswith(("!", "^")):
            return False
        connection, typed = self._session.connection, buffer.text.lstrip()
        batch = self._session.last_batch
        past = self._session.recorder.history.past(history.environment_key(connection), batch and batch.entry)
        found = history.expand(buffer.text, past)
        if found is None:
            return False
        if isinstance(found, Problem):
            buffer.cursor_position = min(found.position, len(buffer.text))
            self._message.say(with_hint(found.message, found.hint), "class:message.wrong")
            return True
        buffer.save_to_undo_stack()
        line = (" " if buffer.text.startswith(" ") else "") + found.line
        buffer.document = Document(line, len(line))
        if found.entry.number:
            self._origins[line] = history.rerun_of(found.entry.number)
        here, there = connection.target.name, found.entry.environment
        ran_on = there if typed[1:2].isdigit() and there != here else ""  # all else finds what was typed here
        if not ran_on and self._session.rules().problem_in(line):
            return False  # the next checks of Enter name the mistake
        reason = history.reason_to_review(
            found.entry, self._session.grammar, found.line[dot_commands.command_in(found.line) :], ran_on
        )
        if reason:
            enter = f"Enter runs it on {here}" if ran_on else "Enter runs it"
            reason = f"#{found.entry.number}: {reason}" if found.entry.number else f"{reason[0].upper()}{reason[1:]}"
            self._message.say(f"{reason} ({enter}, Ctrl-_ undoes)", "class:message.changed")
        return bool(reason)

    def _translate(self, buffer: Buffer) -> bool:
        """Replace words of another Airflow. Return whether there were any."""
        found = airflow.line_rules.translated_block(buffer.text, self._session.rules().checked_by)
        if found is None:
            return False
        text, notes = found
        buffer.cancel_completion()
        buffer.save_to_undo_stack()
        buffer.document = Document(text, len(text))
        runs = "" if self._session.rules().problem_in(text) else "Enter runs it, "
        self._message.say(f"{'. '.join(notes)} ({runs}Ctrl-_ undoes)", "class:message.changed")
        return True

    def close(self, event: KeyPressEvent) -> None:
        """Close the menu and restore the typed text. In vi mode, enter command mode."""
        event.current_buffer.cancel_completion()
        if not emacs_mode():
            event.app.vi_state.input_mode = InputMode.NAVIGATION

    def explain(self, event: KeyPressEvent) -> None:
        """Explain the word under the cursor above the prompt."""
        buffer = event.current_buffer
        width = event.app.output.get_size().columns - 1
        page = dot_commands.help_at_cursor(buffer.text, buffer.cursor_position, self._session.grammar, width)
        print_above(lambda: print(sanitise(page)))

    def edit(self, event: KeyPressEvent) -> None:
        """Open the line in an editor, and put the saved text on the prompt."""
        event.app.create_background_task(self._edit(event.current_buffer))

    async def _edit(self, buffer: Buffer) -> None:
        try:
            text = await run_in_terminal(partial(edit_text, buffer.text), in_executor=True)
        except UsageError as error:
            self._message.say(str(error), "class:message.wrong")
            get_app().invalidate()  # the prompt was drawn again before
        else:
            buffer.document = Document(text, len(text))

    def delete(self, event: KeyPressEvent) -> None:
        """Delete a character and update the menu."""
        buffer = event.current_buffer
        was_open = buffer.complete_state is not None
        if not buffer.delete_before_cursor(count=event.arg):
            event.app.output.bell()
        elif was_open:
            buffer.start_completion(complete_event=NOT_ASKED)


def print_above(write: Callable[[], None]) -> None:
    """Write above the prompt, in its thread. Keys typed meanwhile are not echoed."""
    app = get_app()

    def quietly() -> None:
        with suppress(OSError, ValueError, NotImplementedError, termios.error):  # no terminal
            keyboard = app.input.fileno()
            mode = termios.tcgetattr(keyboard)  # as prompt_toolkit sets it for a program that reads lines
            mode[3] &= ~termios.ECHO
            termios.tcsetattr(keyboard, termios.TCSANOW, mode)
        write()

    run_in_terminal(quietly)


def leave_prompt(app: Application[Any], exception: BaseException, style: str = "") -> None:
    """End an application, and a search in it, with an exception; in its own context."""
    if app.is_running and not app.is_done:
        if app.layout.is_searching:
            stop_search()
        app.exit(exception=exception, style=style)


def drop_typed_ahead(app: Application[Any]) -> bool:
    """Discard keys that were pressed right after Enter. Return whether there were any.

    They were meant for the next prompt. Responses of the terminal are not keys, and stay.
    """
    queue = app.key_processor.input_queue
    waiting = [*queue, *app.input.read_keys()]
    responses = [press for press in waiting if press.key is Keys.CPRResponse]
    queue.clear()
    queue.extend(responses)
    return len(responses) < len(waiting)


def _candidates(buffer: Buffer) -> list[Completion]:
    return list(buffer.completer.get_completions(buffer.document, CompleteEvent(completion_requested=True)))


def accept_completion(buffer: Buffer, *, follow: bool) -> None:
    """Keep the selected item. At the end of the line, add a blank and open the next menu."""
    buffer.complete_state = None
    if buffer.document.is_cursor_at_the_end and not buffer.text.endswith((" ", "/", "=")):
        buffer.insert_text(" ", fire_event=False)
        if follow:
            buffer.start_completion(complete_event=NOT_ASKED)


def continues_on_next_line(buffer: Buffer) -> bool:
    """Return whether Enter begins a new line.

    It does after a trailing backslash and inside an open quote. A backslash in an open quote is removed, because it
    would be a part of the text.
    """
    text = buffer.text
    if not buffer.document.is_cursor_at_the_end:
        return False
    backslash = (len(text) - len(text.rstrip("\\"))) % 2 == 1
    quoted = open_quote(text[:-1] if backslash else text) in ("'", '"')
    if backslash and quoted:
        buffer.delete_before_cursor()
    return backslash or quoted


#: Where an editor may be if ``$VISUAL`` and ``$EDITOR`` name none that can be started.
EDITORS = ("/usr/bin/editor", "/usr/bin/nano", "/usr/bin/pico", "/usr/bin/vi", "/usr/bin/emacs")


def edit_text(text: str) -> str:
    """Return a text as the user's editor saves it, unchanged if the editor fails. Raises ``UsageError``."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:  # for its owner only
            file.write(text)
            file.flush()
            if _run_editor(file.name) != 0:
                return text
            with open(file.name, encoding="utf-8", newline="") as edited:
                return edited.read().removesuffix("\n")
    except UnicodeError:
        raise UsageError("The editor requires UTF-8 text, so the command stays unchanged") from None
    except OSError as error:
        raise UsageError(f"The file for the editor cannot be used ({error.strerror})") from None


def _run_editor(path: str) -> int:
    """Run the first editor that exists, and return its exit code. Raises ``UsageError`` if there is no editor."""
    for editor in (os.environ.get("VISUAL"), os.environ.get("EDITOR"), *EDITORS):
        with suppress(OSError, ValueError):  # it is not there, or its quotes do not match
            words = shlex.split(editor or "")
            if words:
                return subprocess.call([*words, path])
    raise UsageError("No editor found. Set VISUAL or EDITOR")


#: Digits of a row; no terminal has more.
DIGITS = 5


def spurious_keys() -> KeyBindings:
    """Return keys that ignore mouse reports and impossible cursor reports. A typed letter ends the selection."""
    bound = KeyBindings()
    bound.add(Keys.Vt100MouseEvent)(lambda event: NotImplemented)  # so nothing is drawn for it
    bound.add(Keys.CPRResponse, save_before=lambda event: False)(_report)
    bound.add(Keys.Any, filter=emacs_mode & has_selection & ~shift_selection_mode)(_replace_selection)
    return bound


def _replace_selection(event: KeyPressEvent) -> None:
    event.current_buffer.exit_selection()
    event.current_buffer.insert_text(event.data * event.arg)


def _report(event: KeyPressEvent) -> object:
    """Pass on the row of the cursor."""
    renderer, row = event.app.renderer, parse_cursor_row(event.data)
    if not 1 <= row <= event.app.output.get_size().rows:
        return NotImplemented
    renderer.report_absolute_cursor_row(row)
    return None


def parse_cursor_row(report: str) -> int:
    """Return the row of a report such as ``ESC [ 35 ; 1 R``; 0 if it is not a number."""
    digits = report[2:].partition(";")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= DIGITS else 0
