"""Which packages are the running kernel: told by the files that they brought, whatever their names are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.apt.restore.kernel import ADDED, IMAGE, MODULES, Kernel, obstacles, risks
from cortexrepo.model.package import Package

if TYPE_CHECKING:
    from collections.abc import Mapping

R = "6.8.12-4+b1"
KERNEL = Kernel(R)


def _row(name: str) -> Package:
    return Package(name, "amd64", "1")


@pytest.mark.parametrize(
    ("name", "path", "part"),
    [
        ("proxmox-kernel", f"/boot/vmlinuz-{R}", IMAGE),
        ("linux-image-custom", f"/boot/vmlinux-{R}", IMAGE),
        ("board-kernel", f"/boot/firmware/zImage-{R}", IMAGE),
        ("efi-kernel", f"/boot/efi/0123abcd/{R}/linux", IMAGE),
        ("signed", f"/efi/EFI/Linux/vmlinuz-{R}.efi", IMAGE),
        ("unmounted", f"/usr/lib/modules/{R}/vmlinuz", IMAGE),
        (f"linux-image-{R}", "/usr/share/doc", IMAGE),
        ("linux-modules", f"/lib/modules/{R}/modules.order", MODULES),
        ("linux-modules", f"/usr/lib/modules/{R}/modules.builtin", MODULES),
        ("linux-modules-extra", f"/lib/modules/{R}/kernel/net/x.ko.zst", ADDED),
        ("linux-headers", f"/lib/modules/{R}/build", ""),
        ("linux-headers", f"/usr/src/linux-headers-{R}/vmlinuz", ""),
        ("linux-modules", f"/boot/config-{R}", ""),
        ("initramfs", f"/boot/initrd.img-{R}", ""),
        ("older", f"/boot/vmlinuz-{R[:-1]}", ""),
        ("longer", f"/boot/vmlinuz-{R}-dbg", ""),
        ("pattern", "/boot/vmlinuz-6x8x12-4bb1", ""),
        ("another", f"/opt/vmlinuz-{R}", ""),
    ],
)
def test_a_package_has_the_part_of_the_kernel_that_its_files_are(name: str, path: str, part: str) -> None:
    assert KERNEL.part(_row(name), ["/.", path]) == part


def test_the_image_counts_before_the_modules_and_in_a_machine_without_a_release_nothing_does() -> None:
    paths = [f"/lib/modules/{R}/kernel/x.ko", f"/lib/modules/{R}/modules.order", f"/boot/vmlinuz-{R}"]
    assert [KERNEL.part(_row("x"), paths[:end]) for end in (1, 2, 3)] == [ADDED, MODULES, IMAGE]
    assert Kernel("").part(_row("linux-image-"), paths) == ""


def _refused(taken: Mapping[str, str], stay: Mapping[str, list[str]]) -> list[str]:
    files = {_row(name): paths for name, paths in stay.items()}
    found = obstacles(KERNEL, [(_row(name), part) for name, part in taken.items()], files, files.__getitem__)
    return [one.package.split()[0] for one in found]


def test_the_removal_of_image_and_modules_is_refused_and_that_of_added_modules_is_a_risk() -> None:
    assert _refused({"a": IMAGE, "b": MODULES, "c": ADDED, "d": ""}, {}) == ["a", "b"]
    told = risks(KERNEL, [(_row("up"), IMAGE), (_row("else"), "")], [(_row("c"), ADDED), (_row("a"), IMAGE)])
    assert [(one.kind, one.package) for one in told] == [("kernel", "up 1"), ("kernel", "c 1")]


def test_modules_that_no_package_has_the_list_of_may_be_all_the_modules() -> None:
    assert _refused({"c": ADDED}, {"other": ["/x"]}) == ["c"]
    assert _refused({"c": ADDED}, {"linux-modules": [f"/lib/modules/{R}/modules.builtin"]}) == []
