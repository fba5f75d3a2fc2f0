"""apt's extended states: which marks count, and for which instance of a package."""

from __future__ import annotations

import pytest

from cortexrepo.ecosystems.apt.database.marks import marks

MARK = "Package: %s\nArchitecture: %s\nAuto-Installed: %s\n\n"


def test_only_marks_that_are_set_count() -> None:
    text = (
        b"Package: a\nArchitecture: amd64\nAuto-Installed: 1\n\n"
        b"Package: b\nArchitecture: amd64\nAuto-Installed: 0\n\n"
        b"Architecture: amd64\nAuto-Installed: 1\nPackage: c\nXX: 1\n\n"
        b"Package: d\nArchitecture: i386\nAuto-Installed: -1\n\n"
        b"Architecture: amd64\nAuto-Installed: 1\n\n"
        b"Package: e\nX: 2\nArchitecture: amd64\nAuto-Installed: 1"
    )
    found, problems = marks(text, "marks")
    assert found.each == {(name, "amd64") for name in "ace"}
    assert not found.everywhere
    assert problems == []


@pytest.mark.parametrize(
    ("arch", "instances"),
    [
        ("amd64", {"amd64"}),
        ("i386", {"i386"}),
        ("all", {"amd64"}),
        ("native", {"amd64"}),
        ("any", {"amd64", "i386"}),
        ("", {"amd64", "i386"}),
        ("arm64", set()),
    ],
)
def test_a_mark_is_about_the_instances_that_apt_takes_it_for(arch: str, instances: set[str]) -> None:
    found, _ = marks((MARK % ("lib", arch, 1)).encode(), "marks")
    assert {one for one in ("amd64", "i386") if found.has("lib", one, "amd64")} == instances
    assert not found.has("other", "amd64", "amd64")


def test_a_mark_from_before_multiarch_is_about_every_instance() -> None:
    found, problems = marks(b"Package: one\nAuto-Installed: 1\n\n", "marks")
    assert found.has("one", "amd64", "amd64")
    assert found.has("one", "i386", "amd64")
    assert problems == []


@pytest.mark.parametrize(
    ("damage", "line"),
    [(b"garbage\n\n", 5), (b"\0" * 9, 5), (b"Package: x\nAuto-Installed: " + b"9" * 5000, 5), (b"A: 1\nA: 2", 6)],
)
def test_damage_is_named_and_the_rest_is_kept(damage: bytes, line: int) -> None:
    found, [problem] = marks((MARK % ("lib", "amd64", 1)).encode() + damage, "marks")
    assert found.has("lib", "amd64", "amd64")
    assert problem.startswith(f"marks: line {line}: ")
