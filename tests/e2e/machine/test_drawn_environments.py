"""As `test_drawn_machines.py`, of machines on which nothing of apt's changes: Python environments and npm prefixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.drawn.case import Case
from support.machines.drawn.ground import ground
from support.machines.drawn.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.machines.beds import Bed

PIECE = 50


@pytest.fixture(scope="module")
def bed() -> Iterator[Bed]:
    with ground() as made:
        yield made


@pytest.mark.parametrize("first", range(1, 300, 2 * PIECE))
def test_nothing_is_said_of_environments_that_is_not_so(
    bed: Bed, first: int, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    found = sweep(bed, map(Case, range(first, first + 2 * PIECE, 2)))
    tell_counts(dict(found.ended))
    assert not found.faults, "\n\n".join(found.faults)
