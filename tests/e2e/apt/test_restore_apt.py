"""The apt restore with the real apt and dpkg, in beds: exact, or refused with everything that stands against it."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from support.machines.aptbeds import (
    SHELF,
    STAGING,
    Outcome,
    apt_bed,
    begin,
    install,
    lead_back,
    offer,
    propose,
    put_again,
    recover,
    restore,
    resume,
    room,
    steps_between,
)

from cortexrepo.ecosystems.apt.restore import restorer as apt
from cortexrepo.ecosystems.apt.state import rows
from cortexrepo.errors import FetchError, RefusedError, RestoreError
from cortexrepo.model.plan import ARTIFACT, CACHE, CONFIGURED, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.beds import Bed

    from cortexrepo.model.package import Manifest

FIRST = [
    "cx-app=1.0",
    "cx-lib=1.0",
    "cx-plugin=1.0",
    "cx-hold=1.0",
    "cx-ess=1.0",
    "cx-prot=1.0",
    "cx-conf=1.0",
    "cx-epoch=5.0-1",
    "cx-old",
    "cx-user",
    "cx-solo=1.0",
    "cx-div",
    "cx-ma=1.0",
    "cx-ma:i386=1.0",
    "cx-arch=1.0",
    "cx-re.x=1.1",
    "cx-daemon=1.0",
]
SECOND = [
    "cx-app=2.0",
    "cx-lib=2.0",
    "cx-plugin=2.0",
    "cx-hold=2.0",
    "cx-ess=2.0",
    "cx-prot=2.0",
    "cx-conf=2.0",
    "cx-epoch",
    "cx-new",
    "cx-solo-",
    "cx-div-",
    "cx-ma=2.0",
    "cx-ma:i386-",
    "cx-reboot",
    "cx-arch=2.0",
    "cx-re.x-",
    "cx-re1x",
    "cx-daemon=2.0",
    "cx-fail",
]


@pytest.fixture
def bed() -> Iterator[Bed]:
    with apt_bed() as made:
        yield made


def first(bed: Bed) -> Manifest:
    """Puts the bed into the state that tests go back to, and returns it."""
    install(bed, *FIRST)
    bed.run("apt-mark", "auto", "cx-plugin", "cx-lib", "cx-old", "cx-ma:i386")
    bed.run("apt-mark", "hold", "cx-hold")
    return bed.call(rows)


def second(bed: Bed) -> Manifest:
    """Changes 21 packages of it."""
    install(bed, *SECOND)
    bed.run("apt-mark", "auto", "cx-user")
    return bed.call(rows)


def small(bed: Bed, *before: str, after: tuple[str, ...]) -> tuple[Manifest, Manifest]:
    """Returns how the bed is with `before`, and then with `after`, in which it is left."""
    install(bed, *before)
    target = bed.call(rows)
    install(bed, *after)
    return target, bed.call(rows)


def exact(bed: Bed, target: Manifest) -> None:
    now = bed.call(rows)
    assert steps_between(now, target) == ()
    assert now == target
    assert bed.run("dpkg", "--audit").out == ""
    bed.run("apt-get", "check")


def vanish(bed: Bed) -> None:
    """The archive moves on: what is old is in it no more, nor in the cache."""
    offer(bed, "newest")
    bed.run("apt-get", "clean")


def keep(bed: Bed) -> None:
    """Puts every file of the archive on the shelf."""
    shutil.copytree(bed.path("/srv/archive/pool"), bed.path(SHELF))


def test_one_and_twenty_changes_of_every_kind_are_taken_back_exactly(bed: Bed) -> None:
    target = first(bed)
    changed = second(bed)
    outcome = bed.call(restore, target)
    assert outcome.proposal.obstacles == ()
    assert len(outcome.part.steps) >= 21
    assert {step.kind for step in outcome.part.steps} == {"downgrade", "install", "remove", "mark"}
    exact(bed, target)
    # And there again: upgrades.
    assert "upgrade" in {step.kind for step in bed.call(restore, changed).part.steps}
    exact(bed, changed)


def test_nothing_to_do_starts_nothing(bed: Bed) -> None:
    target = first(bed)
    outcome = bed.call(restore, target)
    assert outcome == Outcome(outcome.proposal, [], outcome.part)
    assert outcome.part.steps == ()


def test_versions_that_have_vanished_are_all_named_and_nothing_is_touched(bed: Bed) -> None:
    target = first(bed)
    changed = second(bed)
    vanish(bed)
    outcome = bed.call(restore, target)
    named = {obstacle.package for obstacle in outcome.proposal.obstacles if obstacle.kind == "missing"}
    names = ["app", "lib", "plugin", "hold", "ess", "prot", "conf", "ma", "daemon"]
    wanted = {f"cx-{name} 1.0" for name in (*names, "solo", "arch")} | {"cx-re.x 1.1", "cx-epoch 5.0-1"}
    assert named == wanted
    assert bed.call(rows) == changed


def test_vanished_versions_come_from_what_was_kept(bed: Bed) -> None:
    target = first(bed)
    second(bed)
    vanish(bed)
    keep(bed)
    outcome = bed.call(restore, target)
    assert outcome.proposal.obstacles == ()
    assert {step.source.place for step in outcome.part.steps if step.source} == {ARTIFACT, CONFIGURED}
    exact(bed, target)


def test_the_cache_comes_first_and_is_checked(bed: Bed) -> None:
    target, _ = small(bed, "cx-solo=1.0", after=("cx-solo=2.0",))
    cached = bed.path("/var/cache/apt/archives/cx-solo_1.0_all.deb")
    [step] = bed.call(propose, target).steps
    assert step.source is not None
    assert step.source.place == CACHE
    cached.write_bytes(cached.read_bytes()[:-1] + b"!")
    # The size is right and the content is not: it is fetched after all.
    outcome = bed.call(restore, target)
    assert any("not the content" in line for line in outcome.told)
    exact(bed, target)


def test_a_kept_file_of_another_package_is_not_used(bed: Bed) -> None:
    target, changed = small(bed, "cx-solo=1.0", after=("cx-solo=2.0",))
    vanish(bed)
    keep(bed)
    shutil.copy(bed.path(f"{SHELF}/cx-hold_1.0_all.deb"), bed.path(f"{SHELF}/cx-solo_1.0_all.deb"))
    [obstacle] = bed.call(propose, target).obstacles
    assert obstacle.kind == "missing"
    assert "holds cx-hold 1.0 all" in obstacle.reason
    assert bed.call(rows) == changed


def test_a_proposal_changes_nothing(bed: Bed) -> None:
    target = first(bed)
    changed = second(bed)
    before = _listing(bed)
    assert bed.call(propose, target).obstacles == ()
    assert _listing(bed) == before
    assert bed.call(rows) == changed


def _listing(bed: Bed) -> str:
    places = ("/var/lib/dpkg", "/var/lib/apt", "/etc", "/usr/share", "/var/cache/apt/archives")
    return bed.run("find", *places, "-newer", "/etc/apt/sources.list", "-printf", "%p %s %T@ %C@\n").out


def test_a_proposal_is_made_without_privilege_and_carried_out_with_it(bed: Bed) -> None:
    target = first(bed)
    second(bed)
    bed.run("install", "-d", "-o", "65534", STAGING)
    found = bed.call(propose, target, user=65534)
    assert [one.kind for one in found.obstacles] == ["privilege"]
    with pytest.raises(RefusedError, match="root"):
        bed.call(_fetch, Part("apt", "", (), found.steps), user=65534)


def _fetch(part: Part) -> None:
    apt.fetch(part, room())


def test_an_edited_configuration_file_stays(bed: Bed) -> None:
    target, _ = small(bed, "cx-conf=1.0", after=("cx-conf=2.0",))
    bed.path("/etc/cx-conf.conf").write_text("mine\n")
    bed.call(restore, target)
    exact(bed, target)
    assert bed.path("/etc/cx-conf.conf").read_text() == "mine\n"


def test_what_is_taken_away_is_removed_and_not_purged(bed: Bed) -> None:
    install(bed, "cx-solo=1.0")
    target = bed.call(rows)
    install(bed, "cx-conf=2.0")
    bed.call(restore, target)
    assert bed.path("/etc/cx-conf.conf").exists()
    [left] = steps_between(bed.call(rows), target)
    assert left.before is not None
    assert left.before.attribute("state") == "deinstall ok config-files"
    # That remainder is told the next time, and is no step that apt hears of.
    [risk] = bed.call(propose, target).risks
    assert (risk.kind, risk.package) == ("state", "cx-conf 2.0")


def test_holds_and_marks_come_back_and_others_stay(bed: Bed) -> None:
    install(bed, "cx-app=1.0", "cx-lib=1.0", "cx-hold=1.0", "cx-solo=1.0", "cx-plugin=1.0")
    bed.run("apt-mark", "auto", "cx-lib", "cx-solo")
    bed.run("apt-mark", "hold", "cx-hold", "cx-app")
    target = bed.call(rows)
    bed.run("apt-mark", "unhold", "cx-app", "cx-hold")
    install(bed, "cx-hold=2.0", "cx-lib=2.0", "cx-app=2.0", "cx-plugin=2.0")
    bed.run("apt-mark", "hold", "cx-lib", "cx-plugin")
    bed.run("apt-mark", "manual", "cx-solo")
    bed.call(restore, target)
    exact(bed, target)


def test_marks_alone_are_set_without_touching_a_package(bed: Bed) -> None:
    install(bed, "cx-solo=1.0", "cx-ma=1.0", "cx-ma:i386=1.0")
    bed.run("apt-mark", "hold", "cx-ma:i386")
    bed.run("apt-mark", "auto", "cx-ma")
    target = bed.call(rows)
    bed.run("apt-mark", "unhold", "cx-ma:i386")
    bed.run("apt-mark", "manual", "cx-ma")
    bed.run("apt-mark", "hold", "cx-solo")
    outcome = bed.call(restore, target)
    assert not any("Unpacking" in line for line in outcome.told)
    exact(bed, target)


def test_a_hold_on_what_is_not_installed_comes_back(bed: Bed) -> None:
    bed.run("apt-mark", "hold", "cx-solo")
    target = bed.call(rows)
    assert any(row.name == "cx-solo" for row in target.packages)
    bed.run("apt-mark", "unhold", "cx-solo")
    bed.call(restore, target)
    exact(bed, target)


def test_with_hold_what_was_changed_is_held(bed: Bed) -> None:
    target, _ = small(bed, "cx-solo=1.0", "cx-lib=1.0", after=("cx-solo=2.0",))
    [step] = bed.call(lambda: propose(target, hold=True)).steps
    assert step.after is not None
    assert step.after.flags & 2


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


def test_hostile_options_of_the_machine_have_no_say(bed: Bed) -> None:
    target = first(bed)
    second(bed)
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
    with pytest.raises(RefusedError, match=r"from 2\.0 to 1\.0 all instead of from 1\.1 to 1\.0 all"):
        bed.call(restore, target)
    assert bed.call(rows) == changed
    assert bed.run("dpkg", "--audit").out == ""


def test_a_change_between_the_plan_and_its_execution_is_refused(bed: Bed) -> None:
    target, _ = small(bed, "cx-solo=1.0", after=("cx-solo=2.0",))
    bed.path("/usr/local/sbin/apt-get").write_text(
        '#!/bin/sh\n[ "$*" = "${*#*download -- }" ] || /usr/bin/apt-get -qq -y -o Dpkg::Use-Pty=0 '
        '--allow-downgrades install cx-solo=1.1 >/dev/null\nexec /usr/bin/apt-get "$@"\n'
    )
    bed.path("/usr/local/sbin/apt-get").chmod(0o755)
    with pytest.raises(RefusedError, match=r"cx-solo has changed since the plan was made: it is at 1\.1"):
        bed.call(restore, target)


def test_a_file_that_the_source_lost_meanwhile_stops_it_before_anything_is_touched(bed: Bed) -> None:
    target = first(bed)
    changed = second(bed)
    bed.run("apt-get", "clean")
    for name in ("cx-solo_1.0_all.deb", "cx-lib_1.0_all.deb"):
        bed.path(f"/srv/archive/pool/{name}").unlink()
    with pytest.raises(FetchError, match=r"cx-lib 1\.0, cx-solo 1\.0"):
        bed.call(restore, target)
    assert bed.call(rows) == changed
    assert os.listdir(bed.path("/var/cache/apt/archives")) == ["partial"] or not any(
        name.startswith("cortex") for name in os.listdir(bed.path("/var/cache/apt/archives"))
    )


def test_what_a_source_cannot_deliver_is_taken_from_what_was_kept(bed: Bed) -> None:
    target, _ = small(bed, "cx-solo=1.0", after=("cx-solo=2.0",))
    keep(bed)
    bed.run("apt-get", "clean")
    bed.path("/srv/archive/pool/cx-solo_1.0_all.deb").unlink()
    bed.call(restore, target)
    exact(bed, target)


def test_a_file_with_other_content_than_announced_is_not_installed(bed: Bed) -> None:
    target, changed = small(bed, "cx-solo=1.0", after=("cx-solo=2.0",))
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


def test_a_script_that_fails_is_named_with_what_it_said_and_the_others_are_done(bed: Bed) -> None:
    target, changed = small(
        bed, "cx-fail=1.0", "cx-solo=1.0", "cx-lib=1.0", after=("cx-fail=2.0", "cx-solo=2.0", "cx-lib=2.0")
    )
    bed.path("/etc/cx-fail").touch()
    with pytest.raises(RestoreError, match="told to fail") as raised:
        bed.call(restore, target)
    assert str(raised.value).startswith("2 of 3 changes were made; half way are cx-fail (half-configured)")
    assert "--abort" in raised.value.hint
    # The cause is gone: it is finished. And from the same place it could be taken back.
    bed.path("/etc/cx-fail").unlink()
    bed.call(resume, target)
    exact(bed, target)
    bed.call(lead_back)
    exact(bed, changed)


def test_after_a_script_that_goes_on_failing_everything_is_taken_back(bed: Bed) -> None:
    target, changed = small(bed, "cx-fail=1.0", "cx-solo=1.0", after=("cx-fail=2.0", "cx-solo=2.0"))
    # Only the old version's script fails.
    vanish(bed)
    keep(bed)
    _repack(bed, "cx-fail_1.0_all.deb", "postinst", "#!/bin/sh\necho never >&2\nexit 1\n")
    with pytest.raises(RestoreError, match="never"):
        bed.call(restore, target)
    # It cannot be finished, so it is taken back at once.
    bed.call(recover)
    exact(bed, changed)
    bed.call(lead_back)
    exact(bed, changed)


def _repack(bed: Bed, name: str, script: str, body: str) -> None:
    """Changes a script of a package that is kept."""
    bed.run("dpkg-deb", "-R", f"/srv/archive/pool/{name}", "/tmp/repack")
    bed.path(f"/tmp/repack/DEBIAN/{script}").write_text(body)
    bed.path(f"/tmp/repack/DEBIAN/{script}").chmod(0o755)
    bed.run("dpkg-deb", "-Zgzip", "-b", "/tmp/repack", f"{SHELF}/{name}")


def test_a_preinst_that_refuses_to_go_down_is_named_and_everything_can_be_taken_back(bed: Bed) -> None:
    names = [f"cx-many{number}" for number in range(6)]
    olds, news = ([f"{name}={version}" for name in ("cx-noold", *names)] for version in ("1.0", "2.0"))
    target, changed = small(bed, *olds, after=tuple(news))
    with pytest.raises(RestoreError, match="never down"):
        bed.call(restore, target)
    bed.call(recover)
    assert bed.run("dpkg", "--audit").out == ""
    bed.call(lead_back)
    exact(bed, changed)


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


def test_a_disk_that_runs_full_while_fetching_is_told_and_left_empty(bed: Bed) -> None:
    install(bed, "cx-big=1.0")
    target = bed.call(rows)
    install(bed, "cx-big=2.0")
    changed = bed.call(rows)
    bed.run("apt-get", "clean")
    bed.run("mount", "-t", "tmpfs", "-o", "size=8m", "tiny", "/var/cache/apt/archives")
    bed.path("/usr/local/sbin/apt-get").write_text(
        '#!/bin/sh\ncase "$*" in *" --print-uris "*) ;; *download*) '
        "head -c 7000000 /dev/zero >/var/cache/apt/archives/other; esac\n"
        'exec /usr/bin/apt-get "$@"\n'
    )
    bed.path("/usr/local/sbin/apt-get").chmod(0o755)
    with pytest.raises(FetchError, match=r"cx-big 1\.0"):
        bed.call(restore, target)
    assert bed.call(rows) == changed
    assert not [name for name in os.listdir(bed.path("/var/cache/apt/archives")) if name.startswith("cortex")]


def test_a_disk_that_runs_full_while_unpacking_is_led_back_when_there_is_room() -> None:
    with apt_bed(size="64m") as bed:
        install(bed, "cx-big=1.0", "cx-solo=1.0", "cx-lib=1.0")
        target = bed.call(rows)
        install(bed, "cx-big=2.0", "cx-solo=2.0", "cx-lib=2.0")
        changed = bed.call(rows)

        def fill(line: str) -> None:
            if line.startswith("Preparing to unpack"):
                # All the room there is, while apt runs.
                with open("/ballast", "ab", buffering=0) as ballast:
                    try:
                        while True:
                            ballast.write(b"\0" * 4096)
                    except OSError:
                        pass

        with pytest.raises(RestoreError):
            bed.call(restore, target, fill)
        bed.path("/ballast").unlink()
        bed.call(lead_back)
        exact(bed, changed)


def test_what_is_put_in_again_at_its_version_is_whole_afterwards(bed: Bed) -> None:
    install(bed, "cx-solo=1.0", "cx-lib=1.0")
    target = bed.call(rows)
    bed.path("/usr/share/cx-solo/version-all").unlink()
    assert bed.call(put_again, "cx-solo").obstacles == ()
    assert bed.path("/usr/share/cx-solo/version-all").exists()
    exact(bed, target)


@pytest.mark.parametrize("back", [False, True], ids=["forward", "back"])
@pytest.mark.parametrize("torn", ["cx-solo", "cx-hold"], ids=["one that goes down", "one that goes"])
def test_what_dpkg_left_torn_is_put_in_again(bed: Bed, torn: str, *, back: bool) -> None:
    """Killed in the middle of unpacking: apt refuses everything until that package is whole."""
    news = ("cx-solo=2.0", "cx-lib=2.0", "cx-hold=2.0")
    target, changed = small(bed, "cx-solo=1.0", "cx-lib=1.0", after=news)

    bed.call(begin, target)
    status = bed.path("/var/lib/dpkg/status")
    text = status.read_text()
    start = text.index(f"Package: {torn}\n")
    end = text.index("\n\n", start)
    stanza = re.sub("Status: .*", "Status: install reinstreq half-installed", text[start:end], count=1)
    status.write_text(text[:start] + stanza + text[end:])
    if back:
        bed.call(lead_back)
        exact(bed, changed)
    else:
        # Though not everything could be taken back.
        bed.path(f"{STAGING}/pool/cx-lib_2.0_all.deb").unlink()
        bed.call(resume, target)
        exact(bed, target)
