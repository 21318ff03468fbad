"""Installation of an Airflow with uv, once: a virtualenv in the cache.

A file says that the virtualenv is whole. It is written last, so the remains of an interrupt, a full disk or a lost
network never count as finished: they are removed and installed again. Two shells that install one version wait for each
other.

A team's own ``requirements.txt`` is read as MWAA reads it: nested files, constraints, and paths below
``/usr/local/airflow``, which mean the folders of DAGs and plugins. MWAA asks teams to name Airflow's own constraints:
here they are the pins of the installed Airflow. Constraints of the team replace those pins.

Many machines reach packages only through a company index, which pip's files and variables name. uv reads neither, so it
gets them from here. The paths of pip's files are those of its documentation.
"""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local import recipes
from mwaa_shell.local.folders import fingerprint, installs
from mwaa_shell.local.recipes import Recipe
from mwaa_shell.paths import append_to, check_owner, make_folder

#: Called with one line about what is going on.
Progress = Callable[[str], None]

#: The folder for a team's files on MWAA.
ON_MWAA = "/usr/local/airflow"
#: The constraints that Airflow publishes for each version.
OF_AIRFLOW = "https://raw.githubusercontent.com/apache/airflow/constraints-"


class Installation(NamedTuple):
    """An installed Airflow: its recipe and its virtualenv."""

    recipe: Recipe
    venv: Path

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def airflow(self) -> Path:
        """The airflow program itself."""
        return self.venv / "bin" / "airflow"


def ready(recipe: Recipe) -> Installation | None:
    """Return the installed Airflow of a recipe if it is whole and of this very recipe."""
    for python in recipe.pythons:
        if _is_whole(_folder(recipe, python), _contents(recipe)):
            return Installation(recipe, _folder(recipe, python))
    return None


def provide(recipe: Recipe, progress: Progress) -> Installation:
    """Return the Airflow of a recipe; install it if it is missing. Raises ``LocalProblem`` with the reason."""
    found = ready(recipe)
    if found is not None:
        return found
    with _install_lock(recipe, progress):
        return ready(recipe) or _install(recipe, progress)


def _install(recipe: Recipe, progress: Progress) -> Installation:
    uv, what = find_uv(), f"Airflow {recipe.version}"
    interpreter = recipes.find_interpreter(recipe.pythons)
    venv = _folder(recipe, interpreter.version if interpreter else recipe.python)
    source = ["--python", str(interpreter.path)] if interpreter else ["--managed-python", "--python", recipe.python]
    if interpreter is None:
        progress(f"{what}: looking for a Python {' or '.join(recipe.pythons)} to download")
    try:
        with _whole_or_removed(venv, what, _contents(recipe)), _config(recipe) as config:
            _uv(uv, ["venv", "--no-project", *source, str(venv)], f"{what}: creating a virtualenv", progress)
            install = ["pip", "install", "--config-file", str(config), "--python", str(venv / "bin" / "python")]
            install += ["--compile-bytecode", "--exclude-newer", recipe.cutoff.isoformat(), *recipe.requirements]
            _uv(uv, install, f"{what}: installing", progress)
    except LocalProblem as error:
        if interpreter is not None:
            raise
        needs = (
            f"{what} runs on Python {' or '.join(recipe.pythons)}. This machine has none, and uv could not download one"
        )
        raise LocalProblem(f"{needs}: {error}", hint=error.hint, detail=error.detail) from None
    return Installation(recipe, venv)


def _folder(recipe: Recipe, python: str) -> Path:
    return installs() / f"{recipe.version}-py{python}{'' if recipe.profile == 'local' else f'-{recipe.profile}'}"


def _contents(recipe: Recipe) -> dict[str, object]:
    return {
        "requirements": recipe.requirements,
        "cutoff": recipe.cutoff.isoformat(),
        "metadata": list(recipe.metadata),
    }


def _is_whole(venv: Path, contents: dict[str, object]) -> bool:
    try:
        check_owner(venv)  # what is in it is going to be run
        found = json.loads((venv / "complete.json").read_text())
    except (OSError, ValueError):
        return False
    return bool(found == contents) and (venv / "bin" / "python").exists()


@contextmanager
def _whole_or_removed(venv: Path, what: str, contents: dict[str, object]) -> Iterator[None]:
    """Make a new virtualenv: mark it as whole at the end, or remove it."""
    shutil.rmtree(venv, ignore_errors=True)
    try:
        yield
        (venv / "complete.json").write_text(json.dumps(contents))
    except BaseException as error:
        shutil.rmtree(venv, ignore_errors=True)
        if isinstance(error, OSError):
            raise LocalProblem(f"{what} could not be installed into {venv}: {error.strerror}") from None
        raise


@contextmanager
def _install_lock(recipe: Recipe, progress: Progress) -> Iterator[None]:
    """Hold the version's lock. Wait for another shell that installs it."""
    folder = installs()
    try:
        make_folder(folder, tighten=False)
        lock = os.fdopen(append_to(folder / f"{recipe.version}-{recipe.profile}.lock"), "a")
    except OSError as error:
        raise LocalProblem(
            f"The cache folder {folder} cannot be used: {error.strerror}",
            hint="Set MWAA_SHELL_LOCAL_CACHE to another folder.",
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"Airflow {recipe.version}: another shell is installing it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# -- uv ------------------------------------------------------------------------------------------------------------


def find_uv() -> Path:
    """Return the uv program beside the running Python, else on PATH. Raises ``LocalProblem``."""
    beside = f"{sysconfig.get_path('scripts')}{os.pathsep}{Path(sys.executable).parent}"
    found = shutil.which("uv", path=beside) or shutil.which("uv")
    if found is None:
        raise LocalProblem("uv is missing", hint="Install mwaa-shell with its extra: 'mwaa-shell[local]'.")
    return Path(found)


@contextmanager
def _config(recipe: Recipe) -> Iterator[Path]:
    """Yield a uv configuration with the metadata of the recipe. An empty one keeps the user's own out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uv.toml"
        text = ""
        if recipe.metadata:
            extras = json.dumps(sorted({*recipe.local, *recipe.grammar}))
            text = (
                f'[[dependency-metadata]]\nname = "apache-airflow"\nversion = "{recipe.version}"\n'
                f"provides-extras = {extras}\nrequires-dist = {json.dumps(recipe.metadata)}\n"
            )
        path.write_text(text)
        yield path


def _uv(uv: Path, arguments: list[str], what: str, progress: Progress, folder: Path | None = None) -> str:
    """Run uv in a folder, report its lines and return what it printed. Raises ``LocalProblem`` with its last lines."""
    progress(what)
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    said: list[str] = []
    with (
        tempfile.TemporaryFile("w+") as printed,
        subprocess.Popen(
            [uv, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.PIPE,
            env=environ | uv_environment(),
            text=True,
            errors="replace",
            cwd=folder,
        ) as process,
    ):
        try:
            assert process.stderr is not None
            for line in filter(None, map(str.strip, process.stderr)):
                said.append(line)
                progress(f"{what}: {line}")
        except BaseException:
            process.kill()
            raise
        if process.wait():
            raise LocalProblem(f"{what} failed: {' '.join(said)[-600:] or 'uv printed nothing'}")
        printed.seek(0)
        return printed.read()


# -- a team's requirements -------------------------------------------------------------------------------------------


class Requirements(NamedTuple):
    """The lines of a requirements file, with those of the files that it names."""

    path: Path  #: of the file; relative paths in it are relative to its folder
    lines: tuple[str, ...]
    constraints: tuple[str, ...] = ()  #: the team's own; without any, those of Airflow hold
    stamps: tuple[str, ...] = ()  #: of local files and folders that the lines name

    @property
    def key(self) -> str:
        """The hash of all that is to be installed."""
        said = json.dumps([self.lines, self.constraints, self.stamps])
        return hashlib.sha256(said.encode()).hexdigest()[:12]


def provide_with(requirements: Requirements, recipe: Recipe, progress: Progress) -> Installation:
    """Return the Airflow of a recipe with a team's requirements, in a new virtualenv."""
    base = provide(recipe, progress)
    venv = base.venv.with_name(f"{base.venv.name}-with-{requirements.key}")
    contents = {**_contents(recipe), "key": requirements.key}
    if not _is_whole(venv, contents):
        with _install_lock(recipe, progress):
            if not _is_whole(venv, contents):
                _install_with(requirements, base, venv, contents, progress)
    return Installation(recipe, venv)


def _install_with(
    requirements: Requirements, base: Installation, venv: Path, contents: dict[str, object], progress: Progress
) -> None:
    """Install the packages of the base, then the requirements, at the base's versions.

    Requirements are as old as the base. If that has no solution, newer packages are installed, as on MWAA.
    """
    uv, recipe = find_uv(), base.recipe
    what = f"Airflow {recipe.version}: installing {requirements.path.name}"
    with _whole_or_removed(venv, what, contents), _config(recipe) as config:
        folder = config.parent
        pins = _uv(uv, ["pip", "freeze", "--python", str(base.python)], what, progress)
        (folder / "base.txt").write_text(pins)
        held = requirements.constraints or pins.splitlines()
        (folder / "held.txt").write_text("\n".join([*held, f"apache-airflow=={recipe.version}"]))
        (folder / "wanted.txt").write_text("\n".join(requirements.lines))
        python = str(base.python.resolve())
        _uv(uv, ["venv", "--no-project", "--python", python, str(venv)], what, progress)
        install = ["pip", "install", "--config-file", str(config), "--python", str(venv / "bin" / "python")]
        install.append("--compile-bytecode")
        as_old = ["--exclude-newer", recipe.cutoff.isoformat()]  # what builds old packages has to be old too
        _uv(uv, [*install, *as_old, "--no-deps", "-r", str(folder / "base.txt")], what, progress)
        install += ["-r", str(folder / "wanted.txt"), "-c", str(folder / "held.txt")]
        try:
            _uv(uv, [*install, *as_old], what, progress, requirements.path.parent)
        except LocalProblem as error:
            if "no solution found" not in str(error).lower():
                raise
            progress(f"{what}: looking at newer packages")
            _uv(uv, install, what, progress, requirements.path.parent)


def read_requirements(path: Path, dags: Path, plugins: Path | None) -> Requirements:
    """Read a requirements file. Raises ``LocalProblem`` with the reason."""
    path = path.expanduser().resolve()
    folders = {f"{ON_MWAA}/dags": dags, f"{ON_MWAA}/plugins": plugins}
    read = list(_read(path, {place: str(folder) for place, folder in folders.items() if folder}, ()))
    lines = tuple(text for text, constrains in read if not constrains)
    stamps = tuple(stamp for line in lines for stamp in _stamps(line, path.parent))
    return Requirements(path, lines, tuple(text for text, constrains in read if constrains), stamps)


def _read(path: Path, folders: dict[str, str], above: tuple[Path, ...]) -> Iterator[tuple[str, bool]]:
    """Yield each line, and whether it is a constraint. Paths of MWAA become those of this machine."""
    if path in above:
        raise LocalProblem(f"{path} names itself")
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise LocalProblem(f"The requirements {path} cannot be read: {why}") from None
    for place, here in folders.items():
        text = text.replace(place, here)
    for whole in text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s)#.*$", "", whole).strip()
        option = re.match(r"(--requirement|-r|--constraint|-c)(?:\s*=\s*|\s*)(.+)", line)
        if option is None:
            if line:
                yield line, False
            continue
        constrains, value = option[1] in ("-c", "--constraint"), option[2].strip("'\"")
        if constrains and "://" in value:
            if not value.startswith(OF_AIRFLOW):
                yield f"-c {value}", True
        else:
            nested = _read((path.parent / value).resolve(), folders, (*above, path))
            yield from ((one, constrains or other) for one, other in nested)


def _stamps(line: str, folder: Path) -> Iterator[str]:
    """Yield, for each file and folder that a line names, a text that changes with it."""
    try:
        words = shlex.split(line)
    except ValueError:
        return
    for word in words:
        path = folder / word.removeprefix("file://")
        if "/" in word and path.is_file():
            yield f"{path.stat().st_size}:{path.stat().st_mtime_ns}"
        elif "/" in word and path.is_dir():
            yield fingerprint(path)


# -- pip's configuration ---------------------------------------------------------------------------------------------

#: pip's option -> uv's variable, and how uv separates several values.
_TO_UV = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "cert": ("SSL_CERT_FILE", " "),
}

#: uv's older names for the same.
_OLDER = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}


def uv_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables to add for uv, without those that the user has set for uv."""
    environ = os.environ if environ is None else environ
    wanted: dict[str, str] = {}
    for option, (variable, separator) in _TO_UV.items():
        value = option_value(option, environ)
        if value and not environ.get(variable) and not environ.get(_OLDER.get(variable, "")):
            wanted[variable] = separator.join(value.split())
    if "UV_INDEX" in wanted and not environ.get("UV_INDEX_STRATEGY"):
        wanted["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip looks in all indexes alike
    return wanted


def option_value(option: str, environ: Mapping[str, str]) -> str:
    """Return pip's value: its variable, else ``[install]``, else ``[global]``. The last file with a value wins."""
    from_variable = environ.get("PIP_" + option.upper().replace("-", "_"))
    if from_variable:
        return from_variable
    found = {"install": "", "global": ""}
    for path in config_files(environ):
        parser = configparser.RawConfigParser()
        parser.optionxform = lambda name: name.lower().replace("_", "-")  # type: ignore[method-assign,assignment]
        try:
            parser.read(path)
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip will complain about it; an install need not fail for it
        for section, before in found.items():
            found[section] = parser.get(section, option, fallback=before)
    return (found["install"] or found["global"]).strip()


def config_files(environ: Mapping[str, str]) -> list[Path]:
    """Return pip's configuration files, the weakest first."""
    if environ.get("PIP_CONFIG_FILE") == os.devnull:
        return []
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    files = [Path(folder) / "pip" / "pip.conf" for folder in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    files.append(Path("/etc/pip.conf"))
    if sys.platform == "darwin":
        files += [Path("/Library/Application Support/pip/pip.conf"), home / "Library/Application Support/pip/pip.conf"]
    files.append(home / ".pip" / "pip.conf")
    files.append(Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf")
    files.append(Path(environ.get("VIRTUAL_ENV") or sys.prefix) / "pip.conf")
    if environ.get("PIP_CONFIG_FILE"):
        files.append(Path(environ["PIP_CONFIG_FILE"]))
    return files
