"""Held here: no secret is shown, nothing else is covered, a mask is found again, and secrets come back as they were."""

from __future__ import annotations

import json
import random
import shlex
import tomllib
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.command_line import InputKind, parse, quote
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional
from mwaa_shell.airflow.secrets.arguments import secret_flag
from mwaa_shell.airflow.secrets.redaction import fill, find_masks, mask_line, secrets_in
from mwaa_shell.airflow.secrets.values import sensitive
from mwaa_shell.airflow.versions import Version
from tests.counting import calls

V1, V2, V3 = (grammar.load_grammar(version) for version in (Version(1, 10, 12), Version(2, 10, 3), Version(3, 3, 1)))
TREES = (V1, V2, V3, None)
KNOWLEDGE = tomllib.loads((Path(grammar.__file__).parent / "data" / "knowledge.toml").read_text())

#: ``<`` and ``>`` stand around what is secret, and ``|`` between its name and it. Every tree reads a line the same.
LINES = r"""
connections add db --conn-password <--conn-password:pw>
connections add db --conn-password '<--conn-password:two words>'
connections add db --conn-password "<--conn-password:it's>" --conn-host h
connections add db --conn-password=<--conn-password:pw> --conn-port 5432
connections add db --conn-password='<--conn-password:a b>' --conn-port 5432
connections add db '--conn-password=<--conn-password:a b>'
connections add db --conn-pass <--conn-password:pw>
connections add db --conn-p <--conn-password:pw>
connections add db --conn-pasword <--conn-pasword:pw>
connections add db --conn-uri <--conn-uri:postgres://u@h/d?sslkey=x>
connections add db --conn-u=<--conn-uri:postgres://u:p@h/d>
connections add db --conn-extra '<--conn-extra:{"region": "eu", "sslkey": "k"}>'
connections add db --conn-e '<--conn-extra:{"keyfile_dict": {"a": ["}", 1]}, "region": "eu"}>'
connections add db --conn-extra <--conn-extra:anything>
connections add db --conn-extra=<--conn-extra:{}> --conn-type t
connections add db --conn-json '<--conn-json:{"login": "me", "password": "x", "extra": {"token": "t"}}>' --conn-type t
connections add db --conn-j=<--conn-json:{password:x,port:5432}>
dags trigger d -c '{"region": "eu", "aws_secret_access_key": "<aws_secret_access_key:k>"}'
dags trigger d -c "{\"region\": \"eu\", \"Api-Key\": \"<Api-Key:k>\"}"
dags trigger d --conf '{"keyfile_dict": <keyfile_dict:{"a": ["}", 1]}>, "region": "eu"}'
dags trigger d --conf '{"keyfile_dict": "<keyfile_dict:{\"a\": 1}>", "x": "{}"}'
dags trigger d -c '{"login": "me", "password": "<password:x>", "extra": {"token": "<token:t>"}}'
dags trigger d -c '{"extra": "{\"token\": \"<token:t>\", \"n\": 1}"}'
dags trigger d -c '{"password": <password:1234>, "port": 5432}'
connections add db --conn-host https://me:<URI password:pw>@h/
connections -a --conn_id db --conn_uri <--conn_uri:x> --conn_extra '<--conn_extra:{"password": "x"}>' --conn_type t
connections -a --conn_id db --conn_password <--conn_password:x> --conn_login me
users create -u me -r Op -e me@example.com -f A -l B -p <--password:pw>
users create --username me --password <--password:pw> --role Op
users create --username me --pass=<--password:pw>
users create -u me -p<--password:pw>
users create -u me -p='<--password:p w>'
sudo airflow users create -u me --p <--password:pw> -r Op
.watch 5 users create -u me --pa=<--password:pw>
users create -u me -p<--password:-pw>
docker exec c airflow variables set -- private_key <private_key:-pw>
docker exec c airflow dags trigger d '-c={"password": "<password:a=b>"}'
time airflow variables --se my-secret <my-secret:pw>
mysql -p<-p:pw> db
export PGPASSWORD=<PGPASSWORD:pw>
create_user -u me -r Op -p <--password:pw> -e me@example.com
variables set db_password <db_password:pw>
variables set DB-PASSWORD '<DB-PASSWORD:{"a": 1}>'
variables set slack_token "<slack_token:a b>"
variables set db_password <db_password:two> <db_password:words>
variables set -j api_key '<api_key:"k">'
variables -s db_password <db_password:pw>
variables --set db_password <db_password:pw>
variables set warehouse postgres://me:<URI password:p%40w>@h:5432/d?a=b@c
variables set warehouse redis://:<URI password:p@w>@h
variables set warehouse 'amqp://me:<URI password:p/w>@h'
variables set hook https://h/x?a=1&access_token=<access_token:t>&b=2
variables set urls '["https://a:<URI password:p>@h", "https://b:<URI password:q>@h"]'
variables set conf '{"dbs": [{"name": "x", "password": "<password:p>"}], "url": "ftp://u:<URI password:q>@h"}'
variables set conf "{'password': '<password:p>', 'region': 'eu'}"
variables set conf {password:<password:p>,region:eu}
variables set conf {"password": <password:p}>
dags trigger d -c '{"day": "2024-01-01", "auth_token": "<auth_token:t>"}' -r run_1
trigger_dag d --conf='{"day": "2024-01-01", "auth_token": "<auth_token:t>"}'
dags trigger d -c '{"secrets": <secrets:["a", "b"]>, "x": ["a"]}'
dags trigger d -c '{"password": "<password:half typed
dags trigger d -c '{"password": <password:{"half": "ty
connections add db --conn-password '<--conn-password:half typed | x
connections add 'db --conn-password <--conn-password:pw>
connections add db --conn-pass
.send connections add db --conn-password <--conn-password:pw>
airflow connections add db --conn-password <--conn-password:pw>
sudo airflow users create -u me -p <--password:pw>
# connections add db --conn-password <--conn-password:pw>
.script "connections add db --conn-password '<--conn-password:a b>' --conn-host h" curl
.save x 'variables set db_password "<db_password:a b>"'
dags list | post --to https://me:<URI password:pw>@h --token <--token:t> -p 80
dags list > a | b --password=<--password:pw>
dags list | curl -u me:<the password of me:pw> -d @- https://h/
dags list | curl --user 'me:<the password of me:p w>' -T - https://h/
dags list | curl -ume:<the password of me:pw> --proxy-user=<--proxy-user:you:pw> -d @- https://h:80/
dags list | curl -H 'Authorization: <Authorization:Bearer abc>' -H 'Accept: text/plain' -d @- https://h/
dags list | curl -H "X-Api-Key: <X-Api-Key:abc>" -d 'a=1&token=<token:abc>&b=2' https://h/
dags list | curl --cookie x --header=Cookie:<Cookie:a=b> https://h/
dags list | mysql -u me -p<-p:pw> warehouse
dags list | /usr/bin/mysql -u me -p warehouse
dags list | sshpass -p <-p:pw> ssh h cat
dags list | PGPASSWORD=<PGPASSWORD:pw> psql -h h
dags list | MYSQL_PWD='<MYSQL_PWD:p w>' mysql
dags list | jq . | env API_TOKEN=<API_TOKEN:t> b -x a=1
dags list | sh -c 'curl -u me:<the password of me:pw> -d @- https://h/'
dags list | sh -c 'docker login "--password=<--password:a=pw>" registry'
dags list | sh -c 'psql "host=h password=<password:pw>"'
dags list | sh -c 'curl -T - "https://h/?x=1&sig=<sig:pw>"'
dags list | mysql -e "ALTER USER me IDENTIFIED BY '<the password:pw>'"
nonsense --password <--password:pw> --conf '{"token": "<token:t>"}'
""".strip().splitlines()


def has_mask(line: str, tree: Grammar | None = None) -> bool:
    """Whether a mask is where a secret goes, or where any whole value does."""
    return bool(find_masks(line, tree) or find_masks(line, None))


def unmarked(line: str) -> tuple[str, str, list[tuple[str, str]]]:
    """A line of the table as typed, as covered, and the names and texts of its secrets."""
    typed, covered, secrets = "", "", []
    for piece in line.split("<"):
        inside, _, after = piece.partition(">") if typed or covered else ("", "", piece)
        name, _, secret = inside.partition(":")
        if name:
            secrets.append((name, secret))
        typed += secret + after
        covered += (MASK if name else "") + after
    return typed, covered, secrets


@pytest.mark.parametrize("line", LINES)
def test_secrets_are_covered_and_nothing_else(line: str) -> None:
    typed, covered, secrets = unmarked(line)
    for tree in TREES:
        found = secrets_in(typed, tree)
        assert [(span.name, typed[span.start : span.end]) for span in found] == secrets, tree
        result = mask_line(typed, tree)
        assert result.text == covered
        assert bool(result.places) == bool(secrets) == has_mask(covered)
        assert [result.text[place.start : place.end] for place in result.places] == [MASK] * len(secrets)
        assert mask_line(covered, tree).text == covered


@pytest.mark.parametrize("line", LINES)
def test_secrets_come_back_as_they_were(line: str) -> None:
    typed = unmarked(line)[0]
    if parse(typed).problem or "{password:" in typed:
        return  # a line that is not whole, and JSON that is none: there a string gets its quotes
    for tree in TREES:
        answers = [span.value for span in secrets_in(typed, tree)]
        filled = parse(fill(mask_line(typed, tree).text, answers, tree))
        assert list(map(meant, filled.values)) == list(map(meant, parse(typed).values))


def meant(value: str) -> object:
    """What a value says, however it is escaped."""
    try:
        return json.loads(value)
    except ValueError:
        if " --conn-host " in value or value.startswith("variables set"):
            return parse(value).values
        return value.replace("p@w", "p%40w").replace("p/w", "p%2Fw")


@pytest.mark.parametrize(
    "line",
    [
        "variables set password_policy_off",
        "variables get db_password",
        'dags trigger d -c \'{"max_tokens": 4096, "use_token": true, "secret": null, "password": ""}\'',
        "dags trigger d -c '{{ var.value.token }}'",
        "variables set url http://h:8080/a@b",
        "variables set url s3://bucket/password/x",
        "users create --use-random-password -u me -r Op",
        "users list -o json -p",
        "tasks run a b 2024-01-01 -p x --pool secret_pool",
        "dags backfill d -p token",
        "dags list | less -p pattern",
        "dags list | jq '.[] | {dag_id, token: .token}'",
        """dags list | curl -H "Authorization: Bearer $TOKEN" -u "$ME:$PASSWORD" -d token=$TOKEN https://h:443/a:b""",
        "dags list | sort -u -t: -k2 | grep -v 'a: b' | cut -d: -f1",
        "dags list | awk -F= -v n=1 '{print $1}' | ssh -p 22 h 'cat > x'",
        "connections get my_password",
        "tasks run a b c --ignore-depends-on-past d --depends-on-past wait",
        "webserver -p 8080 --ssl-key x",
        ".set prompt-color never",
        "help users create",
        ".save add connections add x --conn-password {pw} --conn-uri '{uri}'",
        """.save add "connections add x --conn-json '{j}' --conn-password {pw}" """,
    ],
)
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    for tree in TREES:
        assert mask_line(line, tree).text == line


@pytest.mark.parametrize("version", grammar.versions(), ids=str)
def test_no_example_is_covered(version: Version) -> None:
    for lines in KNOWLEDGE["examples"].values():
        for line in (one for one in lines if "--conn-extra" not in one):  # which is covered whatever stands there
            assert not secrets_in(line, grammar.load_grammar(version)), line
            assert not secrets_in(line), line


VALUES = ("hello_world", "2024-01-01", '{"day": "2024-01-01", "n": [1, 2]}', "a b", "https://h/x", "4", "[a-z]+", "*")


def ordinary(command: Command, choose: random.Random) -> str:
    """A line of a command without any secret in it."""
    words = command.name.split()
    arguments: list[Positional | Option] = [
        *command.positionals,
        *(one for one in command.options if choose.random() < 0.4 and not secret_flag(one.flags)),
    ]
    for argument in arguments:
        if isinstance(argument, Option):
            words.append(choose.choice(argument.flags))
        count = argument.nargs if isinstance(argument.nargs, int) else 1
        words += [quote(choose.choice(VALUES)) for _ in range(count)]
    return " ".join(words)


@pytest.mark.parametrize("tree", [V1, V2, V3], ids=lambda tree: str(tree.version))
def test_no_line_without_secrets_is_covered(tree: Grammar) -> None:
    choose = random.Random(5)
    commands = list(tree.commands())
    for _ in range(1000):
        line = ordinary(choose.choice(commands), choose)
        assert not secrets_in(line, tree), line
        assert not secrets_in(line), line


def test_which_flags_are_secret() -> None:
    """All flags of all trees that are; a new Airflow may bring more."""
    trees = map(grammar.load_grammar, grammar.versions())
    options = (option for tree in trees for command in tree.commands() for option in command.options)
    flags = {secret_flag(option.flags) for option in options if option.takes_value}
    dashed = {"--conn-uri", "--conn-password", "--conn-extra", "--conn-json"}
    assert flags - {""} == {"--password", "--conn_uri", "--conn_password", "--conn_extra", *dashed}


def test_quotes_that_end_inside_a_secret() -> None:
    line = """variables set conf '{"token": "a'"b"'", "k": 1, "api_key": "c'"d"'"}' | jq ."""
    covered = """variables set conf '{"token": "***", "k": 1, "api_key": "***"}' | jq ."""
    assert mask_line(line, V2).text == covered
    assert fill(covered, ["it's", "y"], V2) == (
        r"""variables set conf "{\"token\": \"it's\", \"k\": 1, \"api_key\": \"y\"}" | jq ."""
    )


def test_names_of_ones_own() -> None:
    line = "variables set pin_code 1234"
    assert mask_line(line, V2).text == line
    for pattern in ("PIN", "pin_*", "*_code"):
        assert mask_line(line, V2, (pattern,)).text == f"variables set pin_code {MASK}"
    assert not sensitive("shopping", ("pin_*", ""))
    assert has_mask(f"variables set pin_code {MASK}"), "also where nobody knows the pattern any more"


@pytest.mark.parametrize("line", ["variables set x ***", "dags list -d '***'", 'dags trigger x -c \'{"k": "***"}\''])
def test_a_mask_is_known_wherever_one_may_stand(line: str) -> None:
    assert has_mask(line, V2)
    assert fill(line, ["a b"], V2).replace("'a b'", "a b") == line.replace("'***'", MASK).replace(MASK, "a b")


@pytest.mark.parametrize("line", ["variables set x a***b", "dags list", "variables set x '** * **'", ""])
def test_what_is_no_mask(line: str) -> None:
    assert not has_mask(line, V2)


def test_answers_are_one_for_each_mask() -> None:
    with pytest.raises(ValueError, match="1 masks, 0 answers"):
        fill("connections add db --conn-password ***", [])
    assert fill("variables set token ***", [MASK]) == f"variables set token '{MASK}'"


ANSWERS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@given(ANSWERS, ANSWERS)
def test_any_answer_arrives(first: str, second: str) -> None:
    shell = 'connections add db --conn-password=*** --conn-port \'{"token": "***", "n": 1}\' | jq .'
    filled = fill(shell, [first, second], V2)
    values = shlex.split(filled)
    assert parse(filled).values == tuple(values[:-3])
    assert values[3] == f"--conn-password={first}"
    assert json.loads(values[5]) == {"token": second, "n": 1}


STARTS = ("connections add x --conn-password ", "users create -u me -p", "variables set db_password ")


@given(ANSWERS, st.sampled_from(["'", '"', ""]), st.sampled_from(STARTS), st.sampled_from(TREES))
def test_every_beginning_of_a_secret_is_covered(secret: str, quotes: str, start: str, tree: Grammar | None) -> None:
    """As somebody types it: an opened quote, and a backslash that waits for its character, may stand beside it."""
    word = quote("s" + secret) if not quotes or quotes in secret or "\\" in secret else f"{quotes}s{secret}{quotes}"
    for length in range(1, len(word) + 1):
        shown = mask_line(start + word[:length], tree).text.removeprefix(start)
        assert not set(shown) - set(MASK + "'\"\\"), shown


def test_no_line_raises() -> None:
    """Lines of anything: pieces of secrets, quotes, brackets and control characters."""
    pieces = [
        *" \t'\"\\{}[]:,|>#=-\x00\x1bäü漢\ud800",
        MASK,
        "--conn-extra",
        "--password",
        "-p",
        "token",
        "://a:b@",
        "set",
    ]
    pieces += [".send ", "connections add ", "variables set ", "users create ", "variables -s ", '{"token": "', "\\u00"]
    choose = random.Random(7)
    for _ in range(3000):
        line = "".join(choose.choices(pieces, k=choose.randrange(30)))
        tree = choose.choice(TREES)
        result = mask_line(line, tree)
        if parse(line).kind is InputKind.AIRFLOW and not parse(line).problem:
            assert mask_line(result.text, tree).text == result.text, line
        answers = ["x"] * len(find_masks(result.text, tree))
        fill(result.text, answers, tree)
        find_masks(line, tree, ("a*",))


@given(st.text(), st.sampled_from(TREES))
def test_no_text_raises(text: str, tree: Grammar | None) -> None:
    spans = secrets_in(text, tree)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))


def test_typing_does_not_wait() -> None:
    conf = json.dumps({f"key_{number}": f"value {number}" for number in range(40)} | {"token": "t"})
    for line in (*(unmarked(line)[0] for line in LINES), f"dags trigger hello_world -r run_1 -c '{conf}'"):
        secrets_in(line, V2)  # what is read once
        assert calls(partial(secrets_in.__wrapped__, line, V2)) < 3000, line


@pytest.mark.parametrize("piece", ["'", "|", '{"token":', "\\", '"{'])
def test_a_huge_line_takes_no_more_than_its_length(piece: str) -> None:
    for line in LINES:
        secrets_in(unmarked(line)[0], V2)  # what is read once

    def least(count: int) -> int:
        return min(calls(partial(secrets_in, f"variables set {name} {piece * count}", V2)) for name in "abc")

    assert least(16_000) < 4.2 * least(4000)


@pytest.mark.parametrize(
    ("line", "answer", "becomes"),
    [
        ('version | curl -H "Token: ***" -d $HOME', 'a"$b`', r'version | curl -H "Token: a\"\$b\`" -d $HOME'),
        ("version | curl -u 'me:***'", "it's", """version | curl -u 'me:it'"'"'s'"""),
        ("version | curl -d token=***&x=$HOME", "a b", "version | curl -d token='a b'&x=$HOME"),
        ("version | sh -c 'TOKEN=***'", "t x", "version | sh -c 'TOKEN=t x'"),
    ],
)
def test_what_this_machine_expands_stays(line: str, answer: str, becomes: str) -> None:
    assert fill(line, [answer], V2) == becomes


@pytest.mark.parametrize(
    ("line", "covered"),
    [
        (".do add id=x pw=hunter2", ".do add id=x pw=***"),
        (".do add pw='hun ter' id=pw", ".do add pw='***' id=pw"),
        (".do pw pw", ".do pw pw"),
        (""".do add conf='{"token": "t", "n": 1}'""", """.do add conf='{"token": "***", "n": 1}'"""),
        (".do add uri=pg://u:hunter2@h/d", ".do add uri=pg://u:***@h/d"),
    ],
)
def test_values_of_a_saved_command(line: str, covered: str) -> None:
    for tree in TREES:
        assert mask_line(line, tree, assigned=frozenset({"pw"})).text == covered
        assert mask_line(covered, tree, assigned=frozenset({"pw"})).text == covered


@pytest.mark.parametrize("before", [".save x ", "# ", "  # ", ".save x\t"])
def test_a_request_behind_another_dot_command_is_masked(before: str) -> None:
    line = f"{before}.rest POST /variables -f key=db_password -f value=s3cret"
    assert mask_line(line).text == line.replace("s3cret", "***")
    assert mask_line(line, V2).text == line.replace("s3cret", "***")
