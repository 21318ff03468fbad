"""Time from a key to its candidates among many names.

python -m tests.benchmarks.names [NAMES]
"""

from __future__ import annotations

import gc
import random
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median

from prompt_toolkit.completion import CompleteEvent, Completer, FuzzyWordCompleter, WordCompleter
from prompt_toolkit.document import Document

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names.catalogue import NameCatalogue, NameIndex
from mwaa_shell.names.model import Name, NamesFound
from mwaa_shell.names.store import NameStore

#: What the words of a name are taken from: domain, verb, noun, and when or where.
WORDS = (
    "sales finance marketing logistics risk billing inventory customer fraud search growth support ads hr",
    "load sync import export refresh build clean aggregate publish archive score train validate backfill",
    "orders users events sessions invoices shipments products prices reviews ledgers accounts tickets",
    "daily hourly weekly adhoc eu us",
)
FRAGMENTS = 8  #: typed key by key, for each way to find a name
PEER_KEYS = 6  #: of these keys the slow ones get so many


def dag_ids(count: int, chance: random.Random) -> list[str]:
    """Names as teams give them: ``team_07_sales_load_orders_daily_v2``."""
    ids: set[str] = set()
    while len(ids) < count:
        words = [chance.choice(words.split()) for words in WORDS]
        ids.add(f"team_{chance.randrange(40):02}_{'_'.join(words)}_v{chance.randrange(1, 30)}")
    return sorted(ids)


def fragments(names: list[str], chance: random.Random) -> dict[str, list[str]]:
    """What a user types, by the way in which it finds names."""

    def some(make: Callable[[list[str]], str]) -> list[str]:
        return [make(chance.choice(names).split("_")) for _ in range(FRAGMENTS)]

    return {
        "any first letter": list("abcdefghijklmnopqrstuvwxyz0123456789_-"),
        "prefix, a whole name": some("_".join),
        "word and on": some(lambda words: "_".join(words[2:5])),
        "first letters of words": some(lambda words: "".join(word[0] for word in words[2:])),
        "substring": some(lambda words: "_".join(words[3:5])[1:]),
        "scattered letters": some(lambda words: "".join(word[:: chance.choice([2, 3])] for word in words[2:6])),
        "nothing": ["zqx", "xylophone", "qqqq", "team_99", "sales.load"],
        "one letter held down": ["aaaaaaaa", "ssssssss", "eeeeeeee"],
    }


def milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def consumed(completer: Completer, text: str) -> Callable[[], object]:
    """All candidates of a completer, as a menu takes them."""
    document = Document(text)
    return lambda: sum(1 for _ in completer.get_completions(document, CompleteEvent()))


def typing(names: list[str], chance: random.Random) -> None:
    """Measure key by key, the shell and the other completers in turns."""
    index = NameIndex(names)
    peers: list[Completer] = [WordCompleter(names), WordCompleter(names, match_middle=True), FuzzyWordCompleter(names)]
    titles = ("ours median", "p95", "max", "Word", "Word middle", "FuzzyWord", "x Word", "x Fuzzy")
    print(f"{'milliseconds a key':24}" + "".join(f"{title:>13}" for title in titles))
    for way, typed in fragments(names, chance).items():
        keys = [text[:length] for text in typed for length in range(1, len(text) + 1)]
        for_peers = set(chance.sample(range(len(keys)), min(PEER_KEYS, len(keys))))
        ours, theirs = [], [[], [], []]  # type: tuple[list[float], list[list[float]]]
        for number, key in enumerate(keys):
            ours.append(milliseconds(lambda key=key: index.search(key)))  # type: ignore[misc]
            if number in for_peers:
                for times, peer in zip(theirs, peers, strict=True):
                    times.append(milliseconds(consumed(peer, key)))
        row = [median(ours), sorted(ours)[int(len(ours) * 0.95)], max(ours), *map(median, theirs)]
        ratios = [row[3] / row[0], row[5] / row[0]]
        print(f"{way:24}" + "".join(f"{one:13.2f}" for one in row) + "".join(f"{one:13.0f}" for one in ratios))


def kept(work: Callable[[], object]) -> float:
    """The bytes that the result holds."""
    gc.collect()
    tracemalloc.start()
    result = work()
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del result
    return size


def off_the_typing_path(names: list[str]) -> None:
    """What building, keeping and loading take, and how much memory."""
    catalogue = NameCatalogue()
    seen = NamesFound(Kind.DAG, tuple(Name(name, {"paused": "no", "owners": name[:7]}) for name in names), all=True)
    with tempfile.TemporaryDirectory() as folder:
        store = NameStore(Path(folder), "123456789012", "eu-west-1", "my-env")
        steps: dict[str, Callable[[], object]] = {
            "take in an output": lambda: catalogue.apply([seen], "REST", time.time()),
            "build the index": catalogue.prepare,
            "keep on disk": lambda: store.save(catalogue),
            "load from disk": store.load,
        }
        for step, work in steps.items():
            print(f"{step:24}{milliseconds(work):13.0f} ms")
        strings = sum(map(sys.getsizeof, names))
        index = kept(lambda: NameIndex(names)) / len(names)
        loaded = (kept(store.load) - strings) / len(names)
        print(f"{'memory of the index':24}{index:13.0f} bytes a name")
        print(f"{'and of the catalogue':24}{loaded:13.0f} bytes a name beyond the strings")


def main() -> None:
    """Print both tables."""
    chance = random.Random(1)
    names = dag_ids(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, chance)
    typing(names, chance)
    off_the_typing_path(names)


if __name__ == "__main__":
    main()
