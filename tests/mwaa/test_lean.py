"""What is left out of boto3 and requests, and that nobody misses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from mwaa_shell.mwaa.lean import SERVICES, forget_other_services


def said_by(code: str, *options: str) -> str:
    """What a piece of code prints in a fresh process, where warnings are errors."""
    argv = [sys.executable, "-W", "error", *options, "-c", code]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def test_requests_comes_without_what_guesses_encodings() -> None:
    code = """
import sys
from mwaa_shell.mwaa.lean import import_requests
import_requests()
import requests
answer = requests.Response()
answer._content = "\u00e4".encode()
print(answer.text.isalpha(), sorted(name for name in sys.modules if name.startswith(("chardet", "charset_normalizer"))))
import charset_normalizer
"""
    assert said_by(code) == "True []"


def test_requests_that_is_there_stays_as_it_is() -> None:
    code = """
import requests, sys
before = set(sys.modules)
from mwaa_shell.mwaa.lean import import_requests
import_requests()
print(set(sys.modules) - before == {"mwaa_shell", "mwaa_shell.mwaa", "mwaa_shell.mwaa.lean"})
"""
    assert said_by(code) == "True"


@pytest.fixture
def lean() -> Session:
    session = Session()
    forget_other_services(session)
    return session


def test_only_our_services_are_kept(lean: Session) -> None:
    kept = lean.get_component("data_loader").load_data("endpoints")
    names = [set(one["services"]) for one in kept["partitions"]]
    assert "airflow" in names[0]
    assert set().union(*names) <= SERVICES
    whole = Session().get_component("data_loader").load_data("endpoints")
    assert [one["regions"] for one in kept["partitions"]] == [one["regions"] for one in whole["partitions"]]


@pytest.mark.parametrize("service", ["mwaa", "sts", "sso", "sso-oidc"])
@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1", "xx-nowhere-9"])
def test_endpoints_and_regions_are_the_same(lean: Session, service: str, region: str) -> None:
    def endpoint(session: Session) -> tuple[str, str]:
        client = session.create_client(service, region_name=region, aws_access_key_id="x", aws_secret_access_key="x")
        return client.meta.endpoint_url, client.meta.region_name

    assert endpoint(lean) == endpoint(Session())
    assert lean.get_available_regions("mwaa") == Session().get_available_regions("mwaa")
    assert lean.get_available_partitions() == Session().get_available_partitions()


@pytest.mark.parametrize("form", [[], {"partitions": [{}]}, {"partitions": [[]]}, {"services": {}}])
def test_a_table_of_another_form_stays_as_it_is(
    lean: Session, form: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "endpoints.json").write_text(json.dumps(form))
    monkeypatch.setenv("AWS_DATA_PATH", os.fspath(tmp_path))
    session = Session()
    forget_other_services(session)
    assert session.get_component("data_loader").load_data("endpoints") == form
