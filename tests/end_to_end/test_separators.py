"""Safety checks and masks see what the Airflow's own argparse sees, wherever ``--`` stands in a line.

Lines are made up, and up to three separators are put anywhere. Of each line that the parser takes, the command and the
flags that it found say how dangerous the line is, whether its output holds passwords, and which words are secret. Each
line is read by the Airflow's own Python, and again with the separators of Python 3.12.7 and 3.13.2, which take more.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from mwaa_shell.airflow import grammar, knowledge
from mwaa_shell.airflow.additions import with_yes_flag
from mwaa_shell.airflow.arguments import plain_words
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, parse
from mwaa_shell.airflow.grammar import Grammar, flag_name
from mwaa_shell.airflow.knowledge import ORDER, danger_of
from mwaa_shell.airflow.secrets.output import why_not_kept
from mwaa_shell.airflow.secrets.redaction import mask_line
from mwaa_shell.output.tables.secrets import is_masked
from tests import grammars
from tests.end_to_end.conftest import VERSIONS, installed
from tests.end_to_end.test_parsers_agree import SCRIPT, nothing, one_too_many, soup, unknown_flag, valid

pytestmark = pytest.mark.airflow

#: Lines that are made for each version.
LINES = 1200
#: The argparse of the Airflow's own Python, and the newest one.
ARGPARSES = ("own-argparse", "newest-argparse")
CANARY = "canary-6f1d"
#: Lines with a secret; those that a version does not know are refused by it.
SECRETS = (
    ("connections", "add", "c", "--conn-type", "http", "--conn-password", CANARY),
    ("connections", "add", "c", "--conn-uri", f"http://u:{CANARY}@h"),
    ("connections", "add", "c", "--conn-type", "http", "--conn-extra", f'{{"key": "{CANARY}"}}'),
    ("connections", "-a", "--conn_id", "c", "--conn_type", "http", "--conn_password", CANARY),
    ("connections", "--add", "--conn_id", "c", "--conn_uri", f"http://u:{CANARY}@h"),
    ("variables", "set", "db_password", CANARY),
    ("variables", "set", "db", f'{{"password": "{CANARY}"}}', "-j"),
    ("variables", "-s", "db_password", CANARY),
    ("variables", "--set", "db_password", CANARY),
    ("users", "create", "-u", "a", "-e", "b", "-f", "c", "-l", "d", "-r", "Admin", "-p", CANARY),
    ("create_user", "-u", "a", "-e", "b", "-f", "c", "-l", "d", "-r", "Admin", "-p", CANARY),
    ("users", "create", "-u", "a", "-e", "b", "-f", "c", "-l", "d", "-r", "Admin", f"-p{CANARY}"),
    ("dags", "trigger", "a", "-c", f'{{"password": "{CANARY}"}}'),
    ("dags", "trigger", "a", f'-c{{"password": "{CANARY}"}}'),
    ("trigger_dag", "a", "-c", f'{{"password": "{CANARY}"}}'),
    ("trigger_dag", f'--conf={{"password": "{CANARY}"}}', "a"),
    ("backfill", "create", "--dag-id", "a", "--from-date", "2026-01-01", "--to-date", "2026-01-02", "--dag-run-conf",
     f'{{"password": "{CANARY}"}}'),
)  # fmt: skip
#: Commands whose output holds what is stored.
TELLING = ("connections list", "connections get", "config list", "config get-value", "connections", "info")


@dataclass(frozen=True)
class Taken:
    """A line that argparse takes and that would run, with what argparse made of it."""

    line: ParsedLine
    name: str
    values: dict[str, Any]


def separated(random: Random, words: list[str]) -> list[str]:
    """The words with up to three separators among them, mostly among those of the command."""
    words = list(words)
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        words.insert(random.randint(0, random.choice((1, 2, 3, len(words)))), "--")
    return words


def made_up(tree: Grammar) -> list[list[str]]:
    random = Random(f"separators {tree.version}")  # the same ones each time
    hidden = "celery " if tree.version < (2, 7) else " "  # refused while another executor is configured
    core = [name for name in tree.names if not name.startswith(hidden)]
    dangerous = [one for one in core if knowledge.danger(one, tree.version).level is not knowledge.Level.READ]
    found: list[list[str]] = []
    while len(found) < LINES:
        if random.random() < 0.3:
            words = list(random.choice(SECRETS))
        else:
            names = random.choice((core, dangerous, [one for one in core if one in TELLING]))
            line = valid(random, tree, tuple(names))
            random.choice((nothing, nothing, nothing, soup, one_too_many, unknown_flag))(random, line)
            words = line.argv()
            if random.random() < 0.1:
                words.insert(random.randint(0, len(words)), random.choice(("-h", "--help", "--he")))
        found.append(separated(random, words))
    return found


def confirmed(lines: list[list[str]], tree: Grammar) -> list[list[str]]:
    """Those of the lines that get a ``-y``, with it."""
    parsed = [line for words in lines if (line := parse(shlex.join(words))).kind is InputKind.AIRFLOW]
    return [list(sent.values) for line in parsed if (sent := with_yes_flag(line, tree)) is not None]


@cache
def taken(version: str) -> dict[str, tuple[Taken, ...]]:
    """The made-up lines, bare and with ``-y``, that the Airflow's parser takes and that are no cry for help.

    By its own argparse and by the newest one, in one process: Airflow takes seconds to import.
    """
    airflow, tree = installed(version), grammar.load_grammar(installed(version).recipe.version)
    lines = made_up(tree)
    lines += confirmed(lines, tree)
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            [airflow.python, "-I", str(SCRIPT), "--newest"],
            input=json.dumps(lines),
            capture_output=True,
            text=True,
            env=grammars._environment(airflow, Path(folder)),
            cwd=folder,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    return {
        argparse: tuple(
            Taken(line, " ".join(names), values)
            for words, (is_taken, _, names, values) in zip(lines, readings, strict=True)
            if is_taken and names and (line := parse(shlex.join(words))).kind is InputKind.AIRFLOW
            if line.values == tuple(words)
        )
        for argparse, readings in zip(ARGPARSES, json.loads(done.stdout), strict=True)
    }


def flags_in(one: Taken, tree: Grammar) -> frozenset[str]:
    """The flags that argparse found, spelled out."""
    command = tree.named(one.name)
    assert command is not None, one
    found = set()
    for option in command.options:
        value = one.values.get(option.dest, option.default)
        if value not in (option.default, str(option.default)):
            found |= {flag_name(option), f"{flag_name(option)}={value}"}
    return frozenset(found)


def weaker(one: Taken, tree: Grammar) -> str:
    """What is held for less dangerous than it is; empty where nothing is."""
    truth = knowledge.danger(one.name, tree.version, flags_in(one, tree)).level
    for known in (tree, None):
        level = danger_of(one.line, known).level
        if ORDER.index(level) < ORDER.index(truth):
            return f"{one.line.text}: {level.value}, not {truth.value} ({'known' if known else 'unknown'} version)"
    return ""


def shown(one: Taken, tree: Grammar) -> str:
    """What a mask leaves out; empty where nothing is."""
    for known in (tree, None):
        if CANARY in mask_line(one.line.text, known).text:
            return f"{one.line.text}: shows the secret ({'known' if known else 'unknown'} version)"
        words = plain_words(one.line, known)
        if one.name in TELLING and not (is_masked(words) and why_not_kept(words, masked=False)):
            return f"{one.line.text}: shows what is stored ({words})"
    return ""


@pytest.mark.parametrize("argparse", ARGPARSES)
@pytest.mark.parametrize("version", VERSIONS)
def test_separators_pass_no_guard(version: str, argparse: str, record_property: Callable[[str, object], None]) -> None:
    number = installed(version).recipe.version
    tree, found = grammar.load_grammar(number), taken(version)[argparse]
    separators = sum("--" in one.line.values for one in found)
    levels = Counter(knowledge.danger(one.name, number, flags_in(one, tree)).level.value for one in found)
    figures = {"lines": LINES, "taken": len(found), "with separators": separators, **levels}
    for name, figure in figures.items():
        record_property(name, figure)
    print(f"\nAirflow {version} {argparse}: {figures}")
    assert separators > 10
    assert [problem for one in found if (problem := weaker(one, tree))] == []
    assert [problem for one in found if (problem := shown(one, tree))] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_yes_that_is_added_is_taken(version: str) -> None:
    tree = grammar.load_grammar(installed(version).recipe.version)
    lines = {one.line.values: one.line for one in taken(version)["newest-argparse"]}
    made = [sent for line in lines.values() if (sent := with_yes_flag(line, tree)) is not None]
    assert len(made) > 5
    assert [line.text for line in made if line.values not in lines] == []
    assert [line.text for line in made if with_yes_flag(line, tree) is not None] == []
