"""The command trees in the package are what the Airflows say: read again off each one that is installed for it."""

from __future__ import annotations

import pytest

from mwaa_shell.local import provision
from tests import grammars

pytestmark = pytest.mark.airflow


def test_the_parser_of_airflow_has_the_tree_that_we_have(with_its_providers: provision.Installation) -> None:
    version = with_its_providers.recipe.version
    tree = grammars.read_tree(with_its_providers)
    assert grammars.render(version, tree) == grammars.data_file(version).read_text()
