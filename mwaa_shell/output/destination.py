"""Where decoded output goes when the line says so: a local command (``|``) or a file (``>``, ``>>``)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from mwaa_shell.airflow.command_line import Destination
from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.result import Outcome, Result


def check(destination: Destination) -> None:
    """Say before anything is sent that a file cannot be written; its content is not touched."""
    if "\0" in destination.target:
        raise UsageError("A NUL has no place behind | or >, nothing was sent")
    if destination.operator == "|":
        return
    try:
        path = _path(destination).resolve()  # a link is written through
        if path.is_dir():
            raise UsageError(f"{path} is a folder, nothing was sent")
        exists = path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{destination.target} is no name for a file ({error}), nothing was sent") from None
    if not exists and not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}, nothing was sent")
    # A file is replaced whole, which takes a folder that can be written; appending and devices take the file itself.
    place = path if exists and (destination.operator == ">>" or not path.is_file()) else path.parent
    if not os.access(place, os.W_OK):
        raise UsageError(f"{place} cannot be written, nothing was sent")


def deliver(destination: Destination, result: Result) -> Result:
    """Hand the standard output over; the result that is left has none."""
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
    return Path(destination.target).expanduser()


def _pipe(command: str, result: Result, left: Result) -> Result:
    sys.stdout.flush()
    try:
        # The shell of the user's own machine runs what the user typed after the bar: that is the feature.
        process = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE)  # noqa: S602
    except OSError as error:
        return _worse(left, f"{command.split(maxsplit=1)[0]} could not be run: {error.strerror}")
    with process:
        try:
            process.communicate(result.stdout)
        except BrokenPipeError:
            pass  # the command has read enough, as head does
        except KeyboardInterrupt:
            process.wait()
    if process.returncode == 0:
        return left
    if process.returncode == -signal.SIGINT:
        name = command.split(maxsplit=1)[0]
        return replace(left, outcome=Outcome.INTERRUPTED, exit_code=ExitCode.INTERRUPTED, message=f"{name} was stopped")
    return _worse(left, f"{command.split(maxsplit=1)[0]} ended with exit code {process.returncode}")


def _write(path: Path, data: bytes, *, append: bool) -> None:
    if append or (path.exists() and not path.is_file()):  # a device such as /dev/null is written to, not replaced
        with path.open("ab") as file:
            file.write(data)
        return
    target = path.resolve()  # through a symbolic link, whose target is replaced
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=".mwaa-shell-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(part, mode)
        os.replace(part, target)
    except OSError:
        os.unlink(part)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _worse(result: Result, message: str) -> Result:
    """The same result, failed by what happened on this machine; an Airflow failure before it stays."""
    if not result.ok:
        return replace(result, message=f"{result.message}; {message}" if result.message else message)
    return replace(result, outcome=Outcome.FAILED, exit_code=ExitCode.FAILED, message=message)
