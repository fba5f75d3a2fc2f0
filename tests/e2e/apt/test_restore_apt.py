"""The apt restore with the real apt and dpkg, in beds: exact, and nothing besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.machines.apt_states import exact, first, small
from support.machines.aptbeds import Outcome, install, propose, put_again, restore, steps_between

from cortexrepo.ecosystems.apt.state import rows

if TYPE_CHECKING:
    from support.machines.apt_states import Past
    from support.machines.beds import Bed


def test_one_and_twenty_changes_of_every_kind_are_taken_back_exactly(past: Past) -> None:
    bed, target, changed = past
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


def test_a_proposal_changes_nothing(past: Past) -> None:
    bed, target, changed = past
    before = _listing(bed)
    assert bed.call(propose, target).obstacles == ()
    assert _listing(bed) == before
    assert bed.call(rows) == changed


def _listing(bed: Bed) -> str:
    places = ("/var/lib/dpkg", "/var/lib/apt", "/etc", "/usr/share", "/var/cache/apt/archives")
    return bed.run("find", *places, "-newer", "/etc/apt/sources.list", "-printf", "%p %s %T@ %C@\n").out


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


def test_what_is_put_in_again_at_its_version_is_whole_afterwards(bed: Bed) -> None:
    install(bed, "cx-solo=1.0", "cx-lib=1.0")
    target = bed.call(rows)
    bed.path("/usr/share/cx-solo/version-all").unlink()
    assert bed.call(put_again, "cx-solo").obstacles == ()
    assert bed.path("/usr/share/cx-solo/version-all").exists()
    exact(bed, target)
