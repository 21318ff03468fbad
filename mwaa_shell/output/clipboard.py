"""The clipboard of the user's terminal, also over SSH: the sequence OSC 52.

The terminal does not answer: one without OSC 52, or with OSC 52 switched off, drops the sequence. tmux obeys where its
``set-clipboard`` is ``on`` (default: ``external``), and passes a wrapped sequence on where its ``allow-passthrough``
is on (versions before 3.3 always do).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from mwaa_shell.output.sanitiser import sanitise
from mwaa_shell.prompt_text import is_dumb
from mwaa_shell.streams import Streams

#: Bytes of text. Most terminals take 100,000 for the whole sequence in base64.
LIMIT = 74_994
ESCAPE, END = b"\x1b", b"\x07"


def as_plain_text(data: bytes) -> bytes:
    """Return output to paste: no colors, visible control characters."""
    return sanitise(data.decode("utf-8", "replace")).encode()


def sequence(data: bytes, environ: Mapping[str, str]) -> bytes:
    """Return the sequence that copies ``data``, and in tmux also a wrapped one."""
    plain = ESCAPE + b"]52;c;" + base64.b64encode(data) + END
    if not environ.get("TMUX"):
        return plain
    return plain + ESCAPE + b"Ptmux;" + plain.replace(ESCAPE, ESCAPE * 2) + ESCAPE + b"\\"


def copy(data: bytes, streams: Streams, environ: Mapping[str, str]) -> None:
    """Write the copy sequence to the stream that is a terminal, if any."""
    if not data or is_dumb(environ):
        return
    if streams.stdout_tty:
        streams.write_out(sequence(data, environ))
    elif streams.stderr_tty:
        streams.write_err(sequence(data, environ))
