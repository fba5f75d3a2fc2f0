"""Slots that are in an object of their own, and were not read: unknown, so that nobody can take them for none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, Self

from cortexrepo.errors import CorruptError
from cortexrepo.model.snapshot import Slot

if TYPE_CHECKING:
    from cortexrepo.errors import FormatVersionError
    from cortexrepo.model.ids import ObjectId


class Elsewhere(tuple[Slot, ...]):  # noqa: SLOT001 -- what has a length of its own cannot have any
    """Stands for the slots in a table that was not read, or cannot be. Whoever asks for one of them gets an error.

    Attributes:
        table: The id of the table.
        error: Why the table cannot be read; None where nobody tried.
    """

    table: ObjectId
    error: CorruptError | FormatVersionError | None

    def __new__(cls, table: ObjectId, error: CorruptError | FormatVersionError | None = None) -> Self:
        """Makes one for the table of that id."""
        made = super().__new__(cls)
        made.table, made.error = table, error
        return made

    def _unknown(self, *_: object) -> NoReturn:
        raise self.error or CorruptError(f"the slots are in object {self.table[:12]}, and were not read")

    __iter__ = __len__ = __getitem__ = __contains__ = __add__ = __reversed__ = _unknown
    __lt__ = __le__ = __gt__ = __ge__ = _unknown

    def __eq__(self, other: object) -> bool:
        """Returns whether the other one stands for the same table: it is never equal to slots that are known."""
        return isinstance(other, Elsewhere) and self.table == other.table

    def __ne__(self, other: object) -> bool:
        """Returns whether the other one stands for anything else."""
        return not self == other

    def __hash__(self) -> int:
        """Returns the hash of the table's id."""
        return hash(self.table)

    def __repr__(self) -> str:
        """Returns the table's id, for a debugger."""
        return f"Elsewhere({self.table!r})"
