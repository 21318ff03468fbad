"""Files and folders that nobody else can look into, and that nobody else can put something in the place of.

What the shell writes of its own accord stands in a folder of 0700, also where the folders above it are missing and
whatever the umask is. A symbolic link of the user's own is followed, as is one of root's; one that somebody else has
made is not, nor is somebody else's file or folder used. (For root only links count: its home may be a volume of
anybody's.) Raises ``OSError``, whose ``strerror`` is the end of a sentence.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

ROOT = 0
FOREIGN_LINK = "it is a symbolic link that somebody else has made"
FOREIGN = "it belongs to somebody else"


def check(path: Path) -> None:
    """Raise for a link on the way, or a file or folder at its end, that is not for us to use; what is missing is all
    right."""
    with contextlib.suppress(FileNotFoundError):
        for one in (*reversed(path.parents), path):
            found = os.lstat(one)
            if stat.S_ISLNK(found.st_mode) and found.st_uid not in (os.geteuid(), ROOT):
                raise OSError(errno.ELOOP, FOREIGN_LINK, str(one))
        _check_owner(os.stat(path), path)


def _check_owner(found: os.stat_result, path: Path) -> None:
    plain = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    if plain and os.geteuid() != ROOT and found.st_uid not in (os.geteuid(), ROOT):
        raise PermissionError(errno.EPERM, FOREIGN, str(path))


def make_folder(path: Path, *, tighten: bool = True) -> Path:
    """Make a folder and what is missing above it, for its owner only, and see that it is ours; the same.

    With ``tighten``, one that is there and open to others is closed to them.
    """
    check(path)
    missing = [one for one in (path, *path.parents) if not os.path.lexists(one)]
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another shell was quicker
            os.mkdir(one, 0o700)
    check(path)
    if not path.is_dir():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    if tighten and path.stat().st_mode & 0o077:
        path.chmod(0o700)
    return path


def append_to(path: Path) -> int:
    """A descriptor that adds to a file, which is 0600 if it is new. A device is written to like a file."""
    check(path)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        handle = os.open(path, flags | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        check(path)
        handle = os.open(path, flags, 0o600)
    try:
        _check_owner(os.fstat(handle), path)
    except OSError:
        os.close(handle)
        raise
    return handle


def short(path: Path | str) -> str:
    """A path as it is shown: ``~`` for the home folder."""
    home = os.path.expanduser("~")
    return str(path).replace(home, "~", 1) if home != "/" and Path(path).is_relative_to(home) else str(path)
