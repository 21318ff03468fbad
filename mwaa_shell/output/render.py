"""An output as text: records in a table or another format, other text readable.

``render_lines`` is for the terminal: sanitised, folded, colored, with secrets masked. No chunk is read before the
terminal needs it, so any output opens at once. ``export_records`` is for programs: every value unchanged.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.logs import is_around_task
from mwaa_shell.airflow.secrets.output import shows_options
from mwaa_shell.output import style
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.measure import BOLD, paint
from mwaa_shell.output.records import LIMIT, Records, find_in_bytes
from mwaa_shell.output.sanitiser import sanitise, sanitise_chunks
from mwaa_shell.output.style.fold import fold_noise
from mwaa_shell.output.tables.secrets import has_secrets, is_masked, mask_output, mask_records
from mwaa_shell.output.tables.table import draw_records, quiet
from mwaa_shell.result import Body, Part, Result, chunks

#: Lines of one piece: each piece costs something, and so few take no time.
TOGETHER = 100
#: Formats that leave an output as Airflow wrote it.
AS_IT_CAME = ("auto", "raw")
#: The command whose JSON has the ``conf`` of a run.
TRIGGER = ("dags", "trigger")


HIDDEN = f"{MASK} masks secrets (.set reveal on)"
#: Columns of a table in a file, as wide as Airflow writes it.
PAPER = 200


def render_lines(result: Result, view: DisplayOptions, notes: list[str] | None = None) -> Iterator[str]:
    """Yield the standard output for a terminal, in pieces made on demand.

    Notes on what is not shown are added to ``notes``, or without that to the text.
    """
    is_raw = result.raw or chosen_format(result, view) == "raw"
    if result.log and not result.raw:
        text = decoded(result.stdout)
        yield from readable(text if view.reveal else _masked_lines(text), view, fold=is_around_task)
        return
    drawing = _drawing(result, view) if result.words and not is_raw else None
    if drawing is None:
        yield from _as_text(result, view, is_raw=is_raw)
        return
    found, form, hidden = drawing
    if found.before.strip():
        yield from readable([found.before], view)
    made = draw_records(found, form, view, notes=notes)
    text = ("\n".join([*made[start : start + TOGETHER], ""]) for start in range(0, len(made), TOGETHER))
    is_data = form in ("json", "yaml") and view.color
    yield from readable(text, view, fold=False, usage=False) if is_data else text
    if found.after.strip():
        yield from readable([found.after], view)
    if hidden and notes is None:
        yield from (f"{line}\n" for line in quiet([HIDDEN], view))
    elif hidden and notes is not None:
        notes.append(HIDDEN)


def export_records(result: Result, form: str) -> bytes | None:
    """Return the records of an output in a format for programs, or ``None``."""
    if form in AS_IT_CAME or not result.words:
        return None
    found = find_in_bytes(result.stdout, result.words, "surrogateescape")
    if found is None:
        return None
    made = draw_records(found, form, DisplayOptions(width=PAPER, zone=None), faithful=True)
    return "".join(f"{line}\n" for line in made).encode("utf-8", "surrogateescape")


def heading(part: Part, *, color: bool = False) -> str:
    """Return the line above the output of one environment of several."""
    return f"{paint(f'== {sanitise(part.heading)} ==', BOLD, color=color)}\n"


def _drawing(result: Result, view: DisplayOptions) -> tuple[Records, str, bool] | None:
    """Return the records, their format, and whether they have masks, or ``None``."""
    words = result.words
    hides = (has_secrets(words) or shows_options(words)) and not view.reveal
    form = _form(result, view) or ("table" if hides else "")
    found = find_in_bytes(result.stdout, words) if form else None
    if found is None:
        return None
    if result.added and words[:2] == TRIGGER:
        found = _with_sent_conf(found, words, result.hidden)
    shown = mask_records(found, words) if hides else found
    return shown, form, shown is not found


def _with_sent_conf(found: Records, words: tuple[str, ...], hidden: tuple[str, ...]) -> Records:
    """Return the records with ``conf`` as sent. In the JSON of ``-o json``, each value is text.

    So it is where that is the only difference (``AirflowConsole._normalize_data`` of 2.10.3 and 3.3.1).
    """
    text = next((value for flag, value in pairwise(words) if flag == "--conf"), "")
    for secret in hidden:
        text = text.replace(secret, MASK)
    try:
        sent = json.loads(text)
        as_texts = _as_texts(sent)
    except (ValueError, RecursionError):
        return found
    records = [{**one, "conf": sent} if one.get("conf") == as_texts else one for one in found.records]
    return replace(found, records=tuple(records))


def _as_texts(value: object) -> object:
    if isinstance(value, dict):
        return {key: _as_texts(own) for key, own in value.items()}
    if isinstance(value, list):
        return [_as_texts(one) for one in value]
    return None if value is None else str(value)


def chosen_format(result: Result, view: DisplayOptions) -> str:
    """Return the format for an output. ``-o`` of the command wins over the setting."""
    asked = None if result.added else output_format(result.words)
    return result.format or (view.format if asked is None else "auto")


def _form(result: Result, view: DisplayOptions) -> str:
    """Return the format of records; empty if the output stays as Airflow wrote it."""
    if chosen_format(result, view) != "auto":
        return chosen_format(result, view)
    asked = None if result.added else output_format(result.words)
    if asked == "json":
        return "json"
    return "table" if view.own_tables and asked in (None, "table") else ""


def _as_text(result: Result, view: DisplayOptions, *, is_raw: bool) -> Iterator[str]:
    words = result.words
    is_whole = result.ok or output_format(words) == "plain"  # columns that nothing reads may hold passwords
    if words and is_whole and not view.reveal and has_secrets(words):
        yield f"The output of {' '.join(words[:2])} may hold passwords. .set reveal on shows it.\n"
        return
    text = mask_chunks(decoded(result.stdout), words, view)
    if is_raw:
        yield from sanitise_chunks(text)
        return
    if len(result.stdout) > LIMIT and _form(result, view):
        yield f"{len(result.stdout) / 1e6:.0f} MB are too large for a table. This is the text of Airflow.\n"
    yield from readable(text, view, fold=not is_noise_the_answer(words), usage=not is_help_the_answer(words))


def mask_chunks(text: Iterable[str], words: tuple[str, ...], view: DisplayOptions) -> Iterator[str]:
    """Yield an output with masks. A configuration gets a line that explains them."""
    if view.reveal or not is_masked(words):
        yield from text
        return
    came = "".join(text)
    shown = mask_output(came, words)
    yield shown
    if shown != came and shows_options(words):
        yield f"{'' if shown[-1:] == chr(10) else chr(10)}{HIDDEN}\n"


def _masked_lines(text: Iterable[str]) -> Iterator[str]:
    """Yield a log with a mask for each secret, whole lines at a time."""
    held = ""
    for chunk in text:
        lines, end, held = f"{held}{chunk}".rpartition("\n")
        yield mask_output(lines + end, ())
    yield mask_output(held, ())


#: Bytes to decode at a time.
CHUNK = 1 << 16
#: Characters to color, some fifty screens; text beyond them is plain, and as fast as it is read.
COLORED = 1 << 18
#: Commands that work in the foreground: their log lines are their output.
LOGGING = (
    ("tasks", "test"), ("tasks", "run"), ("dags", "test"), ("dags", "backfill"),
    ("db",), ("fab-db",), ("db-manager",), ("sync-perm",),
    ("test",), ("run",), ("backfill",), ("initdb",), ("upgradedb",), ("resetdb",), ("sync_perm",),
)  # fmt: skip


def readable(
    text: Iterable[str], view: DisplayOptions, *, fold: bool | Callable[[str], bool] = True, usage: bool = True
) -> Iterator[str]:
    """Yield readable text in pieces. Each ends in a newline or is part of a long line.

    The text is sanitised, colored where ``view.color`` says so, and folded: log lines with ``fold`` (all of no use, or
    those for which it returns ``True``), the help text of argparse with ``usage``, warnings of no use and tracebacks
    always.
    """
    pieces = fold_noise(sanitise_chunks(text), noise=fold, usage=usage)
    if not view.color:
        yield from (piece for _, piece in pieces)
        return
    formatter, left = style.formatter_for(view), COLORED  # only colors import pygments, which is slow
    for look, piece in pieces:
        if left <= 0:
            yield piece
            continue
        end = len(piece) if len(piece) <= left else piece.rfind("\n", 0, left) + 1
        left -= len(piece)
        yield from formatter.pieces(style.tokens_of(look, piece[:end]))
        if end < len(piece):
            yield piece[end:]


def decoded(data: Body) -> Iterator[str]:
    """Return UTF-8 as text in chunks. U+FFFD replaces other bytes."""
    return codecs.iterdecode(chunks(data, CHUNK), "utf-8", "replace")


def is_noise_the_answer(words: tuple[str, ...]) -> bool:
    """Return whether a command is run for its log lines, as ``tasks test`` is."""
    if words[:2] == ("backfill", "create"):  # of Airflow 3: it only queues runs
        return False
    return any(words[: len(command)] == command for command in LOGGING)


def is_help_the_answer(words: tuple[str, ...]) -> bool:
    """Return whether a command was asked for its help text."""
    return "-h" in words or "--help" in words
