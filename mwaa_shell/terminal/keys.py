"""What the keys of the table do: one function an action, bound from ``mwaa_shell.key_table``.

Enter is the key that costs: it takes an item that is selected, goes on after a backslash, replaces words that this
Airflow does not know by those that it does, and only then runs the line.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import CompleteEvent, Completion, get_common_complete_suffix
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, FilterOrBool, emacs_mode, has_completions, has_focus, vi_insert_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.vi_state import InputMode

from mwaa_shell.errors import UsageError
from mwaa_shell.key_table import KEYS
from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.session import Session
from mwaa_shell.terminal.validation_message import Message

Action = Callable[[KeyPressEvent], object]
#: The menu opens by itself, whatever is typed: nothing is asked for because of it.
NOT_ASKED = CompleteEvent()


def bindings(session: Session, message: Message, origins: dict[str, str]) -> KeyBindings:
    """All keys of the table that have an action; ``message`` shows what is to be said of the line.

    Lines that stand for a command of the history are noted in ``origins``, with where they come from.
    """
    actions = Keys(session, message, origins)
    bound = KeyBindings()
    for key in KEYS:
        if key.action:
            action, when = actions.named(key.action)
            for presses in key.presses:
                bound.add(*presses.split(), filter=when, eager=key.action == "close")(action)
    return bound


class Keys:
    """The actions, on one session."""

    def __init__(self, session: Session, message: Message, origins: dict[str, str]) -> None:
        self._session = session
        self._origins = origins
        self._message = message

    def named(self, action: str) -> tuple[Action, FilterOrBool]:
        """The function of an action and when it holds."""
        typing = has_focus(DEFAULT_BUFFER)
        inserting = typing & (emacs_mode | vi_insert_mode)
        known: dict[str, tuple[Action, FilterOrBool]] = {
            "enter": (self.enter, typing),
            "complete": (self.complete, inserting & ~Condition(self._never_opens)),
            "close": (self.close, typing & has_completions & Condition(_comes_alone)),
            "explain": (self.explain, typing),
            "edit": (self.edit, typing),
            "delete": (self.delete, inserting & Condition(self._opens_while_typing)),
        }
        return known[action]

    def _opens_while_typing(self) -> bool:
        return self._session.preferences["menu"] == "typing"

    def _never_opens(self) -> bool:
        return self._session.preferences["menu"] == "never"

    def complete(self, event: KeyPressEvent) -> None:
        """Go on in the menu; else take the only candidate, or type what all have in common and open the menu.

        The candidates are asked for here and now: a Tab that follows a key at once is not lost. Nothing is typed while
        names are on their way that may be meant, nor are flags where nothing of them was typed.
        """
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.completions:
            buffer.complete_next()
            return
        found = _candidates(buffer)
        sure = not self._names_are_coming() and any(one.start_position or not one.text.startswith("-") for one in found)
        common = get_common_complete_suffix(buffer.document, found) if len(found) > 1 and sure else ""
        if len(found) == 1 and sure:
            buffer.apply_completion(found[0])
            take(buffer, follow=self._opens_while_typing())
        elif found:
            buffer.insert_text(common, fire_event=False)
            buffer.complete_state = CompletionState(buffer.document, _candidates(buffer) if common else found)
            buffer.on_completions_changed.fire()

    def _names_are_coming(self) -> bool:
        return self._session.live is not None and self._session.live.is_asking

    def enter(self, event: KeyPressEvent) -> None:
        """Take what is selected, go on, translate, or run."""
        buffer = event.current_buffer
        state = buffer.complete_state
        if state is not None and state.current_completion is not None:
            take(buffer, follow=self._opens_while_typing())
        elif goes_on(buffer.document):
            buffer.newline(copy_margin=False)
        elif not (self._expand(buffer) or self._translate(buffer) or self._message.complain(buffer)):
            buffer.validate_and_handle()

    def _expand(self, buffer: Buffer) -> bool:
        """Put the command of before on the prompt that ``!42`` and the like stand for; whether it has to wait there."""
        if not buffer.text.lstrip().startswith(("!", "^")):
            return False
        from mwaa_shell.airflow.command_line import Problem
        from mwaa_shell.history.entries import rerun_of
        from mwaa_shell.history.expansion import expand
        from mwaa_shell.history.recorder import environment_key
        from mwaa_shell.history.rerun import reason_to_review

        found = expand(buffer.text, self._session.record.history.past(environment_key(self._session.link)))
        if found is None:
            return False
        if isinstance(found, Problem):
            buffer.cursor_position = min(found.position, len(buffer.text))
            self._message.say(found.message, "class:message.wrong")
            return True
        buffer.save_to_undo_stack()
        line = (" " if buffer.text.startswith(" ") else "") + found.line
        buffer.document = Document(line, len(line))
        self._origins[line] = rerun_of(found.number)
        reason = reason_to_review(found.entry, self._session.grammar, found.line)
        if reason:
            self._message.say(f"#{found.number}: {reason} (Enter runs it, Ctrl-_ undoes)", "class:message.changed")
        return bool(reason)

    def _translate(self, buffer: Buffer) -> bool:
        """Put this Airflow's words on the prompt and say so; False where the line needs none."""
        from mwaa_shell.airflow.line_checks import as_sentence, translated_block

        found = translated_block(buffer.text, self._session.rules().checked_by)
        if found is None:
            return False
        text, notes = found
        buffer.cancel_completion()
        buffer.save_to_undo_stack()
        buffer.document = Document(text, len(text))
        runs = "" if self._session.rules().problem_in(text) else "Enter runs it, "
        self._message.say(f"{as_sentence(notes)} ({runs}Ctrl-_ undoes)", "class:message.changed")
        return True

    def close(self, event: KeyPressEvent) -> None:
        """Close the menu and have back what was typed; in vi mode Esc is also on the way to commands."""
        event.current_buffer.cancel_completion()
        if not emacs_mode():
            event.app.vi_state.input_mode = InputMode.NAVIGATION

    def explain(self, event: KeyPressEvent) -> None:
        """Write above the prompt what is known of the word under the cursor."""
        from mwaa_shell.dot_commands import explained

        buffer = event.current_buffer
        width = event.app.output.get_size().columns - 1
        page = explained(buffer.text, buffer.cursor_position, self._session.grammar, width)
        run_in_terminal(lambda: print(sanitise(page)))

    def edit(self, event: KeyPressEvent) -> None:
        """The line in an editor; what it saves is put back on the prompt and not run."""
        event.app.create_background_task(self._edit(event.current_buffer))

    async def _edit(self, buffer: Buffer) -> None:
        from mwaa_shell.terminal.editor import edited

        try:
            text = await run_in_terminal(partial(edited, buffer.text), in_executor=True)
        except UsageError as error:
            self._message.say(str(error), "class:message.wrong")
            get_app().invalidate()  # the prompt was drawn again before
        else:
            buffer.document = Document(text, len(text))

    def delete(self, event: KeyPressEvent) -> None:
        """Backspace; the menu follows."""
        buffer = event.current_buffer
        was_open = buffer.complete_state is not None
        if not buffer.delete_before_cursor(count=event.arg):
            event.app.output.bell()
        elif was_open:
            buffer.start_completion(complete_event=NOT_ASKED)


def _comes_alone() -> bool:
    """Whether the key is the last that was read: Esc at once followed by another is how Alt arrives."""
    return not get_app().key_processor.input_queue


def _candidates(buffer: Buffer) -> list[Completion]:
    return list(buffer.completer.get_completions(buffer.document, CompleteEvent(completion_requested=True)))


def take(buffer: Buffer, *, follow: bool) -> None:
    """Keep the selected item; at the end of the line a blank follows it, and the menu of what may come next."""
    buffer.complete_state = None
    if buffer.document.is_cursor_at_the_end and not buffer.text.endswith((" ", "/", "=")):
        buffer.insert_text(" ", fire_event=False)
        if follow:
            buffer.start_completion(complete_event=NOT_ASKED)


def goes_on(document: Document) -> bool:
    """Whether the line ends in a backslash that escapes nothing else: Enter then begins a new one."""
    text = document.text
    return document.is_cursor_at_the_end and (len(text) - len(text.rstrip("\\"))) % 2 == 1
