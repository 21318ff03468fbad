"""The AWS operations of the shell: both servers of the tests answer each, and the docs have its permission."""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from botocore import xform_name

from mwaa_shell.local import aws_api
from mwaa_shell.local.aws_api import AwsApi, LocalEnvironment, Tokens, make_keys
from mwaa_shell.local.http_server import Server
from mwaa_shell.mwaa import aws, logs
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.settings import Access
from tests.docs import PAGES
from tests.double import Double

NAME = "my-env"
#: The operations that ``MwaaApi`` calls, as its source names them.
OPERATIONS = sorted(set(re.findall(r'self\._call\(\s*"(\w+)"', inspect.getsource(MwaaApi))))
#: The permissions that methods require, as their docstrings name them.
PERMISSIONS = sorted(set(re.findall(r"``(\w+:\w+)``", inspect.getsource(aws) + inspect.getsource(logs))))
#: A value for each required member of their requests.
GIVEN = {"Name": NAME, "Path": "/dags", "Method": "GET"}


@contextmanager
def local_api() -> Iterator[Access]:
    keys = make_keys()
    rest = {"RestApiStatusCode": 200, "RestApiResponse": {}}
    hosted = {NAME: LocalEnvironment(NAME, "2.10.3", "127.0.0.1:1", rest=lambda body: rest)}
    server = Server(aws_api.handler_for(AwsApi(keys, Tokens(), hosted)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield Access(None, aws_api.REGION, f"http://127.0.0.1:{server.port}", keys=keys, direct=True)
    server.shutdown()
    server.server_close()


@contextmanager
def double_api() -> Iterator[Access]:
    double = Double((NAME,))
    yield double.access(None)
    double.close()


@pytest.mark.parametrize("serve", [local_api, double_api])
def test_every_operation_has_a_response(serve: Callable[[], AbstractContextManager[Access]]) -> None:
    assert len(OPERATIONS) >= 5
    with serve() as access:
        client = MwaaApi(access).client()
        for operation in OPERATIONS:
            model = client.meta.service_model.operation_model(operation)
            required = model.input_shape.required_members
            assert set(required) <= GIVEN.keys(), f"GIVEN needs the members of {operation}"
            response = getattr(client, xform_name(operation))(**{one: GIVEN[one] for one in required})
            assert response.keys() - {"ResponseMetadata"}, operation


def test_every_operation_names_its_permission() -> None:
    assert {f"airflow:{operation}" for operation in OPERATIONS} <= set(PERMISSIONS)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_each_permission_is_in_both_lists_of_its_page(permission: str) -> None:
    lines = (PAGES / "access.md").read_text().split("\n")
    lists = "\n".join(line for line in lines if line.startswith(("| ", "    ")))
    assert len(re.findall(rf"{permission}\b", lists)) >= 2
