"""What the parts of a reply are, and their colours: one set of patterns, for the terminal and for pygments.

A run of lines that look alike is read with one pattern. ``painted`` puts the colours of a theme around its parts, which
is what a terminal gets; ``parts`` names them, which is what the pygments lexer is made of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum

from mwaa_shell.output.style.states import STATES
from mwaa_shell.output.style.theme import EITHER, PLAIN, Theme


class TextStyle(Enum):
    """How a run of lines is to be read."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"
    TABLE = "table"
    HEADING = "heading"  #: the line above such a rule as parts the names of columns from what is in them
    RULE = "rule"  #: a line of a table that is drawn
    LOG = "log"
    WARNING = "warning"
    TRACEBACK = "traceback"  #: frames
    MESSAGE = "message"  #: what an exception says, or argparse
    HELP = "help"  #: what argparse prints for --help
    NOTE = "note"  #: what the shell says in place of something


#: Begins with a set of characters, as all patterns do that are looked for in the midst of text: those are found fast.
_DATE = r"[0-9](?<![\w-].)[0-9]{3}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[+-]\d\d:?\d\d|Z)?)?(?![\w-])"
DATE = re.compile(_DATE)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_STRING_BODY = r'(?:[^"\\\n]++|\\[^\n])*+'
#: Where a string ends that nobody closes: with the line, or with the piece of it. So nothing is ever read twice.
_OPEN = r"\\?(?=\n|\Z)"
#: The end of a string that was begun in the piece before.
STRING_REST = re.compile(rf'{_STRING_BODY}(?:"|(?P<open>{_OPEN}))')
WORDS: Mapping[str, str] = {
    **{state: state for state in STATES},
    **dict.fromkeys(("True", "False", "true", "false"), "constant"),
    **dict.fromkeys(("None", "null"), "nothing"),
}
LEVELS: Mapping[str, str] = {
    **dict.fromkeys(("WARNING", "WARN", "WARNI", "warning"), "warning"),
    **dict.fromkeys(("INFO", "DEBUG", "[info     ]", "[debug    ]"), "origin"),
    **dict.fromkeys(("ERROR", "CRITICAL", "FATAL", "CRITI", "error", "critical", "exception"), "error"),
}

#: The look of a line of data by its beginning; a pipe between blanks anywhere makes it a table.
_DATA_LOOKS = re.compile(
    r"(?P<RULE>[=+\-─═╒╤╕╞╪╡╘╧╛├┼┤]{3,}\s*$)"
    r'|(?P<JSON>\[\]\s*$|\[?\{(?:["}]|\s*$)|\[\s*$|\s*[\]}],?\s*$|\s+"[^"\\]*"(?:: |,?\s*$))'
    r"|(?P<YAML>(?:- |  )[^\s:#'\"][^:\n]*:(?: |$)|  ?- )"
    r"|(?P<TABLE>[^|│]*(?: \| |│))"
)

_LOOKS = {name: TextStyle[name] for name in _DATA_LOOKS.groupindex}


def look_of(line: str) -> TextStyle:
    """How a line of data is to be read."""
    match = _DATA_LOOKS.match(line)
    if match:
        return _LOOKS[match.lastgroup or ""]
    return TextStyle.TABLE if line in STATES else TextStyle.TEXT  # a state alone is a table of one cell


def _word(match: re.Match[str]) -> str:
    """The role of a piece whose group has the role's name, or of a text by what it says."""
    return match.lastgroup or scalar(match[0])


def scalar(text: str) -> str:
    """The role of a value by what it says."""
    text = text.strip(" \"'")
    role = WORDS.get(text)
    if role is None and text[:1].isdecimal() and DATE.fullmatch(text):
        return "date"
    return role or ""


def _string(match: re.Match[str]) -> str:
    """The role of a piece of JSON; a string that is a state or a date looks like one."""
    name = match.lastgroup or ""
    if name == "string":
        return scalar(match[0]) or name
    return "string" if name == "open" else name


#: For looks whose lines hold pieces among plain text: the pattern of a piece, and what finds its role.
PIECES: Mapping[TextStyle, tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = {
    TextStyle.JSON: (
        re.compile(
            rf'"{_STRING_BODY}(?:"(?:(?P<key>\s*:)|(?P<string>))|(?P<open>{_OPEN}))'
            r"|(?P<number>-?\d[\d.eE+-]*)|(?P<constant>true|false)|(?P<nothing>null)"
        ),
        _string,
    ),
    TextStyle.TABLE: (re.compile(r"(?P<border>[|│])|[^|│\n]+"), _word),
    TextStyle.TEXT: (re.compile(rf"(?P<date>{_DATE})"), _word),
    TextStyle.HELP: (
        re.compile(r"(?<![^\s,\[(|])(?P<flag>--?[a-zA-Z][\w-]*)|(?m:^)(?P<heading>[A-Za-z][\w ]*:)(?=\s)"),
        _word,
    ),
}


def _level(text: str) -> str:
    return LEVELS.get(text) or LEVELS.get(text.strip("[] "), "origin")


def _dash(text: str) -> str:
    return "border" if "-" in text else ""


def _value(text: str) -> str:
    return scalar(text) or ("number" if NUMBER.fullmatch(text.strip()) else "")


#: For looks whose lines are made of columns: the pattern of a line, and for each group the role, or what finds it.
COLUMNS: Mapping[TextStyle, tuple[re.Pattern[str], tuple[str | Callable[[str], str], ...]]] = {
    TextStyle.LOG: (
        re.compile(
            r"(?m:^)(\[\d[^\]\n]*\] \{[^}\n]*\}+ |\d[^\s\[]*(?: \d\S*)? |)(\[?[A-Z]+\]?(?= )|\[[a-z]+ *\])([^\n]*)"
            r"|([^\n]+)"  # a further line, or what MWAA prints
        ),
        ("origin", _level, "", "origin"),
    ),
    TextStyle.YAML: (
        re.compile(r"(?m:^)( *(?:- +)*)(?:([^\s:#'\"][^:\n]*:)(?=\s|\Z))?([^\n]*)"),
        (_dash, "key", _value),
    ),
    TextStyle.WARNING: (re.compile(r"(?m:^)(\S*:\d+:? )?(\w*Warning: )?([^\n]*)"), ("origin", "warning", "")),
}
#: For looks whose lines are of one piece: its role.
WHOLE: Mapping[TextStyle, str] = {
    TextStyle.TRACEBACK: "frame",
    TextStyle.MESSAGE: "message",
    TextStyle.NOTE: "note",
    TextStyle.HEADING: "heading",
    TextStyle.RULE: "border",
}
LINE = re.compile(r"[^\n]+")
#: How many pieces a painter knows by heart, and how long they may be.
KNOWN, SHORT = 4000, 60


def parts(look: TextStyle, run: str) -> Iterator[tuple[str, str]]:
    """The parts of a run and their roles, which are empty for plain text; together they are the run."""
    position = 0
    for match in _pattern(look).finditer(run):
        if match.start() > position:
            yield "", run[position : match.start()]
        if look in PIECES:
            yield PIECES[look][1](match), match[0]
        elif look in WHOLE:
            yield WHOLE[look], match[0]
        else:
            yield from _columns(match, COLUMNS[look][1])
        position = match.end()
    if position < len(run):
        yield "", run[position:]


def _pattern(look: TextStyle) -> re.Pattern[str]:
    return PIECES[look][0] if look in PIECES else COLUMNS[look][0] if look in COLUMNS else LINE


def _columns(match: re.Match[str], roles: tuple[str | Callable[[str], str], ...]) -> Iterator[tuple[str, str]]:
    for role, text in zip(roles, match.groups(), strict=True):
        if text:
            yield (role if isinstance(role, str) else role(text)), text


class Painter:
    """Puts a theme's colours around the parts of the pieces of one stream; each piece begins and ends plain.

    It says the same as ``parts``, and is faster: a reply may have 50 MB.
    """

    def __init__(self, theme: Theme = EITHER) -> None:
        self._codes = dict(theme.codes)
        self._in_string = False  #: a string of JSON goes on in the next piece of the line
        self._painters: dict[TextStyle, Callable[[re.Match[str]], str]] = {}  # most replies have one look

    def paint(self, look: TextStyle, run: str) -> str:
        """The run with colour codes in it."""
        if look is TextStyle.JSON:
            return self._json(run)
        return _pattern(look).sub(self._painter(look), run)

    def _painter(self, look: TextStyle) -> Callable[[re.Match[str]], str]:
        painter = self._painters.get(look)
        if painter is None:
            painter = self._painters[look] = self._made(look)
        return painter

    def _made(self, look: TextStyle) -> Callable[[re.Match[str]], str]:
        codes = self._codes
        if look in COLUMNS:
            return self._column_painter(COLUMNS[look][1])
        if look in WHOLE:
            code = codes.get(WHOLE[look])
            return lambda match: f"{code}{match[0]}{PLAIN}" if code else match[0]
        return self._piece_painter(PIECES[look][1])

    def _piece_painter(self, role_of: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
        known: dict[str, str] = {}  # keys, cells and states come again and again

        def painted(match: re.Match[str]) -> str:
            text = match[0]
            made = known.get(text)
            if made is None:
                made = self._colored(role_of(match), text)
                if len(known) > KNOWN:
                    known.clear()
                if len(text) < SHORT:
                    known[text] = made
            return made

        return painted

    def _column_painter(self, roles: tuple[str | Callable[[str], str], ...]) -> Callable[[re.Match[str]], str]:
        codes = self._codes

        def painted(match: re.Match[str]) -> str:
            made = ""
            for role, text in zip(roles, match.groups(), strict=True):
                if text:
                    code = codes.get(role if isinstance(role, str) else role(text))
                    made += f"{code}{text}{PLAIN}" if code else text
            return made

        return painted

    def _colored(self, role: str, text: str) -> str:
        code = self._codes.get(role)
        return f"{code}{text}{PLAIN}" if code else text

    def _json(self, run: str) -> str:
        """A line may come in several pieces, with a string over the cut."""
        rest = STRING_REST.match(run) if self._in_string else None
        before = ""
        if rest:
            before, run = self._colored("string", rest[0]), run[rest.end() :]
        if not rest or rest["open"] is None:
            self._in_string = not run.endswith("\n") and _quotes(run) % 2 == 1
        elif run:
            self._in_string = False  # the line has ended
        return before + PIECES[TextStyle.JSON][0].sub(self._painter(TextStyle.JSON), run)


def _quotes(run: str) -> int:
    """How many quotes open or close a string in a run that begins outside of one."""
    return (re.sub(r"\\.", "", run) if "\\" in run else run).count('"')
