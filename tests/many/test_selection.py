"""Names, patterns, regions, profiles and groups that select environments."""

from __future__ import annotations

from pathlib import Path

import pytest

from mwaa_shell.config import parse_config
from mwaa_shell.errors import ExitCode, State, UsageError
from mwaa_shell.many import items_in, select
from mwaa_shell.session import Session, UserInterface
from mwaa_shell.settings import Settings
from tests.double import Double, Request, refusal
from tests.sessions import execute

GROUPS = """
[groups]
dr = ["etl-a@eu-west-1", "etl-a@us-east-1"]
etl = ["etl-*"]
"""


@pytest.fixture
def session(double: Double, bundle: str) -> Session:
    double.names = ("etl-b", "etl-a", "sales")
    config = parse_config(GROUPS, Path("config.toml"))
    return Session(Settings(access=double.access(bundle), config=config), UserInterface())


def labels(session: Session, which: str) -> list[str]:
    return [target.label for target in select(session, which)]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("sales", ["sales"]),
        ("etl-*", ["etl-a", "etl-b"]),
        ("all", ["etl-a", "etl-b", "sales"]),
        ("sales, etl-[b-z]", ["etl-b", "sales"]),
        ("etl-a,etl-a,etl-a@eu-west-1,etl-*", ["etl-a", "etl-b"]),
        ("@etl,sales", ["etl-a", "etl-b", "sales"]),
        ("@dr", ["etl-a@eu-west-1", "etl-a@us-east-1"]),
        ("sales@us-east-1,@dr", ["etl-a@eu-west-1", "etl-a@us-east-1", "sales"]),
        ("unheard-of", ["unheard-of"]),
    ],
)
def test_selection_has_each_environment_once_by_name(session: Session, which: str, expected: list[str]) -> None:
    assert labels(session, which) == expected


def test_names_are_not_listed(double: Double, session: Session) -> None:
    select(session, "etl-a,sales@us-east-1")
    assert double.aws.seen == []


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("x*", "No environment in eu-west-1 fits 'x*'"),
        ("@prod", "Unknown group '@prod'"),
        ("", "Name environments"),
        ("a@b@c", "names no environment"),
        ("dev/", "names no environment"),
    ],
)
def test_selection_that_makes_no_sense_is_refused(session: Session, which: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        select(session, which)
    assert words in str(error.value)


def test_unmatched_pattern_stops_all_before_sending(session: Session) -> None:
    result = execute(session, ".on etl-a,x* version")
    assert (result.exit_code, result.state) == (ExitCode.USAGE, State.NOT_SENT)


def test_place_that_fails_hinders_no_other(double: Double, session: Session) -> None:
    def aws(request: Request) -> bytes | None:
        if "/us-east-1/" in request.headers["authorization"]:
            return refusal(403, "ExpiredTokenException", "over")
        return double.answer_aws(request)

    double.aws.behave = aws
    targets = select(session, "etl-*,etl-*@us-east-1")
    assert [(one.label, one.error is None) for one in targets] == [
        ("etl-*@us-east-1", False),
        ("etl-a", True),
        ("etl-b", True),
    ]


def test_profile_and_region_are_read(session: Session) -> None:
    (item,) = items_in("me@corp/etl-*@us-east-1", {})
    assert (item.profile, item.name, item.region) == ("me@corp", "etl-*", "us-east-1")
    access = item.access(session.access)
    assert (access.profile, access.region) == ("me@corp", "us-east-1")


def test_the_open_environment_keeps_its_connection(session: Session) -> None:
    session.open("etl-a", session.access)
    (target,) = select(session, "etl-a")
    assert target.connection is session.connection
