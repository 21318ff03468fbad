"""Held here: a script sends the very text of the line to the right place, and says what came back; no network.

In place of the AWS CLI and curl stand functions of bash that answer with what they were given.
"""

from __future__ import annotations

import ast
import base64
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.command_line import parse, quote
from mwaa_shell.airflow.secrets.redaction import fill, find_masks, secrets_in
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import UsageError
from mwaa_shell.export import KINDS, ScriptTarget, script
from tests.export.asked import run_asked

V1, V2, V3 = Version(1, 10, 12), Version(2, 10, 3), Version(3, 3, 1)
HERE = ScriptTarget("my-env", "eu-west-1", "prod", V2)
SHELLS = ("curl", "bash")
#: The standard output of the response is what was to be sent, its standard error all arguments with the header's file.
STAND_INS = r"""
aws() { printf '%s ' "$@" > "$ASKED"; printf '{"CliToken": "t0ken", "WebServerHostname": "web.example"}'; }
curl() {
  local body= said= ending=
  while [[ $# -gt 0 ]]; do
    case $1 in
      --data-raw) body=$2 ;;
      --data-binary) body=$(cat "${2#@}"; printf .); body=${body%.} ;;
      --write-out) printf -v ending "${2//%\{http_code\}/$STATUS}" ;;
    esac
    [[ $1 == @* ]] && said+=$(cat "${1#@}") || said+="$1 "
    shift
  done
  printf "${RESPONSE_FORMAT:-%s}" "{\"stdout\": \"$(printf '%s' "$body" | base64 -w0)\",
    \"stderr\": \"$(printf '%s' "$said" | base64 -w0)\"}"
  printf '%s' "$ending"
}
"""
needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "jq", "base64"))), reason="bash, jq or base64 is missing"
)


def run(text: str, asked: Path, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run a shell script with the stand-ins before it."""
    path = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"
    return subprocess.run(
        ["bash", "-c", STAND_INS + text],
        env={"PATH": path, "ASKED": str(asked), "STATUS": "200"} | environ,
        capture_output=True,
        timeout=60,
        check=False,
    )


@needs_tools
@pytest.mark.parametrize("kind", SHELLS)
def test_the_command_goes_out_and_its_output_comes_back(kind: str, tmp_path: Path) -> None:
    ended = run(script(kind, "airflow dags list -o json", HERE), tmp_path / "asked")
    assert (ended.returncode, ended.stdout) == (0, b"dags list -o json")
    said = ended.stderr.decode()
    assert "--request POST https://web.example/aws_mwaa/cli " in said
    assert "Authorization: Bearer t0ken" in said
    assert "Content-Type: text/plain" in said
    assert "--cacert" not in said
    asked = (tmp_path / "asked").read_text()
    assert asked == "mwaa create-cli-token --name my-env --region eu-west-1 --profile prod --output json "


@needs_tools
@pytest.mark.parametrize("kind", SHELLS)
def test_a_bundle_is_trusted_where_one_is_named(kind: str, tmp_path: Path) -> None:
    ended = run(script(kind, "version", HERE), tmp_path / "asked", AWS_CA_BUNDLE="/a b/ca.pem")
    assert b"--cacert /a b/ca.pem" in ended.stderr


@needs_tools
@pytest.mark.parametrize("kind", SHELLS)
def test_an_answer_that_is_no_output_is_told(kind: str, tmp_path: Path) -> None:
    text = script(kind, "version", HERE)
    forbidden = run(text, tmp_path / "asked", STATUS="403", RESPONSE_FORMAT='{"message": "Forbidden"}')
    assert forbidden.returncode != 0
    assert forbidden.stdout == b""
    assert b"HTTP 403" in forbidden.stderr
    assert b"Forbidden" in forbidden.stderr
    page = run(text, tmp_path / "asked", STATUS="504", RESPONSE_FORMAT="<html>Gateway</html>")
    assert (page.returncode != 0, page.stdout) == (True, b"")


@needs_tools
@pytest.mark.parametrize("kind", SHELLS)
def test_a_refused_command_shows_its_output_and_fails(kind: str, tmp_path: Path) -> None:
    ended = run(script(kind, "dags lst", HERE), tmp_path / "asked", STATUS="400")
    assert (ended.returncode, ended.stdout) == (1, b"dags lst")


@pytest.mark.parametrize(("version", "path"), [(V1, "/aws_mwaa/cli"), (V2, "/aws_mwaa/cli"), (V3, "/aws_mwaa/cli/")])
@pytest.mark.parametrize("kind", SHELLS)
def test_each_airflow_has_its_path(kind: str, version: Version, path: str) -> None:
    text = script(kind, "version", ScriptTarget("e", "r", None, version))
    assert f'{path}" ' in text
    assert "--location" not in text
    assert "--profile" not in text


@pytest.mark.parametrize("kind", SHELLS)
def test_where_the_version_is_unknown_a_redirect_is_followed_over_https(kind: str) -> None:
    text = script(kind, "version", ScriptTarget("e", "r"))
    assert '/aws_mwaa/cli" ' in text
    assert "--location --proto-redir '=https'" in text


def test_the_call_for_the_token() -> None:
    assert script("aws", "version", HERE) == (
        "aws mwaa create-cli-token --name my-env --region eu-west-1 --profile prod\n"
    )
    assert "'a b'" in script("aws", "version", ScriptTarget("x", "r", "a b"))


def test_the_form_to_paste_has_no_comment() -> None:
    """Not every shell takes one at its prompt; and there is nothing that an interactive bash expands."""
    text = script("curl", "version", HERE)
    assert "#" not in text
    assert "!" not in text
    assert text.count("\n\n") == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "Airflow command"),
        ("# dags list", "Airflow command"),
        (".info", "Airflow command"),
        ("dags list | jq .", "cannot contain |"),
        ("dags list > file", "cannot contain >"),
        ("dags trigger 'x", "is not closed"),
        (f"variables set x a{MASK}", "is left at column 18"),
        ("variables set x '\ud800'", "a script cannot contain"),
        ("variables set x '\0'", "character"),
    ],
)
def test_lines_of_which_there_is_no_script(kind: str, line: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        script(kind, line, HERE)


def test_a_kind_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match="Unknown kind of script"):
        script("perl", "version", HERE)


# -- quoting -----------------------------------------------------------------------------------------------------------

ARGUMENT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
ARGUMENTS = st.lists(ARGUMENT, min_size=1, max_size=3)
#: For what starts programs with each example.
MANY_ARGUMENTS = st.lists(ARGUMENT, min_size=3, max_size=9)
HARD = [
    "'",
    '"',
    "\\",
    "$(touch x)",
    "`x`",
    "!!",
    "@command@",
    "%s",
    "-d @/etc/hosts",
    "a\nb",
    "é漢🎉",
    "{}",
    "'\"'\"'",
    "*",
]


def line_of(arguments: list[str]) -> str:
    return "variables set " + " ".join(map(quote, arguments))


def sent_by_python(text: str) -> str:
    """What the Python script assigns to its COMMAND."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COMMAND":
            return str(ast.literal_eval(node.value))
    raise AssertionError(text)


@needs_tools
@pytest.mark.parametrize("kind", SHELLS)
def test_hard_arguments_arrive(kind: str, tmp_path: Path) -> None:
    line = line_of(HARD)
    ended = run(script(kind, line, HERE), tmp_path / "asked")
    assert ended.stdout.decode() == line
    assert sent_by_python(script("python", line, HERE)) == line


@needs_tools
@settings(max_examples=10, deadline=None)
@given(MANY_ARGUMENTS)
def test_any_argument_arrives(arguments: list[str]) -> None:
    line = line_of(arguments)
    if find_masks(line) or parse(line).problem or secrets_in(line):  # a secret is asked for
        return
    for kind in SHELLS:
        ended = run(script(kind, line, HERE), Path("/dev/null"))
        assert ended.stdout.decode() == line


@example(["PROXY", "0"], "0", "")
@given(ARGUMENTS, st.text(min_size=1), st.text())
def test_python_says_the_same(arguments: list[str], name: str, profile: str) -> None:
    line = line_of(arguments)
    if find_masks(line) or parse(line).problem or secrets_in(line):  # a secret is asked for
        return
    text = script("python", line, ScriptTarget(name, "r", profile or None))
    assert sent_by_python(text) == line
    assert f"ENVIRONMENT = {name!r}\n" in text


# -- the Python script -------------------------------------------------------------------------------------------------


class Response:
    """What requests gives back."""

    def __init__(self, status: int, members: dict[str, str]) -> None:
        self.status_code = status
        self.text = str(members)
        self._members = members

    def json(self) -> dict[str, str]:
        return self._members


def run_python(
    text: str, responses: list[Response], monkeypatch: pytest.MonkeyPatch
) -> tuple[object, list[dict[str, Any]]]:
    """Run the script in this process; how it exits, and what it posted."""
    posted: list[dict[str, Any]] = []

    def post(url: str, **options: Any) -> Response:
        posted.append({"url": url, **options})
        return responses[len(posted) - 1]

    class Session:
        def __init__(self, **options: Any) -> None:
            posted_for.update(options)

        def client(self, name: str) -> Session:
            assert name == "mwaa"
            return self

        def create_cli_token(self, Name: str) -> dict[str, str]:  # noqa: N803
            return {"CliToken": f"token of {Name}", "WebServerHostname": "web.example"}

    posted_for: dict[str, Any] = {}
    monkeypatch.setitem(sys.modules, "boto3", types.SimpleNamespace(Session=Session))
    monkeypatch.setitem(sys.modules, "requests", types.SimpleNamespace(post=post))
    with pytest.raises(SystemExit) as ended:
        exec(compile(text, "script", "exec"), {})
    assert posted_for == {"profile_name": "prod", "region_name": "eu-west-1"}
    return ended.value.code, posted


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_python_posts_once_and_writes_both_streams(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    response = Response(200, {"stdout": encoded("öut\n"), "stderr": encoded("err\n")})
    code, posted = run_python(script("python", "variables get é", HERE), [response], monkeypatch)
    assert code == 0
    assert [(one["url"], one["data"]) for one in posted] == [
        ("https://web.example/aws_mwaa/cli", "variables get é".encode())
    ]
    assert posted[0]["headers"]["Authorization"] == "Bearer token of my-env"
    assert (posted[0]["verify"], posted[0]["allow_redirects"]) == (True, False)
    assert capfdbinary.readouterr() == ("öut\n".encode(), b"err\n")


def test_python_trusts_the_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    response = Response(400, {"stdout": "", "stderr": ""})
    for value, verify in (("/a b/ca.pem", "/a b/ca.pem"), ("", True)):
        monkeypatch.setenv("AWS_CA_BUNDLE", value)
        code, posted = run_python(script("python", "version", HERE), [response], monkeypatch)
        assert (code, posted[0]["verify"]) == (1, verify)


def test_python_tells_what_is_no_output(monkeypatch: pytest.MonkeyPatch) -> None:
    code, _ = run_python(script("python", "version", HERE), [Response(403, {"message": "Forbidden"})], monkeypatch)
    assert code == "HTTP 403: {'message': 'Forbidden'}"


def test_python_tries_both_paths_where_the_version_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    responses = [Response(307, {}), Response(200, {"stdout": "", "stderr": ""})]
    target = ScriptTarget("my-env", "eu-west-1", "prod")
    code, posted = run_python(script("python", "version", target), responses, monkeypatch)
    assert (code, [one["url"].removeprefix("https://web.example") for one in posted]) == (
        0,
        ["/aws_mwaa/cli", "/aws_mwaa/cli/"],
    )


# -- secrets -----------------------------------------------------------------------------------------------------------

SECRETS = ("""a'b"c\\d $HOME `x` é漢 %41%""", "!!", "-x", " two  words ", "***")
ASKING = (
    "connections add x --conn-password ***",
    "airflow connections add x --conn-password='***' --conn-host h",
    """variables set conf '{"token": "***", "url": "pg://u:***@h/d", "secrets": ***, "n": 1}' -j""",
    """variables set api_key "***" -j""",
)


def wanted(line: str, answers: list[str]) -> list[str]:
    """The arguments that have to arrive."""
    return list(parse(fill(line, answers)).values)


def uri_as_meant(value: str) -> str:
    """Some versions of jq leave a few signs of a URI that others escape."""
    return value.replace("%21", "!").replace("%2A", "*").replace("%27", "'")


@needs_tools
@pytest.mark.parametrize("kind", SHELLS)
@pytest.mark.parametrize("line", ASKING)
@pytest.mark.parametrize("first", [0, 3])
def test_a_shell_asks_for_secrets_unseen(kind: str, line: str, first: int, tmp_path: Path) -> None:
    answers = [SECRETS[(first + more) % len(SECRETS)] for more in range(len(secrets_in(line)))]
    text = script(kind, line, HERE)
    path = {"PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin", "HOME": "/nowhere", "LC_ALL": "C.UTF-8"}
    environ = {**path, "ASKED": str(tmp_path / "asked"), "STATUS": "200"}
    stand_ins = STAND_INS.replace('"${2#@}"', '"$([[ $2 == @- ]] && echo /dev/stdin || echo "${2#@}")"')
    ended, screen = run_asked(["bash", "-c", stand_ins + text], answers, environ)
    assert ended.returncode == 0, ended.stderr
    came = [uri_as_meant(value) for value in parse(ended.stdout.decode()).values]
    assert came == [uri_as_meant(value) for value in wanted(line, answers)]
    names = [span.name for span in secrets_in(line)]
    assert screen.split() == " ".join(f"{name}:" for name in names).split(), "the prompts, and no letter of a secret"


@pytest.mark.parametrize("line", ASKING)
def test_python_asks_for_secrets_unseen(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for first in range(len(SECRETS)):
        answers = [SECRETS[(first + more) % len(SECRETS)] for more in range(len(secrets_in(line)))]
        asked: list[str] = []

        def getpass(prompt: str, asked: list[str] = asked, answers: list[str] = answers) -> str:
            asked.append(prompt)
            return answers[len(asked) - 1]

        monkeypatch.setattr("getpass.getpass", getpass)
        response = Response(200, {"stdout": "", "stderr": ""})
        _, posted = run_python(script("python", line, HERE), [response], monkeypatch)
        assert list(parse(posted[0]["data"].decode()).values) == wanted(line, answers)
        assert asked == [f"{span.name}: " for span in secrets_in(line)]


@needs_tools
@pytest.mark.parametrize("kind", SHELLS)
def test_nothing_is_sent_where_nobody_can_be_asked(kind: str, tmp_path: Path) -> None:
    text = script(kind, ASKING[0], HERE)
    ended = subprocess.run(
        ["bash", "-c", STAND_INS + text],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin", "ASKED": str(tmp_path / "asked")},
        capture_output=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    assert ended.returncode != 0
    assert (ended.stdout, (tmp_path / "asked").exists()) == (b"", False)


@pytest.mark.parametrize("kind", KINDS)
def test_no_script_holds_a_secret(kind: str) -> None:
    line = (
        """connections add x --conn-password hunter2 --conn-extra '{"token": "hunter3"}' --conn-host pg://a:hunter4@h"""
    )
    assert "hunter" not in script(kind, line, HERE)
    assert "4711" not in script(kind, "variables set pin 4711", HERE, patterns=("pin",))
    if kind != "aws":
        assert "4711" in script(kind, "variables set pin 4711", HERE)


def test_the_form_that_asks_is_pasted_too() -> None:
    text = script("curl", ASKING[2], HERE)
    assert "#" not in text
    assert "!" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_comments_of_a_script_fit_a_screen(kind: str) -> None:
    text = script(kind, "version", ScriptTarget("my-env", "eu-west-1"))
    docstring = text.split('"""')[1].split("\n") if kind == "python" else []
    comments = [line for line in text.split("\n") if line.lstrip().startswith("#")]
    assert all(len(line) < 80 for line in (*comments, *docstring))
