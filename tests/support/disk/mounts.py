"""Small file systems of all kinds, mounted: only for a program in a mount namespace of its own (`namespaces`)."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, NoReturn

from support.disk.namespaces import UNAVAILABLE

if TYPE_CHECKING:
    from pathlib import Path

_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2


def command(*words: str | Path) -> None:
    """Runs a program that must not fail."""
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{' '.join(map(str, words))}: {ended.stderr}"


def _or_unavailable(*words: str | Path) -> None:
    try:
        command(*words)
    except AssertionError as error:
        _give_up(str(error))


def _give_up(reason: str) -> NoReturn:
    sys.stderr.write(reason)
    raise SystemExit(UNAVAILABLE)


class Memory:
    """A tmpfs, whose room can be changed while it is used."""

    def __init__(self, path: Path) -> None:
        """Mounts one at `path`, which it makes."""
        self.path = path
        path.mkdir(exist_ok=True)
        _or_unavailable("mount", "-t", "tmpfs", "-o", "mode=700", "none", path)

    def resize(self, **limits: str | int) -> None:
        """Sets `size` or `nr_inodes`."""
        options = ",".join(f"{name}={value}" for name, value in limits.items())
        command("mount", "-o", f"remount,{options}", self.path)

    def unmount(self) -> None:
        """Ends it, with all that is in it."""
        command("umount", self.path)


class Ext4:
    """An ext4 in an image file, whose power can be cut."""

    def __init__(self, image: Path, path: Path) -> None:
        """Takes the image, which `make` or a copy makes, and where to mount it."""
        self.image = image
        self.path = path
        path.mkdir(exist_ok=True)

    def make(self, mebibytes: int, *options: str) -> None:
        """Makes an empty one and mounts it."""
        with self.image.open("wb") as file:
            file.truncate(mebibytes << 20)
        command("mkfs.ext4", "-q", *options, self.image)
        _or_unavailable("mount", "-o", _OPTIONS, self.image, self.path)

    def copy(self, golden: Ext4) -> None:
        """Becomes as another one was when that was unmounted, and is mounted."""
        command("cp", "--sparse=always", golden.image, self.image)
        self.mount()

    def mount(self) -> None:
        """Mounts it, which replays the journal."""
        command("mount", "-o", _OPTIONS, self.image, self.path)

    def unmount(self) -> None:
        """Unmounts it; after a cut nothing more is written."""
        command("umount", self.path)

    def cut(self) -> None:
        """Cuts the power: what is in the page cache, and in the journal in memory, is lost."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def commit(self) -> None:
        """Has the journal committed, as an fsync of somebody else's file does."""
        descriptor = os.open(self.path / "unrelated", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, b"x")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# The journal is committed when somebody asks for it, and not now and then besides: a cut loses all that it can.
_OPTIONS = "loop,noatime,commit=600"
