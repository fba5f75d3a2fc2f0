"""Beds for the apt restore: what is costly is installed once, and every test changes a fresh bed over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.apt_states import Past, first, second, small
from support.machines.aptbeds import REPOSITORY, offer
from support.packages.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.machines.beds import Bed


@pytest.fixture
def bed(archive: Bed) -> Iterator[Bed]:
    with archive.fresh() as made:
        yield made


@pytest.fixture(scope="session", name="_past")
def _changed_in_every_way(archive: Bed) -> Iterator[Past]:
    with archive.fresh() as made:
        target = first(made)
        yield Past(made, target, second(made))


@pytest.fixture
def past(_past: Past) -> Iterator[Past]:
    """A bed in its second state, with 21 packages that have changed since the first."""
    with _past.bed.fresh() as made:
        yield _past._replace(bed=made)


@pytest.fixture(scope="session", name="_solo")
def _changed_in_one_package(archive: Bed) -> Iterator[Past]:
    with archive.fresh() as made:
        yield Past(made, *small(made, "cx-solo=1.0", after=("cx-solo=2.0",)))


@pytest.fixture
def solo(_solo: Past) -> Iterator[Past]:
    """A bed in which one package has been upgraded."""
    with _solo.bed.fresh() as made:
        yield _solo._replace(bed=made)


@pytest.fixture(name="prepared")
def _prepared(archive: Bed) -> Iterator[Callable[[Callable[[Archive], None]], Bed]]:
    """Makes a bed whose apt knows what a function puts into an archive."""
    with archive.fresh() as bed:

        def made(fill: Callable[[Archive], None]) -> Bed:
            packages = Archive()
            fill(packages)
            packages.write(bed.path(REPOSITORY), {"files": list(packages.debs.values())})
            offer(bed, "files")
            return bed

        yield made
