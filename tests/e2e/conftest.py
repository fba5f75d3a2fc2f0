"""Beds that tests of several folders lie over: what is costly is made once for each process of a test run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.aptbeds import apt_bed
from support.machines.machines import machine_bed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.beds import Bed
    from support.machines.machines import MachineBed


@pytest.fixture(scope="session")
def archive() -> Iterator[Bed]:
    """A bed whose apt knows the tests' archive; nothing of it is installed."""
    with apt_bed() as made:
        yield made


@pytest.fixture(scope="session")
def empty(archive: Bed) -> Iterator[MachineBed]:
    """A machine with a user, an empty virtual environment, wheels and an npm registry, that nobody has changed yet."""
    with machine_bed(archive) as made:
        yield made
