"""The file of settings in the program itself: what it says holds, and what wins over it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mwaa_shell.config import NAMED, ConfigValue, parse_config
from mwaa_shell.settings import Access, AccessKey, apply_config
from tests.double import Double
from tests.programs import run_here

PATH = Path("config.toml")
Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def run(double: Double, environ: dict[str, str]) -> Run:
    double.names = ("my-env", "my-prod")

    def start(text: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
        file = Path(environ["XDG_CONFIG_HOME"]) / "mwaa-shell" / "config.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return run_here(arguments, environ | more)

    return start


def rows(ended: subprocess.CompletedProcess[bytes]) -> dict[str, list[str]]:
    """What ``.settings`` has shown: a name, its value and where that comes from."""
    return {line.split()[0]: line.split()[1:] for line in ended.stdout.decode().splitlines() if line}


def test_the_environment_that_is_opened_where_none_is_named(double: Double, run: Run) -> None:
    assert run('environment = "my-prod"', "-c", "version").returncode == 0
    assert double.aws.seen[-1].path == "/clitoken/my-prod"
    run('environment = "my-prod"', "-c", "version", MWAA_ENVIRONMENT="my-env")
    assert double.aws.seen[-1].path == "/clitoken/my-env"
    run('environment = "my-env"', "my-prod", "-c", "version")
    assert double.aws.seen[-1].path == "/clitoken/my-prod"


def test_a_section_protects_or_not(double: Double, run: Run) -> None:
    text = '[environments."my-env"]\nprotected = true\n[environments."*prod"]\nprotected = false\n'
    assert run(text, "my-env", "-c", "dags trigger a").returncode == 5
    assert run(text, "my-prod", "-c", "dags trigger a").returncode == 0
    assert run(text, "my-env", "-c", ".use my-prod", "-c", "dags trigger a").returncode == 0
    assert run(text, "my-prod", "-c", ".use my-env", "-c", "dags trigger a").returncode == 5
    assert double.commands == ["dags trigger a", "dags trigger a"]


def test_a_section_that_only_reads(double: Double, run: Run) -> None:
    text = "[environments.my-env]\nread-only = true\n"
    assert run(text, "my-env", "--yes", "-c", "dags trigger a").returncode == 5
    assert run(text, "my-prod", "--yes=my-prod", "-c", "dags trigger a").returncode == 0


def test_where_each_value_comes_from(run: Run) -> None:
    text = 'zone = "utc"\nmenu-rows = 12\ntimeout = 30\n[environments.my-env]\nmax-response = 100\n'
    found = rows(run(text, "my-env", "--timeout", "40", "-c", ".set menu-rows 9", "-c", ".settings"))
    assert found["zone"] == ["utc", "config.toml:1"]
    assert found["menu-rows"] == ["9", ".set"]
    assert found["timeout"] == ["40", "--timeout"]
    assert found["max-response"] == ["100", "config.toml:5"]
    assert found["endpoint-url"][1] == "$AWS_ENDPOINT_URL_MWAA"
    assert found["environment"] == ["my-env", "open"]
    assert "keys" not in found
    everything = rows(run(text, "my-env", "-c", ".settings all"))
    assert everything["keys"] == ["emacs", "default"]
    assert set(everything) > set(NAMED)


def test_what_makes_no_sense_is_said_and_stops_nothing(double: Double, run: Run) -> None:
    ended = run("menus = 1\nzone = 'utc'", "my-env", "-c", "version")
    assert (ended.returncode, ended.stdout) == (0, b"done\n")
    assert ended.stderr.endswith(b"config.toml:1: unknown setting 'menus'. Did you mean 'menu'?\n")
    assert double.commands == ["version"]


def test_a_password_in_a_proxy_is_not_shown(run: Run) -> None:
    ended = run('proxy = "http://user:geheim@127.0.0.1:9"', "my-env", "-c", ".settings")
    assert b"geheim" not in ended.stdout + ended.stderr
    assert b"127.0.0.1:9" in ended.stdout


@pytest.mark.parametrize(
    ("environ", "region"),
    [({}, "eu-west-1"), ({"AWS_REGION": "us-east-1"}, None), ({"AWS_DEFAULT_REGION": "us-east-1"}, None)],
)
def test_environment_variables_win_over_the_file(environ: Mapping[str, str], region: str | None) -> None:
    said = {"region": ConfigValue("eu-west-1", 1)}
    assert apply_config(Access(), said, environ).region == region


def test_options_win_and_the_local_environment_is_left_alone() -> None:
    said = parse_config('region = "eu-west-1"\nconnect-to = ["::127.0.0.1:1"]', PATH).general
    assert apply_config(Access(region="us-east-1"), said, {}) == Access(
        region="us-east-1", connect_to=("::127.0.0.1:1",)
    )
    assert apply_config(Access(direct=True), said, {}) == Access(direct=True)


@pytest.mark.parametrize(
    "text",
    [
        'read-only = true\nmenu = "tab',
        'read-only = "true"',
        "readonly = true",
        '[environment."*env*"]\nread-only = true',
        '[environments."my-env"]\nprotected = "yes"',
    ],
)
def test_a_mistake_that_may_have_been_meant_as_a_guard_keeps_to_reads(double: Double, run: Run, text: str) -> None:
    read = run(text, "my-env", "--yes", "-c", "version")
    assert read.returncode == 0
    assert b"Read-only mode is on until config.toml is fixed (.readonly off ends it).\n" in read.stderr
    refused = run(text, "my-env", "--yes", "-c", "version", "-c", "variables set a b")
    assert refused.returncode == 5
    assert b"Read-only mode refused variables set a b: it changes data. Nothing was sent." in refused.stderr
    assert b"hint: Fix the reported mistake in config.toml, or run .readonly off." in refused.stderr
    assert double.commands == ["version"]
    assert run(text, "my-env", "--yes=my-env", "-c", ".readonly off", "-c", "variables set a b").returncode == 0
    assert double.commands == ["version", "variables set a b"]


def test_of_a_mistake_that_guards_nothing_no_more_is_said(double: Double, run: Run) -> None:
    ended = run('menu = "tabs"', "my-env", "-c", "variables set a b")
    assert (ended.returncode, double.commands) == (0, ["variables set a b"])
    assert b"until config" not in ended.stderr


def test_the_settings_say_why_nothing_but_reads_is_sent(double: Double, run: Run) -> None:
    told = run("readonly = true", "my-env", "-c", ".settings", "-c", ".readonly").stdout.decode()
    assert "Read-only mode is on until config.toml is fixed" in told
    assert re.search(r"^read-only +yes +mistake in config.toml$", told, re.MULTILINE)
    assert told.endswith("Read-only mode is on. Fix the reported mistake in config.toml, or run .readonly off.\n")
    both = run("readonly = true", "my-env", "--read-only", "-c", "variables set a b")
    assert b"until config" not in both.stderr, "and nothing lifts it"
    assert b"hint: Start without --read-only to change data." in both.stderr


def test_paths_below_the_home_folder_are_short(run: Run, environ: dict[str, str]) -> None:
    home = environ["HOME"]
    ended = run(f'log-file = "{home}/commands.jsonl"', "my-env", "-c", ".settings")
    found = rows(ended)
    assert found["from"] == ["~/.config/mwaa-shell/config.toml"]
    assert found["log-file"] == ["~/commands.jsonl", "config.toml:1"]
    assert found["ca-bundle"] == ["~/ca.pem", "$AWS_CA_BUNDLE"]
    assert home not in ended.stdout.decode()


def test_patterns_of_sections_fit_in_any_case(double: Double, run: Run) -> None:
    text = '[environments."*PROD*"]\nread-only = true\n'
    assert run(text, "my-prod", "--yes=my-prod", "-c", "variables set a b").returncode == 5
    assert double.commands == []


def test_access_keys_and_proxies_are_not_in_the_repr_of_settings() -> None:
    access = Access(region="eu-west-1", keys=AccessKey("AKIDEXAMPLE", "canary"), proxy="http://u:canary@p.example")
    assert "eu-west-1" in repr(access)
    assert "canary" not in repr(access) + repr(access.keys)
