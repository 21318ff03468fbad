"""Held here: every Airflow that MWAA has offered has a recipe, with its Python, its extras and its commands."""

from __future__ import annotations

from datetime import date

import pytest

from mwaa_shell.airflow.grammar import versions
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import UsageError
from mwaa_shell.local import launcher
from mwaa_shell.local.recipes import recipe_for, recipes

#: version, the Python that MWAA runs it on, extras of the local profile, extras of the grammar profile; newer ones have
#: what the last of these has
OFFERED = [
    ("1.10.12", "3.7", "celery,crypto,statsd", "celery,crypto,statsd"),
    ("2.0.2", "3.7", "celery,statsd", "amazon,celery,postgres,statsd"),
    ("2.2.2", "3.7", "celery,statsd", "amazon,celery,postgres,statsd"),
    ("2.4.3", "3.10", "celery,statsd", "amazon,celery,postgres,statsd"),
    ("2.5.1", "3.10", "celery,statsd", "amazon,celery,postgres,statsd"),
    ("2.6.3", "3.10", "celery,statsd", "amazon,celery,postgres,statsd"),
    ("2.7.2", "3.11", "celery,statsd", "amazon,celery,postgres,statsd"),
    ("2.8.1", "3.11", "celery,statsd", "amazon,celery,postgres,statsd"),
    ("2.9.2", "3.11", "celery,statsd", "amazon,celery,fab,postgres,statsd"),
    ("2.10.1", "3.11", "celery,statsd", "amazon,celery,fab,postgres,statsd"),
    ("2.10.3", "3.11", "celery,statsd", "amazon,celery,fab,postgres,statsd"),
    ("2.11.0", "3.12", "celery,statsd", "amazon,celery,fab,postgres,statsd"),
    ("2.11.2", "3.12", "celery,statsd", "amazon,celery,fab,postgres,statsd"),
    ("3.0.6", "3.12", "celery,fab,statsd", "amazon,celery,fab,postgres,standard,statsd"),
    ("3.2.1", "3.12", "celery,fab,statsd", "amazon,celery,fab,postgres,standard,statsd"),
    ("3.3.1", "3.12", "celery,fab,statsd", "amazon,celery,fab,postgres,standard,statsd"),
]
VERSIONS = [str(version) for version in versions()]
PINS = {
    "1.10.12": ["setuptools"],
    "2.8.1": ["flask-session<0.6"],
    "2.11.2": ["apache-airflow-providers-celery==3.15.2"],
}


def test_each_version_has_a_recipe_in_order() -> None:
    made_by = "python -m tests.grammars VERSION makes the tree of a version in local/recipes.toml"
    assert [str(recipe.version) for recipe in recipes()] == VERSIONS, made_by


@pytest.mark.parametrize(("version", "python", "local", "grammar"), OFFERED)
def test_what_a_version_installs(version: str, python: str, local: str, grammar: str) -> None:
    recipe = recipe_for(version)
    pins = PINS.get(version, [])
    assert recipe.python == python
    assert recipe.requirements == [f"apache-airflow[{local}]=={version}", *pins]
    assert recipe._replace(profile="grammar").requirements == [f"apache-airflow[{grammar}]=={version}", *pins]


@pytest.mark.parametrize("version", VERSIONS)
def test_pythons_are_tried_once_each_and_the_one_of_mwaa_first(version: str) -> None:
    recipe = recipe_for(version)
    assert recipe.pythons == (recipe.python, *recipe.accepts)
    assert len(set(recipe.pythons)) == len(recipe.pythons) >= 2
    assert all(python.startswith("3.") and 7 <= int(python[2:]) <= 13 for python in recipe.pythons)


@pytest.mark.parametrize("version", VERSIONS)
def test_commands_that_make_the_database_and_the_dags(version: str) -> None:
    recipe = recipe_for(version)
    number = recipe.version
    init = ("initdb",) if number < (2,) else ("db", "init") if number < (2, 7) else ("db", "migrate")
    assert recipe.init == init
    assert recipe.register == (init if number < (2, 4) else ("dags", "reserialize"))


@pytest.mark.parametrize(
    ("version", "cutoff"),
    [
        ("1.10.12", date(2020, 8, 26)),
        ("2.8.1", date(2024, 1, 20)),
        ("2.10.3", date(2024, 11, 6)),
        ("3.3.1", date(2026, 8, 13)),
    ],
)
def test_the_index_is_seen_as_it_stood(version: str, cutoff: date) -> None:
    assert recipe_for(version).cutoff == cutoff


def test_only_the_version_with_broken_metadata_brings_its_own() -> None:
    assert [str(recipe.version) for recipe in recipes() if recipe.metadata] == ["1.10.12"]
    metadata = recipe_for("1.10.12").metadata
    assert "flask<2.0,>=1.1.0" in metadata
    for extra in recipe_for("1.10.12").local:
        assert any(line.endswith(f"extra == '{extra}'") for line in metadata)


def test_blanks_around_a_version_do_not_matter() -> None:
    assert recipe_for(" 2.10.3 ").version == Version(2, 10, 3)


@pytest.mark.parametrize("text", ["", "2.10", "3.1.0", "2.10.3.0", "latest", "02.10.3"])
def test_another_version_is_refused_with_the_list(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        recipe_for(text)
    assert str(raised.value).startswith(f"Unknown Airflow version '{text}'")
    newest = ", ".join(VERSIONS[:-6:-1])
    assert raised.value.hint == f"Use one of: {newest} and {len(VERSIONS) - 5} more (mwaa-shell help local)."


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("2.10", ". Did you mean '2.10.3'?"),
        ("2.10.9", ". Did you mean '2.10.3'?"),
        ("2.8", ". Did you mean '2.8.1'?"),
        ("9.9.9", ""),
    ],
)
def test_unknown_version_proposes_one_of_its_minor_number(text: str, question: str) -> None:
    with pytest.raises(UsageError) as raised:
        recipe_for(text)
    assert str(raised.value) == f"Unknown Airflow version '{text}'{question}"


def test_default_is_a_version_of_mwaa(monkeypatch: pytest.MonkeyPatch) -> None:
    newest = next(recipe for recipe in reversed(recipes()) if recipe.on_mwaa)
    newer = newest._replace(version=Version(99), on_mwaa=False)
    both = (*recipes(), newer)
    monkeypatch.setattr("mwaa_shell.local.recipes.recipes", lambda: both)
    monkeypatch.setattr("mwaa_shell.local.provision.ready", lambda recipe: True)
    assert launcher.default_recipe() == newest
