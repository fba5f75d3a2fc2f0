"""Repositories of every kind, made by the product: loose, packed, pruned, imported, mixed, with marks and files."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

from blake3 import blake3

from cortexrepo.codec.records import Config, encode_config
from cortexrepo.model.artifact import INSTALLED, SOURCE
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import AUTO, HOLD, NESTED, Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL, Cause
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH, Tidiness
from support.repositories.inventories import MACHINE, inventory, packages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cortexrepo.model.ids import SnapshotId

START = 1_700_000_000_000
HOUR = 3_600_000
OTHER = "cd" * 16
SOME = Tidiness(recent=3, least=1)


class Clock:
    """A clock that goes on by an hour with each look, and is set back for a while."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> int:
        self.looks += 1
        return START + self.looks * HOUR - (40 * HOUR if self.looks % 17 in (5, 6) else 0)


def opened(place: Path, clock: Clock | None = None) -> Repository:
    """The repository at a place. One that is made has an id that follows from the name: all that follows is repeatable.

    What the id decides: names, ids, and where a byte of a file is.
    """
    if not place.exists():
        Repository.init(place)
        own = blake3(place.name.encode()).hexdigest()[:32]
        (place / "config").write_bytes(encode_config(Config(own, "link")))
    found = Repository.open(place)
    found._clock = clock or Clock()
    return found


def fill(repository: Repository, count: int, machine: str = MACHINE, start: int = 0) -> list[SnapshotId]:
    return [
        repository.create(
            inventory(number // 2, machine),
            message="" if number % 3 else f"number {number}",
            cause=Cause("create", "ada", "manual" if number % 2 else "before restore"),
        ).id
        for number in range(start, start + count)
    ]


def odd(machine: str = MACHINE) -> Inventory:
    """An inventory with a slot of each status, and with packages that have all there is."""
    rows = (
        Package("naïve", "", "", 0b10011010000, (("url", "https://example.org/é?x=1"),)),
        Package("tool", "", "10.0.09-1", 1 << 8, (("a", ""), ("state", "half-installed"))),
    )
    readings = (
        Reading("apt", "", PARTIAL, packages("apt", {"bash": "5.2.15-2+b7", "libc6": "1:2.36-9+deb12u9"}), "cut short"),
        Reading("npm", "", ABSENT),
        Reading("pip", "", FAILED, None, "not permitted"),
        Reading("pip", "/opt/\\xff/v", OK, Manifest.of("pip", rows), "", (("owner", "1000"), ("python", "3.11"))),
        Reading("rpm", "", PARTIAL, None, "no database"),
    )
    return Inventory(machine, (("arch", "x86_64"), ("hostname", "testing")), readings)


def growing(number: int) -> Inventory:
    """The inventories of a machine in which every fact of a package changes now and then, and packages come and go."""
    width, name = 2 + number % 2, f"lib-{'ü' * (number % 4)}{number % 7}"
    apt = {
        (name, "amd64"): ("1:0.09-1", number % 3, ()),
        ("kernel", "amd64"): (f"6.1.{number:0{width}}-{9 + number}+b1", AUTO, (("section", "kernel"),)),
        ("zeros", "all" if number % 5 else "amd64"): (f"1.{95 + number:03}~rc{number % 2}", 0, ()),
        ("long", "amd64"): (f"2.{10**17 + number}.{10**18 + number}", 0, (("état", "§" * (number % 3)),)),
        ("same", "amd64"): ("3.0", HOLD if number % 4 == 1 else 0, ()),
    }
    rows = [Package(*own, version, flags, attributes) for own, (version, flags, attributes) in apt.items()]
    npm = [Package(f"@x/p{at}", "", f"{number % 3}.{at}.0", NESTED * (at % 2)) for at in range(number % 4)]
    readings = [Reading("apt", "", OK, Manifest.of("apt", rows)), Reading("npm", "/srv/a", OK, Manifest.of("npm", npm))]
    return Inventory(MACHINE, (("hostname", "testing"),), tuple(readings))


def changing(place: Path) -> None:
    """Each kind of change of a manifest is in a pack."""
    repository = opened(place)
    for number in range(40):
        repository.create(growing(number))
    repository.upkeep.gc(tidiness=SOME)


def loose(place: Path) -> None:
    repository = opened(place)
    made = fill(repository, 5)
    repository.create(odd(), message="nach dem Umzug ✓", tags=("moved",))
    repository.tag("first", made[0])
    repository.delete([made[1]])


def packed(place: Path) -> None:
    repository = opened(place)
    made = fill(repository, 24)
    repository.create(odd())
    repository.upkeep.gc(tidiness=SOME)
    repository.tag("old", made[2])
    fill(repository, 3, start=24)


def machines(place: Path) -> None:
    repository = opened(place)
    for start in range(0, 16, 4):
        fill(repository, 4, start=start)
        fill(repository, 3, OTHER, start=start)
        if start == 8:
            repository.upkeep.gc(tidiness=SOME)


def collected(place: Path) -> None:
    """Some snapshots are removed, of segments and on their own; there is a note."""
    repository = opened(place)
    made = fill(repository, 14)
    repository.upkeep.gc(tidiness=SOME)
    repository.tag("gone", made[3])
    repository.delete([*made[2:5], made[8], made[12]])
    repository.upkeep.gc(keep_deleted_ms=0, tidiness=SOME)
    repository.delete([made[6], made[13]])
    fill(repository, 1, start=20)


def pruned(place: Path) -> None:
    repository = opened(place)
    made = fill(repository, 30)
    repository.upkeep.delete([own for number, own in enumerate(made) if number % 5])
    repository.upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)


def imported(place: Path) -> None:
    repository = opened(place)
    fill(repository, 4)
    for day in range(6):
        held = inventory(day)._replace(facts=(("hostname", "testing"), ("reconstructed", "dpkg.log")))
        repository.record(held, START - (9 - day) * 24 * HOUR, cause=Cause("apt upgrade", "", "import-logs"))
    fill(repository, 8, start=4)
    repository.upkeep.gc(tidiness=SOME)
    repository.record(inventory(99), START - HOUR, message="late")


def mixed(place: Path) -> None:
    """Refs and objects of another repository are copied in, of the same machine and of another one."""
    one, other = opened(place), opened(place.with_name("source"))
    fill(one, 4)
    fill(other, 6, OTHER)
    fill(other, 3, start=2)
    for name in ("refs", "objects"):
        shutil.copytree(place.with_name("source") / name, place / name, dirs_exist_ok=True)
    shutil.rmtree(place.with_name("source"))
    opened(place).upkeep.gc(tidiness=SOME)


def kept(place: Path) -> None:
    """Package files are kept; a collector that died has set one of them aside, and an object."""
    repository = opened(place)
    fill(repository, 3)
    for name in ("bash", "dash", "zsh"):
        pieces = partial(iter, [b"a deb of ", name.encode() * 40])
        repository.artifacts.keep("apt", Package(name, "amd64", "5.2-1"), f"{name}_5.2.deb", pieces, SOURCE)
    for holder in ("0", "1000"):
        repository.artifacts.keep(
            "pip", Package("demo", "", "1.0"), "demo-1.0.whl", partial(iter, [b"a wheel"]), INSTALLED, holder, "/v"
        )
    file = min(path for path in (place / "artifacts").rglob("*") if path.is_file())
    moved(file, place / "artifacts" / "aside" / file.name)
    thing = min(path for path in (place / "objects").rglob("*") if path.is_file())
    moved(thing, place / "quarantine" / "0123" / f"{thing.parent.name}{thing.name}")


def moved(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source.rename(target)


def claimed(place: Path) -> None:
    """A collector died after it had claimed two marks, one of a snapshot in a segment."""
    repository = opened(place)
    made = fill(repository, 10)
    repository.upkeep.gc(tidiness=SOME)
    for own in (made[1], made[9], made[5]):
        repository.tag(f"of-{own[:3]}x", own)
    repository.delete([made[1], made[5], made[9]])
    for own in (made[1], made[9]):
        mark = place / "deleted" / own
        mark.rename(mark.with_name(f"{own}.claimed"))


def interrupted(place: Path) -> None:
    """A collector died after it had packed, and before it removed a file that is packed."""
    repository = opened(place)
    fill(repository, 9)
    for name in ("refs", "objects"):
        shutil.copytree(place / name, place.with_name("before") / name)
    repository.upkeep.gc(tidiness=SOME)
    shutil.copytree(place.with_name("before"), place, dirs_exist_ok=True)
    shutil.rmtree(place.with_name("before"))


KINDS: dict[str, Callable[[Path], None]] = {
    made.__name__: made
    for made in (loose, packed, changing, machines, collected, pruned, imported, mixed, kept, claimed, interrupted)
}
