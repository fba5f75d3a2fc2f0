"""The record of what collectors removed of one machine's snapshots."""

from __future__ import annotations

import operator
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from cortexrepo.codec.canonical import fits
from cortexrepo.codec.records import REMOVED, are_extensions, hexed, refuse, seal, unseal
from cortexrepo.errors import CorruptError
from cortexrepo.model.refname import END, HIGHEST
from cortexrepo.model.removed import Removed, Span, Vouched

if TYPE_CHECKING:
    Pairs = tuple[tuple[str, bytes], ...]

DIGEST = 16
"""So many bytes of a checksum are kept."""


def encode(removed: Removed) -> bytes:
    """Returns the record's file; raises ValueError when it is too large."""
    return seal(
        REMOVED,
        (
            bytes.fromhex(removed.machine),
            bytes.fromhex(removed.origin),
            removed.since,
            removed.spans,
            removed.vouched,
            (),
            removed.extensions,
        ),
    )


def decode(data: bytes) -> Removed:
    """Returns what was removed.

    Raises:
        CorruptError: The file is torn, changed, or another record.
        FormatVersionError: It needs a feature that this version does not have.
    """
    match unseal(REMOVED, data):
        case (
            bytes(machine),
            bytes(origin),
            int(since),
            tuple(spans),
            tuple(vouched),
            tuple(required),
            tuple(optional),
        ):
            refuse(required, "the file")
            if _is_since(since) and _are_spans(spans, since) and _are_vouched(vouched) and are_extensions(optional):
                return Removed(
                    hexed(machine, 16),
                    hexed(origin, 16),
                    since,
                    cast("tuple[Span, ...]", spans),
                    tuple(map(Vouched._make, cast("tuple[Vouched, ...]", vouched))),
                    cast("Pairs", optional),
                )
        case _:
            pass
    raise CorruptError("the file is damaged: it is not a list of removed snapshots")


def _is_since(value: int) -> bool:
    return type(value) is int and 0 <= value <= HIGHEST + 1


def _are_spans(values: tuple[object, ...], since: int) -> bool:
    if not all(fits(value, int, int) for value in values):
        return False
    spans = cast("tuple[Span, ...]", values)
    in_order = all(since <= first <= last <= HIGHEST for first, last in spans)
    return in_order and all(earlier[1] + 1 < later[0] for earlier, later in pairwise(spans))


def _are_vouched(values: tuple[object, ...]) -> bool:
    if not all(map(_is_vouched, values)):
        return False
    found = cast("tuple[Vouched, ...]", values)
    return all(map(operator.lt, found, found[1:]))


def _is_vouched(value: object) -> bool:
    if not fits(value, int, int, bytes):
        return False
    sequence, created_at, digest = cast("Vouched", value)
    return 0 <= sequence <= HIGHEST and 0 <= created_at < END and len(digest) == DIGEST
