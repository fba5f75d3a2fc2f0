"""One line that says how much there is: `774 apt  103 pip in 5 environments  2 npm`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.style import DIM, RED, YELLOW
from cortexrepo.model.snapshot import FAILED, OK, PARTIAL, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.snapshot import Snapshot


def slots_of(inventory: Inventory) -> tuple[Slot, ...]:
    """Returns the slots that a snapshot of `inventory` would have, without the ids of objects, which it has none of."""
    return tuple(
        Slot(
            reading.ecosystem,
            reading.environment,
            reading.status,
            None,
            reading.manifest.installed if reading.manifest is not None else 0,
            reading.error,
            reading.facts,
        )
        for reading in inventory.readings
    )


def counts(slots: Iterable[Slot]) -> list[str]:
    """Returns a phrase for each ecosystem that was read, at least in part: `774 apt`, `103 pip in 5 environments`."""
    packages: dict[str, int] = {}
    environments: dict[str, int] = {}
    machine = registry.machine()  # once: a long list asks for thousands of slots
    for slot in slots:
        if slot.status in {OK, PARTIAL} and slot.ecosystem not in machine:
            packages[slot.ecosystem] = packages.get(slot.ecosystem, 0) + slot.packages
            is_one = bool(slot.environment) and not slot.is_gap
            environments[slot.ecosystem] = environments.get(slot.ecosystem, 0) + is_one
    phrases = []
    for ecosystem in sorted(packages, key=lambda name: (registry.place(name), name)):
        where = f" in {environments[ecosystem]} environments" if environments[ecosystem] > 1 else ""
        phrases.append(f"{packages[ecosystem]} {escape(ecosystem)}{where}")
    return phrases


def column(snapshot: Snapshot) -> str:
    """Returns what `short_counts` gives for a snapshot; a phrase says so where its slots cannot be read."""
    return short_counts(snapshot.slots) if snapshot.unknown() is None else "packages unknown"


def short_counts(slots: Iterable[Slot]) -> str:
    """Returns the same for a column: `774 apt 103 pip 2 npm`."""
    return " ".join(phrase.partition(" in ")[0] for phrase in counts(slots))


def created(snapshot_id: str, message: str, slots: Iterable[Slot], elapsed_ms: int, style: Style) -> list[str]:
    """Returns what `create` says: the id and the message, and how much was recorded in what time."""
    slots = tuple(slots)
    first = style.paint(snapshot_id[:12], YELLOW)
    if message:
        first += f"  {escape(message)}"
    found = counts(slots) or ["no packages found"]
    return [first, "  ".join([*found, style.paint(f"{elapsed_ms} ms", DIM)])]


def incomplete(slots: Iterable[Slot], style: Style) -> list[str]:
    """Returns one line for each slot that is not completely known: `partial: pip /opt/venv: cannot read ...`."""
    return [
        style.paint(f"{slot.status}:", RED if slot.status == FAILED else YELLOW)
        + f" {slot_name(slot)}: {escape(slot.error)}"
        for slot in slots
        if slot.status in {FAILED, PARTIAL}
    ]


def slot_name(slot: Slot) -> str:
    """Returns the slot as people know it: `apt`, `pip /opt/venv`."""
    return f"{escape(slot.ecosystem)} {escape(slot.environment)}".rstrip()


def unlooked_places(count: int) -> list[str]:
    """Returns a line on places that were not looked at, and how they are listed; none for none."""
    if not count:
        return []
    return [f"not looked at: {count} place{'' if count == 1 else 's'}; `cortex snapshot environments` lists them"]
