"""The harnesses can fail: each planted bug is seen by the one that should see it."""

from __future__ import annotations

import pytest
from support.processes.counts import count
from support.repositories import artifact_mutants, mutants, packing_mutants
from support.repositories.world import LOOSE, PACKED, ROLLED, Broken, world

MUTANTS = mutants.MUTANTS | packing_mutants.MUTANTS | artifact_mutants.MUTANTS
HARNESSES = mutants.HARNESSES | packing_mutants.HARNESSES | artifact_mutants.HARNESSES

pytestmark = pytest.mark.usefixtures("named_by_process")


def _prepare() -> None:
    # Made by the right code: a planted bug is in what is done to it, not in it.
    for form in (LOOSE, ROLLED, PACKED):
        world(form)
    world(rotten=True)
    world(shelved=True)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _prepare()
    mutant = MUTANTS[name]
    for owner, attribute, replacement in mutant.patches:
        assert hasattr(owner, attribute)
        monkeypatch.setattr(owner, attribute, replacement)
    with pytest.raises(Broken):
        HARNESSES[mutant.caught_by]()
    count("planted bugs", caught=1)


@pytest.mark.nightly
@pytest.mark.parametrize("name", HARNESSES)
def test_nothing_is_seen_where_nothing_is_planted(name: str) -> None:
    HARNESSES[name]()
