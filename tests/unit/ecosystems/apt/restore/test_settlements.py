"""Every pair of dpkg's states of one version, in both directions: what it needs, what is said, whether it counts."""

from __future__ import annotations

from itertools import product

import pytest

from cortexrepo.ecosystems.apt.restore.rules import MARKS
from cortexrepo.ecosystems.apt.restore.settlements import settled
from cortexrepo.ecosystems.registry import compare
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import HOLD, RESIDUAL, Manifest, Package
from cortexrepo.model.plan import CONFIGURE, MARK, REINSTALL, Selection
from cortexrepo.model.snapshot import OK
from cortexrepo.restore.plan.comparison import differences, left_alone
from cortexrepo.restore.plan.selection import choose

WANTS = ("install", "hold", "deinstall", "purge", "unknown")
STATUSES = {
    "ok installed": "whole",
    "ok triggers-pending": "waiting",
    "ok triggers-awaited": "waiting",
    "ok unpacked": "unconfigured",
    "ok half-configured": "unconfigured",
    "ok half-installed": "torn",
    "reinstreq half-installed": "torn",
    "reinstreq unpacked": "torn",
    "reinstreq half-configured": "torn",
}
STATES = [f"{want} {status}" for want, status in product(WANTS, STATUSES)]
NEEDS = {
    ("unconfigured", "whole"): CONFIGURE,
    ("unconfigured", "waiting"): CONFIGURE,
    ("waiting", "whole"): CONFIGURE,
    ("torn", "whole"): REINSTALL,
    ("torn", "waiting"): REINSTALL,
    ("torn", "unconfigured"): REINSTALL,
}


def row(state: str, version: str = "1.0") -> Package:
    """Returns the row that the collector makes of a package in a state."""
    want, _, status = state.partition(" ")
    flags = HOLD if want == "hold" else 0
    if status.endswith((" config-files", " not-installed")):
        flags |= RESIDUAL
    plain = state in {"install ok installed", "hold ok installed"}
    return Package("demo", "all", version, flags, () if plain else (("state", state),))


def side(state: str) -> Inventory:
    return Inventory("0" * 32, (), (Reading("apt", "", OK, Manifest.of("apt", [row(state)])),))


def selection(state: str) -> str:
    want = state.partition(" ")[0]
    return "install" if want == "hold" else want


def expected(now: str, then: str) -> str:
    """Returns the kind of step that a pair needs, from the table alone."""
    kinds = [STATUSES[state.partition(" ")[2]] for state in (now, then)]
    if now.partition(" ")[2] != then.partition(" ")[2] and tuple(kinds) in NEEDS:
        return NEEDS[kinds[0], kinds[1]]
    differs = selection(now) != selection(then) and selection(then) != "unknown"
    differs = differs or (now.startswith("hold ") != then.startswith("hold "))
    return MARK if differs else ""


@pytest.mark.parametrize("now", STATES)
def test_each_pair_of_states_needs_what_the_table_says(now: str) -> None:
    for then in STATES:
        [work] = [one for one in choose(side(now), side(then), Selection(), compare).works if one.ecosystem == "apt"]
        assert "".join(step.kind for step in work.steps) == expected(now, then), (now, then)


@pytest.mark.parametrize("now", STATES)
def test_whatever_differs_is_done_or_said_and_never_called_another_version(now: str) -> None:
    for then in STATES:
        sides = side(now), side(then)
        [work] = [one for one in choose(*sides, Selection(), compare).works if one.ecosystem == "apt"]
        alone = left_alone(work, Selection(), compare)
        found, _ = differences(*sides, Selection(), compare)
        told = [one.reason for one in found] + [one.reason for one in alone]
        assert not any("1.0" in reason or reason.startswith("version") for reason in told), told
        is_state_alike = now.partition(" ")[2] == then.partition(" ")[2]
        is_done = any(step.kind in {CONFIGURE, REINSTALL} for step in work.steps)
        is_lost = is_state_alike and selection(then) == "unknown" != selection(now)
        assert bool(alone) == (is_lost or (not is_state_alike and not is_done)), (now, then)
        kinds = [STATUSES[state.partition(" ")[2]] for state in (now, then)]
        is_passing = kinds[1] == "waiting" and kinds[0] in {"whole", "waiting"} and not is_state_alike
        differs = now != then and not (is_passing and now.partition(" ")[0] == then.partition(" ")[0])
        assert bool(found) == bool(differs), (now, then, found)


def test_a_step_that_was_done_leaves_nothing_to_do() -> None:
    done = {CONFIGURE: "ok installed", REINSTALL: "ok installed"}
    for now, then in product(STATES, STATES):
        kind = expected(now, then)
        reached = f"{then.partition(' ')[0]} {done[kind]}" if kind in done else ""
        if reached:
            assert expected(reached, then) in {"", MARK}, (now, then)


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [
        ("deinstall ok config-files", "deinstall ok config-files", ""),
        ("purge ok config-files", "deinstall ok config-files", "is purge now, and was deinstall"),
        ("hold ok not-installed", "hold ok config-files", "is not-installed now, and was config-files"),
    ],
)
def test_what_is_left_of_a_package_is_left_alone_and_named(now: str, then: str, said: str) -> None:
    found = settled(row(now), row(then))
    assert (found is None) == (not said)
    if found is not None:
        assert found.kind == ""
        assert said in found.reason
        assert found.left.startswith(found.reason)


def test_a_hold_is_a_mark_and_no_state() -> None:
    assert settled(row("hold ok installed"), row("install ok installed")) is None
    assert MARKS & HOLD
