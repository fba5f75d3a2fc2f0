"""Artifacts in the small repository: what is kept there, what a process was promised, and what must be true of them.

The package of each letter has one artifact. At first those of S, E and N are kept: S is needed, E only by what is
deleted, N by nothing yet. Who keeps "new" relies on S and N and writes D, just as a collector takes E and N away.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from cortexrepo.codec import artifacts as codec
from cortexrepo.errors import CorruptError
from cortexrepo.model.artifact import CACHE
from cortexrepo.model.package import Package
from cortexrepo.repository.artifacts.artifacts import is_name, key_of, name_of
from support.repositories.small_packs import VERSION

if TYPE_CHECKING:
    from cortexrepo.repository.repository import Repository

KEPT_AT_FIRST = "SEN"


def package(letter: str) -> Package:
    """Returns the package of that letter."""
    return Package(letter, "", VERSION)


def content(letter: str) -> tuple[bytes, bytes]:
    """Returns its file, in two pieces."""
    return f"the file of {letter}, ".encode(), b"and the rest of it"


def keep(repository: Repository, letters: str) -> set[str]:
    """Keeps the artifacts of these letters that are not kept yet, and returns the names of their files."""
    shelf = repository.artifacts
    names = set()
    for letter in sorted(letters):
        if not shelf.has("pip", package(letter)):
            shelf.keep("pip", package(letter), f"{letter}.whl", functools.partial(content, letter), CACHE)
        names.add(name_of_letter(letter))
    return names


@functools.cache
def name_of_letter(letter: str) -> str:
    """Returns the name of a letter's file."""
    hasher = codec.hasher()
    hasher.update(b"".join(content(letter)))
    return f"{key_of('pip', package(letter))}-{hasher.hexdigest()}"


@functools.cache
def is_whole(name: str, data: bytes) -> bool:
    """Returns whether a file is the artifact that its name says."""
    try:
        artifact = codec.decode_trailer(data[-codec.TRAILER_LIMIT :], len(data))
    except CorruptError:
        return False
    hasher = codec.hasher()
    hasher.update(data[: artifact.size])
    return is_name(name[:2], name) and name_of(artifact) == name and hasher.hexdigest() == artifact.content
