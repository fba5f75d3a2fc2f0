"""What one snapshot of the old tool says, and what is none."""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from support.repositories.legacy import APT, GOOD, TIME, document, text

from cortexrepo.codec.refs import MESSAGE_LIMIT
from cortexrepo.importing.legacy import LIMIT, Legacy, parse
from cortexrepo.model.legacy import Note
from cortexrepo.model.package import Package
from cortexrepo.model.sketch import SKETCHED
from cortexrepo.model.snapshot import FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.model.inventory import Reading

MOMENT = 1_766_415_601_250


@pytest.fixture(autouse=True, name="zone")
def _zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _parsed(name: str = GOOD, **changes: object) -> Legacy:
    found = parse(name, text(name, **changes))
    assert isinstance(found, Legacy), found
    return found


def _reason(data: bytes) -> str:
    found = parse(GOOD, data)
    assert isinstance(found, Note), found
    assert found.name == GOOD
    return found.reason


def _reading(found: Legacy, ecosystem: str) -> Reading:
    return next(reading for reading in found.readings if reading.ecosystem == ecosystem)


def _rows(reading: Reading) -> tuple[Package, ...]:
    assert reading.manifest is not None
    return reading.manifest.packages


def test_a_snapshot_is_its_time_description_packages_and_machine() -> None:
    found = _parsed()
    assert (found.name, found.time, found.created_at, found.description) == (GOOD, TIME, MOMENT, "before cuda")
    assert found.facts == (
        ("arch", "x86_64"),
        ("imported", "legacy"),
        ("kernel", "6.1.0-18-amd64"),
        ("legacy_id", GOOD),
        ("legacy_time", TIME),
        ("os", "Debian GNU/Linux 12 (bookworm)"),
    )
    assert [(one.ecosystem, one.environment, one.status) for one in found.readings] == [
        ("apt", "", OK),
        ("npm", "", OK),
        ("pip", "", OK),
        ("system", "", PARTIAL),
    ]
    assert found.notes == ()


def test_nothing_is_made_up_that_was_not_recorded() -> None:
    found = _parsed()
    assert _rows(_reading(found, "apt")) == (Package("bash", "", "5.2.15-2"), Package("openssl", "", "3.0.11-1"))
    assert _rows(_reading(found, "npm")) == (Package("@org/x", "", "1.0.0"), Package("npm", "", "11.0.0"))
    assert _rows(_reading(found, "pip")) == (
        Package("jinja2", "", "3.1.2", 0, (("name", "Jinja2"),)),
        Package("pip", "", "23.0.1"),
    )
    assert _rows(_reading(found, "system")) == (
        Package("kernel/running", "", "6.1.0-18-amd64"),
        Package("os/ID", "", "debian"),
        Package("os/PRETTY_NAME", "", "Debian GNU/Linux 12 (bookworm)"),
    )
    assert all(_reading(found, name).facts == (SKETCHED,) for name in ("apt", "npm", "pip"))


@pytest.mark.parametrize(
    "name", ["20251222_143719", "20251222_143719_469067", "20251222_143719_1cf7905b", "kept by me"]
)
def test_every_form_of_an_id_comes_from_the_directory(name: str) -> None:
    assert ("legacy_id", name) in _parsed(name).facts


@pytest.mark.parametrize("own", ["../../victim", "20200101_000000_ffffffff", 7, None, [[]]])
def test_an_id_that_disagrees_does_not_count_and_is_noted(own: object) -> None:
    found = _parsed(id=own)
    assert found.name == GOOD
    assert found.notes[0].endswith(": the name of the directory is used instead")


def test_a_name_that_is_no_text_is_written_out() -> None:
    assert _parsed("20251222\udcff").name == "20251222\\xff"


def test_fields_that_are_not_known_are_passed_over_and_noted() -> None:
    packages = {"apt": APT, "cargo": [{"name": "rg", "version": "14"}]}
    found = _parsed(packages=packages, schema=2, a=1, b=2, z=1)
    assert found.notes == ("unknown fields: a, b, schema and 2 more",)
    assert [reading.ecosystem for reading in found.readings] == ["apt", "system"]


# -- times


@pytest.mark.parametrize(
    ("zone", "written", "utc"),
    [
        ("UTC", "2025-12-22T15:00:00", "2025-12-22T15:00:00.000Z"),
        ("UTC", "2025-12-22T15:00:00.999999", "2025-12-22T15:00:00.999Z"),
        ("Europe/Berlin", "2025-12-22T15:00:00", "2025-12-22T14:00:00.000Z"),
        ("Europe/Berlin", "2025-07-01T15:00:00", "2025-07-01T13:00:00.000Z"),
        ("Europe/Berlin", "2025-10-26T02:30:00", "2025-10-26T00:30:00.000Z"),  # the first of two
        ("Europe/Berlin", "2025-03-30T02:30:00", "2025-03-30T01:30:00.000Z"),  # clocks skip it
        ("Europe/Berlin", "2025-12-22T15:00:00+00:00", "2025-12-22T15:00:00.000Z"),
    ],
)
def test_a_time_is_local_and_the_first_where_there_are_two(
    zone: str, written: str, utc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cortexrepo.formats.times import iso

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    if zone != "UTC" and time.localtime(0).tm_gmtoff == 0:
        pytest.skip("no time zones on this machine")
    found = _parsed(timestamp=written)
    assert iso(found.created_at) == utc
    assert found.time == written


@pytest.mark.parametrize(
    "written", ["", "soon", 7, None, "1969-01-01T00:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "9" * 5000]
)
def test_without_a_time_that_can_be_kept_it_is_no_snapshot(written: object) -> None:
    assert _reason(text(timestamp=written)) == "it has no valid timestamp"


# -- what is not known


def test_an_empty_list_never_means_that_nothing_was_installed() -> None:
    found = _parsed(packages={"apt": [], "pip": [], "npm": []})
    assert [(one.ecosystem, one.status, one.manifest) for one in found.readings[:3]] == [
        ("apt", FAILED, None),
        ("npm", FAILED, None),
        ("pip", FAILED, None),
    ]
    assert all(one.error.startswith("the old tool recorded no package: ") for one in found.readings[:3])
    assert [note.partition(":")[0] for note in found.notes] == ["apt", "npm", "pip"]


def test_an_ecosystem_that_was_not_recorded_is_not_there() -> None:
    assert [one.ecosystem for one in _parsed(packages={"apt": APT}, system_info={}).readings] == ["apt"]


@pytest.mark.parametrize("listed", [None, 7, "bash", {"bash": "1"}])
def test_a_list_that_is_none_is_failed(listed: object) -> None:
    found = _reading(_parsed(packages={"apt": listed, "pip": []}), "apt")
    assert (found.status, found.error) == (FAILED, "the old tool's list of packages cannot be read")


@pytest.mark.parametrize(
    "row",
    [
        None,
        [],
        {"name": "bash"},
        {"version": "1"},
        {"name": 7, "version": "1"},
        {"name": "bash", "version": None},
        {"name": "", "version": "1"},
        {"name": "-y", "version": "1"},
        {"name": "a b", "version": "1"},
        {"name": "a\x1b[2J", "version": "1"},
        {"name": "a" * 300, "version": "1"},
        {"name": "zsh", "version": "1 2"},
        {"name": "zsh", "version": "1\n"},
        {"name": "zsh", "version": "1" * 300},
        {"name": "\ud800", "version": "1"},
    ],
)
def test_a_row_that_makes_no_sense_makes_the_slot_partial(row: object) -> None:
    found = _reading(_parsed(packages={"apt": [*APT, row]}), "apt")
    assert (found.status, found.error) == (PARTIAL, "1 of the 3 packages that the old tool recorded cannot be read")
    assert len(_rows(found)) == 2
    nothing = _reading(_parsed(packages={"apt": [row]}), "apt")
    assert (nothing.status, nothing.manifest) == (FAILED, None)


def test_a_name_for_each_architecture_is_one_row() -> None:
    twice = [{"name": "libfoo", "version": "1"}] * 2
    assert _rows(_reading(_parsed(packages={"apt": twice}), "apt")) == (Package("libfoo", "", "1"),)


@pytest.mark.parametrize("version", ["", "unknown"])
def test_a_version_that_npm_did_not_know_is_empty(version: str) -> None:
    found = _reading(_parsed(packages={"npm": [{"name": "@org/x", "version": version}]}), "npm")
    assert (found.status, _rows(found)) == (OK, (Package("@org/x", "", ""),))


@pytest.mark.parametrize("info", [None, [], "debian", {"kernel": 7}, {"pretty_name": ""}])
def test_without_a_word_on_the_machine_there_is_no_slot_for_it(info: object) -> None:
    found = _parsed(system_info=info)
    assert [one.ecosystem for one in found.readings] == ["apt", "npm", "pip"]
    assert [key for key, _ in found.facts] == ["imported", "legacy_id", "legacy_time"]


# -- descriptions


def test_a_description_keeps_its_characters_and_what_is_no_text_is_written_out() -> None:
    assert _parsed(description="a\nb \x1b[31m é \ud800").description == "a\nb \x1b[31m é \\ud800"


def test_a_description_that_is_none_is_empty_and_noted() -> None:
    found = _parsed(description=None)
    assert (found.description, found.notes) == ("", ("the description is not text",))


def test_a_description_that_is_too_long_is_cut_between_characters_and_noted() -> None:
    found = _parsed(description="x" + "é" * MESSAGE_LIMIT)
    assert len(found.description.encode()) == MESSAGE_LIMIT - 1
    assert found.notes == ("the description is cut to 64 KiB",)


# -- what is no snapshot


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (text()[:-20], "the file is damaged: it is not JSON"),
        (b"\xff\xfe{", "the file is damaged: it is not JSON"),
        (b"\0" * 4096, "the file is damaged: it is not JSON"),
        (b"9" * 5000, "the file is damaged: it is not JSON"),
        (b"[]", "not a snapshot: the file is not a JSON object"),
        (b"NaN", "not a snapshot: the file is not a JSON object"),
        (b"{}", "it has no valid timestamp"),
        (b"[" * 500_000, "the file is damaged: it is nested too deeply"),
        (b'{"id":' * 100_000, "the file is damaged: it is nested too deeply"),
        (text(packages=None), "it has no lists of packages"),
        (text(packages=[]), "it has no lists of packages"),
        (text(packages={}), "it has no lists of packages"),
        (text(packages={"cargo": []}), "it has no lists of packages"),
        (text(description="x" * LIMIT), "the file is larger than 1 MiB"),
    ],
)
def test_what_is_no_snapshot_says_why(data: bytes, reason: str) -> None:
    assert _reason(data) == reason


def test_a_hundred_megabytes_are_refused_unread() -> None:
    assert _reason(b" " * (100 << 20)) == "the file is larger than 1 MiB"


@pytest.mark.parametrize("element", [b'{"":0},', b"[],", b"[0],", b'"\xc3\xa9\xc3\xa9",', b"1.5,"])
def test_what_json_grows_to_stays_below_the_bound(element: bytes) -> None:
    data = b'{"packages":[' + element * ((LIMIT - 20) // len(element)) + b"0]}"
    assert len(data) <= LIMIT
    tracemalloc.start()
    assert _reason(data) == "it has no valid timestamp"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20


def test_a_snapshot_may_have_a_field_twice_and_the_last_counts() -> None:
    data = text().replace(b'"before cuda"', b'"first", "description": "second"')
    found = parse(GOOD, data)
    assert isinstance(found, Legacy)
    assert found.description == "second"
    assert document()["description"] == "before cuda"
