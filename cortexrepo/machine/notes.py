"""Notes: what a machine was asked, and a stamp of what was there, to tell later whether any answer would differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.machine import stamped
from cortexrepo.machine.evidence import content_stamp, link_text, stamp_of

if TYPE_CHECKING:
    import os

    from cortexrepo.machine.evidence import Evidence, Stamp


class Notes:
    """What was asked so far."""

    def __init__(self) -> None:
        """Starts with nothing."""
        self.resolved: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self._content: dict[str, Stamp] = {}
        self._gone: set[str] = set()

    def see(self, path: str) -> None:
        """Notes what is at `path`; where nothing is, the directory that would have to change for it to appear."""
        while path not in self._content:
            found = content_stamp(path)
            # A link to nothing: what it leads to may appear without any change beside it.
            if found or path == "/" or link_text(path):
                self._content[path] = found
                return
            path = path.rpartition("/")[0] or "/"

    def opened(self, path: str, about: os.stat_result) -> None:
        """Notes what is at `path`, when that was looked at already."""
        if path not in self._content:
            self._content[path] = stamp_of(about)

    def missing(self, path: str) -> None:
        """Notes that nothing is at `path`, and that no link is on the way to it, one that leads nowhere included."""
        while True:
            path = path.rpartition("/")[0] or "/"
            if path in self._content or path in self._gone:
                return
            found = content_stamp(path)
            if found or path == "/":
                self._content[path] = found
                return
            self._gone.add(path)

    def seen(self) -> Evidence:
        """Returns all of it."""
        answers = self._content.items(), self.resolved.items(), self.links.items()
        return tuple(sorted(answers[0])), tuple(sorted(answers[1])), tuple(sorted(answers[2])), ()


class StampedNotes(Notes):
    """As `Notes`, with stamps of bytes."""

    def __init__(self) -> None:
        """Starts with nothing."""
        super().__init__()
        self._packed: dict[str, bytes] = {}

    def see(self, path: str) -> None:
        """See `Notes.see`."""
        while path not in self._packed:
            found = content_stamp(path)
            if found or path == "/" or link_text(path):
                self._put(path, found)
                return
            path = path.rpartition("/")[0] or "/"

    def opened(self, path: str, about: os.stat_result) -> None:
        """See `Notes.opened`."""
        if path not in self._packed:
            self._put(path, stamp_of(about))

    def missing(self, path: str) -> None:
        """See `Notes.missing`."""
        while True:
            path = path.rpartition("/")[0] or "/"
            if path in self._packed or path in self._gone:
                return
            found = content_stamp(path)
            if found or path == "/":
                self._put(path, found)
                return
            self._gone.add(path)

    def _put(self, path: str, stamp: Stamp) -> None:
        self._packed[path] = stamped.packed(stamp)

    def stamped(self) -> bytes:
        """Returns all of it; nothing where a path or a time is none that can be kept."""
        return stamped.joined(self._packed, self.resolved, self.links)
