"""Laws of importing: whatever the old tool's file holds, it is a snapshot that can be stored, or a reason."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from support.repositories.inventories import MACHINE
from support.repositories.legacy import document

from cortexrepo.codec import identity
from cortexrepo.codec.objects import encode
from cortexrepo.importing.legacy import Legacy, parse
from cortexrepo.model import refname
from cortexrepo.model.inventory import Inventory
from cortexrepo.model.legacy import Note
from cortexrepo.model.snapshot import FAILED, OK, PARTIAL, Cause, Snapshot
from cortexrepo.repository.writing import encode_inventory, seal

texts = st.text(max_size=12) | st.sampled_from(
    ["bash", "@org/x", "", "unknown", "\ud800", "2025-01-01T00:00:00", "\x1b"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
rows = st.lists(
    st.fixed_dictionaries({}, optional={"name": texts | values, "version": texts | values}) | values, max_size=5
)
lists = st.dictionaries(st.sampled_from(["apt", "pip", "npm", "cargo"]), rows | values, max_size=4)
changed = st.fixed_dictionaries(
    {},
    optional={
        "id": values,
        "timestamp": values | texts | st.datetimes().map(lambda found: found.isoformat()),
        "description": values | texts,
        "packages": lists | values,
        "system_info": st.dictionaries(st.sampled_from(["id", "kernel", "arch", "pretty_name"]), values) | values,
        "file_count": values,
        "more": values,
    },
)


def _check(name: str, data: bytes) -> None:
    found = parse(name, data)
    if isinstance(found, Note):
        assert found.reason
        return
    assert isinstance(found, Legacy)
    for reading in found.readings:
        assert (reading.manifest is None) == (reading.status == FAILED)
        assert reading.status in {OK, PARTIAL, FAILED}
        assert bool(reading.error) == (reading.status != OK)
        if reading.manifest is not None:
            assert reading.manifest.packages
            encode(reading.manifest)
    inventory = Inventory(MACHINE, found.facts, found.readings)
    own = identity.make("0" * 32, MACHINE, refname.IMPORTED, found.created_at)
    slots = encode_inventory(inventory).slots
    seal(
        Snapshot(
            own,
            "0" * 32,
            MACHINE,
            found.created_at,
            0,
            None,
            Cause(),
            found.description,
            slots,
            found.facts,
        )
    )


@given(texts, changed)
def test_any_snapshot_with_any_field_changed_can_be_stored_or_says_why_not(
    name: str, changes: dict[str, object]
) -> None:
    _check(name, json.dumps({**document(), **changes}).encode())


@given(texts, values)
def test_any_json_is_a_snapshot_or_a_reason(name: str, value: object) -> None:
    _check(name, json.dumps(value).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_snapshot_or_a_reason(data: bytes) -> None:
    _check("x", data)
