"""States of apt's packages in a bed: what is installed first, what then, and what the archive does meanwhile."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt.state import rows
from support.machines.aptbeds import SHELF, install, offer, steps_between

if TYPE_CHECKING:
    from cortexrepo.model.package import Manifest
    from support.machines.beds import Bed

FIRST = [
    "cx-app=1.0",
    "cx-lib=1.0",
    "cx-plugin=1.0",
    "cx-hold=1.0",
    "cx-ess=1.0",
    "cx-prot=1.0",
    "cx-conf=1.0",
    "cx-epoch=5.0-1",
    "cx-old",
    "cx-user",
    "cx-solo=1.0",
    "cx-div",
    "cx-ma=1.0",
    "cx-ma:i386=1.0",
    "cx-arch=1.0",
    "cx-re.x=1.1",
    "cx-daemon=1.0",
]
SECOND = [
    "cx-app=2.0",
    "cx-lib=2.0",
    "cx-plugin=2.0",
    "cx-hold=2.0",
    "cx-ess=2.0",
    "cx-prot=2.0",
    "cx-conf=2.0",
    "cx-epoch",
    "cx-new",
    "cx-solo-",
    "cx-div-",
    "cx-ma=2.0",
    "cx-ma:i386-",
    "cx-reboot",
    "cx-arch=2.0",
    "cx-re.x-",
    "cx-re1x",
    "cx-daemon=2.0",
    "cx-fail",
]


class Past(NamedTuple):
    """A bed that was in one state and is in another."""

    bed: Bed
    target: Manifest
    now: Manifest


def first(bed: Bed) -> Manifest:
    """Puts the bed into the state that tests go back to, and returns it."""
    install(bed, *FIRST)
    bed.run("apt-mark", "auto", "cx-plugin", "cx-lib", "cx-old", "cx-ma:i386")
    bed.run("apt-mark", "hold", "cx-hold")
    return bed.call(rows)


def second(bed: Bed) -> Manifest:
    """Changes 21 packages of it."""
    install(bed, *SECOND)
    bed.run("apt-mark", "auto", "cx-user")
    return bed.call(rows)


def small(bed: Bed, *before: str, after: tuple[str, ...]) -> tuple[Manifest, Manifest]:
    """Returns how the bed is with `before`, and then with `after`, in which it is left."""
    install(bed, *before)
    target = bed.call(rows)
    install(bed, *after)
    return target, bed.call(rows)


def exact(bed: Bed, target: Manifest) -> None:
    now = bed.call(rows)
    assert steps_between(now, target) == ()
    assert now == target
    assert bed.run("dpkg", "--audit").out == ""
    bed.run("apt-get", "check")


def vanish(bed: Bed) -> None:
    """The archive moves on: what is old is in it no more, nor in the cache."""
    offer(bed, "newest")
    bed.run("apt-get", "clean")


def keep(bed: Bed) -> None:
    """Puts every file of the archive on the shelf."""
    shutil.copytree(bed.path("/srv/archive/pool"), bed.path(SHELF))
