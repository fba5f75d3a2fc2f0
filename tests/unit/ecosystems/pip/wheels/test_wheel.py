"""The name of a wheel's file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import parse_wheel_filename

from cortexrepo.ecosystems.pip.metadata import name_in, normalise
from cortexrepo.ecosystems.pip.wheels.wheel import file_tags

WORDS = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,5}(?:[_.][a-z0-9]{1,3})?", fullmatch=True)
TAGS = st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), min_size=1, max_size=3).map(".".join)


@given(WORDS, st.sampled_from(["1", "1.0.post1", "2!1.0rc1+local.1"]), st.sampled_from(["", "-1", "-2a"]), TAGS, TAGS)
def test_name_and_tags_are_those_that_the_library_of_pip_finds(
    name: str, version: str, build: str, pythons: str, platforms: str
) -> None:
    file = f"{name}-{version}{build}-{pythons}-abi3-{platforms}.whl"
    expected_name, _, _, expected_tags = parse_wheel_filename(file)
    assert (normalise(name_in(file)), file_tags(file)) == (expected_name, frozenset(map(str, expected_tags)))


def test_tags_are_found_beside_a_version_that_is_older_than_pep_440() -> None:
    assert file_tags("pytz-2004d-py2.py3-none-any.whl") == {"py2-none-any", "py3-none-any"}


@pytest.mark.parametrize("file", ["a-1-py3-none-any.zip", "a-none-any.whl", "a/a-1-py3-none-any.whl"])
def test_a_name_that_is_no_wheels_has_no_tags(file: str) -> None:
    assert not file_tags(file)


@pytest.mark.parametrize("file", ["a-1-py3--any.whl", "a-1---.whl"])
def test_a_tag_with_an_empty_part_fits_no_interpreter_and_ends_nothing(file: str) -> None:
    assert "py3-none-any" not in file_tags(file)
