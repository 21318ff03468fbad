"""Puts text on the clipboard of the terminal, wherever that is: OSC 52, the only sequence of the kind that we send.

There is no answer: a terminal that does not know the sequence, or may not obey it, drops it. tmux obeys it where its
``set-clipboard`` is ``on`` (unless set it is ``external``), and hands it on in an envelope where its
``allow-passthrough`` is on (versions before 3.3 always do).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.prompt_text import is_dumb
from mwaa_shell.streams import Streams

#: Bytes of text that terminals take: 100,000 for the whole sequence in base64 is what most allow.
LIMIT = 74_994
ESCAPE, END = b"\x1b", b"\x07"


def clean(data: bytes) -> bytes:
    """Output as text that can be pasted anywhere: without colours, and control characters as visible marks."""
    return sanitise(data.decode("utf-8", "replace")).encode()


def sequence(data: bytes, environ: Mapping[str, str]) -> bytes:
    """What makes the terminal take ``data``, at most ``LIMIT`` bytes; inside tmux also in the envelope."""
    plain = ESCAPE + b"]52;c;" + base64.b64encode(data) + END
    if not environ.get("TMUX"):
        return plain
    return plain + ESCAPE + b"Ptmux;" + plain.replace(ESCAPE, ESCAPE * 2) + ESCAPE + b"\\"


def put(data: bytes, streams: Streams, environ: Mapping[str, str]) -> None:
    """Send it to the terminal, on whichever stream that is; nothing where there is none."""
    if not data or is_dumb(environ):
        return
    if streams.stdout_tty:
        streams.data(sequence(data, environ))
    elif streams.stderr_tty:
        streams.talk(sequence(data, environ))
