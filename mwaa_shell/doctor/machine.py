"""Checks of this machine: Python, the terminal, and the shell's files. They change nothing."""

from __future__ import annotations

import locale
import os
import platform
import shlex
import shutil
import stat
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from mwaa_shell import __version__
from mwaa_shell import saved_commands as saved
from mwaa_shell.config import Config, config_path, load_config
from mwaa_shell.doctor.report import CheckResult, Finding, Status
from mwaa_shell.errors import ShellError
from mwaa_shell.history import default_path
from mwaa_shell.names import cache_folder
from mwaa_shell.paths import short
from mwaa_shell.prompt_text import is_dumb

#: How the file of a SQLite database begins.
SQLITE = b"SQLite format 3\0"
#: A terminal with less than this is of little use, in columns and rows.
LEAST = (40, 10)


def machine_results() -> Iterator[CheckResult]:
    """Yield the results of all checks of this machine."""
    environ, is_terminal = os.environ, os.isatty(1)
    found = {
        "Python": python(),
        "terminal": terminal(environ, shutil.get_terminal_size() if is_terminal else None),
        "colors": colors(environ, is_terminal=is_terminal),
        "locale": language(environ, locale.getencoding()),
        "settings": settings(load_config(config_path())),
        "history": history(default_path()),
        "names": private_path(cache_folder(), 0o700, "XDG_CACHE_HOME"),
        "saved commands": saved_commands(),
    }
    for name, finding in found.items():
        yield CheckResult(name, *finding)


def python() -> Finding:
    """Return the versions of Python, of the shell, of boto3 and of the system."""
    system = f"{platform.system()} {platform.machine()}"
    boto = metadata.version("boto3")
    return Finding(Status.OK, f"{platform.python_version()}, mwaa-shell {__version__}, boto3 {boto}, {system}")


def terminal(environ: Mapping[str, str], size: os.terminal_size | None) -> Finding:
    """Return whether a terminal can show a prompt and its menu. ``size`` is ``None`` without a terminal."""
    if size is None:
        return Finding(Status.OK, "standard output is not a terminal")
    term = environ.get("TERM", "")
    if is_dumb(environ):
        advice = "if the terminal can do more, set TERM, for example to xterm-256color"
        return Finding(Status.NOTE, f"TERM is {term or 'not set'}: a plain prompt, without a menu", advice)
    text = f"{term}, {size.columns} columns by {size.lines} rows"
    if size.columns < LEAST[0] or size.lines < LEAST[1]:
        return Finding(Status.NOTE, f"{text}: menus and tables have little room", "make it larger")
    return Finding(Status.OK, text)


def colors(environ: Mapping[str, str], *, is_terminal: bool) -> Finding:
    """Return whether output is colored, and with how many colors."""
    if environ.get("NO_COLOR"):
        text = "off, because NO_COLOR is set"
    elif not is_terminal:
        text = "off: no terminal"
    elif is_dumb(environ):
        text = "off: this terminal has none"
    elif environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        text = "all"
    else:
        text = "256" if "256" in environ.get("TERM", "") else "16"
    return Finding(Status.OK, text)


def language(environ: Mapping[str, str], encoding: str) -> Finding:
    """Return whether the locale has every character."""
    named = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "none")
    if encoding.lower().replace("-", "") == "utf8":
        return Finding(Status.OK, f"UTF-8 ({named})")
    advice = "export LC_ALL=C.UTF-8, or another locale of UTF-8 that is installed"
    return Finding(Status.NOTE, f"{encoding} ({named}): characters beyond it are lost", advice)


def settings(config: Config) -> Finding:
    """Return the check of the settings file: its first mistake, and how many more."""
    if config.path is None:
        return Finding(Status.OK, f"no {short(config_path())}: all have their defaults")
    if not config.problems:
        return Finding(Status.OK, short(config.path))
    others = len(config.problems) - 1
    text = config.problems[0] + (f", and {others} more mistake{'s' if others > 1 else ''}" if others else "")
    advice = "fix or remove these lines, which have no effect"
    if config.doubtful:
        advice += ". Read-only mode is on until then (.readonly off ends it)"
    return Finding(Status.NOTE, text, advice)


def history(path: Path) -> Finding:
    """Return the check of the history file."""
    found = private_path(path, 0o600, "XDG_DATA_HOME")
    if found.status is Status.OK and path.exists():
        with path.open("rb") as file:
            head = file.read(len(SQLITE))
        if head and head != SQLITE:
            text = f"{path} is not a history: the shell remembers no commands"
            return Finding(Status.FAIL, text, "move it out of the way")
    return found


def private_path(path: Path, mode: int, variable: str) -> Finding:
    """Return whether a file or folder of the shell is writable, and private."""
    if not os.path.exists(path):  # nor where a folder above it cannot be looked into
        above = next(parent for parent in path.parents if os.path.exists(parent))
        if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
            return Finding(Status.OK, f"none yet (will be {short(path)})")
        advice = f"make {above} writable, or set {variable} to a folder that is"
        return Finding(Status.FAIL, f"{short(path)} cannot be created", advice)
    if not os.access(path, os.R_OK | os.W_OK):
        advice = f"make it yours, or set {variable} to a folder that is"
        return Finding(Status.FAIL, f"{short(path)} cannot be read and written", advice)
    if stat.S_IMODE(path.stat().st_mode) & ~mode & 0o077:
        advice = f"chmod {mode:o} {shlex.quote(str(path))}"
        return Finding(Status.NOTE, f"other users of this machine can read {short(path)}", advice)
    return Finding(Status.OK, f"{short(path)}, for you alone")


def saved_commands() -> Finding:
    """Return the check of the file of saved commands."""
    path = saved.default_path()
    try:
        count = len(saved.load(path))
    except ShellError as error:
        return Finding(Status.FAIL, str(error), "fix or remove that line")
    return Finding(Status.OK, f"{count} in {short(path)}" if path.exists() else "none yet")
