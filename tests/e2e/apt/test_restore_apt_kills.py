"""An apt restore whose apt and dpkg are killed at any moment, or go on without it. Nothing is ever lost.

The restore itself is killed in `tests/contract/test_ways_back.py`.
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
from support.machines.apt_states import Past, exact, small
from support.machines.aptbeds import STAGING, install, last_part, lead_back, restore, resume, room
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
VICTIMS = {"apt": (("apt-get",), 1), "dpkg": (("dpkg",), 1), "both": (("apt-get", "dpkg"), 2)}
"""What is killed, and how often."""
TIMES_BY_NIGHT = 20
LASTS = 0.8
"""So many seconds after its beginning a restore is killed at the latest."""
MOST = 8
"""So many moments are tried until one is soon enough."""


@pytest.fixture(scope="module")
def many(archive: Bed) -> Iterator[Past]:
    """A bed whose packages have changed, and whose way back takes a while."""
    with archive.fresh() as bed:
        install(bed, *FIRST.split(), *(f"{name}=1.0" for name in MANY))
        bed.run("apt-mark", "auto", "cx-lib", "cx-plugin", "cx-ma:i386")
        bed.run("apt-mark", "hold", "cx-ess")
        target = bed.call(rows)
        install(bed, *SECOND.split(), *(f"{name}=2.0" for name in MANY))
        yield Past(bed, target, bed.call(rows))


@pytest.mark.parametrize("by_night", [False, pytest.param(True, marks=pytest.mark.nightly)], ids=["by day", "by night"])
@pytest.mark.parametrize("name", VICTIMS)
def test_apt_and_dpkg_killed_at_any_moment_it_goes_on_or_back_exactly(
    many: Past, name: str, tell_counts: Callable[[dict[str, int]], None], *, by_night: bool
) -> None:
    victims, by_day = VICTIMS[name]
    times = TIMES_BY_NIGHT if by_night else by_day
    chance = random.Random(sum(map(len, victims)))  # noqa: S311 -- moments, the same in every run
    kills = number = 0
    # On a busy machine nothing may have begun in time.
    while number < times or (not kills and number < MOST):
        number += 1
        with many.bed.fresh() as bed:
            kills += killed(bed, many.target, victims, chance.random() * LASTS)
            if number % 2:
                bed.call(resume, many.target)
                exact(bed, many.target)
            bed.call(lead_back)
            exact(bed, many.now)
    tell_counts({"kills": kills})
    assert kills


def killed(bed: Bed, target: Manifest, victims: tuple[str, ...], seconds: float) -> int:
    """Kills programs some time after a restore has begun, as soon as one of them runs; returns how many."""
    call = bed.start(restore, target)
    plan = bed.path(f"{STAGING}/guard.json")
    while not plan.exists() and not call.ended():
        time.sleep(0.002)
    time.sleep(seconds)
    while not (count := bed.kill(*victims)) and not call.ended():
        time.sleep(0.002)
    # It may have been done before it was killed.
    with suppress(CortexError):
        call.result()
    return count


def test_a_dpkg_that_goes_on_alone_is_waited_for(bed: Bed) -> None:
    target, _ = small(bed, "cx-slow=1.0", "cx-solo=1.0", after=("cx-slow=2.0", "cx-solo=2.0"))
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
