"""Messages about a wrong word or value, with a similar word or choices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mwaa_shell.errors import UsageError

#: Choices that a message names at most.
MOST_CHOICES = 5


def closest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known word that is most similar to a word, or ``None``."""
    import difflib  # 7 ms, and only for a mistake

    names = {name.lstrip("-."): name for name in known}  # a common dash or dot is not a similarity
    found = difflib.get_close_matches(word.lstrip("-."), list(names), 1, cutoff)
    return names[found[0]] if found else None


def suggest(name: str | None) -> str:
    """Return a question for the end of a message, after a blank; empty without a name."""
    return f". Did you mean '{name}'?" if name else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the question about a similar word, or an empty string."""
    return suggest(closest(word, known))


def listed(values: Sequence[str], more: str = "") -> str:
    """Return five values as a list, and the number of further ones.

    ``more`` names the command that lists all. A sixth value is named too, because a count of one is not shorter.
    """
    left = len(values) - MOST_CHOICES
    if left <= 1:
        return ", ".join(values)
    return f"{', '.join(values[:MOST_CHOICES])} and {left} more{f' ({more})' if more else ''}"


def join_choices(values: Iterable[object]) -> str:
    """Return the values as a choice: ``a, b or c``."""
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}" if first else last


def shorten_word(text: str) -> str:
    """Return a word for the quotes of a message: in one line of at most 40 characters."""
    plain = " ".join(text.split())
    return plain if len(plain) <= 40 else f"{plain[:37]}..."


def must_be(name: str, takes: str | Sequence[object], value: object) -> str:
    """Return the message about a wrong value, with the range or choices of ``name``.

    ``None`` is a value that must not be shown.
    """
    text = str(value)
    number = re.fullmatch(r"-?[0-9.]{1,20}", text)
    shown = "" if value is None else f", not {text}" if number else f", not '{shorten_word(text)}'"
    if isinstance(takes, str):
        return f"{name} must be {takes}{shown}"
    return f"{name} must be {join_choices(takes)}{shown}{did_you_mean(text.lower(), map(str, takes))}"


def unknown(kind: str, word: str, known: Sequence[str], more: str = "") -> UsageError:
    """Return the error about an unknown word of a kind. ``more`` names the command that lists all words."""
    message = f"Unknown {kind} '{shorten_word(word)}'{did_you_mean(word.lower(), known)}"
    return UsageError(message, hint=f"Use one of: {listed(known, more)}.")


#: Messages of argparse in the words of the shell; a name such as ``-f/--file`` is shortened to its last form.
_ARGPARSE = (
    (r"argument (\S+): expected (?:one|at least one) argument", r"\1 requires a value"),
    (r"argument (\S+): invalid int value: (.*)", r"\1 must be a whole number, not \2"),
    (r"argument (\S+): invalid float value: (.*)", r"\1 must be a number, not \2"),
    (r"argument (\S+): not allowed with argument (\S+)", r"\1 and \2 cannot be combined"),
    (r"argument (\S+): ignored explicit argument (.*)", r"\1 takes no value, not \2"),
    (r"argument (\S+): (must be .*)", r"\1 \2"),
    (r"the following arguments are required: (.*)", r"requires \1"),
)


def reword(message: str, flags: Sequence[str]) -> str:
    """Return a message of argparse in the words of the shell."""
    unknown = re.fullmatch(r"unrecognized arguments: (\S+).*", message, re.DOTALL)
    if unknown:
        word = unknown[1].partition("=")[0]
        if word.startswith("-"):
            return f"Unknown option '{word}'{did_you_mean(word, flags)}"
        return f"Unexpected argument '{unknown[1]}'"
    choice = re.fullmatch(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", message, re.DOTALL)
    if choice:
        return must_be(choice[1].rpartition("/")[2], re.findall(r"[^\s,']+", choice[3]), choice[2])
    for pattern, words in _ARGPARSE:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return re.sub(r"(?<!\S)-\w/(?=--)", "", found.expand(words))
    return message
