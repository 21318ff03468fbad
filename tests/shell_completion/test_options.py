"""What completion makes of the parser: nothing is left out, and each value has been thought of."""

from __future__ import annotations

import argparse
import re

import pytest

from mwaa_shell import options
from mwaa_shell.shell_completion import SHELLS, names, script
from mwaa_shell.shell_completion.options import CompletionOption, Value, options_of

OPTIONS = {option.flags[-1] if option.flags else "": option for option in options_of(options.build_parser())}
#: For these nothing can be offered.
FREE = {"--endpoint-url", "--proxy", "--connect-to", "--timeout", "--max-reply", "-c", "--airflow-config"}


def test_every_value_is_completed_or_known_to_be_free() -> None:
    assert {flag for flag, option in OPTIONS.items() if option.value is Value.TEXT} == FREE, (
        "a new option: shell_completion/options.py says by its metavar what is offered behind it"
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
    assert {flag: OPTIONS[flag].value for flag in expected} == expected
    assert OPTIONS["--color"].choices == ("auto", "always", "never")
    assert OPTIONS["--completions"].choices == SHELLS


def test_how_a_value_is_taken() -> None:
    assert [flag for flag, option in OPTIONS.items() if option.joined] == ["--yes"]
    assert [flag for flag, option in OPTIONS.items() if flag and option.may_be_bare] == ["--local"]
    assert {flag for flag, option in OPTIONS.items() if option.repeatable} == {
        "--airflow-config",
        "--connect-to",
        "-c",
        "-f",
    }


@pytest.mark.parametrize("shell", SHELLS)
def test_every_option_is_in_every_script(shell: str) -> None:
    made = script(shell, options.build_parser())
    for option in OPTIONS.values():
        for flag in option.flags:
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
    assert options_of(parser) == (CompletionOption(("--shown",), "x", Value.NOTHING, "shown"),)


def test_the_word_for_the_doctor_is_the_launchers() -> None:
    assert names.DOCTOR == options.DOCTOR
