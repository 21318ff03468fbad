"""``-c``, ``-f`` and standard input, in the program itself against a double: bytes, streams and exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.double import Double, Request, command_reply, refusal, reply
from tests.terminal.emulator import Terminal

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def environ(double: Double, environ: dict[str, str]) -> dict[str, str]:
    double.version = "9.9.9"  # no command tree: any word is sent
    return environ | {"MWAA_ENVIRONMENT": "my-env"}


@pytest.fixture
def run(program: list[str], environ: dict[str, str]) -> Run:
    def start(*arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        command = [*program, *arguments]
        return subprocess.run(command, env=environ, capture_output=True, timeout=60, check=False, input=stdin or b"")

    return start


def test_stdout_is_the_decoded_bytes_and_nothing_else(double: Double, run: Run) -> None:
    data = bytes(range(256)) * 50 + b"no newline at the end"
    double.web.behave = lambda request: command_reply(data, b"warned\n")
    ended = run("-c", "dags list")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, data, b"warned\n")


def test_several_commands_share_connections_but_no_token(double: Double, run: Run) -> None:
    assert run("-c", "one", "-c", "two").stdout == b"done\ndone\n"
    assert double.commands == ["one", "two"]
    assert len({request.headers["authorization"] for request in double.web.seen}) == 2
    assert {request.connection for request in double.web.seen} == {1}


def test_files_and_commands_run_in_the_order_given(double: Double, run: Run, tmp_path: Path) -> None:
    script = tmp_path / "runbook"
    script.write_text("# first\n\ntwo \\\n  words\n.envs\n")
    assert run("-c", "one", "-f", str(script), "-c", "three\nfour").stdout == b"done\ndone\n* my-env\ndone\ndone\n"
    assert double.commands == ["one", "two     words", "three", "four"]


def test_standard_input_is_run_line_by_line(double: Double, run: Run) -> None:
    assert run(stdin=b"one\n# no\n\ntwo").stdout == b"done\ndone\n"
    assert double.commands == ["one", "two"]


def test_an_explicit_command_beats_standard_input(double: Double, run: Run) -> None:
    run("-c", "one", stdin=b"two\n")
    assert double.commands == ["one"]


def fail_on(word: str) -> Callable[[Request], bytes]:
    def behave(request: Request) -> bytes:
        if request.body.decode() == word:
            return command_reply(b"", b"Variable x does not exist\n")
        return command_reply(b"done\n")

    return behave


def test_the_first_failure_ends_the_run(double: Double, run: Run) -> None:
    double.web.behave = fail_on("two")
    ended = run("-c", "one", "-c", "two", "-c", "three")
    assert (ended.returncode, ended.stdout) == (1, b"done\n")
    assert ended.stderr == b"Variable x does not exist\nmwaa-shell: failed: Variable x does not exist\n"
    assert double.commands == ["one", "two"]


def test_keep_going_ends_with_the_first_failure(double: Double, run: Run) -> None:
    double.web.behave = fail_on("two")
    ended = run("--keep-going", "-c", "one", "-c", "two", "-c", "three")
    assert (ended.returncode, ended.stdout) == (1, b"done\ndone\n")
    assert double.commands == ["one", "two", "three"]


def test_everything_is_validated_before_anything_is_sent(double: Double, run: Run) -> None:
    double.version = "2.10.3"
    ended = run("-c", "version", "-c", "dags triger x")
    assert (ended.returncode, double.commands) == (2, [])
    assert b"did you mean dags trigger?" in ended.stderr
    assert run("--no-validate", "-c", "dags triger x").returncode == 0
    assert run("-c", ".send dags triger x").returncode == 0
    assert double.commands == ["dags triger x"] * 2


def test_standard_input_is_validated_line_by_line(double: Double, run: Run) -> None:
    double.version = "2.10.3"
    assert run(stdin=b"version\ndags triger x\nversion\n").returncode == 2
    assert double.commands == ["version"]


def test_exit_ends_the_run(double: Double, run: Run) -> None:
    assert run("-c", "exit", "-c", "one").returncode == 0
    assert double.commands == []


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (reply(400, b"bad"), 1, b"HTTP 400"),
        (reply(403, {"message": "Forbidden"}), 3, b"HTTP 403"),
        (reply(503, b"<title>busy</title>"), 3, b"(busy)"),
        (reply(504, b"<title>504 Gateway Time-out</title>"), 4, b"504 Gateway Time-out"),
        (reply(200, b""), 4, b"may have run"),
    ],
)
def test_exit_codes_of_replies(double: Double, run: Run, answer: bytes, code: int, words: bytes) -> None:
    double.web.behave = lambda request: answer
    ended = run("-c", "dags trigger x")
    assert (ended.returncode, ended.stdout, len(double.commands)) == (code, b"", 1)
    assert words in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_exit_code_of_a_denied_token(double: Double, run: Run) -> None:
    double.aws.behave = lambda request: refusal(403, "AccessDeniedException", "no")
    ended = run("-c", "version")
    assert ended.returncode == 3
    assert b"airflow:CreateCliToken" in ended.stderr
    assert double.commands == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "x 'y"],
        ["--nope"],
        ["other", "-e", "third", "-c", "version"],
        ["my-env", "--local", "-c", "version"],
        ["--local", "9.9.9", "-c", "version"],
        ["--serve"],
        ["-f", "/does/not/exist"],
        ["--timeout", "0", "-c", "version"],
        ["--airflow-version", "new", "-c", "version"],
    ],
)
def test_usage_errors(double: Double, run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.startswith(b"mwaa-shell: ")
    assert ended.stderr.count(b"\n") == 1
    assert double.commands == []


def test_an_environment_may_have_any_name(double: Double, run: Run) -> None:
    double.names = ("c",)
    assert run("-e", "c", "-c", "version").returncode == 0


def test_a_name_that_does_not_exist(run: Run) -> None:
    ended = run("nope", "-c", "version")
    assert (ended.returncode, ended.stderr) == (3, b"mwaa-shell: There is no environment nope in eu-west-1\n")


def test_no_credentials(run: Run, environ: dict[str, str]) -> None:
    del environ["AWS_ACCESS_KEY_ID"]
    ended = run("-c", "version")
    assert ended.returncode == 3
    assert b"No usable AWS credentials" in ended.stderr


def test_no_environment_and_several_of_them(double: Double, run: Run, environ: dict[str, str]) -> None:
    del environ["MWAA_ENVIRONMENT"]
    double.names = ("a", "b", "c")
    ended = run("-c", "version")
    assert (ended.returncode, b"a, b, c" in ended.stderr) == (2, True)


@pytest.mark.parametrize("how", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "--ca-bundle"])
def test_one_bundle_holds_for_both_sides(how: str, program: list[str], environ: dict[str, str], tmp_path: Path) -> None:
    both = Double(aws_over_tls=True)
    authority = tmp_path / "both.pem"
    both.authority.cert_pem.write_to_path(str(authority))
    del environ["AWS_CA_BUNDLE"]
    environ["AWS_ENDPOINT_URL_MWAA"] = f"https://127.0.0.1:{both.aws.port}"
    arguments = [*program, "-c", "version"]
    refused = subprocess.run(arguments, env=environ, capture_output=True, timeout=60, check=False)
    assert (refused.returncode, both.commands) == (3, [])
    if how.startswith("--"):
        arguments += [how, str(authority)]
    else:
        environ[how] = str(authority)
    ended = subprocess.run(arguments, env=environ, capture_output=True, timeout=60, check=False)
    both.close()
    assert (ended.returncode, ended.stdout, both.commands) == (0, b"done\n", ["version"])


def test_data_of_a_noisy_reply(double: Double, run: Run) -> None:
    noise = b"2026-01-01T00:00:00.1Z [info     ] x [airflow]\n"
    double.web.behave = lambda request: command_reply(noise + b'[{"dag_id": "a"}]\n')
    ended = run("--data", "-c", "dags list -o json")
    assert (ended.stdout, ended.stderr) == (b'[{"dag_id": "a"}]\n', noise)


def test_pipes_and_redirects(double: Double, run: Run, tmp_path: Path) -> None:
    double.web.behave = lambda request: command_reply(b"b\na\n", b"warned\n")
    piped = run("-c", "dags list | sort")
    assert (piped.returncode, piped.stdout, piped.stderr) == (0, b"a\nb\n", b"warned\n")
    assert run("-c", f"dags list > {tmp_path}/x", "-c", f"dags list >> '{tmp_path}/x'").stdout == b""
    assert (tmp_path / "x").read_bytes() == b"b\na\nb\na\n"
    assert double.commands == ["dags list"] * 3


def test_a_local_command_that_fails(run: Run) -> None:
    ended = run("-c", "version | exit 7")
    assert ended.returncode == 1
    assert ended.stderr == b"mwaa-shell: failed: The command ran; exit ended with exit code 7\n"


def test_what_is_no_text_is_refused(double: Double, program: list[str], environ: dict[str, str], run: Run) -> None:
    given = subprocess.run([*program, "-c", b"dags \xff"], env=environ, capture_output=True, timeout=60, check=False)
    for ended in (given, run(stdin=b"dags \xff\n")):
        assert (ended.returncode, b"no UTF-8 text" in ended.stderr) == (2, True)
    assert double.commands == []


def test_json_may_spread_over_lines(double: Double, run: Run) -> None:
    assert run("-c", "dags trigger x -c '{\n}'\nversion").returncode == 0
    assert double.commands == ["dags trigger x -c '{\n}'", "version"]


def test_closed_and_full_streams(program: list[str], environ: dict[str, str]) -> None:
    for redirect in (">&-", "<&-", "2>&-", "> /dev/full"):
        command = f"{' '.join(program)} -c version {redirect}"
        ended = subprocess.run(command, shell=True, env=environ, capture_output=True, timeout=60, check=False)
        assert b"Traceback" not in ended.stderr, redirect
        assert ended.returncode == (1 if "full" in redirect else 0), redirect


def test_an_empty_name_is_refused(double: Double, run: Run) -> None:
    assert [run("", "-c", "x").returncode, run("-e", "", "-c", "x").returncode] == [2, 2]
    assert double.commands == []


def test_an_environment_may_be_opened_by_the_first_line(double: Double, run: Run, environ: dict[str, str]) -> None:
    del environ["MWAA_ENVIRONMENT"]
    double.names = ("a", "b")
    assert run("-c", ".help", "-c", ".use b", "-c", "version").returncode == 0
    assert double.aws.seen[-1].path == "/clitoken/b"


def test_info_is_asked_anew_and_a_denial_is_said(double: Double, run: Run) -> None:
    run("-c", ".info", "-c", ".info")
    assert [request.path for request in double.aws.seen] == ["/environments/my-env"] * 2
    double.aws.behave = lambda request: refusal(403, "AccessDeniedException", "no")
    ended = run("-c", ".info")
    assert (ended.returncode, b"airflow:GetEnvironment" in ended.stderr) == (3, True)


def test_color_only_when_asked_for(double: Double, run: Run) -> None:
    assert b"\x1b" not in run("-c", "version", "--color", "auto").stdout


def test_a_reader_that_leaves_early(double: Double, program: list[str], environ: dict[str, str]) -> None:
    double.web.behave = lambda request: command_reply(b"line\n" * 500_000)
    command = f"{' '.join(program)} -c 'dags list' | head -n 1"
    ended = subprocess.run(command, shell=True, env=environ, capture_output=True, timeout=60, check=False)
    assert (ended.stdout, ended.stderr) == (b"line\n", b"")


def test_an_interrupt_is_130_and_says_what_may_be(double: Double, program: list[str], environ: dict[str, str]) -> None:
    double.web.behave = lambda request: command_reply() if request.socket.recv(1) else None
    with subprocess.Popen([*program, "-c", "dags list", "-c", "version"], env=environ, stderr=subprocess.PIPE) as child:
        assert double.web.arrived.acquire(timeout=30)
        child.send_signal(signal.SIGINT)
        assert child.stderr is not None
        said = child.stderr.read()
    assert (child.returncode, double.commands) == (130, ["dags list"])
    assert b"may still be running on my-env" in said
    assert b"Traceback" not in said


def test_a_token_is_printed_for_other_programs(double: Double, environ: dict[str, str], program: list[str]) -> None:
    ended = subprocess.run([*program, "my-env", "--print-token"], env=environ, capture_output=True, check=True)
    assert json.loads(ended.stdout) == {"CliToken": "token-1", "WebServerHostname": double.host}
    assert double.commands == []


def test_a_token_does_not_go_to_a_screen(double: Double, environ: dict[str, str], program: list[str]) -> None:
    with Terminal([*program, "my-env", "--print-token"], environ) as terminal:
        terminal.wait_for("a token does not belong on a screen")
        assert terminal.wait_exit() == 2
    assert double.tokens == []


def test_what_scripts_send_is_in_the_history(
    double: Double, environ: dict[str, str], program: list[str], tmp_path: Path
) -> None:
    (tmp_path / "book").write_text("version\n")
    run = [*program, "my-env", "-c", "dags list", "-f", str(tmp_path / "book")]
    subprocess.run([*run, "-c", "variables set api_key geheim"], env=environ, capture_output=True, check=True)
    ended = subprocess.run([*program, "my-env", "-c", ".history --json"], env=environ, capture_output=True, check=True)
    rows = json.loads(ended.stdout)
    assert [(row["line"], row["origin"], row["outcome"]) for row in rows] == [
        ("dags list", "-c", "ok"),
        ("version", "file", "ok"),
        ("variables set api_key ***", "-c", "ok"),
    ]
    assert double.commands == ["dags list", "version", "variables set api_key geheim"]


@pytest.mark.parametrize("line", ["variables set api_key '***'", ".redo 1"])
def test_a_mask_is_never_sent(double: Double, environ: dict[str, str], program: list[str], line: str) -> None:
    subprocess.run([*program, "my-env", "-c", "variables set api_key geheim"], env=environ, check=True)
    ended = subprocess.run([*program, "my-env", "-c", line], env=environ, capture_output=True, check=False)
    assert ended.returncode in (2, 5)
    assert b"nothing was sent" in ended.stderr
    assert double.commands == ["variables set api_key geheim"]


def test_a_command_as_a_script(double: Double, environ: dict[str, str], program: list[str]) -> None:
    for line in (".script 'dags list' bash", ".script dags list bash"):
        ended = subprocess.run([*program, "my-env", "-c", line], env=environ, capture_output=True, check=True)
        assert b"dags list" in ended.stdout
        assert b"create-cli-token" in ended.stdout
    assert double.tokens == []


def test_a_history_that_cannot_be_written_stops_nobody(
    double: Double, environ: dict[str, str], program: list[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    elsewhere = environ | {"XDG_DATA_HOME": str(tmp_path / "file" / "below")}
    run = [*program, "my-env", "-c", "version", "-c", "version"]
    ended = subprocess.run(run, env=elsewhere, capture_output=True, check=True)
    assert ended.stdout == b"done\ndone\n"
    assert ended.stderr.count(b"mwaa-shell: ") == 1


def test_what_is_sent_is_logged_without_secrets(
    double: Double, environ: dict[str, str], program: list[str], tmp_path: Path
) -> None:
    log = tmp_path / "audit.jsonl"
    run = [*program, "my-env", "--log-file", str(log), "-c", "version", "-c", "variables set api_key geheim"]
    for _ in range(2):
        subprocess.run(run, env=environ, capture_output=True, check=True)
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(row["environment"], row["line"], row["outcome"]) for row in rows[2:]] == [
        ("my-env", "version", "ok"),
        ("my-env", "variables set api_key ***", "ok"),
    ]
    assert log.stat().st_mode & 0o777 == 0o600
    assert b"token" not in log.read_bytes()


@pytest.mark.parametrize("how", [("--log-file", "no/such/folder/x"), ("-c", ".log no/such/folder/x")])
def test_a_log_that_cannot_be_written_is_said_first(
    double: Double, environ: dict[str, str], program: list[str], how: tuple[str, str]
) -> None:
    ended = subprocess.run([*program, "my-env", *how, "-c", "version"], env=environ, capture_output=True, check=False)
    assert ended.returncode == 2
    assert b"cannot be written" in ended.stderr
    assert double.commands == []


@pytest.mark.parametrize(
    "line",
    [
        "connections add x --conn-password geheim --bogus 1",
        "variables set db_password geheim --nope",
        "variables set db_password A geheim",
        """dags trigger x --conf '{"password": "geheim"'""",
        "connections add x --conn-uri 'http://u:geheim@h",
        ".save it 'variables set db_password geheim'",
        """.save it "variables set db_password 'geheim" """,
        ".source book",
        "connections -a --conn_id x --conn_uri http://u:geheim@h",
        "create_user -u x -p geheim",
        "variables -s db_password geheim",
    ],
)
def test_no_message_repeats_a_secret(
    double: Double, environ: dict[str, str], program: list[str], tmp_path: Path, line: str
) -> None:
    double.version = "2.10.3"
    (tmp_path / "book").write_text("variables set db_password geheim --nope\n")
    ended = subprocess.run(
        [*program, "my-env", "-c", line], env=environ, capture_output=True, check=False, cwd=tmp_path
    )
    assert ended.returncode in (2, 5)
    assert b"geheim" not in ended.stdout + ended.stderr
    assert double.commands == []


def test_a_value_of_several_lines_is_whole_in_the_history(
    double: Double, environ: dict[str, str], program: list[str]
) -> None:
    line = 'variables get "a\nb"'
    subprocess.run([*program, "my-env", "-c", line], env=environ, capture_output=True, check=True)
    ended = subprocess.run([*program, "my-env", "-c", ".history --json"], env=environ, capture_output=True, check=True)
    assert [row["line"] for row in json.loads(ended.stdout)] == [line]


def test_the_history_is_closed_at_the_end(environ: dict[str, str], program: list[str], tmp_path: Path) -> None:
    subprocess.run([*program, "my-env", "-c", "version"], env=environ, capture_output=True, check=True)
    assert [path.name for path in (tmp_path / ".local/share/mwaa-shell").iterdir()] == ["history.sqlite"]


def test_a_script_does_not_redo_what_changes_something(
    double: Double, environ: dict[str, str], program: list[str]
) -> None:
    subprocess.run([*program, "my-env", "-c", "dags pause x"], env=environ, capture_output=True, check=True)
    ended = subprocess.run([*program, "my-env", "-c", ".redo 1"], env=environ, capture_output=True, check=False)
    assert ended.returncode == 5
    assert double.commands == ["dags pause x"]
