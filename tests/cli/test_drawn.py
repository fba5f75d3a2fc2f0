"""What was drawn before is used only where nobody else can have written it, and is missed by nobody."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cortexrepo.cli.screen import drawn
from cortexrepo.cli.screen.drawn import Drawn
from cortexrepo.formats.text.overview import Widths

if TYPE_CHECKING:
    from pathlib import Path

KEY, OTHER = b"k" * 32, b"o" * 32
LINES = Drawn(Widths(3, -1, 7), Widths(4, 0, 7), b"a line\n")


def test_what_was_kept_is_there_under_its_name_and_key_only(tmp_path: Path) -> None:
    place = f"{tmp_path}/deep/cortex"
    drawn.keep(place, "one", KEY, LINES)
    assert drawn.recall(place, "one", KEY) == LINES
    assert drawn.recall(place, "one", OTHER) is None
    assert drawn.recall(place, "two", KEY) is None
    assert os.stat(place).st_mode & 0o777 == 0o700
    assert os.stat(f"{place}/one").st_mode & 0o777 == 0o600


def test_a_byte_that_was_changed_or_cut_makes_it_useless(tmp_path: Path) -> None:
    place = str(tmp_path / "cortex")
    drawn.keep(place, "one", KEY, LINES)
    path = tmp_path / "cortex" / "one"
    whole = path.read_bytes()
    for at in range(len(whole)):
        for bad in (whole[:at], whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :]):
            path.write_bytes(bad)
            assert drawn.recall(place, "one", KEY) is None


def test_few_files_are_kept_and_nothing_that_was_begun(tmp_path: Path) -> None:
    names = [f"{number:032x}" for number in range(10)]
    for number, name in enumerate(names[:9]):
        drawn.keep(str(tmp_path), name, KEY, LINES)
        os.utime(tmp_path / name, (number, number))
        (tmp_path / f".{number:016x}").touch()
    drawn.keep(str(tmp_path), names[9], KEY, LINES)
    assert sorted(os.listdir(tmp_path)) == names[6:]


def test_files_of_others_in_the_directory_stay(tmp_path: Path) -> None:
    """Somebody may name a directory that has other files in it, with CORTEX_CACHE."""
    strangers = [f"key-{number}" for number in range(9)] + [".config", ".begun", "0" * 31, "G" * 32]
    for name in strangers:
        (tmp_path / name).touch()
    for number in range(9):
        drawn.keep(str(tmp_path), f"{number:032x}", KEY, LINES)
    assert set(strangers) <= set(os.listdir(tmp_path))
    assert len(os.listdir(tmp_path)) == len(strangers) + 4


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_root_keeps_nothing_below_a_directory_of_a_user(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 4001, 4001)
    drawn.keep(str(home / "cache"), "1" * 32, KEY, LINES)
    assert list(home.iterdir()) == []
    (home / "cache").mkdir(0o700)
    os.chown(home, 0, 0)
    drawn.keep(str(home / "cache"), "1" * 32, KEY, LINES)
    assert drawn.recall(str(home / "cache"), "1" * 32, KEY) is not None
    os.chown(home, 4001, 4001)
    assert drawn.recall(str(home / "cache"), "1" * 32, KEY) is None


def test_what_is_too_large_is_not_kept(tmp_path: Path) -> None:
    drawn.keep(str(tmp_path), "one", KEY, LINES._replace(text=b"x" * (drawn.LARGEST + 1)))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("what", ["directory", "file"])
def test_what_others_can_write_is_not_read(tmp_path: Path, what: str) -> None:
    place = tmp_path / "cortex"
    drawn.keep(str(place), "one", KEY, LINES)
    (place if what == "directory" else place / "one").chmod(0o722)
    assert drawn.recall(str(place), "one", KEY) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("what", ["directory", "file"])
def test_what_belongs_to_somebody_else_is_neither_read_nor_written(tmp_path: Path, what: str) -> None:
    place = tmp_path / "cortex"
    drawn.keep(str(place), "one", KEY, LINES)
    os.chown(place if what == "directory" else place / "one", 65534, 65534)
    assert drawn.recall(str(place), "one", KEY) is None
    if what == "directory":
        drawn.keep(str(place), "two", KEY, LINES)
        assert os.listdir(place) == ["one"]


def test_links_and_what_is_no_file_are_not_followed(tmp_path: Path) -> None:
    place = tmp_path / "cortex"
    drawn.keep(str(place), "one", KEY, LINES)
    (tmp_path / "link").symlink_to(place)
    assert drawn.recall(str(tmp_path / "link"), "one", KEY) is None
    (place / "two").symlink_to(place / "one")
    os.mkfifo(place / "three")
    for name in ("two", "three"):
        assert drawn.recall(str(place), name, KEY) is None


def test_a_place_where_nothing_can_be_kept_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (f"{tmp_path}/file", f"{tmp_path}/file/deeper"):
        drawn.keep(place, "one", KEY, LINES)
        assert drawn.recall(place, "one", KEY) is None
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.parametrize(
    ("variables", "user", "place"),
    [
        ({"HOME": "/home/ana"}, 1000, "/home/ana/.cache/cortex"),
        ({"HOME": "/home/ana", "XDG_CACHE_HOME": "/big"}, 1000, "/big/cortex"),
        ({"HOME": "/home/ana", "XDG_CACHE_HOME": "here"}, 1000, "/home/ana/.cache/cortex"),
        ({}, 1000, None),
        ({"HOME": "/home/ana", "XDG_CACHE_HOME": "/home/ana/.cache"}, 0, "/var/cache/cortex"),
        ({"CORTEX_CACHE": "/elsewhere"}, 0, "/elsewhere"),
        ({"CORTEX_CACHE": "", "HOME": "/home/ana"}, 1000, None),
    ],
)
def test_the_place_is_the_users_own(variables: dict[str, str], user: int, place: str | None) -> None:
    assert drawn.place(variables, user) == place


def test_the_key_is_another_one_for_whatever_changes_a_line() -> None:
    keys = {
        drawn.key(description, zone, unicode=unicode)
        for description in (b"", b"a")
        for zone in (b"", b"a")
        for unicode in (False, True)
    }
    assert len(keys) == 8
