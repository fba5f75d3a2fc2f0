"""Artifacts: kept whole or not at all, found by what they install, and every byte checked."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.disk.faults import Fault, FaultyFileSystem, WithoutLinks
from support.repositories.memories import LOCATION, InMemory

from cortexrepo.codec import artifacts as codec
from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.errors import CorruptError, CortexError, FormatVersionError, RequestError, StoreError
from cortexrepo.model.artifact import (
    CACHE,
    INSTALLED,
    ORIGINS,
    SOURCE,
    Artifact,
    comes_in_a_file,
    file_is_safe,
)
from cortexrepo.model.package import AUTO, BROKEN, EDITABLE, HOLD, LINK, NESTED, OWNED, RESIDUAL, Package
from cortexrepo.repository.artifacts.artifacts import name_of
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.disk.filesystem import FileSystem

BASH = Package("bash", "amd64", "5.2-1")
DEB = b"a deb of bash"


def keep(repository: Repository, package: Package = BASH, data: bytes = DEB, origin: str = CACHE) -> Artifact:
    return repository.artifacts.keep("apt", package, f"{package.name}.deb", lambda: [data[:5], data[5:]], origin)[0]


def path_of(artifact: Artifact) -> str:
    name = name_of(artifact)
    return f"artifacts/{name[:2]}/{name}"


def every_file(files: FileSystem, path: str = LOCATION) -> list[str]:
    found = []
    for name in files.names(path):
        info = files.info(f"{path}/{name}")
        assert info is not None
        found += every_file(files, f"{path}/{name}") if info.kind == "directory" else [f"{path}/{name}"]
    return sorted(found)


def test_a_kept_file_is_found_by_what_it_installs_and_copied_byte_for_byte() -> None:
    place = InMemory()
    shelf = place.repository.artifacts
    assert shelf.find("apt", BASH) == ()
    assert not shelf.has("apt", BASH)
    kept, is_new = shelf.keep("apt", BASH, "bash_5.2-1_amd64.deb", lambda: [DEB], CACHE)
    assert is_new
    assert kept[:5] == ("apt", "bash", "amd64", "5.2-1", "bash_5.2-1_amd64.deb")
    assert (kept.size, kept.origin) == (len(DEB), CACHE)
    found = place.again().artifacts.find("apt", BASH._replace(flags=AUTO | HOLD))
    assert found == (kept,)
    assert shelf.has("apt", BASH)
    shelf.copy(kept, "/home/bash.deb")
    assert place.files.read("/home/bash.deb", 99) == DEB
    others = [BASH._replace(name="dash"), BASH._replace(arch="i386"), BASH._replace(version="5.2-2")]
    assert all(shelf.find("apt", other) == () for other in others)
    assert shelf.find("pip", BASH) == ()


def test_the_same_file_is_kept_once_and_another_one_beside_it() -> None:
    place = InMemory()
    shelf = place.repository.artifacts
    first = keep(place.repository, origin=INSTALLED)
    assert shelf.keep("apt", BASH, "other-name.deb", lambda: [DEB], SOURCE) == (
        first,
        False,
    )
    assert shelf.find("apt", BASH) == (first,)
    second = keep(place.repository, data=b"built again", origin=SOURCE)
    third = keep(place.repository, data=b"and again", origin=CACHE)
    assert shelf.find("apt", BASH) == (second, third, first)
    assert sorted(shelf.every()) == sorted([first, second, third])


@pytest.mark.parametrize(("ecosystem", "key"), [("pip", "url"), ("npm", "resolved")])
def test_the_file_of_a_package_that_no_source_has_is_first_the_one_that_was_made_of_it(
    ecosystem: str, key: str
) -> None:
    """What a source has under this name and version is a namesake."""
    shelf = InMemory().repository.artifacts
    row = Package("x", "", "1.0.0")
    kept = [
        shelf.keep(ecosystem, row, "x-1.0.0.tgz", lambda: [origin.encode()], origin)[0]  # noqa: B023 -- called at once
        for origin in (INSTALLED, SOURCE, CACHE)
    ]
    assert [one.origin for one in shelf.find(ecosystem, row)] == [SOURCE, CACHE, INSTALLED]
    elsewhere = row._replace(attributes=((key, "git+https://example.org/x"),))
    assert list(shelf.find(ecosystem, elsewhere)) == kept


def test_a_package_under_an_alias_is_kept_under_its_own_name() -> None:
    repository = InMemory().repository
    plain = Package("left-pad", "", "1.3.0")
    alias = Package("pad", "", "1.3.0", NESTED, (("alias", "left-pad"), ("inside", "a")))
    kept, _ = repository.artifacts.keep("npm", alias, "left-pad-1.3.0.tgz", lambda: [b"x"], SOURCE)
    assert repository.artifacts.find("npm", plain) == repository.artifacts.find("npm", alias) == (kept,)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20])
def test_a_file_of_any_size_comes_back(tmp_path: Path, size: int) -> None:
    repository = Repository.init(tmp_path / "repository")
    data = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    kept, _ = repository.artifacts.keep(
        "apt", BASH, "a.deb", lambda: [data[at : at + 70_000] for at in range(0, size, 70_000)], CACHE
    )
    repository.artifacts.copy(kept, str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == data
    file = tmp_path / "repository" / path_of(kept)
    assert file.read_bytes()[:size] == data
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "repository" / "tmp").iterdir()] == []


def test_every_turned_bit_is_noticed(tmp_path: Path) -> None:
    repository = Repository.init(tmp_path / "repository")
    kept = keep(repository)
    file = tmp_path / "repository" / path_of(kept)
    whole = file.read_bytes()
    for bit in range(len(whole) * 8):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        file.write_bytes(data)
        # Its lowest bit makes it version 0.
        is_newer = (kept.size + 4) * 8 < bit < (kept.size + 5) * 8
        kind = "newer-format" if is_newer else "damaged-artifact"
        assert [problem.kind for problem in repository.upkeep.verify().problems] == [kind], bit
        if bit < kept.size * 8:
            with pytest.raises(CorruptError):
                repository.artifacts.copy(kept, str(tmp_path / "copy"))
            assert not (tmp_path / "copy").exists()
        else:
            assert repository.artifacts.find("apt", BASH) == ()


@pytest.mark.parametrize("cut", range(1, len(DEB) + 8))
def test_a_torn_file_is_not_found_and_not_taken_for_there(tmp_path: Path, cut: int) -> None:
    repository = Repository.init(tmp_path / "repository")
    file = tmp_path / "repository" / path_of(keep(repository))
    file.write_bytes(file.read_bytes()[:-cut])
    assert repository.artifacts.find("apt", BASH) == ()
    assert not repository.artifacts.has("apt", BASH)
    with pytest.raises(CorruptError, match="artifacts/") as caught:
        keep(repository)
    assert "verify --repair" in caught.value.hint


def test_another_artifact_under_a_name_is_damage(tmp_path: Path) -> None:
    repository = Repository.init(tmp_path / "repository")
    first, second = keep(repository), keep(repository, BASH._replace(name="dash"))
    (tmp_path / "repository" / path_of(first)).write_bytes((tmp_path / "repository" / path_of(second)).read_bytes())
    assert repository.artifacts.find("apt", BASH) == ()
    assert [problem.reason for problem in repository.upkeep.verify().problems] == ["it holds another artifact"]


def test_what_reading_the_source_raises_is_raised_and_nothing_is_left() -> None:
    place = InMemory()
    before = every_file(place.files)

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise RequestError("the source broke")

    with pytest.raises(RequestError, match="the source broke"):
        place.repository.artifacts.keep("apt", BASH, "a.deb", broken, CACHE)
    assert every_file(place.files) == before


@pytest.mark.parametrize("file", ["", ".", "..", "a/b", "-a", ".a", "a b", "a\n", "é", "a" * 256])
def test_a_name_that_no_installer_should_see_is_refused(file: str) -> None:
    assert not file_is_safe(file)
    with pytest.raises(RequestError, match="cannot be kept: its name"):
        InMemory().repository.artifacts.keep("apt", BASH, file, lambda: [b""], CACHE)


def test_too_much_to_say_of_a_file_is_refused() -> None:
    long = BASH._replace(version="1" * codec.TRAILER_LIMIT)
    with pytest.raises(RequestError, match="its description has"):
        keep(InMemory().repository, long)


def test_with_a_full_disk_the_error_says_so_and_nothing_is_left() -> None:
    counted = _faulty()[1]
    keep(Repository.open(LOCATION, files=counted))
    assert len(counted.calls) > 10
    for number in range(len(counted.calls)):
        for error in (errno.ENOSPC, errno.EIO):
            for sticky in (False, True):
                memory, files = _faulty()
                before = every_file(memory)
                repository = Repository.open(LOCATION, files=files)
                files.arm(Fault(number, error, sticky=sticky))
                failure = None
                try:
                    keep(repository)
                except CortexError as caught:
                    failure = caught
                files.arm(None)
                left = [path for path in every_file(memory) if path not in before]
                whole = [path for path in left if "/artifacts/" in path]
                assert len(whole) <= 1
                assert failure is not None or whole, (number, error)
                if failure is not None and error == errno.ENOSPC:
                    assert "No space left" in str(failure)
                repository.upkeep.verify()
                assert keep(repository) in repository.artifacts.find("apt", BASH)
                assert not repository.upkeep.verify().problems


def _faulty() -> tuple[MemoryFileSystem, FaultyFileSystem]:
    memory = MemoryFileSystem()
    memory.make_directory("/home")
    files = FaultyFileSystem(memory)
    Repository.open(LOCATION, create=True, files=files)
    files.arm(None)
    return memory, files


def test_where_there_are_no_links_it_works_as_well() -> None:
    memory = MemoryFileSystem()
    memory.make_directory("/home")
    repository = Repository.open(LOCATION, create=True, files=WithoutLinks(memory))
    kept = keep(repository)
    assert keep(repository) == kept
    assert repository.artifacts.find("apt", BASH) == (kept,)
    repository.upkeep.gc()
    assert repository.artifacts.find("apt", BASH) == ()


@pytest.mark.parametrize("what", ["artifacts", "fan"])
def test_a_link_in_the_place_of_a_directory_is_refused(tmp_path: Path, what: str) -> None:
    repository = Repository.init(tmp_path / "repository")
    kept = keep(repository)
    place = tmp_path / "repository" / "artifacts"
    moved = place if what == "artifacts" else place / name_of(kept)[:2]
    moved.rename(tmp_path / "elsewhere")
    moved.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="is not a directory"):
        keep(repository)
    repository.upkeep.gc()
    assert list((tmp_path / "elsewhere").rglob("*-*"))
    assert [problem.kind for problem in repository.upkeep.verify().problems] == ["stray"]


def test_what_is_in_the_place_of_a_file_is_not_read(tmp_path: Path) -> None:
    repository = Repository.init(tmp_path / "repository")
    kept = keep(repository)
    file = tmp_path / "repository" / path_of(kept)
    file.unlink()
    (tmp_path / "secret").write_bytes(DEB)
    file.symlink_to(tmp_path / "secret")
    assert repository.artifacts.find("apt", BASH) == ()
    with pytest.raises(CorruptError):
        repository.artifacts.copy(kept, str(tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()


def test_a_copy_never_replaces_a_file(tmp_path: Path) -> None:
    repository = Repository.init(tmp_path / "repository")
    kept = keep(repository)
    (tmp_path / "copy").write_bytes(b"mine")
    with pytest.raises(StoreError, match="cannot write"):
        repository.artifacts.copy(kept, str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == b"mine"


@pytest.mark.parametrize("flag", [RESIDUAL, OWNED, LINK, EDITABLE, BROKEN])
def test_what_is_not_installed_from_a_file_of_its_own_is_not_wanted(flag: int) -> None:
    assert comes_in_a_file(BASH)
    assert not comes_in_a_file(BASH._replace(flags=flag))
    assert not comes_in_a_file(BASH._replace(version=""))


texts = st.text(st.characters(codec="utf-8"), max_size=40)


@given(texts, texts, texts, texts, st.binary(max_size=200), st.sampled_from(ORIGINS))
def test_what_a_file_says_of_itself_comes_back(
    ecosystem: str, name: str, arch: str, version: str, content: bytes, origin: str
) -> None:
    artifact = Artifact(ecosystem, name, arch, version, "a.whl", "ab" * 32, len(content), origin)
    data = content + codec.encode_trailer(artifact)
    assert codec.decode_trailer(data, len(data)) == artifact
    assert codec.decode_trailer(data[-codec.TRAILER_LIMIT :], len(data)) == artifact
    with pytest.raises(CorruptError):
        codec.decode_trailer(data, len(data) + 1)


@given(st.binary(max_size=400))
def test_bytes_by_chance_are_no_artifact(data: bytes) -> None:
    with pytest.raises((CorruptError, FormatVersionError)):
        codec.decode_trailer(data, len(data))


@given(st.lists(texts, min_size=4, max_size=4), st.lists(texts, min_size=4, max_size=4))
def test_what_differs_in_any_part_has_another_name(first: list[str], second: list[str]) -> None:
    assert (codec.key_of(*first) == codec.key_of(*second)) == (first == second)
