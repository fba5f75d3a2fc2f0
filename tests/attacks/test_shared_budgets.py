"""What all users together, and the maker of an image, may cost: who needs little is read, the others are named."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from support.machines.people import SITE, USERS, names, needs_root, people
from support.machines.silent import silent

from cortexrepo.machine import children, purse
from cortexrepo.machine.accounts import MOST, Account, Accounts
from cortexrepo.machine.budget import Budget
from cortexrepo.model.snapshot import FAILED, OK, PARTIAL
from cortexrepo.recording import image, reading
from cortexrepo.rights.person import Person as Identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from support.machines.people import People

    from cortexrepo.machine.children import Say
    from cortexrepo.machine.files import System
    from cortexrepo.model.inventory import Reading

pytestmark = needs_root
EVE = Identity(USERS["eve"], USERS["eve"])


@pytest.fixture
def machine() -> Iterator[People]:
    """Five users; alice and bob have an honest environment."""
    with people(*USERS) as made:
        for name in ("alice", "bob"):
            made.site(name, "honest")
        yield made


def honest_are_exact(found: dict[tuple[str, str], Reading]) -> bool:
    sites = [found["pip", f"/home/{name}/{SITE}"] for name in ("alice", "bob")]
    assert not [key for key in found if key[1] in {"/home/alice", "/home/bob"}]
    return all((one.status, names(one)) == (OK, ["honest"]) for one in sites)


def test_packages_are_given_out_to_who_needs_few_first(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purse, "ROWS", 60)
    monkeypatch.setattr(purse, "LEAST", purse.LEAST._replace(rows=1))
    for name in ("carol", "dave", "eve"):
        machine.site(name, *(f"p{number}" for number in range(40)))
    found = machine.read(["pip"])
    assert honest_are_exact(found)
    greedy = [found["pip", f"/home/{name}/{SITE}"] for name in ("carol", "dave", "eve")]
    kept = [one for one in greedy if one.manifest is not None]
    assert len(kept) <= 1
    for one in greedy:
        if one not in kept:
            assert re.search(r"the user has more than \d+ packages; the others are not recorded", one.error)


def test_time_is_given_out_to_who_needs_little_first(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(name: str, system: System, named: Sequence[str]) -> list[Reading]:
        if system.user == USERS["eve"]:
            while True:
                system.exists("/")
        return reading.read(name, system, named)

    monkeypatch.setattr("cortexrepo.recording.telling.read", read)
    monkeypatch.setattr(purse, "FULL", purse.FULL._replace(seconds=0.7))
    found = machine.read(["pip"])
    assert honest_are_exact(found)
    assert found["pip", "/home/eve"].status == FAILED


def test_a_home_without_a_share_is_named(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purse, "ROWS", 0)
    found = machine.read(["pip"])
    for name in USERS:
        assert found["pip", f"/home/{name}"].status == FAILED
        assert "the number of packages for all users together is used up" in found["pip", f"/home/{name}"].error


def test_a_process_that_never_asks_for_its_budget_is_ended() -> None:
    def work(_: Say) -> None:
        Budget(0.05).begin()
        sum(range(1 << 40))

    [found] = children.ask([children.Job(EVE, work)])
    assert found.failure == "it used up its processor time"


def test_a_file_system_that_never_answers_costs_that_home_only(
    machine: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "PATIENCE", 0.2)
    for name in ("SMALL", "FULL", "LEAST"):
        monkeypatch.setattr(purse, name, getattr(purse, name)._replace(clock=2.0))
    with silent(machine.mine("eve", ".local"), USERS["eve"]):
        found = machine.read(["pip"])
        assert honest_are_exact(found)
        assert found["pip", "/home/eve"].status == FAILED
        assert "a file system that does not answer" in found["pip", "/home/eve"].error


def test_what_is_roots_in_an_image_has_a_limit_of_memory(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(name: str, system: System, named: Sequence[str]) -> list[Reading]:
        if name == "apt":
            bytearray(1 << 30)
        return reading.read(name, system, named)

    monkeypatch.setattr(image, "read", read)
    found = machine.read(["apt", "pip"])
    assert (found["apt", ""].status, found["apt", ""].error) == (FAILED, "its files need too much memory")
    assert honest_are_exact(found)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("ROWS", 5, "the image has more than 5 packages; the others are not recorded"),
        ("SECONDS", 0.003, "0.003 s of processor time"),
        ("SIZE", 1000, "the files are too large together"),
    ],
)
def test_what_is_roots_in_an_image_has_limits(
    machine: People, name: str, value: float, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image, name, value)
    machine.venv(machine.root / "opt/large", *(f"p{number}" for number in range(300)))
    found = machine.read(["pip"])
    assert reason in " ".join(one.error for one in found.values())
    assert ("pip", "/opt/large") not in found or found["pip", "/opt/large"].status in {FAILED, PARTIAL}
    assert name == "ROWS" or honest_are_exact(found)


def test_an_image_whose_process_dies_is_never_empty(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(name: str, system: System, named: Sequence[str]) -> list[Reading]:
        if name == "pip":
            os.kill(os.getpid(), 9)
        return reading.read(name, system, named)

    monkeypatch.setattr(image, "read", read)
    machine.prefix(machine.root / "usr/local", "honest")
    found = machine.read(["npm", "pip"])
    assert found["npm", "/usr/local"].status == OK
    for name, status in (("npm", PARTIAL), ("pip", FAILED)):
        assert found[name, ""].status == status
        assert "the image was not read to the end: it was killed by signal 9" in found[name, ""].error


def test_a_table_of_very_many_accounts_is_read_to_a_limit(machine: People) -> None:
    with (machine.root / "etc/passwd").open("a") as table:
        table.writelines(f"u{number}:x:{9000 + number}:9000::/home/u{number}:/bin/sh\n" for number in range(100_000))
    found = machine.read(["pip"])
    site = found["pip", f"/home/bob/{SITE}"]
    assert (site.status, names(site)) == (OK, ["honest"])
    assert found["pip", ""].status == PARTIAL
    assert f"more than {MOST} accounts" in found["pip", ""].error


def test_the_first_account_of_a_user_counts_and_more_than_the_limit_are_said() -> None:
    rows = [Account(f"a{number}", number // 2, number, "/x") for number in range(MOST + 1)]
    found = Accounts(rows)
    assert [found.of(number) for number in (0, 7)] == [rows[0], rows[14]]
    assert str(MOST) in found.gap
