"""A machine to read, as collectors see it: the only I/O there is for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from cortexrepo.machine.scope import Scope

LIMIT = 64 << 20
"""No file that a collector reads may be larger, in bytes."""


class Entry(NamedTuple):
    """One name in a directory; `kind` is `file`, `directory`, `link` or `other`, links not followed."""

    name: str
    kind: str


if TYPE_CHECKING:

    class System(Protocol):
        """A machine's files. Paths are absolute, in the machine's own terms.

        Every method raises `OSError` for what it may not or cannot read, except that a path which is not there (or goes
        through something that is not a directory) is None, an empty list or False. Undecodable names are kept as
        `surrogateescape`.
        """

        live: bool
        """Whether this is the running machine, so that `/proc` and the kernel's own answers are its."""

        environment: Mapping[str, str]
        """The environment variables that count for it; empty for another root."""

        scope: Scope | None
        """Which part of it is searched, where others search the rest; None for all of it."""

        user: int
        """The numeric id of who reads; 0 where everything in it is this reader's to read."""

        def read(self, path: str, limit: int = LIMIT) -> bytes | None:
            """Returns a regular file's content, links followed; None if not there; OSError(EFBIG) beyond `limit`."""
            ...

        def head(self, path: str, size: int) -> bytes | None:
            """Returns at most the first `size` bytes, else as `read`."""
            ...

        def entries(self, path: str) -> list[Entry]:
            """Returns a directory's entries sorted by name; an empty list when it is not there."""
            ...

        def exists(self, path: str) -> bool:
            """Returns whether there is something at `path`, links followed."""
            ...

        def is_directory(self, path: str) -> bool:
            """Returns whether a directory is at `path`, links followed."""
            ...

        def readlink(self, path: str) -> str | None:
            """Returns what the link at `path` says, or None when it is not a link."""
            ...

        def realpath(self, path: str) -> str:
            """Returns `path` with all links resolved, inside the machine's root."""
            ...

        def owner(self, path: str) -> int | None:
            """Returns the numeric owner of what is at `path`, links followed, or None when it is not there."""
            ...

        def stamp(self, path: str) -> tuple[int, int, int, int] | None:
            """Returns (inode, size, mtime, ctime) in nanoseconds, or None: equal stamps mean the same content."""
            ...

        def kernel(self) -> str:
            """Returns the running kernel's release; empty for another root."""
            ...
