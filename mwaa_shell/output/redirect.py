"""Output for a local command (``|``) or a file (``>``, ``>>``)."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from mwaa_shell.airflow.command_line import Destination, output_format
from mwaa_shell.errors import ExitCode, RefusedByRule, UsageError
from mwaa_shell.output.local_program import STOPPED, describe_exit, ensure_line_start, lend_terminal, program_name
from mwaa_shell.output.records import data_only
from mwaa_shell.output.render import exported
from mwaa_shell.preferences import Preferences
from mwaa_shell.reply_bytes import Body, chunks
from mwaa_shell.result import Outcome, Result

#: Lets Ctrl-C end what runs in the shell and not the shell, which then tells how that ended: less goes on after it.
TRAP = "trap : INT\n"


def check_writable(destination: Destination, ask: Callable[[str], bool] | None = None) -> None:
    """Check a destination before the command is sent; a file is not touched.

    ``ask`` confirms that a file with content is replaced. Raises ``UsageError`` for a file that cannot be written and
    ``RefusedByRule`` where the answer is no.
    """
    _check_target(destination)
    if ask is None or destination.operator != ">":
        return
    path = _path(destination)
    if path.is_file() and path.stat().st_size and not ask(f"{path} exists, replace it?"):
        raise RefusedByRule(f"{path} stays as it is, the line was not sent")


def _check_target(destination: Destination) -> None:
    if "\0" in destination.target:
        raise UsageError("A NUL has no place behind | or >, the line was not sent")
    if destination.operator == "|":
        return
    try:
        path = _path(destination).resolve()  # a link is written through
        if path.is_dir():
            raise UsageError(f"{path} is a folder, the line was not sent")
        exists = path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{destination.target} is no name for a file ({error}), the line was not sent") from None
    if not exists and not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}, the line was not sent")
    # A file is replaced whole, which takes a folder that can be written; appending and devices take the file itself.
    place = path if exists and (destination.operator == ">>" or not path.is_file()) else path.parent
    if not os.access(place, os.W_OK):
        raise UsageError(f"{place} cannot be written: {_why_not(place)}, the line was not sent")


def _why_not(place: Path) -> str:
    """Why something that is there cannot be written, in the system's words."""
    read_only = os.statvfs(place).f_flag & os.ST_RDONLY
    return os.strerror(errno.EROFS if read_only else errno.EACCES)


def select_output(result: Result, preferences: Preferences) -> Result:
    """Return the result with what a destination gets as its standard output; the rest is on standard error.

    Records in the format of the setting ``output``, unless the command has ``-o``; else the data of a ``-o json`` or
    ``yaml`` output; else, and where ``pipe`` is ``raw``, every byte.
    """
    whole = preferences["pipe"] == "raw"
    form = result.format or ("" if whole or output_format(result.words) else preferences["output"])
    if form not in ("", "auto", "raw"):
        made = exported(result, form)
        if made is not None:
            return replace(result, stdout=made)
    if whole or result.raw:
        return result
    return data_only(result.words, result)


def write_output(destination: Destination, result: Result) -> Result:
    """Write the standard output to a destination; return the result without it."""
    left = replace(result, stdout=b"")
    if result.leaves or not (result.ok or result.stdout):
        return left
    if destination.operator == "|":
        return _pipe(destination.target, result, left)
    try:
        _write(_path(destination), result.stdout, append=destination.operator == ">>")
    except OSError as error:
        return _worse(left, f"{_path(destination)} could not be written: {error.strerror}")
    return left


def _path(destination: Destination) -> Path:
    return Path(os.path.expanduser(destination.target))


def _pipe(command: str, result: Result, left: Result) -> Result:
    """Run a local command on the output. It has Ctrl-C and the terminal, and may stop reading whenever it likes."""
    if sys.stdout is not None:  # as where the program was started with it closed
        sys.stdout.flush()
    name = program_name(command)
    with lend_terminal():
        try:
            # The shell of the user's own machine runs what the user typed after the bar: that is the feature.
            process = subprocess.Popen(TRAP + command, shell=True, stdin=subprocess.PIPE)  # noqa: S602
        except OSError as error:
            return _worse(left, f"{name} could not be run: {error.strerror}")
        _feed(process, result.stdout)
    ensure_line_start()
    if process.returncode == 0:
        return left
    if process.returncode in STOPPED:
        return replace(left, outcome=Outcome.INTERRUPTED, exit_code=ExitCode.INTERRUPTED, message=f"{name} was stopped")
    return _worse(left, f"{name} {describe_exit(process)}")


def _feed(process: subprocess.Popen[bytes], data: Body) -> None:
    """Write to a command and wait for its end; it may leave before it has read all."""
    assert process.stdin is not None
    with process, contextlib.suppress(BrokenPipeError), process.stdin as pipe:
        pipe.writelines(chunks(data))


def _write(path: Path, data: Body, *, append: bool) -> None:
    if append or (path.exists() and not path.is_file()):  # a device such as /dev/null is written to, not replaced
        with path.open("ab") as file:
            file.writelines(chunks(data))
        return
    target = path.resolve()  # through a symbolic link, whose target is replaced
    mode = target.stat().st_mode & 0o777 if target.exists() else None
    part = target.with_name(f".mwaa-shell-{token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)  # less the umask
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks(data))
        if mode is not None:
            os.chmod(part, mode)
        os.replace(part, target)
    except BaseException:  # Ctrl-C too
        os.unlink(part)
        raise


def _worse(result: Result, message: str) -> Result:
    """The same result, failed by what happened on this machine; an Airflow failure before it stays.

    The exit codes of the shell are an API of its own: that of a local command is in the message.
    """
    if not result.ok:
        return replace(result, message=f"{result.message}; {message}" if result.message else message)
    message = f"The command ran; {message}" if result.remote else message
    return replace(result, outcome=Outcome.FAILED, exit_code=ExitCode.FAILED, message=message)
