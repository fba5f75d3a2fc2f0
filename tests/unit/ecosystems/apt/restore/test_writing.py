"""What dpkg could not write to: told by the mounts, before anything is begun."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from support.machines.fakemachines import FakeMachine, fake_room

from cortexrepo.ecosystems.apt.restore.guard import read_only
from cortexrepo.ecosystems.apt.restore.writing import closed, judged, listed, occupied, opens, unmounted, written
from cortexrepo.machine.mounts import Mount
from cortexrepo.machine.programs import Finished

if TYPE_CHECKING:
    from pathlib import Path

ROOT = Mount("/")
SNAP = Mount("/snap/core/1", is_read_only=True)


def test_files_are_written_where_they_are_and_not_in_the_directories_above() -> None:
    listing = [
        "/.",
        "/vmlinuz",
        "/usr",
        "/usr/share",
        "/usr/share/x",
        "/usr/share/x/a",
        "/usr/share/x/b",
        "/etc",
        "/etc/x",
        "",
    ]
    assert written(listing) == {"/", "/usr/share/x", "/etc"}
    assert written([]) == set()


@pytest.mark.parametrize(
    ("mounts", "points"),
    [
        ((), []),
        ((ROOT, SNAP), []),
        ((ROOT, Mount("/usr", is_read_only=True)), ["/usr"]),
        ((ROOT, Mount("/usr/share/doc", is_read_only=True)), ["/usr/share/doc"]),
        ((Mount("/", is_read_only=True), Mount("/usr"), Mount("/etc"), Mount("/lib")), []),
        ((Mount("/", is_read_only=True),), ["/"]),
        ((ROOT, Mount("/srv", is_read_only=True)), []),
        ((ROOT, Mount("/usr", is_read_only=True), Mount("/usr")), []),
    ],
    ids=["unknown", "not dpkg's", "/usr", "in /usr", "an image", "all", "elsewhere", "mounted again"],
)
def test_each_mount_that_would_be_written_to_is_an_obstacle(mounts: tuple[Mount, ...], points: list[str]) -> None:
    directories = {"/usr/bin", "/usr/share/doc/x", "/etc", "/lib/x"}
    found = list(closed(directories, mounts, lambda path: path))
    assert [one.hint for one in found] == [f"make it writable: `mount -o remount,rw {point}`" for point in points]


def test_links_are_followed_to_the_mount() -> None:
    [found] = closed({"/lib/x"}, (ROOT, Mount("/usr", is_read_only=True)), lambda path: f"/usr{path}")
    assert "/lib/x" in found.reason


def test_a_hook_that_mounts_makes_it_a_risk_which_the_guard_judges(tmp_path: Path) -> None:
    machine = FakeMachine({("apt-config",): Finished(0, "", "")})
    machine.mounted = (ROOT, Mount("/usr", is_read_only=True))
    obstacles, risks = judged({"/usr/x"}, (), fake_room(str(tmp_path), machine), is_new=False)
    assert ([one.kind for one in obstacles], risks) == (["read-only"], [])
    hook = 'DPkg::Pre-Invoke:: "mount -o remount,rw /usr";\n'
    machine.answers = {("apt-config",): Finished(0, hook, "")}
    obstacles, risks = judged({"/usr/x"}, (), fake_room(str(tmp_path), machine), is_new=False)
    assert (obstacles, [one.kind for one in risks]) == ([], ["read-only"])
    assert not opens('DPkg::Post-Invoke:: "mount -o remount,ro /usr";\n')


def test_a_machine_on_which_all_can_be_written_is_not_asked(tmp_path: Path) -> None:
    machine = FakeMachine()
    machine.mounted = (ROOT, SNAP)
    assert judged({"/usr/x"}, (), fake_room(str(tmp_path), machine), is_new=True) == ([], [])
    machine.mounted = (ROOT, Mount("/var", is_noexec=True))
    [found] = judged({"/usr/x"}, (), fake_room(str(tmp_path), machine), is_new=True)[0]
    assert "noexec" in found.reason


def test_a_file_that_is_a_mount_cannot_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    paths = [str(tmp_path), str(tmp_path / "file")]
    assert [one.hint for one in occupied(paths)] == [f"`umount {paths[1]}`"]


def test_a_place_that_is_to_be_mounted_and_is_not_is_told() -> None:
    fstab = "# /dev/x /usr ext4\nUUID=1 / ext4 defaults 0 1\nUUID=2 /boot/ ext4\nUUID=3 none swap\nUUID=4 /srv ext4\n"
    found = [one.reason for one in unmounted({"/boot", "/bootx", "/usr/x"}, (ROOT,), fstab)]
    assert len(found) == 1
    assert "`mount /boot`" in found[0]
    assert list(unmounted({"/boot"}, (ROOT, Mount("/boot")), fstab)) == []
    # Nothing is said of mounts that are not known.
    assert list(unmounted({"/boot"}, (), fstab)) == []


def test_the_contents_of_a_package_are_its_paths() -> None:
    printed = (
        "drwxr-xr-x root/root         0 2026-01-01 00:00 ./\n"
        "-rw-r--r-- root/root         4 2026-01-01 00:00 ./usr/share/a b\n"
        "lrwxrwxrwx root/root         0 2026-01-01 00:00 ./usr/lib/l -> ../x\n"
        "hrw-r--r-- root/root         0 2026-01-01 00:00 ./usr/lib/h link to ./usr/lib/l\nnoise\n"
    )
    assert listed(printed) == ["/.", "/usr/share/a b", "/usr/lib/l", "/usr/lib/h"]


@pytest.mark.skipif(sys.platform != "linux", reason="the flags are Linux's")
def test_the_guard_looks_at_what_is_there_of_a_directory(tmp_path: Path) -> None:
    assert read_only([str(tmp_path), f"{tmp_path}/none/below", "/none"]) == []
