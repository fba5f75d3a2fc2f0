"""Names and versions that exist are allowed; the hostile ones are in tests/attacks."""

from __future__ import annotations

import pytest

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.names import Names, Typed, plain

NAMES = {
    "apt": ["bc", "libstdc++6", "libc6.1", "0ad", "a" * 255],
    "pip": ["six", "x", "zope.interface", "Foo_Bar", "2to3", "a" * 200],
    "npm": ["x", "left-pad", "JSONStream", "@types/node", "@scope/_private", "@-x/-y", "lodash._root", "a" * 214],
}
VERSIONS = {
    "apt": ["1", "2:1.0~rc1-1+b2", "1:2.3-4:5", "20230311", "1.0~"],
    "pip": ["1.0", "1!2.0", "1.0+cpu.1", "2.0rc1", "v1.0", "2004d", "1.0-1"],
    "npm": ["1.0.0", "0.0.0-0", "1.0.0-rc.1+build.5", "1.0.0--", "1.0.0-alpha-x"],
}


def facet(ecosystem: str) -> Names:
    names = registry.spelling(ecosystem)
    assert names is not None
    return names


@pytest.mark.parametrize(("ecosystem", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_names_that_exist_are_allowed(ecosystem: str, name: str) -> None:
    assert facet(ecosystem).is_name(name)
    assert not facet(ecosystem).is_name(name + "\n")


@pytest.mark.parametrize(("ecosystem", "version"), [(kind, one) for kind, some in VERSIONS.items() for one in some])
def test_versions_that_exist_are_allowed(ecosystem: str, version: str) -> None:
    assert facet(ecosystem).is_version(version)
    assert not facet(ecosystem).is_version(version + "\n")


def test_an_ecosystem_that_says_nothing_of_names_takes_a_word_as_it_is() -> None:
    assert registry.spelling("system") is None
    assert plain("os/ID") == Typed("os/ID")
    assert [plain(text) for text in ("", "a:b", "a>b")] == [None, None, None]
