"""What is recorded of rpm is what the real `rpm -qa` and `dnf5` say, in throw-away roots."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from cortexrepo.model.package import AUTO, HOLD, REQUESTED
from cortexrepo.recording.collecting import collect

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.package import Package

FORMAT = "%{NAME}|%{ARCH}|%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}|%{VENDOR}\\n"
SPECS = {
    "alpha": ("1.0~rc1", "2^git1", "noarch", "Epoch: 3\nVendor: Example Works\nRequires: beta"),
    "beta": ("1.10", "1.fc40", "x86_64", ""),
    "gamma": ("0", "0", "noarch", "Epoch: 0"),
}


def need(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


def run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with tiny real packages."""
    need("rpm", "rpmbuild")
    top = tmp_path_factory.mktemp("rpmbuild")
    for name, (version, release, arch, more) in SPECS.items():
        spec = top / f"{name}.spec"
        spec.write_text(
            f"Name: {name}\nVersion: {version}\nRelease: {release}\nSummary: a test\nLicense: none\n"
            f"{'BuildArch: noarch' if arch == 'noarch' else ''}\n{more}\n%description\na test\n%files\n"
        )
        run("rpmbuild", "-bb", "--target", arch, "--define", f"_topdir {top}", str(spec))
    return top / "RPMS"


def files(packages: Path) -> list[str]:
    return sorted(map(str, packages.rglob("*.rpm")))


def recorded(root: Path) -> tuple[Package, ...]:
    (reading,) = collect(root, only=["rpm"]).readings
    assert (reading.status, reading.error) == ("ok", "")
    assert reading.manifest is not None
    return reading.manifest.packages


def as_said(row: Package) -> str:
    return f"{row.name}|{row.arch}|{row.version}|{row.attribute('vendor') or '(none)'}"


@pytest.mark.parametrize("place", ["/usr/lib/sysimage/rpm", "/var/lib/rpm"])
def test_what_is_recorded_is_what_rpm_says(packages: Path, tmp_path: Path, place: str) -> None:
    root = tmp_path / "root"
    where = ("--root", str(root), "--define", f"_dbpath {place}", "--define", "_db_backend sqlite")
    root.mkdir()
    run("rpm", *where, "--initdb")
    run("rpm", *where, "--nodeps", "--ignorearch", "-i", *files(packages))
    listed = run("rpm", *where, "-qa", "--qf", FORMAT).splitlines()
    assert sorted(map(as_said, recorded(root))) == sorted(listed)
    assert len(listed) == len(SPECS)
    run("rpm", *where, "--nodeps", "-e", "beta")
    assert [row.name for row in recorded(root)] == ["alpha", "gamma"]


def test_what_is_recorded_is_what_dnf5_says(packages: Path, tmp_path: Path) -> None:
    need("dnf5", "createrepo_c")
    root = tmp_path / "root"
    run("createrepo_c", "--quiet", str(packages))
    dnf = (
        "dnf5", "--assumeyes", f"--installroot={root}", f"--repofrompath=tiny,file://{packages}", "--repo=tiny",
        "--no-gpgchecks", "--releasever=1", "--forcearch=x86_64",
    )  # fmt: skip
    run(*dnf, "install", "alpha", "gamma")
    run(*dnf, "versionlock", "add", "gamma")
    flags = {row.name: row.flags for row in recorded(root)}
    assert flags == {"alpha": REQUESTED, "beta": AUTO, "gamma": REQUESTED | HOLD}
    query = ("repoquery", "--installed", "--queryformat=%{name} %{evr}\\n")
    listed = [line.split() for line in run(*dnf, *query).splitlines() if line]
    # dnf5 leaves out an epoch of 0 that the package states.
    assert sorted([row.name, row.version.removeprefix("0:")] for row in recorded(root)) == sorted(listed)
    asked = run(*dnf, "repoquery", "--userinstalled", "--queryformat=%{name}\\n").split()
    assert sorted(asked) == sorted(name for name, flag in flags.items() if flag & REQUESTED)
