"""Made-up secrets in every place where a secret can be, and their search.

Each has a core of letters and digits that is nowhere else. URLs and JSON leave a core as it is; base64 writes it
in one of three ways, by its position. The rest of a secret is what breaks quoting and encodings.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path

TAIL = "+é="
#: What the user keeps in the environment of the process, on the command line, and with AWS.
OUTSIDE = ("accesskey", "secretkey", "sessiontoken", "proxyoption", "proxyvariable")
#: Secrets of lines, by place, and those that are typed for a mask.
TYPED = ("uri", "password", "extra", "json", "user", "variable", "conf", "local", "mask", "mistake", "private", "saved",
         "script", "given", "sent", "several", "query")  # fmt: skip
#: Secrets in the output of the environment.
STORED = ("stored", "storeduri", "storedextra")
TOKEN = "token"


def core(name: str) -> str:
    """What a secret is known by."""
    return f"Kanari9{name}Vogel7"


def secret(name: str) -> str:
    """A secret as a user has it."""
    return core(name) + TAIL


def signs(name: str) -> tuple[bytes, ...]:
    """Every way in which the core may be written."""
    data = core(name).encode()
    made = [data, data.lower(), data.upper(), data[::-1], data.hex().encode(), data.hex().upper().encode()]
    for place in range(3):
        first, last = -(-8 * place // 6), 8 * (place + len(data)) // 6
        made.append(base64.b64encode(bytes(place) + data)[first:last])
    return tuple(made)


def left_in(data: bytes, names: Iterable[str]) -> list[str]:
    """The secrets of which there is a sign in some bytes."""
    return [name for name in names if any(sign in data for sign in signs(name))]


def left_in_files(folder: Path, names: Iterable[str], *, but: Iterable[Path] = ()) -> Iterator[tuple[str, list[str]]]:
    """Return the files below a folder with parts of a secret in text or name."""
    wanted, spared = list(names), set(but)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in spared:
            left = left_in(str(path).encode() + b"\n" + path.read_bytes(), wanted)
            if left:
                yield str(path.relative_to(folder)), left
