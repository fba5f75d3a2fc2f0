"""The machine this process runs on."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from cortexrepo.machine.descriptors import FILE, GONE, FileSystemReader, entries, link_text, opened_file, refuse_link
from cortexrepo.machine.evidence import real_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.machine.files import Entry

_PATH = os.O_PATH | os.O_CLOEXEC


class LiveSystem(FileSystemReader):
    """The machine this process runs on."""

    live = True

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Takes the environment variables that say where package managers keep things."""
        self.environment = environment
        self.user = os.geteuid()

    def open_file(self, path: str) -> int:
        """See `FileSystemReader.open_file`."""
        try:
            # Only root can make a device, but everybody can link to one; so links take the careful way.
            return os.open(path, FILE | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
        found = os.open(path, _PATH)
        try:
            return opened_file(found, path)
        finally:
            os.close(found)

    def open_straight(self, path: str) -> int:
        """See `FileSystemReader.open_straight`."""
        found = os.open(path, _PATH)
        try:
            refuse_link(os.readlink(f"/proc/self/fd/{found}"), path)
            return opened_file(found, path)
        finally:
            os.close(found)

    def status(self, path: str) -> os.stat_result:
        """See `FileSystemReader.status`."""
        return os.stat(path)

    def entries(self, path: str) -> list[Entry]:
        """See `System.entries`."""
        try:
            return entries(path)
        except GONE:
            return []

    def readlink(self, path: str) -> str | None:
        """See `System.readlink`."""
        return link_text(path)

    def realpath(self, path: str) -> str:
        """See `System.realpath`."""
        return real_path(path)

    def kernel(self) -> str:
        """See `System.kernel`."""
        return os.uname().release
