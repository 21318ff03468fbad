"""The face of a package: the names for other packages, imported on first use."""

from __future__ import annotations

import re
from importlib import import_module

TYPE_CHECKING = False  # the module of that name delays the first prompt
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

#: An import for types in the ``__init__`` of a package, as ruff formats it.
IMPORT = re.compile(r"^    from (\S+) import (?:\(([^)]*)\)|(.*))", re.MULTILINE)


def lazy(package: str, file: str, *own: str) -> tuple[Callable[[str], object], list[str]]:
    """Return the ``__getattr__`` and the ``__all__`` of a package.

    ``__getattr__`` imports the module of a name on first use. The names are those that ``file``, the ``__init__`` of
    the package, imports for types, and its ``own``. ``from mwaa_shell.package import name`` imports the module at once;
    with ``from mwaa_shell import package``, ``package.name`` imports the module where it is used.
    """
    with open(file, encoding="utf-8") as source:
        imports = IMPORT.findall(source.read())
    module_of = {name: module for module, *names in imports for name in re.findall(r"\w+", "".join(names))}

    def load(name: str) -> object:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}, import it for types in {file}")
        if module_of[name] == package:
            return import_module(f"{package}.{name}")
        return getattr(import_module(module_of[name]), name)

    return load, [*own, *module_of]


def load(*packages: ModuleType) -> None:
    """Import all names of the faces of packages at once."""
    for package in packages:
        for name in package.__all__:
            getattr(package, name)
