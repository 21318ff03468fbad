"""The log of ``--debug FILE`` for bug reports, and the message about a crash.

The log is a logger of ``logging`` with one handler for the file. Only events of the shell go there: the loggers of
boto3 and urllib3 print tokens and signatures. Callers pass no secrets. ``SecretFilter`` is the last guard: it masks all
that ``keep_out`` registered (tokens as they are created, keys, secrets of commands) in every form in which it may be
written, and text that looks like a credential. Without ``--debug`` an event costs one comparison and ``logging`` is not
imported.
"""

from __future__ import annotations

import json
import os
import re
import time
import traceback
from base64 import b64encode, urlsafe_b64encode
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from mwaa_shell import __version__
from mwaa_shell.addresses import CREDENTIALS, MASK, SHORTEST, VARIABLES, WITH_PASSWORD, password_pieces
from mwaa_shell.errors import ShellError, UsageError

if TYPE_CHECKING:
    import logging
    from pathlib import Path

    from mwaa_shell.settings import Access

#: Number of secrets that are masked, the newest: older tokens have expired.
MOST_SECRETS = 500
#: Frames of a traceback that are written, the innermost.
FRAMES = 30
#: Text that looks like a credential although it was not registered.
CREDENTIAL_PATTERNS = (
    WITH_PASSWORD,
    CREDENTIALS,
    re.compile(r"(?i:(?<=bearer )|(?<=basic ))[\w.~+/=-]{8,}"),
    re.compile(r"(?i:(?<=signature=)|(?<=security-token=)|(?<=credential=))[^\s,&\"]+"),
    re.compile(r"(?<![\w-])(?>[\w-]*?eyJ)[\w-]{8,}\.[\w.-]+"),  # from the start of its run, to look at it once
)
#: Environment variables with secrets in them.
KEYS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ACCESS_KEY_ID")
#: Options that are written. Commands and options with passwords are not.
LOGGED_OPTIONS = frozenset(
    {"environment", "env", "profile", "region", "endpoint_url", "ca_bundle", "connect_to", "timeout", "max_response",
     "airflow_version", "read_only", "data", "no_validate", "keep_going", "local", "scheduler", "fresh_processes",
     "no_limits", "color"}
)  # fmt: skip
LIBRARIES = ("boto3", "botocore", "prompt_toolkit", "Pygments", "requests", "urllib3", "PySocks")
#: A line of the log: the time in UTC, seconds since the log began, the event.
LINE = "{asctime}.{msecs:03.0f}Z {seconds:9.3f} {message}"
_PLAIN = re.compile(r"[\x21-\x7e]+")
_PACKAGE = os.path.dirname(__file__)


class SecretFilter:
    """A filter of ``logging`` that adds the facts of an event and masks secrets."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._secrets: deque[tuple[str, ...]] = deque(maxlen=MOST_SECRETS)

    def add(self, secret: str) -> None:
        """Mask a secret, in each of its forms, in all later lines."""
        self._secrets.append(_forms(secret))

    def __call__(self, record: logging.LogRecord) -> bool:
        """Fill in the record's message and seconds. Every record passes."""
        facts: Mapping[str, object] = record.__dict__["facts"]
        written = " ".join(f"{key}={self._fact(value)}" for key, value in facts.items() if value is not None)
        record.msg = self.mask(f"{record.msg} {written}".rstrip())
        record.__dict__["seconds"] = time.monotonic() - self._begun
        return True

    def _fact(self, value: object) -> str:
        """Return a fact as text, a plain word unchanged and all else as ASCII JSON."""
        if isinstance(value, float):
            return f"{value:.3f}"
        if isinstance(value, list | tuple):
            return "[" + ", ".join(map(self._fact, value)) + "]"
        text = self.mask(str(value))  # before JSON escapes it, perhaps for the second time
        if _PLAIN.fullmatch(text) and '"' not in text:
            return text
        return json.dumps(text)

    def mask(self, text: str) -> str:
        """Return a text without registered secrets and without credentials."""
        for forms in tuple(self._secrets):  # other threads add to it
            for form in forms:
                if form in text:
                    text = text.replace(form, MASK)
        for pattern in CREDENTIAL_PATTERNS:
            text = pattern.sub(MASK, text)
        return text


#: The logger of ``--debug`` and its filter; ``None`` without one.
_log: tuple[logging.Logger, SecretFilter] | None = None


def _opened(path: Path) -> int:
    """Open a regular file of the user, 0600, never through a symbolic link. Raises ``UsageError``."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        handle = os.open(path.expanduser(), flags, 0o600)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        link = " (it is a symbolic link)" if os.path.islink(path) else ""
        raise UsageError(f"The debug log {path} cannot be written ({reason}{link})") from None
    found = os.fstat(handle)
    if found.st_mode & 0o170000 != 0o100000 or found.st_uid != os.geteuid():
        os.close(handle)
        raise UsageError(f"The debug log {path} cannot be written (it is not your file)")
    os.fchmod(handle, 0o600)
    return handle


def start(path: Path) -> None:
    """Append a log to a file from now on. Raises ``UsageError`` if the file cannot be written."""
    global _log  # noqa: PLW0603  (one process has one log)
    import logging  # not imported before the prompt, and only for --debug

    file = os.fdopen(_opened(path), "w", encoding="ascii", errors="backslashreplace")
    handler = logging.StreamHandler(file)
    secrets = SecretFilter()
    handler.addFilter(secrets)
    formatter = logging.Formatter(LINE, "%Y-%m-%dT%H:%M:%S", style="{")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk stops no command
    logger = logging.Logger("mwaa_shell", logging.DEBUG)  # not of the tree: no other handler gets its records
    logger.addHandler(handler)
    close()
    _log = logger, secrets
    keep_out(*map(os.environ.get, KEYS))
    for name, address in os.environ.items():
        if name.lower() in VARIABLES:
            keep_out(*password_pieces(address))


def begin(access: Access, options: Mapping[str, object]) -> None:
    """Write versions and options, without the options that may hold a password."""
    import platform  # only for --debug

    keep_out(*password_pieces(access.proxy))
    keep_out(access.keys.secret_key if access.keys else None)
    event("begin", shell=__version__, python=platform.python_version(), system=platform.platform(), **_versions())
    given = {
        name: value for name, value in options.items() if value not in (None, False, [], "") and name in LOGGED_OPTIONS
    }
    event("options", **given, proxy=access.proxy is not None, term=os.environ.get("TERM"))


def _versions() -> dict[str, str]:
    """Return the installed versions of the libraries."""
    from importlib.metadata import PackageNotFoundError, version  # heavy, and only for --debug

    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            pass
    return found


def close() -> None:
    """End the log and close its file."""
    global _log
    log, _log = _log, None
    for handler in log[0].handlers if log is not None else ():
        handler.close()
        with suppress(OSError):  # the disk is full
            handler.stream.close()  # type: ignore[attr-defined]


def is_on() -> bool:
    """Return whether there is a log, for callers that compute their facts."""
    return _log is not None


def keep_out(*secrets: str | None) -> None:
    """Mask these secrets in all later lines of the log."""
    log = _log  # another thread may close it
    if log is not None:
        for secret in secrets:
            if secret and len(secret) >= SHORTEST:
                log[1].add(secret)


def event(name: str, /, **facts: object) -> None:
    """Write an event and its facts, which must hold no secret. ``None`` is left out."""
    log = _log  # another thread may close it
    if log is not None:
        log[0].debug(name, extra={"facts": facts})


def error(where: str, problem: BaseException) -> None:
    """Write an error: an expected one with its message, a bug with its traceback.

    The message of a bug may quote anything, such as a password in an output.
    """
    if _log is not None:
        way = None if isinstance(problem, ShellError) else list(_frames(problem))
        says = str(problem) if isinstance(problem, ShellError | OSError) else None
        detail = getattr(problem, "detail", "") or None
        event("error", where=where, kind=type(problem).__name__, says=says, detail=detail, way=way)


def crash(problem: BaseException) -> str:
    """Log a bug and return the message for the user.

    The message does not quote the exception, which may contain a secret.
    """
    error("crash", problem)
    place = next(iter(_frames(problem)), "an unknown place")
    more = "" if _log is not None else ", with the log of --debug FILE"
    return (
        f"This is a bug in mwaa-shell: {type(problem).__name__} at {place}. "
        f"If a command was on its way, it may have run. Please report it{more}"
    )


def is_own(problem: BaseException) -> bool:
    """Return whether code of the shell raised an exception, not a library."""
    frames = traceback.extract_tb(problem.__traceback__)
    return bool(frames) and frames[-1].filename.startswith(_PACKAGE)


def start_timer(name: str, **facts: object) -> Callable[..., None]:
    """Start a timer and return a function that writes the event with its seconds."""
    begun = time.monotonic()

    def ended(**more: object) -> None:
        event(name, **facts, seconds=time.monotonic() - begun, **more)

    return ended


def _frames(problem: BaseException) -> Iterator[str]:
    """Yield the frames of a traceback, innermost first, without folders."""
    for frame in list(reversed(traceback.extract_tb(problem.__traceback__)))[:FRAMES]:
        own = frame.filename.startswith(_PACKAGE)
        file = frame.filename[len(_PACKAGE) + 1 :] if own else "/".join(frame.filename.split(os.sep)[-2:])
        yield f"{file}:{frame.lineno} {frame.name}"


def _forms(secret: str) -> tuple[str, ...]:
    """Return a secret as text, in JSON, in URLs and in base64 at any position."""
    forms = [secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    forms += [quote(secret, safe=""), quote(secret), quote_plus(secret), *_encoded(secret.encode("utf-8", "replace"))]
    return tuple(dict.fromkeys(forms))


def _encoded(data: bytes) -> Iterator[str]:
    """Yield the base64 of these bytes for each of the three positions in a group.

    Characters that depend on other bytes are left out.
    """
    for shift in range(3):
        first, last = (shift * 8 + 5) // 6, (shift + len(data)) * 8 // 6
        if last - first >= SHORTEST:
            for encode in (b64encode, urlsafe_b64encode):
                yield encode(bytes(shift) + data)[first:last].decode()
