"""This machine: the Python, the terminal, and the files that the shell keeps. Only looked at."""

from __future__ import annotations

import locale
import os
import platform
import shlex
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from mwaa_shell import __version__
from mwaa_shell import saved_commands as saved
from mwaa_shell.config import Config, config_path, load_config
from mwaa_shell.doctor.report import CheckResult, Status
from mwaa_shell.errors import ShellError
from mwaa_shell.history.store import default_path
from mwaa_shell.names.cache_files import cache_folder
from mwaa_shell.paths import short
from mwaa_shell.prompt_text import is_dumb

#: How the file of a SQLite database begins.
SQLITE = b"SQLite format 3\0"
#: A terminal with less than this is of little use, in columns and rows.
LEAST = (40, 10)


@dataclass(frozen=True, slots=True)
class MachineInfo:
    """What the process finds around it."""

    environ: Mapping[str, str]
    terminal: bool  #: standard output is one
    columns: int
    rows: int
    encoding: str  #: of text, by the locale

    @property
    def dumb(self) -> bool:
        return is_dumb(self.environ)


def machine_info() -> MachineInfo:
    """Those of this process."""
    columns, rows = shutil.get_terminal_size()
    return MachineInfo(os.environ, os.isatty(1), columns, rows, locale.getencoding())


def machine_results(around: MachineInfo) -> Iterator[CheckResult]:
    """All about this machine."""

    yield python()
    yield terminal(around)
    yield colors(around)
    yield language(around)
    yield settings(load_config(config_path()))
    yield history(default_path())
    yield kept("names", cache_folder(), 0o700, "XDG_CACHE_HOME")
    yield saved_commands()


def python() -> CheckResult:
    """What runs, and on what."""
    boto = metadata.version("boto3")
    system = f"{platform.system()} {platform.machine()}"
    text = f"{platform.python_version()}, mwaa-shell {__version__}, boto3 {boto}, {system}"
    return CheckResult("Python", Status.OK, text)


def terminal(around: MachineInfo) -> CheckResult:
    """Whether it can show a menu."""
    if not around.terminal:
        return CheckResult("terminal", Status.OK, "none here: standard output goes elsewhere")
    term = around.environ.get("TERM", "")
    if around.dumb:
        advice = "if it is none, set TERM to what it is, such as xterm-256color"
        return CheckResult(
            "terminal", Status.NOTE, f"TERM is {term or 'not set'}: a plain prompt, without a menu", advice
        )
    text = f"{term}, {around.columns} columns by {around.rows} rows"
    if around.columns < LEAST[0] or around.rows < LEAST[1]:
        return CheckResult("terminal", Status.NOTE, f"{text}: menus and tables have little room", "make it larger")
    return CheckResult("terminal", Status.OK, text)


def colors(around: MachineInfo) -> CheckResult:
    """Whether there are colours, and how many."""
    if around.environ.get("NO_COLOR"):
        return CheckResult("colours", Status.OK, "off, because NO_COLOR is set")
    if not around.terminal or around.dumb:
        return CheckResult(
            "colours", Status.OK, "off: this terminal has none" if around.terminal else "off: no terminal"
        )
    term = around.environ.get("TERM", "")
    true = around.environ.get("COLORTERM", "") in ("truecolor", "24bit")
    return CheckResult("colours", Status.OK, "all" if true else "256" if "256" in term else "16")


def language(around: MachineInfo) -> CheckResult:
    """Whether every character can be typed and shown."""
    named = next((around.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if around.environ.get(name)), "none")
    if around.encoding.lower().replace("-", "") == "utf8":
        return CheckResult("locale", Status.OK, f"UTF-8 ({named})")
    text = f"{around.encoding} ({named}): characters beyond it are lost"
    return CheckResult(
        "locale", Status.NOTE, text, "export LC_ALL=C.UTF-8, or another locale of UTF-8 that is installed"
    )


def settings(said: Config) -> CheckResult:
    """The user's own file: whether all of it makes sense."""
    if said.path is None:
        return CheckResult("settings", Status.OK, f"no {short(config_path())}: all have their defaults")
    if said.problems:
        advice = "mend or remove these lines; what they say does not hold"
        if said.doubtful:
            advice += ", and only what reads is sent until then (.readonly off lifts that)"
        return CheckResult("settings", Status.NOTE, _counted(said.problems), advice)
    return CheckResult("settings", Status.OK, short(said.path))


def _counted(problems: Sequence[str]) -> str:
    """The one mistake, or how many there are: each is told before anything else is."""
    others = len(problems) - 1
    return problems[0] + (f", and {others} more mistake{'s' if others > 1 else ''}" if others else "")


def history(path: Path) -> CheckResult:
    """Where commands are remembered."""
    found = kept("history", path, 0o600, "XDG_DATA_HOME")
    if found.status is Status.OK and path.exists():
        with path.open("rb") as file:
            head = file.read(len(SQLITE))
        if head and head != SQLITE:
            return CheckResult(
                "history", Status.FAIL, f"{path} is no history: nothing is remembered", "move it out of the way"
            )
    return found


def kept(name: str, path: Path, mode: int, variable: str) -> CheckResult:
    """A file or folder of the shell's own: whether it can be written, and read by nobody else."""
    if not os.path.exists(path):  # nor where a folder above it cannot be looked into
        return _not_yet(name, path, variable)
    if not os.access(path, os.R_OK | os.W_OK):
        advice = f"make it yours, or set {variable} to a folder that is"
        return CheckResult(name, Status.FAIL, f"{short(path)} cannot be read and written", advice)
    now = stat.S_IMODE(path.stat().st_mode)
    if now & ~mode & 0o077:
        advice = f"chmod {mode:o} {shlex.quote(str(path))}"
        return CheckResult(name, Status.NOTE, f"others on this machine can get at {short(path)}", advice)
    return CheckResult(name, Status.OK, f"{short(path)}, for you alone")


def _not_yet(name: str, path: Path, variable: str) -> CheckResult:
    above = next(parent for parent in path.parents if os.path.exists(parent))
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        return CheckResult(name, Status.OK, f"none yet; it will be {short(path)}")
    advice = f"make {above} writable, or set {variable} to a folder that is"
    return CheckResult(name, Status.FAIL, f"{short(path)} cannot be made", advice)


def saved_commands() -> CheckResult:
    """The file that a person may have edited."""
    path = saved.default_path()
    try:
        count = len(saved.load(path))
    except ShellError as error:
        return CheckResult("saved commands", Status.FAIL, str(error), "mend that line, or take it out")
    if not path.exists():
        return CheckResult("saved commands", Status.OK, "none yet")
    return CheckResult("saved commands", Status.OK, f"{count} in {short(path)}")
