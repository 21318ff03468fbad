"""A command on several environments of a double: where it goes, what comes back, and what must never happen."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mwaa_shell.config import parse_config
from mwaa_shell.errors import ExitCode, State, UsageError
from mwaa_shell.history import Search
from mwaa_shell.many import MOST
from mwaa_shell.many.run import NOT_BEGUN, WorkDisplay
from mwaa_shell.output import DisplayOptions, PlainCanvas
from mwaa_shell.result import Outcome, Result
from mwaa_shell.session import Session, UserInterface
from mwaa_shell.session.script import ScriptLine
from mwaa_shell.settings import Settings
from mwaa_shell.streams import standard_streams
from tests.double import Request, command_response, refusal
from tests.faults.behaviours import closed_port
from tests.many.conftest import FAILED, NAMES, ROWS, Many, at_a_prompt
from tests.monitor.canvas import FakeCanvas
from tests.sessions import Notes, check_lines, execute


def rows(result: Result) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(bytes(result.stdout))
    return found


#: What ``list_dags`` prints.
DAGS_OF_1 = b"""
-------------------------------------------------------------------
DAGS
-------------------------------------------------------------------
hourly

"""


# -- reads -------------------------------------------------------------------------------------------------------------


def test_read_goes_to_each_with_a_token_of_its_own(many: Many, session: Session) -> None:
    result = execute(session, ".on all dags list -o json")
    assert result.ok, result.message
    assert sorted(many.sent) == [(name, "dags list -o json") for name in NAMES]
    assert set(many.used.values()) == {1}
    assert [row["environment"] for row in rows(result)] == list(NAMES)
    assert list(rows(result)[0]) == ["environment", "dag_id", "owners"]


def test_table_is_made_of_json_and_drawn_with_a_first_column(session: Session, tmp_path: Path) -> None:
    assert execute(session, f".on etl-a,etl-b dags list > {tmp_path}/out").ok
    lines = (tmp_path / "out").read_text().splitlines()
    assert lines[0].split() == ["environment", "dag_id", "owners"]
    assert [line.split()[0] for line in lines[2:]] == ["etl-a", "etl-b"]
    assert execute(session, ".as csv").ok


def test_general_settings_hold_without_an_open_environment(many: Many, bundle: str, tmp_path: Path) -> None:
    config = parse_config('output = "csv"\n', Path("config.toml"))
    session = Session(Settings(access=many.double.access(bundle), config=config), UserInterface())
    assert execute(session, f".on etl-a dags list > {tmp_path}/out").ok
    assert (tmp_path / "out").read_text().splitlines()[0] == "environment,dag_id,owners"


@pytest.mark.parametrize("line", [".on etl-a,etl-b version", ".on --by-environment etl-a,etl-b dags list"])
def test_text_and_separate_output_stand_in_blocks(session: Session, tmp_path: Path, line: str) -> None:
    result = execute(session, line)
    assert [part.heading for part in result.parts] == ["etl-a", "etl-b"]
    assert execute(session, f"{line} > {tmp_path}/out").ok
    assert (tmp_path / "out").read_text().startswith("== etl-a ==\n")


@pytest.mark.parametrize("line", ["dags list -o json | cat > {}", "dags list --output=yaml > {}"])
def test_separate_json_for_a_program_is_refused(many: Many, bundle: str, tmp_path: Path, line: str) -> None:
    session, out = at_a_prompt(many, bundle, [], []), tmp_path / "out"
    line = f".on --by-environment all {line.format(out)}"
    result = execute(session, line)
    assert result.message.endswith("for a program and --by-environment cannot be combined")
    assert result.hint == "Leave out --by-environment: each record of a list has its environment."
    with pytest.raises(UsageError, match="for a program"):
        check_lines(session, [ScriptLine(line)])
    assert (many.sent, out.exists()) == ([], False)


def test_separate_json_is_for_the_screen_of_a_prompt_alone(many: Many, bundle: str, session: Session) -> None:
    line = ".on --by-environment all dags list -o json"
    assert len(execute(at_a_prompt(many, bundle, [], []), line).parts) == len(NAMES)
    assert execute(session, line).message == "-o json for a program and --by-environment cannot be combined"


def test_file_gets_the_outputs_and_the_screen_the_rest(many: Many, session: Session, tmp_path: Path) -> None:
    many.answers = {"etl-a": lambda request: command_response(b"2.10.3\n", b"careful\n")}
    result = execute(session, f".on etl-a,etl-b version > {tmp_path}/out")
    assert (tmp_path / "out").read_text() == "== etl-a ==\n2.10.3\n== etl-b ==\ndone\n"
    (part,) = result.parts
    assert (part.heading, bytes(part.result.stdout), bytes(part.result.stderr)) == ("etl-a", b"", b"careful\n")
    assert (result.stdout, result.stderr) == (b"", b"")


def test_output_that_failed_leaves_standard_output_to_the_others(many: Many, session: Session) -> None:
    many.answers["etl-b"] = lambda request: FAILED
    result = execute(session, ".on all dags list -o json")
    assert result.exit_code is ExitCode.FAILED
    assert [row["environment"] for row in rows(result)] == ["etl-a", "etl-c"]
    (part,) = result.parts
    assert (part.heading, bytes(part.result.stdout)) == ("etl-b", b"")
    assert b"ValueError: no" in bytes(part.result.stderr)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("tasks clear daily -y", ""),
        ("dags trigger -r one daily", "Check with: dags list-runs -d daily (on etl-a)"),
        ("variables set a b", "Check with: variables get a"),
    ],
)
def test_hint_names_its_environment_where_others_differ(many: Many, bundle: str, line: str, hint: str) -> None:
    many.versions["etl-b"] = "3.0.6"
    many.answers = dict.fromkeys(NAMES, lambda request: None)
    session = at_a_prompt(many, bundle, ["y"], [])
    assert execute(session, f".on etl-a,etl-b {line}").hint == hint


@pytest.mark.parametrize(
    ("outcome", "refusals", "answer", "code"),
    [
        ("not run", {"etl-b": refusal(403, "ExpiredTokenException", "over")}, None, ExitCode.NOTHING_RAN),
        ("not run", {"etl-b": refusal(403, "AccessDeniedException", "no")}, None, ExitCode.NOTHING_RAN),
        ("unknown", {}, lambda request: None, ExitCode.UNKNOWN),
    ],
)
def test_one_that_fails_hinders_no_other(
    many: Many,
    session: Session,
    outcome: str,
    refusals: dict[str, bytes],
    answer: Callable[[Request], bytes | None] | None,
    code: ExitCode,
) -> None:
    many.refusals = refusals
    if answer is not None:
        many.answers["etl-b"] = answer
    result = execute(session, ".on etl-a,etl-b,etl-c dags list -o json")
    assert result.exit_code is code
    assert [row["environment"] for row in rows(result)] == ["etl-a", "etl-c"]
    assert f"\n  etl-b: {outcome}" in result.message
    assert result.message.startswith("Not ok on 1 of 3 environments")


def test_unreachable_web_server_hinders_no_other(many: Many, session: Session) -> None:
    with closed_port() as closed:
        many.hosts["etl-b"] = closed
        result = execute(session, ".on all dags list -o json")
    assert result.exit_code is ExitCode.NOTHING_RAN
    assert [row["environment"] for row in rows(result)] == ["etl-a", "etl-c"]


def test_permission_for_tokens_is_enough(many: Many, session: Session, notes: Notes) -> None:
    answer = many.double.aws.behave
    refused = refusal(403, "AccessDeniedException", "not you")
    many.double.aws.behave = lambda request: answer(request) if "clitoken" in request.path else refused
    result = execute(session, ".on etl-a,etl-b dags list -o json")
    assert [row["environment"] for row in rows(result)] == ["etl-a", "etl-b"]
    assert sorted(note.partition(":")[0] for note in notes) == ["etl-a", "etl-b"]


def test_fail_fast_begins_no_further_one(many: Many, session: Session) -> None:
    many.answers["etl-a"] = lambda request: FAILED
    session.ui.canvas = canvas = FakeCanvas(live=False)
    result = execute(session, ".on --jobs 1 --fail-fast all dags list")
    assert many.sent == [("etl-a", "dags list -o json")]
    assert result.exit_code is ExitCode.FAILED
    assert "Not run: etl-b, etl-c" in result.message
    assert canvas.told[0].startswith("etl-a: failed")
    assert canvas.told[1:] == [f"{name}: not run: {NOT_BEGUN}" for name in ("etl-b", "etl-c")]


def test_environments_are_asked_at_the_same_time(many: Many, session: Session) -> None:
    all_there = threading.Barrier(len(NAMES))

    def answer(request: Request) -> bytes:
        all_there.wait(60)
        return command_response(ROWS)

    many.answers = dict.fromkeys(NAMES, answer)
    assert execute(session, ".on all dags list").ok


def test_jobs_limits_what_is_open(many: Many, session: Session) -> None:
    open_now: list[str] = []
    most: list[int] = []

    def answer(request: Request) -> bytes:
        open_now.append("one")
        most.append(len(open_now))
        open_now.pop()
        return command_response(ROWS)

    many.answers = dict.fromkeys(NAMES, answer)
    assert execute(session, ".on --jobs 1 all dags list").ok
    assert most == [1, 1, 1]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (".on", ".on requires ENVS"),
        (".on all", "requires an Airflow command"),
        (".on all .info", ".on requires an Airflow command, and .info is a dot-command"),
        (".on --jobs 0 all dags list", "--jobs must be 1 to 100"),
        (".on all --nope dags list", ".on: Unknown option '--nope'"),
        (".on --nope all dags list", "Unknown option '--nope'"),
        (".on @dr dags list", "Unknown group '@dr'"),
        (".on all dags list | ", "|"),
        (".on all 'dags list'", "Leave out the quotes"),
    ],
)
def test_words_that_make_no_sense_send_nothing(many: Many, session: Session, line: str, words: str) -> None:
    result = execute(session, line)
    assert result.exit_code is ExitCode.USAGE
    assert words in f"{result.message} {result.hint}"
    assert many.sent == []


# -- versions ----------------------------------------------------------------------------------------------------------


def test_command_is_sent_in_the_words_of_each_airflow(many: Many, session: Session) -> None:
    many.versions = {"etl-a": "1.10.12", "etl-c": "3.0.6"}
    execute(session, ".on all dags list")
    assert sorted(many.sent) == [("etl-a", "list_dags"), ("etl-b", "dags list -o json"), ("etl-c", "dags list -o json")]


def test_json_is_one_list_where_an_airflow_has_no_such_flag(many: Many, session: Session, tmp_path: Path) -> None:
    many.versions = {"etl-a": "1.10.12"}
    many.answers["etl-a"] = lambda request: command_response(DAGS_OF_1)
    assert execute(session, f".on etl-a,etl-b dags list -o json > {tmp_path}/out").ok
    found = json.loads((tmp_path / "out").read_text())
    assert [(row["environment"], row["dag_id"]) for row in found] == [("etl-a", "hourly"), ("etl-b", "daily")]


@pytest.mark.parametrize(
    ("before", "remark"),
    [
        (b"2026-11-30T18:23:15.021629Z [warning  ] Could not import graphviz. Rendering needs it.\n", ""),
        (b"DAG folder: /dags\n", "Airflow printed other text too. --by-environment shows it."),
    ],
)
def test_text_beside_records_is_remarked_unless_noise(many: Many, session: Session, before: bytes, remark: str) -> None:
    many.answers = dict.fromkeys(NAMES, lambda request: command_response(before + ROWS))
    assert execute(session, ".on all dags list").remark == remark


def test_remarks_on_outputs_are_kept_once_each(many: Many, bundle: str) -> None:
    paused = b'[{"dag_id": "daily", "is_paused": "False"}]\n'
    many.answers = dict.fromkeys(NAMES, lambda request: command_response(paused))
    many.versions = dict.fromkeys(NAMES, "3.3.1")
    result = execute(at_a_prompt(many, bundle, ["y"], []), ".on all dags pause daily")
    assert result.remark == "Airflow 3.3.1 shows is_paused as it was before the command. It is paused now"


def test_command_without_words_there_is_left_out(many: Many, session: Session) -> None:
    many.versions = {"etl-a": "2.4.3"}
    result = execute(session, ".on etl-a,etl-b dags list-jobs --nope")
    assert (many.sent, result.exit_code) == ([], ExitCode.USAGE)
    many.versions = {"etl-a": "1.10.12"}
    result = execute(session, ".on etl-a,etl-b assets list -o json")
    assert "etl-a: not run" in result.message


# -- changes -----------------------------------------------------------------------------------------------------------


def test_change_is_confirmed_once_for_all(many: Many, bundle: str) -> None:
    asked: list[str] = []
    session = at_a_prompt(many, bundle, ["y"], asked)
    assert execute(session, ".on all dags pause daily").ok
    assert len(asked) == 1
    assert "3 environments" in asked[0]
    assert sorted(name for name, _ in many.sent) == list(NAMES)


class Screen(PlainCanvas):
    """A canvas that draws, 60 by 24."""

    live = True

    def __init__(self, session: Session) -> None:
        super().__init__(standard_streams(), session.preferences)
        self.left: list[str] = []  #: what stays on the screen
        self.drawn: list[str] = []

    def view(self) -> DisplayOptions:
        return DisplayOptions(60, 24)

    def draw(self, lines: Sequence[str]) -> None:
        self.drawn += lines

    def finish(self, lines: Sequence[str]) -> None:
        self.left += lines


def test_plan_shows_whole_commands(many: Many, bundle: str) -> None:
    many.versions = {"etl-a": "1.10.12"}
    session = at_a_prompt(many, bundle, ["y"], [])
    session.ui.canvas = screen = Screen(session)
    note = "a note that is longer than a row of this screen has room for"
    assert execute(session, f'.on all dags trigger daily --conf \'{{"note": "{note}"}}\'').ok
    assert max(map(len, screen.left)) <= 60
    assert [line.split()[:2] for line in screen.left if line.startswith("etl-")] == [
        ["etl-a", "1.10.12"],
        ["etl-b", "2.10.3"],
        ["etl-c", "2.10.3"],
    ]
    assert "".join(" ".join(screen.left).split()).count(note.replace(" ", "")) == 3


def test_plan_of_many_environments_fits_the_screen(many: Many, bundle: str) -> None:
    many.double.names = tuple(f"etl-{number:02}" for number in range(30))
    many.versions = {"etl-00": "1.10.12"}
    session = at_a_prompt(many, bundle, ["n"], [])
    session.ui.canvas = screen = Screen(session)
    execute(session, ".on all dags pause daily")
    assert [line.split() for line in screen.left] == [
        ["1", "x", "1.10.12", "pause", "daily"],
        ["29", "x", "2.10.3", "dags", "pause", "daily"],
    ]


def test_answer_of_airflow_is_added_where_the_user_has_confirmed(many: Many, bundle: str) -> None:
    session = at_a_prompt(many, bundle, ["y"], [])
    execute(session, ".on etl-a,etl-b dags delete daily")
    assert {command for _, command in many.sent} == {"dags delete daily -y"}


@pytest.mark.parametrize(("typed", "sent"), [("etl-prod", 2), ("etl-prod,etl-a", 0), ("y", 0), ("", 0), ("etl-a", 0)])
def test_protected_environment_requires_its_name(many: Many, bundle: str, typed: str, sent: int) -> None:
    many.double.names = ("etl-a", "etl-prod")
    asked: list[str] = []
    session = at_a_prompt(many, bundle, [typed], asked)
    result = execute(session, ".on all dags pause daily")
    assert len(many.sent) == sent
    assert result.ok is bool(sent)
    assert "etl-prod is protected" in asked[0]


def test_no_cancels_where_the_names_are_asked_for(many: Many, bundle: str) -> None:
    many.double.names = ("etl-a", "etl-prod")
    result = execute(at_a_prompt(many, bundle, ["n"], []), ".on all dags pause daily")
    assert (result.message, many.sent) == ("Canceled", [])


def test_change_in_a_script_requires_yes_as_on_one_environment(many: Many, bundle: str) -> None:
    many.double.names = ("etl-a", "etl-prod")
    line = ".on all dags delete daily"
    for yes, code in ((None, 5), ("", 5), ("etl-prod", 5), ("etl-prod,etl-a", 0)):
        session = Session(Settings(access=many.double.access(bundle), yes=yes), UserInterface())
        assert execute(session, line).exit_code == code, yes
        assert len(many.sent) == (2 if code == 0 else 0)


@pytest.mark.parametrize("which", ["@dr", "@dr,etl-a"])
def test_group_confirms_its_environments(many: Many, bundle: str, which: str) -> None:
    many.double.names = ("etl-a", "etl-prod")
    config = parse_config('[groups]\ndr = ["etl-prod"]\n', Path("config.toml"))
    line, count = f".on {which} dags pause daily", which.count(",") + 1
    for yes in ("@other", "@dr,x", which):
        settings = Settings(access=many.double.access(bundle), yes=yes, config=config)
        result = execute(Session(settings, UserInterface()), line)
        assert result.hint == ("" if yes == which else "Pass --yes=etl-prod.")
        assert len(many.sent) == (count if yes == which else 0)
    many.sent.clear()
    asked: list[str] = []
    session = at_a_prompt(many, bundle, [which], asked)
    session.settings = session.settings._replace(config=config)
    assert execute(session, line).ok
    assert f"type {which} or its name" in asked[0]


@pytest.mark.parametrize(
    ("yes", "message", "hint"),
    [
        ("etl-prod,nope", "--yes names environments that --on does not: nope", "Pass --yes=etl-prod."),
        ("etl-prd", "--yes names environments that --on does not: etl-prd", "Pass --yes=etl-prod."),
        ("etl-prod,etl-a", "", ""),
        ("etl-prod", "", ""),
    ],
)
def test_yes_names_no_environment_that_on_does_not(many: Many, bundle: str, yes: str, message: str, hint: str) -> None:
    many.double.names = ("etl-a", "etl-prod")
    session = Session(Settings(access=many.double.access(bundle), yes=yes, on=True), UserInterface())
    result = execute(session, ".on all variables set a b")
    assert (result.message, result.hint) == (message, hint)
    assert len(many.sent) == (0 if message else 2)
    elsewhere = Session(Settings(access=many.double.access(bundle), yes="etl-prod,etl-c"), UserInterface())
    assert execute(elsewhere, ".on etl-prod variables set a b").ok  # a script may have other lines


def test_version_of_one_environment_is_refused(many: Many, bundle: str) -> None:
    settings = Settings(access=many.double.access(bundle), airflow_version="2.10.3")
    session = Session(settings, UserInterface())
    result = execute(session, ".on all dags list")
    assert (result.exit_code, result.message) == (ExitCode.USAGE, "--airflow-version is the version of one environment")
    with pytest.raises(UsageError, match="--airflow-version"):
        check_lines(session, [ScriptLine(".on all dags list")])
    assert many.sent == []
    session.open("etl-a", session.access)
    assert execute(session, ".on all dags list").ok


def test_yes_names_one_environment_of_two_with_the_same_name(many: Many, bundle: str) -> None:
    config = parse_config('[environments."etl-c"]\nprotected = true\n', Path("config.toml"))
    line = ".on etl-c@us-east-1,etl-c@eu-west-1 dags pause daily"
    answer = many.double.aws.behave

    def no_arn(request: Request) -> bytes | None:
        if request.method == "GET" and "/environments/" in request.path:
            return refusal(403, "AccessDeniedException", "no")
        return answer(request)

    many.double.aws.behave = no_arn
    for yes, count in (("etl-c", 0), ("etl-c@us-east-1", 0), ("etl-c@us-east-1,etl-c@eu-west-1", 2)):
        session = Session(Settings(access=many.double.access(bundle), yes=yes, config=config), UserInterface())
        assert execute(session, line).ok == bool(count), yes
        assert len(many.sent) == count


@pytest.mark.parametrize("section", ["", '[environments."etl-a"]\n'])
@pytest.mark.parametrize("environment", [None, "etl-b"])
def test_secret_words_of_the_file_hold_for_every_environment(
    section: str, environment: str | None, many: Many, bundle: str, tmp_path: Path
) -> None:
    config = parse_config(f'{section}secret-words = "pin"\n', Path("config.toml"))
    settings = Settings(
        environment=environment, access=many.double.access(bundle), config=config, log_file=tmp_path / "log", yes=""
    )
    session = Session(settings, UserInterface())
    assert execute(session, ".on etl-a variables set pin hunter2").ok
    assert many.sent == [("etl-a", "variables set pin hunter2")]
    assert session.last_batch is not None
    kept = [session.last_batch.line, (tmp_path / "log").read_text()]
    kept += [entry.line for entry in session.recorder.history.find(Search(), 10)]
    assert "hunter2" not in "".join(kept)
    assert all("pin ***" in text for text in kept)


def test_refusal_names_what_has_to_be_confirmed(many: Many, session: Session) -> None:
    many.double.names = ("etl-a", "etl-prod")
    assert execute(session, ".on all dags pause daily").hint == "Pass --yes=etl-prod."
    assert execute(session, ".on all dags delete daily").hint == "Pass --yes=etl-a,etl-prod."
    assert many.sent == []


def test_read_only_environment_is_left_out(many: Many, bundle: str) -> None:
    session = at_a_prompt(many, bundle, ["y"], [])
    session.read_only = True
    result = execute(session, ".on all dags pause daily")
    assert (result.exit_code, many.sent) == (ExitCode.REFUSED, [])


def test_change_never_reaches_an_environment_twice(many: Many, bundle: str, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    config = tmp_path / "config"
    config.write_text("[profile dev]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    session = at_a_prompt(many, bundle, ["y"], [])
    result = execute(session, ".on etl-a,dev/etl-a dags pause daily")
    assert len(many.sent) == 1
    assert "is the same environment as" in result.message
    many.sent.clear()
    answer = many.double.aws.behave
    many.double.aws.behave = lambda request: (
        refusal(403, "AccessDeniedException", "no") if "/environments/etl-b" in request.path else answer(request)
    )
    session = at_a_prompt(many, bundle, ["y"], [])
    result = execute(session, ".on etl-b,dev/etl-b dags pause daily")
    assert len(many.sent) == 1
    assert "may be the same environment as" in result.message


def test_masked_secret_is_asked_for_once(many: Many, bundle: str) -> None:
    asked: list[str] = []
    session = at_a_prompt(many, bundle, ["y", "hunter2"], asked)
    assert execute(session, ".on etl-a,etl-b variables set db_password '***'").ok
    assert {command for _, command in many.sent} == {"variables set db_password hunter2"}
    kept = session.recorder.history.find(Search())
    assert len({entry.batch for entry in kept}) == 1
    assert {entry.line for entry in kept} == {"variables set db_password '***'"}


@pytest.mark.parametrize(
    "line", [".on --jobs 2 all variables set db_password x1x2x3", ".on all connections add a --conn-password x1x2x3"]
)
@pytest.mark.parametrize("opened", [True, False])
def test_secrets_of_the_command_are_masked(session: Session, line: str, opened: bool) -> None:
    if opened:
        session.open("etl-a", session.access)
        session.connection.load_info()
    assert "x1x2x3" not in session.rules().mask(line)


def test_data_has_no_headings(many: Many, bundle: str) -> None:
    session = Session(Settings(access=many.double.access(bundle), data_only=True), UserInterface())
    result = execute(session, ".on --by-environment all dags list -o json")
    assert result.message == "--data and --by-environment cannot be combined"
    with pytest.raises(UsageError, match="--data"):
        check_lines(session, [ScriptLine(".on --by-environment all dags list")])
    assert many.sent == []
    assert len(rows(execute(session, ".on all dags list -o json"))) == len(NAMES)


# -- the end of it -----------------------------------------------------------------------------------------------------


def test_ctrl_c_says_of_each_whether_it_ran(many: Many, session: Session) -> None:
    ended = threading.Event()

    def hang(request: Request) -> bytes | None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        ended.wait(60)
        return None

    many.answers = {"etl-b": hang}
    result = execute(session, ".on --jobs 1 all dags list -o json")
    ended.set()
    said = " ".join(result.message.split())
    assert result.exit_code is ExitCode.INTERRUPTED
    assert [row["environment"] for row in rows(result)] == ["etl-a"]
    assert "etl-b: interrupted: The command may still be running." in said
    assert session.last_batch is not None
    assert (session.last_batch.left, session.last_batch.unknown) == (("etl-b", "etl-c"), ("etl-b",))
    assert "etl-c: interrupted: Nothing was sent." in said
    outcomes = {entry.environment: entry.outcome for entry in session.recorder.history.find(Search())}
    assert outcomes == {"etl-a": Outcome.OK, "etl-b": Outcome.INTERRUPTED}


def test_signal_ends_the_program_before_all_have_begun(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    begin, begun = threading.Thread.start, []

    def start(thread: threading.Thread) -> None:
        if thread.name == "environment":
            begun.append(thread)
            if len(begun) == 2:
                raise SystemExit(143)
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(SystemExit):
        execute(session, ".on all dags list -o json")


def test_ctrl_c_once_all_have_ended_stops_the_lines_behind(
    many: Many, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last answer is being handed over."""
    usual = WorkDisplay.over

    def pressed(self: WorkDisplay, results: Sequence[Result]) -> None:
        signal.raise_signal(signal.SIGINT)
        usual(self, results)

    monkeypatch.setattr(WorkDisplay, "over", pressed)
    result = execute(session, ".on all dags list -o json")
    assert (result.exit_code, result.message, result.state) == (ExitCode.INTERRUPTED, "", State.RAN)
    assert len(rows(result)) == len(NAMES)
    assert session.last_batch is not None
    assert session.last_batch.left == ()
    assert {one.outcome for one in session.recorder.history.find(Search())} == {Outcome.OK}


@pytest.mark.parametrize("line", [".on all dags pause daily", ".envs"])
def test_ctrl_c_asks_no_further_environment(many: Many, bundle: str, line: str) -> None:
    many.double.names = tuple(f"etl-{number:02}" for number in range(MOST + 20))
    answer, released, asked = many.double.aws.behave, threading.Event(), threading.Semaphore(0)

    def hang(request: Request) -> bytes | None:
        if "/environments/" in request.path:
            asked.release()
            released.wait(60)
        return answer(request)

    def press() -> None:
        for _ in range(MOST):
            asked.acquire(timeout=60)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    many.double.aws.behave = hang
    session = at_a_prompt(many, bundle, [], [])
    before = set(threading.enumerate())
    presser = threading.Thread(target=press)
    presser.start()
    assert execute(session, line).exit_code is ExitCode.INTERRUPTED
    presser.join()
    released.set()
    for thread in set(threading.enumerate()) - before:
        if thread.name == "environment":
            thread.join(60)
    assert sum("/environments/" in request.path for request in many.double.aws.seen) == MOST
