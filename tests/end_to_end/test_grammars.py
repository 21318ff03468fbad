"""The command trees in the package are what the Airflows say: read again off each one that is installed for it."""

from __future__ import annotations

import pytest

from mwaa_shell.local import grammars, provision
from mwaa_shell.local.recipes import Recipe, recipes
from tests.end_to_end.conftest import CACHE

pytestmark = pytest.mark.airflow


def installed(recipe: Recipe) -> provision.Installed:
    """The Airflow with what MWAA installs beside it, or a skip; too big to be installed for a test alone."""
    found = provision.ready(recipe, "grammar")
    if found is None:
        version = recipe.version
        pytest.skip(f"Airflow {version} is not installed for this: python -m mwaa_shell.local.grammars {version}")
    return found


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: str(recipe.version))
def test_the_parser_of_airflow_has_the_tree_that_we_have(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWAA_SHELL_LOCAL_CACHE", CACHE)
    tree = grammars.read_tree(installed(recipe))
    assert grammars.render(recipe.version, tree) == grammars.data_file(recipe.version).read_text()
