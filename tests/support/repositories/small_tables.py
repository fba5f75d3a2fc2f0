"""Tables of slots in a small repository: every snapshot has one, however few slots it has."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

from cortexrepo.codec import refs, slots
from cortexrepo.repository.writing import encode_inventory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.inventory import Inventory


@contextlib.contextmanager
def always() -> Iterator[None]:
    """Has writers put the slots of every snapshot into a table."""
    many = refs.MANY
    refs.MANY = 0
    try:
        yield
    finally:
        refs.MANY = many


@functools.cache
def of(inventory: Inventory) -> tuple[ObjectId, tuple[ObjectId, ...]]:
    """Returns the id of the table that an inventory's slots make, and the objects that are named there."""
    found = encode_inventory(inventory)[0]
    return slots.encode(slots.rows_of(found)).id, tuple(slot.object for slot in found if slot.object is not None)
