"""Names of environments: a path comes back, and no two paths have one name."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.model.environment import named, path_of

paths = st.one_of(
    st.lists(st.sampled_from([b"\\", b"x", b"f", b"ff", b"\xff", b"\xc3\xa9", b"\\xff", b"/", b"\xed\xb3\xbf"])).map(
        lambda parts: b"/" + b"".join(parts)
    ),
    st.binary(max_size=12).filter(lambda found: b"\0" not in found),
)


@given(paths)
def test_a_path_comes_back_from_its_name(path: bytes) -> None:
    text = os.fsdecode(path)
    name = named(text)
    name.encode()
    assert os.fsencode(path_of(name)) == path


@given(paths, paths)
def test_different_paths_have_different_names(one: bytes, other: bytes) -> None:
    assert (named(os.fsdecode(one)) == named(os.fsdecode(other))) == (one == other)


@given(st.text())
def test_any_name_gives_some_path(name: str) -> None:
    path_of(name)


@pytest.mark.parametrize("path", ["", "/opt/venv", "/home/ünï/venv", "/a b"])
def test_a_plain_path_is_its_own_name(path: str) -> None:
    assert named(path) == path == path_of(path)
