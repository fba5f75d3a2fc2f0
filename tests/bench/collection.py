"""How long a garbage collection makes others wait, and how much memory it takes. Prints, and asserts nothing.

`python -P tests/bench/collection.py --snapshots 10000`: nine of ten snapshots are deleted, each has an object of its
own and shares one; one process collects them while this one creates and lists, and notes how long each call takes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

COLLECT = """
import sys, time
from cortexrepo.repository.repository import Repository
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:"))
repository = Repository.open(sys.argv[1])
from cortexrepo.repository import gc
before = peak()
start = time.perf_counter()
found = repository.gc(keep_deleted_ms=0)
print(len(found.snapshots), found.objects, time.perf_counter() - start, peak() - before)
"""


def machine(number: int) -> Inventory:
    """Returns an inventory of which one manifest is shared by all, and one is its own."""
    shared = Manifest.of("apt", [Package(f"package-{index}", "amd64", "1.0") for index in range(50)])
    own = Manifest.of("pip", [Package("number", "", str(number))])
    return Inventory("0" * 32, (), (Reading("apt", "", OK, shared), Reading("pip", "/v", OK, own)))


def fill(repository: Repository, count: int) -> None:
    """Makes snapshots and deletes nine of ten, without waiting for the disk each time."""
    real = os.fsync
    setattr(os, "fsync", lambda _: None)  # noqa: B010 -- for the time of filling
    try:
        for number in range(count):
            snapshot = repository.create(machine(number))
            if number % 10:
                repository._refs.mark_deleted(snapshot.id, lambda: 0)
    finally:
        setattr(os, "fsync", real)  # noqa: B010
    os.sync()


Calls = dict[str, "Callable[[], object]"]


def waits(calls: Calls, until: Callable[[int], bool]) -> dict[str, list[float]]:
    """Returns how many seconds each call took, in turn, until `until` says of the number of rounds: enough."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    rounds = 0
    while not until(rounds):
        rounds += 1
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            found[name].append(time.perf_counter() - start)
    return found


def show(title: str, found: dict[str, list[float]]) -> None:
    """Prints a line for each call."""
    for name, times in found.items():
        times.sort()
        middle, longest = times[len(times) // 2] * 1e3, times[-1] * 1e3
        print(f"{name:<16} {title:<10} {len(times):>6} calls, ms: median {middle:7.1f}, longest {longest:7.1f}")


def collect(repository: Repository, calls: Calls) -> None:
    """Collects in a process of its own, with the calls beside it, and prints how both did."""
    command = [sys.executable, "-P", "-c", COLLECT, repository.location]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        beside = waits(calls, lambda _: child.poll() is not None)
        snapshots, objects, seconds, growth = child.communicate()[0].split()
    print(
        f"gc removed {snapshots} snapshots and {objects} objects in {float(seconds):.1f} s; memory grew by {growth} KiB"
    )
    show("beside gc", beside)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snapshots", type=int, default=10_000)
    parser.add_argument("--place")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.place) as place:
        repository = Repository.open(os.path.join(place, "snapshots"), create=True)
        fill(repository, options.snapshots)
        number = iter(range(10**9, 2 * 10**9))
        calls: Calls = {
            "create": lambda: repository.create(machine(next(number))),
            "list --limit 20": lambda: repository.listing(limit=20),
        }
        show("alone", waits(calls, lambda rounds: rounds == 100))
        collect(repository, calls)


if __name__ == "__main__":
    main()
