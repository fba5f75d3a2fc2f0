"""The table of stores: which one a location means. Adding one is a folder and one row here.

A location is a directory, unless it begins with the scheme of a row and a colon. A row's module has `site`, as this one
does.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from cortexrepo.errors import RequestError

if TYPE_CHECKING:
    from typing import Protocol

    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.store.keys import Shape
    from cortexrepo.store.site import Site

    class Opener(Protocol):
        """What a row's module has."""

        def site(self, location: str, shape: Shape, user: int) -> Site:
            """Returns the place at a location.

            Args:
                location: As a person wrote it, the scheme included.
                shape: The keys of a repository.
                user: Whose it may be, besides root's.
            """
            ...


STORES: dict[str, str] = {}
"""Every kind of store besides a directory: the scheme of its locations, and the module that opens them."""


def site(location: str, shape: Shape, user: int, files: FileSystem | None = None) -> Site:
    """Returns the place at a location.

    Args:
        location: A directory's absolute path, or a location of another kind.
        shape: The keys of a repository.
        user: Whose it may be, besides root's.
        files: Another file system than the disk, for a directory.
    """
    home = _home(location)
    if home is not None:
        found: Opener = import_module(home)
        return found.site(location, shape, user)
    from cortexrepo.store.local.site import LocalSite  # the one store that needs no row

    if files is None:
        from cortexrepo.disk.filesystem import RealFileSystem

        files = RealFileSystem()
    return LocalSite(location, files, shape, user)


def absolute(location: str) -> str:
    """Returns a location, as a person gave it, so that it means the same wherever one works.

    The links of a directory are followed by `real`.

    Raises:
        RequestError: It begins with a scheme that no row has, and no directory has that name.
    """
    if _home(location) is not None:
        return location
    scheme, colon, _ = location.partition(":")
    if colon and scheme.isalnum() and not os.path.lexists(location):
        raise RequestError(
            f"{scheme}: is not a kind of repository", hint=f"write ./{location} for a directory of that name"
        )
    return os.path.abspath(location)


def real(location: str) -> str:
    """Returns a location without links in it, where it is a directory."""
    return location if _home(location) is not None else os.path.realpath(location)


def is_directory(location: str) -> bool:
    """Returns whether a location is a directory's."""
    return _home(location) is None


def _home(location: str) -> str | None:
    return STORES.get(location.partition(":")[0]) if ":" in location else None
