"""Inventories that are far larger than those of a machine."""

from __future__ import annotations

from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import OK
from support.repositories.inventories import MACHINE

ROWS, ENVIRONMENTS = 100_000, 20_000


def nested(count: int, version: str = "1.0.0") -> Inventory:
    """Returns an inventory with so many packages of npm, one of which has that version."""
    rows = [
        Package(f"package-{number:06}", "", "1.0.0", number % 4, (("inside", f"app>package-{number // 7:06}"),))
        for number in range(count)
    ]
    rows[count // 2] = rows[count // 2]._replace(version=version)
    return Inventory(MACHINE, (), (Reading("npm", "/srv/app", OK, Manifest("npm", tuple(rows))),))


def many(count: int, changed: int) -> Inventory:
    """Returns an inventory with so many environments of pip, of which one is another from number to number."""
    manifests = [Manifest("pip", (Package(f"package-{number}", "", "1"),)) for number in range(50)]
    other = Manifest("pip", (Package("package", "", str(changed)),))
    readings = [
        Reading("pip", f"/home/user/projects/{number:05}/.venv", OK, manifests[number % 50], "", (("python", "3.11"),))
        for number in range(count)
    ]
    readings[changed] = readings[changed]._replace(manifest=other)
    return Inventory(MACHINE, (), tuple(readings))


def of_rows(number: int) -> Inventory:
    """Returns an inventory with as many packages as a manifest must hold, of which one has the version of a number."""
    return nested(ROWS, f"{number}.0")


def of_environments(number: int) -> Inventory:
    """Returns an inventory with as many environments as a snapshot must hold, of which one is of a number."""
    return many(ENVIRONMENTS, number)
