"""Characters that web pages, word processors and other shells put into a command."""

from __future__ import annotations

import re
import unicodedata

from mwaa_shell.airflow.command_line import BLANKS, InputKind, ParsedLine, Problem, Word, letters_of

SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
DOUBLE_QUOTES, SINGLE_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb", "\u2018\u2019\u201a\u201b\u2032"
CHARACTERS = re.compile(f"[{SPACES}{INVISIBLE}{DASHES}{DOUBLE_QUOTES}{SINGLE_QUOTES}]")
#: The same, and references that a POSIX shell would expand.
SIGNS = re.compile(rf"{CHARACTERS.pattern}|\$[A-Za-z_]\w*|\$\{{[^}}]*\}}|\$\(|`")
#: Words that join commands, or read a file, in a POSIX shell. A ``;`` does it at the end of any word.
OPERATORS = ("&&", "&", "<", ";")
#: The prompts of shells in front of a command, such as ``$``, ``(venv) me@host:~$``, ``%`` and ``my-env>``.
PROMPT = re.compile(
    rf"[{BLANKS}]*((?:[(\[][^()\[\]]*[)\]][{BLANKS}]*)?[^\s'\"=]*[$%>\u276f\u00bb])[{BLANKS}]+(?=[^{BLANKS}])"
)


def odd_character_in(line: ParsedLine, is_command: bool | None = None) -> Problem | None:
    """Return the first odd character, operator or prompt of a shell in a command.

    ``is_command`` is whether a command or a group begins with its first word, ``None`` while that is unknown. A command
    after ``.send`` and a comment are not looked at.
    """
    if line.kind is InputKind.BLANK or line.values[:1] == (".send",):
        return None
    is_airflow = line.kind is InputKind.AIRFLOW
    prompt = PROMPT.match(line.text) if is_airflow else None
    if prompt is not None and (prompt[1][-1] != ">" or _is_no_redirection(line, is_command)):
        return Problem(f"'{prompt[1]}' is the prompt of a shell", prompt.start(1), True, hint="Delete it.")
    for word in line.words:
        problem = _in_word(line.text, word, SIGNS if is_airflow else CHARACTERS)
        if problem is None and is_airflow:
            problem = _operator(line.text, word, is_last=word == line.words[-1])
        if problem is not None:
            return problem
    return None


def _is_no_redirection(line: ParsedLine, is_command: bool | None) -> bool:
    """Return whether ``my-env> dags list`` begins with a prompt and redirects nothing."""
    if not line.words:
        return True
    return len(line.words) == 1 and (line.problem is not None if is_command is None else not is_command)


def _in_word(text: str, word: Word, odd: re.Pattern[str]) -> Problem | None:
    if odd.search(text, word.start, word.end) is None:
        return None
    for start, end, quotes in letters_of(text, word):
        found = odd.match(text, start, word.end) if end == start + 1 and quotes != "'" else None
        would_expand = found is not None and found[0].startswith("$") and "'" not in word.value  # between double quotes
        if found is not None and (not quotes or would_expand):
            message, hint = _message(text, found, word)
            return Problem(message, start, True, hint=hint)
    return None


def _operator(text: str, word: Word, *, is_last: bool) -> Problem | None:
    """Return the problem of an operator, which Airflow would take for an argument."""
    typed = text[word.start : word.end]
    if typed not in OPERATORS:
        if not typed.endswith(";") or letters_of(text, word)[-1] != (word.end - 1, word.end, ""):
            return None
        typed = ";"
    hint = "Delete it, or put it in quotes." if is_last else "Write one command a line, or put it in quotes."
    hint = "Put it in quotes to send it so." if typed == "<" else hint
    return Problem(f"{typed} would be sent as text", word.end - len(typed), True, hint=hint)


def _message(text: str, found: re.Match[str], word: Word) -> tuple[str, str]:
    """Return the message and the hint about a character."""
    char, position = found[0][0], found.start()
    if char in "$`":
        return f"{found[0]} would be sent as text", "Put it in single quotes to send it so."
    name = description_of(char)
    if char in SPACES:
        return f"The command contains {name}", "Type a space, or put it in quotes."
    if char in INVISIBLE:
        return f"The command contains {name}", "Delete it, or put it in quotes."
    typed = '"' if char in DOUBLE_QUOTES else "'" if char in SINGLE_QUOTES else "-"
    if char in DASHES and position == word.start and text[position + 1 : position + 3].isalpha():
        typed = "--" if position + 2 < word.end else "-"
    return f"{char} is {name}", f"Type {typed}, or put it in quotes."


def description_of(char: str) -> str:
    """Return the name of an odd character and its number; empty for others."""
    if CHARACTERS.match(char) is None:
        return ""
    name = unicodedata.name(char, "odd character").lower().replace("hyphen", "typographic hyphen")
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name} (U+{ord(char):04X})"
