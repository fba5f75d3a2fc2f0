"""Fills a repository with a long history faster than a disk could: as `create` leaves it, but without its fsyncs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.codec import identity, refs
from cortexrepo.model import refname
from cortexrepo.model.snapshot import Cause, Previous, Slot, Snapshot
from cortexrepo.repository import layout
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.writing import encode_inventory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.inventory import Inventory


def fill(place: str, history: Iterable[tuple[int, Inventory]]) -> Repository:
    """Makes a repository with a snapshot for each moment, each file as `create` writes it, and returns it."""
    repository = Repository.open(place, create=True)
    previous: Previous | None = None
    last: object = None
    slots: tuple[Slot, ...] = ()
    roots: tuple[tuple[str, ObjectId], ...] = ()
    for number, (moment, inventory) in enumerate(history, 1):
        if inventory.readings is not last:
            slots, parts, roots = encode_inventory(inventory)
            last = inventory.readings
            for key, data in parts.items():
                _write(f"{place}/{key}", data)
        snapshot = Snapshot(
            identity.make(repository.id, inventory.machine, number, moment), repository.id, inventory.machine, moment,
            number, previous, Cause("", "root", "timer"), "", slots, inventory.facts, roots,
        )  # fmt: skip
        data = refs.encode(snapshot)
        _write(f"{place}/{layout.ref_key(refname.of(snapshot))}", data)
        previous = Previous(snapshot.id, refs.checksum_of(data))
    return repository


def _write(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


def size(place: str) -> int:
    """Returns how many bytes all files of a directory have together."""
    return sum(
        os.path.getsize(os.path.join(directory, name)) for directory, _, names in os.walk(place) for name in names
    )
