"""The apt restore under SIGKILL: at each line that apt says, and of apt and dpkg at any moment. Nothing is ever lost.

Afterwards a later process either goes on and ends exactly at the snapshot, or leads back exactly to the start.
"""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.machines.aptbeds import apt_bed, install, last_part, lead_back, restore, resume, room, steps_between
from support.machines.beds import Killed

from cortexrepo.ecosystems.apt.restore import locks as apt_locks
from cortexrepo.ecosystems.apt.restore import restorer as apt
from cortexrepo.ecosystems.apt.state import rows, unhealthy
from cortexrepo.errors import CortexError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.machines.beds import Bed

    from cortexrepo.model.package import Manifest

FIRST = "cx-app=1.0 cx-lib=1.0 cx-plugin=1.0 cx-old cx-ess=1.0 cx-ma=1.0 cx-ma:i386=1.0 cx-solo=1.0 cx-div cx-arch=1.0"
SECOND = "cx-app=2.0 cx-lib=2.0 cx-plugin=2.0 cx-new cx-ess=2.0 cx-ma=2.0 cx-ma:i386- cx-solo- cx-div- cx-arch=2.0"
MANY = [f"cx-many{number}" for number in range(6)]
EVERY, EVERY_BY_NIGHT = 24, 3
"""A kill at every line of a hundred takes long: at every so many, beginning with another one for each way out."""
TIMES, TIMES_BY_NIGHT = 3, 20


@pytest.fixture(scope="module")
def places() -> Iterator[tuple[Bed, Manifest, Manifest]]:
    """A bed in its second state, with both of them. Every test leads it back there or is told so."""
    with apt_bed() as bed:
        install(bed, *FIRST.split(), *(f"{name}=1.0" for name in MANY))
        bed.run("apt-mark", "auto", "cx-lib", "cx-plugin", "cx-ma:i386")
        bed.run("apt-mark", "hold", "cx-ess")
        target = bed.call(rows)
        install(bed, *SECOND.split(), *(f"{name}=2.0" for name in MANY))
        yield bed, target, bed.call(rows)


def fresh(bed: Bed) -> None:
    bed.run("rm", "-rf", "/var/lib/restore")


def kill_at(line: int, *, all_of_them: bool) -> Callable[[str], None]:
    """Returns what kills this process, or its whole family, when it is told a line of that number."""
    seen = [0]

    def tell(_: str) -> None:
        seen[0] += 1
        if seen[0] == line:
            if all_of_them:
                # The first process and this one are spared: the one is the bed, and the other is next.
                for entry in filter(str.isdigit, os.listdir("/proc")):
                    if int(entry) not in {1, os.getpid()} and not _is_reader(entry):
                        os.kill(int(entry), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)

    return tell


def _is_reader(entry: str) -> bool:
    """Returns whether it is the child of the first process that waits for the bed's end."""
    with open(f"/proc/{entry}/cmdline", encoding="utf-8", errors="replace") as file:
        return "bed_init" in file.read()


def exact(bed: Bed, target: Manifest) -> None:
    now = bed.call(rows)
    assert steps_between(now, target) == ()
    assert now == target
    assert bed.run("dpkg", "--audit").out == ""


def _lines(bed: Bed, target: Manifest) -> int:
    fresh(bed)
    count = len(bed.call(restore, target).told)
    bed.call(lead_back)
    return count


@pytest.mark.parametrize("every", [EVERY, pytest.param(EVERY_BY_NIGHT, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("all_of_them", [False, True], ids=["the tool", "everything"])
@pytest.mark.parametrize("way", ["on", "back"])
def test_killed_at_any_line_it_goes_on_or_back_exactly(
    places: tuple[Bed, Manifest, Manifest],
    way: str,
    every: int,
    tell_counts: Callable[[dict[str, int]], None],
    *,
    all_of_them: bool,
) -> None:
    bed, target, start = places
    total = _lines(bed, target)
    exact(bed, start)
    begin = 1 + (way == "on") + 2 * all_of_them
    kills = 0
    for line in range(begin, total + 1, every):
        fresh(bed)
        with pytest.raises(Killed):
            bed.call(restore, target, kill_at(line, all_of_them=all_of_them))
        kills += 1
        if way == "on":
            bed.call(resume, target)
            exact(bed, target)
            bed.call(lead_back)
        else:
            bed.call(lead_back)
        exact(bed, start)
    tell_counts({"kills": kills})
    assert kills >= 3


@pytest.mark.parametrize("times", [TIMES, pytest.param(TIMES_BY_NIGHT, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("victims", [("apt-get",), ("dpkg",), ("apt-get", "dpkg")], ids=["apt", "dpkg", "both"])
def test_apt_and_dpkg_killed_at_any_moment_it_goes_on_or_back_exactly(
    places: tuple[Bed, Manifest, Manifest],
    victims: tuple[str, ...],
    times: int,
    tell_counts: Callable[[dict[str, int]], None],
) -> None:
    bed, target, start = places
    chance = random.Random(sum(map(len, victims)))  # noqa: S311 -- moments, the same in every run
    kills = 0
    for number in range(times):
        fresh(bed)
        call = bed.start(restore, target)
        plan = bed.path("/var/lib/restore/guard.json")
        while not plan.exists() and not call.ended():
            time.sleep(0.002)
        time.sleep(chance.random() * 1.5)
        kills += bed.kill(*victims)
        # It may have been done before it was killed.
        with suppress(CortexError):
            call.result()
        if number % 2:
            bed.call(resume, target)
            exact(bed, target)
        bed.call(lead_back)
        exact(bed, start)
    tell_counts({"kills": kills})
    assert kills


def test_a_dpkg_that_goes_on_alone_is_waited_for() -> None:
    with apt_bed() as bed:
        install(bed, "cx-slow=1.0", "cx-solo=1.0")
        target = bed.call(rows)
        install(bed, "cx-slow=2.0", "cx-solo=2.0")
        bed.path("/etc/cx-slow").write_text("2\n")
        call = bed.start(restore, target)
        while not bed.processes("sleep"):
            time.sleep(0.002)
        [apt_get] = bed.processes("apt-get")
        parent = Path(f"/proc/{apt_get}/stat").read_text().rpartition(")")[2].split()[1]
        for process in (int(parent), apt_get):
            os.kill(process, signal.SIGKILL)
        with pytest.raises(Killed):
            call.result()
        assert bed.processes("dpkg")
        assert bed.call(_waits_for_dpkg, target)
        exact(bed, target)


def _waits_for_dpkg(target: Manifest) -> bool:
    told: list[str] = []
    apt.recover(last_part(), room(told=told.append))
    whole = not apt_locks.held() and not unhealthy(rows().packages) and not any("lock" in line for line in told)
    restore(target)
    return whole and "waiting for apt or dpkg to end" in told
