"""Cache files about environments, so that no start and no Tab key waits for AWS.

``environments.json`` has the account, region and version of each environment that was open. ``listed.json`` has the
names from the last listing of each profile and region. Both are JSON objects that are written whole and are readable by
their owner only. A file that cannot be read counts as empty, and a failed write leaves it unchanged. AWS's newest
response always wins.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mwaa_shell import paths
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.paths import make_folder
from mwaa_shell.settings import Access, profile_of_boto3

if TYPE_CHECKING:  # shell_completion reads these files and never connects
    from mwaa_shell.mwaa import Connection, EnvironmentRef

#: Most environments, and most listings, that are kept: the latest.
MAX_ENVIRONMENTS, MAX_LISTINGS = 200, 50
ENVIRONMENTS, LISTINGS = "environments.json", "listed.json"
#: Seconds to wait for another shell that saves. A stopped one may hold the lock for ever.
LOCK_PATIENCE = 1.0
#: Bytes; a longer file was not written by this shell.
MAX_FILE_BYTES = 1_000_000
#: Replaces the address of every local environment, whose port changes at each start.
LOCAL = "local"
Key = tuple[str, ...]


class EnvironmentIdentity(NamedTuple):
    """The account, region, name and Airflow version of an environment."""

    account: str
    region: str
    environment: str
    version: Version | None = None
    confirmed: bool = False  #: AWS has reported it in this session, or denied it

    @property
    def owner(self) -> Mapping[str, str]:
        """The account, region and name, as files of cached names have them."""
        return {"account": self.account, "region": self.region, "environment": self.environment}


class ListedEnvironment(NamedTuple):
    """An environment that was open or listed before; the profile may be empty."""

    name: str
    profile: str
    region: str


def cache_folder() -> Path:
    """Return the folder of all cached names, which ``XDG_CACHE_HOME`` moves on Linux."""
    return paths.cache_folder() / "names"


# -- environments that were open ---------------------------------------------------------------------------------------


def identify(connection: Connection) -> EnvironmentIdentity | None:
    """Return the identity of an environment, and keep what AWS reports of it.

    Without a response of AWS, the identity is that of the last session, or ``None``. If GetEnvironment is not
    permitted, a hash of the access key replaces the account.
    """
    known, target = connection.info, connection.target
    if known.account:
        row = [known.account, connection.region, str(known.version or "")]
        _keep_row(ENVIRONMENTS, _key_of(target), row, MAX_ENVIRONMENTS)
        return EnvironmentIdentity(known.account, connection.region, target.name, known.version, confirmed=True)
    if connection.refusal is not None:
        account = f"key-{_access_key_hash()}"
        return EnvironmentIdentity(account, connection.region, target.name, connection.version, confirmed=True)
    return recall(target)


def recall(target: EnvironmentRef) -> EnvironmentIdentity | None:
    """Return the identity of an environment as the last session saved it, or ``None``."""
    row = _rows_of(ENVIRONMENTS).get(_key_of(target), [])
    return EnvironmentIdentity(row[0], row[1], target.name, parse_version(row[2])) if len(row) == 3 else None


def _key_of(target: EnvironmentRef) -> Key:
    """Return how an environment is reached, as the key of its row."""
    access = target.access
    address = LOCAL if access.keys else access.endpoint_url or os.environ.get("AWS_ENDPOINT_URL_MWAA", "")
    region = access.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
    owner = access.account or _access_key_hash()  # other credentials may belong to another account
    return target.name, profile_of_boto3(access), region, address, owner


def _access_key_hash() -> str:
    """Return a hash that distinguishes values of ``AWS_ACCESS_KEY_ID`` and hides them."""
    return hashlib.sha256(os.environ.get("AWS_ACCESS_KEY_ID", "").encode(errors="replace")).hexdigest()[:12]


# -- environments that were listed -------------------------------------------------------------------------------------


def keep_listing(names: Sequence[str], access: Access, region: str) -> None:
    """Keep the names of a listing in place of the last one of its profile and region."""
    if access.keys is None:  # a local environment is not reached by its name
        _keep_row(LISTINGS, (profile_of_boto3(access), region), list(names), MAX_LISTINGS)


def remembered_environments() -> Iterator[ListedEnvironment]:
    """Yield the environments of AWS that any session opened or listed, some twice."""
    for key, row in _rows_of(ENVIRONMENTS).items():
        if len(key) >= 4 and len(row) >= 2 and key[3] != LOCAL:
            yield ListedEnvironment(key[0], key[1], row[1])
    for key, names in _rows_of(LISTINGS).items():
        if len(key) >= 2:
            yield from (ListedEnvironment(name, key[0], key[1]) for name in names)


# -- files of rows -----------------------------------------------------------------------------------------------------


def _rows_of(name: str) -> dict[Key, list[str]]:
    """Return the rows of a file by their keys, which are JSON lists. A malformed file has no rows."""
    try:
        with (cache_folder() / name).open("rb") as file:
            rows = json.loads(file.read(MAX_FILE_BYTES))
        return {tuple(map(str, json.loads(key))): [str(text) for text in row] for key, row in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _keep_row(name: str, key: Key, row: list[str], most: int) -> None:
    """Append a row in place of the row with its key, and keep the last ``most`` rows.

    The main thread, which is that of the prompt, saves nothing while another shell saves. A later command tries again.
    """
    if _rows_of(name).get(key) == row:
        return
    waits = threading.current_thread() is not threading.main_thread()
    with contextlib.suppress(OSError), lock_folder(cache_folder(), waits=waits):
        rows = _rows_of(name)
        rows.pop(key, None)
        rows[key] = row
        kept = {json.dumps(key): row for key, row in list(rows.items())[-most:]}
        replace_file(cache_folder() / name, json.dumps(kept).encode())


@contextlib.contextmanager
def lock_folder(folder: Path, *, waits: bool = True) -> Iterator[None]:
    """Keep other shells and threads from saving, or wait no longer and save with them.

    Held while a file is read and written again. Raises ``OSError`` without a folder, and without ``waits`` where the
    lock is not free.
    """
    handle = os.open(make_folder(folder), os.O_RDONLY)
    try:
        end = time.monotonic() + LOCK_PATIENCE
        while not _has_locked(handle) and time.monotonic() < end:
            if not waits:
                raise BlockingIOError
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)  # ends the lock


def _has_locked(handle: int) -> bool:
    """Return whether the lock is held, or cannot be: some file systems have no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def replace_file(path: Path, data: bytes) -> None:
    """Write a file whole, in place of the one before. Raises ``OSError``."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", dir=make_folder(path.parent))  # 0600 from creation
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
