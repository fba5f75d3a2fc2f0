"""What is far larger than a machine has: stored, listed, read, compared, packed and verified as what is small."""

from __future__ import annotations

from support.repositories.inventories import MACHINE
from support.repositories.memories import InMemory

from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.upkeep.tidiness import Tidiness

THOROUGH = Tidiness(recent=0, least=1)
ROWS, ENVIRONMENTS = 100_000, 20_000


def _nested(count: int, version: str = "1.0.0") -> Inventory:
    """Returns an inventory with so many packages of npm, one of which has that version."""
    rows = [
        Package(f"package-{number:06}", "", "1.0.0", number % 4, (("inside", f"app>package-{number // 7:06}"),))
        for number in range(count)
    ]
    rows[count // 2] = rows[count // 2]._replace(version=version)
    return Inventory(MACHINE, (), (Reading("npm", "/srv/app", OK, Manifest("npm", tuple(rows))),))


def _many(count: int, changed: int) -> Inventory:
    """Returns an inventory with so many environments of pip, of which one is another from number to number."""
    manifests = [Manifest("pip", (Package(f"package-{number}", "", "1"),)) for number in range(50)]
    other = Manifest("pip", (Package("package", "", str(changed)),))
    readings = [
        Reading("pip", f"/home/user/projects/{number:05}/.venv", OK, manifests[number % 50], "", (("python", "3.11"),))
        for number in range(count)
    ]
    readings[changed] = readings[changed]._replace(manifest=other)
    return Inventory(MACHINE, (), tuple(readings))


def _is_kept(place: InMemory, held: list[Inventory]) -> None:
    """Asserts that all of a repository is read back, also out of segments and packs, and after the oldest has gone."""
    made = [place.repository.create(one) for one in held]
    assert list(place.again().listing().snapshots) == made[::-1]
    assert place.again().upkeep.gc(tidiness=THOROUGH).snapshots == ()
    assert place.names("refs") == []
    repository = place.again()
    assert list(repository.listing().snapshots) == made[::-1]
    assert [repository.inventory(repository.get(one.id)).readings for one in made] == [one.readings for one in held]
    repository.delete([made[0].id])
    repository.upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
    repository = place.again()
    assert list(repository.snapshots()) == made[:0:-1]
    assert repository.inventory(made[1]).readings == held[1].readings
    report = repository.upkeep.verify()
    assert (report.problems, report.snapshots) == ((), len(made) - 1)


def test_a_manifest_of_100000_packages_is_kept() -> None:
    place = InMemory()
    held = [_nested(ROWS), _nested(ROWS, "2.0.0")]
    _is_kept(place, held)
    (changed,) = place.again().diff("latest", held[0]).changes
    assert (changed.before.version if changed.before else "") == "2.0.0"


def test_a_snapshot_of_20000_environments_is_kept() -> None:
    place = InMemory()
    held = [_many(ENVIRONMENTS, number) for number in (0, ENVIRONMENTS // 2)]
    _is_kept(place, held)
    assert len(place.again().get("latest").slots) == ENVIRONMENTS
