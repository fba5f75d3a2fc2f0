"""Laws of the order: what was rebuilt or imported stands among what was recorded where its time says."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st
from support.repositories.lives import MACHINES, Deed, Life, lives

from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId
from cortexrepo.repository.refs import order
from cortexrepo.repository.refs.placing import placed

if TYPE_CHECKING:
    from cortexrepo.model.refname import RefName

moments = st.integers(0, 30)
recorded = st.lists(moments, max_size=12)
imported = st.sets(moments, max_size=12)


def named(recorded: list[int], imported: set[int], machine: str = MACHINES[0]) -> list[RefName]:
    """Returns ascending names: recorded ones with the numbers 1, 2, 3, and imported ones with none."""
    numbered = [(number, moment) for number, moment in enumerate(recorded, 1)]
    return sorted(
        refname.make(number, moment, machine, SnapshotId(f"{number * 100 + moment:032x}"))
        for number, moment in [*numbered, *((0, moment) for moment in imported)]
    )


def longest_in_order(values: list[int]) -> int:
    """Returns how many of these values are in order at most, tried out."""
    best = [1] * len(values)
    for at, value in enumerate(values):
        best[at] = max([best[before] + 1 for before in range(at) if values[before] <= value], default=1)
    return max(best, default=0)


@given(recorded, imported)
@example([5], {1, 9})
@example([], {1})
def test_with_a_clock_that_never_goes_back_the_order_is_that_of_time(recorded: list[int], imported: set[int]) -> None:
    names = placed(named(sorted(recorded), imported))
    assert [name.created_at for name in names] == sorted([*recorded, *imported])
    # Of one moment, the state that was rebuilt comes before the snapshot: that was made afterwards.
    assert all(refname.is_numbered(later) or not refname.is_numbered(earlier) or earlier.created_at < later.created_at
               for earlier, later in pairwise(names))  # fmt: skip


@given(recorded, imported)
@example([5, 30, 6, 7, 8], {6, 29})
@example([5, 6, 0, 7, 8], {3, 6})
def test_whatever_the_clock_did_numbers_stay_in_order_and_most_moments_do(
    recorded: list[int], imported: set[int]
) -> None:
    names = placed(named(recorded, imported))
    assert sorted(names) == named(recorded, imported)
    assert [name.created_at for name in names if refname.is_numbered(name)] == recorded
    assert [name.created_at for name in names if not refname.is_numbered(name)] == sorted(imported)
    later = [moment for moment in imported if not recorded or moment > recorded[0]]
    rest = [name for name in names if name.created_at in later or refname.is_numbered(name)]
    assert longest_in_order([name.created_at for name in rest]) == len(later) + longest_in_order(recorded)


@given(st.lists(st.tuples(recorded, imported), min_size=1, max_size=3))
def test_the_order_of_several_machines_holds_that_of_each(machines: list[tuple[list[int], set[int]]]) -> None:
    own = [named(*one, MACHINES[number]) for number, one in enumerate(machines)]
    found = list(order.newest_first(order.streams(name for names in own for name in names)))
    for number, names in enumerate(own):
        assert [name for name in reversed(found) if name.machine == MACHINES[number]] == placed(names)


@given(lives)
@example([("create", 0, 0), ("create", 6, 0), ("record", 9, 0), ("create", 6, 0), ("collect", 0, 0)])
@example([("record", 9, 0), ("create", 6, 0), ("record", 11, 0), ("collect", 0, 0), ("create", 6, 0)])
def test_the_order_is_the_same_however_the_snapshots_are_stored(life: list[Deed]) -> None:
    lived = Life()
    for deed in life:
        lived.do(deed)
    names = lived.again()._refs.names()
    machines = {name.machine for name in names.every()}
    for machine in machines:
        there = placed(sorted(name for name in names.every() if name.machine == machine))
        kept = set(names.kept)
        assert [name for name in there if name in kept] == [
            name for name in reversed(names.kept) if name.machine == machine
        ]
