"""What a user's process says counts for the user's own places alone, whatever it says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.machines.people import SITE, USERS, names, needs_root, people

from cortexrepo.codec import answers
from cortexrepo.ecosystems.contract.reading import ELSEWHERE
from cortexrepo.errors import CorruptError
from cortexrepo.machine.scope import Task
from cortexrepo.machine.walked_files import WalkedSystem
from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL
from cortexrepo.recording.merging import merged
from cortexrepo.recording.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.people import People

pytestmark = needs_root
ALICE = "/home/alice"
TASK = Task(USERS["alice"], (ALICE,), ())


@pytest.fixture
def machine() -> Iterator[People]:
    """Alice, bob, and an environment of root's."""
    with people("alice", "bob") as made:
        made.site("alice", "hers")
        made.site("bob", "his")
        made.venv(made.root / "srv/app", "roots")
        (made.home("alice") / "link").symlink_to("/srv/app")
        made.own("alice", made.home("alice") / "link")
        yield made


def said(environment: str, ecosystem: str = "pip", status: str = OK, **facts: str) -> Reading:
    manifest = Manifest.of(ecosystem, [Package("evil", "", "1")]) if status == OK else None
    return Reading(ecosystem, environment, status, manifest, "" if status == OK else "why", tuple(facts.items()))


def after(
    machine: People, *readings: Reading, own: tuple[Reading, ...] = (), task: Task = TASK, failure: str = ""
) -> dict[tuple[str, str], Reading]:
    plain = WalkedSystem(os.open(machine.root, os.O_RDONLY), {}, live=False)
    told = Told(list(readings), frozenset() if failure else frozenset(["pip", "npm"]), failure, b"")
    return {(one.ecosystem, one.environment): one for one in merged(plain, own, ["npm", "pip"], [(task, told)])}


def test_what_is_the_users_counts(machine: People) -> None:
    found = after(machine, said(f"{ALICE}/{SITE}"))
    assert list(found) == [("pip", f"{ALICE}/{SITE}")]


@pytest.mark.parametrize(
    "environment",
    [
        "/srv/app",
        "/srv/app/lib",
        f"/home/bob/{SITE}",
        "/home/bob",
        f"{ALICE}/link",
        f"{ALICE}/link/lib",
        f"{ALICE}/../bob/{SITE}",
        f"{ALICE}/nothing",
        f"{ALICE}//{SITE}",
        "/",
        "relative",
        "",
        "/home/alice\\x00",
    ],
)
def test_what_is_not_the_users_counts_for_nothing_and_is_said(machine: People, environment: str) -> None:
    found = after(machine, said(environment))
    assert set(found) == {("pip", ALICE)}
    assert (found["pip", ALICE].status, found["pip", ALICE].manifest) == (PARTIAL, None)
    assert "does not belong to the user 4001" in found["pip", ALICE].error


def test_what_root_has_read_stays_as_it_is(machine: People) -> None:
    own = Reading("pip", f"{ALICE}/{SITE}", OK, Manifest.of("pip", [Package("roots", "", "1")]))
    found = after(machine, said(f"{ALICE}/{SITE}"), own=(own,))
    assert names(found["pip", f"{ALICE}/{SITE}"]) == ["roots"]


@pytest.mark.parametrize("ecosystem", ["apt", "system", "cargo"])
def test_a_user_speaks_for_no_other_ecosystem(machine: People, ecosystem: str) -> None:
    assert after(machine, said(f"{ALICE}/{SITE}", ecosystem)) == {}


@pytest.mark.parametrize(("ground", "counts"), [(ALICE, True), ("/home/bob", False), ("/srv", False)])
def test_a_gap_is_one_of_the_users_own_home(machine: People, ground: str, counts: bool) -> None:  # noqa: FBT001
    found = after(machine, said(ground, status=FAILED))
    assert (found.get(("pip", ground), said("", status=OK)).status == FAILED) == counts


def test_a_place_that_is_recorded_is_no_gap(machine: People) -> None:
    lead = said(ALICE, status=PARTIAL, **{ELSEWHERE: "/srv/app"})
    assert after(machine, lead)["pip", ALICE].error == "not searched: why"
    own = Reading("pip", "/srv/app", OK, Manifest.of("pip", []))
    assert list(after(machine, lead, own=(own,))) == [("pip", "/srv/app")]
    assert ("pip", "/home/bob") not in after(machine, lead._replace(environment="/home/bob"))


def test_a_process_that_did_not_end_leaves_what_it_read_and_the_reason(machine: People) -> None:
    found = after(machine, said(f"{ALICE}/{SITE}"), failure="it took too long")
    assert names(found["pip", f"{ALICE}/{SITE}"]) == ["evil"]
    assert found["pip", ALICE].status == found["npm", ALICE].status == FAILED
    assert "it took too long" in found["pip", ALICE].error


def test_a_reading_survives_its_way() -> None:
    for reading in (said("/a"), said("/a", status=FAILED), said("/a", status=PARTIAL, kind="venv")):
        assert answers.read_reading(answers.reading(reading)) == reading


@pytest.mark.parametrize(
    "reading",
    [
        said("/" + "a" * (1 << 15)),
        said("/a", status=FAILED)._replace(error="x" * 2001),
        said("/a", status=ABSENT),
        said("/a")._replace(status="sound"),
        said("/a")._replace(manifest=None),
        said("/a", status=FAILED)._replace(manifest=Manifest.of("pip", [])),
        said("/a")._replace(facts=tuple((f"{number:02}", "") for number in range(9))),
        said("/a")._replace(facts=(("b", ""), ("a", ""))),
        said("/a")._replace(manifest=Manifest.of("pip", [Package("", "", "1")])),
        said("/a")._replace(manifest=Manifest.of("pip", [Package("a", "", "1", -1)])),
    ],
)
def test_an_answer_beyond_a_limit_is_refused(reading: Reading) -> None:
    with pytest.raises(CorruptError):
        answers.read_reading(answers.reading(reading))
