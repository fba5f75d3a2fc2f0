"""A real package of the distribution goes down to an older version, where one is available; else this says so."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.machines.aptbeds import SHELF, restore, steps_between
from support.machines.beds import Bed
from support.machines.dpkg_roots import needs

from cortexrepo.ecosystems.apt import versions as debversion
from cortexrepo.ecosystems.apt.names import file_name
from cortexrepo.ecosystems.apt.state import rows
from cortexrepo.model.content import bare

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.package import Package

CANDIDATES = ("tzdata", "ca-certificates", "wget", "less", "openssl")
"""Packages that no other has to follow."""
_VERSION = re.compile(r"^(?: \*\*\*|    ) (\S+) [0-9]+$", re.MULTILINE)


def _preference(row: Package) -> int:
    return CANDIDATES.index(row.name)


def _older(row: Package, directory: Path) -> str:
    """Fetches an older version of a package that is installed; returns it, or an empty string."""
    policy = subprocess.run(["apt-cache", "policy", row.name], capture_output=True, text=True, check=False).stdout
    for version in map(str, _VERSION.findall(policy)):
        if debversion.compare(version, row.version) >= 0:
            continue
        command = ["apt-get", "-qq", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20", "download", "--"]
        subprocess.run([*command, f"{row.name}={version}"], cwd=directory, capture_output=True, check=False)
        if (directory / file_name(row._replace(version=version))).exists():
            return version
    return ""


def test_a_real_package_goes_down(tmp_path: Path) -> None:
    needs("apt-get", "apt-cache")
    with Bed.make() as bed:
        now = bed.call(rows)
        for row in sorted((row for row in now.packages if row.name in CANDIDATES), key=_preference):
            version = _older(row, tmp_path)
            if version:
                break
        else:
            pytest.skip(f"no older version of {', '.join(CANDIDATES)} is available here")
        shutil.copytree(tmp_path, bed.path(SHELF), ignore=shutil.ignore_patterns("[!a-z]*"))
        old = bare(row)._replace(version=version)  # the digest is of the newer version's content
        target = now._replace(packages=tuple(sorted(old if one is row else one for one in now.packages)))
        outcome = bed.call(restore, target)
        assert outcome.proposal.obstacles == ()
        [step] = outcome.part.steps
        assert (step.kind, step.package) == ("downgrade", old)
        assert steps_between(bed.call(rows), target) == ()
