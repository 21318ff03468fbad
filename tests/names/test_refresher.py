"""Names on their way in: from outputs, over REST, through the CLI and from disk, on a double of both sides of MWAA."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from mwaa_shell.airflow import rest
from mwaa_shell.airflow.completion import suggest
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.dot_commands.completion import complete
from mwaa_shell.errors import ExitCode
from mwaa_shell.job import Job
from mwaa_shell.mwaa import aws
from mwaa_shell.mwaa.cli_client import RUNNING
from mwaa_shell.mwaa.command_runner import BEHIND_REFRESH
from mwaa_shell.names import fetch
from mwaa_shell.names import refresher as live_names
from mwaa_shell.names.refresher import TOO_LONG, NameRefresher, TaskQueue, name_candidates
from mwaa_shell.result import Outcome
from mwaa_shell.session import Session
from mwaa_shell.session.session import UserInterface
from mwaa_shell.settings import Settings
from tests.double import NOT_UPDATED, Double, Request, command_response, refusal
from tests.monitor.canvas import FakeCanvas
from tests.sessions import execute

DAGS = [{"dag_id": name, "is_paused": False, "owners": ["airflow"]} for name in ("daily_sales", "hello")]
RUNS = [
    {"dag_run_id": "manual__2", "state": "failed", "logical_date": "2026-01-02T00:00:00+00:00"},
    {"dag_run_id": "manual__1", "state": "success", "logical_date": "2026-01-01T00:00:00+00:00"},
]
LISTED = b'[{"dag_id": "daily_sales", "paused": "False"}, {"dag_id": "hello", "paused": "True"}]\n'


@pytest.fixture(autouse=True)
def _without_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Request and save names at once: the tests wait until the threads are idle."""
    monkeypatch.setattr(live_names, "PAUSE", 0.0)
    monkeypatch.setattr(live_names, "SAVE_AFTER", 0.0)


@pytest.fixture
def session(double: Double, bundle: str) -> Session:
    double.rest["/dags"] = {"dags": DAGS, "total_entries": 2}
    double.rest[rest.RUNS] = {"dag_runs": RUNS, "total_entries": 2}
    double.rest["/dags/hello/tasks"] = {"tasks": [{"task_id": "greet"}], "total_entries": 1}
    made = Session(Settings(environment="my-env", access=double.access(bundle)))
    made.ui.keeps_names = True
    made.connection.load_info()
    return made


def live_of(session: Session) -> NameRefresher:
    live = session.cached_names
    assert live is not None
    return live


def texts(live: NameRefresher, kind: Kind = Kind.DAG, dag: str = "") -> list[str]:
    return [name.text for name in live.catalogue.names(kind, dag)]


def offer(session: Session, line: str, *, asked: bool = False) -> list[str]:
    grammar = session.grammar
    assert grammar is not None
    found = suggest(
        line, len(line), grammar, lambda *wanted: name_candidates(session.cached_names, *wanted, asked=asked)
    )
    return [one.display for one in found if not one.text.startswith("-")]


def settled(live: NameRefresher) -> None:
    assert live.wait(), "the names never settled"


# -- outputs ----------------------------------------------------------------------------------------------------------


def test_every_output_teaches(double: Double, session: Session) -> None:
    double.web.behave = lambda request: command_response(LISTED)
    session.preferences.set("names", "learn")
    assert execute(session, "dags list -o json").ok
    settled(live_of(session))
    assert offer(session, "dags trigger ") == ["daily_sales", "hello"]
    assert offer(session, "dags trigger ds") == ["daily_sales"]
    assert double.rest_calls == []


def test_a_missing_name_is_answered_with_a_similar_one(double: Double, session: Session) -> None:
    live_of(session).want(Kind.DAG)
    settled(live_of(session))
    missing = b"airflow.exceptions.DagNotFound: Dag id hallo not found in DagModel\n"
    double.web.behave = lambda request: command_response(b"", missing)
    failed = execute(session, "dags trigger hallo")
    assert failed.outcome is Outcome.FAILED
    assert failed.hint == "Did you mean 'hello'?"
    double.web.behave = lambda request: command_response(b"Dag id hallo not found\n")
    ended = execute(session, "dags pause hallo")
    assert "Did you mean 'hello'?" in (ended.hint, ended.remark)
    double.web.behave = lambda request: command_response(b"", missing.replace(b"hallo", b"quite_another"))
    assert "mean" not in execute(session, "dags trigger quite_another").hint


@pytest.mark.parametrize("line", [".follow hallo", ".why hallo"])
def test_follow_and_why_propose_a_similar_dag(double: Double, session: Session, line: str) -> None:
    live_of(session).want(Kind.DAG)
    settled(live_of(session))
    double.rest[rest.RUNS] = {"dag_runs": [], "total_entries": 0}
    session.ui.canvas = FakeCanvas()
    result = execute(session, line)
    assert result.message == "DAG hallo does not exist. Did you mean 'hello'?"


def test_what_is_off_learns_and_offers_nothing(double: Double, session: Session) -> None:
    double.web.behave = lambda request: command_response(LISTED)
    session.preferences.set("names", "off")
    execute(session, "dags list -o json")
    live_of(session).want(Kind.DAG)
    settled(live_of(session))
    assert texts(live_of(session)) == []
    assert offer(session, "dags trigger ", asked=True) == []
    assert double.rest_calls == []


def test_what_is_used_stands_first(double: Double, session: Session) -> None:
    live = live_of(session)
    live.refresh(Kind.DAG)
    settled(live)
    double.web.behave = lambda request: command_response(b"Dag: hello, paused: True\n")
    execute(session, "dags pause hello")
    settled(live)
    assert offer(session, "dags trigger ") == ["hello", "daily_sales"]


# -- REST -------------------------------------------------------------------------------------------------------------


def test_what_the_cursor_wants_is_asked_for_over_rest(double: Double, session: Session) -> None:
    live = live_of(session)
    assert offer(session, "dags trigger ") == []
    settled(live)
    assert offer(session, "dags trigger ") == ["daily_sales", "hello"]
    assert offer(session, "tasks states-for-dag-run hello ") == []
    settled(live)
    assert offer(session, "tasks states-for-dag-run hello ") == ["manual__2", "manual__1"]
    offer(session, "tasks test hello ")
    settled(live)
    assert offer(session, "tasks test hello ") == ["greet"]
    assert [call["Path"] for call in double.rest_calls] == ["/dags", rest.RUNS, "/dags/hello/tasks"]
    assert double.commands == []


def test_tasks_that_rest_cannot_list_are_a_notice_once(double: Double, session: Session) -> None:
    live, dag = live_of(session), "d" * 250
    offer(session, f"tasks test {dag} ")
    assert live.notice == TOO_LONG
    live.notice = ""
    offer(session, f"tasks test {dag} l")
    assert live.notice == ""
    offer(session, f"dags trigger {dag} -r ")
    settled(live)
    assert [call["Path"] for call in double.rest_calls if "d" * 250 in str(call["Path"])] == []


def test_dates_are_those_of_the_runs(session: Session) -> None:
    live_of(session).refresh(Kind.RUN, "hello")
    settled(live_of(session))
    assert offer(session, "dags state hello ") == ["2026-01-02T00:00:00+00:00", "2026-01-01T00:00:00+00:00"]
    assert offer(session, "dags state hello 2026-01-01") == ["2026-01-01T00:00:00+00:00"]


def test_states_stand_beside_runs_and_dags(session: Session) -> None:
    live = live_of(session)
    live.refresh(Kind.DAG)
    live.refresh(Kind.RUN, "hello")
    settled(live)
    runs, _ = name_candidates(live, Kind.RUN, "hello", "")
    assert (runs[0].state, runs[0].summary) == ("failed", "2026-01-02T00:00:00+00:00")
    dags, _ = name_candidates(live, Kind.DAG, "", "hel")
    assert [(dag.text, dag.state, dag.summary) for dag in dags] == [("hello", "failed", "airflow")]


def test_what_is_typed_over_is_not_asked_for(double: Double, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    live = live_of(session)
    monkeypatch.setattr(live_names, "PAUSE", 3600)
    for dag in ("h", "he", "hel"):
        live.want(Kind.RUN, dag)
    monkeypatch.setattr(live_names, "PAUSE", 0.0)
    live.want(Kind.RUN, "hello")
    settled(live)
    assert [call["Path"] for call in double.rest_calls] == [rest.RUNS]


def test_fresh_names_are_not_asked_for_again(double: Double, session: Session) -> None:
    live = live_of(session)
    for _ in range(3):
        live.want(Kind.DAG)
        settled(live)
    assert len(double.rest_calls) == 1


@pytest.mark.parametrize("denial", [refusal(403, "AccessDeniedException", "not you"), NOT_UPDATED])
def test_denial_is_remembered_without_a_cli_request(double: Double, session: Session, denial: bytes) -> None:
    double.aws.behave = lambda request: denial if "/restapi/" in request.path else double.answer_aws(request)
    live = live_of(session)
    for _ in range(2):
        live.want(Kind.DAG)
        settled(live)
    assert live.notice.startswith(("airflow:InvokeRestApi is not permitted.", "The REST API is not available until"))
    assert len(double.rest_calls) == 1
    assert double.commands == []
    double.web.behave = lambda request: command_response(LISTED)
    assert offer(session, "dags trigger ", asked=True) == []
    settled(live)
    assert offer(session, "dags trigger ") == ["daily_sales", "hello"]
    assert double.commands == ["dags list -o json"]
    assert live.notice == ""


def test_failed_page_keeps_earlier_names_and_gives_a_respite(double: Double, session: Session) -> None:
    pages = iter([{"dags": DAGS[:1], "total_entries": 2}])

    def answer(request: Request) -> bytes:
        if "/restapi/" in request.path:
            double.rest["/dags"] = next(pages, {})
        return double.answer_aws(request)

    double.aws.behave = answer
    live = live_of(session)
    for _ in range(3):
        live.want(Kind.DAG)
        settled(live)
    assert texts(live) == ["daily_sales"]
    assert not live.catalogue.snapshot()[Kind.DAG, ""].complete
    assert live.notice.endswith(". Completion may lack DAGs.")
    assert len(double.rest_calls) == 2


def test_refresh_uses_the_cli_when_rest_is_denied(double: Double, session: Session) -> None:
    double.rest.clear()  # Airflow answers 404
    double.web.behave = lambda request: command_response(LISTED)
    live = live_of(session)
    live.want(Kind.DAG)
    settled(live)
    assert double.commands == []
    live.refresh(Kind.DAG)
    settled(live)
    assert texts(live) == ["daily_sales", "hello"]
    assert double.commands == ["dags list -o json"]
    assert live.notice == ""


def test_a_list_that_cannot_be_read_is_a_notice(double: Double, session: Session) -> None:
    double.rest.clear()
    double.web.behave = lambda request: command_response(b'[{"dag_id": "cut')
    live = live_of(session)
    live.refresh(Kind.DAG)
    settled(live)
    assert live.notice == "The list of DAGs on my-env could not be read. See dags list -o json"


def test_a_slow_answer_holds_up_nothing_that_is_known(double: Double, session: Session) -> None:
    answer = threading.Event()

    def slow(request: Request) -> bytes:
        assert "/restapi/" not in request.path or answer.wait(60)
        return double.answer_aws(request)

    double.aws.behave = slow
    live = live_of(session)
    live.refresh(Kind.POOL)
    double.web.behave = lambda request: command_response(LISTED)
    assert execute(session, "dags list -o json").ok
    assert live._desk.wait(60, for_later=False)
    assert offer(session, "dags trigger ") == ["daily_sales", "hello"]
    answer.set()
    settled(live)


def test_what_was_asked_for_before_forgetting_does_not_come_back(double: Double, session: Session) -> None:
    answer, asked = threading.Event(), threading.Event()

    def slow(request: Request) -> bytes:
        if "/restapi/" in request.path:
            asked.set()
            assert answer.wait(60)
        return double.answer_aws(request)

    double.aws.behave = slow
    live = live_of(session)
    live.refresh(Kind.DAG)
    assert asked.wait(60)
    assert execute(session, ".refresh --forget").ok
    answer.set()
    settled(live)
    assert texts(live) == []


@pytest.mark.parametrize("answer", [{"dags": 7}, [], "x", None])
def test_a_output_of_another_shape_is_a_notice(double: Double, session: Session, answer: object) -> None:
    double.rest["/dags"] = answer
    live = live_of(session)
    live.want(Kind.DAG)
    settled(live)
    assert live.notice.endswith(". Completion may lack DAGs.")
    live.want(Kind.DAG)  # not at once again
    settled(live)
    assert len(double.rest_calls) == 1


def test_a_mistake_of_our_own_is_a_notice(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "over_rest", lambda *_: 1 / 0)
    live = live_of(session)
    live.want(Kind.DAG)
    settled(live)
    assert live.notice == "names: ZeroDivisionError: division by zero"


def test_queue_is_idle_once_what_follows_a_task_has_run() -> None:
    following, followed = threading.Event(), threading.Event()

    def follow() -> None:
        following.set()
        followed.wait(60)

    queue = TaskQueue("queue", lambda error: None, follow)
    queue.do(lambda: None)
    assert following.wait(60)
    assert not queue.wait(0.0)
    followed.set()
    assert queue.wait(60)


# -- the CLI ----------------------------------------------------------------------------------------------------------


def test_learning_alone_sends_nothing_by_itself(double: Double, session: Session) -> None:
    session.preferences.set("names", "learn")
    live = live_of(session)
    live.want(Kind.DAG)
    assert offer(session, "dags trigger ", asked=True) == []
    settled(live)
    assert (double.rest_calls, double.commands) == ([], [])
    live.refresh(Kind.DAG)
    settled(live)
    assert texts(live) == ["daily_sales", "hello"]


def test_what_cannot_be_listed_is_said(session: Session) -> None:
    live = live_of(session)
    live.refresh(Kind.ASSET)
    settled(live)
    assert live.notice == "Airflow 2.10.3 has no command that lists assets"


@pytest.mark.parametrize(
    ("version", "kind", "dag", "line"),
    [
        ("1.10.12", Kind.DAG, "", "list_dags"),
        ("1.10.12", Kind.RUN, "my dag", "list_dag_runs 'my dag'"),
        ("1.10.12", Kind.TASK, "x", "list_tasks x"),
        ("1.10.12", Kind.CONNECTION, "", "connections -l"),
        ("2.10.3", Kind.DAG, "", "dags list -o json"),
        ("2.10.3", Kind.RUN, "x", "dags list-runs -d x -o json"),
        ("2.10.3", Kind.ROLE, "", "roles list -o json"),
        ("3.3.1", Kind.RUN, "x", "dags list-runs x -o json"),
        ("3.3.1", Kind.ASSET, "", "assets list -o json"),
        ("2.10.3", Kind.ASSET, "", None),
        ("2.10.3", Kind.RUN, "", None),
    ],
)
def test_each_version_lists_in_its_words(version: str, kind: Kind, dag: str, line: str | None) -> None:
    grammar = Session(Settings(environment="x", airflow_version=version)).grammar
    found = fetch.listing(grammar, kind, dag)
    assert (found.text if found else None) == line


class Watches:
    """Presses Ctrl-C once the job is in a phase, ``times`` times."""

    def __init__(self, phase: str, times: int = 1) -> None:
        self.phase, self.left, self.seen = phase, times, threading.Event()

    def tick(self, job: Job[object]) -> None:
        if job.phase == self.phase and self.left:
            self.left -= 1
            self.seen.set()
            raise KeyboardInterrupt

    def over(self) -> None:
        pass


def test_a_command_waits_for_the_refresh_and_ctrl_c_gives_that_up(double: Double, bundle: str) -> None:
    running, gone = threading.Event(), threading.Event()

    def slow(request: Request) -> bytes | None:
        if request.body != b"list_dags":
            return command_response(b"1.10.12\n")
        running.set()
        if request.socket.recv(1) == b"":
            gone.set()
        return None

    double.web.behave, double.version = slow, "1.10.12"
    session = Session(
        Settings(environment="my-env", access=double.access(bundle)), UserInterface(watcher=Watches(BEHIND_REFRESH))
    )
    session.ui.keeps_names = True
    session.connection.load_info()
    live = live_of(session)
    live.refresh(Kind.DAG)
    assert running.wait(60)
    result = execute(session, "version")
    assert (result.outcome, result.stdout) == (Outcome.OK, b"1.10.12\n")
    assert gone.wait(60)
    settled(live)
    assert double.commands == ["list_dags", "version"]


def test_ctrl_c_stops_the_command_itself(double: Double, bundle: str) -> None:
    release = threading.Event()

    def hold(request: Request) -> None:
        release.wait(60)

    double.web.behave = hold
    session = Session(
        Settings(environment="my-env", access=double.access(bundle)), UserInterface(watcher=Watches(RUNNING))
    )
    session.ui.keeps_names = True
    result = execute(session, "version")
    release.set()
    assert result.exit_code is ExitCode.INTERRUPTED


# -- on disk ----------------------------------------------------------------------------------------------------------


def test_names_are_there_at_the_next_start(double: Double, session: Session, bundle: str, tmp_path: Path) -> None:
    live = live_of(session)
    live.settle()
    live.refresh(Kind.DAG)
    settled(live)
    session.close()
    again = Session(Settings(environment="my-env", access=double.access(bundle)))
    again.ui.keeps_names = True
    live_of(again).settle()  # before AWS was asked
    assert texts(live_of(again)) == ["daily_sales", "hello"]
    assert again.grammar is not None
    assert again.connection.version is None
    for path in (tmp_path / ".cache").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0 or path.parent == tmp_path / ".cache" or path.name == "mwaa-shell"


def test_another_account_has_other_names(double: Double, session: Session, bundle: str) -> None:
    live = live_of(session)
    live.settle()
    live.refresh(Kind.DAG)
    settled(live)
    session.close()
    usual = double.describe

    def elsewhere(name: str) -> dict[str, object]:
        return usual(name) | {"Arn": f"arn:aws:airflow:eu-west-1:999999999999:environment/{name}"}

    double.describe = elsewhere  # type: ignore[method-assign]
    again = Session(Settings(environment="my-env", access=double.access(bundle)))
    again.ui.keeps_names = True
    live_of(again).settle()
    assert texts(live_of(again)) == ["daily_sales", "hello"]
    again.connection.load_info()
    live_of(again).settle()
    assert texts(live_of(again)) == []


def test_other_credentials_have_other_names(
    double: Double, session: Session, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = live_of(session)
    live.settle()
    live.refresh(Kind.DAG)
    settled(live)
    session.close()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOTHER")
    again = Session(Settings(environment="my-env", access=double.access(bundle)))
    again.ui.keeps_names = True
    live_of(again).settle()
    assert texts(live_of(again)) == []


def test_names_are_kept_where_aws_does_not_say_whose_they_are(double: Double, bundle: str, tmp_path: Path) -> None:
    double.aws.behave = double.only_tokens
    double.web.behave = lambda request: command_response(LISTED)
    settings = Settings(environment="my-env", access=double.access(bundle), airflow_version="2.10.3")
    for _ in range(2):
        session = Session(settings)
        session.ui.keeps_names = True
        assert execute(session, "dags list -o json").ok
        settled(live_of(session))
        session.close()
    again = Session(settings)
    again.ui.keeps_names = True
    again.connection.load_info()
    live_of(again).settle()
    assert texts(live_of(again)) == ["daily_sales", "hello"]
    [kept] = (tmp_path / ".cache").rglob("*.names")
    assert b"123456789012" not in kept.read_bytes()


def test_use_swaps_the_whole_catalogue(double: Double, session: Session) -> None:
    double.names = ("my-env", "other")
    live_of(session).refresh(Kind.DAG)
    settled(live_of(session))
    assert execute(session, ".use other").ok
    assert offer(session, "dags trigger ") == []
    session.preferences.set("names", "learn")
    assert execute(session, ".use my-env").ok
    assert offer(session, "dags trigger ") == ["daily_sales", "hello"]


def test_forgotten_names_are_gone_from_disk(double: Double, session: Session, tmp_path: Path) -> None:
    live = live_of(session)
    live.settle()
    live.refresh(Kind.DAG)
    settled(live)
    session.close()
    assert list((tmp_path / ".cache").rglob("*.names"))
    assert "daily_sales" in execute(session, ".refresh --list dags").stdout.decode()
    assert execute(session, ".refresh --forget").ok
    assert texts(live) == []
    assert not list((tmp_path / ".cache").rglob("*.names"))
    session.close()
    assert not list((tmp_path / ".cache").rglob("*.names"))


def test_no_value_reaches_the_disk(double: Double, session: Session, tmp_path: Path) -> None:
    rows = [{"conn_id": "wh", "conn_type": "postgres", "password": "pa55", "uri": "postgres://u:pa55@h/db"}]
    double.web.behave = lambda request: command_response(json.dumps(rows).encode() + b"\n")
    live = live_of(session)
    live.settle()
    assert execute(session, "connections list -o json").ok
    settled(live)
    session.close()
    [kept] = (tmp_path / ".cache").rglob("*.names")
    assert b"wh" in kept.read_bytes()
    assert b"pa55" not in kept.read_bytes()


# -- the dot-commands --------------------------------------------------------------------------------------------------


def test_help_asks_nobody(double: Double, session: Session) -> None:
    execute(session, ".set names auto")
    assert complete(session, ".help dags trigger ", 19, asked=True)
    settled(live_of(session))
    assert (double.rest_calls, double.commands) == ([], [])


def test_names_says_what_is_known_from_where(session: Session) -> None:
    assert b"No names are cached." in bytes(execute(session, ".refresh --list").stdout)
    assert b" .refresh tasks -- -x loads them." in bytes(execute(session, ".refresh --list tasks -- -x").stdout)
    assert execute(session, ".refresh").ok
    assert execute(session, ".refresh runs hello").ok
    settled(live_of(session))
    text = execute(session, ".refresh --list").stdout.decode()
    assert "     2  DAGs  (over REST, now)\n" in text
    assert "     2  runs of hello  (over REST, now)\n" in text
    assert bytes(execute(session, ".refresh --list runs hello").stdout).startswith(b"manual__2 failed 2026-01-02")


@pytest.mark.parametrize(
    "line",
    [".refresh runs", ".refresh dags x", ".refresh nothing", ".refresh --list nothing", ".refresh --forget dags"],
)
def test_mistakes_in_dot_commands(double: Double, session: Session, line: str) -> None:
    assert execute(session, line).exit_code is ExitCode.USAGE
    assert double.rest_calls == []


def test_in_batch_there_are_no_names(double: Double, bundle: str) -> None:
    session = Session(Settings(environment="my-env", access=double.access(bundle)))
    assert session.cached_names is None
    assert execute(session, ".refresh --list").exit_code is ExitCode.USAGE


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause for a user who types, and no pause between pages."""
    monkeypatch.setattr(live_names, "PAUSE", 0.0)
    monkeypatch.setattr(aws, "REST_RATE", 1000)
