"""Machines drawn at random, changed at random and restored: EXACT is never said of what an oracle finds different.

The oracle looks at every file. A failure prints the command that repeats it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.machines.drawn.case import Case
from support.machines.drawn.ground import ground
from support.machines.drawn.plants import PLANTS
from support.machines.drawn.sweep import once, sweep, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.machines.beds import Bed

NIGHTLY = 10_000
PIECE = 50


@pytest.fixture(scope="module")
def bed() -> Iterator[Bed]:
    with ground() as made:
        yield made


@pytest.mark.parametrize("first", range(0, 300, 2 * PIECE))
def test_nothing_is_said_of_a_machine_that_is_not_so(
    bed: Bed, first: int, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    found = sweep(bed, map(Case, range(first, first + 2 * PIECE, 2)))
    tell_counts(dict(found.ended))
    assert not found.faults, "\n\n".join(found.faults)


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(300, NIGHTLY, 100))
def test_nothing_is_said_of_ten_thousand_machines_that_is_not_so(
    bed: Bed, first: int, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    found = sweep(bed, map(Case, range(first, first + 100)))
    tell_counts(dict(found.ended))
    assert not found.faults, "\n\n".join(found.faults)


@pytest.mark.nightly
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found_within_the_cases_of_ci(bed: Bed, plant: Callable[[], None]) -> None:
    assert sweep(bed, map(Case, range(300)), plant, until=1).faults


def test_a_case_is_repeated() -> None:
    """Runs the case that the variable names, as failures print it."""
    if "CORTEX_CASE" not in os.environ:
        pytest.skip("CORTEX_CASE names no case")
    case = Case.of(os.environ["CORTEX_CASE"])
    with ground(with_npm=case.is_real) as made:
        ran = once(made, case)
    assert not ran.faults, told(case, ran)
