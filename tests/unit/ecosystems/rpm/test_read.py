"""rpm's database on a machine: both places, its log, what dnf5 knows, and what is no such database."""

from __future__ import annotations

import os
import random
import sqlite3
from typing import TYPE_CHECKING

import pytest
from support.packages.rpmdb import blob, header, make, make_logged

from cortexrepo.ecosystems.rpm.database import LARGEST
from cortexrepo.ecosystems.rpm.read import collect
from cortexrepo.machine.files import LIMIT
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.package import AUTO, BROKEN, HOLD, REQUESTED, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.reading import Collected

PLACES = ("usr/lib/sysimage/rpm", "var/lib/rpm")
BASH = header("bash", "5.2", "1.fc40", vendor="Fedora Project", label="m:1")
KERNELS = [header("kernel", "6.8", "1"), header("kernel", "6.9", "1")]


class Busy(RootedSystem):
    """A root whose rpm writes to the database, so many times, just after it was read."""

    def __init__(self, root: Path, times: int) -> None:
        super().__init__(str(root))
        self.root, self.times = root, times

    def read(self, path: str, limit: int = LIMIT) -> bytes | None:
        content = super().read(path, limit)
        if path.endswith("rpmdb.sqlite") and self.times:
            self.times -= 1
            make(self.root / path.lstrip("/"), [header(f"late{self.times}")])
        return content


def found(root: Path, system: RootedSystem | None = None) -> Collected:
    (one,) = collect(system or RootedSystem(str(root)), ())
    return one


def rows(root: Path) -> tuple[Package, ...]:
    one = found(root)
    assert (one.status, one.error) == (OK, "")
    assert one.manifest is not None
    return one.manifest.packages


@pytest.mark.parametrize("place", PLACES)
def test_the_database_is_read_at_both_places(tmp_path: Path, place: str) -> None:
    make(tmp_path / place / "rpmdb.sqlite", [BASH, header("glibc", epoch=0)])
    assert rows(tmp_path) == (
        Package("bash", "x86_64", "5.2-1.fc40", 0, (("module", "m:1"), ("vendor", "Fedora Project"))),
        Package("glibc", "x86_64", "0:1-1"),
    )


def test_one_place_may_be_a_link_to_the_other_and_two_databases_are_none(tmp_path: Path) -> None:
    make(tmp_path / PLACES[0] / "rpmdb.sqlite", [BASH])
    (tmp_path / "var/lib").mkdir(parents=True)
    (tmp_path / "var/lib/rpm").symlink_to("../../usr/lib/sysimage/rpm")
    assert len(rows(tmp_path)) == 1
    (tmp_path / "var/lib/rpm").unlink()
    make(tmp_path / PLACES[1] / "rpmdb.sqlite", [BASH])
    assert found(tmp_path).status == FAILED
    assert "there are two rpm databases" in found(tmp_path).error


def test_a_machine_without_rpm_has_none(tmp_path: Path) -> None:
    assert found(tmp_path) == ("", ABSENT, None, "", ())


def test_several_versions_of_one_package_are_rows_of_their_own(tmp_path: Path) -> None:
    make(tmp_path / PLACES[0] / "rpmdb.sqlite", KERNELS)
    assert [row.version for row in rows(tmp_path)] == ["6.8-1", "6.9-1"]


def test_packages_that_are_only_in_the_log_are_installed(tmp_path: Path) -> None:
    path = tmp_path / PLACES[0] / "rpmdb.sqlite"
    path.parent.mkdir(parents=True)
    make_logged(path, [BASH], KERNELS)
    assert [row.name for row in rows(tmp_path)] == ["bash", "kernel", "kernel"]
    before = {name: (path.parent / name).read_bytes() for name in os.listdir(path.parent)}
    rows(tmp_path)
    assert {name: (path.parent / name).read_bytes() for name in os.listdir(path.parent)} == before


def test_a_log_that_is_cut_off_holds_what_was_finished_before(tmp_path: Path) -> None:
    path = tmp_path / PLACES[0] / "rpmdb.sqlite"
    path.parent.mkdir(parents=True)
    make_logged(path, [BASH], KERNELS)
    log = path.with_name("rpmdb.sqlite-wal")
    whole = log.read_bytes()
    for size in range(0, len(whole), 997):
        log.write_bytes(whole[:size])
        one = found(tmp_path)
        assert one.manifest is not None
        names = [row.name for row in one.manifest.packages]
        assert names == sorted(names)
        assert names[0] == "bash"
        assert one.status == OK or (one.status == PARTIAL and "the log was not used" in one.error)


def test_a_log_is_applied_as_sqlite_applies_it(tmp_path: Path) -> None:
    """Frames whose checksum is wrong end the log, wherever they are."""
    path = tmp_path / PLACES[0] / "rpmdb.sqlite"
    path.parent.mkdir(parents=True)
    make_logged(path, [BASH], [header(f"p{number}") for number in range(20)])
    log = path.with_name("rpmdb.sqlite-wal")
    whole = log.read_bytes()
    chance = random.Random(7)  # noqa: S311 -- a fixed seed
    for _ in range(25):
        bent = bytearray(whole)
        bent[chance.randrange(32, len(bent))] ^= 1 << chance.randrange(8)
        log.write_bytes(bent)
        copy = tmp_path / "copy.sqlite"
        copy.write_bytes(path.read_bytes())
        copy.with_name("copy.sqlite-wal").write_bytes(bent)
        with sqlite3.connect(copy) as connection:
            wanted = connection.execute("SELECT count(*) FROM Packages").fetchone()[0]
        connection.close()
        for ending in ("", "-wal", "-shm"):
            copy.with_name(f"copy.sqlite{ending}").unlink(missing_ok=True)
        one = found(tmp_path)
        assert one.manifest is not None, one
        assert len(one.manifest.packages) == wanted


def test_dnf5_says_why_a_package_is_there_and_which_are_locked(tmp_path: Path) -> None:
    make(tmp_path / PLACES[0] / "rpmdb.sqlite", [header(name) for name in ("asked", "group", "locked", "needed")])
    reasons = tmp_path / "usr/lib/sysimage/libdnf5/packages.toml"
    reasons.parent.mkdir(parents=True)
    text = {"asked.x86_64": "User", "needed.x86_64": "Dependency", "group.x86_64": "Group", "gone.x86_64": "User"}
    lines = "".join(f'"{name}" = {{reason = "{reason}"}}\n' for name, reason in text.items())
    reasons.write_text(f'version = "1.0"\n[packages]\n{lines}')
    locks = tmp_path / "etc/dnf/versionlock.toml"
    locks.parent.mkdir(parents=True)
    locks.write_text('version = "1.0"\n[[packages]]\nname = "locked"\n')
    flags = {row.name: row.flags for row in rows(tmp_path)}
    assert flags == {"asked": REQUESTED, "group": 0, "locked": HOLD, "needed": AUTO}


@pytest.mark.parametrize(
    "content", ["=", "version = 3", 'version = "2.0"', "packages = 1", "\x00", "a = " + "[" * 5000]
)
def test_a_file_of_dnf5s_that_makes_no_sense_makes_the_slot_partial(tmp_path: Path, content: str) -> None:
    make(tmp_path / PLACES[0] / "rpmdb.sqlite", [BASH])
    reasons = tmp_path / "usr/lib/sysimage/libdnf5/packages.toml"
    reasons.parent.mkdir(parents=True)
    reasons.write_text(content)
    one = found(tmp_path)
    assert (one.status, one.error.partition(":")[0]) == (PARTIAL, "/usr/lib/sysimage/libdnf5/packages.toml")
    assert one.manifest is not None
    assert len(one.manifest.packages) == 1


@pytest.mark.parametrize(("name", "text"), [("Packages", "Berkeley DB"), ("Packages.db", "ndb")])
def test_a_database_of_an_older_format_is_failed_and_never_empty(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / PLACES[1]).mkdir(parents=True)
    (tmp_path / PLACES[1] / name).write_bytes(b"\0" * 512)
    one = found(tmp_path)
    assert (one.status, one.manifest) == (FAILED, None)
    assert text in one.error
    assert name in one.error


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\0", b"SQLite format 3\0" + bytes(4096)])
def test_what_is_no_database_is_failed_and_never_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / PLACES[0]).mkdir(parents=True)
    (tmp_path / PLACES[0] / "rpmdb.sqlite").write_bytes(content)
    one = found(tmp_path)
    assert (one.status, one.manifest) == (FAILED, None)
    assert "rpmdb.sqlite" in one.error


def test_a_database_that_is_gone_although_dnf_was_there_is_failed(tmp_path: Path) -> None:
    reasons = tmp_path / "usr/lib/sysimage/libdnf5/packages.toml"
    reasons.parent.mkdir(parents=True)
    reasons.write_text("")
    assert found(tmp_path).status == FAILED


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE Packages",
        "ALTER TABLE Packages RENAME TO Other; CREATE VIEW Packages AS SELECT hnum, blob FROM Other",
        "DELETE FROM Packages",
        "UPDATE Packages SET blob = 'text'",
        "ALTER TABLE Packages ADD COLUMN more AS (hex(blob))",
    ],
)
def test_a_table_that_rpm_did_not_make_is_failed_and_never_empty(tmp_path: Path, statement: str) -> None:
    path = tmp_path / PLACES[0] / "rpmdb.sqlite"
    make(path, [BASH])
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(f"PRAGMA foreign_keys = OFF; {statement};")
    connection.close()
    one = found(tmp_path)
    assert (one.status, one.manifest) == (FAILED, None)


def test_a_header_that_cannot_be_read_makes_the_slot_partial_and_the_others_stay(tmp_path: Path) -> None:
    bad = [
        b"\0",
        blob({1001: "1"}),
        header("-y"),
        header("a b"),
        header("arch", arch="x/../y"),
        header("half", release=""),
    ]
    make(tmp_path / PLACES[0] / "rpmdb.sqlite", [BASH, *bad])
    one = found(tmp_path)
    assert one.status == PARTIAL
    assert one.manifest is not None
    assert [(row.name, row.version, row.flags) for row in one.manifest.packages] == [
        ("bash", "5.2-1.fc40", 0),
        ("half", "", BROKEN),
    ]


def test_bent_databases_are_read_or_failed_and_nothing_is_raised(tmp_path: Path) -> None:
    path = tmp_path / PLACES[0] / "rpmdb.sqlite"
    make(path, [header(f"p{number}", vendor="v" * 300) for number in range(60)])
    whole = path.read_bytes()
    chance = random.Random(3)  # noqa: S311 -- a fixed seed
    seen = set()
    for _ in range(150):
        bent = bytearray(whole)
        for _ in range(chance.choice([1, 8, 200])):
            bent[chance.randrange(len(bent))] = chance.randrange(256)
        path.write_bytes(bent)
        one = found(tmp_path)
        seen.add(one.status)
        assert (one.manifest is None) == (one.status == FAILED)
        if one.status == OK:
            assert one.manifest is not None
            assert len(one.manifest.packages) == 60
    assert FAILED in seen


def test_a_database_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    make(tmp_path / PLACES[0] / "rpmdb.sqlite", [BASH])
    one = found(tmp_path, Busy(tmp_path, times=2))
    assert one.manifest is not None
    assert (one.status, [row.name for row in one.manifest.packages]) == (OK, ["bash", "late0", "late1"])


def test_a_database_that_changes_each_time_it_is_read_is_failed(tmp_path: Path) -> None:
    make(tmp_path / PLACES[0] / "rpmdb.sqlite", [BASH])
    one = found(tmp_path, Busy(tmp_path, times=99))
    assert (one.status, one.manifest) == (FAILED, None)
    assert "changed during each reading" in one.error


def test_a_database_with_half_a_transaction_is_failed_and_its_journal_stays(tmp_path: Path) -> None:
    path = tmp_path / PLACES[0] / "rpmdb.sqlite"
    make(path, [BASH])
    journal = path.with_name("rpmdb.sqlite-journal")
    journal.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(512))
    one = found(tmp_path)
    assert (one.status, one.manifest) == (FAILED, None)
    assert "rpmdb.sqlite-journal" in one.error
    assert journal.stat().st_size == 520
    journal.write_bytes(bytes(520))  # as sqlite leaves it where a journal persists
    assert len(rows(tmp_path)) == 1


def test_a_database_larger_than_the_bound_is_failed_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / PLACES[0] / "rpmdb.sqlite"
    make(path, [BASH])
    os.truncate(path, LARGEST + 1)
    one = found(tmp_path)
    assert (one.status, one.manifest) == (FAILED, None)
    assert one.error.startswith("/usr/lib/sysimage/rpm/rpmdb.sqlite: the file is too large")


@pytest.mark.parametrize("kind", ["fifo", "directory", "dangling"])
def test_what_is_no_file_in_the_databases_place_is_failed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / PLACES[0] / "rpmdb.sqlite"
    path.parent.mkdir(parents=True)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to("nowhere")
    one = found(tmp_path)
    assert (one.status, one.manifest) == (FAILED, None)
    assert "rpmdb.sqlite" in one.error


@pytest.mark.parametrize("content", ["packages = 1", "[[packages]]", "[[packages]]\nname = []", "packages = [1]"])
def test_a_lock_that_names_no_package_makes_the_slot_partial(tmp_path: Path, content: str) -> None:
    make(tmp_path / PLACES[0] / "rpmdb.sqlite", [BASH])
    locks = tmp_path / "etc/dnf/versionlock.toml"
    locks.parent.mkdir(parents=True)
    locks.write_text(content)
    one = found(tmp_path)
    assert (one.status, one.error.partition(":")[0]) == (PARTIAL, "/etc/dnf/versionlock.toml")


def test_a_public_key_is_a_row_without_architecture_as_rpm_lists_it(tmp_path: Path) -> None:
    make(tmp_path / PLACES[0] / "rpmdb.sqlite", [header("gpg-pubkey", "fd431d51", "4ae0493b", arch="")])
    assert rows(tmp_path) == (Package("gpg-pubkey", "", "fd431d51-4ae0493b"),)
