"""The harnesses can fail: each planted bug is seen by the one that should see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.processes.counts import count
from support.repositories import artifact_mutants, mutants, packing_mutants, renewal_mutants
from support.repositories.steps import Constant
from support.repositories.world import LOOSE, PACKED, ROLLED, Broken, world

if TYPE_CHECKING:
    from support.repositories.steps import Patch, Row

MUTANTS = mutants.MUTANTS | packing_mutants.MUTANTS | artifact_mutants.MUTANTS | renewal_mutants.MUTANTS
HARNESSES = mutants.HARNESSES | packing_mutants.HARNESSES | artifact_mutants.HARNESSES | renewal_mutants.HARNESSES

pytestmark = pytest.mark.usefixtures("named_by_process")


def _prepare() -> None:
    # Made by the right code: a planted bug is in what is done to it, not in it.
    for form in (LOOSE, ROLLED, PACKED):
        world(form)
    world(rotten=True)
    world(shelved=True)
    world(tabled=True)
    world(grown=True)
    world(begun=True)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _prepare()
    mutant = MUTANTS[name]
    reached: set[Row] = set()
    for patch in mutant.patches:
        monkeypatch.setattr(patch.row.owner, patch.row.name, _noted(patch, reached))
    with pytest.raises(Broken):
        HARNESSES[mutant.caught_by]()
    assert reached == {patch.row for patch in mutant.patches}, "a planted bug that nobody comes to proves nothing"
    count("planted bugs", caught=1)


def _noted(patch: Patch, reached: set[Row]) -> object:
    """Returns what is planted; a function notes that it was called. A constant cannot tell."""
    planted = patch.replacement
    if isinstance(patch.row, Constant):
        reached.add(patch.row)
        return planted
    assert callable(planted)

    def noting(*taken: object) -> object:
        reached.add(patch.row)
        return planted(*taken)

    return noting


@pytest.mark.nightly
@pytest.mark.parametrize("name", HARNESSES)
def test_nothing_is_seen_where_nothing_is_planted(name: str) -> None:
    HARNESSES[name]()
