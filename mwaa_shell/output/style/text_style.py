"""How a line of output is read: as JSON, YAML, a table, a log line and so on. Pure."""

from __future__ import annotations

import re
from enum import Enum

from mwaa_shell.output.style.states import STATES


class TextStyle(Enum):
    """The reading of a run of lines; the value is the state of the lexer for Airflow's output."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"
    TABLE = "table"
    HEADING = "heading"  #: the line with the names of columns, above a rule
    RULE = "rule"  #: a drawn line of a table
    LOG = "log"
    WARNING = "warning"
    TRACEBACK = "traceback"  #: frames
    MESSAGE = "message"  #: the last line of an exception, or an error of argparse
    HELP = "help"  #: the output of ``--help``
    NOTE = "note"  #: a sentence of the shell in place of folded lines
    REST = "rest"  #: the further parts of a line that is too long to be read whole


#: The reading of a line of data by its beginning; a pipe between blanks anywhere makes a table.
_DATA_LOOKS = re.compile(
    r"(?P<RULE>[=+\-─═╒╤╕╞╪╡╘╧╛├┼┤]{3,}\s*$)"
    r'|(?P<JSON>\[\]\s*$|\[?\{(?:["}]|\s*$)|\[\s*$|\s*[\]}],?\s*$|\s+"[^"\\]*"(?:: |,?\s*$))'
    r"|(?P<YAML>(?:- |  )[^\s:#'\"][^:\n]*:(?: |$)|  ?- )"
    r"|(?P<TABLE>[^|│]*(?: \| |│))"
)
_LOOKS = {name: TextStyle[name] for name in _DATA_LOOKS.groupindex}


def look_of(line: str) -> TextStyle:
    """Return the reading of a line of data."""
    match = _DATA_LOOKS.match(line)
    if match:
        return _LOOKS[match.lastgroup or ""]
    return TextStyle.TABLE if line in STATES else TextStyle.TEXT  # a state alone is a table of one cell
