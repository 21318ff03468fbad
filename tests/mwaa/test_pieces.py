"""The pieces in which boto3 and requests are imported behind the prompt."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys

import pytest

from mwaa_shell.link import Link, Target, real_environments
from mwaa_shell.mwaa import pieces
from mwaa_shell.settings import Access

#: Imports them all, and prints of each which of those behind it were there already.
TRIAL = """
import json, sys
from mwaa_shell.mwaa.pieces import PIECES, import_in_pieces
told = {name: [one for one in PIECES[PIECES.index(name) + 1:] if one in sys.modules] for name in import_in_pieces()}
print(json.dumps([told, sorted(sys.modules)]))
"""


def test_each_is_one_step_of_the_way_to_boto3(environ: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-c", TRIAL], env=environ, check=True, stdout=subprocess.PIPE)
    told, imported = json.loads(done.stdout)
    assert {"boto3", "requests"}.isdisjoint(imported), "each has one door"
    assert len(told) > len(pieces.PIECES) * 0.9  # versions differ
    dear = {"urllib3", "botocore.utils", "botocore.client", "botocore.session", "s3transfer.manager"}
    for name, early in told.items():
        assert dear.isdisjoint(early), f"{name} imports {early} too"


def test_what_a_version_does_not_have_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECES", ("json", "botocore.no_such_module", "base64"))
    assert list(pieces.import_in_pieces()) == ["json", "base64"]


class Noted(contextlib.AbstractContextManager[None]):
    """In the place of the lock: how often it was taken."""

    times = 0

    def __enter__(self) -> None:
        self.times += 1

    def __exit__(self, *error: object) -> None:
        pass


def test_whoever_imports_them_takes_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    noted = Noted()
    monkeypatch.setattr(pieces, "ALONE", noted)
    monkeypatch.setattr(pieces, "PIECES", ("json", "base64"))
    assert list(pieces.import_in_pieces()) == ["json", "base64"]
    assert noted.times == 2
    link = Link(Target("my-env", Access(region="eu-west-1")), make=real_environments)
    assert link.environments is not None
    assert noted.times == 3
    assert link.client is not None
    assert noted.times == 4
