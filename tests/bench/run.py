"""Prints how long things take as ratios beside their targets. Asserts nothing: a busy machine is not a fault.

Every row is the median of pairs that were run in turn. Run it with `tox -e bench`, or with any Python that has
cortexrepo installed: `python -P tests/bench/run.py --rounds 30`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import sysconfig
import tempfile
import time
from typing import TYPE_CHECKING

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from bench.measure import paired, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HERE = os.path.dirname(os.path.abspath(__file__))
CORTEX = os.path.join(sysconfig.get_path("scripts"), "cortex")
FLOOR = (sys.executable, os.path.join(HERE, "click_floor.py"))
PASS = (sys.executable, "-P", "-c", "pass")
IMPORT = (sys.executable, "-P", "-c", "import cortexrepo")
OFFICIAL = (
    ("dpkg-query", "-W"),
    ("apt-mark", "showauto"),
    (sys.executable, "-m", "pip", "list"),
    ("npm", "ls", "-g"),
)


class Bench:
    """One repository to measure in, and the table."""

    def __init__(self, place: str, rounds: int) -> None:
        self.rounds = rounds
        self.repository = os.path.join(place, "snapshots")
        self.environment = {**os.environ, "CORTEX_REPO": self.repository, "PYTHONDONTWRITEBYTECODE": ""}

    def seconds(self, *arguments: str, codes: Sequence[int] = (0,)) -> Callable[[], float]:
        """Returns a function that runs the command and returns how long it took."""

        def once() -> float:
            finished = run(arguments, self.environment)
            if finished.code not in codes:
                sys.exit(f"exit code {finished.code}: {' '.join(arguments)}")
            return finished.seconds

        return once

    def peak(self, *arguments: str) -> Callable[[], float]:
        """Returns a function that runs the command and returns its peak memory in KiB."""
        return lambda: float(run(arguments, self.environment).peak_kib)

    def row(self, name: str, target: str, one: Callable[[], float], other: Callable[[], float], unit: float) -> None:
        """Measures and prints one row."""
        found = paired(one, other, self.rounds)
        print(
            f"{name:<44} {found.one * unit:>9.1f} {found.other * unit:>9.1f} {found.ratio:>8.2f}  {target}", flush=True
        )

    def commands(self) -> None:
        """The commands against a click program that parses the same and does nothing, and the import against `pass`."""
        # 3: a part could not be read, for which the machine is to blame.
        create = ("snapshot", "create", "benchmark")
        show, diff = ("snapshot", "show", "latest"), ("snapshot", "diff")
        between = ("snapshot", "diff", "latest~1", "latest")
        for name, words in (
            ("create", create),
            ("show", show),
            ("diff, latest and live", diff),
            ("diff, stored", between),
        ):
            cortex = self.seconds(CORTEX, *words, codes=(0, 3))
            self.row(f"{name} / click that does nothing", "<= 1.6", cortex, self.seconds(*FLOOR, *words), 1e3)
        self.row("import cortexrepo / pass", "<= 1.3", self.seconds(*IMPORT), self.seconds(*PASS), 1e3)
        self.row("peak of create / of pass (MiB)", "<= 3", self.peak(CORTEX, *create), self.peak(*PASS), 1 / 1024)

    def collecting(self) -> None:
        """Reading all ecosystems in this process against the official tools, those that are here."""
        from cortexrepo import collect

        tools = [words for words in OFFICIAL if shutil.which(words[0])]
        runs = [self.seconds(*words, codes=(0, 1)) for words in tools]

        def official() -> float:
            return sum(once() for once in runs)

        def ours() -> float:
            start = time.perf_counter()
            collect()
            return time.perf_counter() - start

        names = " + ".join(" ".join(words[-2:] if words[0] == sys.executable else words[:2]) for words in tools)
        self.row("official tools / collect()", f">= 100   ({names})", official, ours, 1e3)

    def unchanged(self) -> None:
        """What a second create of an unchanged machine writes."""
        before = self.files()
        self.seconds(CORTEX, "snapshot", "create", "again", codes=(0, 3))()
        after = self.files()
        new = sorted(after - before)
        objects = [path for path in new if path.startswith("objects/")]
        refs = [path for path in new if path.startswith("refs/")]
        print(f"a second create, nothing changed: {len(objects)} objects, {len(refs)} refs, {len(new)} files", end="")
        print("   target: 0, 1, 1")

    def files(self) -> set[str]:
        """Returns the repository's files."""
        found: set[str] = set()
        for directory, _, names in os.walk(self.repository):
            found.update(os.path.relpath(os.path.join(directory, name), self.repository) for name in names)
        return found


def main() -> None:
    """Reads the arguments, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="pairs for each row (default 15)")
    parser.add_argument(
        "--place", help="directory to measure in (default: a temporary one; its disk decides what fsync costs)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.place) as place:
        bench = Bench(place, options.rounds)
        for _ in range(2):
            bench.seconds(CORTEX, "snapshot", "create", "warm", codes=(0, 3))()
        print(
            f"{'median of ' + str(options.rounds) + ' pairs, in ms':<44} {'ours':>9} {'other':>9} {'ratio':>8}  target"
        )
        bench.commands()
        bench.collecting()
        bench.unchanged()


if __name__ == "__main__":
    main()
