"""States, triggers and selections of dpkg: inputs of our own, after reports in public trackers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.installed import put

from cortexrepo.ecosystems.apt import read as apt
from cortexrepo.ecosystems.apt.restore.hazards import obstacles
from cortexrepo.ecosystems.registry import compare
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.diff import diff
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import HOLD, RESIDUAL
from cortexrepo.model.plan import CONFIGURE, MARK, REMOVE, Selection
from cortexrepo.model.snapshot import OK
from cortexrepo.restore.plan.comparison import differences, left_alone
from cortexrepo.restore.plan.selection import choose

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.model.package import Package

GONE = ""
"""A machine on which dpkg knows nothing of the package."""


def machine(root: Path, name: str, status: str, *extra: str) -> Inventory:
    """Returns a machine on which one package has a status, or none."""
    lines = ["Package: demo", f"Status: {status}", "Architecture: amd64", "Version: 1.0", *extra, "Description: d"]
    text = "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.22\nDescription: d\n\n"
    put(root / name / "var/lib/dpkg/status", text + ("\n".join([*lines, "", ""]) if status else ""))
    [found] = apt.collect(RootedSystem(str(root / name)), ())
    assert (found.status, found.manifest is not None) == (OK, True), found.error
    return Inventory("0" * 32, (), (Reading("apt", "", OK, found.manifest),))


def row(side: Inventory) -> Package | None:
    """Returns what is said of the package."""
    assert side.readings[0].manifest is not None
    return next((one for one in side.readings[0].manifest.packages if one.name == "demo"), None)


def work(now: Inventory, then: Inventory) -> Work:
    """Returns what is to be done to go from one to the other."""
    return next(one for one in choose(now, then, Selection(), compare).works if one.ecosystem == "apt")


def kinds(before: Inventory, after: Inventory) -> list[str]:
    """Returns the kinds of changes between two snapshots."""
    return [one.kind for one in diff(before.readings, after.readings, compare).changes]


def test_what_only_left_its_configuration_is_not_installed(tmp_path: Path) -> None:
    """fusioninventory/fusioninventory-agent#692, saltstack/salt#51576: removed packages are listed as installed."""
    there, left = machine(tmp_path, "a", "install ok installed"), machine(tmp_path, "b", "deinstall ok config-files")
    found = row(left)
    assert found is not None
    assert found.flags & RESIDUAL
    assert (kinds(there, left), kinds(left, there)) == (["removed"], ["added"])


@pytest.mark.parametrize("state", ["installed", "half-configured", "unpacked"])
def test_what_is_held_is_as_installed_as_without_the_hold(tmp_path: Path, state: str) -> None:
    """fleetdm/fleet#20940, inspec/inspec#2087, juju/charm-helpers#559: held packages are not seen."""
    free, held = machine(tmp_path, "a", f"install ok {state}"), machine(tmp_path, "b", f"hold ok {state}")
    found = row(held)
    assert found is not None
    assert (found.flags & HOLD, found.version) == (HOLD, "1.0")
    assert "removed" not in kinds(free, held)
    assert [step.kind for step in work(held, free).steps] == [MARK]


def test_a_selection_of_what_is_not_there_is_no_package(tmp_path: Path) -> None:
    """ovh/debian-cis#326: `install ok not-installed` is left by `dpkg --set-selections`, and is not installed."""
    nothing, selected = machine(tmp_path, "a", GONE), machine(tmp_path, "b", "install ok not-installed")
    assert row(selected) is None
    assert (kinds(nothing, selected), kinds(selected, nothing)) == ([], [])


@pytest.mark.parametrize(
    ("state", "against"),
    [
        ("ok half-configured", []),
        ("ok unpacked", []),
        ("ok half-installed", []),
        # dpkg refuses this one before it is put in again.
        ("reinstreq half-installed", ["broken"]),
    ],
)
def test_what_was_never_whole_can_be_taken_away(tmp_path: Path, state: str, against: list[str]) -> None:
    """ansible/ansible#81154: a package whose postinst fails was never removed, because it was not "installed"."""
    now, then = machine(tmp_path, "a", f"install {state}"), machine(tmp_path, "b", GONE)
    found = work(now, then)
    assert [step.kind for step in found.steps] == [REMOVE]
    assert [one.kind for one in obstacles(found.steps, found.now.packages, ["amd64"])] == against


def test_a_package_whose_triggers_looped_is_configured_and_not_put_in_again(tmp_path: Path) -> None:
    """Kicksecure/security-misc#196, qwerty-fr/qwerty-fr#86: "triggers looping, abandoned" leaves it half-configured."""
    now = machine(tmp_path, "a", "install ok half-configured", "Config-Version: 1.0")
    then = machine(tmp_path, "b", "install ok installed")
    assert [step.kind for step in work(now, then).steps] == [CONFIGURE]


def test_triggers_that_wait_are_run_and_nothing_is_put_in_again(tmp_path: Path) -> None:
    """openSUSE/obs-build#813: `dpkg --no-triggers` leaves packages that wait for their triggers."""
    now = machine(tmp_path, "a", "install ok triggers-pending", "Triggers-Pending: /usr/share/man")
    then = machine(tmp_path, "b", "install ok installed")
    assert [step.kind for step in work(now, then).steps] == [CONFIGURE]
    assert work(then, now).steps == ()
    assert differences(then, now, Selection(), compare)[0] == ()


def test_what_was_only_unpacked_then_is_left_whole_and_said(tmp_path: Path) -> None:
    """ansible/ansible#3421 and #8825: "dpkg was interrupted", and the package is called installed all the same."""
    now, then = machine(tmp_path, "a", "install ok installed"), machine(tmp_path, "b", "install ok unpacked")
    found = work(now, then)
    assert found.steps == ()
    [said] = left_alone(found, Selection(), compare)
    assert "was unpacked" in said.reason
    assert "1.0" not in said.reason


def test_a_package_that_is_to_go_is_still_there(tmp_path: Path) -> None:
    """radxa-pkg/rsetup#67: the selection `deinstall` is no removal; the package is there until dpkg removes it."""
    there, going = machine(tmp_path, "a", "install ok installed"), machine(tmp_path, "b", "deinstall ok installed")
    found = row(going)
    assert found is not None
    assert not found.flags & RESIDUAL
    assert "removed" not in kinds(there, going)
    assert [step.kind for step in work(going, there).steps] == [MARK]


def test_a_hold_on_what_is_not_there_is_no_package(tmp_path: Path) -> None:
    """puppylinux-woof-CE/woof-CE#4162: a held package that is not installed spoiled the status file."""
    nothing, held = machine(tmp_path, "a", GONE), machine(tmp_path, "b", "hold ok not-installed")
    found = row(held)
    assert found is not None
    assert found.flags & RESIDUAL
    assert {*kinds(nothing, held), *kinds(held, nothing)} == {"changed"}
