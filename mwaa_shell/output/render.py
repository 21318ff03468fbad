"""What a reply looks like: records as a table of our own or in another format, everything else as readable text.

Two ways lead out. ``lines`` is for eyes: sanitised, folded, coloured, with passwords masked. ``exported`` is for
programs: the same records in the format that was asked for, every value as it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.secrets.values import MASK
from mwaa_shell.result import Result

if TYPE_CHECKING:
    from mwaa_shell.output.display import DisplayOptions
    from mwaa_shell.output.records import Records

#: Lines that are handed on at a time: each piece costs something, and nobody waits for so few.
TOGETHER = 100
#: Formats in which a reply is left as it came.
AS_IT_CAME = ("auto", "raw")


def lines(result: Result, words: tuple[str, ...], view: DisplayOptions) -> Iterator[str]:
    """The standard output for a terminal, in pieces that end in a newline or go on, each made when it is asked for."""
    from mwaa_shell.output.style.text import decoded, note, raw, readable

    if result.raw or wanted(result, view) == "raw":
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
    """Whether a reply that cannot be read as records is not to be shown at all."""
    from mwaa_shell.output.tables.secrets import has_secrets

    return bool(words) and result.ok and not view.reveal and has_secrets(words)


def _hidden(words: tuple[str, ...], view: DisplayOptions) -> Iterator[str]:
    yield f"The reply to {' '.join(words[:2])} may hold passwords: .set reveal on shows it\n"


def _drawn(found: Records, form: str, view: DisplayOptions) -> Iterator[str]:
    from mwaa_shell.output.style.text import readable
    from mwaa_shell.output.tables.formats import drawn

    made = drawn(found, form, view)
    text = ("\n".join([*made[start : start + TOGETHER], ""]) for start in range(0, len(made), TOGETHER))
    if form in ("json", "yaml") and view.color:
        yield from readable(text, view, fold=False, usage=False)
    else:
        yield from text


def exported(result: Result, form: str) -> bytes | None:
    """The records of a reply in a format, byte for byte for programs; ``None`` where there are none to be seen."""
    if form in AS_IT_CAME or not result.words:
        return None
    from mwaa_shell.output.display import DisplayOptions
    from mwaa_shell.output.records import find_in
    from mwaa_shell.output.tables.formats import drawn

    found = find_in(result.stdout, result.words, "surrogateescape")
    if found is None:
        return None
    made = drawn(found, form, DisplayOptions(width=PAPER, zone=None), faithful=True)
    return "".join(f"{line}\n" for line in made).encode("utf-8", "surrogateescape")


#: Columns of a table that goes to a file: as wide as those that Airflow writes there.
PAPER = 200


def _drawing(result: Result, words: tuple[str, ...], view: DisplayOptions) -> tuple[Records, str, bool] | None:
    """The records of a reply, what to draw them as and whether some are hidden; ``None`` where it stays text."""
    from mwaa_shell.airflow.secrets.output import shows_options
    from mwaa_shell.output.tables.secrets import has_secrets, mask_records

    hides = (has_secrets(words) or shows_options(words)) and not view.reveal
    form = _form(result, words, view) or ("table" if hides else "")
    if not form:
        return None
    from mwaa_shell.output.records import find_in

    found = find_in(result.stdout, words)
    if found is None:
        return None
    shown = mask_records(found, words) if hides else found
    return shown, form, shown is not found


def wanted(result: Result, view: DisplayOptions) -> str:
    """The format that was chosen for a reply; what its line asks of Airflow wins over that of the session."""
    asked = None if result.added else output_format(result.words)
    return result.format or (view.format if asked is None else "auto")


def _form(result: Result, words: tuple[str, ...], view: DisplayOptions) -> str:
    """What to draw records as; empty where they stay as they came."""
    if wanted(result, view) != "auto":
        return wanted(result, view)
    asked = None if result.added else output_format(words)
    if asked == "json":
        return "json"
    return "table" if view.own_tables and asked in (None, "table") else ""


def _as_text(result: Result, words: tuple[str, ...], view: DisplayOptions) -> Iterator[str]:
    from mwaa_shell.output.records import LIMIT
    from mwaa_shell.output.style.text import decoded, is_help_the_answer, is_noise_the_answer, readable

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
    """What a command printed, with a mask for each secret; of a configuration, with a line that says so."""
    from mwaa_shell.airflow.secrets.output import shows_options
    from mwaa_shell.output.tables.secrets import is_masked, mask_output

    if view.reveal or not is_masked(words):
        yield from text
        return
    came = "".join(text)
    shown = mask_output(came, words)
    yield shown
    if shown != came and shows_options(words):
        yield f"{'' if shown[-1:] == chr(10) else chr(10)}{HIDDEN}\n"


def _ended(pieces: Iterator[str]) -> Iterator[str]:
    """The same, with a line end at the end."""
    last = "\n"
    for piece in pieces:
        last = piece or last
        yield piece
    if not last.endswith("\n"):
        yield "\n"
