"""Held here: what prints the configuration shows no secret of it, and all else as it came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.airflow.secrets.output import is_secret_option, mask_options, shows_options

LIST = ("config", "list")
KEY = "a-L50LQ6lYY71ZS2WY2rH77ZrzSgsJpkf6emi4ID9nA="


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"fernet_key = {KEY}", "fernet_key = ***"),
        (f"# fernet_key = {KEY}", "# fernet_key = ***"),
        (f"\x1b[36mfernet_key\x1b[39m = \x1b[33m{KEY}\x1b[39m", "fernet_key = ***"),
        ("secret_key = temporary_key", "secret_key = ***"),
        ("jwt_secret = mYO+v8RaVWAWcp7NTku4vg==", "jwt_secret = ***"),
        ("smtp_password = 12345", "smtp_password = ***"),
        ("flower_basic_auth = ann:pw", "flower_basic_auth = ***"),
        ('backend_kwargs = {"prefix": "airflow/connections"}', "backend_kwargs = ***"),
        ("sql_alchemy_conn = postgresql+psycopg2://af:pw@db/af", "sql_alchemy_conn = postgresql+psycopg2://af:***@db/af"),
        ("sql_alchemy_conn = postgresql://db/af?password=pw", "sql_alchemy_conn = postgresql://db/af?password=***"),
        ("sql_alchemy_conn = Driver=x;PWD=pw", "sql_alchemy_conn = ***"),
        ("result_backend = db+postgresql://af:pw@db/af", "result_backend = db+postgresql://af:***@db/af"),
        ("broker_url = redis://:pw@redis:6379/0", "broker_url = redis://:***@redis:6379/0"),
        ('endpoint_options = {"auth": {"password": "pw"}}', 'endpoint_options = {"auth": {"password": "***"}}'),
        ("sql_alchemy_conn | postgresql://af:pw@db/af   ", "sql_alchemy_conn | postgresql://af:***@db/af   "),
        ("2026-01-01T00:00:00Z [info     ] using db://af:pw@h/x [a.b]", None),
        ("[2026-01-01 00:00:00,000] {x.py:1} INFO - using db://af:pw@h/x", None),
    ],
)  # fmt: skip
def test_a_secret_is_covered(line: str, shown: str | None) -> None:
    assert mask_options(f"[core]\n{line}\nx = 1\n", LIST) == f"[core]\n{shown or line.replace('pw', '***')}\nx = 1\n"


@pytest.mark.parametrize(
    "line",
    [
        "[core]", "", "fernet_key = ", "# fernet_key = ", "sql_alchemy_conn = sqlite:////x/airflow.db",
        "web_server_ssl_key = /k", "google_key_path = /k", "enable_proxy_fix = False", "proxy_fix_x_for = 1",
        "email_backend = airflow.utils.email",
        "# of them use the same ``secret_key`` otherwise calls fail.", "# Variable: AIRFLOW__CORE__FERNET_KEY",
        "simple_auth_manager_passwords_file = /x", "secret_mask_adapter = a.b", "broker_url = redis://redis:6379/0",
    ],
)  # fmt: skip
def test_what_is_none_stays(line: str) -> None:
    assert mask_options(f"{line}\n", LIST) == f"{line}\n"


def test_a_secret_of_several_lines() -> None:
    text = "fernet_key = one,\n\ttwo\nother = a\n\tb\n"
    assert mask_options(text, LIST) == "fernet_key = ***\n\t***\nother = a\n\tb\n"


@pytest.mark.parametrize(
    ("line", "printed", "shown"),
    [
        ("config get-value core fernet_key", f"{KEY}\n", "***\n"),
        ("config get-value -v core fernet_key", f"[2026-01-01 00:00:00,000] {{x.py:1}} INFO - y\n{KEY}\n",
         "[2026-01-01 00:00:00,000] {x.py:1} INFO - y\n***\n"),
        ("config get-value database sql_alchemy_conn", "mysql://a:pw@h/d\n", "mysql://a:***@h/d\n"),
        ("config get-value core load_examples", "False\n", "False\n"),
        ("config get-value core", "usage\n", "usage\n"),
    ],
)  # fmt: skip
def test_one_value(line: str, printed: str, shown: str) -> None:
    assert mask_options(printed, tuple(line.split())) == shown


def test_which_commands_show_options() -> None:
    assert all(shows_options(tuple(line.split())) for line in ("config", "config list", "config get-value a b", "info"))
    assert not any(shows_options(tuple(line.split())) for line in ("", "dags list", "variables get config"))


def test_names() -> None:
    assert is_secret_option("FERNET_KEY")
    assert not is_secret_option("jwt_private_key_path")


@given(st.text(), st.sampled_from([LIST, ("info",), ("config", "get-value", "core", "dags_folder")]))
def test_no_text_is_too_strange(text: str, words: tuple[str, ...]) -> None:
    shown = mask_options(text, words)
    assert shown == text or "***" in shown
