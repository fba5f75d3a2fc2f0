"""A .deb that was built again at the same version, in beds: it is not taken for the one that was installed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support.machines.apt_states import exact, keep
from support.machines.aptbeds import SHELF, STAGING, install, offer, propose, restore
from support.packages.archive import Archive, standard
from support.packages.contents import bared_manifest

from cortexrepo.ecosystems.apt.state import rows
from cortexrepo.errors import FetchError
from cortexrepo.model.content import DIGEST
from cortexrepo.model.plan import ARTIFACT, REINSTALL

if TYPE_CHECKING:
    from pathlib import Path

    from support.machines.apt_states import Past
    from support.machines.beds import Bed

NAME = "cx-solo_1.0_all.deb"


def rebuilt(bed: Bed) -> None:
    """The archive has another cx-solo 1.0 from now on, and apt's cache none."""
    architectures = bed.run("dpkg", "--print-architecture").out.strip(), "i386"
    archive: Archive = standard(*architectures)
    archive.add("cx-solo", "1.0", files={"usr/share/cx-solo/rebuilt": "x\n"})
    root: Path = bed.path("/srv/archive")
    shutil.rmtree(root)
    archive.write(root)
    offer(bed, "all")
    bed.run("apt-get", "clean")


def digest(bed: Bed) -> str:
    return next(row.attribute(DIGEST) for row in bed.call(rows).packages if row.name == "cx-solo")


def test_a_rebuilt_deb_is_not_put_in_the_place_of_what_was_installed(solo: Past) -> None:
    bed, target, changed = solo
    assert digest(bed)
    rebuilt(bed)
    with pytest.raises(FetchError, match=r"has other files than the cx-solo 1\.0 all that was installed"):
        bed.call(restore, target)
    assert bed.call(rows) == changed


def test_the_kept_deb_is_taken_where_the_source_has_another(solo: Past) -> None:
    bed, target, _ = solo
    keep(bed)
    rebuilt(bed)
    bed.call(restore, target)
    exact(bed, target)


def test_a_plan_looks_into_the_files_that_are_at_hand(solo: Past) -> None:
    bed, target, changed = solo
    keep(bed)
    rebuilt(bed)
    offer(bed, "other")
    namesake = bed.path(f"/srv/archive/pool/{NAME}")
    shutil.copy(namesake, bed.path(f"/var/cache/apt/archives/{NAME}"))
    [step] = bed.call(propose, target).steps
    assert (step.source and step.source.place) == ARTIFACT
    shutil.copy(namesake, bed.path(f"{SHELF}/{NAME}"))
    for cached, reason in (
        (False, "no file of this version that is at hand has the files that the package had"),
        (True, "has other files than the cx-solo 1.0 all that was installed"),
    ):
        bed.call(shutil.rmtree, STAGING)
        if cached:  # apt has removed the file that was not of the size that it expected.
            shutil.copy(namesake, bed.path(f"/var/cache/apt/archives/{NAME}"))
        [found] = bed.call(propose, target).obstacles
        assert (found.kind, found.package) == ("missing", "cx-solo 1.0")
        assert reason in found.reason
    assert bed.call(rows) == changed


def test_a_rebuilt_deb_that_is_installed_is_a_difference_and_goes(solo: Past) -> None:
    bed, target, _ = solo
    keep(bed)
    rebuilt(bed)
    install(bed, "cx-solo=1.0")
    proposal = bed.call(propose, target)
    assert [step.kind for step in proposal.steps] == [REINSTALL]
    assert [risk.kind for risk in proposal.risks if risk.package.startswith("cx-solo")] == ["no-way-back"]
    bed.call(restore, target)
    exact(bed, target)
    assert not bed.path("/usr/share/cx-solo/rebuilt").exists()


def test_a_plan_says_that_cache_and_source_have_another_file_of_the_version(solo: Past) -> None:
    bed, target, _ = solo
    rebuilt(bed)
    install(bed, "cx-solo=1.0")
    shutil.copy(bed.path(f"/srv/archive/pool/{NAME}"), bed.path(f"/var/cache/apt/archives/{NAME}"))
    [found] = [one for one in bed.call(propose, target).obstacles if one.package == "cx-solo 1.0"]
    assert (found.kind, "has the files that the package had" in found.reason) == ("missing", True)


def test_a_cached_deb_with_another_content_does_not_hide_the_kept_one(solo: Past) -> None:
    bed, target, _ = solo
    keep(bed)
    rebuilt(bed)
    shutil.copy(bed.path(f"/srv/archive/pool/{NAME}"), bed.path(f"/var/cache/apt/archives/{NAME}"))
    offer(bed, "newest")
    bed.call(restore, target)
    exact(bed, target)
    assert bed.path(f"{SHELF}/{NAME}").exists()


def test_a_snapshot_without_digests_is_restored_as_before(solo: Past) -> None:
    bed, target, _ = solo
    rebuilt(bed)
    bed.call(restore, bared_manifest(target))
    assert [step.kind for step in bed.call(propose, target).steps] == [REINSTALL]
