"""EXACT is about files: packages that lose files to others on the way back have them again, or the loss is named.

Every package here has names and files of its own, so that one restore is about all of them.
"""

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

OF_BOTH = "usr/share/cx-target/data"
WRONG, KEPT = "opt/cx/wrong", "etc/cx.conf"
"""A file that was missing before, and one that was edited."""
TAKEN, STAYS = "opt/cx/taken", "opt/cx/stays"


def cortex(bed: Bed, *words: str, code: int | None = 0) -> Ended:
    variables = {"PYTHONPATH": os.environ.get("PYTHONPATH", ""), "CORTEX_CACHE": ""}
    return bed.run(sys.executable, "-m", "cortexrepo", "snapshot", *words, variables=variables, code=code)


def split(archive: Archive) -> None:
    archive.add("cx-whole", "1.0", files={"opt/cx/split": "whole\n"})
    archive.add("cx-whole", "2.0", fields={"Depends": "cx-part"})
    archive.add("cx-part", "2.0", files={"opt/cx/split": "part\n"}, fields={"Replaces": "cx-whole (<< 2.0)"})


def taken_over(archive: Archive) -> None:
    archive.add("cx-victim", "1.0", files={TAKEN: "victim\n"})
    archive.add("cx-thief", "1.0", files={TAKEN: "thief\n"}, fields={"Replaces": "cx-victim"})


def taken_over_by_a_newer_version(archive: Archive) -> None:
    archive.add("cx-robbed", "1.0", files={"opt/cx/robbed": "robbed\n"})
    archive.add("cx-robber", "1.0")
    archive.add("cx-robber", "2.0", files={"opt/cx/robbed": "robber\n"}, fields={"Replaces": "cx-robbed"})


def deleted_by_a_script(archive: Archive) -> None:
    archive.add("cx-shot", "1.0", files={"opt/cx/shot": "shot\n"})
    archive.add("cx-killer", "1.0", scripts={"prerm": "rm -f /opt/cx/shot"})


def deleted_by_the_newer_version(archive: Archive) -> None:
    archive.add("cx-tidy", "1.0", files={"opt/cx/tidy": "tidy\n"})
    archive.add("cx-tidy", "2.0", scripts={"postrm": "rm -f /opt/cx/tidy"})


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
    Case(split, ("cx-whole=1.0",), ("cx-whole=2.0",), "opt/cx/split", "whole\n"),
    Case(taken_over, ("cx-victim=1.0",), ("cx-thief=1.0",), TAKEN, "victim\n"),
    Case(taken_over_by_a_newer_version, ("cx-robbed=1.0", "cx-robber=1.0"), ("cx-robber=2.0",), "opt/cx/robbed",
         "robbed\n"),
    Case(deleted_by_a_script, ("cx-shot=1.0",), ("cx-killer=1.0",), "opt/cx/shot", "shot\n"),
    Case(deleted_by_the_newer_version, ("cx-tidy=1.0",), ("cx-tidy=2.0",), "opt/cx/tidy", "tidy\n"),
    Case(directory_becomes_a_link, ("cx-linked=1.0",), ("cx-linked=2.0",), "usr/share/cx-linked/data/data", "linked\n"),
]  # fmt: skip


class Restored(NamedTuple):
    """A bed in which one restore was done, what the plan said, and what the restore said in the end."""

    bed: Bed
    plan: str
    out: str


def knows(bed: Bed, *fills: Callable[[Archive], None]) -> None:
    """Has apt in a bed know what some functions put into an archive."""
    packages = Archive()
    for fill in fills:
        fill(packages)
    packages.write(bed.path(REPOSITORY), {"files": list(packages.debs.values())})
    offer(bed, "files")


@pytest.fixture(scope="module", name="whole")
def _whole(archive: Bed) -> Iterator[Restored]:
    """Everything that comes back, beside a file that was missing before and a configuration file that was edited."""

    def beside(packages: Archive) -> None:
        packages.add("cx-was-wrong", "1.0", files={WRONG: "old\n"})
        for version in ("1.0", "2.0"):
            packages.add("cx-edited", version, files={KEPT: "a\n"}, conffiles=[KEPT])

    with archive.fresh() as bed:
        knows(bed, beside, *(case.fill for case in CASES))
        install(bed, "cx-was-wrong=1.0", "cx-edited=1.0", *(word for case in CASES for word in case.first))
        bed.path(f"/{WRONG}").unlink()
        bed.path(f"/{KEPT}").write_text("mine\n")
        cortex(bed, "create", "--only", "apt")
        install(bed, "cx-edited=2.0", *(word for case in CASES for word in case.then))
        yield Restored(bed, "", cortex(bed, "restore", "latest", "--only", "apt", "--yes", code=None).out)


@pytest.fixture(scope="module", name="partial")
def _partial(archive: Bed) -> Iterator[Restored]:
    """What stays lost: of a package that deletes its own file, and of one that is not offered any more."""

    def staying(packages: Archive) -> None:
        packages.add("cx-self", "1.0", files={STAYS: "self\n"}, scripts={"postinst": f"rm -f /{STAYS}"})
        packages.add("cx-self", "2.0")

    def thief_alone(packages: Archive) -> None:
        packages.add("cx-thief", "1.0", files={TAKEN: "thief\n"}, fields={"Replaces": "cx-victim"})

    with archive.fresh() as bed:
        knows(bed, staying, taken_over)
        install(bed, "cx-self=1.0", "cx-victim=1.0")
        cortex(bed, "create", "--only", "apt")
        install(bed, "cx-self=2.0", "cx-thief=1.0")
        plan = cortex(bed, "restore", "latest", "--only", "apt", "--dry-run").out
        # The file of its package cannot be downloaded any more: a risk, and no obstacle; and a difference in the end.
        for path in bed.path(f"{REPOSITORY}/pool").glob("cx-victim*"):
            path.unlink()
        bed.run("rm", "-rf", "/var/cache/apt/archives")
        bed.run("mkdir", "-p", "/var/cache/apt/archives/partial")
        knows(bed, staying, thief_alone)
        out = cortex(bed, "restore", "latest", "--only", "apt", "--yes", code=3).out
        yield Restored(bed, plan, " ".join(out.split()))


def test_packages_that_lose_files_on_the_way_back_are_exact_in_the_end(whole: Restored) -> None:
    assert "EXACT" in whole.out


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fill.__name__)
def test_a_file_that_was_lost_is_there_again(whole: Restored, case: Case) -> None:
    assert whole.bed.run("cat", f"/{case.path}").out == case.content
    names = [word.partition("=")[0] for word in case.first]
    cortex(whole.bed, "verify", "--installed", *(word for name in names for word in ("--package", name)))


def test_what_was_wrong_before_and_an_edited_configuration_file_are_no_difference(whole: Restored) -> None:
    assert not whole.bed.path(f"/{WRONG}").exists()
    assert whole.bed.path(f"/{KEPT}").read_text() == "mine\n"


def test_a_take_over_is_in_the_plan(partial: Restored) -> None:
    assert "cx-victim 1.0" in partial.plan
    assert f"its file /{TAKEN} is another package's at present" in partial.plan
    assert f"/{TAKEN}: the file is missing; the package cannot be put in again" in partial.out


def test_a_file_that_stays_lost_is_named(partial: Restored) -> None:
    assert "IN PART" in partial.out
    assert "EXACT" not in partial.out
    assert f"/{STAYS}: the file is missing" in partial.out


def test_a_diversion_of_a_file_that_the_package_brings_itself_is_taken_back(archive: Bed) -> None:
    """So the C library of Debian 13 diverts its own loader, and that of Debian 12 does not."""

    def fill(packages: Archive) -> None:
        path = "/usr/lib/cx-own/loader"
        divert = f"dpkg-divert --package cx-own --no-rename --divert {path}.merged --add {path}"
        packages.add("cx-own", "1.0", files={path[1:]: "1.0\n"})
        packages.add("cx-own", "2.0", files={path[1:]: "2.0\n"}, scripts={"preinst": divert})

    with archive.fresh() as bed:
        knows(bed, fill)
        install(bed, "cx-own=1.0")
        cortex(bed, "create", "--only", "apt")
        install(bed, "cx-own=2.0")
        assert "EXACT" in cortex(bed, "restore", "latest", "--only", "apt", "--yes").out
        assert "cx-own" not in bed.run("dpkg-divert", "--list").out
        assert bed.path("/usr/lib/cx-own/loader").read_text() == "1.0\n"
        assert "EXACT" in cortex(bed, "undo", "--yes").out
        assert "cx-own" in bed.run("dpkg-divert", "--list").out


def test_a_diversion_that_is_left_is_taken_back_or_named(archive: Bed) -> None:
    def fill(packages: Archive) -> None:
        divert = "dpkg-divert --package cx-diverter --rename --divert /etc/issue.real --add /etc/issue >/dev/null"
        packages.add("cx-diverter", "1.0")
        packages.add("cx-diverter", "2.0", scripts={"preinst": divert})
        packages.add("cx-diverter", "3.0", scripts={"preinst": divert, "postinst": "echo mine > /etc/issue"})

    with archive.fresh() as bed:
        knows(bed, fill)
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
