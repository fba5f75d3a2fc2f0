"""A collector has one pack in memory that it makes, and few that it reads, however many there are."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import MACHINE, packages
from support.repositories.memories import InMemory

from cortexrepo.codec.packed import packs
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.objects import packs as readers
from cortexrepo.repository.upkeep import packing
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = 72
PACK = 8
"""So many manifests are in a pack, of about 28,000 bytes each."""
SIZE = 1 << 18
"""More than all of one pack has, were it whole."""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    monkeypatch.setattr(packs, "COUNT_LIMIT", PACK)
    monkeypatch.setattr(packing, "_FULL", PACK * 3 // 4)
    monkeypatch.setattr(readers, "_FILES", SIZE)
    monkeypatch.setattr(readers, "_BLOCKS", SIZE)
    place = InMemory()
    for number in range(COUNT):
        versions = {f"package-{index:04}": f"{number}.{index}" for index in range(800)}
        reading = Reading("apt", "", OK, packages("apt", versions))
        place.repository.create(Inventory(MACHINE, (), (reading,)))
    yield place
    assert place.again().upkeep.verify().problems == ()


def _peak(place: InMemory, tidiness: Tidiness) -> int:
    repository = place.again()
    tracemalloc.start()
    try:
        repository.upkeep.gc(keep_deleted_ms=0, tidiness=tidiness)
        return tracemalloc.get_traced_memory()[1] - _stored(place)
    finally:
        tracemalloc.stop()


def _stored(place: InMemory) -> int:
    """Returns how many bytes the packs have: this disk is in memory too."""
    return sum(len(place.read(f"packs/{name}")) for name in place.names("packs"))


def test_many_packs_are_made_and_written_again_with_few_in_memory(place: InMemory) -> None:
    made = _peak(place, Tidiness(recent=1, least=1))
    assert len(place.names("packs")) == COUNT // PACK
    snapshots = place.again().snapshots()
    place.again().delete([one.id for one in snapshots[1::4]])
    again = _peak(place, Tidiness(recent=1, least=1))
    assert len(place.again().snapshots()) == COUNT - COUNT // 4
    # A block of 6,400 changes takes some 2 MB. Without the limits the second pass would hold all 9: 12 MB.
    assert made < 24 * SIZE
    assert again < 24 * SIZE
