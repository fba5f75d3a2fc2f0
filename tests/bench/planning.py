"""How long planning a restore takes: 5,000 packages against apt's own simulation, and nothing to do against `status`.

`python -P tests/bench/planning.py [--packages N] [--rounds N]`; the first part needs root and a bed. Asserts nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.measure import Paired, paired, run
from support.machines.aptbeds import REPOSITORY, know_archive, room
from support.machines.beds import Bed

from cortexrepo.ecosystems.apt.command import VARIABLES, apt_get
from cortexrepo.ecosystems.apt.names import orders, words
from cortexrepo.ecosystems.apt.restore import restorer as apt
from cortexrepo.ecosystems.apt.state import rows
from cortexrepo.ecosystems.contract.restoring import Work
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import DOWNGRADE, Step

CORTEX = [sys.executable, "-m", "cortexrepo", "snapshot"]


def _stanza(name: str, version: str, *, installed: bool) -> str:
    about = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: T <t@example.invalid>\n"
    if installed:
        return about + "Status: install ok installed\nDescription: d\n\n"
    return about + f"Description: d\nFilename: pool/{name}_{version}.deb\nSize: 1000\nSHA256: {'0' * 64}\n\n"


def planned(count: int, rounds: int) -> tuple[float, float, float, int]:
    """Runs in a bed: returns seconds of a proposal and of apt's simulation, their ratio, and the obstacles."""
    names = [f"pk{number:05d}" for number in range(count)]
    with open("/var/lib/dpkg/status", "a", encoding="utf-8") as file:
        file.writelines(_stanza(name, "2.0", installed=True) for name in names)
    index = f"{REPOSITORY}/dists/all/main/binary-amd64/Packages"
    with open(index, "a", encoding="utf-8") as file:
        file.write("\n")
        file.writelines(_stanza(name, version, installed=False) for name in names for version in ("1.0", "2.0"))
    os.unlink(f"{REPOSITORY}/dists/all/Release")
    given = room()
    given.machine.run(["apt-get", "-qq", "update"])
    now = rows()
    old = {row: Package(row.name, row.arch, "1.0", row.flags) for row in now.packages if row.name in set(names)}
    target = Manifest.of("apt", [old.get(row, row) for row in now.packages])
    steps = tuple(Step(DOWNGRADE, before, after) for before, after in sorted(old.items()))
    work = Work("apt", "", (), (), now, target, steps)
    simulation = apt_get("install", *words(orders(steps, "amd64"), "amd64"), options=("--simulate",))
    seen: list[int] = []

    def propose() -> float:
        start = time.perf_counter()
        seen.append(len(apt.propose(work, given).obstacles))
        return time.perf_counter() - start

    def simulate() -> float:
        start = time.perf_counter()
        ended = given.machine.run(simulation, variables=VARIABLES)
        assert ended.code == 0, ended
        return time.perf_counter() - start

    found = paired(propose, simulate, rounds)
    return *found, seen[-1]


def idle(rounds: int) -> Paired:
    """Returns how long a restore with nothing to do takes against `status`, of this machine, which is only read."""
    with tempfile.TemporaryDirectory() as directory:
        variables = {**os.environ, "CORTEX_REPO": directory}
        time.sleep(2.1)  # what was touched just now is not remembered
        for words_ in (["create"], ["create"]):
            run([*CORTEX, *words_], variables)

        def seconds(*given: str) -> float:
            return run([*CORTEX, *given], variables).seconds

        return paired(lambda: seconds("restore", "latest", "--yes"), lambda: seconds("status"), rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    found = idle(chosen.rounds)
    print(f"nothing to do / status: {found.ratio:.2f} ({found.one * 1000:.0f} ms, {found.other * 1000:.0f} ms)")
    with Bed.make() as bed:
        know_archive(bed)
        one, other, ratio, obstacles = bed.call(planned, chosen.packages, chosen.rounds)
    print(f"planning {chosen.packages} packages / apt's simulation: {ratio:.2f} ({one:.2f} s, {other:.2f} s)")
    print(f"obstacles: {obstacles}")


if __name__ == "__main__":
    main()
