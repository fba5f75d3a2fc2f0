"""What one user's files may cost: time, memory, names and answers are bounded, and only that home is cut short."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from typing import TYPE_CHECKING

import pytest
from support.machines.people import SITE, USERS, dist, names, needs_root, people

from cortexrepo.machine import children, purse
from cortexrepo.machine.budget import ENVIRONMENTS, Budget
from cortexrepo.machine.children import Job, ask
from cortexrepo.model.snapshot import FAILED, OK, PARTIAL
from cortexrepo.recording import merging, reading, telling
from cortexrepo.rights.person import Person as Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from support.machines.people import People

    from cortexrepo.machine.children import Say
    from cortexrepo.machine.files import System
    from cortexrepo.model.inventory import Reading

pytestmark = needs_root
EVE = Identity(USERS["eve"], USERS["eve"])


@pytest.fixture
def machine() -> Iterator[People]:
    """Eve, and bob, who has an honest environment."""
    with people("bob", "eve") as made:
        made.site("bob", "his")
        yield made


def bob_is_exact(machine: People) -> bool:
    found = machine.read(["pip"])["pip", f"/home/bob/{SITE}"]
    return found.status == OK and names(found) == ["his"]


def configurations(machine: People, name: str, count: int) -> None:
    for number in range(count):
        made = machine.home(name) / f"{number:0200d}"
        made.mkdir()
        (made / "pyvenv.cfg").touch()
        machine.own(name, made)


def hole(place: Path) -> None:
    place.write_text("Version: 1\nName: x")
    with place.open("r+b") as file:
        file.truncate((64 << 20) - 1)


def test_more_environments_than_are_read_cut_that_home_short(machine: People) -> None:
    configurations(machine, "eve", ENVIRONMENTS + 200)
    found = machine.read(["pip"])
    assert sum(key[1].startswith("/home/eve/") for key in found) == ENVIRONMENTS
    assert found["pip", "/home/eve"].status == PARTIAL
    assert f"more than {ENVIRONMENTS} environments" in found["pip", "/home/eve"].error
    assert bob_is_exact(machine)


def test_a_home_with_more_names_than_are_listed_is_cut_short(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cortexrepo.machine.realm_files.NAMES", 50)
    configurations(machine, "eve", 60)
    found = machine.read(["pip"])
    assert "more than 50 names" in found["pip", "/home/eve"].error
    assert bob_is_exact(machine)


def test_a_user_whose_files_take_too_long_is_cut_short_with_what_was_read(
    machine: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Far less than the quickest machine needs for so many.
    share(monkeypatch, seconds=0.02)
    site = machine.site("eve")
    for number in range(6000):
        dist(site, f"x{number}")
    machine.own("eve", site)
    found = machine.read(["pip"])["pip", f"/home/eve/{SITE}"]
    assert found.status == PARTIAL
    assert "0.02 s of processor time" in found.error
    assert 0 < len(names(found)) < 6000
    assert bob_is_exact(machine)


def test_a_user_whose_files_are_too_large_together_is_cut_short(
    machine: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "Budget", lambda seconds: Budget(seconds, size=1 << 20))
    site = machine.site("eve")
    for number in range(40):
        hole(dist(site, f"x{number}") / "METADATA")
    machine.own("eve", site)
    assert "too large together" in machine.read(["pip"])["pip", f"/home/eve/{SITE}"].error
    assert bob_is_exact(machine)


def test_a_user_with_more_packages_than_are_recorded_is_cut_short(
    machine: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(monkeypatch, rows=5)
    machine.site("eve", *"abcdef")
    found = machine.read(["pip"])["pip", f"/home/eve/{SITE}"]
    assert (found.status, found.manifest) == (FAILED, None)
    assert "more than 5 packages" in found.error
    assert bob_is_exact(machine)


@pytest.mark.parametrize("limit", ["PACKAGES", "TEXT"])
def test_who_has_most_is_left_out_where_all_together_have_too_much(
    machine: People, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, limit, 3 if limit == "PACKAGES" else 200)
    for number in range(3):
        machine.venv(machine.home("eve") / f"{number}-{'v' * 40}", *"abcdef", owner="eve")
    found = machine.read(["pip"])
    assert not any(key[1].startswith("/home/eve/") for key in found)
    assert found["pip", "/home/eve"].status == FAILED
    assert "more than fit into a snapshot" in found["pip", "/home/eve"].error
    assert bob_is_exact(machine)


def share(monkeypatch: pytest.MonkeyPatch, **limits: float) -> None:
    """Gives each process such a share at most, in both rounds."""
    for name in ("FULL", "SMALL", "LEAST"):
        monkeypatch.setattr(purse, name, getattr(purse, name)._replace(**limits))


def answering(work: Callable[[Say], None], **limits: float) -> children.Answer:
    [found] = ask([Job(EVE, work, limits=children.Limits(**limits))])  # type: ignore[arg-type]
    return found


def test_a_process_that_ends_early_leaves_what_it_said_and_the_reason() -> None:
    def work(say: Say) -> None:
        say(b"one")
        os.kill(os.getpid(), signal.SIGKILL)

    assert answering(work)[:2] == ([b"one"], "it was killed by signal 9")


def test_a_process_that_is_stopped_or_sleeps_is_killed() -> None:
    def stopped(say: Say) -> None:
        say(b"one")
        os.kill(os.getpid(), signal.SIGSTOP)

    for work in (stopped, lambda _: time.sleep(60)):
        assert answering(work, clock=0.2).failure == "it took too long"


def test_a_process_that_cannot_be_started_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    before = os.listdir("/proc/self/fd")
    reason = "no process could be started: Resource temporarily unavailable"
    assert ask([Job(EVE, lambda _: None)] * 5) == [children.Answer([], reason)] * 5
    assert os.listdir("/proc/self/fd") == before


def test_an_answer_without_an_end_is_not_read_to_the_end() -> None:
    def work(say: Say) -> None:
        while True:
            say(bytes(1 << 16))

    assert answering(work, answer=1 << 20).failure == "its answer has more than 1048576 bytes"


def test_a_process_that_wants_too_much_memory_ends() -> None:
    def work(_: Say) -> None:
        bytearray(1 << 30)

    assert answering(work).failure == "it needed too much memory"


def test_a_process_is_the_user_for_good_and_has_nothing_of_root() -> None:
    kept = os.open("/etc/shadow", os.O_RDONLY)

    def failure(act: Callable[[], object]) -> str | None:
        try:
            act()
        except OSError as error:
            return error.strerror
        return "done"

    def work(say: Say) -> None:
        found: dict[str, object] = {"ids": (os.getresuid(), os.getresgid(), os.getgroups())}
        found["open"] = sorted(map(int, os.listdir("/proc/self/fd")))
        with open("/proc/self/status", encoding="utf-8") as file:
            found["status"] = {key: value.strip() for key, _, value in (line.partition(":") for line in file)}
        found["root"] = failure(lambda: os.setuid(0))
        found["fork"] = failure(os.fork)
        found["shadow"] = failure(lambda: os.open("/etc/shadow", os.O_RDONLY))
        found["environ"] = failure(lambda: os.open("/proc/self/environ", os.O_RDONLY))
        say(json.dumps(found).encode())

    answer = answering(work)
    os.close(kept)
    [piece] = answer.pieces
    found = json.loads(piece)
    eve = [USERS["eve"]] * 3
    assert found["ids"] == [eve, eve, []]
    # The pipe, and the directory that was just listed.
    assert len([one for one in found["open"] if one > 2]) == 2
    assert int(found["status"]["CapEff"], 16) == int(found["status"]["CapPrm"], 16) == 0
    assert found["status"]["NoNewPrivs"] == "1"
    assert found["root"] == "Operation not permitted"
    assert found["fork"] == "Resource temporarily unavailable"
    assert found["shadow"] == found["environ"] == "Permission denied"


def test_no_process_outlives_its_parent() -> None:
    reading, writing = os.pipe()

    def sleeping(_: Say) -> None:
        os.write(writing, b"x")
        time.sleep(1000)

    parent = os.fork()
    if parent == 0:
        try:
            ask([Job(EVE, sleeping, (writing,))])
        finally:
            os._exit(0)
    os.close(writing)
    assert os.read(reading, 1) == b"x"
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    # The end of the pipe: the last process that had it is gone, long before it would end by itself.
    assert select.select([reading], [], [], 30)[0]
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_a_process_that_its_user_kills_fails_that_home_only(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.site("eve", "hers")

    def read(name: str, system: System, named: Sequence[str]) -> list[Reading]:
        if os.geteuid() == USERS["eve"]:
            os.kill(os.getpid(), signal.SIGKILL)
        return reading.read(name, system, named)

    monkeypatch.setattr(telling, "read", read)
    found = machine.read()
    assert {key: one.status for key, one in found.items() if "eve" in key[1]} == {
        ("pip", "/home/eve"): FAILED,
        ("npm", "/home/eve"): FAILED,
    }
    assert "killed by signal 9" in found["pip", "/home/eve"].error
    assert bob_is_exact(machine)


def test_five_hostile_users_at_once_leave_the_honest_ones_exact() -> None:
    with people(*USERS) as machine:
        for name in ("alice", "bob", "carol"):
            machine.site(name, "honest")
        site = machine.site("dave")
        hole(dist(site, "a") / "METADATA")
        for number in range(300):
            made = dist(site, f"b{number}")
            (made / "METADATA").unlink()
            (made / "METADATA").hardlink_to(site / "a-1.0.dist-info" / "METADATA")
        (site / "endless.pth").write_text("/nowhere\n" * 7000)
        machine.own("dave", site)
        configurations(machine, "eve", 2400)
        (machine.home("carol") / ".npmrc").write_text("prefix=/" + "${a}" * 8000)
        (machine.home("bob") / ".npm-global/lib/node_modules").mkdir(parents=True)
        (machine.home("bob") / ".npm-global/lib/node_modules/x").symlink_to("/proc/self/root/proc/self")
        (machine.home("alice") / "loop").symlink_to("loop")
        found = machine.read()
        for name in ("alice", "bob", "carol"):
            one = found["pip", f"/home/{name}/{SITE}"]
            assert (one.status, names(one)) == (OK, ["honest"])
            assert ("pip", f"/home/{name}") not in found
        assert found["pip", f"/home/dave/{SITE}"].status == PARTIAL
        assert "more than 1000 environments" in found["pip", "/home/eve"].error
