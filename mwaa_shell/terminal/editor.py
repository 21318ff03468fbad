"""The line in the user's editor, and back."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from contextlib import suppress

from mwaa_shell.errors import UsageError

#: Where an editor may be if ``$VISUAL`` and ``$EDITOR`` name none that can be started.
EDITORS = ("/usr/bin/editor", "/usr/bin/nano", "/usr/bin/pico", "/usr/bin/vi", "/usr/bin/emacs")


def edited(text: str) -> str:
    """Return what the user's editor makes of a text; the same text where the editor fails. Raises ``UsageError``."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise UsageError("The line is not UTF-8 text and cannot be edited in an editor") from None
    try:
        handle, path = tempfile.mkstemp()  # for its owner only
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError as error:
        raise UsageError(f"The line cannot be written to a file for the editor: {error.strerror}") from None
    try:
        if _run_editor(path) != 0:
            return text
        with open(path, "rb") as file:
            return file.read().decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise UsageError("The editor saved text that is not UTF-8: the line stays as it was") from None
    except OSError as error:
        raise UsageError(f"The file that the editor saved cannot be read: {error.strerror}") from None
    finally:
        with suppress(OSError):
            os.unlink(path)


def _run_editor(path: str) -> int:
    """Run the first editor that there is; its exit code. Raises ``UsageError`` where there is none."""
    for editor in (os.environ.get("VISUAL"), os.environ.get("EDITOR"), *EDITORS):
        with suppress(OSError, ValueError):  # it is not there, or its quotes do not match
            words = shlex.split(editor or "")
            if words:
                return subprocess.call([*words, path])
    raise UsageError("No editor was found: set VISUAL or EDITOR")
