"""What somebody else recorded as names and versions only is compared in those, and in nothing else."""

from __future__ import annotations

from cortexrepo.model.diff import Diff, Unknown, diff
from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import AUTO, RESIDUAL, Manifest, Package
from cortexrepo.model.sketch import SKETCHED
from cortexrepo.model.snapshot import ABSENT, OK, PARTIAL


def _compare(_ecosystem: str, before: str, after: str) -> int:
    return (before > after) - (before < after)


def _sketch(*rows: tuple[str, str], ecosystem: str = "apt") -> Reading:
    packages = (Package(name, "", version) for name, version in rows)
    return Reading(ecosystem, "", OK, Manifest.of(ecosystem, packages), "", (SKETCHED,))


def _whole(*packages: Package, ecosystem: str = "apt", environment: str = "", status: str = OK) -> Reading:
    return Reading(ecosystem, environment, status, Manifest.of(ecosystem, packages))


def _diff(before: Reading, *after: Reading) -> Diff:
    return diff([before], after, _compare)


def _said(found: Diff) -> list[tuple[str, str, tuple[str | None, str | None]]]:
    return [(change.kind, change.package.name, change.versions) for change in found.changes]


def test_an_architecture_a_flag_or_an_attribute_that_was_not_recorded_is_no_change() -> None:
    now = _whole(Package("bash", "amd64", "1", AUTO, (("state", "x"),)), Package("adduser", "all", "2"))
    sketch = _sketch(("bash", "1"), ("adduser", "2"))
    assert _diff(sketch, now) == Diff((), ())
    assert _diff(now, sketch) == Diff((), ())


def test_versions_added_and_removed_packages_are_told() -> None:
    now = _whole(Package("bash", "amd64", "2", AUTO), Package("new", "amd64", "1"), Package("same", "all", "1"))
    found = _diff(_sketch(("bash", "1"), ("gone", "1"), ("same", "1")), now)
    assert _said(found) == [
        ("upgraded", "bash", ("1", "2")),
        ("removed", "gone", ("1", None)),
        ("added", "new", (None, "1")),
    ]
    assert found.changes[0].before == Package("bash", "amd64", "1", AUTO)
    assert found.unknown == ()
    assert _said(_diff(now, _sketch(("bash", "1"), ("same", "1"))))[0] == ("downgraded", "bash", ("2", "1"))


def test_one_sketch_stands_for_every_architecture() -> None:
    both = (Package("libc6", "amd64", "1"), Package("libc6", "i386", "1"))
    assert _diff(_sketch(("libc6", "1")), _whole(*both)) == Diff((), ())
    newer = [package._replace(version="2") for package in both]
    assert _said(_diff(_sketch(("libc6", "1")), _whole(*newer))) == [("upgraded", "libc6", ("1", "2"))] * 2


def test_of_two_versions_of_one_name_the_one_that_is_gone_is_told() -> None:
    found = _diff(_sketch(("six", "1"), ("six", "2")), _whole(Package("six", "amd64", "2")))
    assert _said(found) == [("removed", "six", ("1", None))]
    found = _diff(
        _sketch(("six", "1"), ("six", "2")), _whole(Package("six", "amd64", "2"), Package("six", "i386", "3"))
    )
    assert _said(found) == [("upgraded", "six", ("1", "3"))]


def test_what_may_have_been_left_behind_already_is_unknown_and_no_removal() -> None:
    left = [Package(f"p{number}", "amd64", "1", RESIDUAL) for number in range(7)]
    found = _diff(_sketch(*((package.name, "1") for package in left)), _whole(*left))
    assert found.changes == ()
    reason = (
        "before: it is not recorded whether these packages were installed, or only their configuration was left: "
        "p0, p1, p2, p3, p4 and 2 more"
    )
    assert found.unknown == (Unknown("apt", "", reason),)


def test_what_is_left_of_another_version_is_no_change_either() -> None:
    found = _diff(_sketch(("bash", "1")), _whole(Package("bash", "amd64", "2", RESIDUAL)))
    assert (found.changes, len(found.unknown)) == ((), 1)
    both = (Package("bash", "amd64", "1"), Package("bash", "i386", "0", RESIDUAL))
    assert _diff(_sketch(("bash", "1")), _whole(*both)) == Diff((), ())


def test_two_sketches_are_compared_as_they_are() -> None:
    found = _diff(_sketch(("bash", "1"), ("gone", "")), _sketch(("bash", "2")))
    assert _said(found) == [("upgraded", "bash", ("1", "2")), ("removed", "gone", ("", None))]
    assert found.unknown == ()


def test_a_sketch_in_part_still_calls_nothing_added() -> None:
    sketch = _sketch(("bash", "1"))._replace(status=PARTIAL, error="cut")
    found = _diff(sketch, _whole(Package("bash", "amd64", "1"), Package("new", "amd64", "1")))
    assert found == Diff((), (Unknown("apt", "", "before: cut"),))


def test_packages_without_an_environment_are_not_compared_with_environments() -> None:
    sketch = _sketch(("six", "1"), ecosystem="pip")
    venv = _whole(Package("six", "", "1"), ecosystem="pip", environment="/venv")
    assert _diff(sketch, venv) == Diff(
        (),
        (
            Unknown("pip", "", "after: the packages were recorded for each environment"),
            Unknown("pip", "/venv", "before: the packages were recorded without their environments"),
        ),
    )


def test_packages_without_an_environment_are_gone_where_no_environment_is_left() -> None:
    found = _diff(_sketch(("six", "1"), ecosystem="pip"), Reading("pip", "", ABSENT))
    assert _said(found) == [("removed", "six", ("1", None))]
