"""apt's collector on machines made of a few files."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.apt import read as apt
from cortexrepo.ecosystems.apt import versions
from cortexrepo.ecosystems.apt.places import STATUS, UPDATES
from cortexrepo.machine.files import LIMIT, Entry
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.package import AUTO, HOLD, RESIDUAL, Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.reading import Collected

DPKG = "var/lib/dpkg"
EXTENDED = "var/lib/apt/extended_states"


def stanza(name: str, version: str = "1", arch: str = "amd64", state: str = "install ok installed") -> str:
    return f"Package: {name}\nStatus: {state}\nArchitecture: {arch}\nVersion: {version}\n\n"


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


class Interfering(RootedSystem):
    """A root in which something happens while it is read."""

    def __init__(self, root: Path, *, times: int = 0, refused: str = "") -> None:
        super().__init__(str(root))
        self.root, self.times, self.refused = root, times, refused

    def read(self, path: str, limit: int = LIMIT) -> bytes | None:
        if path == self.refused:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return super().read(path, limit)

    def entries(self, path: str) -> list[Entry]:
        # dpkg empties its journal into the status file just before the journal is listed.
        if path == UPDATES and self.times:
            self.times -= 1
            write(self.root, {f"{DPKG}/status": stanza("dpkg") + stanza("late", str(self.times))})
        if path == self.refused:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return super().entries(path)


def collect(root: Path, system: RootedSystem | None = None) -> Collected:
    system = system or RootedSystem(str(root))
    try:
        [found] = apt.collect(system, ())
    finally:
        system.close()
    assert found.environment == ""
    return found


def packages(found: Collected) -> tuple[Package, ...]:
    assert found.manifest is not None
    assert Manifest.of("apt", found.manifest.packages) == found.manifest
    return found.manifest.packages


def test_a_machine_without_dpkg_has_no_apt(tmp_path: Path) -> None:
    assert collect(tmp_path).status == ABSENT


def test_a_status_file_that_is_gone_or_empty_is_not_taken_for_an_empty_machine(tmp_path: Path) -> None:
    write(tmp_path, {f"{DPKG}/info/bash.list": "/.\n"})
    assert collect(tmp_path)[:3] == ("", FAILED, None)
    write(tmp_path, {f"{DPKG}/status": ""})
    assert collect(tmp_path)[:3] == ("", FAILED, None)
    assert "the file is empty, but" in collect(tmp_path).error


def test_an_empty_status_file_of_a_new_root_is_an_empty_machine(tmp_path: Path) -> None:
    write(tmp_path, {f"{DPKG}/status": ""})
    assert collect(tmp_path).status == OK
    assert packages(collect(tmp_path)) == ()


def test_a_file_that_ends_early_at_the_end_of_a_line_is_partial(tmp_path: Path) -> None:
    write(tmp_path, {f"{DPKG}/status": stanza("a")[:-1], f"{DPKG}/info/a.list": "", f"{DPKG}/info/b:amd64.list": ""})
    found = collect(tmp_path)
    assert found.status == PARTIAL
    assert found.error == "/var/lib/dpkg/status: the file does not have packages that /var/lib/dpkg/info lists: b:amd64"


def test_stanzas_lost_without_a_trace_in_the_file_are_named(tmp_path: Path) -> None:
    lists = ("a", "b", "c", "c:i386", "d:i386")
    write(tmp_path, {f"{DPKG}/info/{name}.list": "" for name in lists})
    write(tmp_path, {f"{DPKG}/status": stanza("a") + stanza("c") + stanza("d", arch="i386")})
    found = collect(tmp_path)
    assert found.status == PARTIAL
    assert found.error.endswith("the file does not have packages that /var/lib/dpkg/info lists: b, c:i386")


def test_a_file_in_which_nothing_can_be_believed_is_failed(tmp_path: Path) -> None:
    for content in ("\0" * 4096, "garbage\n", stanza("a") + stanza("a", "2")):
        write(tmp_path, {f"{DPKG}/status": content})
        found = collect(tmp_path)
        assert (found.status, found.manifest) == (FAILED, None)
        assert found.error.startswith("/var/lib/dpkg/status: ")


@pytest.mark.parametrize("bad", ["garbage\n", "\0\0\0", stanza("new") + "cut"])
def test_a_journal_that_dpkg_refuses_makes_it_failed(tmp_path: Path, bad: str) -> None:
    write(tmp_path, {f"{DPKG}/status": stanza("dpkg"), f"{DPKG}/updates/0000": bad})
    found = collect(tmp_path)
    assert found.status == FAILED
    assert found.error.startswith("/var/lib/dpkg/updates/0000: line ")


def test_a_journal_of_names_that_dpkg_never_gives_makes_it_failed(tmp_path: Path) -> None:
    write(tmp_path, {f"{DPKG}/status": stanza("dpkg"), f"{DPKG}/updates/0000": "", f"{DPKG}/updates/1": ""})
    assert collect(tmp_path).error == (
        "/var/lib/dpkg/updates: updates directory contains files with different length names"
    )


def test_packages_of_an_image_that_was_built_without_dpkg_are_installed(tmp_path: Path) -> None:
    control = "Package: {0}\nVersion: {1}\nArchitecture: amd64\nDescription: d"
    image = f"{DPKG}/status.d"
    write(
        tmp_path,
        {
            f"{image}/base": control.format("base-files", "12"),
            f"{image}/base.md5sums": "0  etc/debian_version\n",
            f"{image}/tzdata": control.format("tzdata", "2025b") + "\n",
        },
    )
    found = collect(tmp_path)
    assert (found.status, found.error) == (OK, "")
    assert [row[:3] for row in packages(found)] == [("base-files", "amd64", "12"), ("tzdata", "amd64", "2025b")]
    write(tmp_path, {f"{DPKG}/status": stanza("tzdata", "2026a") + stanza("bash")})
    found = collect(tmp_path)
    assert [row[:3] for row in packages(found)] == [
        ("base-files", "amd64", "12"), ("bash", "amd64", "1"), ("tzdata", "amd64", "2026a"),
    ]  # fmt: skip
    write(tmp_path, {f"{image}/broken": "garbage"})
    found = collect(tmp_path)
    assert (found.status, found.error[:33]) == (PARTIAL, "/var/lib/dpkg/status.d/broken: li")


def test_each_state_is_told_apart(tmp_path: Path) -> None:
    states = {
        "held": "hold ok installed",
        "left": "deinstall ok config-files",
        "half": "install ok half-configured",
        "awaiting": "install ok triggers-awaited",
        "going": "deinstall ok installed",
        "wanted": "install ok not-installed",
        "ghost": "hold ok not-installed",
    }
    text = "".join(stanza(name, state=state) for name, state in states.items())
    write(tmp_path, {f"{DPKG}/status": text.replace("-awaited\n", "-awaited\nTriggers-Awaited: held\n")})
    rows = {row.name: (row.flags, row.attribute("state")) for row in packages(collect(tmp_path))}
    assert rows == {
        "held": (HOLD, ""),
        "left": (RESIDUAL, "deinstall ok config-files"),
        "half": (0, "install ok half-configured"),
        "awaiting": (0, "install ok triggers-awaited"),
        "going": (0, "deinstall ok installed"),
        "ghost": (HOLD | RESIDUAL, "hold ok not-installed"),
    }


def test_automatic_marks_are_under_the_native_architecture(tmp_path: Path) -> None:
    marks = "".join(
        f"Package: {name}\nArchitecture: {arch}\nAuto-Installed: 1\n\n"
        for name, arch in (("lib", "i386"), ("doc", "amd64"), ("rc", "amd64"))
    )
    both = (stanza("lib") + stanza("lib", arch="i386")).replace("Version", "Multi-Arch: same\nVersion")
    status = stanza("dpkg") + both + stanza("doc", arch="all")
    write(tmp_path, {f"{DPKG}/status": status + stanza("rc", state="deinstall ok config-files"), EXTENDED: marks})
    rows = {(row.name, row.arch): row.flags for row in packages(collect(tmp_path))}
    assert rows == {
        ("dpkg", "amd64"): 0,
        ("lib", "amd64"): 0,
        ("lib", "i386"): AUTO,
        ("doc", "all"): AUTO,
        ("rc", "amd64"): RESIDUAL,
    }


def test_the_journal_overrides_the_status_file_in_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            f"{DPKG}/status": stanza("dpkg") + stanza("gone") + stanza("moved") + stanza("new", "1"),
            f"{DPKG}/updates/0000": stanza("new", "2"),
            f"{DPKG}/updates/0001": stanza("moved", "2", "all"),
            f"{DPKG}/updates/0010": stanza("new", "3"),
            f"{DPKG}/updates/0011": "Package: gone\nStatus: purge ok not-installed\n\n",
            f"{DPKG}/updates/tmp.i": stanza("never"),
        },
    )
    assert [row[:3] for row in packages(collect(tmp_path))] == [
        ("dpkg", "amd64", "1"),
        ("moved", "all", "2"),
        ("new", "amd64", "3"),
    ]


def test_a_status_file_replaced_meanwhile_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, {f"{DPKG}/status": stanza("dpkg"), f"{DPKG}/updates/0000": stanza("late", "early")})
    (tmp_path / DPKG / "updates/0000").unlink()
    found = collect(tmp_path, Interfering(tmp_path, times=2))
    assert found.status == OK
    assert [row.name for row in packages(found)] == ["dpkg", "late"]


def test_a_status_file_that_never_rests_is_partial(tmp_path: Path) -> None:
    write(tmp_path, {f"{DPKG}/status": stanza("dpkg")})
    found = collect(tmp_path, Interfering(tmp_path, times=100))
    assert (found.status, found.error) == (PARTIAL, "/var/lib/dpkg/status: the file changed during each reading")


@pytest.mark.parametrize("path", [STATUS, UPDATES])
def test_what_dpkg_knows_cannot_be_guessed(tmp_path: Path, path: str) -> None:
    write(tmp_path, {f"{DPKG}/status": stanza("dpkg")})
    found = collect(tmp_path, Interfering(tmp_path, refused=path))
    assert found == ("", FAILED, None, f"{path}: Permission denied", ())


def test_automatic_marks_are_where_apt_is_configured_to_have_them(tmp_path: Path) -> None:
    mark = "Package: dpkg\nArchitecture: amd64\nAuto-Installed: 1\n\n"
    settings = 'Dir { State "/srv/apt"; };\n'
    write(tmp_path, {f"{DPKG}/status": stanza("dpkg"), "etc/apt/apt.conf": settings, "srv/apt/extended_states": mark})
    assert [row.flags for row in packages(collect(tmp_path))] == [AUTO]


def test_unreadable_marks_make_it_partial(tmp_path: Path) -> None:
    write(tmp_path, {f"{DPKG}/status": stanza("dpkg"), EXTENDED: ""})
    found = collect(tmp_path, Interfering(tmp_path, refused=f"/{EXTENDED}"))
    assert (found.status, found.error) == (PARTIAL, f"/{EXTENDED}: Permission denied")
    assert len(packages(found)) == 1


def test_damage_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    write(tmp_path, {f"{DPKG}/status": stanza("dpkg") + "Package: b\nStatus: install ok installed\n\n" + stanza("c")})
    found = collect(tmp_path)
    assert (found.status, found.error) == (PARTIAL, "/var/lib/dpkg/status: line 6: missing 'Version' field")
    assert [row.name for row in packages(found)] == ["c", "dpkg"]


def test_versions_are_ordered_as_dpkg_orders_them() -> None:
    assert versions.compare("1.0~rc1", "1.0") < 0 < versions.compare("1:0", "9")
