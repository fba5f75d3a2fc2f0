"""Places and names by evidence, and not by habit: inputs of our own, after reports in public trackers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.fakemachines import FakeMachine
from support.machines.installed import put

from cortexrepo.ecosystems.apt.places import USUAL, places
from cortexrepo.ecosystems.apt.restore.causes import reasons
from cortexrepo.ecosystems.apt.restore.kernel import IMAGE, MODULES, Kernel
from cortexrepo.ecosystems.apt.restore.refusals import INIT, SUDO, refusals
from cortexrepo.ecosystems.apt.restore.writing import closed, unmounted
from cortexrepo.machine.mounts import Mount
from cortexrepo.machine.programs import Finished
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.package import Package

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.apt.places import Found

KERNELS = [
    ("armbian/configng#977", "6.6.63-current-rockchip64", "linux-image-current-rockchip64", "/boot/vmlinuz-{}", IMAGE),
    ("armbian/configng#977", "6.6.63-edge-x", "linux-dtb-edge", "/boot/dtb-{}/board.dtb", ""),
    ("RPi-Distro/raspi-config#245", "6.6.62+rpt-rpi-2712", "kernel-2712", "/boot/vmlinuz-{}", IMAGE),
    ("RPi-Distro/raspi-config#245", "6.6.62+rpt-v8", "kernel-v8", "/usr/lib/modules/{}/modules.builtin", MODULES),
    ("damentz/liquorix-package#75", "5.15.0-6.1-liquorix-amd64", "liquorix", "/boot/vmlinuz-{}", IMAGE),
    ("erichs/bootnukem#2", "5.4.0-86-generic", "linux-image-unsigned-5.4.0-86-generic", "/boot/vmlinuz-{}", IMAGE),
    ("erichs/bootnukem#2", "5.4.0-86-generic", "linux-headers-5.4.0-86-generic", "/lib/modules/{}/build", ""),
]


@pytest.mark.parametrize(
    ("release", "name", "path", "part"), [row[1:] for row in KERNELS], ids=[f"{row[0]}: {row[2]}" for row in KERNELS]
)
def test_the_running_kernel_is_what_has_its_files(release: str, name: str, path: str, part: str) -> None:
    """The source of each case is in its name."""
    assert Kernel(release).part(Package(name, "arm64", "1"), ["/.", path.format(release)]) == part
    assert Kernel(f"{release}x").part(Package(name, "arm64", "1"), ["/.", path.format(release)]) == ""


def configured(root: Path, **files: str) -> Found:
    """Returns the places of apt on a machine with these files of settings."""
    for name, text in files.items():
        put(root / "etc/apt/apt.conf.d" / name.replace("_", "-"), text)
    return places(RootedSystem(str(root)))


def test_settings_that_switch_caches_off_leave_the_archives_where_they_are(tmp_path: Path) -> None:
    """tianon/docker-brew-debian#27: `docker-clean` names no cache of packages, and empties archives in hooks."""
    clean = '{ "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };'
    text = f'DPkg::Post-Invoke {clean}\nDir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";\n'
    assert configured(tmp_path, docker_clean=text).places == USUAL


@pytest.mark.parametrize(
    ("text", "archives"),
    [
        ('dir::cache::archives "/mnt/usb/apt";', "/mnt/usb/apt"),
        ('Dir::Cache "/mnt/usb";', "/mnt/usb/archives"),
        ('Dir { Cache { Archives "/mnt/usb/apt/"; }; };', "/mnt/usb/apt"),
        ('Dir::Cache::archives "ram/debs";', "/var/cache/apt/ram/debs"),
        ('Dir::Cache::archives "";', ""),
    ],
)
def test_the_cache_is_where_the_settings_say(tmp_path: Path, text: str, archives: str) -> None:
    """dnschneid/crouton#2251: archives in another place, named in the settings of a chroot."""
    assert configured(tmp_path, cache=text + "\n").places.archives == archives


def test_marks_are_where_an_early_apt_has_them(tmp_path: Path) -> None:
    """debuerreotype/debuerreotype#62: apt before 0.9.14 keeps its state in /var/state/apt."""
    assert (
        configured(tmp_path, old='Dir::State "/var/state/apt";\n').places.extended == "/var/state/apt/extended_states"
    )


MOUNTS = [
    ("ostreedev/ostree#704", ["/", "/boot"], ["/boot"]),
    ("MichaIng/DietPi#6536, Heisath/wdmc2-kernel#15", ["/"], ["/"]),
    ("projectatomic/atomic#1220", ["/usr"], ["/usr"]),
]


@pytest.mark.parametrize(("points", "told"), [row[1:] for row in MOUNTS], ids=[row[0] for row in MOUNTS])
def test_what_is_mounted_read_only_is_told_before_anything_is_written(points: list[str], told: list[str]) -> None:
    """The source of each case is in its name."""
    mounts = (Mount("/", is_read_only=points == ["/"]), *(Mount(one, is_read_only=True) for one in points[-1:]))
    found = closed({"/boot", "/usr/bin", "/var/lib/dpkg"}, mounts, lambda path: path)
    assert [one.hint for one in found] == [f"make it writable: `mount -o remount,rw {point}`" for point in told]


def test_a_boot_that_is_not_mounted_is_told(tmp_path: Path) -> None:
    """After ostreedev/ostree#704: kernels go to /boot, which the machine mounts only when it is asked to."""
    del tmp_path
    [found] = unmounted({"/boot"}, (Mount("/"),), "UUID=1 / ext4\nLABEL=boot /boot vfat noauto,ro 0 2\n")
    assert "`mount /boot`" in found.reason


SCRIPTS = [
    ("YunoHost/install_script#22", f'if [ "$1" = remove ]; then test -n "${SUDO}" || exit 1; fi', "root has no"),
    ("calamares/calamares#1648 and #2439", f"export {SUDO}=yes", "root has no password"),
    ("omega8cc/boa#912, jepsen-io/jepsen#57", f'echo "{INIT}, please switch to another"; exit 1', "systemd runs"),
]


@pytest.mark.parametrize(("script", "said"), [row[1:] for row in SCRIPTS], ids=[row[0] for row in SCRIPTS])
def test_a_script_that_will_refuse_is_told_before(script: str, said: str) -> None:
    """The source of each case is in its name."""
    machine = FakeMachine(
        {("getent",): Finished(0, "root:!:19000:0:99999:7:::\n", ""), ("printenv",): Finished(1, "", "")}
    )
    found, _ = refusals([Package("any", "amd64", "1")], lambda _row, kind: script * (kind == "prerm"), machine)
    if INIT in script:
        found, _ = refusals([Package("any", "amd64", "1")], lambda _row, _kind: script, machine, lambda _path: True)
    assert [one.kind for one in found] == ["script"]
    assert said in found[0].reason


def test_a_hook_that_failed_is_the_cause_and_not_the_last_line() -> None:
    """Vanilla-OS/vanilla-system-operator#101: a hook of apt's fails when all packages are changed."""
    said = (
        "Setting up demo (1.0) ...\nopen /var/lib/vso/db: no such file\n"
        "E: Problem executing scripts DPkg::Post-Invoke '/usr/share/hooks/apt-post'\n"
        "E: Sub-process returned an error code\n"
    )
    [cause] = reasons(said)
    assert cause.startswith("Problem executing scripts DPkg::Post-Invoke '/usr/share/hooks/apt-post'")
    assert "open /var/lib/vso/db: no such file" in cause
