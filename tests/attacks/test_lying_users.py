"""A user's process that says things of places that are not the user's: they count for nothing, and that is said."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.machines.people import SITE, USERS, names, needs_root, people

from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import OK, PARTIAL
from cortexrepo.recording import reading, telling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from support.machines.people import People

    from cortexrepo.machine.files import System

pytestmark = needs_root


@pytest.fixture
def machine() -> Iterator[People]:
    """Bob, eve, and a place of root's and one of bob's that no search finds."""
    with people("bob", "eve") as made:
        made.site("bob", "his")
        made.venv(made.root / "data/roots", "roots")
        made.venv(made.home("bob") / "deep/below/all/venv", "hidden", owner="bob")
        yield made


@pytest.mark.parametrize(
    "place", [f"/home/bob/{SITE}", "/home/bob/deep/below/all/venv", "/home/bob", "/data/roots", "/data", "/nothing"]
)
def test_a_process_that_speaks_of_anothers_place_is_not_believed(
    machine: People, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Reading("pip", place, OK, Manifest.of("pip", [Package("evil", "", "1")]))

    def read(name: str, system: System, named: Sequence[str]) -> list[Reading]:
        return [said] if os.geteuid() == USERS["eve"] else reading.read(name, system, named)

    monkeypatch.setattr(telling, "read", read)
    found = machine.read(["pip"])
    assert "evil" not in [name for one in found.values() if one.manifest is not None for name in names(one)]
    assert names(found["pip", f"/home/bob/{SITE}"]) == ["his"]
    assert found["pip", "/home/eve"].status == PARTIAL
    assert f"{place}, which does not belong to the user {USERS['eve']}" in found["pip", "/home/eve"].error
