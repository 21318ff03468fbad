"""Imports run downwards only, and each foreign library has one door."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import mwaa_shell

ROOT = Path(mwaa_shell.__file__).parent
#: Each layer may import from itself (within one folder) and from the layers after it. ``TYPE_CHECKING`` does not count.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("options",),
    ("check", "completions"),
    ("batch", "terminal"),
    ("session",),
    ("opening", "reader"),
    ("directives",),
    ("doctor",),
    ("outgoing",),
    ("script", "afterwards"),
    ("history", "scripts", "saved"),
    ("audit", "rails", "impact"),
    ("links",),
    ("catalog",),
    ("sending",),
    ("front",),
    ("link",),
    ("watching",),
    ("output", "local"),
    ("mwaa",),
    ("job",),
    ("result",),
    ("airflow",),
    ("settings",),
    ("config_file",),
    ("config",),
    ("streams", "preferences", "keys", "run_ids"),
    ("body",),
    ("debug", "private_files"),
    ("errors", "limits", "mark", "turns", "user_folders", "workers"),
    ("__init__",),
)
#: The rooms of the largest folder, in the same order; what stands in none of them is its front.
ROOMS: tuple[tuple[str, ...], ...] = (
    ("tee", "live"),
    ("show",),
    ("delivery",),
    ("render",),
    ("tables",),
    ("painting",),
    ("reading",),
    ("sanitise", "view"),
    ("__init__",),
)
#: The only importers of each library.
DOORS = {
    "boto3": {"mwaa/environments.py"},
    "botocore": {
        "mwaa/environments.py",
        "mwaa/aws_errors.py",
        "mwaa/credentials.py",
        "mwaa/identity.py",
        "mwaa/one_time_codes.py",
    },
    "requests": {"mwaa/transport.py", "mwaa/connections.py", "mwaa/route.py", "mwaa/lean.py"},
    "urllib3": {"mwaa/transport.py", "mwaa/connections.py"},
    "pygments": {"output/painting/lexer.py", "output/painting/command_lexer.py"},
    "wcwidth": {"output/tables/wrapping.py", "output/delivery/screen_rows.py", "output/live.py"},
    "platformdirs": {"user_folders.py"},
}
#: These run inside Airflow's own Python and import nothing of this package.
ELSEWHERE = {
    *("local/worker.py", "local/late_imports.py", "local/processes.py"),
    *("local/certificate.py", "local/read_parser.py", "local/rest_worker.py"),
}
FILES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py"))


def layer_of(module: str) -> int:
    """The layer of a module below ``mwaa_shell``, by its first name."""
    for number, names in enumerate(LAYERS):
        if module in names:
            return number
    raise AssertionError(f"{module} is in no layer: give it one")


def room_of(name: str) -> int:
    """The place of a room of ``output/`` in that order."""
    return next(number for number, names in enumerate(ROOMS) if name in names)


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, lazily or not, but not for types alone."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("file", FILES)
def test_imports_run_downwards(file: str) -> None:
    own = file.split("/", maxsplit=1)[0].removesuffix(".py")
    for module in imports_of(ROOT / file):
        if not module.startswith("mwaa_shell.") or module == "mwaa_shell.__version__":
            continue
        other = module.split(".")[1]
        allowed = other == own or layer_of(other) > layer_of(own)
        assert allowed, f"{file} imports {module}, which is above it or beside it"


@pytest.mark.parametrize("file", [name for name in FILES if name.startswith("output/")])
def test_imports_run_downwards_between_the_rooms_of_output(file: str) -> None:
    own = file.split("/")[1].removesuffix(".py")
    for module in imports_of(ROOT / file):
        if module.startswith("mwaa_shell.output."):
            other = module.split(".")[2]
            assert other == own or room_of(other) > room_of(own), f"{file} imports {module}"


@pytest.mark.parametrize("file", FILES)
def test_each_library_has_one_door(file: str) -> None:
    for module in imports_of(ROOT / file):
        library = module.split(".")[0]
        if library == "prompt_toolkit":
            assert file.startswith("terminal/"), f"{file} imports {module}"
        elif library in DOORS:
            assert file in DOORS[library], f"{file} imports {module}"


@pytest.mark.parametrize("file", [name for name in FILES if name.startswith("airflow/")])
def test_the_knowledge_does_no_input_or_output(file: str) -> None:
    foreign = {"os", "io", "socket", "subprocess", "sys", "threading", "time", "tempfile", "shutil", "pathlib"}
    assert {module.split(".")[0] for module in imports_of(ROOT / file)}.isdisjoint(foreign)


@pytest.mark.parametrize("file", sorted(ELSEWHERE))
def test_what_runs_in_airflows_python_stands_alone(file: str) -> None:
    assert not any(module.startswith("mwaa_shell") for module in imports_of(ROOT / file))


def test_only_the_launcher_exits() -> None:
    exits = [name for name in FILES if "sys.exit(" in (ROOT / name).read_text() and name not in ELSEWHERE]
    assert exits == ["cli.py"]
