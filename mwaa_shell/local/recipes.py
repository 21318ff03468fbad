"""The recipes: how each Airflow that MWAA has offered installs, read from ``recipes.toml``. Pure but for that file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.errors import UsageError


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one Airflow version installs and starts."""

    version: Version
    python: str  #: the Python that MWAA runs it on, such as ``3.11``
    accepts: tuple[str, ...]  #: other Pythons that it runs on, in order of preference
    cutoff: date  #: the package index as it stood before this day
    pins: tuple[str, ...]
    local: tuple[str, ...]  #: extras for a private MWAA
    grammar: tuple[str, ...]  #: extras for reading the command tree
    init: tuple[str, ...]  #: the airflow command that makes the database
    register: tuple[str, ...]  #: the airflow command that makes the DAGs known
    roles: tuple[str, ...]  #: the airflow command that makes the standard roles
    metadata: tuple[str, ...]  #: its requirements, where its own metadata cannot be read

    @property
    def pythons(self) -> tuple[str, ...]:
        """Every Python that will do, best first."""
        return (self.python, *self.accepts)

    def extras(self, profile: str) -> tuple[str, ...]:
        """The extras of the ``local`` or the ``grammar`` profile."""
        return self.grammar if profile == "grammar" else self.local

    def requirements(self, profile: str) -> list[str]:
        """What to install, as requirement lines."""
        return [f"apache-airflow[{','.join(self.extras(profile))}]=={self.version}", *self.pins]


@cache
def recipes() -> tuple[Recipe, ...]:
    """All recipes, the oldest version first."""
    data = tomllib.loads(resources.files(__package__).joinpath("recipes.toml").read_text())
    since = sorted((parse_version(start) or Version(0), table) for start, table in data["since"].items())
    made = []
    for text, line in data["versions"].items():
        version = parse_version(text) or Version(0)
        holds = [table for start, table in since if start <= version][-1]
        made.append(
            Recipe(
                version=version,
                python=line["python"],
                accepts=tuple(line["accepts"]),
                cutoff=line["cutoff"],
                pins=tuple(line.get("pins", ())),
                local=tuple(holds["local"]),
                grammar=tuple(holds["grammar"]),
                init=tuple(holds["init"]),
                register=tuple(holds["register"]),
                roles=tuple(holds["roles"]),
                metadata=tuple(data["metadata"].get(text, ())),
            )
        )
    return tuple(sorted(made, key=lambda recipe: recipe.version))


def recipe_for(text: str) -> Recipe:
    """The recipe of a version that MWAA has offered; raises with the list for any other."""
    for recipe in recipes():
        if str(recipe.version) == text.strip():
            return recipe
    offered = ", ".join(str(recipe.version) for recipe in recipes())
    raise UsageError(f"MWAA has not offered Airflow {text}; --local takes one of {offered}")
