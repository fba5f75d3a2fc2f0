"""One snapshot of the old tool: what its `metadata.json` says, or why that is not one. Pure.

{"id": ..., "timestamp": "2026-11-23T03:10:42.722912", "description": ..., "packages": {"apt": [{"name", "version"},
...], "pip": [...], "npm": [...]}, "system_info": {...}, "file_count": 799, "size_bytes": 0}
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec.refs import MESSAGE_LIMIT
from cortexrepo.formats.text.escape import storable
from cortexrepo.importing import legacy_packages
from cortexrepo.model import enumeration
from cortexrepo.model.legacy import Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.model.inventory import Reading

LIMIT = 1 << 20
"""No `metadata.json` may be larger, in bytes: room for 12,000 packages, and what it may grow to stays below 64 MiB."""

IMPORTED = ("imported", "legacy")
"""The fact of every snapshot that comes from the old tool."""
OLD_ID = "legacy_id"
"""The fact that holds the old id: the name of its directory."""
OLD_TIME = "legacy_time"
"""The fact that holds the old timestamp as it was written."""

_FIELDS = frozenset(("id", "timestamp", "description", "packages", "system_info", "file_count", "size_bytes"))
_LATEST = 1 << 44
"""The name of a ref has room for moments before this one, in milliseconds since 1970."""
_TIME = 40
_NAMED = 3


class Legacy(NamedTuple):
    """One snapshot of the old tool.

    Attributes:
        name: The old id: its directory's name, whatever the file calls itself.
        time: The timestamp as it was written: naive, in the local time of the machine.
        created_at: The same in UTC, milliseconds since 1970.
        description: As it was, with what is no text written out.
        facts: Sorted pairs: where it came from, and what it says of the machine.
        readings: Sorted by ecosystem.
        notes: What was odd in it, a phrase each.
    """

    name: str
    time: str
    created_at: int
    description: str
    facts: tuple[tuple[str, str], ...]
    readings: tuple[Reading, ...]
    notes: tuple[str, ...]


def parse(name: str, data: bytes) -> Legacy | Note:
    """Returns the snapshot in a `metadata.json`, or a note that says why there is none; never raises.

    Args:
        name: The name of its directory.
        data: The file's content.
    """
    name = storable(name)
    document = _document(data)
    if isinstance(document, str):
        return Note(name, document)
    time, packages = document.get("timestamp"), document.get("packages")
    moment = _moment(time)
    if not isinstance(time, str) or moment is None:
        return Note(name, "it has no valid timestamp")
    readings = legacy_packages.readings(packages) if isinstance(packages, dict) else ()
    if not isinstance(packages, dict) or not readings:
        return Note(name, "it has no lists of packages")
    info = document.get("system_info")
    info = info if isinstance(info, dict) else {}
    time = storable(time)
    return Legacy(
        name,
        time,
        moment,
        _description(document),
        _facts(name, time, info),
        (*readings, *legacy_packages.machine(info)),
        (*_notes(name, document, packages), *(f"{one.ecosystem}: {one.error}" for one in readings if one.error)),
    )


def _document(data: bytes) -> dict[str, object] | str:
    """Returns the JSON object, or what is wrong with it."""
    if len(data) > LIMIT:
        return f"the file is larger than {LIMIT >> 20} MiB"
    if not data.strip():
        return "empty"
    try:
        document = json.loads(data.decode())
    except RecursionError:
        return "the file is damaged: it is nested too deeply"
    except ValueError:
        return "the file is damaged: it is not JSON"
    return document if isinstance(document, dict) else "not a snapshot: the file is not a JSON object"


def _moment(text: object) -> int | None:
    """Returns a timestamp in milliseconds since 1970, or None when it is none or cannot be stored.

    Without a zone it is local time, which is not always clear: of an hour that is there twice, because clocks were set
    back, the first is meant; in one that they skipped they count as not set yet (PEP 495, fold 0).
    """
    if not isinstance(text, str) or len(text) > _TIME:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
        seconds = int(found.replace(microsecond=0).timestamp())
    except (ValueError, OverflowError, OSError):
        return None
    moment = seconds * 1000 + found.microsecond // 1000
    return moment if 0 <= moment < _LATEST else None


def _description(document: Mapping[str, object]) -> str:
    found = document.get("description")
    text = storable(found) if isinstance(found, str) else ""
    return text.encode()[:MESSAGE_LIMIT].decode("utf-8", "ignore")


def _facts(name: str, time: str, info: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    told = {"arch": "arch", "kernel": "kernel", "os": "pretty_name"}
    facts = {fact: legacy_packages.value(info, key) for fact, key in told.items()}
    facts.update({IMPORTED[0]: IMPORTED[1], OLD_ID: name, OLD_TIME: time})
    return tuple((key, value) for key, value in sorted(facts.items()) if value)


def _notes(name: str, document: Mapping[str, object], packages: Mapping[str, object]) -> list[str]:
    notes = []
    own = document.get("id")
    if own != name:
        called = f"its id is {own:.80}" if isinstance(own, str) else "it has no id"
        notes.append(f"{called}: the name of the directory is used instead")
    strangers = [*sorted(set(document) - _FIELDS), *sorted(set(packages) - legacy_packages.ecosystems())]
    if strangers:
        named = enumeration.names(strangers, _NAMED, lambda one: one[:40])
        notes.append(f"unknown fields: {named}")
    described = document.get("description")
    if not isinstance(described, str):
        notes.append("the description is not text")
    elif len(storable(described).encode()) > MESSAGE_LIMIT:
        notes.append(f"the description is cut to {MESSAGE_LIMIT >> 10} KiB")
    return notes
