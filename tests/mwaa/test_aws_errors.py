"""What AWS says becomes a sentence with what to do; pure."""

from __future__ import annotations

from pathlib import Path

import botocore.exceptions as aws
import pytest

from mwaa_shell.errors import CredentialsProblem, NothingRan, PermissionMissing, ShellError, State
from mwaa_shell.mwaa.aws_errors import AwsCall, AwsCaller, translate

TOKEN = AwsCall("CreateCliToken", "my-env")


def refused(code: str, operation: str = "CreateCliToken", **members: object) -> aws.ClientError:
    return aws.ClientError({"Error": {"Code": code, "Message": "why"}, **members}, operation)


@pytest.mark.parametrize(
    ("asker", "hint"),
    [
        (AwsCaller("me", source="sso", login_profile="me"), "Run aws sso login --profile me, then"),
        (AwsCaller("role", source="assume-role", login_profile="base"), "Run aws sso login --profile base, then"),
        (AwsCaller("me", source="login"), "Run aws login --profile me, then"),
        (AwsCaller(source="sso"), "Run aws sso login, then"),
        (AwsCaller(source="env"), "Switch to a profile with .use my-env --profile NAME, or restart with new keys."),
        (AwsCaller("me", source="shared-credentials-file"), "Put new keys into your AWS files, or run aws conf"),
        (AwsCaller("me", source="custom-process"), "Log in to the program, then check it with aws sts"),
    ],
)
def test_expired_credentials_have_a_hint_of_their_source(asker: AwsCaller, hint: str) -> None:
    error = translate(refused("ExpiredTokenException"), TOKEN, asker)
    assert (type(error), error.state) == (CredentialsProblem, State.NOT_SENT)
    assert error.hint.startswith(hint)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (
            refused("AccessDenied"),
            PermissionMissing,
            "airflow:CreateCliToken on my-env is not permitted for profile me",
        ),
        (
            refused("AccessDenied", "AssumeRole"),
            CredentialsProblem,
            "gives no credentials to profile me (AssumeRole: AccessDenied)",
        ),
        (refused("ForbiddenException", "GetRoleCredentials"), CredentialsProblem, "GetRoleCredentials: Forbidden"),
        (
            refused("ExpiredToken", "AssumeRole"),
            CredentialsProblem,
            "The AWS credentials have expired Run aws sso login --profile me",
        ),
        (
            aws.UnauthorizedSSOTokenError(),
            CredentialsProblem,
            "SSO session of profile me is missing or has expired Run aws",
        ),
        (
            aws.TokenRetrievalError(provider="sso", error_msg="x"),
            CredentialsProblem,
            "SSO session of profile me is missing",
        ),
        (
            aws.EndpointConnectionError(endpoint_url="https://a.b/c"),
            NothingRan,
            "AWS could not be reached at a.b",
        ),
        (aws.ConnectTimeoutError(endpoint_url="https://a.b/c"), NothingRan, "whether eu-west-1 is the right region"),
        (
            aws.ReadTimeoutError(endpoint_url="https://a.b/c"),
            NothingRan,
            "CreateCliToken for my-env failed in eu-west-1",
        ),
        (aws.InvalidRegionError(region_name="x y"), CredentialsProblem, "'x y' is not a region"),
        (
            aws.NoRegionError(),
            CredentialsProblem,
            "Pass --region or set AWS_REGION. Without AWS, run mwaa-shell --local.",
        ),
        (
            aws.InvalidConfigError(error_msg='The source_profile "b" of "a" does not exist.'),
            CredentialsProblem,
            'cannot be used (The source_profile "b" of "a" does not exist) Correct ~/.aws/config.',
        ),
        (
            aws.SSLError(endpoint_url="https://u:pw@a.b/c", error="CERTIFICATE_VERIFY_FAILED"),
            NothingRan,
            "The TLS certificate of AWS at ***@a.b could not be verified Pass the certificate of your company proxy",
        ),
    ],
)
def test_each_error_has_its_sentence(error: Exception, kind: type[ShellError], words: str) -> None:
    told = translate(error, TOKEN, AwsCaller("me", "eu-west-1"))
    assert type(told) is kind
    assert words in f"{told} {told.hint}"


@pytest.mark.skipif(not hasattr(aws, "LoginRefreshRequired"), reason="this botocore has no aws login")
def test_aws_login_is_named() -> None:
    told = translate(aws.LoginRefreshRequired(), TOKEN, AwsCaller("me"))
    assert str(told) == "The login of profile me is missing or has expired"
    assert told.hint.startswith("Run aws login --profile me")


@pytest.mark.parametrize("date", ["", "nonsense", "Sun, 99 Nov 2026 10:00:00 GMT", None])
def test_a_date_that_makes_no_sense_says_nothing_of_the_clock(date: object) -> None:
    error = refused("InvalidSignatureException", ResponseMetadata={"HTTPHeaders": {"date": date}})
    assert "the secret key or this machine's clock is wrong" in str(translate(error, TOKEN, AwsCaller()))


def test_unknown_profile_has_a_suggestion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text("[profile prod]\n[profile staging]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "prdo")
    error = translate(aws.ProfileNotFound(profile="prdo"), AwsCall(), AwsCaller())
    assert str(error) == "AWS profile 'prdo' not found (from AWS_PROFILE). Did you mean 'prod'?"
    assert error.hint == "Use one of: prod, staging."
