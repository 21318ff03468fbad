"""Words of the writing rules (CONTRIBUTING.md, "Writing") that texts for users must not have.

    python -m tests.words

Prints these words with file and line. Docstrings may have no word of rule 2.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
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
#: Data files whose texts stand in menus, help and messages; the others hold texts of Airflow's too.
SUMMARIES = ("knowledge.toml", "rest_words.toml", "summaries.toml", "translations.toml")
#: Words of rule 2, the only ones that are counted in docstrings.
ACTORS = re.compile(rf"\b(?:{RULES[0]})\b", re.IGNORECASE)
#: Code in Markdown: spans in backticks and indented examples.
CODE = re.compile(r"`[^`\n]*`|^    .*$", re.MULTILINE)


def files() -> list[Path]:
    """Return the files whose texts a user reads."""
    package = ROOT / "mwaa_shell"
    documents = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md", *package.glob("docs/*.md")]
    return sorted([*documents, package / "help.txt", *package.rglob("*.py"), *package.glob("airflow/data/*.toml")])


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the texts of a file with their lines: prose of documents, strings of data, messages of code."""
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


def _strings(path: Path, *, alone: bool) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module with their lines: those that are statements of their own, or all others."""
    tree = ast.parse(path.read_text())
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (id(node) in statements) is alone:
            yield node.lineno, node.value


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


def matches_in_docstrings(path: Path) -> list[str]:
    """Return the words of rule 2 in the docstrings of a module, each with its line."""
    return [_at(line, text, match) for line, text in docstrings(path) for match in ACTORS.finditer(text)]


def _at(line: int, text: str, match: re.Match[str]) -> str:
    return f"{line + text.count(chr(10), 0, match.start())}: {match[0]}"


def all_matches() -> list[str]:
    """Return the words in all texts for users and in all docstrings, with file and line."""
    found = []
    for path in files():
        words = matches(path) + (matches_in_docstrings(path) if path.suffix == ".py" else [])
        found += [f"{path.relative_to(ROOT)}:{word}" for word in words]
    return found


if __name__ == "__main__":
    print(*all_matches(), sep="\n")
