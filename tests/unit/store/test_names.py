"""Names and errors: what may be part of a key, where an object is while it is set aside, what a failure says."""

from __future__ import annotations

import errno
import os

import pytest

from cortexrepo.disk.failure import NO_LINK, failing, store_error
from cortexrepo.errors import StoreError
from cortexrepo.store.keys import name_is_safe
from cortexrepo.store.local.directories import aside_key, aside_name

OWNER = "check who owns the repository: `ls -ld /r`; or choose another repository: `--repo DIR`"
SPACE = "make room: `df /r` shows the free space; nothing that was stored before is affected"


@pytest.mark.parametrize("name", ["a", "X", "Z9", "a-b", "a.b_c+d", "_", "+", "0", "x" * 128, "a" * 127 + "-", "a--"])
def test_a_safe_name_is_taken(name: str) -> None:
    assert name_is_safe(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".a", "-", "-a", "x" * 129, "a/b", "a b", "a\0", "é", "a-é", "a\n", "a~", "٣", "a:b"]
)
def test_an_unsafe_name_is_refused(name: str) -> None:
    assert not name_is_safe(name)


def test_an_object_that_is_set_aside_finds_its_way_back() -> None:
    key = "objects/ab/" + "c" * 62
    assert aside_name(key) == "ab" + "c" * 62
    assert aside_key(aside_name(key)) == key


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, SPACE),
        (errno.EDQUOT, SPACE),
        (errno.EROFS, "the file system is read-only: choose another repository with `--repo DIR`"),
        (errno.EACCES, OWNER),
        (errno.EPERM, OWNER),
        (errno.EIO, ""),
    ],
)
def test_a_failure_says_where_what_why_and_the_way_out(number: int, hint: str) -> None:
    error = store_error("/r", "write", "refs/a", OSError(number, os.strerror(number), "/r/refs/a"))
    assert str(error) == f"/r: cannot write refs/a: {os.strerror(number)}"
    assert error.hint == hint


def test_a_failure_without_a_number_says_what_it_is() -> None:
    error = store_error("/r", "write", "refs/a", OSError("strange"))
    assert (str(error), error.hint) == ("/r: cannot write refs/a: strange", "")


def test_only_what_the_system_says_becomes_a_failure() -> None:
    with (
        pytest.raises(StoreError, match=r"^/r: cannot sync refs: Input/output error$") as caught,
        failing("/r", "sync", "refs"),
    ):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    assert isinstance(caught.value.__cause__, OSError)
    with pytest.raises(KeyError), failing("/r", "sync", "refs"):
        raise KeyError


def test_where_there_are_no_links_is_known_by_what_linking_says() -> None:
    assert {errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES} == NO_LINK
