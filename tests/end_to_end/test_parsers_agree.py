"""Our validator and argparse agree: asked about made-up lines, it refuses none that the Airflow's own parser takes."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.arguments import fewest, flags_of, understand
from mwaa_shell.airflow.command_line import InputKind, parse
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional
from mwaa_shell.airflow.validation import JSON_FLAGS, validate
from mwaa_shell.local import provision
from tests import grammars

pytestmark = pytest.mark.airflow

SCRIPT = Path(__file__).parent / "parse_lines.py"
#: How many lines are made for each version.
LINES = 1000
GOOD = {
    "int": ("0", "7", "-1", "1_000", " 5 ", "+3"),
    "float": ("1.5", "-2", "1e3", "nan", ".5"),
    "positive_int": ("1", "25"),
    "positive_int(allow_zero=False)": ("1", "25", " 2"),
    "positive_int(allow_zero=True)": ("0", "9"),
    "json.loads": ("{}", '{"A": "b"}', "[1, 2]", "null"),
    "FileType": ("out.json", "-"),
    "directory": ("/tmp",),
    "parsedate": (
        *("2021-01-02", "2021-01-02T03:04:05+00:00", "2021-01-02 03:04", "20210102", "2021-01-02T03:04:05Z", "now"),
        *("Jan 5 2021", "5 January 2021 10pm", "monday", "2021-W10", "2021-05", "10:30", "2021/3/4", "2021-01-02 UTC"),
        *("P1D", "PT5M", "2021-01-01/2021-01-02", "12/31/2021", "31/12/2021", "2021-13-05", "Fri, 1 Jan 2021 10h5m"),
        *("2021-060", "1st of May 2021", "1609459200", "10 PM EST", "2021-01-02T03", "March"),
    ),
}
BAD = {
    "int": ("x", "5.0", "", "1e3", "--"),
    "float": ("x", "1,5", ""),
    "positive_int": ("-3", "0", "x"),
    "positive_int(allow_zero=False)": ("-3", "0", "x", "1.0"),
    "positive_int(allow_zero=True)": ("-1", "x"),
    "json.loads": ("{", "{'a': 1}", "", "nope"),
    "directory": ("/no/such/folder",),
    "parsedate": ("yesterday", "tomorrow", "x", "manual__2021-01-01", "2021-00-10", "2021-02-77", "2021-44-10", ""),
}
TEXTS = ("my_dag", "x", "a b", "manual__2021-01-01T00:00:00+00:00", "it's", "a=b", "-1", "-1.5", "", "-", "1,2", "- a")
#: Of JSON that is malformed argparse knows nothing: Airflow refuses it later.
JSON_LATER = re.compile(r"^The JSON of | must be a JSON object")
CONF = ("{}", '{"a": 1}', '{"a": {"b": [1, "c d"]}}', "null")


@dataclass
class Typed:
    """A line as somebody might type it: what it is made of can still be broken."""

    command: Command
    words: list[str]
    pieces: list[list[str]]  #: each argument's words: a flag and its values, or one positional

    def argv(self) -> list[str]:
        return [*self.words, *(word for piece in self.pieces for word in piece)]


def value(random: Random, argument: Option | Positional) -> str:
    """One that is fine."""
    if argument.choices:
        return str(random.choice(argument.choices))
    if isinstance(argument, Option) and not set(JSON_FLAGS).isdisjoint(argument.flags):
        return random.choice(CONF)
    return random.choice(GOOD.get(argument.type or "", TEXTS))


def bad_value(random: Random, argument: Option | Positional) -> str | None:
    """One that is refused; None where any text will do."""
    if argument.choices:
        return random.choice((f"{random.choice(argument.choices)}x", "nope", ""))
    return random.choice(BAD[argument.type]) if argument.type in BAD else None


def values(random: Random, argument: Option | Positional) -> list[str]:
    fewest_words = fewest(argument.nargs)
    most = {None: 1, "?": 1, "*": 3, "+": 3}.get(argument.nargs if not isinstance(argument.nargs, int) else None, 1)
    count = argument.nargs if isinstance(argument.nargs, int) else random.randint(fewest_words, most)
    return [value(random, argument) for _ in range(count)]


def spelled(random: Random, command: Command, option: Option) -> list[str]:
    """A flag and its values, in one of the ways to write them."""
    flag, given = random.choice(option.flags), values(random, option)
    if flag.startswith("--") and random.random() < 0.3:
        others = [name for name in flags_of(command) if name not in option.flags]
        ends = range(3, len(flag))
        unclear = [any(other.startswith(flag[:end]) for other in others) for end in ends]
        flag = next((flag[:end] for end, several in zip(ends, unclear, strict=True) if not several), flag)
    if len(given) == 1 and option.nargs not in (0, 1) and (random.random() < 0.4 or given[0].startswith("-")):
        return [f"{flag}={given[0]}" if flag.startswith("--") or random.random() < 0.3 else flag + given[0]]
    return [flag, *given]


def valid(random: Random, tree: Grammar, names: tuple[str, ...]) -> Typed:
    """A line in which nothing is meant to be wrong."""
    command = tree.named(random.choice(names))
    assert command is not None
    wanted = [one for one in command.options if one.required]
    spare = [one for one in command.options if not one.required]
    wanted += random.sample(spare, min(len(spare), random.choice((0, 1, 1, 2, 3))))
    flags = [spelled(random, command, one) for one in wanted]
    given = [(one, values(random, one)) for one in command.positionals]
    positionals = [[word] for _, words in given for word in words]
    random.shuffle(flags)
    shape = random.random()
    if shape < 0.5:
        pieces = [*positionals, *flags]
    elif shape < 0.7 and positionals:
        pieces = [*flags, ["--"], *positionals]
    else:
        pieces = list(flags)
        for index, place in enumerate(sorted(random.randint(0, len(flags)) for _ in positionals)):
            pieces.insert(place + index, positionals[index])
    return Typed(command, command.name.split(), pieces)


def misspelled(random: Random, word: str) -> str:
    place = random.randrange(len(word))
    return random.choice((word[:place] + word[place + 1 :], f"{word[:place]}q{word[place:]}", word + word[-1:]))


def misspell_command(random: Random, line: Typed) -> None:
    place = random.randrange(len(line.words))
    line.words[place] = misspelled(random, line.words[place])


def lose_command(random: Random, line: Typed) -> None:
    line.words.pop()


def misspell_flag(random: Random, line: Typed) -> None:
    flags = [piece for piece in line.pieces if piece and piece[0].startswith("--") and len(piece[0]) > 3]
    if flags:
        piece = random.choice(flags)
        name, equals, rest = piece[0].partition("=")
        piece[0] = "--" + misspelled(random, name[2:]) + equals + rest


def unknown_flag(random: Random, line: Typed) -> None:
    line.pieces.insert(
        random.randint(0, len(line.pieces)), [random.choice(("--nope", "--nope=1", "-Z", "-Zx", "--No"))]
    )


def lose_word(random: Random, line: Typed) -> None:
    if line.pieces:
        piece = random.choice(line.pieces)
        piece.pop(random.randrange(len(piece)))


def one_too_many(random: Random, line: Typed) -> None:
    line.pieces.insert(random.randint(0, len(line.pieces)), [random.choice(("much", "a b", "-5", ""))])


def spoil_value(random: Random, line: Typed) -> None:
    spoilt = [(one, bad_value(random, one)) for one in line.command.options]
    found = [(one, bad) for one, bad in spoilt if bad is not None]
    if found:
        option, bad = random.choice(found)
        flag = random.choice(option.flags)
        joined = f"{flag}={bad}" if flag.startswith("--") else flag + bad
        line.pieces.append(random.choice(([flag, bad], [joined])))


def value_for_switch(random: Random, line: Typed) -> None:
    switches = [flag for one in line.command.options if one.nargs == 0 for flag in one.flags]
    if switches:
        line.pieces.append([f"{random.choice(switches)}=1"])


def shorten_too_much(random: Random, line: Typed) -> None:
    flag = random.choice(list(flags_of(line.command)))
    line.pieces.append([flag[: random.randint(2, len(flag))] if flag.startswith("--") else flag[:2]])


def cluster(random: Random, line: Typed) -> None:
    switches = [one for one in flags_of(line.command) if not one.startswith("--")]
    line.pieces.append(["-" + "".join(flag[1] for flag in random.choices(switches, k=random.randint(2, 3)))])


def soup(random: Random, line: Typed) -> None:
    """Anything in any order."""
    words = [*flags_of(line.command), *TEXTS, "--", "--", "2021-01-01", "5"]
    line.pieces = [[word] for word in random.choices(words, k=random.randint(0, 6))]


def help_wanted(random: Random, line: Typed) -> None:
    breaks = random.choice((unknown_flag, one_too_many, spoil_value, lose_word, soup))
    breaks(random, line)
    line.pieces.insert(random.randint(0, len(line.pieces)), [random.choice(("-h", "--help", "--hel"))])


def bad_conf(random: Random, line: Typed) -> None:
    line.pieces.append(["--conf", random.choice(("{", "{'a': 1}", "", '{"a": 1,}'))])


def nothing(random: Random, line: Typed) -> None:
    pass


BREAKS: tuple[Callable[[Random, Typed], None], ...] = (
    *(misspell_command, lose_command, misspell_flag, unknown_flag, lose_word, one_too_many, spoil_value),
    *(value_for_switch, shorten_too_much, cluster, soup, soup, help_wanted, bad_conf, nothing, nothing, nothing),
)


def made_up(tree: Grammar) -> dict[str, tuple[str, list[str]]]:
    """The texts of lines, what was done to each, and the words that argparse is asked about."""
    random = Random(str(tree.version))  # the same ones each time
    hidden = "celery " if tree.version < (2, 7) else " "  # refused while another executor is configured
    names = tuple(name for name in tree.names if not name.startswith(hidden))
    found: dict[str, tuple[str, list[str]]] = {}
    while len(found) < LINES:
        line = valid(random, tree, names)
        breaks = random.choice(BREAKS)
        breaks(random, line)
        words = line.argv()
        read = parse(shlex.join(words))
        if read.kind is InputKind.AIRFLOW and words[:1] != ["celery"]:
            assert list(read.values) == words
            found[read.text] = (breaks.__name__, words)
    return found


def asked(installed: provision.Installation, folder: Path, lines: list[list[str]]) -> list[tuple[bool, str]]:
    """What the Airflow's parser says to each line."""
    done = subprocess.run(
        [installed.python, "-I", str(SCRIPT)],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        env=grammars._environment(installed, folder),
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [(taken, said) for taken, said, *_ in json.loads(done.stdout)[0]]


def test_no_line_is_refused_that_airflow_takes(
    with_its_providers: provision.Installation, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    version = with_its_providers.recipe.version
    tree = grammar.load_grammar(version)
    lines = made_up(tree)
    answers = asked(with_its_providers, tmp_path, [words for _, words in lines.values()])
    false_alarms, missed, refused = [], [], 0
    for (text, (kind, _)), (taken, said) in zip(lines.items(), answers, strict=True):
        problem = validate(understand(parse(text), tree))
        if "pip install" in said:
            continue  # what the command needs is not installed here; its grammar is not at fault
        refused += not taken
        if taken and problem is not None and not JSON_LATER.search(problem.message):
            false_alarms.append(f"{text}: {problem.message}")
        if not taken and problem is None:
            missed.append((kind, text, said.strip().splitlines()[-1:]))
    caught = 1 - len(missed) / refused
    figures = {"lines": len(lines), "refused": refused, "false_alarms": len(false_alarms), "caught": round(caught, 4)}
    for name, figure in figures.items():
        record_property(name, figure)
    print(f"\nAirflow {version}: {figures}; missed: {dict(Counter(kind for kind, _, _ in missed))}")
    for one in missed:
        print("  missed", one)
    assert false_alarms == []
    assert caught >= 0.95
