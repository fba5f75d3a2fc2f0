"""How rpm spells names, and how a person names one of its packages."""

from __future__ import annotations

import pytest

from cortexrepo.ecosystems.contract.names import Typed
from cortexrepo.ecosystems.rpm.names import is_name, is_version, typed


@pytest.mark.parametrize("name", ["gtk3", "libstdc++", "python3.11", "java-17-openjdk", "_x", "NetworkManager"])
def test_a_name_as_rpm_has_them_is_one(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "-y", "../x", "a b", "a\n", "a*", "a(b)", "é", "@group", "a" * 256])
def test_a_word_that_a_program_takes_for_something_else_is_no_name(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize("version", ["1-1", "0:1.0~rc1-2^git1", "4:5.36.3-505.fc40"])
def test_a_version_has_an_epoch_at_most_and_a_release(version: str) -> None:
    assert is_version(version)


@pytest.mark.parametrize("version", ["", "x:1-1", "1-1-1", "1 2", "1-1\n", "1*", "1:"])
def test_a_word_that_is_no_version_is_refused(version: str) -> None:
    assert not is_version(version)


def test_an_architecture_stands_behind_a_point() -> None:
    assert typed("bash.x86_64") == Typed("bash", "x86_64")
    assert typed("python3.11") == Typed("python3.11")
    assert typed("lib*.i686") == Typed("lib*", "i686")


@pytest.mark.parametrize("word", ["", "a:b", "a>b"])
def test_a_word_of_another_ecosystem_is_none_of_rpms(word: str) -> None:
    assert typed(word) is None
