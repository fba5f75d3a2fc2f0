"""The apt restore on machines that are set up otherwise, in beds: hooks, caches, lists, and read-only places."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from support.machines.apt_states import exact, small, vanish
from support.machines.aptbeds import REPOSITORY, install, propose, restore

from cortexrepo.ecosystems.apt.state import rows
from cortexrepo.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.beds import Bed

    from cortexrepo.model.package import Manifest


def test_a_hook_that_fails_afterwards_costs_no_mark_and_is_told(bed: Bed) -> None:
    install(bed, "cx-solo=1.0", "cx-lib=1.0")
    bed.run("apt-mark", "auto", "cx-lib")
    bed.run("apt-mark", "hold", "cx-solo")
    target = bed.call(rows)
    bed.run("apt-mark", "unhold", "cx-solo")
    install(bed, "cx-solo=2.0", "cx-lib=2.0")
    bed.run("apt-mark", "manual", "cx-lib")
    bed.path("/etc/apt/apt.conf.d/99hook").write_text('DPkg::Post-Invoke {"echo the hook says no; false";};\n')
    told = bed.call(restore, target).told
    exact(bed, target)
    [note] = [line for line in told if line.startswith("note: ")]
    assert "every package was changed" in note
    assert "the hook says no" in note


def test_why_no_source_has_a_version_is_told(bed: Bed) -> None:
    target, _ = small(bed, "cx-solo=1.0", after=("cx-solo=2.0",))
    vanish(bed)
    assert _kinds(bed, target) == ["missing"]
    # A second source of which no list was ever fetched.
    bed.path("/etc/apt/sources.list.d/x.list").write_text("deb [trusted=yes] copy:/nowhere ./\n")
    lists = bed.call(propose, target).obstacles[0]
    assert (lists.kind, "copy:/nowhere/" in lists.reason) == ("lists", True)
    assert "`apt-get update`" in lists.hint
    # The usual last line of a Dockerfile.
    bed.run("sh", "-c", "rm -rf /var/lib/apt/lists/*")
    assert "any source" in bed.call(propose, target).obstacles[0].reason
    bed.run("sh", "-c", "rm /etc/apt/sources.list.d/x.list /etc/apt/sources.list")
    assert "name none" in bed.call(propose, target).obstacles[0].reason


def test_a_source_that_apt_does_not_trust_is_an_obstacle_and_not_a_surprise(bed: Bed) -> None:
    target, _ = small(bed, "cx-solo=1.0", after=("cx-solo=2.0",))
    bed.run("apt-get", "clean")
    sources = bed.path("/etc/apt/sources.list")
    sources.write_text(sources.read_text().replace("[trusted=yes] ", ""))
    [found] = bed.call(propose, target).obstacles
    assert (found.kind, found.package) == ("untrusted", "cx-solo 1.0")
    assert f"copy:{REPOSITORY}/" in found.reason


def _kinds(bed: Bed, target: Manifest) -> list[str]:
    return [one.kind for one in bed.call(propose, target).obstacles]


def test_a_cache_that_is_elsewhere_is_used(bed: Bed) -> None:
    target, _ = small(bed, "cx-solo=1.0", after=("cx-solo=2.0",))
    bed.run("sh", "-c", "mkdir -p /srv/cache/partial; cp /srv/archive/pool/cx-solo_1.0_all.deb /srv/cache")
    bed.path("/etc/apt/apt.conf.d/99x").write_text('Dir::Cache::Archives "/srv/cache";\n')
    vanish(bed)
    bed.run("cp", "/srv/archive/pool/cx-solo_1.0_all.deb", "/srv/cache")
    bed.call(restore, target)
    exact(bed, target)


def test_dependencies_that_are_not_met_are_told_with_both_names(bed: Bed) -> None:
    bed.run("dpkg", "--force-depends", "-i", "/srv/archive/pool/cx-app_1.0_all.deb")
    bed.run("dpkg", "-i", "/srv/archive/pool/cx-solo_1.0_all.deb")
    target = bed.call(rows)
    bed.run("dpkg", "-i", "/srv/archive/pool/cx-solo_2.0_all.deb")
    [found] = bed.call(propose, target).obstacles
    assert (found.kind, found.package) == ("simulation", "cx-app 1.0")
    assert "cx-lib" in found.reason


def test_what_is_read_only_is_an_obstacle_and_nothing_is_touched(bed: Bed) -> None:
    target, changed = small(bed, "cx-conf=1.0", "cx-solo=1.0", after=("cx-conf=2.0", "cx-solo=2.0"))
    for path in ("/usr", "/etc", "/var/lib/dpkg", "/usr/share/cx-solo"):
        with _read_only(bed, path):
            [found] = bed.call(propose, target).obstacles
            assert (found.kind, path in found.reason) == ("read-only", True)
    # A hook is said to open it, and does not: the guard sees it when dpkg is about to be started.
    bed.path("/etc/apt/apt.conf.d/99mount").write_text('DPkg::Pre-Invoke {"true mount";};\n')
    with _read_only(bed, "/usr"):
        assert [one.kind for one in bed.call(propose, target).risks][-1] == "read-only"
        with pytest.raises(RefusedError, match="cannot be written: /usr/share/cx-conf"):
            bed.call(restore, target)
    assert bed.call(rows) == changed
    assert bed.run("dpkg", "--audit").out == ""
    # It does, and all goes well.
    bed.path("/etc/apt/apt.conf.d/99mount").write_text('DPkg::Pre-Invoke {"mount -o remount,bind,rw /usr";};\n')
    with _read_only(bed, "/usr"):
        bed.call(restore, target)
    exact(bed, target)


@contextmanager
def _read_only(bed: Bed, path: str) -> Iterator[None]:
    bed.run("mount", "--bind", path, path)
    bed.run("mount", "-o", "remount,bind,ro", path)
    try:
        yield
    finally:
        bed.run("umount", "--lazy", path)
