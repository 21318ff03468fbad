"""Installs one Airflow with uv, once: a virtual environment in the cache, and a mark that it is whole.

The mark is written last, so what an interrupt, a full disk or a lost network leaves behind is never taken for finished:
it is removed and made anew. Two shells that want the same version wait for each other.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local import recipes
from mwaa_shell.local.folders import installs
from mwaa_shell.local.pip_settings import uv_environment
from mwaa_shell.local.recipes import Recipe
from mwaa_shell.local.requirements import Requirements
from mwaa_shell.paths import append_to, check_owner, make_folder

#: Called with one line about what is going on.
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Installation:
    """An Airflow that is whole: its version and its virtual environment."""

    recipe: Recipe
    venv: Path

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def airflow(self) -> Path:
        """The airflow program itself."""
        return self.venv / "bin" / "airflow"


def ready(recipe: Recipe, profile: str = "local") -> Installation | None:
    """The installed Airflow of a recipe if it is whole and made from this very recipe."""
    for python in recipe.pythons:
        venv = _folder(recipe, profile, python)
        if _is_whole(venv, _mark(recipe, profile)):
            return Installation(recipe, venv)
    return None


def provide(recipe: Recipe, progress: Progress, profile: str = "local") -> Installation:
    """The installed Airflow of a recipe, installing it if need be. Raises ``LocalProblem`` with the reason."""
    found = ready(recipe, profile)
    if found is not None:
        return found
    with _one_at_a_time(recipe, profile, progress):
        return ready(recipe, profile) or _install(recipe, profile, progress)


def provide_with(requirements: Requirements, recipe: Recipe, progress: Progress) -> Installation:
    """The installed Airflow of a recipe with a team's requirements, in a virtualenv of its own."""
    base = provide(recipe, progress)
    venv = base.venv.with_name(f"{base.venv.name}-with-{requirements.key}")
    mark = {**_mark(recipe, "local"), "key": requirements.key}
    if _is_whole(venv, mark):
        return Installation(recipe, venv)
    with _one_at_a_time(recipe, "local", progress):
        if not _is_whole(venv, mark):
            _install_with(requirements, base, venv, mark, progress)
    return Installation(recipe, venv)


def _install_with(
    requirements: Requirements, base: Installation, venv: Path, mark: dict[str, object], progress: Progress
) -> None:
    """What the base has, then the requirements, each package at the base's version.

    Where nothing fits that is as old as the base, newer packages are taken, as MWAA takes them.
    """
    uv, recipe = find_uv(), base.recipe
    what = f"Airflow {recipe.version}: installing {requirements.path.name}"
    with _whole_or_not_at_all(venv, what, mark), _config(recipe) as config:
        folder = config.parent
        pins = _uv(uv, ["pip", "freeze", "--python", str(base.python)], what, progress)
        (folder / "base.txt").write_text(pins)
        held = pins.splitlines() if requirements.constraints is None else requirements.constraints
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


@contextmanager
def _whole_or_not_at_all(venv: Path, what: str, mark: dict[str, object]) -> Iterator[None]:
    """Mark a virtualenv as whole at the end; remove it if that is not reached, and put back the one before."""
    before = _set_aside(venv)
    try:
        yield
        (venv / "complete.json").write_text(json.dumps(mark))
    except BaseException as error:
        shutil.rmtree(venv, ignore_errors=True)
        if before is not None:
            before.rename(venv)  # as it was: made from another recipe, but whole or not, the user's
        if isinstance(error, OSError):
            raise LocalProblem(f"{what} could not be installed into {venv}: {error.strerror}") from None
        raise
    if before is not None:
        shutil.rmtree(before, ignore_errors=True)


def _is_whole(venv: Path, mark: dict[str, object]) -> bool:
    try:
        check_owner(venv)  # what is in it is going to be run
        found = json.loads((venv / "complete.json").read_text())
    except (OSError, ValueError):
        return False
    return bool(found == mark) and (venv / "bin" / "python").exists()


def _install(recipe: Recipe, profile: str, progress: Progress) -> Installation:
    uv = find_uv()
    interpreter = recipes.find_interpreter(recipe.pythons)
    python = interpreter.version if interpreter else recipe.python
    venv = _folder(recipe, profile, python)
    what = f"Airflow {recipe.version}"
    try:
        with _whole_or_not_at_all(venv, what, _mark(recipe, profile)):
            if interpreter is None:
                progress(f"{what}: no Python {' or '.join(recipe.pythons)} here, uv looks for one to download")
            source = ["--python", str(interpreter.path)] if interpreter else ["--managed-python", "--python", python]
            _uv(uv, ["venv", "--no-project", *source, str(venv)], f"{what}: making its environment", progress)
            with _config(recipe) as config:
                _uv(uv, _install_arguments(recipe, profile, venv, config), f"{what}: installing", progress)
    except LocalProblem as error:
        if interpreter is None:
            raise LocalProblem(
                f"{what} runs on Python {' or '.join(recipe.pythons)}; this machine has none, and uv could not "
                f"download one: {error}"
            ) from None
        raise
    return Installation(recipe, venv)


def _set_aside(venv: Path) -> Path | None:
    """Move a complete installation out of the way until the new one is there; remove a half-made one."""
    aside = venv.with_name(f"{venv.name}.before")
    shutil.rmtree(aside, ignore_errors=True)
    if (venv / "complete.json").exists():
        return venv.rename(aside)
    shutil.rmtree(venv, ignore_errors=True)
    return None


def _install_arguments(recipe: Recipe, profile: str, venv: Path, config: Path) -> list[str]:
    return [
        "pip", "install", "--config-file", str(config), "--python", str(venv / "bin" / "python"), "--compile-bytecode",
        "--exclude-newer", recipe.cutoff.isoformat(), *recipe.requirements(profile),
    ]  # fmt: skip


@contextmanager
def _config(recipe: Recipe) -> Iterator[Path]:
    """A uv configuration with the metadata that the recipe brings; an empty one keeps the user's own out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uv.toml"
        text = ""
        if recipe.metadata:
            lines = ", ".join(json.dumps(line) for line in recipe.metadata)
            extras = json.dumps(sorted(set(recipe.local) | set(recipe.grammar)))
            text = (
                f'[[dependency-metadata]]\nname = "apache-airflow"\nversion = "{recipe.version}"\n'
                f"provides-extras = {extras}\nrequires-dist = [{lines}]\n"
            )
        path.write_text(text)
        yield path


def _uv(uv: Path, arguments: list[str], what: str, progress: Progress, folder: Path | None = None) -> str:
    """Run uv in a folder, telling its last line; what it printed. Raises with its last words."""
    progress(what)
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environ |= uv_environment()
    said: list[str] = []
    with (
        tempfile.TemporaryFile("w+") as printed,
        subprocess.Popen(
            [uv, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.PIPE,
            env=environ,
            text=True,
            errors="replace",
            cwd=folder,
        ) as process,
    ):
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if line.strip():
                    said.append(line.strip())
                    progress(f"{what}: {line.strip()}")
        except BaseException:
            process.kill()
            raise
        process.wait()
        if process.returncode:
            raise LocalProblem(_uv_failed(what, said))
        printed.seek(0)
        return printed.read()


def _uv_failed(what: str, said: list[str]) -> str:
    text = " ".join(said)
    lowered = text.lower()
    hint = ""
    if "no space left" in lowered:
        hint = " (the disk is full)"
    elif any(
        word in lowered for word in ("failed to fetch", "dns error", "connection refused", "error sending request")
    ):
        hint = " (the package index cannot be reached)"
    return f"{what} failed{hint}: {text[-600:] or 'uv said nothing'}"


def find_uv() -> Path:
    """The uv program beside the running Python, else on PATH."""
    for folder in (sysconfig.get_path("scripts"), str(Path(sys.executable).parent)):
        if folder and (Path(folder) / "uv").is_file():
            return Path(folder) / "uv"
    on_path = shutil.which("uv")
    if on_path is None:
        raise LocalProblem(
            "uv, which installs the local Airflow, is missing: install mwaa-shell with [local], or uv itself"
        )
    return Path(on_path)


def _folder(recipe: Recipe, profile: str, python: str) -> Path:
    name = f"{recipe.version}-py{python}"
    return installs() / (name if profile == "local" else f"{name}-{profile}")


def _mark(recipe: Recipe, profile: str) -> dict[str, object]:
    return {
        "requirements": recipe.requirements(profile),
        "cutoff": recipe.cutoff.isoformat(),
        "metadata": list(recipe.metadata),
    }


@contextmanager
def _one_at_a_time(recipe: Recipe, profile: str, progress: Progress) -> Iterator[None]:
    """Hold the version's lock: another shell that installs it is waited for."""
    folder = installs()
    try:
        make_folder(folder, tighten=False)
        lock = os.fdopen(append_to(folder / f"{recipe.version}-{profile}.lock"), "a")
    except OSError as error:
        raise LocalProblem(
            f"The cache folder {folder} cannot be used: {error.strerror}; MWAA_SHELL_LOCAL_CACHE names another"
        ) from None
    with lock:
        pause = threading.Event()
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    progress(f"Airflow {recipe.version}: another shell is installing it")
                told = True
                pause.wait(0.2)
        yield
