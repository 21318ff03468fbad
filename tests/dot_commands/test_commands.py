"""The dot-commands about named commands, on a double and without one."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import pytest

from mwaa_shell import dot_commands, saved_commands
from mwaa_shell.airflow.completion import no_names
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.dot_commands.commands import DOT_COMMANDS, candidates
from mwaa_shell.errors import RefusedByRule, ShellError, UsageError
from mwaa_shell.history.entries import COMMAND, FILE, TYPED
from mwaa_shell.names import name_candidates
from mwaa_shell.names.model import Name, NamesFound
from mwaa_shell.result import Result
from mwaa_shell.session import Executor, LineContext, Session, script
from mwaa_shell.session.script import ScriptLine
from mwaa_shell.settings import Settings
from tests.double import Double
from tests.sessions import check_lines, execute, run_lines

NIGHTLY = "dags trigger {dag} -c '{conf}'"


@pytest.fixture
def session() -> Session:
    return Session(Settings(environment="my-env", airflow_version="2.10.3"))


@pytest.fixture
def path() -> Path:
    return saved_commands.default_path()


def run(session: Session, text: str) -> Result:
    """As the registry runs it."""
    return dot_commands.run(Executor(session, dot_commands), LineContext.of(text))


def shown(session: Session, text: str) -> str:
    return run(session, text).stdout.decode()


def brought(session: Session, text: str) -> str:
    [one] = run(session, text).next_lines
    return one.line


def test_a_line_is_saved_listed_run_and_dropped(session: Session, path: Path) -> None:
    assert (
        shown(session, f'.save nightly "{NIGHTLY}"') == f"Saved in {path}. Run it with .do nightly dag=DAG conf=CONF\n"
    )
    shown(session, ".save ls dags list -o json")
    assert shown(session, ".saved") == f"nightly  {NIGHTLY}\nls       dags list -o json\n"
    assert run(session, ".do ls").next_lines[0].origin == TYPED
    assert brought(session, ".do nightly dag=sales conf='{\"d\":1}'") == "dags trigger sales -c '{\"d\":1}'"
    assert shown(session, ".save --delete nightly") == f'No longer saved: .save nightly "{NIGHTLY}"\n'
    assert shown(session, ".saved") == "ls  dags list -o json\n"


def test_nothing_is_saved_yet(session: Session, path: Path) -> None:
    assert shown(session, ".saved").startswith(f"No commands are saved in {path}. Example: .save nightly ")
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'.save n "{NIGHTLY}"', NIGHTLY),
        (f".save n {NIGHTLY}", NIGHTLY),
        (".save  n   dags  trigger 'a b' ", "dags  trigger 'a b'"),
        (".save n version", "version"),
        (".save n 'dags list -o json | jq .'", "dags list -o json | jq ."),
        (".save n '.source {file}'", ".source {file}"),
        (r'.save n "dags trigger x -c \"{}\""', 'dags trigger x -c "{}"'),
    ],
)
def test_the_line_is_one_quoted_word_or_all_that_stands_there(session: Session, text: str, line: str) -> None:
    run(session, text)
    assert saved_commands.load(saved_commands.default_path())["n"].line == line


def test_what_had_the_name_before_is_told(session: Session) -> None:
    run(session, ".save n dags list")
    assert shown(session, ".save n version").splitlines()[1] == "It was: dags list"
    assert len(shown(session, ".save n version").splitlines()) == 1


def test_a_bare_value_hints_at_its_parameter(session: Session, path: Path) -> None:
    saved_commands.save(path, "run", "dags trigger {dag}")
    with pytest.raises(UsageError) as raised:
        run(session, ".do run hello_world")
    assert raised.value.hint == "Write .do run dag=hello_world"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (".save", "save requires a name and a command"),
        (".save nightly", "save requires a name and a command"),
        (".save n ''", "save requires a command"),
        (".save n '# dags list'", "save requires a command"),
        (".save n 'dags list\nversion'", "one line"),
        (""".save n "dags trigger 'x" """, "is not closed"),
        (".save n 'dags list |'", "A local command is missing"),
        (".save n 'dags list' -o json", "save requires quotes around the whole command"),
        (".save 'a b' version", "is not a name for a command"),
        (".do", "do requires the name of a saved command"),
        (".do nightyl", "Unknown saved command 'nightyl'. Did you mean 'nightly'"),
        (".do other", "Unknown saved command"),
        (".do nightly", "do nightly: dag is missing, conf is missing"),
        (".do nightly dag=a conf={} day=1", "do nightly: there is no parameter day"),
        (".do nightly dag=a dag=b", "do nightly: 'dag' is given twice"),
        (".do nightly sales", "do nightly: 'sales' is not PARAMETER=VALUE"),
        (".saved x", "takes no arguments"),
        (".save --delete", "save --delete requires the name of one saved command"),
        (".save --delete other", "Unknown saved command"),
    ],
)
def test_words_that_make_no_sense(session: Session, path: Path, text: str, why: str) -> None:
    saved_commands.save(path, "nightly", NIGHTLY)
    before = path.read_bytes()
    with pytest.raises(UsageError, match=why.replace("?", r"\?")):
        run(session, text)
    assert path.read_bytes() == before


# -- secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.10.12", "2.10.3", None])
@pytest.mark.parametrize(
    "line",
    [
        "connections add x --conn-password hunter2",
        "connections add x --conn-password=pre{pw}",
        "connections add x --conn-uri pg://u:hunter2@h",
        "variables set api_token hunter2",
        'dags trigger x -c \'{"password": "hunter2"}\'',
        "variables set api_token '***'",
        ".send connections add x --conn-password hunter2",
    ],
)
def test_a_secret_is_not_saved(session: Session, path: Path, line: str, version: str | None) -> None:
    made = Session(Settings(environment="my-env", airflow_version=version))
    with pytest.raises(RefusedByRule, match="The shell does not save the secret") as caught:
        run(made, f".save n {line}")
    assert "hunter2" not in str(caught.value)
    assert not path.exists()


def test_a_parameter_stands_in_a_secrets_place(session: Session) -> None:
    run(session, ".save add connections add {id} --conn-type http --conn-password {pw}")
    assert brought(session, ".do add id=x pw=hunter2") == "connections add x --conn-type http --conn-password hunter2"
    asked_for = "connections add x --conn-type http --conn-password '***'"
    assert brought(session, ".do add id=x") == asked_for
    with pytest.raises(UsageError, match="do add: id is missing"):
        run(session, ".do add")
    assert candidates(session, [".do", "add"], "", no_names) == [("id=", ""), ("pw=", "asked for, not echoed")]


def test_a_saved_line_is_sent_and_its_secret_is_asked_for(double: Double, bundle: str) -> None:
    made = Session(Settings(environment="my-env", access=double.access(bundle), airflow_version="2.10.3"))
    lines = [
        ".save add connections add {id} --conn-type http --conn-password {pw}",
        f'.save nightly "{NIGHTLY}"',
        """.do nightly dag=sales conf='{"d": "it is"}'""",
        ".do add id=x",
    ]
    made.ui.ask_secret = lambda name: "hunter 2"
    results = [step.result for step in run_lines(made, [script.ScriptLine(line) for line in lines])]
    assert all(result.ok for result in results), results
    assert double.commands == [
        'dags trigger sales -c \'{"d": "it is"}\'',
        "connections add x --conn-type http --conn-password 'hunter 2'",
    ]


@pytest.mark.parametrize("origin", [TYPED, COMMAND, FILE])
def test_saved_command_has_the_origin_of_do(session: Session, path: Path, origin: str) -> None:
    saved_commands.save(path, "ls", "dags list")
    assert [one.origin for one in execute(session, ".do ls", origin).next_lines] == [origin]


@pytest.mark.parametrize(
    ("line", "typed", "covered"),
    [
        ("connections add {id} --conn-password {pw}", "id=pw pw=hunter2", "id=pw pw=***"),
        ("connections add x --conn-extra '{extra}'", """extra='{"sslkey": "t", "n": 1}'""", "extra='***'"),
        ("connections add x --conn-extra '{extra}'", "extra=text", "extra=***"),
        ("variables set {key} {value}", "key=api_token value=t", "key=api_token value=***"),
        ("variables set {key} {value}", "key=day value=monday", "key=day value=monday"),
        ("variables set {key} {value}", "value=t", "value=t"),
        ("dags trigger x -c '{conf}'", """conf='{"n": 1}'""", """conf='{"n": 1}'"""),
        (".send users create -p {pw}", "pw=x", "pw=***"),
    ],
)
def test_what_is_typed_for_a_secret_is_covered(
    session: Session, path: Path, line: str, typed: str, covered: str
) -> None:
    saved_commands.save(path, "n", line)
    assert session.rules().mask(f".do n {typed}") == f".do n {covered}"
    shown = [f".do n {typed}"[one.start : one.end] for one in session.rules().secrets_in(f".do n {typed}")]
    assert len(shown) == covered.count("***")
    assert session.rules().mask(f"  .do n {covered}") == f"  .do n {covered}"


def test_names_of_the_users_own_are_secret(path: Path) -> None:
    made = Session(Settings(environment="my-env", airflow_version="2.10.3", secret_words="pin, acme_*"))
    with pytest.raises(RefusedByRule, match="The shell does not save the secret vendor_pin"):
        run(made, ".save n variables set vendor_pin 4711")
    assert made.rules().mask("variables set acme_key 4711") == "variables set acme_key ***"
    made.preferences.set("secret-words", "")
    assert made.rules().mask("variables set acme_key 4711") == "variables set acme_key 4711"


# -- ahead of time ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words", "why"),
    [
        ("dags triger {dag}", ("n", "dag=x"), "triger"),
        (NIGHTLY, ("n", "dag=x", "conf={"), "JSON"),
        (NIGHTLY, ("n", "dag=x"), "conf is missing"),
        ("dags list", ("m",), "Unknown saved command"),
    ],
)
def test_a_mistake_is_found_before_anything_runs(
    double: Double, bundle: str, path: Path, line: str, words: tuple[str, ...], why: str
) -> None:
    session = Session(Settings(environment="my-env", access=double.access(bundle), airflow_version="2.10.3"))
    saved_commands.save(path, "n", line)
    with pytest.raises(UsageError, match=why):
        check_lines(session, [ScriptLine(" ".join((".do", *words)))])
    saved_commands.save(path, "n", NIGHTLY)
    check_lines(session, [ScriptLine(".do n dag=x conf={}")])
    assert double.commands == []


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([".save n dags list", ".do n"], ""),
        ([".save n dags lst", ".do n"], "lst"),
        ([".save n 'dags pause {dag}'", ".do n"], "dag is missing"),
        ([".save old dags lst", ".do old"], "lst"),
        ([".save --delete old", ".do old"], "Unknown saved command"),
        ([".save n '.do old'", ".do n"], ""),
        ([".save n variables set api_key 4711"], "The shell does not save the secret api_key"),
        ([".save n"], "save requires a name and a command"),
        ([".use other", ".save n dags lst", ".do n"], "lst"),
        ([".use other", ".save n list_dags", ".do n"], ""),
    ],
)
def test_what_lines_before_will_have_saved_counts(
    double: Double, bundle: str, path: Path, lines: list[str], why: str
) -> None:
    double.names = ("my-env", "other")
    describe = double.describe
    double.describe = lambda name: describe(name) | ({"AirflowVersion": "1.10.12"} if name == "other" else {})  # type: ignore[method-assign]
    session = Session(Settings(environment="my-env", access=double.access(bundle)))
    saved_commands.save(path, "old", "dags list")
    before = path.read_bytes()
    for _ in range(2):  # nothing is left of the check before
        if why:
            with pytest.raises(ShellError, match=why):
                check_lines(session, [script.ScriptLine(line) for line in lines])
        else:
            check_lines(session, [script.ScriptLine(line) for line in lines])
    assert path.read_bytes() == before
    assert double.commands == []


# -- completion -------------------------------------------------------------------------------------------------------


@pytest.fixture
def live(session: Session) -> Session:
    session.ui.keeps_names = True
    assert session.cached_names is not None
    session.preferences.set("names", "learn")
    dags = tuple(Name(one) for one in ("daily_sales", "hello"))
    tasks, runs = (Name("greet"),), (Name("manual__1"),)
    seen = [
        NamesFound(Kind.DAG, dags, all=True),
        NamesFound(Kind.TASK, tasks, "hello", all=True),
        NamesFound(Kind.RUN, runs, "hello", all=True),
    ]
    session.cached_names.catalogue.apply(seen, "output", time.time())
    session.cached_names.catalogue.prepare()
    return session


def texts(session: Session, before: str, fragment: str = "") -> list[str]:
    return [
        text
        for text, _ in candidates(session, before.split(), fragment, partial(name_candidates, session.cached_names))
    ]


def test_names_and_parameters_complete(live: Session, path: Path) -> None:
    saved_commands.save(path, "nightly", NIGHTLY)
    saved_commands.save(path, "ls", "dags list")
    assert candidates(live, [".do"], "n", no_names) == [("nightly", NIGHTLY), ("ls", "dags list")]
    assert texts(live, ".do nightly") == ["dag=", "conf="]
    assert texts(live, ".do nightly conf={}") == ["dag="]
    assert texts(live, ".do other") == []
    assert texts(live, ".do nightly", "dag=") == ["dag=daily_sales", "dag=hello"]
    assert texts(live, ".do nightly", "dag=ds") == ["dag=daily_sales"]
    assert texts(live, ".do nightly", "conf=") == []
    assert texts(live, ".do nightly", "day=") == []


@pytest.mark.parametrize(
    ("line", "before", "fragment", "wanted"),
    [
        ("tasks state {which} {task} {run}", "which=hello", "task=", ["task=greet"]),
        ("tasks state {which} {task} {run}", "which=hello", "which=h", ["which=hello"]),
        ("dags list -o {format}", "", "format=j", ["format=json"]),
        ("dags list-runs -d '{dag_id}'", "", "dag_id=h", ["dag_id=hello"]),
        ("dags list > {file}", "", "file=", []),
        (".source {dag}", "", "dag=h", ["dag=hello"]),
    ],
)
def test_a_value_completes_as_its_place_in_the_line_does(
    live: Session, path: Path, line: str, before: str, fragment: str, wanted: list[str]
) -> None:
    saved_commands.save(path, "n", line)
    assert texts(live, f".do n {before}", fragment) == wanted


def test_dags_complete_where_the_version_is_not_known(live: Session, path: Path) -> None:
    saved_commands.save(path, "nightly", NIGHTLY)
    live.connection.version = None
    assert texts(live, ".do nightly", "dag=h") == ["dag=hello"]
    live.preferences.set("names", "off")
    assert texts(live, ".do nightly", "dag=h") == []
    live.ui.keeps_names = False
    assert texts(live, ".do nightly", "dag=h") == []


def test_a_bad_file_offers_nothing(session: Session, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("[commands\n")
    assert texts(session, ".do") == []
    with pytest.raises(UsageError, match=r"commands.toml:1: "):
        run(session, ".do nightly")


def test_help_fits_a_narrow_terminal() -> None:
    assert all(len(one.summary) <= 50 for one in DOT_COMMANDS)
