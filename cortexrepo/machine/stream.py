"""A process of another user that sends more than fits into memory: piece by piece, within a bound, and for so long."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING, Self

from cortexrepo.machine.children import ended, start
from cortexrepo.rights.pieces import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from cortexrepo.machine.children import Job

LONGEST = 1 << 21
"""No piece has more bytes: each is in memory as a whole."""
_STEP = 1 << 16


class StoppedError(Exception):
    """There are no more pieces, and there should have been; the text says why."""


class Stream:
    """A process, and what it sends. It is gone when the `with` is left."""

    def __init__(self, job: Job, *, seconds: float, most: int) -> None:
        """Takes what the process is to do, and the limits.

        Args:
            job: What to do.
            seconds: So long may be waited for it, all in all, besides what `spend` counts.
            most: It may send so many bytes.
        """
        self._job = job
        self._left = seconds
        self._most = most
        self._process = 0
        self._pipe = -1
        self._said = bytearray()

    def __enter__(self) -> Self:
        """Starts the process; raises StoppedError where it cannot."""
        try:
            self._process, self._pipe = start(self._job)
        except OSError as error:
            raise StoppedError(f"no process could be started: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the process, if it has not ended."""
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            self._end(is_whole=False)

    def spend(self, seconds: float) -> None:
        """Counts time that the answer has cost elsewhere."""
        self._left -= seconds

    def pieces(self) -> Iterator[bytes]:
        """Yields each piece; raises StoppedError where the process ends, or is ended, before the mark of the end."""
        while size := int.from_bytes(self._take(HEAD), "big"):
            if size > LONGEST:
                raise StoppedError(f"it sent a piece of {size} bytes")
            yield self._take(size)
        if self._said or self._heard():
            raise StoppedError("it sent more after its end")
        if reason := self._end(is_whole=True):
            raise StoppedError(reason)

    def _end(self, *, is_whole: bool) -> str:
        os.close(self._pipe)
        process, self._process = self._process, 0
        return ended(process, is_whole=is_whole)[0]

    def _take(self, size: int) -> bytes:
        while len(self._said) < size:
            piece = self._heard()
            if not piece:
                raise StoppedError(self._end(is_whole=False))
            self._said += piece
            self._most -= len(piece)
            if self._most < 0:
                raise StoppedError("it sends too much for one user")
        taken = bytes(self._said[:size])
        del self._said[:size]
        return taken

    def _heard(self) -> bytes:
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        before = time.monotonic()
        ready = poll.poll(max(self._left, 0) * 1000)
        self._left -= time.monotonic() - before
        if not ready:
            raise StoppedError("it took too long")
        return os.read(self._pipe, _STEP)
