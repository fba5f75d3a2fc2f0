"""The digest of a package's content: it tells packages of one name and version apart. Pure.

A row carries one where that is cheap, as the attribute `digest`: `KIND:DIGITS`. A row without one says nothing about
its content, and two kinds cannot be compared: what is not known is no difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.package import BROKEN, EDITABLE, LINK, OWNED, RESIDUAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.package import Package

DIGEST = "digest"
"""The attribute's key."""
WITHOUT_FILES = BROKEN | EDITABLE | LINK | OWNED | RESIDUAL
"""The flags of packages that have no content of their own, or whose content another row says."""


def bare(row: Package) -> Package:
    """Returns a row without the digest of its content."""
    if not row.attribute(DIGEST):
        return row
    return row._replace(attributes=tuple(pair for pair in row.attributes if pair[0] != DIGEST))


def with_digest(row: Package, digest: str) -> Package:
    """Returns a row with a digest of its content; the same row where that is empty."""
    if not digest:
        return row
    return row._replace(attributes=tuple(sorted((*row.attributes, (DIGEST, digest)))))


def is_other(row: Package, digest: str) -> bool:
    """Returns whether a content with this digest, which may be empty, is known not to be the content of a row."""
    own = row.attribute(DIGEST)
    return own != digest and _kind(own) == _kind(digest)


def is_silent(one: Package, other: Package) -> bool:
    """Returns whether one of two rows says what is in a package, and the other does not say the same kind of thing."""
    own, theirs = one.attribute(DIGEST), other.attribute(DIGEST)
    return _kind(own) != _kind(theirs) and not (one.flags | other.flags) & WITHOUT_FILES


def says(rows: Iterable[Package]) -> bool:
    """Returns whether any row has a digest: what an earlier version recorded says of no package what was in it."""
    return any(row.attribute(DIGEST) for row in rows)


def contradict(one: Package, other: Package) -> bool:
    """Returns whether two rows of one version have digests of the same kind that differ."""
    return one.version == other.version and is_other(one, other.attribute(DIGEST))


def alike(one: Package, other: Package) -> bool:
    """Returns whether nothing that is known of two rows differs."""
    return one == other or (bare(one) == bare(other) and not contradict(one, other))


def unlike(some: Iterable[Package], others: Iterable[Package]) -> tuple[list[Package], list[Package]]:
    """Returns the rows of both sides, in their order and each once, without the pairs that are alike.

    However many rows differ in their digests alone, each is looked at once.
    """
    ours, theirs = dict.fromkeys(some), dict.fromkeys(others)
    left = [row for row in ours if row not in theirs]
    rest = dict.fromkeys(row for row in theirs if row not in ours)
    kinds: dict[Package, dict[str, list[Package]]] = {}
    for row in rest:
        kinds.setdefault(bare(row), {}).setdefault(_kind(row.attribute(DIGEST)), []).append(row)
    found = []
    for row in left:
        there = kinds.get(bare(row), {})
        kind = next((kind for kind in there if kind != _kind(row.attribute(DIGEST))), None)
        if kind is None:
            found.append(row)
            continue
        del rest[there[kind].pop()]
        if not there[kind]:
            del there[kind]
    return found, list(rest)


def _kind(digest: str) -> str:
    return digest.partition(":")[0]
