"""Ten years of hourly snapshots: how many bytes they take, and what they cost a command. Prints, and asserts nothing.

`python -P tests/bench/decade.py --snapshots 87600`: a machine with apt, pip and npm; filled, collected, and then each
command in turn with the same one on a repository of ten snapshots.
"""

from __future__ import annotations

import argparse
import os
import sys
import sysconfig
import tempfile
import time
from itertools import islice

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from bench import seeded
from bench.filling import fill, size
from bench.measure import paired, run

CORTEX = os.path.join(sysconfig.get_path("scripts"), "cortex")
PASS = (sys.executable, "-P", "-c", "pass")
YOUNG = 10
ROWS = (
    ("list --limit 20", "<= 2"),
    ("show latest", "<= 2"),
    ("diff latest~1 latest", "<= 2"),
    ("show latest~400", ""),
    ("create benchmark", ""),
)


class Decade:
    """A large repository, a small one, and commands in both."""

    def __init__(self, place: str, rounds: int) -> None:
        self.rounds = rounds
        self.large, self.small = os.path.join(place, "large"), os.path.join(place, "small")

    def make(self, count: int) -> None:
        """Fills both, collects the large one, and prints what it takes."""
        start = time.perf_counter()
        fill(self.small, islice(seeded.hourly(count), YOUNG))
        fill(self.large, seeded.hourly(count))
        before = size(self.large)
        print(f"{count} snapshots made in {time.perf_counter() - start:.0f} s, {before} bytes", flush=True)
        start = time.perf_counter()
        code = run((CORTEX, "snapshot", "gc"), self.environment(self.large)).code
        after = size(self.large)
        parts = {name: size(os.path.join(self.large, name)) for name in ("refs", "segments", "objects", "packs")}
        print(f"gc: exit code {code}, {time.perf_counter() - start:.1f} s; {after} bytes, of these {parts}", flush=True)

    @staticmethod
    def environment(repository: str) -> dict[str, str]:
        """Returns what a command needs to work there."""
        # Lines that were drawn are kept beside the repository, not where this machine keeps its own.
        cache = os.path.join(os.path.dirname(repository), "cache")
        return {
            **os.environ,
            "CORTEX_CACHE": cache,
            "CORTEX_REPO": repository,
            "PYTHONDONTWRITEBYTECODE": "",
            "NO_COLOR": "1",
        }

    def seconds(self, words: str, repository: str) -> float:
        """Returns how long a command takes in a repository."""
        finished = run((CORTEX, "snapshot", *words.split()), self.environment(repository))
        if finished.code not in {0, 1, 3}:
            sys.exit(f"exit code {finished.code}: {words}")
        return finished.seconds

    def compare(self) -> None:
        """Prints a row for each command: in the large repository, in the small one, the median of the ratios."""
        for words, target in ROWS:
            self._row(words, lambda words=words: self.seconds(words, self.large),
                      lambda words=words: self.seconds(words, self.small), target)  # fmt: skip
        self._row("list (all) / python -c pass", lambda: self.seconds("list", self.large),
                  lambda: run(PASS, os.environ).seconds, "<= 10")  # fmt: skip
        found = paired(
            lambda: self.seconds("log openssl", self.large), lambda: self.seconds("list --limit 20", self.large), 5
        )
        print(f"{'log openssl - list --limit 20':<34} {found.one - found.other:>9.2f} s   <= 0.5", flush=True)
        for words in ("list", "log openssl", "log", "verify", "show latest~400"):
            peak = run((CORTEX, "snapshot", *words.split()), self.environment(self.large)).peak_kib
            print(f"{'peak of ' + words:<34} {peak / 1024:>9.1f} MiB <= 200", flush=True)

    def _row(self, name: str, one: object, other: object, target: str) -> None:
        found = paired(one, other, self.rounds)  # type: ignore[arg-type]
        print(
            f"{name:<34} {found.one * 1e3:>9.1f} {found.other * 1e3:>9.1f} ms {found.ratio:>7.2f}  {target}", flush=True
        )


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snapshots", type=int, default=87_600)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--place")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.place) as place:
        decade = Decade(place, options.rounds)
        decade.make(options.snapshots)
        decade.compare()


if __name__ == "__main__":
    main()
