"""The parts of the apt restore that need no apt: offers, marks, hazards, files of packages, what a failure says."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.packages.archive import Archive as DebArchive
from support.packages.debs import deb as deb_of

from cortexrepo.ecosystems.apt.availability import Offer, parse
from cortexrepo.ecosystems.apt.deb import control, fields, paths
from cortexrepo.ecosystems.apt.restore import hazards as apt_hazards
from cortexrepo.ecosystems.apt.restore import locks as apt_locks
from cortexrepo.ecosystems.apt.restore.archive import Archive, check
from cortexrepo.ecosystems.apt.restore.marks import changes
from cortexrepo.ecosystems.apt.restore.proposal import grown
from cortexrepo.ecosystems.apt.sources import shown
from cortexrepo.ecosystems.apt.state import condition
from cortexrepo.errors import CorruptError, RestoreError
from cortexrepo.model.package import AUTO, ESSENTIAL, HOLD, PROTECTED, RESIDUAL, Package
from cortexrepo.model.plan import DOWNGRADE, INSTALL, MARK, REMOVE, UPGRADE, Step

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "6bccae4f07bfec7cb10f53ccc20cf11955a8219dff82ec09024c97d1222e9424"


def test_offers_are_read_and_carry_no_password() -> None:
    output = (
        f"'https://me:secret@example.org/pool/x_1%253a2_all.deb?token=t' x_1%3a2_all.deb 718 SHA256:{DIGEST}\n"
        "'copy:/srv/y_1_all.deb' y_1_all.deb 5 MD5Sum:680eb113228363115be0f3da24ab678e\n"
        "'copy:/srv/z_1_all.deb' z_1_all.deb 7 \nnoise\n'torn\n"
    )
    assert parse(output) == {
        "x_1%3a2_all.deb": Offer("https://example.org/pool/x_1%253a2_all.deb", 718, f"sha256:{DIGEST}"),
        "y_1_all.deb": Offer("copy:/srv/y_1_all.deb", 5, ""),
        "z_1_all.deb": Offer("copy:/srv/z_1_all.deb", 7, ""),
    }


@given(st.text())
def test_no_uri_is_too_strange_to_be_shown(text: str) -> None:
    assert "secret" not in shown(f"https://u:secret@h/{text}") or "secret" in text


@pytest.mark.parametrize(
    ("said", "grows"),
    [
        ("After this operation, 3146 kB of additional disk space will be used.", 3146000),
        ("After this operation, 1,024 B of additional disk space will be used.", 1024),
        ("After this operation, 1.5 GB of additional disk space will be used.", 1500000000),
        ("After this operation, 17 MB disk space will be freed.", 0),
        ("", 0),
    ],
)
def test_how_much_more_of_the_disk_is_used_is_what_apt_says(said: str, grows: int) -> None:
    assert grown(f"x\n{said}\ny") == grows


def test_marks_are_set_where_they_differ_and_nowhere_else() -> None:
    now = [
        Package("same", "all", "1", AUTO | HOLD),
        Package("doomed", "all", "1", 0, (("state", "deinstall ok installed"),)),
        Package("auto", "amd64", "1"),
        Package("manual", "i386", "1", AUTO),
        Package("held", "all", "1"),
        Package("free", "all", "1", HOLD),
        Package("ghost", "amd64", "", HOLD | RESIDUAL, (("state", "hold ok not-installed"),)),
    ]
    wanted = [
        Package("same", "all", "1", AUTO | HOLD),
        Package("doomed", "all", "1"),
        Package("auto", "amd64", "1", AUTO),
        Package("manual", "i386", "1"),
        Package("held", "all", "1", HOLD),
        Package("free", "all", "1"),
        Package("ghost", "amd64", ""),
        Package("gone", "all", "1", AUTO),
    ]
    assert changes(now, wanted, "amd64") == [
        ("install", ["doomed"]),
        ("unhold", ["free", "ghost"]),
        ("auto", ["auto"]),
        ("manual", ["manual:i386"]),
        ("hold", ["held"]),
    ]


def _kinds(steps: list[Step], now: list[Package] | None = None) -> list[tuple[str, str]]:
    found = apt_hazards.obstacles(steps, now or [], ("amd64", "i386"))
    return [(obstacle.kind, obstacle.package) for obstacle in found]


def test_what_must_not_go_does_not() -> None:
    rows = [
        Package("bash", "amd64", "5", ESSENTIAL),
        Package("init", "amd64", "1", PROTECTED),
    ]
    assert _kinds([Step(REMOVE, row, None) for row in rows]) == [
        ("essential", "bash 5"),
        ("essential", "init 1"),
    ]
    # Going down is another matter.
    assert _kinds([Step(DOWNGRADE, rows[0], rows[0]._replace(version="4"))]) == []


def test_an_architecture_must_be_enabled() -> None:
    rows = [Package("xx", arch, "1") for arch in ("amd64", "all", "i386", "armhf")]
    assert _kinds([Step(INSTALL, None, row) for row in rows]) == [("architecture", "xx 1")]


HALF = (("state", "install ok half-configured"),)
TORN = (("state", "install reinstreq half-installed"),)


@pytest.mark.parametrize("state", [HALF, TORN], ids=["half-configured", "torn"])
def test_a_package_half_way_is_in_the_way_unless_a_step_replaces_it(state: tuple[tuple[str, str], ...]) -> None:
    row = Package("xx", "all", "1", 0, state)
    assert _kinds([], [row]) == [("broken", "xx 1")]
    assert _kinds([Step(UPGRADE, row, Package("xx", "amd64", "2"))], [row]) == []
    assert _kinds([Step(REMOVE, row, None)], [row]) == ([("broken", "xx 1")] if state == TORN else [])


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("", ""),
        ("install ok installed", ""),
        ("install ok triggers-pending", ""),
        ("deinstall ok config-files", ""),
        ("hold ok not-installed", ""),
        ("install ok unpacked", "unpacked"),
        ("hold reinstreq half-installed", "half-installed, must be installed again"),
    ],
)
def test_states_are_whole_or_named(state: str, said: str) -> None:
    assert condition(Package("x", "all", "1", 0, (("state", state),))) == said


def test_risks_are_told_by_name_and_a_restart_once() -> None:
    names = (
        "libc6",
        "apt",
        "dpkg",
        "python3.11",
        "libpython3-stdlib",
        "systemd",
        "linux-image-amd64",
        "python-apt",
        "bash",
    )
    steps = [Step(DOWNGRADE, Package(name, "amd64", "2"), Package(name, "amd64", "1")) for name in names]
    found = [(risk.kind, risk.package) for risk in apt_hazards.risks(steps, "amd64")]
    assert found == [
        ("libc", "libc6 1"),
        ("package-manager", "apt 1"),
        ("package-manager", "dpkg 1"),
        ("python", "python3.11 1"),
        ("python", "libpython3-stdlib 1"),
        ("kernel", "linux-image-amd64 1"),
        ("reboot", ""),
    ]


def test_what_cannot_be_put_back_is_told() -> None:
    rest = Package("rest", "all", "1", RESIDUAL, (("state", "deinstall ok config-files"),))
    ghost = Package("ghost", "all", "", RESIDUAL | HOLD, (("state", "hold ok not-installed"),))
    half = Package("half", "all", "1", 0, HALF)
    steps = [
        Step(INSTALL, None, rest),
        Step(MARK, rest._replace(name="now"), None),
        Step(INSTALL, None, half),
        Step(MARK, None, ghost),
        Step(REMOVE, Package("fine", "all", "1"), rest._replace(name="fine")),
    ]
    assert [(risk.kind, risk.package) for risk in apt_hazards.risks(steps, "amd64")] == [
        ("state", "rest 1"),
        ("state", "now 1"),
        ("state", "half 1"),
    ]


@pytest.fixture
def deb(tmp_path: Path) -> Path:
    made = DebArchive().add("cx", "1:1.0", "all", fields={"Depends": "a | b", "X-Long": "one\n two\n .\n three"})
    (tmp_path / "cx.deb").write_bytes(made.content)
    return tmp_path / "cx.deb"


def test_a_package_says_what_it_is(deb: Path) -> None:
    found = control(str(deb))
    assert (found["Package"], found["Version"], found["Depends"]) == ("cx", "1:1.0", "a | b")
    assert found["X-Long"] == "one\n two\n .\n three"


SOUND = DebArchive().add("cx", "1.0", "all").content


@given(st.data())
def test_a_damaged_package_is_called_damaged_and_nothing_else_happens(data: st.DataObject) -> None:
    import tempfile

    content = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            control(file.name)
        except CorruptError:
            pass


def test_an_index_is_not_told_what_it_says_itself_by_a_package() -> None:
    assert fields("Package: x\nFilename: /etc/passwd\nSHA256: 0\nSize: 1\n") == {"Package": "x"}
    with pytest.raises(ValueError, match="invalid line"):
        fields("Package: x\n\nPackage: y\n")


def test_only_what_was_checked_gets_into_the_archive(tmp_path: Path, deb: Path) -> None:
    archive = Archive(str(tmp_path / "staging"))
    package = Package("cx", "all", "1:1.0")
    with pytest.raises(CorruptError, match="another checksum"):
        archive.take_in(package, str(deb), f"sha256:{DIGEST}")
    with pytest.raises(CorruptError, match=r"the file contains cx 1:1\.0 all"):
        archive.take_in(package._replace(version="2"), str(deb))
    assert not archive.has(package)
    archive.take_in(package, str(deb))
    assert archive.has(package)
    assert os.listdir(tmp_path / "staging") == ["pool"]
    archive.write_index([package, package._replace(version="2")])
    index = (tmp_path / "staging/Packages").read_text()
    assert index.count("Package: ") == 1
    assert f"Filename: {archive.path(package).lstrip('/')}" in index
    check(package, archive.path(package))


def test_a_held_lock_is_seen_and_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lock"
    path.touch()
    monkeypatch.setattr(apt_locks, "LOCKS", (str(tmp_path / "none"), str(path)))
    assert apt_locks.held() == ""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        descriptor = os.open(path, os.O_RDWR)
        os.lockf(descriptor, os.F_LOCK, 0)
        os.write(writing, b"x")
        signal.pause()
        os._exit(0)
    os.read(reading, 1)
    try:
        assert apt_locks.held() == str(path)
        with pytest.raises(RestoreError, match="another process has locked"):
            apt_locks.wait(0.1)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert apt_locks.held() == ""
    apt_locks.wait()


@pytest.mark.parametrize("packed", ["gz", "xz"])
def test_the_paths_of_a_package_are_read_from_its_file(tmp_path: Path, packed: str) -> None:
    made = DebArchive().add("cx-a", "1.0", files={"opt/a b/c": "1"}, links={"opt/link": "a b"}).content
    if packed == "xz":
        made = deb_of("cx-a", "1.0")
    (tmp_path / "a.deb").write_bytes(made)
    expected = {"/opt/a b/c", "/opt/link", "/usr/share/cx-a/version-all"} if packed == "gz" else {"/usr/share/cx-a"}
    found = set(paths(str(tmp_path / "a.deb")))
    assert expected <= found
    assert all(path.startswith("/") and not path.endswith("/") for path in found)


@pytest.mark.parametrize("cut", [0, 8, 100, 300])
def test_a_damaged_package_has_no_paths(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.deb").write_bytes(deb_of("cx-a", "1.0")[:cut])
    with pytest.raises(CorruptError, match=r"a\.deb"):
        list(paths(str(tmp_path / "a.deb")))
