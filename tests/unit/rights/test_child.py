"""Every kind of process that becomes another user gives up the same things."""

from __future__ import annotations

import json
import os
import resource
import signal
from typing import TYPE_CHECKING, Any

import pytest

from cortexrepo.restore.run.delegate import _ENDING, _LASTING
from cortexrepo.rights.child import fate, start_telling
from cortexrepo.rights.person import Manner, Person, person, reader

if TYPE_CHECKING:
    from collections.abc import Callable

SOMEBODY = 65533
MANNERS = {"reads": reader(1 << 28, 5), "lends": reader(1 << 28), "works": _ENDING, "lasts": _LASTING}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def told(manner: Manner, work: Callable[[], Any]) -> Any:
    """Returns what work in a process of somebody's returns."""
    process, reading = start_telling(
        Person(SOMEBODY, SOMEBODY), manner, lambda writing: os.write(writing, json.dumps(work()).encode())
    )
    with open(reading, "rb") as pipe:
        said = pipe.read()
    assert fate(os.waitpid(process, 0)[1]) == ""
    return json.loads(said)


def own() -> dict[str, Any]:
    """Returns what a process can say of itself."""
    with open("/proc/self/status", encoding="ascii") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    found: dict[str, Any] = {name: status[name] for name in ("CapPrm", "CapEff", "CapAmb", "NoNewPrivs", "Groups")}
    found["ids"] = [*os.getresuid(), *os.getresgid()]
    found["session"] = os.getsid(0) == os.getpid()
    found["owner of /proc"] = os.stat("/proc/self/environ").st_uid
    found["core"] = resource.getrlimit(resource.RLIMIT_CORE)
    found["open"] = [one for one in map(int, os.listdir("/proc/self/fd")) if one > 2]
    found["standard"] = [os.readlink(f"/proc/self/fd/{one}") for one in range(3)]
    return found


@needs_root
@pytest.mark.parametrize("manner", MANNERS)
def test_nothing_of_root_is_left_in_it(manner: str) -> None:
    secret = os.open("/etc/shadow", os.O_RDONLY)
    found = told(MANNERS[manner], own)
    os.close(secret)
    assert len(found.pop("open")) == 2, "the pipe, and the listing of the directory"
    assert found == {
        **dict.fromkeys(("CapPrm", "CapEff", "CapAmb"), "0" * 16),
        "NoNewPrivs": "1",
        "Groups": found["Groups"],
        "ids": [SOMEBODY] * 6,
        "session": True,
        "owner of /proc": 0,
        "core": [0, 0],
        "standard": ["/dev/null"] * 3,
    }
    assert found["Groups"].split() == []


@needs_root
@pytest.mark.parametrize("manner", MANNERS)
def test_who_reads_writes_no_file_and_starts_no_process_and_who_works_does(manner: str) -> None:
    def limits() -> list[int]:
        kinds = (resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC)
        return [resource.getrlimit(kind)[1] for kind in kinds]

    before = limits()
    assert told(MANNERS[manner], limits) == ([0, 0] if manner in {"reads", "lends"} else before)


@needs_root
@pytest.mark.parametrize(("manner", "number"), [("reads", 9), ("lends", 9), ("works", 15), ("lasts", 9)])
def test_it_gets_a_signal_when_root_ends(manner: str, number: int) -> None:
    import ctypes

    def death() -> int:
        found = ctypes.c_int()
        ctypes.CDLL(None).prctl(2, ctypes.byref(found), 0, 0, 0)  # PR_GET_PDEATHSIG
        return found.value

    assert told(MANNERS[manner], death) == number


@pytest.mark.parametrize("who", [Person(-1, SOMEBODY), Person(SOMEBODY, -1)])
def test_a_process_that_does_not_become_the_user_does_nothing(who: Person) -> None:
    process, reading = start_telling(who, reader(1 << 28), lambda writing: os.write(writing, b"work"))
    with open(reading, "rb") as pipe:
        assert pipe.read() == b""
    assert fate(os.waitpid(process, 0)[1]) == "may not become the user"


def test_how_a_process_ended_is_said() -> None:
    def ended(work: Callable[[int], object]) -> str:
        process, reading = start_telling(None, reader(1 << 26), work)
        os.close(reading)
        return fate(os.waitpid(process, 0)[1])

    def greedy(_writing: int) -> None:
        bytearray(1 << 30)

    assert ended(lambda _writing: None) == ""
    assert ended(lambda _writing: os._exit(7)) == "ended with exit code 7"
    assert ended(lambda _writing: os.kill(os.getpid(), signal.SIGKILL)) == "was killed by signal 9"
    assert ended(greedy) == "needed too much memory"


def test_a_user_without_an_account_is_in_no_group_with_rights() -> None:
    found = person(4_242_424)
    assert found == Person(4_242_424, 65534)
    assert found.title == "4242424"
    assert person(0).title == "root"
