from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.ecosystems.registry import compare
from cortexrepo.model.package import (
    AUTO,
    BROKEN,
    ESSENTIAL,
    HOLD,
    NESTED,
    OWNED,
    REQUESTED,
    RESIDUAL,
    Manifest,
    Package,
)
from cortexrepo.model.plan import CONFIGURE, DOWNGRADE, INSTALL, MARK, REINSTALL, REMOVE, UPGRADE, Step
from cortexrepo.restore.plan.steps import is_about, steps_between


def steps(ecosystem: str, now: list[Package], target: list[Package]) -> list[Step]:
    return list(steps_between(ecosystem, Manifest.of(ecosystem, now), Manifest.of(ecosystem, target), compare))


def deb(name: str, version: str, flags: int = 0, arch: str = "amd64", state: str = "") -> Package:
    return Package(name, arch, version, flags, (("state", state),) if state else ())


@pytest.mark.parametrize(
    ("now", "target", "kind"),
    [
        (deb("a", "1.0"), deb("a", "2.0"), UPGRADE),
        (deb("a", "1:0.1"), deb("a", "9"), DOWNGRADE),
        (deb("a", "1.0~rc1"), deb("a", "1.0"), UPGRADE),
        (None, deb("a", "1"), INSTALL),
        (deb("a", "1"), None, REMOVE),
        (deb("a", "1", RESIDUAL), deb("a", "1"), INSTALL),
        (deb("a", "1"), deb("a", "1", RESIDUAL), REMOVE),
        (deb("a", "1", AUTO), deb("a", "1"), MARK),
        (deb("a", "1"), deb("a", "1", HOLD), MARK),
        (deb("a", "1", state="install ok half-configured"), deb("a", "1"), CONFIGURE),
        (deb("a", "1", state="install reinstreq half-installed"), deb("a", "1"), REINSTALL),
        (deb("a", "1", state="deinstall ok installed"), deb("a", "1"), MARK),
        (deb("a", "1", RESIDUAL), deb("a", "1", RESIDUAL | HOLD), MARK),
    ],
)
def test_what_differs_in_apt_becomes_one_step(now: Package | None, target: Package | None, kind: str) -> None:
    found = steps("apt", [now] if now else [], [target] if target else [])
    assert [step.kind for step in found] == [kind]
    if kind not in {INSTALL, REMOVE}:
        assert found == [Step(kind, now, target)]


@pytest.mark.parametrize(
    ("ecosystem", "now", "target"),
    [
        ("apt", deb("a", "1", RESIDUAL), None),
        ("apt", None, deb("a", "1", RESIDUAL)),
        ("apt", deb("a", "1", ESSENTIAL), deb("a", "1")),
        ("pip", Package("a", "", "1", OWNED), Package("a", "", "2", OWNED)),
        ("pip", Package("a", "", "1", OWNED), None),
        ("npm", None, Package("npm", "", "1.0.0", OWNED)),
    ],
)
def test_what_no_installation_changes_is_no_step(ecosystem: str, now: Package | None, target: Package | None) -> None:
    assert steps(ecosystem, [now] if now else [], [target] if target else []) == []


def test_a_package_that_moves_between_all_and_an_architecture_is_one_step() -> None:
    old, new = deb("a", "1.0"), deb("a", "2.0", arch="all")
    assert steps("apt", [old], [new]) == [Step(UPGRADE, old, new)]
    assert steps("apt", [new], [old]) == [Step(DOWNGRADE, new, old)]
    foreign = deb("a", "1.0", arch="i386")
    assert {step.kind for step in steps("apt", [old], [foreign])} == {INSTALL, REMOVE}


@pytest.mark.parametrize(
    ("now", "target", "kind"),
    [
        (Package("a", "", "1.0"), Package("a", "", "1.0", REQUESTED), MARK),
        (Package("a", "", "1.0", BROKEN), Package("a", "", "1.0"), REINSTALL),
        (Package("a", "", "1.0", 0, (("url", "https://x"),)), Package("a", "", "1.0"), REINSTALL),
        (Package("a", "", "1.0rc1"), Package("a", "", "1.0"), UPGRADE),
    ],
)
def test_what_differs_in_pip_becomes_one_step(now: Package, target: Package, kind: str) -> None:
    assert steps("pip", [now], [target]) == [Step(kind, now, target)]


def test_what_is_nested_goes_with_the_package_it_is_in() -> None:
    nested = Package("b", "", "1.0.0", NESTED, (("inside", "a>x"),))
    assert is_about("npm", nested, ["a"])
    assert not is_about("npm", nested, ["b"])
    assert is_about("pip", Package("foo-bar", "", "1"), ["Foo_Bar"])
    assert not is_about("apt", deb("foo-bar", "1"), ["foo_bar"])


NAMES = st.sampled_from(["a", "b", "c"])
ROWS = st.lists(
    st.builds(
        Package, NAMES, st.sampled_from(["amd64", "i386"]), st.sampled_from(["1", "2", "1:1"]),
        st.sampled_from([0, AUTO, HOLD, AUTO | HOLD]), st.just(()),
    ),
    unique_by=lambda row: (row.name, row.arch),
)  # fmt: skip


@given(ROWS, ROWS)
def test_the_steps_lead_from_the_one_to_the_other(now: list[Package], target: list[Package]) -> None:
    rows = {(row.name, row.arch): row for row in now}
    for step in steps("apt", now, target):
        if step.before is not None:
            assert rows.pop((step.before.name, step.before.arch)) == step.before
        if step.after is not None:
            rows[step.after.name, step.after.arch] = step.after
    assert set(rows.values()) == set(target)


@given(ROWS)
def test_between_equals_there_is_no_step(rows: list[Package]) -> None:
    assert steps("apt", rows, rows) == []
