"""Draws what a terminal shows as an SVG: a window with a title, and text cell by cell, in whatever font there is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape

from pyte.screens import Char
from shot import Row, Shot

#: Pixels: the size of letters, one cell, the space around the text, the title bar.
FONT_SIZE, WIDTH, HEIGHT, MARGIN, BAR = 14, 8.4, 18, 16, 36
FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
NAMES = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")
#: What one <text> holds, so that a wrong advance cannot add up: ASCII words with single blanks, or letters beyond it.
WORDS = re.compile(r"[!-~]+(?: [!-~]+)*|[^ -~]+")


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a terminal: the sixteen in their usual order, separated by blanks."""

    foreground: str
    background: str
    bar: str
    edge: str
    sixteen: str

    def color(self, name: str, default: str) -> str:
        """A colour as pyte names it: a name of the sixteen, six hexadecimal digits, or ``default``."""
        name = name.replace("bfight", "bright")  # pyte misspells bright magenta as a background
        plain = name.removeprefix("bright")
        if plain in NAMES:
            return self.sixteen.split()[NAMES.index(plain) + (8 if plain != name else 0)]
        return default if name == "default" else f"#{name}"


DARK = Theme(
    *("#e6edf3", "#0d1117", "#161b22", "#30363d"),
    "#484f58 #ff7b72 #3fb950 #d29922 #58a6ff #bc8cff #39c5cf #b1bac4 "
    "#7d8590 #ffa198 #56d364 #e3b341 #79c0ff #d2a8ff #56d4dd #ffffff",
)
LIGHT = Theme(
    *("#1f2328", "#ffffff", "#f6f8fa", "#d0d7de"),
    "#24292f #cf222e #116329 #7d4e00 #0969da #8250df #1b7c83 #6e7781 "
    "#57606a #a40e26 #1a7f37 #633c01 #218bff #a475f9 #3192aa #8c959f",
)


def svg(seen: Shot, title: str, theme: Theme = DARK) -> str:
    """The picture; the same shot always gives the same text."""
    shapes = [shape for y in range(len(seen.rows)) for shape in row(seen, y, theme, top(y))]
    return window(len(seen.rows[0]), len(seen.rows), title, theme, shapes)


def top(y: int) -> int:
    """Where a row begins, in pixels."""
    return BAR + MARGIN // 2 + y * HEIGHT


def size(columns: int, rows: int) -> tuple[int, int]:
    """Width and height of a window, in pixels."""
    return round(columns * WIDTH + 2 * MARGIN), BAR + rows * HEIGHT + MARGIN + MARGIN // 2


def window(columns: int, rows: int, title: str, theme: Theme, shapes: Iterable[str]) -> str:
    """A window around shapes."""
    width, height = size(columns, rows)
    dots = "".join(f'<circle cx="{MARGIN + 5 + 18 * i}" cy="{BAR / 2:g}" r="5.5"/>' for i in range(3))
    muted = theme.color("brightblack", theme.foreground)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f"<title>{escape(title)}</title>",
        f'<g font-family="{FONTS}" font-size="{FONT_SIZE}">',
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="9" fill="{theme.background}"/>',
        f'<path d="M.5 {BAR}V9.5a9 9 0 0 1 9-9H{width - 9.5}a9 9 0 0 1 9 9V{BAR}z" fill="{theme.bar}"/>',
        f'<g fill="{theme.edge}">{dots}</g>',
        f'<text x="{width / 2:g}" y="{BAR / 2 + 5:g}" text-anchor="middle" fill="{muted}">{escape(title)}</text>',
        *shapes,
        f'<path d="M.5 {BAR}H{width - 0.5}" stroke="{theme.edge}"/>',
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="9" fill="none" stroke="{theme.edge}"/>',
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def cells(seen: Shot, y: int) -> Row:
    """A row as it is drawn: where the cursor is, reversed."""
    found = seen.rows[y]
    if seen.cursor is None or seen.cursor[0] != y:
        return found
    x = seen.cursor[1]
    return (*found[:x], found[x]._replace(reverse=not found[x].reverse), *found[x + 1 :])


def row(seen: Shot, y: int, theme: Theme, top: int) -> Iterator[str]:
    """Runs of cells of one style, in a row that begins at ``top``."""
    x = 0
    for style, group in groupby(cells(seen, y), key=lambda cell: cell._replace(data="")):
        run = [cell.data for cell in group]
        yield from _run(run, style, x, top, theme)
        x += len(run)


def _run(run: list[str], style: Char, column: int, top: int, theme: Theme) -> Iterator[str]:
    """The background, if it is another one than the window's, and the words on it."""
    ink, paper = theme.color(style.fg, theme.foreground), theme.color(style.bg, theme.background)
    if style.reverse:
        ink, paper = paper, ink
    left = MARGIN + column * WIDTH
    if paper != theme.background:
        yield f'<rect x="{left:.1f}" y="{top}" width="{len(run) * WIDTH:.1f}" height="{HEIGHT}" fill="{paper}"/>'
    text = "".join(cell or "\0" for cell in run)  # the second cell of a wide character keeps its place
    for words in WORDS.finditer(text.replace("│", " ")):
        x, cells = left + words.start() * WIDTH, len(words[0])
        yield (
            f'<text x="{x:.1f}" y="{top + 13}" textLength="{cells * WIDTH:.1f}" lengthAdjust="spacingAndGlyphs"'
            f'{_attributes(style)} fill="{ink}">{escape(words[0].replace(chr(0), ""))}</text>'
        )
    for bar in re.finditer("│", text):  # as a line, because letters of two rows do not touch
        x = left + (bar.start() + 0.5) * WIDTH - 0.5
        yield f'<rect x="{x:.1f}" y="{top}" width="1.2" height="{HEIGHT}" fill="{ink}"/>'


def _attributes(style: Char) -> str:
    decoration = " ".join(
        name for name, on in (("underline", style.underscore), ("line-through", style.strikethrough)) if on
    )
    return (
        (' font-weight="bold"' if style.bold else "")
        + (' font-style="italic"' if style.italics else "")
        + (f' text-decoration="{decoration}"' if decoration else "")
    )
