"""A log of what the shell does, for reports of bugs (``--debug FILE``), and what is said of a mistake of our own.

Only events of our own are in it: the logs of boto3 and urllib3 print tokens and signatures. Who tells of an event
tells no secret. Behind that stands a last guard: each line goes through ``_guarded``, which covers whatever was kept
out by ``keep_out`` (tokens as they are minted, keys, the secrets of lines) in every form in which it may be written,
and what looks like a credential. Where there is no log, an event costs a look at one name.
"""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from mwaa_shell import __version__
from mwaa_shell.errors import ShellError, UsageError
from mwaa_shell.proxy_login import CREDENTIALS, WITH_PASSWORD, password_pieces

if TYPE_CHECKING:
    from pathlib import Path

    from mwaa_shell.settings import Access

MASK = "***"
#: So many secrets are known at a time: tokens that are older have long expired.
MOST = 500
#: What is shorter would be covered in every other word.
SHORTEST = 4
#: Frames of a traceback that are written, the innermost.
FRAMES = 30
#: Signs of a credential that nobody has told of, with what is covered.
LOOKS = (
    WITH_PASSWORD,
    CREDENTIALS,
    re.compile(r"(?i:(?<=bearer )|(?<=basic ))[\w.~+/=-]{8,}"),
    re.compile(r"(?i:(?<=signature=)|(?<=security-token=)|(?<=credential=))[^\s,&\"]+"),
    re.compile(r"(?<![\w-])(?>[\w-]*?eyJ)[\w-]{8,}\.[\w.-]+"),  # from the start of its run, to look at it once
)
#: Environment variables with secrets in them.
KEYS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ACCESS_KEY_ID")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
#: Options that are written; commands and what may hold a password are not.
TOLD = frozenset({"environment", "env", "profile", "region", "endpoint_url", "ca_bundle", "connect_to", "timeout",
                  "max_reply", "airflow_version", "read_only", "data", "no_validate", "keep_going", "local",
                  "scheduler", "fresh_processes", "no_limits", "color"})  # fmt: skip
LIBRARIES = ("boto3", "botocore", "prompt_toolkit", "Pygments", "requests", "urllib3", "PySocks")
_PLAIN = re.compile(r"[\x21-\x7e]+")
_PACKAGE = os.path.dirname(__file__)


class _Log:
    """One open file; a line is written in one piece, so that threads do not mix."""

    def __init__(self, path: Path) -> None:
        self.begun = time.monotonic()
        self.hidden: deque[tuple[str, ...]] = deque(maxlen=MOST)
        self._handle = _opened(path)

    def write(self, text: str) -> None:
        """Add a line; one that cannot be written stops nobody."""
        try:
            os.write(self._handle, text.encode("ascii", "backslashreplace") + b"\n")
        except OSError:
            pass

    def close(self) -> None:
        os.close(self._handle)


_log: _Log | None = None


def _opened(path: Path) -> int:
    """A regular file of our own, 0600, never through a symbolic link. Raises ``UsageError``."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        handle = os.open(path.expanduser(), flags, 0o600)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        link = " (it is a symbolic link)" if os.path.islink(path) else ""
        raise UsageError(f"The debug log {path} cannot be written: {reason}{link}") from None
    found = os.fstat(handle)
    if found.st_mode & 0o170000 != 0o100000 or found.st_uid != os.geteuid():
        os.close(handle)
        raise UsageError(f"The debug log {path} cannot be written: it is no file of yours")
    os.fchmod(handle, 0o600)
    return handle


def to(path: Path) -> None:
    """Write a log from now on, behind what the file holds; raises ``UsageError`` where it cannot be written."""
    global _log  # noqa: PLW0603  (one process, one log: whoever tells of an event need not be handed it)
    log = _Log(path)
    close()
    _log = log
    keep_out(*map(os.environ.get, KEYS))
    for name in PROXIES:
        keep_out(*password_pieces(os.environ.get(name)))


def begin(access: Access, options: Mapping[str, object]) -> None:
    """Write down what runs, and what was asked for; of what may hold a password, that it is there."""
    import platform

    keep_out(*password_pieces(access.proxy))
    keep_out(access.keys.secret_key if access.keys else None)
    event("begin", shell=__version__, python=platform.python_version(), system=platform.platform(), **_versions())
    told = {name: value for name, value in options.items() if value not in (None, False, [], "") and name in TOLD}
    event("options", **told, proxy=access.proxy is not None, term=os.environ.get("TERM"))


def _versions() -> dict[str, str]:
    """Of what the shell is built on; what is not installed is left out."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            pass
    return found


def close() -> None:
    """Write no log any more."""
    global _log
    log, _log = _log, None
    if log is not None:
        log.close()


def is_on() -> bool:
    """Whether there is a log; for whoever has to work to tell of something."""
    return _log is not None


def keep_out(*secrets: str | None) -> None:
    """Let none of these stand in the log, whoever writes what."""
    if _log is not None:
        _log.hidden.extend(_forms(secret) for secret in secrets if secret and len(secret) >= SHORTEST)


def event(name: str, /, **facts: object) -> None:
    """Write down that something has happened, with facts that hold no secret; ``None`` is left out."""
    if _log is None:
        return
    from datetime import UTC, datetime

    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    hidden = tuple(_log.hidden)  # other threads add to it
    told = " ".join(f"{key}={_written(value, hidden)}" for key, value in facts.items() if value is not None)
    _log.write(_guarded(f"{now}Z {time.monotonic() - _log.begun:9.3f} {name} {told}".rstrip(), hidden))


def error(where: str, problem: BaseException) -> None:
    """Write down what went wrong: what was expected in its own words, else the way there.

    The words of a mistake may quote anything, such as a password in a reply.
    """
    if _log is not None:
        way = None if isinstance(problem, ShellError) else list(_frames(problem))
        says = str(problem) if isinstance(problem, ShellError | OSError) else None
        event("error", where=where, kind=type(problem).__name__, says=says, way=way)


def crash(problem: BaseException) -> str:
    """What a user is told of a mistake of our own. The exception's own words may quote a secret, and stay out."""
    error("crash", problem)
    place = next(iter(_frames(problem)), "an unknown place")
    more = "" if _log is not None else "; --debug FILE writes down what leads to it"
    return (
        f"This is a mistake in mwaa-shell itself: {type(problem).__name__} at {place}. "
        f"If a command was on its way, it may have run. Please report it{more}"
    )


def is_own(problem: BaseException) -> bool:
    """Whether code of the shell raised it, not a library that the shell has called."""
    import traceback

    frames = traceback.extract_tb(problem.__traceback__)
    return bool(frames) and frames[-1].filename.startswith(_PACKAGE)


def timed(name: str, **facts: object) -> Callable[..., None]:
    """Begin something that takes time; what comes back tells how it ended, with further facts."""
    begun = time.monotonic()

    def ended(**more: object) -> None:
        event(name, **facts, seconds=time.monotonic() - begun, **more)

    return ended


def _frames(problem: BaseException) -> Iterator[str]:
    """Where it happened, the innermost first: file, line and function of ours, and of others the file's name alone."""
    import traceback

    for frame in list(reversed(traceback.extract_tb(problem.__traceback__)))[:FRAMES]:
        own = frame.filename.startswith(_PACKAGE)
        file = frame.filename[len(_PACKAGE) + 1 :] if own else "/".join(frame.filename.split(os.sep)[-2:])
        yield f"{file}:{frame.lineno} {frame.name}"


def _written(value: object, hidden: Iterable[tuple[str, ...]]) -> str:
    """A fact as it stands in a line: as it is where it is one plain word, else as JSON in ASCII."""
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_written(one, hidden) for one in value) + "]"
    text = _guarded(str(value), hidden)  # before it is escaped, which may be for the second time
    if _PLAIN.fullmatch(text) and '"' not in text:
        return text
    import json

    return json.dumps(text)


def _guarded(text: str, hidden: Iterable[tuple[str, ...]]) -> str:
    """The text without anything that was kept out, and without what looks like a credential."""
    for forms in hidden:
        for form in forms:
            if form in text:
                text = text.replace(form, MASK)
    for look in LOOKS:
        text = look.sub(MASK, text)
    return text


def _forms(secret: str) -> tuple[str, ...]:
    """A secret as it is, as JSON and URLs write it, and as base64 in whatever text it may stand."""
    import json
    from urllib.parse import quote, quote_plus

    forms = [secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    forms += [quote(secret, safe=""), quote(secret), quote_plus(secret), *_encoded(secret.encode("utf-8", "replace"))]
    return tuple(dict.fromkeys(forms))


def _encoded(data: bytes) -> Iterator[str]:
    """The base64 letters that such bytes alone decide, wherever they stand: at three places of a group of bytes."""
    from base64 import b64encode, urlsafe_b64encode

    for shift in range(3):
        first, last = (shift * 8 + 5) // 6, (shift + len(data)) * 8 // 6
        if last - first >= SHORTEST:
            for encode in (b64encode, urlsafe_b64encode):
                yield encode(bytes(shift) + data)[first:last].decode()
