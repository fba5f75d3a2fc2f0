"""A collector has few packs in memory at once, however many it makes or writes again."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import MACHINE, packages
from support.repositories.memories import InMemory

from cortexrepo.codec.packed import packs
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.upkeep import packing
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = 100
PACK = 1 << 18
"""Each manifest has about 28,000 bytes, and nine of them a pack: all together some eleven packs."""


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    monkeypatch.setattr(packs, "CONTENT_LIMIT", PACK)
    monkeypatch.setattr(packing, "_FULL", PACK * 3 // 4)
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
    assert len(place.names("packs")) > 2 * 8
    snapshots = place.again().snapshots()
    place.again().delete([one.id for one in snapshots[1::4]])
    again = _peak(place, Tidiness(recent=1, least=1))
    assert len(place.again().snapshots()) == COUNT - COUNT // 4
    # One that is being made, as pieces and as a whole, what is read back of it, and three that were looked into.
    assert made < 8 * PACK
    assert again < 10 * PACK
