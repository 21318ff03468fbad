"""The user's folders, and owner-only files and folders (0600 and 0700).

The folders follow the platform's rules: on Linux ``XDG_...`` variables move them. A user without a home, such as one
without a name in a container, gets folders that cannot exist: nothing is read there, and a write fails with a reason.

Files and folders are made private whatever the umask is, also the missing folders above them. A symbolic link of the
user or of root is followed. Another user's link, file or folder is refused. (For root only links count: its home may be
a volume of any owner.) Functions raise ``OSError``, whose ``strerror`` is the end of a sentence.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

APP = "mwaa-shell"
#: A folder that cannot exist, because its parent is a file. The name ends a sentence.
NOWHERE = Path(os.devnull) / "HOME-is-not-set"
ROOT = 0
FOREIGN_LINK = "it is a symbolic link of another user"
FOREIGN = "it belongs to another user"


def cache_folder() -> Path:
    """Return the folder for caches."""
    return _folder("user_cache_dir")


def data_folder() -> Path:
    """Return the folder for data that must be kept."""
    return _folder("user_data_dir")


def config_folder() -> Path:
    """Return the folder for files that the user writes."""
    return _folder("user_config_dir")


def _folder(name: str) -> Path:
    """Return a folder of the shell, by the name of a function of platformdirs."""
    import platformdirs  # not before the prompt: 2 ms

    try:
        folder = Path(getattr(platformdirs, name)(APP))
    except RuntimeError:  # older versions return a ~, which would become a folder
        return NOWHERE / APP
    return folder if folder.is_absolute() else NOWHERE / APP


def check_owner(path: Path) -> None:
    """Raise if a link on a path, or its file or folder, belongs to another user. Missing parts are fine."""
    with contextlib.suppress(FileNotFoundError):
        for one in (*reversed(path.parents), path):
            found = os.lstat(one)
            if stat.S_ISLNK(found.st_mode) and found.st_uid not in (os.geteuid(), ROOT):
                raise OSError(errno.ELOOP, FOREIGN_LINK, str(one))
        _refuse_foreign(os.stat(path), path)


def _refuse_foreign(found: os.stat_result, path: Path) -> None:
    plain = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    if plain and os.geteuid() != ROOT and found.st_uid not in (os.geteuid(), ROOT):
        raise PermissionError(errno.EPERM, FOREIGN, str(path))


def make_folder(path: Path, *, tighten: bool = True) -> Path:
    """Make a folder and its missing parents, 0700, and return it.

    The owner is checked. With ``tighten``, close an existing folder to other users.
    """
    check_owner(path)
    missing = [one for one in (path, *path.parents) if not os.path.lexists(one)]
    for one in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another shell was quicker
            os.mkdir(one, 0o700)
    check_owner(path)
    if not path.is_dir():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    if tighten and path.stat().st_mode & 0o077:
        path.chmod(0o700)
    return path


def append_to(path: Path) -> int:
    """Open a file or device for appending and return the descriptor, 0600 if new."""
    check_owner(path)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        handle = os.open(path, flags | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        check_owner(path)
        handle = os.open(path, flags, 0o600)
    try:
        _refuse_foreign(os.fstat(handle), path)
    except OSError:
        os.close(handle)
        raise
    return handle


def short(path: Path | str) -> str:
    """Return a path for messages, with ``~`` for the home folder."""
    home = os.path.expanduser("~")
    return str(path).replace(home, "~", 1) if home != "/" and Path(path).is_relative_to(home) else str(path)
