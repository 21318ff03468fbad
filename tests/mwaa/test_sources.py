"""Whatever botocore raises on the way to credentials is one sentence, with real boto3.

It names where the credentials should have come from, with the profile that boto3 uses, and the command to run. The
exit code is 3, for ``-c``, at the prompt and for the doctor: a mistake of the shell's own is something else.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from botocore.utils import ContainerMetadataFetcher

from tests.double import Double, refusal, response
from tests.programs import run_here
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
GOOD = {"Version": 1, "AccessKeyId": "AKIDGOOD", "SecretAccessKey": "s"}
PAST = "2020-01-01T00:00:00Z"


def printing(text: str) -> str:
    """A credential_process that prints so."""
    return f"/bin/sh -c {shlex.quote('printf %s ' + shlex.quote(text))}"


def process(program: str, name: str = "mine") -> str:
    return f"[profile {name}]\nregion = eu-west-1\ncredential_process = {program}\n"


def variables_of(environ: Mapping[str, str], config: str, **more: str) -> dict[str, str]:
    """Without keys in variables, with this for ~/.aws/config."""
    path = Path(environ["HOME"]) / ".aws" / "config"
    path.parent.mkdir(exist_ok=True)
    path.write_text(config)
    return {name: value for name, value in environ.items() if name not in KEYS} | more


def run(variables: Mapping[str, str], *arguments: str) -> CompletedProcess[str]:
    ended = run_here(arguments, variables)
    return CompletedProcess(arguments, ended.returncode, ended.stdout.decode(), ended.stderr.decode())


ODD_PROGRAMS = {
    "expired": (
        printing(json.dumps(GOOD | {"Expiration": PAST})),
        "The AWS credentials from the credential_process of profile mine have expired",
    ),
    "banner": (printing("Using a cached session " + json.dumps(GOOD)), "the output is not JSON"),
    "empty": ("/bin/true", "the output is not JSON"),
    "list": (printing("[]"), "it does not have the form that AWS documents"),
    "text": (printing('"x"'), "it does not have the form that AWS documents"),
    "null key": (printing(json.dumps(GOOD | {"AccessKeyId": None})), "characters that AWS never uses"),
    "null secret": (printing(json.dumps(GOOD | {"SecretAccessKey": None})), "the secret key is missing"),
    "number": (printing(json.dumps(GOOD | {"SessionToken": 5})), "characters that AWS never uses"),
    "key in two lines": (printing(json.dumps(GOOD | {"AccessKeyId": "AK\nID"})), "characters that AWS never uses"),
    "odd date": (printing(json.dumps(GOOD | {"Expiration": "tomorrow"})), "tomorrow"),
    "no zone": (printing(json.dumps(GOOD | {"Expiration": "2099-01-01T00:00:00"})), "it does not have the form"),
    "bytes": ("/bin/sh -c \"printf '\\\\377\\\\376'\"", "the output is not JSON"),
    "deep": ("/bin/sh -c \"head -c 100000 /dev/zero | tr '\\\\0' '['\"", "the form that AWS documents"),
    "no version": (printing("{}"), "Unsupported version"),
    "no key": (printing('{"Version": 1}'), "Missing required key"),
    "fails": ("/bin/sh -c 'echo log in first: please >&2; exit 1'", "log in first: please"),
    "fails silently": ("/bin/false", "it failed without a reason"),
    "open quote": ("/bin/echo 'x", "No closing quotation"),
    "nothing": ("''", "credential_process of profile mine"),
    "not there": ("/nonexistent/get --json", "/nonexistent/get: No such file or directory"),
    "a folder": ("/tmp", "/tmp: Permission denied"),
}


@pytest.mark.parametrize(("config", "words"), ODD_PROGRAMS.values(), ids=ODD_PROGRAMS)
def test_odd_credential_process_is_named(config: str, words: str, environ: dict[str, str], double: Double) -> None:
    variables = variables_of(environ, process(config), AWS_PROFILE="mine")
    ended = run(variables, "my-env", "-c", "dags list")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (3, "", 2)
    check_names_the_program(words, ended.stderr)
    assert double.commands == []


@pytest.mark.parametrize("name", ["expired", "list", "null key", "fails", "open quote", "not there"])
def test_doctor_survives_odd_credential_process(name: str, environ: dict[str, str]) -> None:
    config, words = ODD_PROGRAMS[name]
    variables = variables_of(environ, process(config), AWS_PROFILE="mine")
    ended = run(variables, "doctor", "my-env")
    assert (ended.returncode, ended.stderr) == (3, "")
    check_names_the_program(words, ended.stdout)
    assert "-> " in ended.stdout
    assert "CreateCliToken" in ended.stdout  # skipped


def check_names_the_program(words: str, said: str) -> None:
    assert words in said
    assert "credential_process of profile mine" in said
    assert (
        "aws sts get-caller-identity --profile mine" in said
        or "hint: Correct credential_process of" in said
        or "-> Correct credential_process of" in said
    )
    assert "mistake" not in said


# -- keys in variables that end ----------------------------------------------------------------------------------------

#: Where keys in variables end, with what the sentence says.
ENDS = {
    "past": (PAST, "The AWS credentials in AWS_ACCESS_KEY_ID have expired. Nothing was sent."),
    "no date": ("tomorrow", "No AWS credentials from AWS_ACCESS_KEY_ID ("),
    "no zone": ("2099-01-01T00:00:00", "No AWS credentials from AWS_ACCESS_KEY_ID ("),
    "far": ("99999-01-01T00:00:00Z", "No AWS credentials from AWS_ACCESS_KEY_ID ("),
}


@pytest.mark.parametrize(("ends", "words"), ENDS.values(), ids=ENDS)
def test_end_of_keys_in_variables_is_named(ends: str, words: str, environ: dict[str, str], double: Double) -> None:
    ended = run(environ | {"AWS_CREDENTIAL_EXPIRATION": ends}, "my-env", "-c", "dags list")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (3, "", 2)
    assert words in ended.stderr
    assert "witch to a profile with .use " in ended.stderr
    assert double.aws.seen == []


def test_doctor_survives_end_of_keys_in_variables(environ: dict[str, str]) -> None:
    ended = run(environ | {"AWS_CREDENTIAL_EXPIRATION": PAST}, "doctor", "my-env")
    assert (ended.returncode, ended.stderr) == (3, "")
    assert "The AWS credentials in AWS_ACCESS_KEY_ID have expired" in ended.stdout
    assert "CreateCliToken" in ended.stdout


def test_prompt_survives_end_of_keys_in_variables(
    program: list[str], environ: dict[str, str], double: Double, tmp_path: Path, forks: Forks
) -> None:
    """The keys expire after the first command, and the command is on the prompt again."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(
        "[profile other]\nregion = eu-west-1\naws_access_key_id = AKIDOTHER\naws_secret_access_key = s\n"
    )
    expiring = environ | {"AWS_CREDENTIAL_EXPIRATION": PAST}
    with Terminal([*program, "my-env"], expiring, 160, 24, begin=forks.begin) as terminal:
        terminal.wait_for("The AWS credentials in AWS_ACCESS_KEY_ID have expired.")
        for _ in range(2):
            terminal.send("dags list")
            terminal.wait_for("my-env> dags list")
            terminal.key("enter")
            terminal.wait_for(lambda text: text.count("my-env> dags list") == 2)
            terminal.key("ctrl-c")
            terminal.clear("my-env")
        terminal.run("my-env", ".use my-env --profile other")
        assert "done" in terminal.run("my-env", "dags list -o json")
        assert "mistake" not in terminal.history_text
    assert "AKIDOTHER" in double.aws.seen[-1].headers["authorization"]


# -- the other sources -------------------------------------------------------------------------------------------------

ROLE = "[profile {name}]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/etl\n"
SSO = (
    "[profile team]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = etl\n"
    "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://sso.invalid/start\n"
)
#: A profile that gives no credentials, with what the sentence says.
NO_CREDENTIALS = {
    "role on a process": (
        ROLE.format(name="mine") + "source_profile = base\n" + process("/bin/false", "base"),
        ["credential_process of profile base", "Run aws sts get-caller-identity --profile base"],
    ),
    "role on a process that gives a list": (
        ROLE.format(name="mine") + "source_profile = base\n" + process(printing("[]"), "base"),
        ["credential_process of profile base", "Run aws sts get-caller-identity --profile base"],
    ),
    "role on a role": (
        ROLE.format(name="mine")
        + "source_profile = middle\n"
        + ROLE.format(name="middle")
        + "source_profile = base\n"
        + process("/bin/false", "base"),
        ["credential_process of profile base", "Run aws sts get-caller-identity --profile base"],
    ),
    "role on SSO": (
        ROLE.format(name="mine") + "source_profile = team\n" + SSO,
        ["The SSO session of profile team is missing or has expired", "Run aws sso login --profile team"],
    ),
    "role on variables": (
        ROLE.format(name="mine") + "credential_source = Environment\n",
        ["No AWS credentials from AWS_ACCESS_KEY_ID (", "witch to a profile with .use "],
    ),
    "role on a container": (
        ROLE.format(name="mine") + "credential_source = EcsContainer\n",
        ["from the role of this container (", "Run aws sts get-caller-identity"],
    ),
    "role on an instance": (
        ROLE.format(name="mine") + "credential_source = Ec2InstanceMetadata\n",
        ["from the role of this EC2 instance (", "Run aws sts get-caller-identity"],
    ),
    "role on nothing": (
        ROLE.format(name="mine"),
        ["No AWS credentials from the role of profile mine", "source_profile"],
    ),
    "role on itself": (ROLE.format(name="mine") + "source_profile = mine\n", ["cannot be used (", "mine"]),
    "web identity": (
        ROLE.format(name="mine") + "web_identity_token_file = /nonexistent/token\n",
        ["/nonexistent/token: No such file", "Correct web_identity_token_file of profile mine"],
    ),
    "role without a name": (
        ROLE.format(name="mine").replace("arn:aws:iam::123456789012:role/", "")
        + "source_profile = base\n[profile base]\naws_access_key_id = AKID\naws_secret_access_key = s\n",
        [
            "No AWS credentials from the role of profile mine",
            "RoleArn",
            "Run aws sts get-caller-identity --profile mine",
        ],
    ),
    "endless role": (
        ROLE.format(name="mine") + "source_profile = other\n" + ROLE.format(name="other") + "source_profile = mine\n",
        ["cannot be used (", "Infinite loop"],
    ),
    "half a key": (
        "[profile mine]\nregion = eu-west-1\naws_access_key_id = AKID\n",
        ["No AWS credentials from the config file of profile mine", "is missing", "run aws configure --profile mine"],
    ),
    "no profile": ("[profile other]\n", ["AWS profile 'mine' not found (from AWS_PROFILE)"]),
}


@pytest.mark.parametrize(("config", "words"), NO_CREDENTIALS.values(), ids=NO_CREDENTIALS)
def test_source_of_missing_credentials_is_named(config: str, words: list[str], environ: dict[str, str]) -> None:
    variables = variables_of(environ, config, AWS_PROFILE="mine")
    ended = run(variables, "my-env", "-c", "dags list")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (3, "", 2)
    for word in words:
        assert word in ended.stderr
    ended = run(variables, "doctor", "my-env")
    assert (ended.returncode, ended.stderr) == (3, "")


@pytest.mark.parametrize(
    "token", ["[]", "{", '{"accessToken": "t", "expiresAt": "never"}', '{"accessToken": 1, "expiresAt": 5}', "\udcff"]
)
def test_odd_sso_cache_names_the_login(token: str, environ: dict[str, str]) -> None:
    variables = variables_of(environ, SSO, AWS_PROFILE="team")
    cache = Path(environ["HOME"]) / ".aws" / "sso" / "cache" / f"{sha1(b'corp').hexdigest()}.json"
    cache.parent.mkdir(parents=True)
    cache.write_bytes(token.encode("utf-8", "surrogateescape"))
    ended = run(variables, "my-env", "-c", "dags list")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (3, "", 2)
    assert "aws sso login --profile team" in ended.stderr


CONTAINER_RESPONSES = {
    "a list": response(200, []),
    "no JSON": response(200, b"<html>"),
    "no key": response(200, {"Token": "t"}),
    "null key": response(
        200, {"AccessKeyId": None, "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
    ),
    "expired": response(200, {"AccessKeyId": "AKID", "SecretAccessKey": "s", "Token": "t", "Expiration": PAST}),
    "refused": response(403, {"code": "AccessDenied", "message": "no"}),
}


@pytest.mark.parametrize("answer", CONTAINER_RESPONSES.values(), ids=CONTAINER_RESPONSES)
def test_odd_container_role_is_named(
    answer: bytes, environ: dict[str, str], double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ContainerMetadataFetcher, "SLEEP_TIME", 0)  # seconds between its attempts
    double.aws.behave = lambda request: answer
    url = f"http://127.0.0.1:{double.aws.port}/role"
    variables = variables_of(environ, "", AWS_CONTAINER_CREDENTIALS_FULL_URI=url, AWS_DEFAULT_REGION="eu-west-1")
    ended = run(variables, "my-env", "-c", "dags list")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (3, "", 2)
    assert "aws sts get-caller-identity" in ended.stderr
    assert "this container" in ended.stderr


# -- the profile that boto3 uses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "options", "named"),
    [
        ({"AWS_PROFILE": "one"}, [], "profile one"),
        ({"AWS_DEFAULT_PROFILE": "two"}, [], "profile two"),
        ({"AWS_PROFILE": "one", "AWS_DEFAULT_PROFILE": "two"}, [], "profile two"),
        ({"AWS_PROFILE": "one", "AWS_DEFAULT_PROFILE": "two"}, ["--profile", "three"], "profile three"),
        ({}, [], "the default profile"),
    ],
)
def test_profile_of_boto3_is_named(
    variables: dict[str, str], options: list[str], named: str, environ: dict[str, str]
) -> None:
    config = "".join(process("/bin/false", name) for name in ("one", "two", "three"))
    config += "[default]\nregion = eu-west-1\ncredential_process = /bin/false\n"
    ended = run(variables_of(environ, config, **variables), "my-env", *options, "-c", "dags list")
    assert ended.returncode == 3
    assert f"credential_process of {named} (" in ended.stderr
    command = "aws sts get-caller-identity" + (f" --{named}" if named.startswith("profile") else ",")
    assert command in ended.stderr


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_profile_of_variables_goes_before_config_file(variable: str, environ: dict[str, str]) -> None:
    file = Path(environ["XDG_CONFIG_HOME"]) / "mwaa-shell" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('profile = "one"\n')
    config = process("/bin/false", "one") + process("/bin/false", "two")
    ended = run(variables_of(environ, config, **{variable: "two"}), "my-env", "-c", "dags list")
    assert ended.returncode == 3
    assert "credential_process of profile two (" in ended.stderr


def test_web_identity_in_variables_is_named(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x")  # shorter than any
    more = {
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/etl",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
    }
    variables = variables_of(environ, "", AWS_DEFAULT_REGION="eu-west-1", **more)
    ended = run(variables, "my-env", "-c", "dags list")
    assert ended.returncode == 3
    assert "No AWS credentials from AWS_WEB_IDENTITY_TOKEN_FILE (" in ended.stderr
    assert "hint: Run aws sts get-caller-identity" in ended.stderr


@pytest.mark.parametrize(
    ("config", "more"),
    [
        ("[default\n", {}),
        ("[default]\nregion\n", {}),
        ("\ufeff\x00", {}),
        ("[default]\nregion = eu-west-1\nmax_attempts = many\n", {}),
        ("[default]\nregion = eu-west-1\n", {"AWS_METADATA_SERVICE_TIMEOUT": "soon"}),
        ("[default]\nregion = eu-west-1\n", {"AWS_ENDPOINT_URL_MWAA": "nonsense"}),
    ],
)
def test_odd_settings_are_a_sentence(config: str, more: dict[str, str], environ: dict[str, str]) -> None:
    keys = {name: environ[name] for name in KEYS[:2]}
    ended = run(variables_of(environ, config, **keys | more), "my-env", "-c", "dags list")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (3, "", 2)
    assert "mwaa-shell: error: The AWS settings cannot be used (" in ended.stderr


def test_refused_role_names_who_asked(environ: dict[str, str], double: Double) -> None:
    denied = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"
    double.aws.behave = lambda request: response(403, denied, {"Content-Type": "text/xml"})
    config = ROLE.format(name="mine") + "source_profile = base\n"
    config += "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = x\n"
    more = {"AWS_PROFILE": "mine", "AWS_ENDPOINT_URL_STS": f"http://127.0.0.1:{double.aws.port}"}
    ended = run(variables_of(environ, config, **more), "my-env", "-c", "dags list")
    assert ended.returncode == 3
    assert "AWS gives no credentials to profile mine (AssumeRole: AccessDenied). Nothing was sent." in ended.stderr
    assert "hint: Run aws sts get-caller-identity --profile base" in ended.stderr


def test_keys_that_aws_lets_expire_name_the_process(environ: dict[str, str], double: Double) -> None:
    double.aws.behave = lambda request: refusal(403, "ExpiredTokenException", "over")
    config = process(printing(json.dumps(GOOD | {"Expiration": in_an_hour()})))
    ended = run(variables_of(environ, config, AWS_PROFILE="mine"), "my-env", "-c", "dags list")
    assert ended.returncode == 3
    assert "The AWS credentials from the credential_process of profile mine have expired" in ended.stderr


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
