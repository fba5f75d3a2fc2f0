"""Whose files are: told by dpkg's lists, and only by those that come into question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.ecosystems.apt.owned import is_used, owned
from cortexrepo.ecosystems.apt.places import INFO
from cortexrepo.machine.files import Entry
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Lists:
    """A machine that has nothing but lists of files; it notes which are read, and whether the directory is."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self.content = {f"{INFO}/{name}.list": "".join(f"{path}\n" for path in paths) for name, paths in lists.items()}
        self.seen: list[str] = []

    def read(self, path: str) -> bytes | None:
        self.seen.append(path.removeprefix(INFO + "/"))
        found = self.content.get(path)
        return None if found is None else found.encode(errors="surrogateescape")

    def entries(self, path: str) -> list[Entry]:
        self.seen.append(path)
        return [Entry(one.rpartition("/")[2], "file") for one in sorted(self.content)]


def ask(lists: Mapping[str, Sequence[str]], paths: Sequence[str], among: Sequence[str] = ()) -> tuple[set[str], Lists]:
    system = Lists(lists)
    return owned(system, paths, among), system  # type: ignore[arg-type]


PATHS = st.lists(st.sampled_from(["/", "/a", "/a/b", "/a/bc", "/b", "/ä", "/\udcff", "/a b"]), unique=True)


@given(st.dictionaries(st.sampled_from(["a", "ab", "b:amd64", "c"]), PATHS), PATHS)
def test_a_path_is_owned_that_is_a_whole_line_of_a_list(lists: dict[str, list[str]], paths: list[str]) -> None:
    assert ask(lists, paths)[0] == {path for path in paths if any(path in listed for listed in lists.values())}


@given(
    st.dictionaries(st.sampled_from(["a", "ab", "b:amd64", "c"]), PATHS),
    PATHS,
    st.lists(st.sampled_from(["a", "b", "c", "a*", "b*"]), min_size=1),
)
def test_only_the_packages_that_are_named_are_asked(
    lists: dict[str, list[str]], paths: list[str], among: list[str]
) -> None:
    asked = [
        listed
        for name, listed in lists.items()
        if any(name == one or (one.endswith("*") and name.startswith(one[:-1])) for one in among)
    ]
    assert ask(lists, paths, among)[0] == {path for path in paths if any(path in listed for listed in asked)}


def test_the_directory_of_lists_is_not_read_where_the_usual_package_has_all() -> None:
    found, system = ask({"npm": ["/usr/x"], "node-y": ["/usr/y"]}, ["/usr/x"], ("npm", "node-*"))
    assert (found, system.seen) == ({"/usr/x"}, ["npm.list"])


@pytest.mark.parametrize("there", [True, False])
def test_dpkg_is_used_where_it_keeps_lists(tmp_path: Path, *, there: bool) -> None:
    if there:
        (tmp_path / INFO.lstrip("/")).mkdir(parents=True)
    system = RootedSystem(str(tmp_path))
    try:
        assert is_used(system) == there
    finally:
        system.close()
