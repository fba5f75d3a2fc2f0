"""Pieces of bytes between two processes: each comes whole or not at all, within a bound and before a deadline."""

from __future__ import annotations

import os
import select
import time

HEAD = 4
"""The bytes before a piece that say how long it is."""
_STEP = 1 << 20
_TOGETHER = 1 << 16
"""A piece with fewer bytes is sent together with its head."""
_ROOM = 4096
"""A pipe that takes anything takes so many bytes without waiting (PIPE_BUF)."""


def send(descriptor: int, piece: bytes, end: float | None = None) -> None:
    """Sends a piece; TimeoutError where that is not done at the moment `end`, in `time.monotonic`'s seconds."""
    head = len(piece).to_bytes(HEAD, "big")
    for part in (head + piece,) if len(piece) < _TOGETHER else (head, piece):
        data = memoryview(part)
        while data:
            if end is not None:
                _wait(descriptor, select.POLLOUT, end)
            data = data[os.write(descriptor, data if end is None else data[:_ROOM]) :]


def receive(descriptor: int, most: int, end: float | None = None) -> bytes:
    """Returns the next piece.

    Raises:
        TimeoutError: It is not there at the moment `end`, in `time.monotonic`'s seconds.
        EOFError: The other side has ended, or the piece has more than `most` bytes.
    """
    size = int.from_bytes(_exactly(descriptor, HEAD, end), "big")
    if size > most:
        raise EOFError
    return _exactly(descriptor, size, end)


def take(said: bytearray) -> list[bytes]:
    """Takes the pieces that are whole out of what came, and returns them; the rest stays."""
    found: list[bytes] = []
    at = 0
    while at + HEAD <= len(said):
        end = at + HEAD + int.from_bytes(said[at : at + HEAD], "big")
        if end > len(said):
            break
        found.append(bytes(memoryview(said)[at + HEAD : end]))
        at = end
    del said[:at]
    return found


def _exactly(descriptor: int, size: int, end: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        if end is not None:
            _wait(descriptor, select.POLLIN, end)
        part = os.read(descriptor, min(size - len(data), _STEP))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _wait(descriptor: int, event: int, end: float) -> None:
    """Waits until something can be read or written, or until the other side has ended."""
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(max(end - time.monotonic(), 0) * 1000):
        raise TimeoutError
