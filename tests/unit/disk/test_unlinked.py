"""Directories are opened without a link on the way, with openat2 and without it."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from cortexrepo.disk.straight import Straight
from cortexrepo.disk.unlinked import look, open_directory, walk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True, params=["openat2", "walked"])
def _kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "walked":
        monkeypatch.setattr(Straight, "open", lambda *_: -errno.ENOSYS)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path.resolve()
    (made / "real/inner").mkdir(parents=True)
    (made / "file").write_text("")
    (made / "link").symlink_to("real")
    (made / "nowhere").symlink_to("gone")
    return made


@pytest.mark.parametrize("flags", [os.O_PATH, os.O_RDONLY])
def test_a_directory_is_opened_for_its_names_or_to_be_listed(place: Path, flags: int) -> None:
    for path in (place / "real/inner", place):
        descriptor = open_directory(str(path), flags)
        assert os.path.samestat(os.fstat(descriptor), path.stat())
        os.close(descriptor)
    descriptor = open_directory("/", flags)
    assert os.path.samestat(os.fstat(descriptor), os.stat("/"))
    os.close(descriptor)


@pytest.mark.parametrize(
    ("path", "number", "named"),
    [
        ("link", errno.ELOOP, "link"),
        ("link/inner", errno.ELOOP, "link"),
        ("nowhere", errno.ELOOP, "nowhere"),
        ("real/gone", errno.ENOENT, "real/gone"),
        ("file", errno.ENOTDIR, "file"),
    ],
)
def test_a_link_on_the_way_is_an_error_that_names_the_link(place: Path, path: str, number: int, named: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError) as raised:
        open_directory(str(place / path))
    assert (raised.value.errno, raised.value.filename) == (number, str(place / named))
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_link_is_looked_at_only_at_the_end(place: Path) -> None:
    for path in ("link", "nowhere", "file", "real/inner"):
        found = look(str(place / path))
        assert found is not None
        assert os.path.samestat(found, (place / path).lstat())
    assert look("/") is not None
    assert [look(str(place / path)) for path in ("gone", "real/gone/x", "file/x")] == [None] * 3
    with pytest.raises(OSError) as raised:
        look(str(place / "link/inner"))
    assert (raised.value.errno, raised.value.filename) == (errno.ELOOP, str(place / "link"))


def test_a_walk_says_what_was_passed(place: Path) -> None:
    descriptor, passed = walk(str(place / "real/inner"))
    os.close(descriptor)
    wanted = [place / "real/inner", *(place / "real/inner").parents]
    assert [about.st_ino for about in reversed(passed)] == [path.stat().st_ino for path in wanted]
