"""A directory that became a link, and a link that became a directory: dpkg leaves the one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.aptbeds import cortex, install

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.machines.beds import Bed
    from support.packages.archive import Archive

PLACE, TARGET = "usr/share/cx-shape/data", "usr/share/cx-target"
HELPER = f'dpkg-maintscript-helper {{}} /{PLACE} ../cx-target 2.0~ -- "$@"'
"""What packages of Debian call in these scripts; it does nothing on a way back."""
SCRIPTS = ("preinst", "postinst", "postrm")
FILES = ("readme", "only")


def becomes_a_link(packages: Archive) -> None:
    packages.add("cx-target", "1.0", files={f"{TARGET}/readme": "target\n"})
    packages.add("cx-shape", "1.0", files={f"{PLACE}/{name}": "shape\n" for name in FILES})
    packages.add(
        "cx-shape",
        "2.0",
        links={PLACE: "../cx-target"},
        scripts=dict.fromkeys(SCRIPTS, HELPER.format("dir_to_symlink")),
    )


def becomes_a_directory(packages: Archive) -> None:
    packages.add("cx-target", "1.0", files={f"{TARGET}/readme": "target\n"})
    packages.add("cx-shape", "1.0", links={PLACE: "../cx-target"})
    scripts = dict.fromkeys(SCRIPTS, HELPER.format("symlink_to_dir"))
    packages.add("cx-shape", "2.0", files={f"{PLACE}/{name}": "shape\n" for name in FILES}, scripts=scripts)


def listed(bed: Bed) -> str:
    """Returns the files at both places, with their types, targets and content."""
    find = f"find /usr/share/cx-shape /{TARGET} -printf '%y %p %l\\n' -type f -exec cat {{}} + | sort"
    return bed.run("sh", "-c", find).out


@pytest.mark.parametrize("fill", [becomes_a_link, becomes_a_directory])
def test_each_is_what_it_was(prepared: Callable[..., Bed], fill: Callable[[Archive], None]) -> None:
    bed = prepared(fill)
    install(bed, "cx-target", "cx-shape=1.0")
    before = listed(bed)
    cortex(bed, "create", "--only", "apt")
    install(bed, "cx-shape=2.0")
    after = listed(bed)
    assert after != before
    assert "EXACT" in cortex(bed, "restore", "latest", "--only", "apt", "--yes").out
    assert listed(bed) == before
    assert "EXACT" in cortex(bed, "undo", "--yes").out
    assert listed(bed) == after


def test_a_link_that_was_taken_away_is_there_again_after_an_abort(prepared: Callable[..., Bed]) -> None:
    bed = prepared(becomes_a_link)
    install(bed, "cx-target", "cx-shape=1.0")
    cortex(bed, "create", "--only", "apt")
    install(bed, "cx-shape=2.0")
    after = listed(bed)
    # dpkg fails before it begins.
    bed.path("/etc/dpkg/dpkg.cfg.d/cx-fail").write_text("pre-invoke=/bin/false\n")
    assert "--abort" in cortex(bed, "restore", "latest", "--only", "apt", "--yes", code=None).err
    assert listed(bed) != after
    bed.path("/etc/dpkg/dpkg.cfg.d/cx-fail").unlink()
    cortex(bed, "restore", "--abort", "--yes", code=None)
    assert listed(bed) == after


def test_files_of_people_in_the_place_of_a_link_are_kept_and_named(prepared: Callable[..., Bed]) -> None:
    bed = prepared(becomes_a_directory)
    install(bed, "cx-target", "cx-shape=1.0")
    before = listed(bed)
    cortex(bed, "create", "--only", "apt")
    install(bed, "cx-shape=2.0")
    bed.path(f"/{PLACE}/mine").write_text("mine\n")
    back = cortex(bed, "restore", "latest", "--only", "apt", "--yes")
    assert f"/{PLACE} is a link again" in back.out + back.err
    assert bed.path(f"/{PLACE}.dpkg-backup/mine").read_text() == "mine\n"
    bed.run("rm", "-r", f"/{PLACE}.dpkg-backup")
    assert listed(bed) == before


def test_a_diversion_that_moved_no_file_ends_with_its_version(prepared: Callable[..., Bed]) -> None:
    def fill(packages: Archive) -> None:
        divert = "dpkg-divert --package cx-shape --no-rename --divert /usr/share/cx-none.aside --add /usr/share/cx-none"
        packages.add("cx-shape", "1.0")
        packages.add("cx-shape", "2.0", scripts={"preinst": divert})

    bed = prepared(fill)
    install(bed, "cx-shape=1.0")
    before = bed.run("dpkg-divert", "--list").out
    cortex(bed, "create", "--only", "apt")
    install(bed, "cx-shape=2.0")
    after = bed.run("dpkg-divert", "--list").out
    assert after != before
    assert "EXACT" in cortex(bed, "restore", "latest", "--only", "apt", "--yes").out
    assert bed.run("dpkg-divert", "--list").out == before
    assert "EXACT" in cortex(bed, "undo", "--yes").out
    assert bed.run("dpkg-divert", "--list").out == after


@pytest.mark.parametrize("edited", ["", "edited\n"])
def test_a_configuration_file_that_changed_its_package_is_the_first_ones_again(
    prepared: Callable[..., Bed], edited: str
) -> None:
    def fill(packages: Archive) -> None:
        conf = "etc/cx-moved.conf"
        packages.add("cx-whole", "1.0", files={conf: "whole\n"}, conffiles=[conf])
        packages.add("cx-whole", "2.0", fields={"Depends": "cx-part"})
        packages.add("cx-part", "2.0", files={conf: "part\n"}, conffiles=[conf], fields={"Replaces": "cx-whole"})

    bed = prepared(fill)
    install(bed, "cx-whole=1.0")
    cortex(bed, "create", "--only", "apt")
    bed.run("apt-get", "-qq", "-y", "-o", "Dpkg::Options::=--force-confnew", "install", "cx-whole=2.0")
    assert bed.path("/etc/cx-moved.conf").read_text() == "part\n"
    if edited:
        bed.path("/etc/cx-moved.conf").write_text(edited)
    cortex(bed, "restore", "latest", "--only", "apt", "--yes", code=3)  # cx-part's configuration is left
    assert bed.path("/etc/cx-moved.conf").read_text() == (edited or "whole\n")
