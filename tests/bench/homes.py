"""What it costs root to read each home as its owner: paired with reading all of them as root in one process.

A machine of files only is made below a directory: homes, each with virtual environments, a user's site directory and an
npm prefix. It prints, for processor time and for wall time, the medians of both and the median of the pairs' ratios: of
the reading alone, of a `create` without the start of Python, and how many pages of memory each needs. `--hostile` adds
five homes that are made to cost as much as they can, and prints what reading then takes in all.

Needs root: `python -P tests/bench/homes.py --homes 20 --rounds 15`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from cortexrepo.machine.accounts import Account, Accounts
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.scope import Scope
from cortexrepo.machine.witness import SETTLED
from cortexrepo.recording.collecting import gather
from cortexrepo.recording.realms import Realms
from cortexrepo.recording.recalling import Seen, keep
from cortexrepo.recording.view import Alone
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.recording.view import View

FIRST = 4001
ECOSYSTEMS = ("apt", "npm", "pip")
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nSummary: one of many\n\n" + "A long description.\n" * 400


class Cost(NamedTuple):
    """What a process and its children take.

    Attributes:
        processor: Seconds of processor time.
        wall: Seconds by the clock.
        peak: The largest process, in MiB.
        pages: Pages of memory that were made, copied or mapped.
    """

    processor: float
    wall: float
    peak: int
    pages: int


def loads(act: Callable[[], object]) -> None:
    """Loads the modules that a call loads, without its memory: a command does not begin with what another has left."""
    reading, writing = os.pipe()
    if not os.fork():
        try:
            act()
            with open(writing, "w", encoding="utf-8") as file:
                file.write("\n".join(sys.modules))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    with open(reading, encoding="utf-8") as file:
        names = file.read().split("\n")
    for name in names:
        if name != "__main__":
            importlib.import_module(name)


def cost(act: Callable[[], object]) -> Cost:
    """Returns what a call costs in a process of its own that has loaded all modules, as a command is one."""
    start = time.perf_counter()
    process = os.fork()
    if process == 0:
        try:
            act()
            os._exit(0)
        finally:
            os._exit(1)
    _, status, used = os.wait4(process, 0)
    if status:
        sys.exit("a reading failed")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss >> 10, used.ru_minflt)


def make(root: Path, homes: int, environments: int, packages: int) -> list[Account]:
    """Makes the homes, and returns their accounts."""
    found = []
    for number in range(homes):
        user = FIRST + number
        home = root / "home" / f"user{number}"
        for place in (*(f"project{one}/.venv" for one in range(environments)), ".local"):
            site = home / place / "lib/python3.11/site-packages"
            site.mkdir(parents=True)
            if place != ".local":
                (home / place / "pyvenv.cfg").write_text("version = 3.11.2\n")
            for one in range(packages):
                info = site / f"package{one}-1.0.dist-info"
                info.mkdir()
                (info / "METADATA").write_text(METADATA.format(name=f"package{one}"))
                (info / "INSTALLER").write_text("pip\n")
        for one in range(packages // 4):
            folder = home / ".npm-global/lib/node_modules" / f"module{one}"
            folder.mkdir(parents=True)
            (folder / "package.json").write_text(f'{{"name": "module{one}", "version": "1.0.0"}}')
        own(home, user)
        found.append(Account(home.name, user, user, str(home)))
    return found


def own(home: Path, user: int) -> None:
    """Gives a home to a user."""
    for place in (home, *home.rglob("*")):
        os.lchown(place, user, user)


def hostile(root: Path) -> list[Account]:
    """Makes five homes that cost as much as they can, and returns their accounts."""
    homes = [root / "home" / f"hostile{number}" for number in range(5)]
    sites = [home / ".local/lib/python3.11/site-packages" for home in homes]
    for site in sites:
        site.mkdir(parents=True)
    large = sites[0] / "large-1.0.dist-info" / "METADATA"
    large.parent.mkdir()
    large.write_text("Version: 1\nName: x")
    os.truncate(large, (64 << 20) - 1)
    for number in range(4000):
        info = sites[0] / f"b{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").hardlink_to(large)
    for number in range(2400):
        place = homes[1] / f"{number:0200d}"
        place.mkdir()
        (place / "pyvenv.cfg").touch()
    for number in range(30_000):
        (sites[2] / f"{'x' * 100}{number}-1.0.egg").touch()
    for number in range(2000):
        (sites[3] / f"{number}.pth").write_text("/home\n" * 9000)
    folder = homes[4] / ".npm-global/lib/node_modules"
    for number in range(300):
        (folder / f"m{number}").mkdir(parents=True)
        (folder / f"m{number}/package.json").write_text('{"name": "m", "x": [' + "[]," * 330_000 + "0]}")
    found = []
    for number, home in enumerate(homes):
        own(home, 5001 + number)
        found.append(Account(home.name, 5001 + number, 5001 + number, str(home)))
    return found


def alone(accounts: list[Account]) -> View:
    """Returns the machine as one process with root's rights reads it: as it was before users had processes."""
    system = LiveSystem({})
    system.scope = Scope(is_wide=True, homes=tuple(row.home for row in accounts))
    return Alone(system, remembers=True)


def realms(accounts: list[Account]) -> View:
    """Returns the machine as root reads it."""
    return Realms("/", {}, live=True, remembers=True, accounts=Accounts(accounts))


def read(view: View) -> None:
    """Reads a machine."""
    gather(view, only=ECOSYSTEMS)


def create(view: View) -> None:
    """Reads a machine, records it in a new repository, and remembers the evidence."""
    started = time.time_ns() + 2 * SETTLED  # what was made just now counts
    with tempfile.TemporaryDirectory() as place:
        repository = Repository.init(Path(place) / "repository")
        inventory, evidence = gather(view, only=ECOSYSTEMS, started_ns=started)
        keep(repository, Seen(inventory, b"the question", evidence), repository.create(inventory).id)


def compare(accounts: list[Account], rounds: int, work: Callable[[View], None]) -> None:
    """Prints the medians and the ratios."""
    pairs = []
    for number in range(rounds + 1):
        order = [alone, realms] if number % 2 else [realms, alone]
        found = {one: cost(lambda one=one: work(one(accounts))) for one in order}  # type: ignore[misc]
        if number:  # the first one fills the kernel's caches
            pairs.append((found[alone], found[realms]))
    for name, unit, scale in (("processor", "ms", 1000), ("wall", "ms", 1000), ("pages", "  ", 1)):
        before, after = ([getattr(pair[side], name) * scale for pair in pairs] for side in (0, 1))
        ratio = median(new / old for old, new in zip(before, after, strict=True))
        print(f"{work.__name__:7}{name:10} {median(before):8.1f} {unit} {median(after):8.1f} {unit}  ratio {ratio:.3f}")


def main() -> None:
    """Makes the machine, measures, removes it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--homes", type=int, default=20)
    parser.add_argument("--environments", type=int, default=3)
    parser.add_argument("--packages", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--hostile", action="store_true")
    chosen = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="homes-"))
    try:
        root.chmod(0o755)
        accounts = make(root, chosen.homes, chosen.environments, chosen.packages)
        for view in (alone, realms):
            loads(lambda view=view: create(view(accounts)))  # type: ignore[misc]
        for work in (read, create):
            compare(accounts, chosen.rounds, work)
        if chosen.hostile:
            honest = cost(lambda: gather(realms(accounts), only=ECOSYSTEMS))
            worse = [*accounts, *hostile(root)]
            found = cost(lambda: gather(realms(worse), only=ECOSYSTEMS))
            print(f"five hostile homes: {found.processor - honest.processor:.1f} s of processor time more,")
            print(f"{found.wall - honest.wall:.1f} s more by the clock, {found.peak} MiB in the largest process")
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
