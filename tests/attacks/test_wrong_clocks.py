"""A wrong clock: what is acknowledged can be read again, what is deleted is kept by default and removed by order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from cortexrepo.model import refname

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine

SECOND, DAY = 10**9, 86_400 * 10**9
YEAR = 365 * DAY
MS = 10**6
WRONG = {
    "a nanosecond before 1970": -1,
    "a millisecond before 1970": -MS,
    "half a day before 1970": -DAY // 2,
    "1900": -70 * YEAR,
    "1677": -(2**63),
    "long ago": -(10**21),
    "the first moment": 0,
    "the first millisecond": MS,
    "2262": 2**63 - 1,
    "the last moment that has a name": refname.END * MS - 1,
    "the first one that has none": refname.END * MS,
    "the year 9999": 8029 * YEAR,
    "the year 10000": 8031 * YEAR,
    "64 bits of milliseconds": 2**64 * MS,
    "far away": 10**30,
}
COMMANDS = {
    "create": ["create", "new"],
    "tag": ["tag", "t1", "latest"],
    "tag --force": ["tag", "--force", "t0", "latest"],
    "delete": ["delete", "latest", "--yes"],
    "undelete": ["undelete", "HIDDEN"],
    "gc": ["gc"],
    "gc now": ["gc", "--expire-deleted", "now"],
    "prune": ["prune", "--keep-last", "1", "--yes"],
}
AHEAD = {
    "a second": SECOND,
    "an hour": 3600 * SECOND,
    "a day": DAY,
    "the grace period": 14 * DAY,
    "a day more than that": 15 * DAY,
    "a year": YEAR,
    "ten years": 10 * YEAR,
    "a hundred years": 100 * YEAR,
    "up to 2262": 235 * YEAR,
    "up to 2500": 470 * YEAR,
}


def at(monkeypatch: pytest.MonkeyPatch, now: int) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: now)


def ids(cortex: CommandLine, *words: str) -> list[str]:
    found = cortex("list", "--json", *words).json()["snapshots"]
    assert isinstance(found, list)
    return [one["id"] for one in found]


@pytest.mark.parametrize("now", WRONG.values(), ids=WRONG)
def test_what_a_command_acknowledges_by_a_wrong_clock_can_be_read(
    cortex: CommandLine, monkeypatch: pytest.MonkeyPatch, now: int
) -> None:
    true = time.time_ns()
    for name in ("a", "b", "c"):
        cortex("create", name)
    cortex("tag", "t0", "latest~1")
    [hidden] = ids(cortex)[:1]
    cortex("delete", "latest", "--yes")
    for name, words in COMMANDS.items():
        at(monkeypatch, now)
        found = cortex(*[hidden if word == "HIDDEN" else word for word in words])
        assert found.code in {0, 1, 4}, (name, found)
        assert "Traceback" not in found.err
        at(monkeypatch, true)
        assert cortex("verify").code == 0, name
        assert cortex("show", "latest").code == 0, name
        if name == "tag" and not found.code:
            assert cortex("show", "t1").code == 0
    for present in (now, true):
        at(monkeypatch, present)
        assert cortex("list", "--deleted").code == 0, present
    assert cortex("gc", "--expire-deleted", "now").code == 0
    assert cortex("verify").code == 0


@pytest.mark.parametrize("ahead", AHEAD.values(), ids=AHEAD)
def test_what_was_deleted_by_a_clock_that_was_ahead_is_kept_by_default_and_removed_by_order(
    cortex: CommandLine, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    true = time.time_ns()
    for name in ("a", "b"):
        cortex("create", name)
    [last, _] = ids(cortex)
    for _ in range(2):
        at(monkeypatch, true + ahead)
        assert cortex("delete", last, "--yes").code == 0
        at(monkeypatch, true + SECOND)
        assert cortex("gc").code == 0
        assert cortex("undelete", last).code == 0
        assert ids(cortex)[0] == last
    at(monkeypatch, true + ahead)
    cortex("delete", last, "--yes")
    at(monkeypatch, true + SECOND)
    assert f"removed {last[:12]}" in cortex("gc", "--expire-deleted", "now").out
    assert not list((cortex.repo / "deleted").glob("*"))
    assert ids(cortex, "--deleted") == []
