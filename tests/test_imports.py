"""Imports run downwards only, and each foreign library has one door."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import mwaa_shell

ROOT = Path(mwaa_shell.__file__).parent
#: Each room may import from itself and from the layers after its own; what is imported for types alone counts too.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli",),
    ("launch",),
    ("offline", "terminal"),
    ("batch",),
    ("options", "dot_commands"),
    ("many",),
    ("session", "shell_completion"),
    ("doctor",),
    ("logs",),
    ("history", "monitor"),
    ("names", "saved_commands", "export", "docs"),
    ("mwaa", "output", "local"),
    ("airflow",),
)
#: What stands below all of them: single files, none of which is in a circle of imports.
BASE = {
    "addresses", "config", "debug_log", "durations", "errors", "faces", "interrupts", "job", "key_table",
    "paths", "preferences", "prompt_text", "result", "settings", "startup", "streams",
    "suggestions", "__version__",
}  # fmt: skip
#: The rooms of the largest folder, in the same order; what stands in none of them is its front.
ROOMS: tuple[tuple[str, ...], ...] = (
    ("__init__",),
    ("redirect",),
    ("presenter",),
    ("pager", "clipboard"),
    ("local_program",),
    ("render",),
    ("tables",),
    ("style",),
    ("records",),
    ("measure", "sanitiser", "display", "yaml_text"),
)
#: The only importers of each library.
DOORS = {
    "boto3": {"mwaa/aws_session.py"},
    "botocore": {
        "mwaa/aws.py",
        "mwaa/aws_errors.py",
        "mwaa/aws_session.py",
    },
    "requests": {"mwaa/transport.py", "mwaa/tls_adapter.py", "mwaa/route.py"},
    "urllib3": {"mwaa/transport.py", "mwaa/tls_adapter.py"},
    "pygments": {
        "output/style/command_lexer.py",
        "output/style/lexer.py",
        "output/style/styles.py",
        "preferences.py",
    },
    "yaml": {"output/yaml_text.py"},
    "wcwidth": {"output/measure.py"},
    "platformdirs": {"paths.py"},
}
#: These run inside Airflow's own Python and import nothing of this package.
ELSEWHERE = {
    *("local/worker.py", "local/rest_worker.py", "local/only_loopback.py"),
}
FILES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py"))
MODULES = {f"mwaa_shell.{file.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}" for file in FILES}


def each(files: Iterable[str]) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """Make one test of a check of many files; it names every file that is wrong."""

    def one_test(check: Callable[[str], None]) -> Callable[[], None]:
        def test() -> None:
            wrong = []
            for file in files:
                try:
                    check(file)
                except AssertionError as error:
                    wrong.append(str(error))
            assert wrong == []

        return test

    return one_test


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


@cache
def imports_of(path: Path) -> set[str]:
    """Return every module that a file imports: at its top, inside a function or for types alone."""
    tree = ast.parse(path.read_text())
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= members if members <= MODULES else {node.module} | members  # a face runs nothing for its modules
    return found


def test_imports_are_counted_wherever_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "from mwaa_shell import streams\n"
        "if TYPE_CHECKING:\n    from mwaa_shell.session import Session\n"
        "def load():\n    import boto3\n    from mwaa_shell.output import display\n"
    )
    assert imports_of(file) == {
        *("mwaa_shell.streams", "mwaa_shell.session", "mwaa_shell.session.Session"),
        *("boto3", "mwaa_shell.output.display"),
    }


@each([name for name in FILES if "/" in name or name != "__init__.py"])
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


@each([name for name in FILES if name.startswith("output/")])
def test_imports_run_downwards_between_the_rooms_of_output(file: str) -> None:
    own = file.split("/")[1].removesuffix(".py")
    for module in imports_of(ROOT / file):
        if module.startswith("mwaa_shell.output."):
            other = module.split(".")[2]
            assert other == own or room_of(other) > room_of(own), f"{file} imports {module}"


def names_of(face: Path) -> set[str]:
    """The ``__all__`` of a package."""
    return set(getattr(import_module(".".join(face.relative_to(ROOT.parent).parts)), "__all__", ()))


@each(FILES)
def test_packages_are_imported_through_their_faces(file: str) -> None:
    """Airflow's knowledge alone is imported by module."""
    own = file.split("/", maxsplit=1)[0]
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.module or not node.module.startswith("mwaa_shell."):
            continue
        parts = node.module.split(".")[1:]
        if parts[0] in (own, "airflow") or f"{parts[0]}.py" in FILES:
            continue
        face = ROOT.joinpath(*parts)
        assert face.is_dir(), f"{file} imports {node.module}, which stands behind a face"
        foreign = {alias.name for alias in node.names} - names_of(face)
        assert not foreign, f"{file} imports {foreign}, which the face of {node.module} does not have"


@each(FILES)
def test_each_library_has_one_door(file: str) -> None:
    for module in imports_of(ROOT / file):
        library = module.split(".")[0]
        if library == "prompt_toolkit":
            assert file.startswith("terminal/"), f"{file} imports {module}"
        elif library in DOORS:
            assert file in DOORS[library], f"{file} imports {module}"


@each(sorted(set(FILES) - ELSEWHERE))
def test_imports_inside_functions_have_their_reason_beside_them(file: str) -> None:
    text = (ROOT / file).read_text()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    for node in (inner for function in functions for inner in ast.walk(function)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert "#" in text.splitlines()[node.lineno - 1], f"{file}:{node.lineno} says no reason"


@each([name for name in FILES if name.startswith("airflow/")])
def test_the_knowledge_does_no_input_or_output(file: str) -> None:
    foreign = {"os", "io", "socket", "subprocess", "sys", "threading", "time", "tempfile", "shutil", "pathlib"}
    assert {module.split(".")[0] for module in imports_of(ROOT / file)}.isdisjoint(foreign)


@each(sorted(ELSEWHERE))
def test_what_runs_in_airflows_python_stands_alone(file: str) -> None:
    assert not any(module.startswith("mwaa_shell") for module in imports_of(ROOT / file))


def test_only_the_launcher_exits() -> None:
    exits = [name for name in FILES if "sys.exit(" in (ROOT / name).read_text() and name not in ELSEWHERE]
    assert exits == ["cli.py"]


def test_no_two_public_classes_have_one_name() -> None:
    nodes = [node for file in FILES for node in ast.walk(ast.parse((ROOT / file).read_text()))]
    names = [node.name for node in nodes if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    assert [name for name in names if names.count(name) > 1] == []
