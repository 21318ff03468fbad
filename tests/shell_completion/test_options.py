"""What completion makes of the parser: nothing is left out, and each value has been thought of."""

from __future__ import annotations

import argparse
import re

import pytest

from mwaa_shell import options
from mwaa_shell.shell_completion import SHELLS, names, script
from mwaa_shell.shell_completion.names import JOINED, Value, options_of, value_of

OPTIONS = {(*option.option_strings, "")[-2:][0]: option for option in options_of(options.build_parser())}
#: For these nothing can be offered.
FREE = {"--endpoint-url", "--proxy", "--connect-to", "--timeout", "--max-response", "-c", "--airflow-config", "--jobs"}


def test_every_value_is_completed_or_known_to_be_free() -> None:
    assert {flag for flag, option in OPTIONS.items() if value_of(option) is Value.TEXT} == FREE, (
        "a new option: shell_completion/names.py says by its metavar what is offered behind it"
    )


def test_what_stands_behind_an_option() -> None:
    expected = {
        "": Value.ENVIRONMENT,
        "--env": Value.ENVIRONMENT,
        "--yes": Value.ENVIRONMENT,
        "--profile": Value.PROFILE,
        "--region": Value.REGION,
        "--ca-bundle": Value.FILE,
        "-f": Value.FILE,
        "--dags-folder": Value.FOLDER,
        "--plugins-folder": Value.FOLDER,
        "--requirements": Value.FILE,
        "--local": Value.VERSIONS,
        "--airflow-version": Value.VERSION,
        "--print-grammar": Value.VERSION,
        "--color": Value.CHOICE,
        "--completions": Value.CHOICE,
        "--help": Value.NOTHING,
    }
    assert {flag: value_of(OPTIONS[flag]) for flag in expected} == expected
    assert tuple(OPTIONS["--color"].choices or ()) == ("auto", "always", "never")
    assert tuple(OPTIONS["--completions"].choices or ()) == SHELLS


def test_how_a_value_is_taken() -> None:
    assert [flag for flag, option in OPTIONS.items() if option.dest in JOINED] == ["--yes"]
    assert [flag for flag, option in OPTIONS.items() if flag and option.nargs == "?"] == ["--local"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_is_in_every_script(shell: str) -> None:
    made = script(shell, options.build_parser())
    for option in OPTIONS.values():
        for flag in option.option_strings:
            spelled = {
                "bash": rf"_option_strings=\(.*{flag}[ )]",
                "zsh": rf'^  ["{{].*{flag}[=,}}\[-]',
                "fish": rf"^complete .*{f'-l {flag[2:]}' if flag.startswith('--') else f'-s {flag[1:]}'} ",
            }
            assert re.search(spelled[shell], made, re.MULTILINE), flag
    assert not re.search(r"@\w+@", made)


@pytest.mark.parametrize("shell", SHELLS)
def test_words_of_help_are_quoted_for_the_shell(shell: str) -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--odd", metavar="AB", help="it's [all] \\ $(here): `x`")
    made = script(shell, parser)
    expected = {
        "bash": "_option_strings=(--odd)",
        "zsh": r"""--odd=[it\'s \[all\] \\ \$(here)\: \`x\`]:AB: """,
        "fish": "-l odd -x -d 'it'\"'\"'s [all] \\ $(here): `x`'",
    }
    assert expected[shell] in made


def test_a_hidden_option_is_not_offered() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--hidden", help=argparse.SUPPRESS)
    parser.add_argument("--shown", action="store_true", help="x")
    assert [option.dest for option in options_of(parser)] == ["shown"]


def test_words_in_the_place_of_the_environment_are_the_launchers() -> None:
    assert (names.DOCTOR, names.HELP) == (options.DOCTOR, options.HELP)
