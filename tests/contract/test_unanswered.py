"""What only another ecosystem can tell is said to be unknown where none has the facet for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract import owning, supplying
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.snapshot import OK, PARTIAL

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.reading import Collected

SITE = "usr/lib/python3/dist-packages"
FILES = {
    "etc/os-release": "ID=debian\n",
    f"{SITE}/a-1.dist-info/METADATA": "Name: a\nVersion: 1\n",
    "usr/lib/node_modules/b/package.json": '{"name": "b", "version": "1"}',
    "usr/bin/python3.11": "",
    "usr/bin/node": "",
}
ASKING = {"pip": owning.UNKNOWN, "npm": owning.UNKNOWN, "system": supplying.UNKNOWN}
"""The ecosystems that ask others, and what they say where nobody answers."""


def read(name: str, root: Path) -> Collected:
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    system = RootedSystem(str(root))
    try:
        [found] = registry.reader(name).collect(system, ())
    finally:
        system.close()
    return found


def without(*facets: str) -> tuple[registry.Slice, ...]:
    """Returns the table as it is where no ecosystem has these facets."""
    return tuple(
        registry.Slice(
            row.name,
            *(one for one in row.facets if one not in facets),
            is_one=row.is_one,
            is_machine=row.is_machine,
            place=row.place,
        )
        for row in registry.SLICES
    )


@pytest.mark.parametrize("name", ASKING)
def test_what_nobody_can_tell_is_said(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "SLICES", without(registry.OWNED, registry.SUPPLY))
    found = read(name, tmp_path)
    assert found.status == PARTIAL
    assert found.error.endswith(ASKING[name])
    assert found.manifest is not None
    assert found.manifest.packages


@pytest.mark.parametrize("name", ASKING)
def test_where_somebody_can_tell_nothing_is_unknown(name: str, tmp_path: Path) -> None:
    assert read(name, tmp_path).status == OK


def test_a_facet_for_the_whole_machine_belongs_to_an_ecosystem_with_one_environment() -> None:
    asked = {*registry.able(registry.OWNED), *registry.able(registry.SUPPLY)}
    assert asked
    assert [name for name in asked if not registry.is_one(name)] == []
