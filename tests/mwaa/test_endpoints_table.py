"""botocore's table of endpoints without the services that the shell never asks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from mwaa_shell.mwaa.aws_session import SERVICES, session_of
from mwaa_shell.settings import Access


@pytest.fixture
def smaller() -> Session:
    return session_of(Access())


def test_only_our_services_are_kept(smaller: Session) -> None:
    kept = smaller.get_component("data_loader").load_data("endpoints")
    names = [set(one["services"]) for one in kept["partitions"]]
    assert "airflow" in names[0]
    assert set().union(*names) <= SERVICES
    whole = Session().get_component("data_loader").load_data("endpoints")
    assert [one["regions"] for one in kept["partitions"]] == [one["regions"] for one in whole["partitions"]]


@pytest.mark.parametrize("service", ["mwaa", "sts", "sso", "sso-oidc"])
@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1", "xx-nowhere-9"])
def test_endpoints_and_regions_are_the_same(smaller: Session, service: str, region: str) -> None:
    def endpoint(session: Session) -> tuple[str, str]:
        client = session.create_client(service, region_name=region, aws_access_key_id="x", aws_secret_access_key="x")
        return client.meta.endpoint_url, client.meta.region_name

    assert endpoint(smaller) == endpoint(Session())
    assert smaller.get_available_regions("mwaa") == Session().get_available_regions("mwaa")
    assert smaller.get_available_partitions() == Session().get_available_partitions()


@pytest.mark.parametrize("form", [[], {"partitions": [{}]}, {"partitions": [[]]}, {"services": {}}])
def test_a_table_of_another_form_stays_as_it_is(form: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "endpoints.json").write_text(json.dumps(form))
    monkeypatch.setenv("AWS_DATA_PATH", os.fspath(tmp_path))
    session = session_of(Access())
    assert session.get_component("data_loader").load_data("endpoints") == form
