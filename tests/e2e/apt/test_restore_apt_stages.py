"""The C library goes down after all that was made for the newer one: the shell of scripts would not start before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.machines.aptbeds import REPOSITORY, cortex, install

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.machines.beds import Bed
    from support.packages.archive import Archive

LIBRARY = "usr/lib/cx/libc.so.6"
NEEDS = "if [ -e /usr/share/cx-shell/version-all ]; then grep -q 1.0 /usr/share/cx-shell/version-all; fi"
"""The library's script runs in the shell, which must be the older one by then."""


def library(packages: Archive) -> None:
    packages.add("cx-libc", "1.0", files={LIBRARY: "1.0\n"}, scripts={"preinst": NEEDS})
    packages.add("cx-libc", "2.0", files={LIBRARY: "2.0\n"}, fields={"Breaks": "cx-base (<< 2.0)"})
    for version in ("1.0", "2.0"):
        # apt wants the library in place before the shell comes.
        packages.add("cx-shell", version, fields={"Pre-Depends": f"cx-libc (>= {version})"})
        packages.add("cx-base", version)


def test_the_library_goes_down_last(prepared: Callable[..., Bed]) -> None:
    bed = prepared(library)
    old, new = ([f"{name}={version}" for name in ("cx-libc", "cx-shell", "cx-base")] for version in ("1.0", "2.0"))
    install(bed, *old)
    cortex(bed, "create", "--only", "apt")
    install(bed, *new)
    assert "EXACT" in cortex(bed, "restore", "latest", "--only", "apt", "--yes").out
    assert bed.path(f"/{LIBRARY}").read_text() == "1.0\n"
    assert "EXACT" in cortex(bed, "undo", "--yes").out


SHARED = "lib/cx-so/libcx.so.1"
ASIDE = f"/{SHARED}.usr-is-merged"


def renamed(packages: Archive) -> None:
    """A library under another name and at another place, which is the same one, as in Debian 13."""
    divert = f"dpkg-divert --package cx-sot64 --no-rename --divert {ASIDE} --add /{SHARED}"
    take = f'if [ "$1" = remove ]; then dpkg-divert --package cx-sot64 --no-rename --remove /{SHARED}; fi'
    packages.add("cx-so", "1.0", files={SHARED: "1.0\n"})
    packages.add(
        "cx-sot64", "2.0", files={f"usr/{SHARED}": "2.0\n"}, scripts={"preinst": divert, "postrm": take},
        fields={"Replaces": "cx-so", "Breaks": "cx-so (<< 2.0)"},
    )  # fmt: skip
    # Its script needs the library, as scripts of Debian's need openssl.
    for version, needs in (("1.0", "cx-so"), ("2.0", "cx-sot64")):
        packages.add("cx-needs", version, fields={"Depends": needs}, scripts={"postinst": f"test -e /{SHARED}"})


def test_a_library_under_another_name_is_there_when_scripts_need_it(prepared: Callable[..., Bed]) -> None:
    bed = prepared(renamed)
    if not bed.path("/lib").is_symlink():
        pytest.skip("/usr is not merged here")
    install(bed, "cx-so=1.0", "cx-needs=1.0")
    cortex(bed, "create", "--only", "apt")
    install(bed, "cx-needs=2.0", "cx-sot64", "cx-so-")
    diversions = bed.run("dpkg-divert", "--list").out
    bed.run("apt-get", "clean")
    plan = cortex(bed, "restore", "latest", "--only", "apt", "--dry-run")
    said = [line for line in plan.out.splitlines() if "take-over" in line]
    assert "files that these packages have taken over may go back to the packages that come" in said[0]
    assert "cx-sot64 to cx-so" in said[0]
    assert f"1 diversion of files may end with the versions that made it: /{SHARED} (by cx-sot64)" in said[1]
    # Where the file is at hand, so are its names.
    bed.run("sh", "-c", f"cp {REPOSITORY}/pool/cx-so_1.0_all.deb /var/cache/apt/archives")
    risks = json.loads(cortex(bed, "restore", "latest", "--only", "apt", "--dry-run", "--json").out)["risks"]
    reasons = [one["reason"] for one in risks if one["kind"] == "take-over"]
    assert reasons[0].startswith("1 file that a removed package has taken over is back in the package that comes: ")
    assert f"/usr/{SHARED} (from cx-sot64 to cx-so)" in reasons[0]
    # A package with such a script leaves its state behind.
    back = cortex(bed, "restore", "latest", "--only", "apt", "--yes", code=3)
    assert "cx-sot64 2.0  the package's configuration is left" in back.out
    assert "IN PART: 1 difference" in back.out
    assert "cx-so" not in bed.run("dpkg-divert", "--list").out
    assert bed.run("cat", f"/usr/{SHARED}").out == "1.0\n"
    assert bed.run("find", "/usr/lib/cx-so", "-type", "f").out.split() == [f"/usr/{SHARED}"]
    assert "EXACT" in cortex(bed, "undo", "--yes").out
    assert bed.run("cat", f"/usr/{SHARED}").out == "2.0\n"
    assert bed.run("dpkg-divert", "--list").out == diversions


RUN = "usr/bin/cx-run"


def shared(packages: Archive) -> None:
    """A program of three packages, each of which takes it over from those before."""
    for number, name in enumerate(("cx-first", "cx-second", "cx-third")):
        fields = {"Replaces": ", ".join(("cx-first", "cx-second")[:number])} if number else {}
        packages.add(name, "1.0", files={RUN: f"{name}\n"}, fields=fields)


def test_a_file_of_a_third_package_does_not_stay_aside_when_it_is_handed_over(prepared: Callable[..., Bed]) -> None:
    bed = prepared(shared)
    install(bed, "cx-first")
    install(bed, "cx-second")
    cortex(bed, "create", "--only", "apt")
    install(bed, "cx-third", "cx-second-")
    back = cortex(bed, "restore", "latest", "--only", "apt", "--yes")
    assert "cx-first 1.0  the package is put in again" in back.err
    assert "EXACT" in back.out
    assert bed.path(f"/{RUN}").read_text() == "cx-second\n"
    assert [one.name for one in bed.path("/usr/bin").glob("cx-run*")] == ["cx-run"]
