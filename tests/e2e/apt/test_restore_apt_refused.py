"""What the apt restore refuses, in beds, with everything that stands against it: nothing is changed then."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.machines.apt_states import exact, small
from support.machines.aptbeds import STAGING, install, propose, restore, room

from cortexrepo.ecosystems.apt.restore import restorer as apt
from cortexrepo.ecosystems.apt.state import rows
from cortexrepo.errors import RefusedError
from cortexrepo.model.plan import Part
from cortexrepo.restore.run.preloading import preload

if TYPE_CHECKING:
    from support.machines.apt_states import Past
    from support.machines.beds import Bed


def test_a_proposal_is_made_without_privilege_and_carried_out_with_it(past: Past) -> None:
    bed, target, _ = past
    bed.run("install", "-d", "-o", "65534", STAGING)
    # That user cannot load anything: Python may lie in root's home.
    preload()
    found = bed.call(propose, target, user=65534)
    assert [one.kind for one in found.obstacles] == ["privilege"]
    with pytest.raises(RefusedError, match="root"):
        bed.call(_fetch, Part("apt", "", (), found.steps), user=65534)


def _fetch(part: Part) -> None:
    apt.fetch(part, room())


def test_the_essential_the_protected_and_the_running_kernel_are_not_taken_away(bed: Bed) -> None:
    target = bed.call(rows)
    kernel = f"linux-image-{os.uname().release.replace('_', '-')}"
    install(bed, "cx-ess=1.0", "cx-prot=1.0", kernel)
    changed = bed.call(rows)
    outcome = bed.call(restore, target)
    kinds = {obstacle.package.split()[0]: obstacle.kind for obstacle in outcome.proposal.obstacles if obstacle.package}
    expected = {"cx-ess": "essential", "cx-prot": "essential"}
    if kernel == f"linux-image-{os.uname().release}":
        expected[kernel] = "kernel"
    assert kinds == expected
    assert bed.call(rows) == changed


def test_an_architecture_that_is_not_enabled_is_named_with_the_way_out(bed: Bed) -> None:
    target, _ = small(bed, "cx-ma=1.0", "cx-ma:i386=1.0", after=("cx-ma:i386-",))
    bed.run("dpkg", "--remove-architecture", "i386")
    bed.run("apt-get", "-qq", "update")
    found = bed.call(propose, target).obstacles
    assert [obstacle.kind for obstacle in found if obstacle.package == "cx-ma 1.0"] == ["architecture", "missing"][:1]
    assert "dpkg --add-architecture i386" in found[0].hint


def test_what_apt_would_do_besides_is_an_obstacle(bed: Bed) -> None:
    install(bed, "cx-app=1.0", "cx-lib=1.0", "cx-plugin=1.0")
    target = bed.call(rows)
    install(bed, "cx-app=2.0", "cx-lib=2.0", "cx-plugin=2.0")
    # The library alone: apt would have to take the application along.
    part = tuple(row for row in target.packages if row.name != "cx-app")
    kept = tuple(row for row in bed.call(rows).packages if row.name == "cx-app")
    found = bed.call(propose, target._replace(packages=part + kept)).obstacles
    assert {obstacle.kind for obstacle in found} == {"simulation"}
    assert any("cx-app:amd64" in obstacle.reason or "cx-app" in obstacle.reason for obstacle in found)


def test_hostile_options_of_the_machine_have_no_say(past: Past) -> None:
    bed, target, _ = past
    install(bed, "cx-big=1.0")
    bed.run("apt-mark", "auto", "cx-big")
    want = tuple(row for row in bed.call(rows).packages if row.name == "cx-big")
    target = target._replace(packages=tuple(sorted((*target.packages, *want))))
    bed.path("/etc/apt/apt.conf.d/99hostile").write_text(
        'APT::Get::Purge "true";\nAPT::Get::AutomaticRemove "true";\nAPT::Install-Recommends "true";\n'
        'APT::Install-Suggests "true";\nAPT::Get::Mark-Auto "true";\nAPT::Get::Only-Upgrade "true";\n'
        'APT::Get::Remove "false";\nAPT::Get::Trivial-Only "true";\nAPT::Default-Release "other";\n'
        'APT::Get::allow-remove-essential "true";\nAPT::Get::allow-downgrades "false";\n'
    )
    bed.path("/etc/apt/preferences.d/99hostile").write_text("Package: *\nPin: release *\nPin-Priority: -10\n")
    outcome = bed.call(restore, target)
    assert outcome.proposal.obstacles == ()
    bed.path("/etc/apt/apt.conf.d/99hostile").unlink()
    exact(bed, target)


def test_a_change_between_the_plan_and_the_lock_is_seen_by_the_guard(bed: Bed) -> None:
    target, _ = small(bed, "cx-app=1.0", "cx-lib=1.0", "cx-solo=1.0", after=("cx-app=2.0", "cx-lib=2.0", "cx-solo=2.0"))
    # In the middle of apt's own start somebody else is quicker: a hook that runs first, under apt's lock.
    bed.path("/etc/apt/apt.conf.d/99race").write_text('DPkg::Pre-Install-Pkgs {"sh /race";};\n')
    bed.path("/race").write_text(
        f'cat >/dev/null; sed -i \'s/"2.0", "1.0 all"/"1.1", "1.0 all"/\' {STAGING}/guard.json\n'
    )
    changed = bed.call(rows)
    with pytest.raises(RefusedError, match=r"apt says from 2\.0 to 1\.0 all, the plan says from 1\.1 to 1\.0 all"):
        bed.call(restore, target)
    assert bed.call(rows) == changed
    assert bed.run("dpkg", "--audit").out == ""


def test_a_change_between_the_plan_and_its_execution_is_refused(solo: Past) -> None:
    bed, target, _ = solo
    bed.path("/usr/local/sbin/apt-get").write_text(
        '#!/bin/sh\n[ "$*" = "${*#*download -- }" ] || /usr/bin/apt-get -qq -y -o Dpkg::Use-Pty=0 '
        '--allow-downgrades install cx-solo=1.1 >/dev/null\nexec /usr/bin/apt-get "$@"\n'
    )
    bed.path("/usr/local/sbin/apt-get").chmod(0o755)
    with pytest.raises(
        RefusedError, match=r"cx-solo has changed since the plan was made, and is installed at 1\.1 now"
    ):
        bed.call(restore, target)


def test_an_interrupted_dpkg_is_an_obstacle_with_the_way_out(bed: Bed) -> None:
    target, _ = small(bed, "cx-fail=1.0", "cx-solo=1.0", after=("cx-solo=2.0",))
    bed.path("/etc/cx-fail").touch()
    bed.run("apt-get", "-qq", "-y", "install", "cx-fail=2.0", code=100)
    bed.path("/etc/cx-fail").unlink()
    kept = tuple(row for row in bed.call(rows).packages if row.name == "cx-fail")
    wanted = tuple(sorted((*(row for row in target.packages if row.name != "cx-fail"), *kept)))
    [found] = bed.call(propose, target._replace(packages=wanted)).obstacles
    assert (found.kind, found.package) == ("broken", "cx-fail 2.0")
    assert "dpkg --configure -a" in found.hint
    # The plan that replaces it is none of its own trouble.
    assert bed.call(propose, target).obstacles == ()
    bed.path("/var/lib/dpkg/updates/0001").touch()
    assert [found.reason for found in bed.call(propose, target).obstacles] == ["dpkg was interrupted"]


@pytest.mark.parametrize("name", ["cx-re.x", "cx-re.."])
def test_a_name_that_is_also_a_pattern_means_itself_alone(bed: Bed, name: str) -> None:
    install(bed, "cx-re1x=1.0", "cx-solo=1.0")
    target = bed.call(rows)
    ghost = next(row for row in target.packages if row.name == "cx-solo")._replace(name=name, version="1.0")
    wanted = target._replace(packages=tuple(sorted((*target.packages, ghost))))
    proposal = bed.call(propose, wanted)
    if name == "cx-re.x":
        assert proposal.obstacles == ()
    else:
        assert [(found.kind, found.package) for found in proposal.obstacles] == [("missing", "cx-re.. 1.0")]


def test_a_full_disk_for_files_stops_it_before_anything_is_touched(bed: Bed) -> None:
    install(bed, "cx-big=1.0", "cx-solo=1.0")
    target = bed.call(rows)
    install(bed, "cx-big=2.0", "cx-solo=2.0")
    changed = bed.call(rows)
    bed.run("apt-get", "clean")
    bed.run("mount", "-t", "tmpfs", "-o", "size=1m", "tiny", "/var/cache/apt/archives")
    found = bed.call(propose, target).obstacles
    assert [obstacle.kind for obstacle in found] == ["space"]
    assert "/var/cache/apt/archives" in found[0].reason
    assert bed.call(rows) == changed
