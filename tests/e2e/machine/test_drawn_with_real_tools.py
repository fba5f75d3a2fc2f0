"""As `test_drawn_machines.py`, with the machine's own pip and npm: a few in CI, more at night."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support.machines.drawn.case import Case
from support.machines.drawn.ground import ground
from support.machines.drawn.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.machines.beds import Bed

IN_CI = 3
NIGHTLY = 200


@pytest.fixture(scope="module")
def bed() -> Iterator[Bed]:
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    with ground(with_npm=True) as made:
        yield made


def held(bed: Bed, seeds: range, tell_counts: Callable[[dict[str, int]], None]) -> None:
    found = sweep(bed, (Case(seed, is_real=True) for seed in seeds))
    tell_counts(dict(found.ended))
    assert not found.faults, "\n\n".join(found.faults)


def test_nothing_is_said_that_is_not_so_where_real_tools_work(
    bed: Bed, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    held(bed, range(IN_CI), tell_counts)


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(IN_CI, NIGHTLY, 20))
def test_nothing_is_said_that_is_not_so_of_many_machines_where_real_tools_work(
    bed: Bed, first: int, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    held(bed, range(first, first + 20), tell_counts)
