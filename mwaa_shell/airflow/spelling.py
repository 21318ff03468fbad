"""Spelling suggestions for words that are no command, and how messages name words. Pure.

What a word begins is suggested first, then what it is like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.knowledge import support
from mwaa_shell.airflow.matching import INSIDE, best, rank

#: How like a word of a group must be: two letters of four may have changed places, and hardly more may be wrong.
ALIKE = 0.7
#: Fewer letters than this stand inside of too many words.
ENOUGH = 4


def suggested(grammar: Grammar, groups: Sequence[str], word: str, following: str = "") -> str | None:
    """Return the command or group that was meant by a word that is none, after the words of a group.

    What the word begins counts before what it is like: that stands in the menu.
    """
    group, word = " ".join(groups), word.lower()[:60]
    below = {name.removeprefix(f"{group} "): name for name in grammar.below(group)} if group else {}
    keys = {_key(name.removeprefix(f"{group} ")): name for name in (grammar.below(group) if group else grammar.names)}
    last = {name.rpartition(" ")[2]: name for name in grammar.names if not _is_doubtful(grammar, name)}
    tops = {name: name for name in grammar.groups}
    searches: tuple[tuple[str, Mapping[str, str], float], ...] = (
        (word, below, ALIKE),
        (_key(word), keys, 0.75),
        (word, {} if group else tops, 0.6),
        (word, last, 0.85),
    )
    both = _like(_key(f"{word} {following}"), keys, 0.8) if following and not group else None
    alike = (_like(text, known, cutoff) for text, known, cutoff in searches)
    found = both or _begun(grammar, group, word) or next((one for one in alike if one is not None), None)
    return found or next(iter(_menu(grammar, group, word)), None)


def _begun(grammar: Grammar, group: str, word: str) -> str | None:
    """Return the shortest of the names that have a word which begins so, those that MWAA refuses last."""
    count = len(group.split())
    found = [name for name in _menu(grammar, group, word) if any(map(_begins(word), name.split()[count:]))]
    return min(found, key=lambda name: (_is_doubtful(grammar, name), len(name)), default=None)


def _begins(beginning: str) -> Callable[[str], bool]:
    return lambda text: text.startswith(beginning)


def _menu(grammar: Grammar, group: str, word: str) -> list[str]:
    """Return the names that the menu offers for a word of two letters or more, the best first."""
    most = INSIDE if len(word) >= ENOUGH else INSIDE - 1
    if len(word) < 2:
        return []
    start = f"{group} " if group else ""
    words = [f"{start}{one}" for one in grammar.words_after(group.split())]
    names = words if group else [*words, *(name for name in grammar.names if " " in name)]
    found = best(word, names, lambda name: name.removeprefix(start))
    return [name for name in found if (rank(word, name.removeprefix(start)) or (most + 1,))[0] <= most]


def _is_doubtful(grammar: Grammar, name: str) -> bool:
    known = [support(one, grammar.version) for one in grammar.below(name) or (name,)]
    return all(one.refused or one.senseless for one in known)


def _key(name: str) -> str:
    """Return a name in a form that is the same for list_dags and "dags list" but for a letter."""
    return " ".join(sorted(re.split(r"[\s_-]+", name.strip())))


def _like(text: str, known: Mapping[str, str], cutoff: float) -> str | None:
    found = closest(text, known, cutoff)
    return None if found is None else known[found]


def closest(text: str, known: Iterable[str], cutoff: float) -> str | None:
    """Return the one of the known words that is most like a text, if it is like it at all."""
    import difflib

    found = difflib.get_close_matches(text, known, 1, cutoff)
    return found[0] if found else None


# -- messages ----------------------------------------------------------------------------------------------------------


def did_you_mean(name: str | None) -> str:
    """Return the end of a message: a suggestion, or nothing where there is none."""
    return f"; did you mean {name}?" if name else ""


def either(values: Iterable[object]) -> str:
    """Return the values as a choice: ``a, b or c``."""
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}" if first else last


def shown(text: str) -> str:
    """Return a word for a message: shortened, and quoted where it is empty or has odd blanks."""
    plain = " ".join(text.split())
    return repr(plain) if not plain or plain != text else plain if len(plain) <= 40 else f"{plain[:37]}..."
