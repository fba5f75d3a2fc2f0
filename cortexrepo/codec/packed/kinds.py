"""What a block of changes is made of, for who writes one and who reads one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from cortexrepo.codec.canonical import array_head, pack, parsed
from cortexrepo.codec.objects import RAW_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = 17
"""The columns of a block; docs/design.md, "Pack", says which."""
COUNT_LIMIT = 256
"""More objects are not in one block: so many are lost with a damaged one, and looked through for one of them."""
CHANGES_LIMIT = 1 << 19
"""More changes, or attributes, are not in one block; a manifest of more rows is stored whole."""
BYTES_LIMIT = 2 * RAW_LIMIT
"""The rows that come in a block are no longer together, in bytes, for readers hold them; nor are its columns."""
GONE, NEW, VERSION, ARCH, FLAGS, ATTRIBUTES = 0, 1, 2, 4, 8, 16
"""What a change is: a row that goes, one that comes, or the sum of what is another in one that stays."""
EMPTY, BEFORE = 0, 1
"""What a manifest starts from: no rows, or those of the one before."""

Row = tuple[str, str, str, int, tuple[tuple[str, str], ...]]
"""A row as canonical msgpack has it."""
read_row = cast("Callable[[bytes], Row]", parsed)
"""Returns the row in bytes that `pack` made of one in this process; they are not checked."""


@lru_cache(8)
def beginning(ecosystem: str, count: int) -> bytes:
    """Returns with which canonical bytes a manifest of so many rows begins; those of the rows follow."""
    return array_head(2) + pack(ecosystem) + array_head(count)
