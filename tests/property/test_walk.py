"""Laws of the walk: whatever was done to a repository, it finds what the listing of all names finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import example, given
from support.repositories.lives import Deed, Life, lives

from cortexrepo.model.refname import RefName
from cortexrepo.repository.refs.history import stays_of

if TYPE_CHECKING:
    from cortexrepo.repository.refs.refs import Refs


_TWO_MACHINES: list[Deed] = [("create", 4, 0), ("create", 5, 0), ("create", 4, 0), ("collect", 0, 0)]
_PAST: list[Deed] = [("create", 4, 0), ("collect", 0, 0), ("record", 1, 1), ("create", 4, 0), ("delete", 0, 0)]
_DELETED: list[Deed] = [*[("create", 4, 0)] * 5, ("collect", 0, 1), ("delete", 1, 0), ("delete", 3, 0)]


def names_walked(refs: Refs) -> list[str]:
    found: list[str] = []
    for part in refs.walk(refs.look()):
        if isinstance(part, RefName):
            found.append(part)
        else:
            rows = range(part.stop - 1, part.start - 1, -1)
            found += [part.segment.name(part.group, row) for row in rows]
    return found


@given(lives)
@example(_TWO_MACHINES)
@example(_PAST)
@example(_DELETED)
def test_a_walk_finds_every_name_that_is_kept_in_its_order(life: list[Deed]) -> None:
    lived = Life()
    for deed in life:
        lived.do(deed)
        refs = lived.again()._refs
        assert names_walked(refs) == list(refs.names().kept)


@given(lives)
@example(_TWO_MACHINES)
@example(_PAST)
@example(_DELETED)
def test_stays_are_those_of_the_states(life: list[Deed]) -> None:
    lived = Life()
    for deed in life:
        lived.do(deed)
    found, history = lived.again().past.stays(), lived.again().past.history()
    assert found.stays == stays_of(history.states)
    assert found.snapshots == len(history.states)
    assert found.damaged == history.damaged
    slots = {stay.slots: stay.slots for stay in found.stays}
    assert all(slots[stay.slots] is stay.slots for stay in found.stays)


@given(lives)
def test_outlines_are_the_snapshots_but_for_what_comes_before(life: list[Deed]) -> None:
    lived = Life()
    for deed in life:
        lived.do(deed)
    names = list(lived.again()._refs.names().kept)
    whole = {one.id: one._replace(previous=None) for one in lived.again().snapshots()}
    found = dict(lived.again().past.outlines(names))
    assert {name: one._replace(previous=None) for name, one in found.items()} == {
        name: whole[name.id] for name in names
    }
