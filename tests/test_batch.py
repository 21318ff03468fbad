"""``-c``, ``-f`` and standard input, in the program itself against a double: bytes, streams and exit codes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.double import Double, Request, command_response, never, refusal, response
from tests.programs import run_here
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def environ(double: Double, environ: dict[str, str]) -> dict[str, str]:
    double.version = "9.9.9"  # no command tree: any word is sent
    return environ | {"MWAA_ENVIRONMENT": "my-env"}


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """Runs the program in this process."""
    return lambda *arguments, stdin=b"": run_here(arguments, environ, stdin)


@pytest.fixture
def start(program: list[str], environ: dict[str, str], forks: Forks) -> Run:
    """Runs the program in a process of its own."""
    return lambda *arguments, stdin=b"": forks.run([*program, *arguments], environ, stdin)


def test_stdout_is_the_decoded_bytes_and_nothing_else(double: Double, start: Run) -> None:
    data = bytes(range(256)) * 50 + b"no newline at the end"
    double.web.behave = lambda request: command_response(data, b"warned\n")
    ended = start("-c", "dags list")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, data, b"warned\n")


def test_several_commands_share_connections_but_no_token(double: Double, run: Run) -> None:
    assert run("-c", "one", "-c", "two").stdout == b"done\ndone\n"
    assert double.commands == ["one", "two"]
    assert len({request.headers["authorization"] for request in double.web.seen}) == 2
    assert {request.connection for request in double.web.seen} == {1}


def test_a_minus_is_standard_input(double: Double, run: Run) -> None:
    ended = run("-c", "one", "-f", "-", "-c", "four", stdin=b"two  # a comment\nthree\n")
    assert ended.stdout == b"done\n" * 4
    assert double.commands == ["one", "two", "three", "four"]


def test_an_odd_character_is_named_with_file_line_and_column(double: Double, run: Run) -> None:
    ended = run("-f", "-", stdin="one\ntwo \u2013flag\n".encode())
    assert ended.returncode == 2
    assert "stdin:2: \u2013 is an en dash (U+2013) (column 5). Nothing was sent." in ended.stderr.decode()
    assert double.commands == []
    assert run("--no-validate", "-c", "two $NAME").returncode == 0
    assert double.commands == ["two $NAME"]


def test_the_linter_reads_standard_input_and_names_columns(run: Run) -> None:
    ended = run("--check", "--airflow-version", "2.10.3", "-f", "-", stdin=b"dags list # all\ndags trigger $DAG\n")
    assert ended.returncode == 2
    assert ended.stdout.startswith(b"stdin:2: $DAG would be sent as text")
    assert ended.stdout.endswith(b"(column 14). Put it in single quotes to send it so.\n")


def test_files_and_commands_run_in_the_order_given(double: Double, run: Run, tmp_path: Path) -> None:
    script = tmp_path / "runbook"
    script.write_text("# first\n\ntwo \\\n  words\n.envs\n")
    printed = run("-c", "one", "-f", str(script), "-c", "three\nfour").stdout
    assert re.fullmatch(rb"(done\n){2}(?!done).*my-env.*\n(done\n){2}", printed, re.DOTALL)
    assert double.commands == ["one", "two     words", "three", "four"]


def test_standard_input_is_run_line_by_line(double: Double, start: Run) -> None:
    assert start(stdin=b"one\n# no\n\ntwo").stdout == b"done\ndone\n"
    assert double.commands == ["one", "two"]


def test_an_explicit_command_beats_standard_input(double: Double, run: Run) -> None:
    run("-c", "one", stdin=b"two\n")
    assert double.commands == ["one"]


def fail_on(word: str) -> Callable[[Request], bytes]:
    def behave(request: Request) -> bytes:
        if request.body.decode() == word:
            return command_response(b"", b"Variable x does not exist\n")
        return command_response(b"done\n")

    return behave


def test_the_first_failure_ends_the_run(double: Double, start: Run) -> None:
    double.web.behave = fail_on("two")
    ended = start("-c", "one", "-c", "two", "-c", "three")
    assert (ended.returncode, ended.stdout) == (1, b"done\n")
    assert ended.stderr.decode().splitlines() == [
        "Variable x does not exist",
        "mwaa-shell: failed: Variable x does not exist",
        "mwaa-shell: Stopped. 1 more command did not run.",
    ]
    assert double.commands == ["one", "two"]


def test_failure_in_a_file_names_its_line(double: Double, run: Run) -> None:
    double.web.behave = fail_on("two")
    lines = b"one\n# no\ntwo\nthree\nfour\n"
    assert run("-f", "-", stdin=lines).stderr.endswith(
        b"\nmwaa-shell: Stopped at stdin:3. 2 more commands did not run.\n"
    )
    assert run(stdin=lines).stderr.endswith(b"\nmwaa-shell: Stopped at stdin:3.\n")
    assert run("--keep-going", stdin=lines).stderr.endswith(b"\nmwaa-shell: Failed at stdin:3.\n")
    assert run("-c", "two").stderr.endswith(b"mwaa-shell: failed: Variable x does not exist\n")


def test_terminal_shows_the_reason_of_a_failure_once(
    double: Double, program: list[str], environ: dict[str, str], forks: Forks
) -> None:
    double.web.behave = fail_on("two")
    with Terminal([*program, "-c", "two"], environ, begin=forks.begin) as terminal:
        terminal.wait_for("mwaa-shell: failed")
        assert terminal.wait_exit() == 1
        assert terminal.text.count("Variable x does not exist") == 1


def test_keep_going_ends_with_the_first_failure(double: Double, run: Run) -> None:
    double.web.behave = fail_on("two")
    ended = run("--keep-going", "-c", "one", "-c", "two", "-c", "three")
    assert (ended.returncode, ended.stdout) == (1, b"done\ndone\n")
    assert double.commands == ["one", "two", "three"]


def test_everything_is_validated_before_anything_is_sent(double: Double, run: Run) -> None:
    double.version = "2.10.3"
    ended = run("-c", "version", "-c", "dags triger x")
    assert (ended.returncode, double.commands) == (2, [])
    assert b"Did you mean 'dags trigger'?" in ended.stderr
    assert run("--no-validate", "-c", "dags triger x").returncode == 0
    assert run("-c", ".send dags triger x").returncode == 0
    assert double.commands == ["dags triger x"] * 2


def test_standard_input_is_validated_line_by_line(double: Double, run: Run) -> None:
    double.version = "2.10.3"
    assert run(stdin=b"version\ndags triger x\nversion\n").returncode == 2
    assert double.commands == ["version"]


@pytest.mark.parametrize(("line", "notes"), [("dags list", 1), ("dags list -o yaml", 0), ("version", 0)])
def test_data_says_that_json_was_not_asked_for(double: Double, run: Run, line: str, notes: int) -> None:
    double.version = "2.10.3"
    double.web.behave = lambda request: command_response(b"- dag_id: daily\n")
    ended = run("--data", "-c", line)
    assert ended.returncode == 0
    assert ended.stderr.count(b"--data changed nothing. Add -o json to dags list.") == notes


def test_exit_ends_the_run(double: Double, run: Run) -> None:
    assert run("-c", "exit", "-c", "one").returncode == 0
    assert double.commands == []


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (response(400, b"bad"), 1, b"HTTP 400"),
        (response(403, {"message": "Forbidden"}), 3, b"HTTP 403"),
        (response(503, b"<title>busy</title>"), 3, b"is busy or not ready (HTTP 503). Nothing ran."),
        (response(504, b"<title>504 Gateway Time-out</title>"), 4, b"(HTTP 504). The command may still be running."),
        (response(200, b""), 4, b"may have run"),
    ],
)
def test_exit_codes_of_responses(double: Double, run: Run, answer: bytes, code: int, words: bytes) -> None:
    double.web.behave = lambda request: answer
    ended = run("-c", "dags trigger x")
    assert (ended.returncode, ended.stdout, len(double.commands)) == (code, b"", 1)
    assert words in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_exit_code_of_a_denied_token(double: Double, start: Run) -> None:
    double.aws.behave = lambda request: refusal(403, "AccessDeniedException", "no")
    ended = start("-c", "version")
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
    assert ended.stderr.count(b"\n") in (1, 2)  # the error, and a hint
    assert double.commands == []


def test_an_environment_may_have_any_name(double: Double, run: Run) -> None:
    double.names = ("c",)
    assert run("-e", "c", "-c", "version").returncode == 0


def test_a_name_that_does_not_exist(run: Run) -> None:
    ended = run("nope", "-c", "version")
    assert ended.returncode == 3
    assert ended.stderr.startswith(b"mwaa-shell: error: No environment 'nope' in eu-west-1.\nmwaa-shell: hint: List")


def test_no_credentials(run: Run, environ: dict[str, str]) -> None:
    del environ["AWS_ACCESS_KEY_ID"]
    ended = run("-c", "version")
    assert ended.returncode == 3
    assert b"No AWS credentials found" in ended.stderr


def test_several_environments_require_a_name(double: Double, run: Run, environ: dict[str, str]) -> None:
    del environ["MWAA_ENVIRONMENT"]
    double.names = ("a", "b", "c")
    ended = run("-c", "version")
    assert (ended.returncode, b"a, b, c" in ended.stderr) == (2, True)


@pytest.mark.parametrize("how", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "--ca-bundle"])
def test_one_bundle_holds_for_both_sides(how: str, run: Run, environ: dict[str, str], tmp_path: Path) -> None:
    both = Double(aws_over_tls=True)
    authority = tmp_path / "both.pem"
    both.authority.cert_pem.write_to_path(str(authority))
    del environ["AWS_CA_BUNDLE"]
    environ["AWS_ENDPOINT_URL_MWAA"] = f"https://127.0.0.1:{both.aws.port}"
    arguments = ["-c", "version"]
    refused = run(*arguments)
    assert (refused.returncode, both.commands) == (3, [])
    if how.startswith("--"):
        arguments += [how, str(authority)]
    else:
        environ[how] = str(authority)
    ended = run(*arguments)
    both.close()
    assert (ended.returncode, ended.stdout, both.commands) == (0, b"done\n", ["version"])


def test_data_of_a_noisy_response(double: Double, run: Run) -> None:
    noise = b"2026-01-01T00:00:00.1Z [info     ] x [airflow]\n"
    double.web.behave = lambda request: command_response(noise + b'[{"dag_id": "a"}]\n')
    ended = run("--data", "-c", "dags list -o json")
    assert (ended.stdout, ended.stderr) == (b'[{"dag_id": "a"}]\n', noise)


def test_pipes_and_redirects(double: Double, start: Run, tmp_path: Path) -> None:
    double.web.behave = lambda request: command_response(b"b\na\n", b"warned\n")
    piped = start("-c", "dags list | sort")
    assert (piped.returncode, piped.stdout, piped.stderr) == (0, b"a\nb\n", b"warned\n")
    assert start("-c", f"dags list > {tmp_path}/x", "-c", f"dags list >> '{tmp_path}/x'").stdout == b""
    assert (tmp_path / "x").read_bytes() == b"b\na\nb\na\n"
    assert double.commands == ["dags list"] * 3


def test_a_local_command_that_fails(start: Run) -> None:
    ended = start("-c", "version | exit 7")
    assert ended.returncode == 1
    assert ended.stderr == b"mwaa-shell: error: exit ended with exit code 7. The command ran.\n"


def test_what_is_no_text_is_refused(double: Double, start: Run) -> None:
    for ended in (start("-c", b"dags \xff"), start(stdin=b"dags \xff\n")):
        assert (ended.returncode, b"not UTF-8 text" in ended.stderr) == (2, True)
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


def test_color_only_when_asked_for(double: Double, start: Run) -> None:
    assert b"\x1b" not in start("-c", "version", "--color", "auto").stdout


def test_a_reader_that_leaves_early(double: Double, program: list[str], environ: dict[str, str]) -> None:
    double.web.behave = lambda request: command_response(b"line\n" * 500_000)
    command = f"{' '.join(program)} -c 'dags list' | head -n 1"
    ended = subprocess.run(command, shell=True, env=environ, capture_output=True, timeout=60, check=False)
    assert (ended.stdout, ended.stderr) == (b"line\n", b"")


def test_an_interrupt_is_130_and_says_what_may_be(
    double: Double, program: list[str], environ: dict[str, str], forks: Forks
) -> None:
    double.web.behave = lambda request: command_response() if request.socket.recv(1) else None
    with forks.popen([*program, "-c", "dags list", "-c", "version"], environ) as child:
        assert double.web.arrived.acquire(timeout=120)
        child.send_signal(signal.SIGINT)
        said = child.communicate()[1]
    assert (child.wait(), double.commands) == (130, ["dags list"])
    assert b"The command may still be running." in said
    assert b"Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "place"), [(["my-env"], "/environments/my-env"), (["--on", "all"], "/environments")]
)
@pytest.mark.parametrize("piped", [False, True])
def test_an_interrupt_before_sending_says_that_nothing_was_sent(
    double: Double,
    program: list[str],
    environ: dict[str, str],
    forks: Forks,
    arguments: list[str],
    place: str,
    piped: bool,
) -> None:
    usual, line = double.aws.behave, "dags pause daily"
    double.aws.behave = lambda request: never(request) if request.path.split("?")[0] == place else usual(request)
    command = [*program, *arguments, "--yes", *([] if piped else ["-c", line])]
    with forks.popen(command, environ) as child:
        child.stdin.write(f"{line}\n".encode() * piped)
        assert double.aws.arrived.acquire(timeout=120)
        child.send_signal(signal.SIGINT)
        said = child.communicate()[1]
    assert child.wait() == 130
    assert said.startswith(b"mwaa-shell: %s. Nothing was sent.\n" % (b"interrupted" if piped else b"Canceled"))
    assert double.commands == double.tokens == []


def test_a_token_is_printed_for_other_programs(double: Double, environ: dict[str, str], program: list[str]) -> None:
    ended = subprocess.run([*program, "my-env", "--print-token"], env=environ, capture_output=True, check=True)
    assert json.loads(ended.stdout) == {"CliToken": "token-1", "WebServerHostname": double.host}
    assert double.commands == []


def test_a_token_does_not_go_to_a_screen(
    double: Double, environ: dict[str, str], program: list[str], forks: Forks
) -> None:
    with Terminal([*program, "my-env", "--print-token"], environ, begin=forks.begin) as terminal:
        terminal.wait_for("--print-token does not print to a terminal")
        assert terminal.wait_exit() == 2
    assert double.tokens == []


def test_what_scripts_send_is_in_the_history(double: Double, start: Run, tmp_path: Path) -> None:
    (tmp_path / "book").write_text("version\n")
    start("-c", "dags list", "-f", str(tmp_path / "book"), "-c", "variables set api_key geheim")
    rows = json.loads(start("-c", ".history --json").stdout)
    assert [(row["line"], row["origin"], row["outcome"]) for row in rows] == [
        ("dags list", "-c", "ok"),
        ("version", "file", "ok"),
        ("variables set api_key ***", "-c", "ok"),
    ]
    assert double.commands == ["dags list", "version", "variables set api_key geheim"]


@pytest.mark.parametrize("line", ["variables set api_key '***'", ".redo 1"])
def test_a_mask_is_never_sent(double: Double, run: Run, line: str) -> None:
    run("-c", "variables set api_key geheim")
    ended = run("-c", line)
    assert ended.returncode in (2, 5)
    assert b"Nothing was sent." in ended.stderr
    assert double.commands == ["variables set api_key geheim"]


def test_a_command_as_a_script(double: Double, run: Run) -> None:
    for line in (".script 'dags list' bash", ".script dags list bash"):
        ended = run("-c", line)
        assert b"dags list" in ended.stdout
        assert b"create-cli-token" in ended.stdout
    assert double.tokens == []


def test_the_token_call_as_a_script_says_what_it_is(
    double: Double, environ: dict[str, str], program: list[str], forks: Forks
) -> None:
    line = [*program, "my-env", "--color", "always", "-c", ".script dags list aws"]
    ended = forks.run(line, environ)
    assert b"create-cli-token" in ended.stdout
    assert b"makes a token and runs no command" in ended.stderr


def test_a_history_that_cannot_be_written_stops_nobody(
    double: Double, environ: dict[str, str], run: Run, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    environ["XDG_DATA_HOME"] = str(tmp_path / "file" / "below")
    ended = run("-c", "version", "-c", "version")
    assert ended.stdout == b"done\ndone\n"
    assert ended.stderr.count(b"mwaa-shell: ") == 1


def test_what_is_sent_is_logged_without_secrets(double: Double, start: Run, tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"
    for _ in range(2):
        start("--log-file", str(log), "-c", "version", "-c", "variables set api_key geheim")
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(row["environment"], row["line"], row["outcome"]) for row in rows[2:]] == [
        ("my-env", "version", "ok"),
        ("my-env", "variables set api_key ***", "ok"),
    ]
    assert log.stat().st_mode & 0o777 == 0o600
    assert b"token" not in log.read_bytes()


def test_a_log_that_cannot_be_written_is_said_first(double: Double, run: Run) -> None:
    ended = run("--log-file", "no/such/folder/x", "-c", "version")
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
    double: Double, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str
) -> None:
    double.version = "2.10.3"
    (tmp_path / "book").write_text("variables set db_password geheim --nope\n")
    monkeypatch.chdir(tmp_path)
    ended = run("-c", line)
    assert ended.returncode in (2, 5)
    assert b"geheim" not in ended.stdout + ended.stderr
    assert double.commands == []


def test_a_value_of_several_lines_is_whole_in_the_history(run: Run) -> None:
    line = 'variables get "a\nb"'
    run("-c", line)
    assert [row["line"] for row in json.loads(run("-c", ".history --json").stdout)] == [line]


def test_the_history_is_closed_at_the_end(start: Run, tmp_path: Path) -> None:
    start("-c", "version")
    assert [path.name for path in (tmp_path / ".local/share/mwaa-shell").iterdir()] == ["history.sqlite"]


def test_a_script_does_not_redo_what_changes_something(double: Double, run: Run) -> None:
    run("-c", "dags pause x")
    assert run("-c", ".redo 1").returncode == 5
    assert double.commands == ["dags pause x"]


def test_history_is_listed_where_aws_tells_no_account(double: Double, environ: dict[str, str]) -> None:
    double.aws.behave = double.only_tokens
    run_here(["my-env", "-c", "version"], environ)
    assert run_here(["my-env", "-c", ".history"], environ).stdout.decode().endswith("  version\n")
