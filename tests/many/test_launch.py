"""``--on``: the commands of a script on several environments."""

from __future__ import annotations

import json

import pytest

from mwaa_shell import batch
from mwaa_shell.errors import UsageError
from mwaa_shell.launch import make_plan
from mwaa_shell.options import build_parser, read_options
from mwaa_shell.session.script import ScriptLine
from tests.double import HEAD_RESPONSE, Double, command_response
from tests.terminal.forked import Forks


def prefix(*arguments: str) -> str:
    return make_plan(build_parser().parse_args(list(arguments)), {}).on


def test_options_become_those_of_on() -> None:
    assert prefix("--on", "etl *", "--jobs", "3", "--fail-fast", "--by-environment") == (
        ".on --jobs=3 --fail-fast --by-environment 'etl *'"
    )
    assert prefix("my-env") == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("my-env", "--on", "a"),
        ("--jobs", "3"),
        ("--fail-fast",),
        ("--on", "a", "-e", "b"),
        ("--on", "a", "--airflow-version", "2.10.3"),
    ],
)
def test_options_that_contradict_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        prefix(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("doctor", "--on", "all"),
        ("--on", "all", "--print-token"),
        ("--on", "all", "--check", "--airflow-version", "3.3.1"),
    ],
)
def test_on_is_refused_where_no_command_is_sent(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="--on cannot be combined with doctor, --check or --print-token"):
        read_options(arguments)


def test_plan_says_that_on_names_the_environments() -> None:
    assert make_plan(read_options(["--on", "all"]), {}).settings.on
    assert not make_plan(read_options(["my-env"]), {}).settings.on


def test_on_goes_before_commands_and_takes_no_dot_commands() -> None:
    lines = [ScriptLine("# first"), ScriptLine("dags list", "f:2"), ScriptLine(" version")]
    assert [line.text for line in batch.on_each(lines, ".on all")] == [
        "# first",
        ".on all dags list",
        " .on all version",
    ]
    assert list(batch.on_each(lines, "")) == lines
    with pytest.raises(UsageError, match=r"f:2: --on requires Airflow commands, not \.use"):
        list(batch.on_each([ScriptLine(".use x", "f:2")], ".on all"))


def test_script_gets_one_list_and_a_line_for_each(
    double: Double, program: list[str], environ: dict[str, str], forks: Forks
) -> None:
    double.names = ("etl-a", "etl-b")
    double.web.behave = lambda request: HEAD_RESPONSE if request.method == "HEAD" else command_response(b'[{"a": 1}]\n')
    arguments = ["--on", "all,nope", "-c", "dags list -o json", "-c", "pools list -o json", "--keep-going"]
    done = forks.run([*program, *arguments], environ)
    decoder, text = json.JSONDecoder(), done.stdout.decode()
    first, end = decoder.raw_decode(text)
    assert [row["environment"] for row in first] == ["etl-a", "etl-b"]
    assert decoder.raw_decode(text[end:].lstrip())[0] == first
    assert done.returncode == 3
    told = done.stderr.decode().splitlines()
    assert sum(line.startswith("mwaa-shell: etl-a: ok") for line in told) == 2
    assert told[-2] == "mwaa-shell: error: Not ok on 1 of 3 environments. Not run: nope."
