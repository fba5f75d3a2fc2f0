"""EXACT is about files: packages that lose files to others on the way back have them again, or the loss is named."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.machines.aptbeds import REPOSITORY, install, offer
from support.packages.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.machines.beds import Bed, Ended

FILE = "opt/cx/file"
OF_BOTH = "usr/share/cx-target/data"


def cortex(bed: Bed, *words: str, code: int | None = 0) -> Ended:
    variables = {"PYTHONPATH": os.environ.get("PYTHONPATH", ""), "CORTEX_CACHE": ""}
    return bed.run(sys.executable, "-m", "cortexrepo", "snapshot", *words, variables=variables, code=code)


def split(archive: Archive) -> None:
    archive.add("cx-whole", "1.0", files={FILE: "whole\n"})
    archive.add("cx-whole", "2.0", fields={"Depends": "cx-part"})
    archive.add("cx-part", "2.0", files={FILE: "part\n"}, fields={"Replaces": "cx-whole (<< 2.0)"})


def taken_over(archive: Archive) -> None:
    archive.add("cx-victim", "1.0", files={FILE: "victim\n"})
    archive.add("cx-thief", "1.0", files={FILE: "thief\n"}, fields={"Replaces": "cx-victim"})


def taken_over_by_a_newer_version(archive: Archive) -> None:
    archive.add("cx-victim", "1.0", files={FILE: "victim\n"})
    archive.add("cx-thief", "1.0")
    archive.add("cx-thief", "2.0", files={FILE: "thief\n"}, fields={"Replaces": "cx-victim"})


def deleted_by_a_script(archive: Archive) -> None:
    archive.add("cx-victim", "1.0", files={FILE: "victim\n"})
    archive.add("cx-killer", "1.0", scripts={"prerm": f"rm -f /{FILE}"})


def deleted_by_the_newer_version(archive: Archive) -> None:
    archive.add("cx-app", "1.0", files={FILE: "app\n"})
    archive.add("cx-app", "2.0", scripts={"postrm": f"rm -f /{FILE}"})


def directory_becomes_a_link(archive: Archive) -> None:
    folder = "usr/share/cx-linked/data"
    archive.add("cx-linked", "1.0", files={f"{folder}/data": "linked\n"})
    to_link = f"if [ -d /{folder} ] && [ ! -L /{folder} ]; then rm -r /{folder}; fi"
    archive.add(
        "cx-linked", "2.0", links={folder: "../cx-target"}, scripts={"preinst": to_link},
        fields={"Depends": "cx-target"},
    )  # fmt: skip
    archive.add("cx-target", "1.0", files={OF_BOTH: "target\n"})


class Case(NamedTuple):
    """What the archive has, what is installed first and then, and the file that is as at first in the end."""

    fill: Callable[[Archive], None]
    first: tuple[str, ...]
    then: tuple[str, ...]
    path: str
    content: str


CASES = [
    Case(split, ("cx-whole=1.0",), ("cx-whole=2.0",), FILE, "whole\n"),
    Case(taken_over, ("cx-victim=1.0",), ("cx-thief=1.0",), FILE, "victim\n"),
    Case(taken_over_by_a_newer_version, ("cx-victim=1.0", "cx-thief=1.0"), ("cx-thief=2.0",), FILE, "victim\n"),
    Case(deleted_by_a_script, ("cx-victim=1.0",), ("cx-killer=1.0",), FILE, "victim\n"),
    Case(deleted_by_the_newer_version, ("cx-app=1.0",), ("cx-app=2.0",), FILE, "app\n"),
    Case(directory_becomes_a_link, ("cx-linked=1.0",), ("cx-linked=2.0",), "usr/share/cx-linked/data/data", "linked\n"),
]


@pytest.fixture(name="prepared")
def _prepared(archive: Bed) -> Iterator[Callable[[Callable[[Archive], None]], Bed]]:
    """Makes a bed whose apt knows what a function puts into an archive."""
    with archive.fresh() as bed:

        def made(fill: Callable[[Archive], None]) -> Bed:
            packages = Archive()
            fill(packages)
            packages.write(bed.path(REPOSITORY), {"files": list(packages.debs.values())})
            offer(bed, "files")
            return bed

        yield made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fill.__name__)
def test_a_file_that_was_lost_is_there_again(prepared: Callable[..., Bed], case: Case) -> None:
    bed = prepared(case.fill)
    install(bed, *case.first)
    cortex(bed, "create", "--only", "apt")
    install(bed, *case.then)
    back = cortex(bed, "restore", "latest", "--only", "apt", "--yes")
    assert "EXACT" in back.out
    assert bed.run("cat", f"/{case.path}").out == case.content
    names = [word.partition("=")[0] for word in case.first]
    cortex(bed, "verify", "--installed", *(word for name in names for word in ("--package", name)))


def test_a_take_over_is_in_the_plan(prepared: Callable[..., Bed]) -> None:
    bed = prepared(taken_over)
    install(bed, "cx-victim=1.0")
    cortex(bed, "create", "--only", "apt")
    install(bed, "cx-thief=1.0")
    plan = cortex(bed, "restore", "latest", "--only", "apt", "--dry-run").out
    assert "cx-victim 1.0" in plan
    assert f"its file /{FILE} is another package's at present" in plan
    # The file of its package is not to be had any more: a risk, and no obstacle; and a difference in the end.
    for path in bed.path(f"{REPOSITORY}/pool").glob("cx-victim*"):
        path.unlink()
    bed.run("rm", "-rf", "/var/cache/apt/archives")
    bed.run("mkdir", "-p", "/var/cache/apt/archives/partial")
    packages = Archive()
    packages.add("cx-thief", "1.0", files={FILE: "thief\n"}, fields={"Replaces": "cx-victim"})
    packages.write(bed.path(REPOSITORY), {"files": list(packages.debs.values())})
    bed.run("apt-get", "-qq", "update")
    back = cortex(bed, "restore", "latest", "--only", "apt", "--yes", code=3)
    assert f"/{FILE}: the file is missing; the package cannot be put in again" in " ".join(back.out.split())
    assert "EXACT" not in back.out


def test_a_file_that_stays_lost_is_named(prepared: Callable[..., Bed]) -> None:
    def fill(packages: Archive) -> None:
        packages.add("cx-self", "1.0", files={FILE: "self\n"}, scripts={"postinst": f"rm -f /{FILE}"})
        packages.add("cx-self", "2.0")

    bed = prepared(fill)
    install(bed, "cx-self=1.0")
    cortex(bed, "create", "--only", "apt")
    install(bed, "cx-self=2.0")
    back = cortex(bed, "restore", "latest", "--only", "apt", "--yes", code=3)
    assert "IN PART" in back.out
    assert f"/{FILE}: the file is missing" in back.out


def test_a_diversion_that_is_left_is_taken_back_or_named(prepared: Callable[..., Bed]) -> None:
    def fill(packages: Archive) -> None:
        divert = "dpkg-divert --package cx-diverter --rename --divert /etc/issue.real --add /etc/issue >/dev/null"
        packages.add("cx-diverter", "1.0")
        packages.add("cx-diverter", "2.0", scripts={"preinst": divert})
        packages.add("cx-diverter", "3.0", scripts={"preinst": divert, "postinst": "echo mine > /etc/issue"})

    bed = prepared(fill)
    install(bed, "cx-diverter=1.0")
    cortex(bed, "create", "--only", "apt")
    issue = bed.path("/etc/issue").read_bytes()
    install(bed, "cx-diverter=2.0")
    assert not bed.path("/etc/issue").exists()
    assert "EXACT" in cortex(bed, "restore", "latest", "--only", "apt", "--yes").out
    assert bed.path("/etc/issue").read_bytes() == issue
    assert "cx-diverter" not in bed.run("dpkg-divert", "--list").out
    # And to where it was, with its diversion; and back from one with a file in the way.
    assert "EXACT" in cortex(bed, "undo", "--yes").out
    assert "cx-diverter" in bed.run("dpkg-divert", "--list").out
    install(bed, "cx-diverter=3.0")
    back = cortex(bed, "restore", "latest~4", "--only", "apt", "--yes", code=3)
    said = " ".join(back.out.split())
    assert "/etc/issue: the file is diverted to /etc/issue.real by cx-diverter" in said
    assert "`dpkg-divert --package cx-diverter --rename --remove /etc/issue`" in said


def test_what_was_wrong_before_and_an_edited_configuration_file_are_no_difference(prepared: Callable[..., Bed]) -> None:
    def fill(packages: Archive) -> None:
        packages.add("cx-old", "1.0", files={FILE: "old\n"})
        for version in ("1.0", "2.0"):
            packages.add("cx-conf", version, files={"etc/cx.conf": "a\n"}, conffiles=["etc/cx.conf"])

    bed = prepared(fill)
    install(bed, "cx-old=1.0", "cx-conf=1.0")
    bed.path(f"/{FILE}").unlink()
    bed.path("/etc/cx.conf").write_text("mine\n")
    cortex(bed, "create", "--only", "apt")
    install(bed, "cx-conf=2.0")
    assert "EXACT" in cortex(bed, "restore", "latest", "--only", "apt", "--yes").out
    assert not bed.path(f"/{FILE}").exists()
