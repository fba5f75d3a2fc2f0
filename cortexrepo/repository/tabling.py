"""The slots of a snapshot that has many: an object, and a ref that names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import refs, slots
from cortexrepo.model.elsewhere import Elsewhere
from cortexrepo.model.snapshot import TABLE
from cortexrepo.repository import layout
from cortexrepo.store.keys import Ahead

if TYPE_CHECKING:
    from cortexrepo.codec.objects import Encoded
    from cortexrepo.model.snapshot import Slot, Snapshot

_ANNOUNCED = "announced"
"""The role of a table in a pin that keeps it before there is a pin of the snapshot."""


def encode(found: tuple[Slot, ...]) -> Encoded:
    """Returns the table of these slots; raises ValueError beyond a limit, and for what no reader would take back."""
    table = slots.encode(slots.rows_of(found))
    if slots.decode_frame(table.frame, table.id) != found:
        raise ValueError("one of its values has the wrong type")
    return table


def outline(snapshot: Snapshot) -> Snapshot:
    """Returns a snapshot as its ref is decoded: without the slots that are in a table."""
    table = snapshot.table()
    return snapshot if table is None else snapshot._replace(slots=Elsewhere(table))


def ahead(snapshot: Snapshot, table: Encoded) -> Ahead:
    """Returns what must be there before the ref is announced: only the table says what else the snapshot needs."""
    roots = ((_ANNOUNCED, table.id), *(pair for pair in snapshot.roots if pair[0] != TABLE))
    pin = refs.encode(snapshot._replace(slots=(), roots=tuple(sorted(roots))))
    return Ahead(pin, {layout.object_key(table.id): table.frame})
