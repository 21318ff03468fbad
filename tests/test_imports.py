"""Imports run downwards only, and each foreign library has one door."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import mwaa_shell

ROOT = Path(mwaa_shell.__file__).parent
#: Each room may import from itself and from the layers after its own; what is imported for types alone counts too.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("options", "check", "terminal"),
    ("batch", "shell_completion"),
    ("dot_commands",),
    ("session",),
    ("doctor",),
    ("history", "monitor"),
    ("names", "saved_commands", "export"),
    ("mwaa", "output", "local"),
    ("airflow",),
)
#: What stands below all of them: single files, none of which is in a circle of imports.
BASE = {
    *("addresses", "config", "core_files", "debug_log", "durations", "errors", "interrupts", "job", "key_table"),
    *("limits", "paths", "preferences", "prompt_text", "reply_bytes", "result", "settings"),
    *("startup", "status_line", "streams", "__version__"),
}
#: The rooms of the largest folder, in the same order; what stands in none of them is its front.
ROOMS: tuple[tuple[str, ...], ...] = (
    ("transcript", "canvas"),
    ("show",),
    ("pager", "redirect", "clipboard"),
    ("local_program",),
    ("render",),
    ("tables",),
    ("style",),
    ("records",),
    ("measure", "sanitise", "display"),
    ("ansi",),
    ("__init__",),
)
#: The only importers of each library.
DOORS = {
    "boto3": {"mwaa/aws.py"},
    "botocore": {
        "mwaa/aws.py",
        "mwaa/aws_errors.py",
        "mwaa/credentials.py",
        "mwaa/identity.py",
    },
    "requests": {"mwaa/transport.py", "mwaa/tls_adapter.py", "mwaa/route.py"},
    "urllib3": {"mwaa/transport.py", "mwaa/tls_adapter.py"},
    "pygments": {
        "output/style/command_lexer.py",
        "output/style/formatter.py",
        "output/style/lexer.py",
        "output/style/styles.py",
        "preferences.py",
    },
    "wcwidth": {"output/measure.py"},
    "platformdirs": {"paths.py"},
}
#: These run inside Airflow's own Python and import nothing of this package.
ELSEWHERE = {
    *("local/worker.py", "local/late_imports.py", "local/processes.py"),
    *("local/read_parser.py", "local/rest_worker.py", "local/only_loopback.py"),
}
FILES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py"))


def layer_of(module: str) -> int:
    """The layer of a module below ``mwaa_shell``, by its first name."""
    for number, names in enumerate(LAYERS):
        if module in names:
            return number
    assert module in BASE, f"{module} is in no layer: give it one"
    return len(LAYERS)


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


@pytest.mark.parametrize("file", [name for name in FILES if "/" in name or name != "__init__.py"])
def test_imports_run_downwards(file: str) -> None:
    own = file.split("/", maxsplit=1)[0].removesuffix(".py")
    for module in imports_of(ROOT / file):
        if not module.startswith("mwaa_shell."):
            continue
        other = module.split(".")[1]
        allowed = other == own or layer_of(other) > layer_of(own) or {own, other} <= BASE
        assert allowed, f"{file} imports {module}, which is above it or beside it"


def test_no_file_is_in_a_circle_of_imports() -> None:
    known = {file.removesuffix(".py").removesuffix("/__init__").replace("/", "."): file for file in FILES}
    arrows = {
        name: {other for one in imports_of(ROOT / file) if (other := one.removeprefix("mwaa_shell.")) in known} - {name}
        for name, file in known.items()
        if file != "__init__.py"
    }
    TopologicalSorter(arrows).prepare()  # raises CycleError


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
