"""A file system of a user's (FUSE) that never answers: the kernel lets nobody end a process that waits for it."""

from __future__ import annotations

import ctypes
import os
import signal
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LIBRARY = ctypes.CDLL(None, use_errno=True)
_NO_SETUID_NO_DEVICES = 6
_INIT = 26
_LIFE = 60
"""After so many seconds its server ends, and so does all waiting: a test fails then, and does not wait for ever."""


@contextmanager
def silent(place: Path, user: int, group: int | None = None) -> Iterator[None]:
    """Mounts a file system of a user's (FUSE) that takes every question and answers none; skips where it cannot."""
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"/dev/fuse: {error.strerror}")
    options = f"fd={device},rootmode=40000,user_id={user},group_id={user if group is None else group}".encode()
    if _LIBRARY.mount(b"silent", os.fsencode(place), b"fuse", _NO_SETUID_NO_DEVICES, options):
        os.close(device)
        pytest.skip(f"no file system can be mounted: {os.strerror(ctypes.get_errno())}")
    server = os.fork()
    if server == 0:
        signal.alarm(_LIFE)
        while True:
            asked = os.read(device, 1 << 20)
            _, operation, number = struct.unpack_from("<IIQ", asked)
            if operation == _INIT:
                body = struct.pack("<IIIIHHI", 7, 31, 0, 0, 12, 9, 65536).ljust(64, b"\0")
                os.write(device, struct.pack("<IiQ", 16 + len(body), 0, number) + body)
    os.close(device)
    try:
        yield
    finally:
        os.kill(server, 9)
        os.waitpid(server, 0)
        _LIBRARY.umount2(os.fsencode(place), 2)
