from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from cortexrepo.ecosystems.apt.past.dpkglog import seconds
from cortexrepo.machine.localtime import Clock, zone
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from pathlib import Path

BERLIN = ZoneInfo("Europe/Berlin")


def moments(*shown: str) -> list[str]:
    clock = Clock(BERLIN)
    found = []
    for text in shown:
        at = seconds(*text.split(" "))
        assert at is not None
        found.append(f"{dt.datetime.fromtimestamp(clock.moment(at), dt.UTC):%d %H:%M}")
    return found


def test_summer_and_winter_have_their_own_offsets() -> None:
    assert moments("2026-01-15 12:00:00", "2026-07-15 12:00:00") == ["15 11:00", "15 10:00"]


def test_in_the_hour_that_comes_twice_the_order_decides() -> None:
    shown = ["2026-10-25 02:10:00", "2026-10-25 02:50:00", "2026-10-25 02:10:00", "2026-10-25 03:00:00"]
    assert moments(*shown) == ["25 00:10", "25 00:50", "25 01:10", "25 02:00"]
    assert moments("2026-10-25 02:30:00") == ["25 00:30"]


def test_an_hour_that_does_not_exist_is_taken_as_if_summer_had_not_begun() -> None:
    assert moments("2026-03-29 01:59:59", "2026-03-29 02:30:00", "2026-03-29 03:00:00") == [
        "29 00:59", "29 01:30", "29 01:00"
    ]  # fmt: skip


def test_no_moment_is_before_1970_and_the_end_of_the_calendar_is_one() -> None:
    assert Clock(BERLIN).moment(0) == 0
    assert Clock(BERLIN).moment(253402300799) == 253402297199


@pytest.mark.parametrize("content", [None, b"", b"TZif2", b"nonsense" * 10, b"TZif2" + b"\xff" * 60])
def test_a_machine_without_a_zone_that_can_be_read_is_in_utc(tmp_path: Path, content: bytes | None) -> None:
    (tmp_path / "etc").mkdir()
    if content is not None:
        (tmp_path / "etc/localtime").write_bytes(content)
    system = RootedSystem(str(tmp_path))
    assert zone(system) == dt.UTC
    system.close()


def test_the_zone_is_that_of_the_machine_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "usr/share/zoneinfo").mkdir(parents=True)
    with open("/usr/share/zoneinfo/Europe/Berlin", "rb") as file:
        (tmp_path / "usr/share/zoneinfo/B").write_bytes(file.read())
    (tmp_path / "etc/localtime").symlink_to("/usr/share/zoneinfo/B")
    system = RootedSystem(str(tmp_path))
    assert zone(system).utcoffset(dt.datetime(2026, 7, 1)) == dt.timedelta(hours=2)  # noqa: DTZ001 -- asked of a zone
    system.close()
