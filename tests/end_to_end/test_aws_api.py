"""The AWS API of a local environment, asked by boto3 with the variables that ``--serve`` exports."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.end_to_end.conftest import Served

pytestmark = pytest.mark.airflow

Start = Callable[[str], Served]


def client(served: Served, **other: str) -> Any:
    """A boto3 client as the exported variables make it."""
    environ = served.environ
    return boto3.client(
        "mwaa",
        endpoint_url=environ["AWS_ENDPOINT_URL_MWAA"],
        region_name=environ["AWS_REGION"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=other.get("secret", environ["AWS_SECRET_ACCESS_KEY"]),
        config=Config(inject_host_prefix=False, proxies={}, retries={"total_max_attempts": 1}),
    )


def assert_fits(shape: Any, value: Any, path: str) -> None:
    """Check a value against botocore's model: the pattern, the enumeration, the members of structures."""
    if shape.type_name == "structure":
        assert isinstance(value, Mapping), path
        assert set(value) <= set(shape.members), path
        for name, member in value.items():
            assert_fits(shape.members[name], member, f"{path}.{name}")
    elif shape.type_name == "list":
        for item in value:
            assert_fits(shape.member, item, path)
    elif shape.type_name == "string":
        pattern = shape.metadata.get("pattern")
        if pattern and path != "Environment.WebserverUrl":  # AWS's own answers have no scheme
            assert re.fullmatch(pattern, value, re.ASCII), (path, value)
        assert not shape.enum or value in shape.enum, (path, value)


#: What a public environment has that nobody has changed, as recorded by a public tool for disaster recovery.
MEMBERS = {
    *("AirflowConfigurationOptions", "AirflowVersion", "Arn", "CeleryExecutorQueue", "CreatedAt", "DagS3Path"),
    *("DatabaseVpcEndpointService", "EndpointManagement", "EnvironmentClass", "ExecutionRoleArn", "LastUpdate"),
    *("LoggingConfiguration", "MaxWorkers", "MinWorkers", "Name", "NetworkConfiguration", "Schedulers"),
    *("ServiceRoleArn", "SourceBucketArn", "Status", "Tags", "WebserverAccessMode", "WebserverUrl"),
    "WeeklyMaintenanceWindowStart",
}


def test_get_environment_has_the_members_of_a_real_one(served: Served) -> None:
    made = client(served)
    environment = made.get_environment(Name=served.name)["Environment"]
    assert set(environment) >= MEMBERS
    assert_fits(made.meta.service_model.shape_for("Environment"), environment, "Environment")
    assert (environment["Status"], environment["AirflowVersion"]) == ("AVAILABLE", served.version)
    assert environment["Arn"].endswith(f":environment/{served.name}")
    assert environment["CreatedAt"].timestamp() <= time.time()
    groups = environment["LoggingConfiguration"]
    assert [name for name, one in groups.items() if one["Enabled"]] == ["TaskLogs"]  # without a scheduler
    assert groups["TaskLogs"]["CloudWatchLogGroupArn"].endswith(f":airflow-{served.name}-Task:*")


def test_a_wrong_secret_is_refused(serving: Start) -> None:
    served = serving("2.10.3")
    with pytest.raises(ClientError) as caught:
        client(served, secret="x").create_cli_token(Name=served.name)
    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_a_client_of_the_standard_library_trusts_the_web_server(serving: Start) -> None:
    served = serving("2.10.3")
    host = client(served).get_environment(Name=served.name)["Environment"]["WebserverUrl"]
    program = """
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(sys.argv[1])
except urllib.error.HTTPError as error:
    print(error.code)
"""
    argv = [sys.executable, "-c", program, f"https://{host}/aws_mwaa/cli"]
    ended = subprocess.run(argv, env=served.environ, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout == "405\n", ended.stderr


def test_a_web_login_leads_to_a_sentence(serving: Start) -> None:
    served = serving("2.10.3")
    made = client(served)
    response = made.create_web_login_token(Name=served.name)
    del response["ResponseMetadata"]
    shape = made.meta.service_model.operation_model("CreateWebLoginToken").output_shape
    assert set(response) == set(shape.members)
    url = f"https://{response['WebServerHostname']}/aws_mwaa/aws-console-sso?login=true#{response['WebToken']}"
    page = requests.get(url, verify=served.environ["SSL_CERT_FILE"], timeout=60)
    assert (page.status_code, "has no web pages" in page.text) == (200, True)
