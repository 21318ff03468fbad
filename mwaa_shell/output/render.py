"""An output as text: records as the shell's own table or in another format, everything else made readable.

``render_lines`` is for the terminal: sanitised, folded, colored, with secrets masked. ``exported`` is for programs: the
records in the chosen format, every value unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.secrets.output import shows_options
from mwaa_shell.airflow.secrets.values import MASK
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import LIMIT, Records, find_in
from mwaa_shell.output.style.text import decoded, is_help_the_answer, is_noise_the_answer, note, raw, readable
from mwaa_shell.output.tables.formats import drawn
from mwaa_shell.output.tables.secrets import has_secrets, is_masked, mask_output, mask_records
from mwaa_shell.result import Result

#: Lines of one piece: each piece costs something, and so few take no time.
TOGETHER = 100
#: Formats that leave an output as Airflow wrote it.
AS_IT_CAME = ("auto", "raw")


def render_lines(result: Result, words: tuple[str, ...], view: DisplayOptions) -> Iterator[str]:
    """Yield the standard output for a terminal, in pieces that end in a newline or go on, each made when asked for."""
    if result.raw or chosen_format(result, view) == "raw":
        hidden = _hides(result, words, view)
        yield from _hidden(words, view) if hidden else raw(covered(decoded(result.stdout), words, view), view)
        return
    drawing = _drawing(result, words, view) if words else None
    if drawing is None:
        yield from _as_text(result, words, view)
        return
    found, form, hidden = drawing
    if found.before.strip():
        yield from _ended(readable([found.before], view))
    yield from _drawn(found, form, view)
    if found.after.strip():
        yield from _ended(readable([found.after], view))
    if hidden:
        yield note(f"{HIDDEN}\n", view)


HIDDEN = f"{MASK} covers secrets, .set reveal on shows them"


def _hides(result: Result, words: tuple[str, ...], view: DisplayOptions) -> bool:
    """Return whether an output without records is not shown at all, because it may hold secrets."""
    return bool(words) and result.ok and not view.reveal and has_secrets(words)


def _hidden(words: tuple[str, ...], view: DisplayOptions) -> Iterator[str]:
    yield f"The reply to {' '.join(words[:2])} may hold passwords: .set reveal on shows it\n"


def _drawn(found: Records, form: str, view: DisplayOptions) -> Iterator[str]:
    made = drawn(found, form, view)
    text = ("\n".join([*made[start : start + TOGETHER], ""]) for start in range(0, len(made), TOGETHER))
    if form in ("json", "yaml") and view.color:
        yield from readable(text, view, fold=False, usage=False)
    else:
        yield from text


def exported(result: Result, form: str) -> bytes | None:
    """Return the records of an output in a format, unchanged for programs; ``None`` without records."""
    if form in AS_IT_CAME or not result.words:
        return None
    found = find_in(result.stdout, result.words, "surrogateescape")
    if found is None:
        return None
    made = drawn(found, form, DisplayOptions(width=PAPER, zone=None), faithful=True)
    return "".join(f"{line}\n" for line in made).encode("utf-8", "surrogateescape")


#: Columns of a table that goes to a file: as wide as those that Airflow writes there.
PAPER = 200


def _drawing(result: Result, words: tuple[str, ...], view: DisplayOptions) -> tuple[Records, str, bool] | None:
    """Return the records, their format and whether some are masked; ``None`` where the output stays text."""
    hides = (has_secrets(words) or shows_options(words)) and not view.reveal
    form = _form(result, words, view) or ("table" if hides else "")
    if not form:
        return None
    found = find_in(result.stdout, words)
    if found is None:
        return None
    shown = mask_records(found, words) if hides else found
    return shown, form, shown is not found


def chosen_format(result: Result, view: DisplayOptions) -> str:
    """Return the format for an output; ``-o`` of the command wins over the setting of the session."""
    asked = None if result.added else output_format(result.words)
    return result.format or (view.format if asked is None else "auto")


def _form(result: Result, words: tuple[str, ...], view: DisplayOptions) -> str:
    """Return the format to draw records in; empty where the output stays as Airflow wrote it."""
    if chosen_format(result, view) != "auto":
        return chosen_format(result, view)
    asked = None if result.added else output_format(words)
    if asked == "json":
        return "json"
    return "table" if view.own_tables and asked in (None, "table") else ""


def _as_text(result: Result, words: tuple[str, ...], view: DisplayOptions) -> Iterator[str]:
    if _hides(result, words, view):
        yield from _hidden(words, view)
        return
    if len(result.stdout) > LIMIT and _form(result, words, view):
        yield f"{len(result.stdout) / 1e6:.0f} MB are not drawn as a table; this is the text as it came\n"
    text = decoded(result.stdout)
    chunks = covered(text, words, view)
    fold, usage = not is_noise_the_answer(words), not is_help_the_answer(words)
    yield from _ended(readable(chunks, view, fold=fold, usage=usage))
    if text.note:
        yield f"{text.note}\n"


def covered(text: Iterable[str], words: tuple[str, ...], view: DisplayOptions) -> Iterator[str]:
    """Yield an output with a mask for each secret; for a configuration, with a line that says so."""
    if view.reveal or not is_masked(words):
        yield from text
        return
    came = "".join(text)
    shown = mask_output(came, words)
    yield shown
    if shown != came and shows_options(words):
        yield f"{'' if shown[-1:] == chr(10) else chr(10)}{HIDDEN}\n"


def _ended(pieces: Iterator[str]) -> Iterator[str]:
    """Yield text with a line end at its end."""
    last = "\n"
    for piece in pieces:
        last = piece or last
        yield piece
    if not last.endswith("\n"):
        yield "\n"
