"""Where the apt restore has files of packages from, in beds: the cache, what was kept, what a source offers."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from support.machines.apt_states import exact, keep, vanish
from support.machines.aptbeds import SHELF, install, propose, restore

from cortexrepo.ecosystems.apt.state import rows
from cortexrepo.errors import FetchError
from cortexrepo.model.plan import ARTIFACT, CACHE, CONFIGURED

if TYPE_CHECKING:
    from support.machines.apt_states import Past
    from support.machines.beds import Bed


def test_versions_that_have_vanished_are_all_named_and_nothing_is_touched(past: Past) -> None:
    bed, target, changed = past
    vanish(bed)
    outcome = bed.call(restore, target)
    named = {obstacle.package for obstacle in outcome.proposal.obstacles if obstacle.kind == "missing"}
    names = ["app", "lib", "plugin", "hold", "ess", "prot", "conf", "ma", "daemon"]
    wanted = {f"cx-{name} 1.0" for name in (*names, "solo", "arch")} | {"cx-re.x 1.1", "cx-epoch 5.0-1"}
    assert named == wanted
    assert bed.call(rows) == changed


def test_vanished_versions_come_from_what_was_kept(past: Past) -> None:
    bed, target, _ = past
    vanish(bed)
    keep(bed)
    outcome = bed.call(restore, target)
    assert outcome.proposal.obstacles == ()
    assert {step.source.place for step in outcome.part.steps if step.source} == {ARTIFACT, CONFIGURED}
    exact(bed, target)


def test_the_cache_comes_first_and_is_checked(solo: Past) -> None:
    bed, target, _ = solo
    cached = bed.path("/var/cache/apt/archives/cx-solo_1.0_all.deb")
    [step] = bed.call(propose, target).steps
    assert step.source is not None
    assert step.source.place == CACHE
    cached.write_bytes(cached.read_bytes()[:-1] + b"!")
    # The size is right and the content is not: it is fetched after all.
    outcome = bed.call(restore, target)
    assert any("another checksum" in line for line in outcome.told)
    exact(bed, target)


def test_a_kept_file_of_another_package_is_not_used(solo: Past) -> None:
    bed, target, changed = solo
    vanish(bed)
    keep(bed)
    shutil.copy(bed.path(f"{SHELF}/cx-hold_1.0_all.deb"), bed.path(f"{SHELF}/cx-solo_1.0_all.deb"))
    [obstacle] = bed.call(propose, target).obstacles
    assert obstacle.kind == "missing"
    assert "no file of this version that is at hand has the files" in obstacle.reason
    assert bed.call(rows) == changed


def test_a_file_that_the_source_lost_meanwhile_stops_it_before_anything_is_touched(past: Past) -> None:
    bed, target, changed = past
    bed.run("apt-get", "clean")
    for name in ("cx-solo_1.0_all.deb", "cx-lib_1.0_all.deb"):
        bed.path(f"/srv/archive/pool/{name}").unlink()
    with pytest.raises(FetchError, match=r"cx-lib 1\.0, cx-solo 1\.0"):
        bed.call(restore, target)
    assert bed.call(rows) == changed
    assert os.listdir(bed.path("/var/cache/apt/archives")) == ["partial"] or not any(
        name.startswith("cortex") for name in os.listdir(bed.path("/var/cache/apt/archives"))
    )


def test_what_a_source_cannot_deliver_is_taken_from_what_was_kept(solo: Past) -> None:
    bed, target, _ = solo
    keep(bed)
    bed.run("apt-get", "clean")
    bed.path("/srv/archive/pool/cx-solo_1.0_all.deb").unlink()
    bed.call(restore, target)
    exact(bed, target)


def test_a_file_with_other_content_than_announced_is_not_installed(solo: Past) -> None:
    bed, target, changed = solo
    bed.run("apt-get", "clean")
    pool = bed.path("/srv/archive/pool/cx-solo_1.0_all.deb")
    pool.write_bytes(pool.read_bytes()[:-1] + b"!")
    with pytest.raises(FetchError, match=r"cx-solo 1\.0"):
        bed.call(restore, target)
    assert bed.call(rows) == changed


def test_what_is_to_be_had_nowhere_afterwards_is_told_before(bed: Bed) -> None:
    install(bed, "cx-solo=1.0")
    target = bed.call(rows)
    install(bed, "cx-solo=1.1")
    bed.run("apt-get", "clean")
    bed.path("/srv/archive/pool/cx-solo_1.1_all.deb").unlink()
    for arch in ("amd64", "i386"):
        index = bed.path(f"/srv/archive/dists/all/main/binary-{arch}/Packages")
        kept = [
            one for one in index.read_text().split("\n\n") if not one.startswith("Package: cx-solo\nVersion: 1.1\n")
        ]
        index.write_text("\n\n".join(kept))
    bed.run("sh", "-c", "rm /srv/archive/dists/all/Release; rm -r /var/lib/apt/lists/*; apt-get -qq update")
    assert [(risk.kind, risk.package) for risk in bed.call(propose, target).risks] == [("no-way-back", "cx-solo 1.1")]
