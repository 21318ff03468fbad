"""Text as the cells that prompt_toolkit's screen is made of."""

from __future__ import annotations

from prompt_toolkit.cache import FastDictCache
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.screen import Char

Cells = list[Char]

#: So many different cells are kept.
KEPT = 10_000
_CELLS: FastDictCache[tuple[str, str], Char] = FastDictCache(Char, KEPT)
#: What stands behind a character that takes two cells.
_COVERED = Char("", "")


def cells(text: StyleAndTextTuples) -> Cells:
    """The cells that a text takes: two for a wide character, none for one that goes with the one before it."""
    made: Cells = []
    for style, part, *_ in text:
        if part.isascii() and part.isprintable():
            made += [_CELLS[char, style] for char in part]
            continue
        for char in part:
            _add(made, _CELLS[char, style])
    return made


def _add(made: Cells, cell: Char) -> None:
    if cell.width:
        made += [cell, *[_COVERED] * (cell.width - 1)]
        return
    before = next((at for at in range(len(made) - 1, -1, -1) if made[at] is not _COVERED), None)
    if before is not None:
        made[before] = _CELLS[made[before].char + cell.char, made[before].style]
