"""The body of a ref, field by field: a test changes one field and seals the rest as it is."""

from __future__ import annotations

from cortexrepo.codec import records
from cortexrepo.model.snapshot import OK

SLOT = ("apt", "", OK, bytes(32), 1, "", (), ())
_FIELDS: dict[str, object] = {
    "origin": bytes(16),
    "machine": bytes(16),
    "created": 0,
    "sequence": 0,
    "previous": None,
    "cause": ("", "", ""),
    "message": "",
    "slots": (SLOT,),
    "facts": (("a", "1"), ("b", "2")),
    "roots": (("a", bytes(32)), ("b", bytes(32))),
    "required": (),
    "optional": (("a", b"1"), ("b", b"2")),
}


def ref(**changes: object) -> bytes:
    """Returns the file of a ref with a right checksum, with other values in the fields that are named."""
    assert changes.keys() <= _FIELDS.keys()
    return records.seal(records.REF, tuple((_FIELDS | changes).values()))
