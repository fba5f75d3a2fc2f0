"""Inventories made by hand: what a machine could hold, without one."""

from __future__ import annotations

from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import AUTO, Manifest, Package
from cortexrepo.model.snapshot import OK

MACHINE = "0123456789abcdef0123456789abcdef"


def packages(ecosystem: str, versions: dict[str, str]) -> Manifest:
    """Returns a manifest with these packages and versions."""
    arch = "amd64" if ecosystem == "apt" else ""
    return Manifest.of(ecosystem, (Package(name, arch, version) for name, version in versions.items()))


def inventory(number: int = 0, machine: str = MACHINE) -> Inventory:
    """Returns an inventory with two slots, whose packages differ for each number."""
    apt = Manifest.of(
        "apt",
        (
            Package("bash", "amd64", "5.2-1", AUTO, (("section", "shells"),)),
            Package("number", "amd64", f"{number}.0"),
        ),
    )
    pip = packages("pip", {"requests": "2.31.0", "number": str(number)})
    readings = (Reading("apt", "", OK, apt), Reading("pip", "/opt/venv", OK, pip, "", (("python", "3.11"),)))
    return Inventory(machine, (("hostname", "testing"),), readings)
