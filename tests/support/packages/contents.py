"""Rows beside rows that a person wrote down, who does not know the digests of what is in the packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.content import bare, unlike
from cortexrepo.model.package import Manifest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.package import Package


def bared(rows: Iterable[Package]) -> tuple[Package, ...]:
    """Returns the rows without their digests; where these matter, a test names them."""
    return tuple(map(bare, rows))


def bared_manifest(manifest: Manifest | None) -> Manifest:
    """Returns a manifest that is there, with the rows of `bared`."""
    assert manifest is not None
    return Manifest.of(manifest.ecosystem, bared(manifest.packages))


def differing(one: Manifest, other: Manifest) -> tuple[list[Package], list[Package]]:
    """Returns the rows of each side that the other has not; a digest counts where both sides have one."""
    return unlike(one.packages, other.packages)


SAME: tuple[list[Package], list[Package]] = ([], [])
"""What `differing` returns of manifests that say nothing against each other."""
