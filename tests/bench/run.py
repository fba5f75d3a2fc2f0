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
from glob import glob
from statistics import median
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
PIP = (sys.executable, "-m", "pip", "list")
NPM = ("npm", "ls", "-g")
OFFICIAL: tuple[tuple[str, ...], ...] = (("dpkg-query", "-W"), ("apt-mark", "showauto"), PIP, NPM)


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

    def forgetful(self, *arguments: str) -> Callable[[], float]:
        """As `seconds`, for a repository that remembers nothing of the machine: all of it is read again."""
        once = self.seconds(*arguments, codes=(0, 3))

        def forgotten() -> float:
            shutil.rmtree(os.path.join(self.repository, "cache"), ignore_errors=True)
            return once()

        return forgotten

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
        for name, words in (("create", create), ("diff, latest and live", diff)):
            floor = self.seconds(*FLOOR, *words)
            self.row(f"{name}, all read again / the same", "", self.forgetful(CORTEX, *words), floor, 1e3)
        self.row("import cortexrepo / pass", "<= 1.3", self.seconds(*IMPORT), self.seconds(*PASS), 1e3)
        self.row("peak of create / of pass (MiB)", "<= 3", self.peak(CORTEX, *create), self.peak(*PASS), 1 / 1024)

    def collecting(self) -> None:
        """Reading all ecosystems in this process against dpkg-query -W, apt-mark showauto, pip list and npm ls -g.

        Each tool is timed as the process that it is; ours is the median of a few readings in a row. pip lists one
        environment at a time, so it is run once, which is less than we read, and again for each that we read.
        """
        from cortexrepo import collect

        def ours() -> float:
            return median(_timed(collect) for _ in range(5))

        here = [words for words in OFFICIAL if shutil.which(words[0])]
        self._against(here, ours, "one environment")
        self._against([words for words in here if words not in {PIP, NPM}] + _each_environment(here), ours, "each")

    def _against(self, tools: Sequence[Sequence[str]], ours: Callable[[], float], which: str) -> None:
        runs = [self.seconds(*words, codes=(0, 1)) for words in tools]
        target = f">= 100   (pip list, npm ls -g: {which})"
        self.row("official tools / collect()", target, lambda: sum(once() for once in runs), ours, 1e3)

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


def _each_environment(here: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Returns the commands that list every environment that is recorded, as far as their tools are here."""
    from cortexrepo import collect

    readings = [reading for reading in collect().readings if reading.environment]
    commands: list[tuple[str, ...]] = []
    for reading in readings:
        if reading.ecosystem == "pip" and PIP in here:
            sites = glob(f"{reading.environment}/lib/python*/site-packages") or [reading.environment]
            commands.append((*PIP, "--path", sites[0]))
        elif reading.ecosystem == "npm" and NPM in here:
            commands.append((*NPM, "--prefix", reading.environment))
    return commands


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


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
