"""Output for a local command (``|``), a file (``>``, ``>>``) or the transcript."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from mwaa_shell.airflow.command_line import Destination, output_format
from mwaa_shell.errors import ExitCode, RefusedByRule, State, UsageError, sentence
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.local_program import STOPPED, describe_exit, ensure_line_start, lend_terminal, program_name
from mwaa_shell.output.presenter import mask_secrets_in, shown_text
from mwaa_shell.output.records import data_only
from mwaa_shell.output.render import export_records, heading
from mwaa_shell.output.sanitiser import sanitise
from mwaa_shell.paths import append_to
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Body, Outcome, Result, chunks

#: Lets Ctrl-C end the programs of a pipe but not ``sh``, which returns their exit code; less ignores it.
TRAP = "trap : INT\n"
#: The exit code of ``sh`` for a program that does not exist.
NOT_FOUND = 127
#: Names that other shells have for a program that writes a file.
WRITERS = ("save", "write")


def check_writable(destination: Destination, ask: Callable[[str], bool] | None = None) -> None:
    """Check a destination before the command is sent; a file is not touched.

    ``ask`` confirms that a file with content is replaced. Raises ``UsageError`` for a file that cannot be written and
    ``RefusedByRule`` where the answer is no.
    """
    if "\0" in destination.target:
        raise UsageError("A command with | or > cannot contain a NUL character", state=State.NOT_SENT)
    if destination.operator == "|":
        return
    try:
        path = _path(destination).resolve()  # a link is written through
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"'{destination.target}' is not a file name ({error})", state=State.NOT_SENT) from None
    if is_folder:
        raise UsageError(f"{path} is a folder", state=State.NOT_SENT)
    if not exists and not path.parent.is_dir():
        raise UsageError(f"The folder {path.parent} does not exist", state=State.NOT_SENT)
    # A file is replaced whole, which takes a folder that can be written; appending and devices take the file itself.
    place = path if exists and (destination.operator == ">>" or not path.is_file()) else path.parent
    if not os.access(place, os.W_OK):
        read_only = os.statvfs(place).f_flag & os.ST_RDONLY
        reason = os.strerror(errno.EROFS if read_only else errno.EACCES)
        raise UsageError(f"{place} cannot be written: {reason}", state=State.NOT_SENT)
    shown = _path(destination)
    replaces = destination.operator == ">" and shown.is_file() and shown.stat().st_size
    if ask is not None and replaces and not ask(f"{shown} exists, replace it?"):
        raise RefusedByRule(f"{shown} stays as it is")


def select_output(result: Result, preferences: Preferences) -> Result:
    """Return the result with the output for a destination. The rest is on standard error.

    Records in the format of the setting ``output``, unless the command has ``-o``; else the data of a ``-o json`` or
    ``yaml`` output; else, and where ``pipe`` is ``raw``, every byte.
    """
    if result.parts:
        parts = [part._replace(result=select_output(part.result, preferences)) for part in result.parts]
        merged = select_output(result._replace(parts=()), preferences)
        together = in_one(merged._replace(parts=tuple(parts)))
        left = [part._replace(result=part.result._replace(stdout=b"")) for part in parts]
        return together._replace(stderr=merged.stderr, parts=tuple(part for part in left if part.result.stderr))
    whole = preferences["pipe"] == "raw"
    form = result.format or ("" if whole or output_format(result.words) else preferences["output"])
    if form not in ("", "auto", "raw"):
        made = export_records(result, form)
        if made is not None:
            return result._replace(stdout=made)
    if whole or result.raw:
        return result
    return data_only(result.words, result, "the local command or file got nothing", "Use .set pipe raw")


def in_one(result: Result) -> Result:
    """Return the result with the outputs of all parts, each after its heading."""
    stdout, stderr = [bytes(result.stdout)], [bytes(result.stderr)]
    for part in result.parts:
        for stream, data in ((stdout, part.result.stdout), (stderr, part.result.stderr)):
            if data:
                stream += [heading(part).encode(errors="replace"), bytes(data), b"" if data.endswith(b"\n") else b"\n"]
    return result._replace(stdout=b"".join(stdout), stderr=b"".join(stderr), parts=())


def write_output(destination: Destination, result: Result) -> Result:
    """Write the standard output to a destination; return the result without it."""
    left = result._replace(stdout=b"")
    if result.leaves or not (result.ok or result.stdout):
        return left
    if destination.operator == "|":
        return _pipe(destination.target, result, left)
    try:
        write_file(_path(destination), result.stdout, append=destination.operator == ">>")
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
        assert process.stdin is not None
        with process, contextlib.suppress(BrokenPipeError), process.stdin as pipe:  # it may leave before the end
            pipe.writelines(chunks(result.stdout))
    ensure_line_start()
    if process.returncode == 0:
        return left
    if process.returncode in STOPPED:
        return left._replace(
            outcome=Outcome.INTERRUPTED, exit_code=ExitCode.INTERRUPTED, message=f"{name} was stopped."
        )
    failed = _worse(left, f"{name} {describe_exit(process)}")
    to_file = process.returncode == NOT_FOUND and name in WRITERS
    return failed._replace(hint="Write > FILE to save the output.") if to_file else failed


def write_file(path: Path, data: Body, *, append: bool = False, private: bool = False) -> None:
    """Replace a file and keep its mode, which is 0600 if ``private``. Raises ``OSError``."""
    if append or (path.exists() and not path.is_file()):  # a device such as /dev/null is written to, not replaced
        with path.open("ab") as file:
            file.writelines(chunks(data))
        return
    target = path.resolve()  # through a symbolic link, whose target is replaced
    mode = 0o600 if private else target.stat().st_mode & 0o777 if target.exists() else None
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
    """Return the result as failed by a local command or file. A failure of Airflow stays.

    The exit codes of the shell are an API of its own: that of a local command is in the message.
    """
    if not result.ok:
        return result._replace(message=f"{sentence(result.message)} {message}".strip())
    state = State.RAN if result.remote else State.NONE
    return result._replace(outcome=Outcome.FAILED, exit_code=ExitCode.FAILED, message=message, state=state)


class Transcript:
    """A file of mode 0600 for commands, open only while a command is added."""

    def __init__(self, path: Path) -> None:
        """Open a transcript. Raises ``UsageError`` for a file that cannot be written."""
        try:
            self.path = path.expanduser().absolute()  # the same wherever the shell goes
            writable = not self.path.exists() or self.path.is_file() or self.path.is_char_device()
        except (OSError, RuntimeError, ValueError) as error:
            raise UsageError(f"'{path}' is not a file name ({error})") from None
        if not writable:
            raise UsageError(f"{self.path} is not a file")
        self._append("")

    def add(self, prompt: str, line: str, result: Result, now: datetime, view: DisplayOptions | None) -> None:
        """Add a command and its output as a terminal shows it. Without ``view``, add the bytes.

        ``prompt`` names the environment, the secrets of ``line`` are masked, ``now`` is aware. Raises ``UsageError``
        where the file cannot be written.
        """
        command = f"{now.isoformat(timespec='seconds')} {prompt}> {line} {result.added}".rstrip()
        said = sentence(result.message, result.state)
        ended = "" if result.ok and not said else _comment(f"{result.outcome.value}: {said}")
        self._append(_comment(command), _output(result, view), ended)

    def _append(self, command: str, output: Iterable[bytes] = (), ended: str = "") -> None:
        try:
            with os.fdopen(append_to(self.path), "wb") as file:
                file.write(command.encode(errors="replace"))
                last = b"\n"
                for last in output:
                    file.write(last)
                file.write(b"" if last.endswith(b"\n") else b"\n")
                file.write(ended.encode(errors="replace"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise UsageError(f"{self.path} cannot be written: {reason}") from None


def _output(result: Result, view: DisplayOptions | None) -> Iterator[bytes]:
    if view is not None:
        yield from (text.encode("utf-8", "replace") for text in shown_text(result, view) if text)
    else:
        result = in_one(result)
        yield from chunks(mask_secrets_in(result.hidden, result).stdout if result.hidden else result.stdout)


def _comment(text: str) -> str:
    """Return text with ``#`` before every line, a comment in files of commands."""
    return "".join(f"# {sanitise(line)}\n" for line in text.split("\n"))
