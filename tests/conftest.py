"""What every test has: a scrubbed environment, folders of its own, and no way out of this machine."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import mwaa_shell
import tests.guard.sitecustomize  # noqa: F401  (installs the hook in this process)
from mwaa_shell import debug_log
from mwaa_shell.history.store import History
from mwaa_shell.interrupts import ENDING, INTERRUPTS
from mwaa_shell.session import Session, UserInterface
from mwaa_shell.settings import Settings
from tests.double import Double
from tests.programs import keep_data_of_botocore, process_unchanged
from tests.sessions import Notes
from tests.sharing import Together, rank
from tests.terminal.forked import Forks

# Without bytecode each of the many programs that are started would compile itself, and boto3, anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Examples are made by the clock of a machine that does much else. They are others with each run, but for the one that
# decides whether a change lands: what it finds shall be about the change.
settings.register_profile(
    "busy",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="MWAA_SHELL_TEST_DEMANDS_AIRFLOW" in os.environ,
)
settings.load_profile("busy")


keep_data_of_botocore()
#: More processes than this have too little to do.
MOST_PROCESSES = 8


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One process more than there are cores, as many a test waits; none for single files, which start at once.

    ``-n`` and PYTEST_XDIST_AUTO_NUM_WORKERS say otherwise.
    """
    if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return None
    if all(".py" in argument for argument in config.args):
        return 0
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(cores + 1, MOST_PROCESSES)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """Tests that share something stay together, unless ``--dist`` says otherwise."""
    if config.getoption("dist") != "loadscope":
        return None
    config.option.loadscopereorder = False
    return Together(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and leave the rest in the order of the day."""
    items.sort(key=lambda item: rank(item.nodeid))


PROGRAM = str(Path(mwaa_shell.__file__).parent) + os.sep
GUARD = Path(__file__).parent / "guard"
#: Variables of the user's that must not reach a test.
FOREIGN = (
    *("AWS_", "MWAA_", "AIRFLOW", "BOTO", "NO_COLOR", "FORCE_COLOR", "PAGER", "LESS", "http_proxy", "https_proxy"),
    *("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "SSH_"),
    *("COLUMNS", "LINES"),  # the parallel run sets them for its workers
)
CERTIFICATES = (
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"),
)


def scrubbed(home: Path) -> dict[str, str]:
    """An environment for a child process: nothing of the user's AWS, a home and folders of its own, the guard."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith((*FOREIGN, *CERTIFICATES))}
    return kept | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "AWS_CONFIG_FILE": str(home / ".aws" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / ".aws" / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": str(GUARD),
        "PYENV_ROOT": os.environ.get("PYENV_ROOT") or str(Path("~").expanduser() / ".pyenv"),
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
    }


@pytest.fixture(autouse=True)
def _scrub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for what runs in this process."""
    wanted = scrubbed(tmp_path)
    for key in set(os.environ) - set(wanted):
        if key.startswith((*FOREIGN, *CERTIFICATES)):
            monkeypatch.delenv(key)
    for key in (
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
        "HOME",
        *(key for key in wanted if key.startswith("AWS_")),
    ):
        monkeypatch.setenv(key, wanted[key])


@pytest.fixture(autouse=True)
def _take_ctrl_c() -> None:
    """Let Ctrl-C take effect again: what an earlier test ignores is ignored by the programs that are started here."""
    INTERRUPTS.restore()


@pytest.fixture(autouse=True)
def _take_back_changes_of_the_process() -> Iterator[None]:
    """Take back what ``run`` sets for its process: pytest would hear of no thread that fails, and garbage pile up."""
    with process_unchanged():
        yield


@pytest.fixture(autouse=True)
def _let_go_of_histories(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the files of sessions that no test has closed: Python 3.13 warns of those that are left to it.

    Sessions that the program itself has made are to be closed by it.
    """
    made: list[History] = []
    begin = History.__init__

    def noted(self: History, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        made.append(self)

    monkeypatch.setattr(History, "__init__", noted)
    open_ones = _of_the_program(monkeypatch)
    yield
    for history in made:
        history.is_off = True  # a thread that the test has left would open it again
        history.close()
    assert open_ones == [], "these places of the program have left a session open"


def _of_the_program(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where the program has made sessions that are still open, as functions in files; it grows and shrinks."""
    open_ones: dict[Session, str] = {}
    left: list[str] = []
    begin, end = Session.__init__, Session.close

    def begun(self: Session, *arguments: Any, **named: Any) -> None:
        maker = sys._getframe(1).f_code
        begin(self, *arguments, **named)
        if maker.co_filename.startswith(PROGRAM):
            open_ones[self] = f"{maker.co_filename.removeprefix(PROGRAM)} {maker.co_name}"
            left[:] = open_ones.values()

    def closed(self: Session) -> None:
        end(self)
        open_ones.pop(self, None)
        left[:] = open_ones.values()

    monkeypatch.setattr(Session, "__init__", begun)
    monkeypatch.setattr(Session, "close", closed)
    return left


@pytest.fixture(autouse=True)
def _close_the_debug_log() -> Iterator[None]:
    """Close the log that ``main`` has started in this process: it would go on in the tests after this one."""
    yield
    debug_log.close()


@pytest.fixture
def double() -> Iterator[Double]:
    """A double of MWAA, on loopback."""
    running = Double()
    yield running
    running.close()


@pytest.fixture
def bundle(double: Double, tmp_path: Path) -> str:
    """The CA bundle that trusts the double."""
    path = tmp_path / "ca.pem"
    double.authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def notes() -> Notes:
    """What ``session`` says."""
    return Notes()


@pytest.fixture
def session(double: Double, bundle: str, notes: Notes) -> Session:
    """A session on the double, open on ``my-env``."""
    return Session(Settings(environment="my-env", access=double.access(bundle)), UserInterface(notes))


@pytest.fixture
def default_signals() -> Iterator[None]:
    """A signal that is ignored here is ignored by what is started here, and the program lets that be."""
    before = {one: signal.signal(one, signal.SIG_DFL) for one in ENDING}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.fixture
def environ(double: Double, bundle: str, tmp_path: Path) -> dict[str, str]:
    """For a child process whose AWS is the double."""
    return scrubbed(tmp_path) | {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_MWAA": f"http://127.0.0.1:{double.aws.port}",
        "AWS_CA_BUNDLE": bundle,
    }


@pytest.fixture
def program() -> list[str]:
    """The program under test, as a child process."""
    return [sys.executable, "-m", "mwaa_shell"]


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Forks the program, which is imported once."""
    made = Forks(scrubbed(tmp_path_factory.mktemp("forks")))
    yield made
    made.close()
