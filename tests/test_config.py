"""The user's file: what can stand there, what is told of what cannot, and what holds on which environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell import addresses, config
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.errors import UsageError
from mwaa_shell.preferences import PREFERENCES

PATH = Path("config.toml")
NO_GROUP = 'must be a list of names such as ["my-env", "etl-*@eu-west-1"]'


def test_no_file_says_nothing(tmp_path: Path) -> None:
    assert config.load_config(tmp_path / "config.toml") == config.Config()


def test_a_file_that_cannot_be_read_is_told_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"menu = '\xff'")
    found = config.load_config(tmp_path / "config.toml")
    assert (found.general, found.problems) == (
        {},
        (f"{tmp_path / 'config.toml'} cannot be read: it is not UTF-8 text",),
    )
    assert "cannot be read: Is a directory" in config.load_config(tmp_path).problems[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("menus = 1", "config.toml:1: unknown setting 'menus'. Did you mean 'menu'?"),
        ("[groups]\ndr = 'etl-a'", f"config.toml:2: the group dr {NO_GROUP}"),
        ("[groups]\ndr = ['@other']", f"config.toml:2: the group dr {NO_GROUP}"),
        ("groups = 1", "config.toml:1: groups must be a section: [groups]"),
        ("\n\nqqq = 1", "config.toml:3: unknown setting 'qqq'"),
        ("menu = 'always'", "config.toml:1: menu must be typing, tab or never, not 'always'"),
        ("menu-rows = 0", "config.toml:1: menu-rows must be 1 to 40, not 0"),
        ("timeout = true", "config.toml:1: timeout must be 1 to 3600, not 'true'"),
        ("protected = true", "config.toml:1: protected works only in the section of an environment"),
        ("[environments.a]\nlog-file = 'b'", "config.toml:2: log-file works only at the top of the file"),
        ("[environments]\na = 1", "config.toml:2: a is not a section of an environment"),
        ("[shell]\nmenu = 'tab'", "config.toml:1: unknown section [shell]."),
        (
            "[environment.prod]\nprotected = true",
            'config.toml:1: unknown section [environment]. Did you mean [environments."NAME"]?',
        ),
        ("proxy = 'ftp://ann:pw@x'", "config.toml:1: proxy must be a URL of http, https or socks5h"),
        ("connect-to = ['a:1']", "config.toml:1: connect-to must be a list of HOST:PORT:HOST:PORT, not '['a:1']'"),
        ("airflow-version = 'two'", "config.toml:1: airflow-version must be a version, not 'two'"),
        ("endpoint-url = 'vpce.example.com'", "config.toml:1: endpoint-url must be a URL, not 'vpce.example.com'"),
        ("region = 'eu central'", "config.toml:1: region must be a name, not 'eu central'"),
        ("connect-to = 'a:1:b:2'", "config.toml:1: connect-to must be a list of HOST:PORT:HOST:PORT, not 'a:1:b:2'"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_line(text: str, said: str) -> None:
    found = config.parse_config(text, PATH)
    assert found.problems == (said,)
    assert not found.general


def test_mistakes_are_told_in_the_order_of_their_lines() -> None:
    text = "menus = 1\n[nonsense]\nmenu = 1\n[environments.a]\nmenu = 1\n[[more]]\nx = 1\n"
    told = [problem.split(": ")[0] for problem in config.parse_config(text, PATH).problems]
    assert told == [f"config.toml:{line}" for line in (1, 2, 5, 6)]


def test_a_key_of_a_section_that_nobody_knows_is_not_taken_for_one_of_the_top() -> None:
    found = config.parse_config("keys = 'vi'\n[shell]\nkeys = 'emacs'\n", PATH)
    assert found.general == {"keys": config.ConfigValue("vi", 1)}


def test_a_section_that_may_have_been_meant_to_guard() -> None:
    found = config.parse_config("[production]\nread-only = true\n", PATH)
    assert found.problems == ("config.toml:1: unknown section [production]. Its read-only is ignored.",)
    assert found.doubtful
    assert not config.parse_config("[shell]\nkeys = 'vi'\n", PATH).doubtful


def takes(read: Callable[[str], object], text: str) -> bool:
    try:
        return read(text) is not None
    except UsageError:
        return False


PROXIES = ["ftp://x", "http://", "x", "x:3128", "socks5h://h:1080", "HTTPS://u:p%40@h/", "http://h/p", "http://h:0", "http://h:99999",
           "http://[::1]:8", "http://a b", "http://h?q", "http://[::1", "socks4://h", "//h", "é"]  # fmt: skip
RULES = ["::h:1", "a:1:b:2", "a:1", "a:0:b:2", "a:1:b:65536", "a:1::", "::::", "[::1]:1:[::2]:2", "a b:1:c:2", ":::443"]
VERSIONS = ["2.10.3", "2.10", "2", "two", "v2.10.3 of us", "1.2.3.4", "..", "12345678901.1", "3.0.6\n"]


def test_the_file_takes_what_the_options_take() -> None:
    named = {name: config.NAMED[name].accepts for name in ("proxy", "connect-to", "airflow-version")}
    for text in PROXIES:
        assert named["proxy"](text) == takes(lambda text: addresses.read_proxy_address(text, "x"), text), text
    for text in RULES:
        assert named["connect-to"]([text]) == takes(addresses.read_connect_to, text), text
    for text in VERSIONS[:-1]:
        assert named["airflow-version"](text) == (parse_version(text) is not None), text
    assert not named["airflow-version"](VERSIONS[-1])  # a line end is no part of a value


def test_a_mistake_costs_nothing_but_itself() -> None:
    found = config.parse_config("menu = 'always'\nkeys = 'vi'", PATH)
    assert found.general == {"keys": config.ConfigValue("vi", 2)}


def test_what_is_no_toml_is_told_with_its_place() -> None:
    found = config.parse_config("menu = 'tab'\nkeys = vi", PATH)
    assert found.general == {}
    assert "config.toml is ignored: it is not TOML (" in found.problems[0]
    assert "line 2" in found.problems[0]


def test_sections_hold_over_the_rest_in_their_order() -> None:
    text = """
region = "eu-west-1"
[environments."prod-*"]
protected = true
region = "eu-central-1"
[environments.prod-billing]
region = "us-east-1"
"""
    found = config.parse_config(text, PATH)
    assert found.problems == ()
    assert {name: said.value for name, said in found.on("staging").items()} == {"region": "eu-west-1"}
    assert {name: said.value for name, said in found.on("prod-etl").items()} == {
        "region": "eu-central-1",
        "protected": True,
    }
    assert found.on("prod-billing")["region"] == config.ConfigValue("us-east-1", 7)


def test_the_template_says_nothing_and_every_line_of_it_can_be_taken() -> None:
    made = config.template()
    assert config.parse_config(made, PATH) == config.Config(PATH)
    taken = "\n".join(line.removeprefix("# ") for line in made.split("\n") if " = " in line or line.startswith("# ["))
    found = config.parse_config(taken, PATH)
    assert found.problems == ()
    assert set(found.general) == {one.name for one in config.SETTINGS if one.everywhere}
    assert [pattern for pattern, _ in found.environments] == ["*prod*"]


@pytest.mark.parametrize("one", PREFERENCES, ids=lambda one: one.name)
def test_what_can_be_set_can_stand_in_the_file(one: object) -> None:
    assert config.NAMED[getattr(one, "name", "")].everywhere


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    config.parse_config(text, PATH)


def test_a_pattern_has_an_end() -> None:
    found = config.parse_config(f'menu = "tab"\n\n[environments."{"[" * 100_000}"]\nprotected = true\n', PATH)
    long = "config.toml:3: the name or pattern of environments must be at most 1000 characters"
    assert (found.problems, found.environments, found.doubtful) == ((long,), (), True)
    longest = config.parse_config(f'[environments."{"*[" * 500}"]\nprotected = true\n', PATH)
    assert longest.problems == ()
    assert "protected" not in longest.on("my-env")


@pytest.mark.parametrize(
    "header",
    [
        '[environments."*[ab]#]"]',
        "[ environments . '*[ab]#]' ] # all",
        '[environments."*\\u005bab]#]"]',
        "[environments.a]",
    ],
)
def test_a_section_has_its_lines_whatever_it_is_called(header: str) -> None:
    found = config.parse_config(f"{header}\nmenus = 1\n", PATH)
    assert found.problems == ("config.toml:2: unknown setting 'menus'. Did you mean 'menu'?",)
