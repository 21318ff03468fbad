"""Masks for the secrets of a line, and the secrets in place of masks.

Secret are the values of flags for passwords and connection URIs, of variables and JSON members that an Airflow hides by
their names, and passwords inside other URIs. Only these are masked: the rest of a line stays as typed, so that it can
be run again with its secrets. Of ``--conn-uri``, ``--conn-extra`` and ``--conn-json`` the whole value is masked,
because it may hold secrets of any name. Of other URIs the password is masked, and the parts of the query with a
secret's name; of other JSON the members with such a name. Words that the grammar does not know are read by the names of
their flags. What follows a dot-command or a ``#`` is read as a line, but for ``.rest``, for which ``rest.py`` has the
rules. A command of this machine, after ``|``, has rules of its own. Only ``fill`` raises, for a wrong number of
answers.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import groupby
from typing import NamedTuple

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.arguments import ArgumentSpan, Role, readings_of_majors, understand
from mwaa_shell.airflow.command_line import BLANKS, InputKind, ParsedLine, Word, letters_of, parse, quote, split
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.secrets.arguments import Piece, secret_arguments, secrets_of_request
from mwaa_shell.airflow.secrets.local_commands import secrets_of_local_commands
from mwaa_shell.airflow.secrets.values import (
    Named,
    SecretPart,
    encode_secret,
    secret_end,
    secrets_of,
    sensitive,
    shift,
)

#: Replaces a secret in a line that is saved.
PARAMETER = re.compile(r"\{[a-z_][a-z0-9_-]*\}")
#: The start and end of a part of a text, and its replacement.
Change = tuple[int, int, str]


class Span(NamedTuple):
    """A secret and where it is in the text: half-open, inside its quotes."""

    start: int
    end: int
    name: str  #: of the flag, variable or member; empty for a mask in a place without a name
    value: str  #: without quotes and escapes
    coding: tuple[str, ...]  #: how it is written inside its word, innermost first
    word: Word
    inside: tuple[int, int]  #: where it is in the word's value
    plain: bool  #: whether the quotes of the word are right if the span alone is replaced
    local: bool  #: it belongs to a command of this machine
    nested: Span | None = None  #: the same in the word's value, where that is a line itself


class Masked(NamedTuple):
    """A line that shows no secret, and where its masks are."""

    text: str
    places: tuple[Span, ...]


@lru_cache(maxsize=4)  # a key, and Enter, ask for the same line several times
def secrets_in(
    line: str, grammar: Grammar | None = None, patterns: tuple[str, ...] = (), assigned: frozenset[str] = frozenset()
) -> tuple[Span, ...]:
    """Return the secrets and masks of a line in order, without overlaps.

    ``patterns`` are the user's own names of secrets, as ``sensitive`` reads them; ``assigned`` are the parameters of a
    saved command whose values are secret.
    """
    named = partial(sensitive, patterns=patterns)
    parsed = parse(line)
    found = _merged((*_found(parsed, grammar, named), *_assignments(parsed, named, assigned)))
    if parsed.values[:1] == (".save",):
        return tuple(span for span in found if not PARAMETER.fullmatch(span.value))
    return found


def find_masks(text: str, grammar: Grammar | None = None, patterns: tuple[str, ...] = ()) -> tuple[Span, ...]:
    """Return the places of the masks in a line: the secrets to ask the user for."""
    return tuple(span for span in secrets_in(text, grammar, patterns) if MASK in span.value) if MASK in text else ()


def left_mask(text: str, places: Sequence[Span]) -> int | None:
    """Return the position of the first mask outside these ordered places."""
    left = iter(places)
    place = next(left, None)
    for found in re.finditer(re.escape(MASK), text):
        while place is not None and place.end <= found.start():
            place = next(left, None)
        if place is None or found.start() < place.start:
            return found.start()
    return None


def mask_line(
    text: str, grammar: Grammar | None = None, patterns: tuple[str, ...] = (), assigned: frozenset[str] = frozenset()
) -> Masked:
    """Return the line with its secrets masked."""
    changes: list[Change] = []
    for _, group in groupby(secrets_in(text, grammar, patterns, assigned), key=lambda span: span.word):
        spans = list(group)
        if all(span.plain for span in spans):
            changes += [(span.start, span.end, MASK) for span in spans]
        else:
            changes += _in_word(text, [(span, MASK) for span in spans])
    text = _changed(text, changes)
    return Masked(text, find_masks(text, grammar, patterns))


def fill(text: str, answers: Sequence[str], grammar: Grammar | None = None, patterns: tuple[str, ...] = ()) -> str:
    """Return the line with an answer for each mask, in order. Raises ``ValueError`` for another number."""
    spans = find_masks(text, grammar, patterns)
    if len(answers) != len(spans):
        raise ValueError(f"{len(spans)} masks, {len(answers)} answers")
    written = [(span, encode_secret(answer, span.coding)) for span, answer in zip(spans, answers, strict=True)]
    return _changed(text, _in_words(text, written))


def _changed(text: str, changes: Iterable[Change]) -> str:
    """Return the text with its changes, which are in their order."""
    made: list[str] = []
    position = 0
    for start, end, new in changes:
        made += [text[position:start], new]
        position = max(position, end)
    return "".join([*made, text[position:]])


def _in_words(text: str, written: Sequence[tuple[Span, str]]) -> Iterator[Change]:
    """Yield the changes that replace secrets, which are in their order."""
    for _, group in groupby(written, key=lambda one: one[0].word):
        yield from _in_word(text, list(group))


def _in_word(text: str, written: Sequence[tuple[Span, str]]) -> list[Change]:
    """Return the change that replaces secrets of a word, in quotes that Airflow takes."""
    word, local = written[0][0].word, written[0][0].local
    if local and all(span.plain for span, _ in written):
        return _in_place(text, written)
    inside = [(*span.inside, new) for span, new in written if span.nested is None]
    inside += _in_words(word.value, [(span.nested, new) for span, new in written if span.nested is not None])
    value = _changed(word.value, sorted(inside))
    return [(word.start, word.end, (shlex.quote if local else quote)(value))]


def _in_place(text: str, written: Sequence[tuple[Span, str]]) -> list[Change]:
    """Return the changes of a local command. Its shell expands the text beside secrets."""
    letters = letters_of(text, written[0][0].word)
    return [(span.start, span.end, _for_shell(answer, letters[span.inside[0]][2])) for span, answer in written]


def _for_shell(answer: str, quotes: str) -> str:
    """Return a text as it is written in a shell's quotes, or outside quotes."""
    if not quotes:
        return shlex.quote(answer)
    if quotes == "'":
        return answer.replace("'", "'\"'\"'")
    return "".join(f"\\{char}" if char in '\\"$`' else char for char in answer)


# -- a line ------------------------------------------------------------------------------------------------------------


def _found(parsed: ParsedLine, grammar: Grammar | None, named: Named) -> Iterator[Span]:
    text = parsed.text
    if parsed.values[:1] == (".rest",):
        yield from _spans(text, secrets_of_request(parsed.words[1:], named))
        yield from _spans(text, secrets_of_local_commands(text, parsed.words[-1].end, named), local=True)
        return
    is_dot_command = parsed.kind is InputKind.DOT_COMMAND
    if parsed.kind is not InputKind.AIRFLOW:
        yield from _in_quoted_lines(parsed, grammar, named)
        start = _own_words(parsed)[-1].end if parsed.words else len(text) - len(text.lstrip(BLANKS + "#"))
        parsed = parse(" " * start + text[start:])
        request = next((number for number, word in enumerate(parsed.words, 1) if word.value == ".rest"), None)
        if request is not None:  # after .save NAME or a #
            yield from _spans(text, secrets_of_request(parsed.words[request:], named))
    words = parsed.words
    spans: Iterable[Span] = (
        span
        for parts in _read_as(parsed, grammar)
        for span in _spans(text, secret_arguments(_pieces(words, parts), named))
    )
    unclosed = split(text)[2] if parsed.problem and words else None
    if unclosed and words[-1].start <= unclosed.position < words[-1].end:  # it makes one word of all that follows
        rest = (Piece(word, word.value) for word in split(text, unclosed.position + 1)[0])
        spans = (span._replace(plain=True) for span in (*spans, *_spans(text, secret_arguments(rest, named))))
    yield from spans
    is_local = bool(words) and not is_dot_command and _is_local(parsed)
    start = words[0].start if is_local else words[-1].end if words else len(text)
    yield from _spans(text, secrets_of_local_commands(text, start, named), local=True)


def _is_local(parsed: ParsedLine) -> bool:
    """Return whether no Airflow has the command, so that a local one may be typed."""
    return not parsed.words[0].value.startswith("-") and all(
        part.role is Role.UNKNOWN for reading in readings_of_majors(parsed) for part in reading.parts[:1]
    )


def _own_words(parsed: ParsedLine) -> Sequence[Word]:
    """Return the words of a dot-command, with the environments and flags of ``.on``."""
    number, before = 1, int(parsed.values[0] == ".on")
    while before and number < len(parsed.words):
        value = parsed.values[number]
        before -= not value.startswith("--")
        number += 2 if value == "--jobs" else 1
    return parsed.words[:number]


def _read_as(parsed: ParsedLine, grammar: Grammar | None) -> Iterator[Sequence[ArgumentSpan]]:
    """Yield the parts of the line in its Airflow, or in each major if that is unknown.

    Then the names of flags alone count too, as the line may be of a future Airflow.
    """
    if grammar is not None:
        yield understand(parsed, grammar).parts
        return
    yield ()
    if any(word.value.startswith("-") and word.value != "--" for word in parsed.words):
        yield from (reading.parts for reading in readings_of_majors(parsed))


def _pieces(words: Sequence[Word], parts: Sequence[ArgumentSpan]) -> Iterator[Piece]:
    """Yield the parts that the grammar knows, then the words after them."""
    yield from (Piece(part.word, part.value, part.role, part.argument) for part in parts)
    end = parts[-1].word.end if parts else 0
    yield from (Piece(word, word.value) for word in words if word.start >= end)


def _in_quoted_lines(parsed: ParsedLine, grammar: Grammar | None, named: Named) -> Iterator[Span]:
    """Yield secrets of a dot-command's words that are whole lines."""
    for word in parsed.words if not _runs_saved(parsed) else ():
        if not any(blank in word.value for blank in BLANKS):
            continue
        inner = _merged(_found(parse(word.value), grammar, named))
        found = [SecretPart(one.start, one.end, one.name, one.value, one.coding) for one in inner]
        for span, outer in zip(inner, _spans(parsed.text, ((word, one) for one in found)), strict=True):
            yield outer._replace(nested=span, plain=outer.plain and span.plain, local=span.local)


def _assignments(parsed: ParsedLine, named: Named, secret: Collection[str]) -> Iterator[Span]:
    """Yield secrets among the values of a saved command: ``.do NAME parameter=value``."""
    if not _runs_saved(parsed):
        return
    found: list[tuple[Word, SecretPart]] = []
    for word in parsed.words[2:]:
        name, equals, value = word.value.partition("=")
        start = len(name) + len(equals)
        if name in secret and value:
            found.append((word, secret_end(word.value, start, name)))
        elif equals:
            found += [(word, shift(one, start)) for one in secrets_of(value, named)]
    yield from _spans(parsed.text, found)


def _runs_saved(parsed: ParsedLine) -> bool:
    return parsed.kind is InputKind.DOT_COMMAND and parsed.values[:1] == (".do",)


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
        elif span.end > kept[-1].end:
            inside, plain = (kept[-1].inside[0], span.inside[1]), kept[-1].plain and span.plain
            kept[-1] = kept[-1]._replace(end=span.end, inside=inside, plain=plain)
    return tuple(kept)


def _spans(text: str, found: Iterable[tuple[Word, SecretPart]], *, local: bool = False) -> Iterator[Span]:
    read_before: Word | None = None
    letters: list[tuple[int, int, str]] = []
    for word, one in found:
        letters = letters if word is read_before else letters_of(text, word)
        read_before = word
        first, last = letters[one.first], letters[one.last - 1]
        yield Span(
            start=first[0],
            end=last[1],
            name=one.name,
            value=one.value,
            coding=one.coding,
            word=word,
            inside=(one.first, one.last),
            plain=first[2] == last[2],
            local=local,
        )
