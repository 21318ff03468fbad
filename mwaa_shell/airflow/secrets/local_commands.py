"""Secrets of the commands of this machine, after ``|``.

A few rules hold for all programs, and only what is certainly a secret counts:

- the value of a flag with a secret's name, passwords in URIs, JSON members: as in an Airflow command;
- the password of ``name:password`` after ``-u`` and similar flags, as curl takes it, and of ``name:password@host``;
- the value of ``Name: value`` and of ``NAME=value`` where the name is a secret's: headers, variables, form fields;
- passwords in SQL;
- for programs in ``data/secret_programs.toml``, what each takes in its own way.

A quoted command, as after ``sh -c``, is read by the same rules. A reference that a shell or jq expands is no secret:
``$TOKEN``, or ``.password``. Patterns of several words are applied to all words of a command, each after a NUL.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from mwaa_shell.airflow.command_line import BLANKS, Word, letters_of, word_at
from mwaa_shell.airflow.grammar import data_of
from mwaa_shell.airflow.secrets.arguments import MISSPELT, Piece, secret_arguments
from mwaa_shell.airflow.secrets.values import Named, SecretPart, is_data, shift

#: Characters of a word without quotes. ``;&()`` and backticks belong to a word if its text continues after them, as in
#: an unquoted URL: a password may contain them.
UNQUOTED = re.compile(r"(?:[^ \t\r\n|<>'\"\\;&()`]|[;&()`](?<=[^\s'\"$=|<>;&()`].)(?=[^\s|<>;&()`}]))+")
REDIRECTION = re.compile(r"(?:\d*|&)(?:<<-|<{1,3}|>{1,2})[&|]?(?!\()")
#: Quoted commands in quoted commands, as in ``ssh host 'sh -c "..."'``.
DEEPEST = 3


class SecretSyntax(NamedTuple):
    """The places of secrets in the words of one program. Blanks separate flags."""

    takes: str = ""  #: the value of these is secret: the next word, or joined
    joins: str = ""  #: values joined to these are secret; the next word is not
    logins: str = ""  #: these take NAME:PASSWORD, or one of ``%/,`` in the place of the colon
    pairs: str = ""  #: a name follows these and, in the next word, its value
    assigns: str = ""  #: these take NAME=VALUE, and any value is secret; ``*`` is any word of that form
    words: Sequence[int] = ()  #: which of the words after the key are secret, from 1; flags do not count; -1: the last
    prefix: str = ""  #: the rest of the word after this is secret
    switches: str = ""  #: letters of flags without a value, which may be in one word before a flag that has one


#: The syntax of any program. The switches are those of curl.
ANY = SecretSyntax(
    logins="-u -U --user --proxy-user --basic-auth --auth --creds --userpass",
    pairs="--arg --argjson",
    switches="0123456aBfgGiIjJklLMnNOpqRsSvVZ#",
)
LOGIN_AT_HOST = re.compile(r"[^\s/:@=]+:(?!//)(?P<secret>\S+)@(?!sha\d)[\w.-]+(?::\d+)?(?:/\S*)?")
HEADER = re.compile(r"\s*(?:--?[A-Za-z]+=)?(?P<name>[\w-]+):[ \t]*(?P<secret>\S.*)", re.DOTALL)
#: Names of secrets that Airflow does not know.
NAMES = ("cookie", "set-cookie", "rediscli_auth")
#: The rest of the word, but for the next field of a form.
VARIABLE = re.compile(
    r"(?:--?[A-Za-z][\w-]*=)?(?P<name>[\w.-]+)=(?P<secret>(?:(?!&[\w.-]+=[^=]).)+)(?:&.*)?", re.DOTALL
)
FIELD = re.compile(
    r"(?<![\w.-])(?P<name>[\w.-]+)=(?=(?P<quote>['\"])?(?P<secret>"
    r"(?(quote)(?:(?!(?P=quote))[^\\]|\\.)+|(?:(?![&;](?:[\w. -]*=|\s|\Z)|['\"](?:\s|\Z))\S)+)))",
    re.DOTALL,
)
SQL = re.compile(
    r"(?i)\b(?:password|identified\s+(?:with\s+\S+\s+)?by)\s+(?:=\s*)?(?P<quote>['\"])"
    r"(?P<secret>(?:(?P=quote){2}|\\.|(?!(?P=quote)).)+)",
    re.DOTALL,
)
#: A long flag after one dash, by the end of its name, and its value.
ONE_DASH = re.compile(
    r"\0(?P<flag>-(?:[A-Za-z][\w-]*(?:password|passwd|passphrase|pass|token|secret|apikey|pwd)|pass(?:word)?|token|secret))"
    r"(?=\0(?P<secret>[^-\0][^\0]*))"
)
#: Credentials after their kind, as the value of a header or with the letters of a code: "Basic checks" has none.
CREDENTIALS = re.compile(
    r"(?:[:=]\s*['\"]?[Bb](?:earer|asic)\s+(?=[^\s'\";]{4})"
    r"|\b[Bb](?:earer|asic)\s+(?=\*{3}|(?=[^\s'\";]{8})[^\s'\";]*(?:\d|[a-z][A-Z])))"
    r"(?P<secret>[^\s'\";]+)"
)
#: Tokens and webhooks by their form.
TOKEN = re.compile(
    r"(?P<secret>\b(?:gh[opsur]_|github_pat_|glpat-|xox[abeoprs]-|hv[bs]\.|npm_|pypi-|dckr_pat_)[\w.-]{16,})"
    r"|hooks\.slack\.com/\w+/(?P<slack>[^\s'\"?]+)|/api/webhooks/(?P<discord>[^\s'\"?]+)"
    r"|api\.telegram\.org/bot(?P<telegram>[^\s'\"/]+)"
    r"|\bhttps?://(?P<user>(?=[A-Za-z_-]*\d)[\w-]{20,})@"  # too long for a name, and no name has such digits
    r"|://(?P<login>\*{3})@"  # a masked token in place of a login
)
REFERENCE = re.compile(
    r"(?:\w+ )?(?:(?:\$\w[\w.\[\]]*|\$\{[^{}]*\}|\$\([^()]*\))+|\$|\.[\w.\[\]{}()$]*)"
    r"|\\\([^()]*\)|(?:env|file|fd):\S*|-|stdin"
)


@cache
def programs() -> Mapping[str, SecretSyntax]:
    """Return the table of programs, by their names and the words of their subcommands."""
    table: dict[str, SecretSyntax] = {}
    for entry in data_of("secret_programs.toml")["programs"]:
        syntax = SecretSyntax(**{name: value for name, value in entry.items() if name != "names"})
        table.update(dict.fromkeys(entry["names"], syntax))
    return table


@cache
def _keys() -> dict[str, list[str]]:
    """Return the keys of the table by their programs."""
    found: dict[str, list[str]] = {}
    for key in programs():
        found.setdefault(key.partition(" ")[0], []).append(key)
    return found


class _Rule(NamedTuple):
    """A pattern of a secret, and the name of the secret."""

    pattern: re.Pattern[str]
    name: str = "the password"  #: with the names of groups in braces


@cache
def _rules(key: str) -> tuple[_Rule, ...]:
    """Return the rules of a key of the table, or of any program for an empty key.

    The first one finds the key itself, from the program up to its last word.
    """
    syntax = programs().get(key, ANY)
    forms = [(form, flag) for flag, form in _flags(syntax.takes, syntax.switches)]
    forms += [(form, flag) for flag, form in _flags(syntax.joins, syntax.switches, joined=True)]
    login = r"(?P<login>[^:\0]*):" if syntax is ANY else r"(?P<login>[^\s:%/,\0]+)[:%/,]"
    for _, form in _flags(syntax.logins, syntax.switches):
        no_ids_or_uri = r"(?!\d+:\d+(?:\0|\Z))(?![^\0]*://)"
        forms.append((rf"{form}{no_ids_or_uri}{login}(?!//)", "the password of {login}"))
    for word, form in _flags(syntax.pairs, ""):
        flags = "" if word.startswith("-") else r"(?:-[^\0]*\0)*"
        forms.append((rf"{form}{flags}(?P<name>[^\0]+)\0{flags}", "{name}"))
    assigning = [r"\0(?!-)"] if syntax.assigns == "*" else [form for _, form in _flags(syntax.assigns, syntax.switches)]
    forms += [(rf"{form}(?P<variable>[^=\0]*)=", "{variable}") for form in assigning]
    if syntax.prefix:
        start = r"[^/\0]+/" if syntax.prefix == "/" else re.escape(syntax.prefix)
        forms.append((rf"\0{start}", "the password"))
    between = r"(?:\0[^\0]*){0,20}?\0"
    named = (rf"-\w*{word[1]}\w*" if re.fullmatch(r"-\w", word) else re.escape(word) for word in key.split())
    whole = rf"\0(?:[^\0]*[/;&(`])?{between.join(named)}(?=\0|\Z)"
    word = r"(?:\0-[^\0]*)*\0(?!-)"
    for number in syntax.words:
        to_word = rf"(?:{word}[^\0]*){{{number - 1}}}{word}" if number > 0 else r"(?:\0[^\0]*)*\0(?!-)(?=[^\0]*\Z)"
        forms.append((whole + to_word, "the password"))
    rules = (_Rule(re.compile(rf"(?={form}(?P<secret>[^\0]+))"), name) for form, name in forms)
    return (_Rule(re.compile(whole)), *rules)


def _flags(flags: str, switches: str, *, joined: bool = False) -> Iterator[tuple[str, str]]:
    """Yield flags or words, each with the pattern up to a joined or separate value."""
    bundle = f"[{re.escape(switches)}]*" if switches else ""
    one_dash = re.search(r"(?<!\S)-[^-\s]{2}", flags)  # "-key" of a program with "-hmac" is no "-k" with a value
    for flag in flags.split():
        short = re.fullmatch("-.", flag)
        if joined:
            end = "=" if flag.startswith("--") else "=?"
        else:
            end = r"[=\0]?" if short and not one_dash else r"[=\0]" if flag.startswith("-") else r"\0"
        yield flag, rf"\0-{bundle}{flag[1]}{end}" if short else rf"\0{flag}{end}"


def secrets_of_local_commands(text: str, start: int, named: Named, depth: int = 0) -> Iterator[tuple[Word, SecretPart]]:
    """Yield the secrets of commands by word and place. They may overlap."""
    for words in filter(None, _commands(text, start)):
        found = [*secret_arguments((Piece(word, word.value) for word in words), named), *_by_programs(words, named)]
        found += [(word, one) for word in words for one in _by_form(word.value, named)]
        yield from ((word, one) for word, one in found if not _is_reference(text, word, one))
        for word in words if depth < DEEPEST else ():
            if _is_quoted_command(word.value):
                yield from ((word, one) for one in _in_quoted_command(word.value, named, depth + 1))


def _commands(text: str, start: int) -> Iterator[list[Word]]:
    """Yield the words of each command. The target of a redirection is a command of its own."""
    words: list[Word] = []
    position, to_file = start, False
    while position < len(text):
        redirection = REDIRECTION.match(text, position)
        if redirection:
            position, to_file = redirection.end(), True
        elif text[position] in "|;&()`#\n":
            yield words
            words, to_file = [], False
            position += 1
        elif text[position] in BLANKS:
            position += 1
        else:
            word = word_at(text, position, UNQUOTED)[0]
            if to_file:
                yield [word]
            else:
                words.append(word)
            position, to_file = max(word.end, position + 1), False
    yield words


def _is_quoted_command(value: str) -> bool:
    return any(blank in value for blank in BLANKS) and not is_data(value)


def _is_reference(text: str, word: Word, one: SecretPart) -> bool:
    """Return whether a shell or jq replaces a value."""
    if not REFERENCE.fullmatch(one.value):
        return False
    if _is_quoted_command(word.value) or one.name.startswith(".") or "member" in one.coding or one.value[0] not in ".$":
        return True
    before = text[max(0, word.start - 9) : word.start]  # a few characters, so that many secrets take linear time
    if one.value[0] == "." and before.rstrip(BLANKS).endswith(":"):  # an object of jq: {token: .token}
        return True
    letters = letters_of(text, word)[one.first : one.last]
    quotes = {quote for _, _, quote in letters}
    return one.value[0] == "$" and quotes in ({""}, {'"'}) and all(end == first + 1 for first, end, _ in letters)


def _by_programs(words: Sequence[Word], named: Named) -> Iterator[tuple[Word, SecretPart]]:
    """Yield secrets by the syntax of programs, up to the end of the command."""
    text = "".join(f"\0{word.value}" for word in words)
    starts = [0, *accumulate(len(word.value) + 1 for word in words)]
    found = [one for rule in (*_rules("")[1:], _Rule(ONE_DASH, "{flag}")) for one in _by_rule(rule, text, 0, named)]
    for word, start in zip(words, starts, strict=False):
        for key in _keys().get(re.split("[/;&(`]", word.value)[-1], ()):
            whole, *rules = _rules(key)
            if whole.pattern.match(text, start):
                found += [one for rule in rules for one in _by_rule(rule, text, start, named)]
    for one in found:
        number = bisect_left(starts, one.first) - 1
        yield words[number], shift(one, -starts[number] - 1)


def _by_rule(rule: _Rule, text: str, start: int, named: Named) -> Iterator[SecretPart]:
    for one in rule.pattern.finditer(text, start):
        if "name" not in rule.pattern.groupindex or _is_secret(one["name"], named):
            yield _part(one, rule.name.format_map(one.groupdict()))


def _in_quoted_command(text: str, named: Named, depth: int) -> Iterator[SecretPart]:
    """Yield the secrets of a quoted command, inside the quotes of their words."""
    for word, one in secrets_of_local_commands(text, 0, named, depth):
        (start, _, before), (_, end, after) = (letters_of(text, word)[place] for place in (one.first, one.last - 1))
        if before != after:  # the quotes end inside the secret
            start, end = word.start, word.end
        yield SecretPart(start, end, one.name, text[start:end])


def _by_form(value: str, named: Named) -> Iterator[SecretPart]:
    """Yield logins, headers, variables, fields, passwords in SQL, and tokens."""
    forms = [LOGIN_AT_HOST.fullmatch(value), HEADER.fullmatch(value), VARIABLE.fullmatch(value)]
    for one in (*forms, *FIELD.finditer(value), *SQL.finditer(value), *CREDENTIALS.finditer(value)):
        name = one.groupdict().get("name") if one else None
        if one and (name is None or _is_secret(name, named)):
            yield _part(one, name or "the password")
    for one in TOKEN.finditer(value):
        group = one.lastgroup or 0
        yield SecretPart(*one.span(group), "the token", one[group])


def _is_secret(name: str, named: Named) -> bool:
    in_words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)  # AccountKey is account_key
    return named(in_words) or named(name) or name.lower() in NAMES or bool(MISSPELT.search(name.lower()))


def _part(one: re.Match[str], name: str) -> SecretPart:
    return SecretPart(*one.span("secret"), name, one["secret"])
