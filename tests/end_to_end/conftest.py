"""Real Airflows behind local environments, one for each command tree; installed into the cache if missing."""

from __future__ import annotations

import inspect
import json
import os
import select
import shlex
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import platformdirs
import pytest

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local import provision
from mwaa_shell.local.airflow_process import AirflowProcess, airflow_environment, locked
from mwaa_shell.local.folders import LocalState, make_private, state_for
from mwaa_shell.local.recipes import Recipe, recipe_for, recipes
from tests.conftest import scrubbed
from tests.sharing import rank

#: Where installed Airflows stay between runs.
CACHE = os.environ.get("MWAA_SHELL_LOCAL_CACHE") or str(Path(platformdirs.user_cache_dir("mwaa-shell")) / "local")
#: Where uv keeps the Pythons that it downloads: not in a folder that goes with the test.
PYTHONS = os.environ.get("UV_PYTHON_INSTALL_DIR") or str(Path("~/.local/share/uv/python").expanduser())
#: Where uv keeps the packages that it has downloaded.
PACKAGES = os.environ.get("UV_CACHE_DIR") or str(Path("~/.cache/uv").expanduser())
#: Set where a missing Airflow is a failure and not a skip.
DEMANDED = "MWAA_SHELL_TEST_DEMANDS_AIRFLOW"
VERSIONS = ("1.10.12", "2.10.3", "3.3.1")


@dataclass(frozen=True)
class Grammar:
    """The commands of one major version that the tests run."""

    list_dags: str
    trigger: str
    list_runs: str
    missing: str
    unknown: str
    reads_dags: str  #: a command that reads the DAG folder

    def trigger_run(self, run_id: str) -> str:
        """Return the trigger with this run id, each with a date: Airflow 1.10 takes one run of a DAG a second."""
        second = timedelta(seconds=zlib.crc32(run_id.encode()) % 10_000_000)
        date = f" -e {datetime(2021, 1, 1) + second:%Y-%m-%dT%H:%M:%S}" if "trigger_dag" in self.trigger else ""
        return self.trigger.replace("run_1", run_id) + date


CONF = """-c '{"say": "it is \\"quoted\\"", "n": [1, 2]}'"""
GRAMMARS = {
    "1.10.12": Grammar(
        "list_dags",
        f"trigger_dag hello_world -r run_1 {CONF}",
        "list_dag_runs hello_world",
        "trigger_dag no_such_dag",
        "lst_dags",
        "list_dags",
    ),
    "2.10.3": Grammar(
        "dags list",
        f"dags trigger hello_world -r run_1 {CONF} -o json",
        "dags list-runs -d hello_world -o json",
        "dags trigger no_such_dag",
        "dags lst",
        "dags list",
    ),
    "3.3.1": Grammar(
        "dags list",
        f"dags trigger hello_world -r run_1 {CONF} -o json",
        "dags list-runs hello_world -o json",
        "dags trigger no_such_dag",
        "dags lst",
        "dags list --local",
    ),
}


def with_grammar(recipe: Recipe) -> provision.Installation:
    """The Airflow with what MWAA installs beside it: installed for the three where that is demanded, else as found."""
    os.environ["MWAA_SHELL_LOCAL_CACHE"] = CACHE
    recipe = recipe._replace(profile="grammar")
    found = provision.ready(recipe)
    if found is None and os.environ.get(DEMANDED) and str(recipe.version) in VERSIONS:
        found = provision.provide(recipe, lambda line: None)
    if found is None:
        version = recipe.version
        pytest.skip(f"Airflow {version} is not installed for this: python -m tests.grammars {version}")
    return found


def installed(version: str) -> provision.Installation:
    """The installed Airflow, or a skip with the reason; a failure where it is demanded."""
    try:
        os.environ["MWAA_SHELL_LOCAL_CACHE"] = CACHE
        return provision.provide(recipe_for(version), lambda line: None)
    except LocalProblem as error:
        if os.environ.get(DEMANDED):
            raise
        pytest.skip(str(error))


@dataclass(frozen=True)
class Served:
    """A local environment that any AWS client can use."""

    version: str
    environ: dict[str, str]  #: for a client, the program among them
    records: Path
    dags: Path
    state: LocalState

    @property
    def grammar(self) -> Grammar:
        return GRAMMARS[self.version]

    @property
    def name(self) -> str:
        return self.environ["MWAA_ENVIRONMENT"]

    def last_record(self) -> tuple[bytes, bytes, int]:
        """What the airflow program wrote for the last command, and its exit code."""
        about = max(self.records.glob("*.json"))
        stem = self.records / about.stem
        code = json.loads(about.read_text())["code"]
        return stem.with_suffix(".stdout").read_bytes(), stem.with_suffix(".stderr").read_bytes(), code


def local_environ(home: Path) -> dict[str, str]:
    """For the program with ``--local``: folders of the test's own, the user's installed Airflows."""
    kept = {"MWAA_SHELL_LOCAL_CACHE": CACHE, "UV_PYTHON_INSTALL_DIR": PYTHONS, "UV_CACHE_DIR": PACKAGES}
    return scrubbed(home) | kept


def learning(environ: dict[str, str]) -> dict[str, str]:
    """The same, where names are learned from outputs: a prompt begins the REST API of its environment for them."""
    config = Path(environ["XDG_CONFIG_HOME"]) / "mwaa-shell" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('names = "learn"\n')
    return environ


def wait_until(truth: Callable[[], bool], what: str, looks: int = 1200) -> None:
    """Look ten times a second until it is so; a failure after as many looks as are made in two minutes."""
    for _ in range(looks):
        if truth():
            return
        select.select([], [], [], 0.1)
    pytest.fail(f"never came: {what}")


def make_dags(folder: Path, own: str = "gate.py") -> Path:
    """A DAG folder with the examples and a file of the tests' own: the gate, or the DAG that takes a while."""
    shutil.copytree(Path(provision.__file__).parent / "dags", folder)
    shutil.copy(Path(__file__).parent / "dags" / own, folder)
    return folder


def state_of(version: str, home: Path, dags: Path) -> LocalState:
    """What the program keeps of a local environment below a home of the test's own."""
    (folder,) = (Path(scrubbed(home)["XDG_DATA_HOME"]) / "mwaa-shell" / "local").glob(f"{version}-*")
    return LocalState(folder, dags)


#: What an environment has of its database.
DATABASE = ("airflow/airflow.db", "fernet-key", "initialised", "roles-made")
#: Puts the database of a version into a home, for a DAG folder or the program's own DAGs.
FillHome = Callable[[str, Path, Path | None], None]


def database(found: provision.Installation) -> LocalState:
    """A database with roles and no DAG, kept with its Airflow until what makes one changes; it costs several seconds.

    One test in ``test_batch.py`` begins without one, as a user does.
    """
    recipe = found.recipe
    makers = inspect.getsource(airflow_environment) + repr((recipe.init, recipe.roles))  # of any checkout
    folder = found.venv / f"test-database-{zlib.crc32(makers.encode()):08x}"
    made = LocalState(folder, folder / "no-dags")
    with locked(found.venv / "test-database.lock"):
        if not (folder / "roles-made").exists():
            for older in found.venv.glob("test-database-*"):
                shutil.rmtree(older)
            made.dags.mkdir(parents=True)
            airflow = AirflowProcess(found, made, folder / "scratch")
            airflow.set_up()
            airflow.close()
    return made


@pytest.fixture(scope="session")
def fill_home() -> FillHome:
    """Copies a database into a home."""

    def fill(version: str, home: Path, dags: Path | None) -> None:
        found = installed(version)
        made = database(found)
        with patch.dict(os.environ, scrubbed(home)):
            state = state_for(found.recipe.version, dags)
        make_private(state.folder)
        make_private(state.airflow_home)
        for name in DATABASE:
            shutil.copy(made.folder / name, state.folder / name)

    return fill


#: Ends the local environments that many tests share.
_RUNNING: list[Callable[[], object]] = []


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the shared environments after their last test: a scheduler works as long as it is there."""
    if nextitem is None or rank(nextitem.nodeid) != rank(item.nodeid):
        pytest_sessionfinish()


def pytest_sessionfinish() -> None:
    """End what is still there, as after a failure that ends the run."""
    while _RUNNING:
        _RUNNING.pop()()


def shared(start: Callable[[str], Iterator[Served]]) -> Callable[[str], Served]:
    """One environment a version, started when a test asks for it first."""
    running: dict[str, tuple[Served, Iterator[Served]]] = {}

    def get(version: str) -> Served:
        if version not in running:
            generator = start(version)
            running[version] = (next(generator), generator)
            _RUNNING.append(lambda: next(running.pop(version)[1], None))
        return running[version][0]

    return get


def serve(version: str, home: Path, dags: Path, *options: str) -> Iterator[Served]:
    """Run ``--serve`` as a user does and read its exports as a shell does."""
    installed(version)
    records = home / "records"
    records.mkdir(parents=True)
    given = ["--local", version, "--serve", "--record", str(records), "--dags-folder", str(dags), *options]
    with subprocess.Popen(
        [sys.executable, "-m", "mwaa_shell", *given], env=local_environ(home), stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        environ = scrubbed(home)
        for line in server.stdout:
            words = shlex.split(line)
            if words[0] == "export":
                name, _, value = words[1].partition("=")
                environ[name] = value
            if "MWAA_ENVIRONMENT" in environ:
                break
        try:
            yield Served(version, environ, records, dags, state_of(version, home, dags))
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory, fill_home: FillHome) -> Callable[[str], Served]:
    """One local environment a version that runs every command."""

    def start(version: str) -> Iterator[Served]:
        home = tmp_path_factory.mktemp(f"airflow-{version}")
        dags = make_dags(home / "dags")
        fill_home(version, home, dags)
        return serve(version, home, dags, "--no-limits")

    return shared(start)


@pytest.fixture(scope="session")
def scheduling(tmp_path_factory: pytest.TempPathFactory, fill_home: FillHome) -> Callable[[str], Served]:
    """The same with a scheduler, and with ``night_shift`` beside the examples: what is triggered runs."""

    def start(version: str) -> Iterator[Served]:
        home = tmp_path_factory.mktemp(f"scheduler-{version}")
        dags = make_dags(home / "dags", "night_shift.py")
        fill_home(version, home, dags)
        return serve(version, home, dags, "--scheduler", "--no-limits")

    return shared(start)


@pytest.fixture(params=VERSIONS)
def served(request: pytest.FixtureRequest, serving: Callable[[str], Served]) -> Served:
    """Each of the three, one after the other."""
    return serving(request.param)


@pytest.fixture(params=recipes(), ids=lambda recipe: str(recipe.version), scope="session")
def with_its_providers(request: pytest.FixtureRequest) -> provision.Installation:
    """Each version that is installed with what MWAA installs beside it."""
    return with_grammar(request.param)
