"""The pieces in which boto3 and requests are imported behind the prompt."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mwaa_shell.mwaa import pieces

#: Imports them all, and prints of each which of those behind it were there already.
TRIAL = """
import json, sys
from mwaa_shell.mwaa.pieces import PIECES, import_in_pieces
told = {name: [one for one in PIECES[PIECES.index(name) + 1:] if one in sys.modules] for name in import_in_pieces()}
print(json.dumps(told))
"""


def test_each_is_one_step_of_the_way_to_boto3(environ: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, "-c", TRIAL], env=environ, check=True, stdout=subprocess.PIPE)
    told = json.loads(done.stdout)
    assert list(told)[-1] == "boto3"
    assert len(told) > len(pieces.PIECES) * 0.9  # versions differ
    dear = {"urllib3", "botocore.utils", "botocore.client", "botocore.session", "s3transfer.manager", "boto3"}
    for name, early in told.items():
        assert dear.isdisjoint(early), f"{name} imports {early} too"


def test_what_a_version_does_not_have_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECES", ("json", "botocore.no_such_module", "base64"))
    assert list(pieces.import_in_pieces()) == ["json", "base64"]


#: Two threads that want the same modules at the same moment, as the first line of a prompt may.
RACE = """
import sys, threading
sys.setswitchinterval(1e-5)
from mwaa_shell.link import real_environments
from mwaa_shell.mwaa.pieces import import_in_pieces
from mwaa_shell.settings import Access
failed = []

def run(work):
    try:
        work()
    except BaseException as error:
        failed.append(repr(error))

works = (lambda: list(import_in_pieces()), lambda: real_environments(Access()))
threads = [threading.Thread(target=run, args=(work,)) for work in works]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit("; ".join(failed))
"""


@pytest.mark.parametrize("turn", range(3))
def test_a_line_that_is_sent_meanwhile_finds_whole_modules(environ: dict[str, str], turn: int) -> None:
    done = subprocess.run([sys.executable, "-c", RACE], env=environ, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
