"""The objects of one block of changes, in any order.

An object is made of the one before it. Who asks for one, or for one after the other, needs none of those before again,
and none is kept. Who asks for an earlier one goes backwards: then those that are passed over are kept as long as they
take little memory, so that going through a block backwards costs little more than twice as much as going forwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec.objects import RAW_LIMIT
from cortexrepo.codec.packed import kinds
from cortexrepo.codec.packed.states import Columns, State
from cortexrepo.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KEPT = 1 << 24
"""The manifests that are kept take no more memory than so many bytes."""
_COLUMN = 16
"""About so many bytes of memory a byte in a column takes."""


class Replay:
    """The manifests of one block."""

    def __init__(self, found: Sequence[bytes], count: int) -> None:
        """Takes the block's columns, and how many manifests they are; CorruptError for what no block has."""
        self.count = count
        self._columns = found
        self._kept: dict[int, State] = {}
        self._memory = 0
        self._is_backwards = False
        self._last = -1
        self._states = self._begin()

    def content(self, place: int) -> bytes:
        """Returns the canonical bytes of the manifest at a place in the block; raises CorruptError."""
        state = self._kept.get(place) or self._state(place)
        raw = self._beginning(state) + b"".join(state.rows)
        if len(raw) > RAW_LIMIT:
            raise CorruptError(f"the file is damaged: an object has {len(raw)} bytes, and {RAW_LIMIT} are allowed")
        return raw

    def size(self) -> int:
        """Returns about how many bytes of memory this takes."""
        return self._memory + _COLUMN * sum(map(len, self._columns))

    def _begin(self) -> Iterator[State]:
        return Columns(self._columns, self.count).states()

    def _beginning(self, state: State) -> bytes:
        return kinds.beginning(state.ecosystem, len(state.rows))

    def _state(self, place: int) -> State:
        if place <= self._last:
            # It was let go of.
            self._last = -1
            self._states = self._begin()
            self._is_backwards = True
        is_next = place == self._last + 1
        while True:
            state = next(self._states, None)
            if state is None:
                raise CorruptError("the file is damaged: what comes before in its block cannot be read")
            self._last += 1
            if self._is_backwards and not is_next:
                self._keep(state)
            if self._last == place:
                return state

    def _keep(self, state: State) -> None:
        """Keeps a manifest for who asks for its neighbours; where all take too much memory, those that came last."""
        old = self._kept.pop(self._last, None)
        # The rows of the next one are made in the same list. The search for cycles passes over a tuple of bytes.
        self._kept[self._last] = state._replace(rows=tuple(state.rows))
        self._memory += state.memory if old is None else state.memory - old.memory
        while self._memory > _KEPT and len(self._kept) > 1:
            self._memory -= self._kept.pop(next(iter(self._kept))).memory
