"""Words that break the rules of "Writing" in CONTRIBUTING.md.

    python -m tests.words

Prints these words, and long summaries of docstrings, with file and line.
"""

from __future__ import annotations

import ast
import re
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: How texts begin that are not of the shell: of AWS, of Airflow, of commands and of programs.
FOREIGN = (
    "The request signature we calculated does not match",
    "Dag '{}' could not be found",
    "import sys",
    "echo north",
    "{{ 'echo the table",
    "\ndef for_uri",
)
#: Rules 2 to 5 and 7: indefinite actors, archaic verbs, "we", British spelling, names that a reader cannot know.
RULES = (
    r"nobody|somebody|whoever|anybody|who asks|what came|one that",
    r"(?:is|are) none|anew|mend(?:s|ed)?|is over|stands?|tells?|wants?|by itself|of its own accord|behind|go(?:es)? on",
    r"brings?|goes to|has to be said",
    r"we|us(?!-)|our|ours",
    r"colour(?:s|ed)?|grey|cancelled|licence",
    r"private MWAAs?|directives?|rails|verdicts?|CLI slots?|repl(?:y|ies)",
)
WORDS = re.compile(rf"(?<![\w.$/-])(?:{'|'.join(RULES)})(?![\w/=-])", re.IGNORECASE)
#: Rule 6 for messages: no semicolon joins sentences.
MESSAGES = re.compile(rf"{WORDS.pattern}|; ", re.IGNORECASE)
#: Data files whose texts are in menus, help and messages; the others hold texts of Airflow's too.
SUMMARIES = ("knowledge.toml", "rest_words.toml", "summaries.toml", "translations.toml")
#: Rule 21: the first sentence of a docstring, and its most characters.
SENTENCE, LONGEST_SENTENCE = re.compile(r".*?(?:\.(?=\s)|\Z)", re.DOTALL), 80
#: Code in Markdown: spans in backticks and indented examples.
CODE = re.compile(r"`[^`\n]*`|^    .*$", re.MULTILINE)


def files() -> list[Path]:
    """Return the files whose texts a user reads."""
    package = ROOT / "mwaa_shell"
    documents = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md", *package.glob("docs/*.md")]
    return sorted([*documents, package / "help.txt", *package.rglob("*.py"), *package.glob("airflow/data/*.toml")])


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a file with their lines: prose, values or messages."""
    content = path.read_text()
    if path.suffix == ".py":
        yield from ((line, text) for line, text in _strings(path, alone=False) if " " in text)
    elif path.suffix == ".toml":
        for text in _values(tomllib.loads(content)):
            yield content.count("\n", 0, max(content.find(text), 0)) + 1, text
    else:
        yield 1, CODE.sub("", content)


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the docstrings of a module with their lines."""
    return _strings(path, alone=True)


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the comments of a module with their lines."""
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def _strings(path: Path, *, alone: bool) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module with their lines, statements or all others."""
    yield from ((line, text) for line, text, is_statement in _all_strings(path) if is_statement is alone)


@cache
def _all_strings(path: Path) -> list[tuple[int, str, bool]]:
    """Return the strings of a module with their lines, and whether they are statements."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    statements = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = [node for node in nodes if isinstance(node, ast.Constant)]
    return [(node.lineno, node.value, id(node) in statements) for node in constants if isinstance(node.value, str)]


def _values(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from _values(member)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item)
    elif isinstance(value, str) and " " in value:
        yield value


def matches(path: Path) -> list[str]:
    """Return the words of the rules in the texts of a file, each with its line."""
    own = ((line, text) for line, text in texts(path) if not text.startswith(FOREIGN))
    banned = MESSAGES if path.suffix == ".py" or path.name in SUMMARIES else WORDS
    return [_at(line, text, match) for line, text in own for match in banned.finditer(text)]


def matches_in_code(path: Path) -> list[str]:
    """Return the words in docstrings and comments, and long summaries, with lines."""
    summaries = ((line, SENTENCE.match(text)) for line, text in docstrings(path))
    found = [
        f"{line}: {len(one[0])} characters, at most {LONGEST_SENTENCE}: {one[0]}"
        for line, one in summaries
        if one is not None and len(one[0]) > LONGEST_SENTENCE
    ]
    remarks = (*docstrings(path), *comments(path))
    return found + [_at(line, text, match) for line, text in remarks for match in WORDS.finditer(text)]


def _at(line: int, text: str, match: re.Match[str]) -> str:
    return f"{line + text.count(chr(10), 0, match.start())}: {match[0]}"


def all_matches() -> list[str]:
    """Return all matches with file and line."""
    found = []
    for path in files():
        words = matches(path) + (matches_in_code(path) if path.suffix == ".py" else [])
        found += [f"{path.relative_to(ROOT)}:{word}" for word in words]
    return found


if __name__ == "__main__":
    print(*all_matches(), sep="\n")
