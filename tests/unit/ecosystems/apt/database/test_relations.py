"""Fields of some packages in dpkg's status file, as dpkg splits them."""

from __future__ import annotations

from cortexrepo.ecosystems.apt.database.relations import of

STATUS = b"""Package: alpha
Status: install ok installed
Source: alpha-source (1.0)
Replaces: beta (<< 2),
 gamma
Description: words
 Replaces: nothing

package : Delta
STATUS: install ok installed
replaces:epsilon
BREAKS: zeta

Package: alphabet
Replaces: other

Package: broken
no field
Replaces: other
"""


def test_fields_of_the_packages_that_are_asked_for_are_split_as_dpkg_splits_them() -> None:
    found = dict(of(STATUS, {"alpha", "delta", "broken"}))
    assert list(found) == ["alpha", "delta"]
    assert found["alpha"]["replaces"] == "beta (<< 2), gamma"
    assert found["alpha"]["source"] == "alpha-source (1.0)"
    assert (found["delta"]["replaces"], found["delta"]["breaks"]) == ("epsilon", "zeta")


def test_a_file_of_nothing_says_nothing() -> None:
    assert list(of(b"", {"alpha"})) == []
