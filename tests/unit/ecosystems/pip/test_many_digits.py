"""Versions with more digits than int() takes."""

from __future__ import annotations

from cortexrepo.ecosystems.pip import versions

MANY = "9" * 5000


def test_a_version_of_thousands_of_digits_is_older_than_all_versions_and_meets_no_condition() -> None:
    assert versions.compare(MANY, "0") < 0 < versions.compare("0", f"1.0.post{MANY}")
    assert versions.compare(MANY, MANY) == 0
    test = versions.condition("<", "1")
    assert test is not None
    assert not test(MANY)
    assert versions.condition("<", MANY) is None
