"""Five hostile homes at once, each dear in its own way: what root's `create` takes, and what it says of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines import people as machines
from support.machines.hostile import WAYS
from support.machines.people import SITE, USERS, names, needs_root, people
from support.processes.command_line import CommandLine
from support.processes.counts import count
from support.processes.trees import taken

from cortexrepo.model.snapshot import FAILED, OK, PARTIAL
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from support.machines.people import People

    from cortexrepo.model.inventory import Reading

pytestmark = needs_root
MALLORY = {f"mallory{number}": 4101 + number for number, _ in enumerate(WAYS)}
MEMORY = 256 << 20


@pytest.fixture(scope="module")
def machine() -> Iterator[People]:
    """Five honest users, an environment of root's, and five who are hostile."""
    everybody = {**USERS, **MALLORY}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machines, "USERS", everybody)
        with people(*everybody) as made:
            for name in USERS:
                made.site(name, f"{name}s")
            made.venv(made.root / "srv/app", "roots")
            for name, act in zip(MALLORY, WAYS, strict=True):
                act(made, name)
                made.own(name, made.home(name))
            yield made


def looks_right(found: Sequence[Reading], *, srv: bool) -> None:
    """Asserts that everything of the others is exact, and that the homes that were cut short are named with reasons."""
    slots = {(one.ecosystem, one.environment): one for one in found}
    for name in USERS:
        one = slots["pip", f"/home/{name}/{SITE}"]
        assert (one.status, names(one)) == (OK, [f"{name}s"])
        assert ("pip", f"/home/{name}") not in slots
    assert not srv or names(slots["pip", "/srv/app"]) == ["roots"]
    theirs = [[one for one in found if f"/home/{name}/" in f"{one.environment}/"] for name in MALLORY]
    huge, many, listed, json, odd = ([one for one in readings if one.status != OK] for readings in theirs)
    assert all("at most 65536 bytes are read" in one.error for one in huge)
    assert any("more than 1000 environments; the others are not recorded" in one.error for one in many)
    assert any("is not a regular file" in one.error for one in odd)
    assert [one.status for one in (*huge, *odd)].count(PARTIAL) >= 2
    # These two are only large: what is not read whole has a reason.
    for readings, cut in ((theirs[2], listed), (theirs[3], json)):
        assert readings
        assert all(one.status in {PARTIAL, FAILED} and one.error for one in cut)


def test_create_keeps_all_other_slots_exact_within_its_memory(machine: People) -> None:
    cortex = CommandLine(machine.root / "repository", machine.root)
    done = taken(cortex.command("create", "hostile"), cortex.environment())
    assert done.code == 3, "recorded in part"
    assert done.memory <= MEMORY
    assert done.largest <= MEMORY
    assert done.processes > 1
    count(
        "five hostile homes at once",
        milliseconds_of_processor_time=int(done.processor * 1000),
        mebibytes_of_all_processes=done.memory >> 20,
        mebibytes_of_the_largest=done.largest >> 20,
    )
    repository = Repository.open(cortex.repo)
    looks_right(repository.inventory(repository.get("latest")).readings, srv=False)
    said = cortex("show", "latest").out
    for part in ("not searched: more than 1000 environments", "the fields are too long", "is not a regular file"):
        assert part in said


def test_the_same_homes_on_this_machine_leave_others_exact(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "USERS", {**USERS, **MALLORY})
    found = machine.read(live=True)
    looks_right([one._replace(environment=key[1]) for key, one in found.items()], srv=True)
