"""dpkg's and apt's own files, odd and damaged: inputs of our own, after reports in public trackers."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.machines.installed import put

from cortexrepo.ecosystems.apt import read as apt
from cortexrepo.ecosystems.apt.database.marks import marks
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.reading import Collected

WHOLE = (
    "Package: whole\nStatus: install ok installed\nMaintainer: x\nArchitecture: amd64\nVersion: 1.0\nDescription: d\n"
)
AGAIN = "Maintainer: test\n"


class Case(NamedTuple):
    """A status file, what is right of it, and who reported the like."""

    source: str
    text: str
    status: str
    names: tuple[str, ...]
    reason: str = ""


def other(after: str = "", **fields: str) -> str:
    """Returns a second stanza with something in it that is not as dpkg writes it."""
    known = {"Package": "odd", "Status": "install ok installed", "Maintainer": "x", "Architecture": "amd64"}
    known |= {"Version": "2.0", **fields}
    body = "".join(f"{name}: {value}\n" for name, value in known.items() if value)
    return f"{body}{after}Description: d\n"


CASES = [
    Case(
        "FedericoCeratto/debian-debsecan#92: a description goes on without a space",
        f"{other()}without a space\n\n{WHOLE}\n",
        PARTIAL,
        ("whole",),
        "field name 'without' must be followed by colon",
    ),
    Case(
        "scottwilliambeasley/debian-from-scratch#10: `sed` put fields in again",
        f"{other(after=AGAIN)}\n{WHOLE}\n",
        PARTIAL,
        ("whole",),
        "duplicate value for 'maintainer' field",
    ),
    Case(
        "open-policy-agent/conftest#399, pomerium/pomerium#1838: no maintainer",
        f"{other(Maintainer='')}\n{WHOLE}\n",
        OK,
        ("odd", "whole"),
    ),
    Case(
        "ayoisaiah/f2#107: an empty line in a description",
        f"{other()}\n more of the description\n\n{WHOLE}\n",
        PARTIAL,
        ("odd", "whole"),
        "empty field name",
    ),
    Case(
        "aquasecurity/fanal#127: a word that dpkg does not know as a selection",
        f"{other(Status='uninstall ok installed')}\n{WHOLE}\n",
        PARTIAL,
        ("whole",),
        "'Status' field has invalid value",
    ),
    Case(
        "puppylinux-woof-CE/woof-CE#4162: a package that is held and was never there",
        f"{other(Status='hold ok not-installed', Version='', Architecture='')}\n{WHOLE}\n",
        OK,
        ("odd", "whole"),
    ),
    Case(
        "davesteele/comitup#275: bytes of something else in the place of the first packages",
        f"\x7fELF\x02\x01\n{other()}\n{WHOLE}\n",
        PARTIAL,
        ("whole",),
        "newline in field name",
    ),
    Case(
        "after davesteele/comitup#275: the end of a file that was never written",
        f"{WHOLE}\n{other()}" + "\0" * 40,
        PARTIAL,
        ("whole",),
        "the file is cut off in its last stanza",
    ),
]


def machine(root: Path, status: str) -> Path:
    """Writes the files of dpkg."""
    admin = root / "var/lib/dpkg"
    for name in ("info", "updates"):
        (admin / name).mkdir(parents=True)
    put(admin / "status", status)
    put(admin / "arch", "amd64\n")
    return admin


def collected(root: Path) -> Collected:
    """Returns what is read."""
    [found] = apt.collect(RootedSystem(str(root)), ())
    return found


def names(found: Collected) -> tuple[str, ...]:
    """Returns the names of its packages."""
    return () if found.manifest is None else tuple(row.name for row in found.manifest.packages)


@pytest.mark.parametrize("case", CASES, ids=[case.source for case in CASES])
def test_a_status_file_is_as_sound_as_dpkg_says(tmp_path: Path, case: Case) -> None:
    """The source of each case is in its name."""
    admin = machine(tmp_path, case.text)
    found = collected(tmp_path)
    assert (found.status, names(found)) == (case.status, case.names)
    assert case.reason in found.error
    if shutil.which("dpkg-query"):
        asked = ["dpkg-query", f"--admindir={admin}", "-W"]
        assert (subprocess.run(asked, capture_output=True, check=False).returncode == 0) is (case.status == OK)


def test_a_machine_without_a_status_file_of_dpkg_has_no_apt(tmp_path: Path) -> None:
    """googlesamples/assistant-sdk-python#241: a Yocto image has apt's name for the file, and no file."""
    (tmp_path / "var/lib/apt/lists").mkdir(parents=True)
    assert collected(tmp_path).status == ABSENT


def test_a_status_file_that_went_is_not_an_empty_machine(tmp_path: Path) -> None:
    """MichaIng/DietPi#4559: dpkg's files are in part gone; here the status file, and the lists are there."""
    admin = machine(tmp_path, f"{WHOLE}\n")
    put(admin / "info/whole.list", "/.\n")
    (admin / "status").unlink()
    found = collected(tmp_path)
    assert (found.status, found.manifest) == (FAILED, None)


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_packages_of_an_image_without_dpkg_are_installed(tmp_path: Path, end: str) -> None:
    """quay/claircore#841, GoogleContainerTools/distroless#1809: no Status, and sums beside the description."""
    stanza = "Package: base-files\nVersion: 12.4\nArchitecture: amd64\nEssential: yes\nDescription: d\n more"
    put(tmp_path / "var/lib/dpkg/status.d/base", stanza + end)
    put(tmp_path / "var/lib/dpkg/status.d/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/x\n")
    found = collected(tmp_path)
    assert (found.status, names(found)) == (OK, ("base-files",))


def test_a_description_beside_dpkgs_own_file_is_a_package_of_the_image(tmp_path: Path) -> None:
    """fluent/fluent-bit#4859: descriptions are copied into `status.d` of an image; dpkg's own file goes before them."""
    machine(tmp_path, f"{WHOLE}\n")
    put(tmp_path / "var/lib/dpkg/status.d/whole", "Package: whole\nVersion: 0.9\nArchitecture: amd64\n")
    put(tmp_path / "var/lib/dpkg/status.d/libz", "Package: libz\nVersion: 1.2\nArchitecture: amd64\n")
    found = collected(tmp_path)
    assert found.manifest is not None
    assert [(row.name, row.version) for row in found.manifest.packages] == [("libz", "1.2"), ("whole", "1.0")]


def test_marks_that_a_kernels_tool_left_are_read(tmp_path: Path) -> None:
    """linuxmint/mintupdate#1081: kernels are manual or automatic by a mark alone, in whatever order its fields are."""
    del tmp_path
    text = "Architecture: amd64\nAuto-Installed: 1\nPackage: linux-image-6.8\n\nPackage: vim\nAuto-Installed: 0\n"
    found, problems = marks(text.encode(), "marks")
    assert problems == []
    assert found.has("linux-image-6.8", "amd64", "amd64")
    assert not found.has("vim", "amd64", "amd64")
