"""What AWS says becomes a sentence with what to do; pure."""

from __future__ import annotations

import botocore.exceptions as aws
import pytest

from mwaa_shell.errors import CredentialsProblem, NothingRan, PermissionMissing, ShellError
from mwaa_shell.mwaa.aws_errors import AwsCall, AwsCaller, sentence

TOKEN = AwsCall("CreateCliToken", "my-env")


def refused(code: str, operation: str = "CreateCliToken", **members: object) -> aws.ClientError:
    return aws.ClientError({"Error": {"Code": code, "Message": "why"}, **members}, operation)


@pytest.mark.parametrize(
    ("asker", "remedy"),
    [
        (AwsCaller("me", source="sso", login_profile="me"), "run aws sso login --profile me"),
        (AwsCaller("role", source="assume-role", login_profile="base"), "run aws sso login --profile base"),
        (AwsCaller("me", source="login"), "run aws login --profile me"),
        (AwsCaller(source="sso"), "run aws sso login"),
        (
            AwsCaller(source="env"),
            "they came from AWS_ACCESS_KEY_ID, which a running program keeps; log in to a profile",
        ),
        (
            AwsCaller("me", source="shared-credentials-file"),
            "put new ones of profile me into your AWS files, or run aws sso",
        ),
        (AwsCaller("me", source="custom-process"), "log in where the credential_process of profile me gets them"),
    ],
)
def test_what_is_over_says_how_to_go_on(asker: AwsCaller, remedy: str) -> None:
    told = sentence(refused("ExpiredTokenException"), TOKEN, asker)
    assert isinstance(told, CredentialsProblem)
    assert str(told).startswith(f"The AWS credentials have expired, nothing ran: {remedy}")


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (
            refused("AccessDenied"),
            PermissionMissing,
            "AWS does not allow airflow:CreateCliToken on my-env to profile me",
        ),
        (refused("AccessDenied", "AssumeRole"), CredentialsProblem, "gives no credentials to profile me, nothing ran"),
        (refused("ForbiddenException", "GetRoleCredentials"), CredentialsProblem, "GetRoleCredentials: Forbidden"),
        (refused("ExpiredToken", "AssumeRole"), CredentialsProblem, "have expired, nothing ran: run aws sso login"),
        (aws.UnauthorizedSSOTokenError(), CredentialsProblem, "The SSO login is missing or over, nothing ran: run aws"),
        (aws.TokenRetrievalError(provider="sso", error_msg="x"), CredentialsProblem, "SSO login is missing or over"),
        (
            aws.EndpointConnectionError(endpoint_url="https://a.b/c"),
            NothingRan,
            "AWS could not be reached at a.b, noth",
        ),
        (aws.ConnectTimeoutError(endpoint_url="https://a.b/c"), NothingRan, "and eu-west-1 the right region?"),
        (
            aws.ReadTimeoutError(endpoint_url="https://a.b/c"),
            NothingRan,
            "CreateCliToken for my-env failed in eu-west-1",
        ),
        (aws.InvalidRegionError(region_name="x y"), CredentialsProblem, "x y is not the name of a region: pass one"),
        (aws.NoRegionError(), CredentialsProblem, "pass --region, or set AWS_REGION or one in the profile"),
        (
            aws.InvalidConfigError(error_msg='The source_profile "b" of "a" does not exist.'),
            CredentialsProblem,
            'cannot be used, nothing ran: The source_profile "b" of "a" does not exist; mend ~/.aws/config',
        ),
        (
            aws.SSLError(endpoint_url="https://u:pw@a.b/c", error="CERTIFICATE_VERIFY_FAILED"),
            NothingRan,
            "over TLS at ***@a.b, nothing ran: if a proxy in between opens TLS, pass its certificate with --ca-bundle",
        ),
    ],
)
def test_each_error_has_its_sentence(error: Exception, kind: type[ShellError], words: str) -> None:
    told = sentence(error, TOKEN, AwsCaller("me", "eu-west-1"))
    assert type(told) is kind
    assert words in str(told)


@pytest.mark.skipif(not hasattr(aws, "LoginRefreshRequired"), reason="this botocore has no aws login")
def test_aws_login_is_named() -> None:
    told = sentence(aws.LoginRefreshRequired(), TOKEN, AwsCaller("me"))
    assert str(told) == "The login is missing or over, nothing ran: run aws login --profile me"


@pytest.mark.parametrize("date", ["", "nonsense", "Sun, 99 Nov 2026 10:00:00 GMT", None])
def test_a_date_that_makes_no_sense_says_nothing_of_the_clock(date: object) -> None:
    error = refused("InvalidSignatureException", ResponseMetadata={"HTTPHeaders": {"date": date}})
    assert "the secret key or this machine's clock is wrong" in str(sentence(error, TOKEN, AwsCaller()))
