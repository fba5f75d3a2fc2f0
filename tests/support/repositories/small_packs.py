"""Several packs in a small repository: where there is one, no listing can miss it, and a harness is blind to that."""

from __future__ import annotations

import contextlib
from itertools import count
from typing import TYPE_CHECKING

from cortexrepo.codec import objects
from cortexrepo.codec.objects import Content
from cortexrepo.codec.packed import packs, writer
from support.repositories.inventories import packages

if TYPE_CHECKING:
    from collections.abc import Iterator

REPLACED, STAYING = "BDE", "S"
"""The objects in the pack that a collector replaces, for only what is deleted needs D and E; and in the other one."""


def _name(version: str, letters: str) -> str:
    found = (objects.encode(packages("pip", {letter: version})).frame for letter in letters)
    return writer.encode(Content(objects.MANIFEST, objects.content(frame)) for frame in found).name


VERSION = next(version for version in map(str, count(1)) if _name(version, STAYING) < _name(version, REPLACED))
"""The version of each package: with it the pack that stays is listed first, so that a listing that has seen it can miss
the one that is replaced, and the new one."""


@contextlib.contextmanager
def several() -> Iterator[None]:
    """Has a collector make a pack of each."""
    limit = packs.COUNT_LIMIT
    packs.COUNT_LIMIT = len(REPLACED)
    try:
        yield
    finally:
        packs.COUNT_LIMIT = limit
