"""Logs as logrotate, a full disk and a power cut leave them."""

from __future__ import annotations

import bz2
import gzip
import importlib.util
import lzma
import os
from typing import TYPE_CHECKING

import pytest

from cortexrepo.machine.files import LIMIT
from cortexrepo.machine.logfiles import LINE_LIMIT, Lost, Rotated, lines, rotated
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOG = "/var/log/dpkg.log"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "var/log").mkdir(parents=True)
    return tmp_path / "var/log"


@pytest.fixture
def system(tmp_path: Path, folder: Path) -> Iterator[RootedSystem]:
    found = RootedSystem(str(tmp_path))
    yield found
    found.close()


def names(system: RootedSystem) -> list[str]:
    return [
        file.reason if isinstance(file, Lost) else file.path.removeprefix("/var/log/") for file in rotated(system, LOG)
    ]


def read(system: RootedSystem, limit: int = LIMIT) -> list[bytes | str]:
    found: list[bytes | str] = []
    for file in rotated(system, LOG):
        pieces = [file] if isinstance(file, Lost) else lines(system, file, limit)
        found += [piece.reason if isinstance(piece, Lost) else piece for piece in pieces]
    return found


def test_the_oldest_comes_first(system: RootedSystem, folder: Path) -> None:
    kept = ["dpkg.log.10.gz", "dpkg.log.9.gz"]
    for name in [f"dpkg.log.{number}.gz" for number in range(2, 11)] + ["dpkg.log", "dpkg.log.1"]:
        (folder / name).touch()
    for name in ("dpkg.log.old", "dpkg.logs", "xdpkg.log", "dpkg.log.3.gz.tmp", "alternatives.log.1"):
        (folder / name).touch()
    (folder / "dpkg.log.11").mkdir()
    assert names(system)[:2] == kept
    assert names(system)[-2:] == ["dpkg.log.1", "dpkg.log"]
    assert len(names(system)) == 11


def test_dates_instead_of_numbers_are_in_order_too(system: RootedSystem, folder: Path) -> None:
    for name in ("dpkg.log", "dpkg.log-20260201.gz", "dpkg.log-20260301", "dpkg.log.1"):
        (folder / name).touch()
    assert names(system) == ["dpkg.log.1", "dpkg.log-20260201.gz", "dpkg.log-20260301", "dpkg.log"]


def test_a_file_that_must_have_been_there_is_missed(system: RootedSystem, folder: Path) -> None:
    for name in ("dpkg.log", "dpkg.log.4.gz", "dpkg.log.2.gz"):
        (folder / name).touch()
    missing = [f"{LOG}.3 is missing", f"{LOG}.1 is missing"]
    assert names(system) == ["dpkg.log.4.gz", missing[0], "dpkg.log.2.gz", missing[1], "dpkg.log"]
    (folder / "dpkg.log").unlink()
    assert names(system)[-1] == f"{LOG} is missing"


def test_a_log_that_counts_from_0_misses_nothing(system: RootedSystem, folder: Path) -> None:
    for name in ("dpkg.log", "dpkg.log.0", "dpkg.log.1.gz"):
        (folder / name).touch()
    assert names(system) == ["dpkg.log.1.gz", "dpkg.log.0", "dpkg.log"]


def test_of_a_file_that_was_being_compressed_the_plain_one_counts(system: RootedSystem, folder: Path) -> None:
    (folder / "dpkg.log").touch()
    (folder / "dpkg.log.1").write_bytes(b"one\n")
    (folder / "dpkg.log.1.gz").write_bytes(b"\x1f\x8b half")
    assert read(system) == [b"one"]


def test_every_kind_of_compression_is_read(system: RootedSystem, folder: Path) -> None:
    (folder / "dpkg.log").write_bytes(b"four\n")
    (folder / "dpkg.log.1.gz").write_bytes(gzip.compress(b"thr") + gzip.compress(b"ee\n"))
    (folder / "dpkg.log.2.xz").write_bytes(lzma.compress(b"two\n"))
    (folder / "dpkg.log.3.bz2").write_bytes(bz2.compress(b"one\n"))
    assert read(system) == [b"one", b"two", b"three", b"four"]


def test_a_kind_that_this_python_cannot_decompress_is_named(system: RootedSystem, folder: Path) -> None:
    (folder / "dpkg.log").write_bytes(b"two\n")
    (folder / "dpkg.log.1.zst").write_bytes(b"\x28\xb5\x2f\xfd broken")
    reason, last = read(system)
    there = importlib.util.find_spec("compression") is not None
    assert str(reason).startswith("the file cannot be decompressed" if there else "this Python cannot decompress")
    assert last == b"two"


@pytest.mark.parametrize("ending", ["gz", "xz", "bz2"])
def test_garbage_and_files_that_are_cut_off_are_named_and_the_rest_is_read(
    system: RootedSystem, folder: Path, ending: str
) -> None:
    packs: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}
    pack = packs[ending]
    (folder / "dpkg.log").write_bytes(b"now\n")
    for damaged in (b"\x00garbage" * 9, pack(os.urandom(4000))[:-9], b""):
        (folder / f"dpkg.log.1.{ending}").write_bytes(damaged)
        found = read(system)
        assert found[-1] == b"now"
        assert len(damaged) == 0 or any(isinstance(piece, str) for piece in found)


def test_a_half_line_is_lost_but_for_the_one_that_may_be_being_written(system: RootedSystem, folder: Path) -> None:
    (folder / "dpkg.log.1").write_bytes(b"one\nhal")
    (folder / "dpkg.log").write_bytes(b"two\nthr")
    assert read(system) == [b"one", "the file is cut off in its last line", b"two"]


def test_of_a_file_beyond_the_limit_the_end_is_read(system: RootedSystem, folder: Path) -> None:
    (folder / "dpkg.log").write_bytes(b"".join(b"%07d\n" % number for number in range(1000)))
    found = read(system, 100)
    assert found[0] == "the file is larger than 100 bytes: only its end was read"
    assert found[1:] == [b"%07d" % number for number in range(988, 1000)]


def test_a_bomb_is_read_to_the_limit_only(system: RootedSystem, folder: Path) -> None:
    (folder / "dpkg.log").touch()
    (folder / "dpkg.log.1.gz").write_bytes(gzip.compress(b"0123456789\n" * 100_000))
    found = read(system, 1 << 17)
    assert found[-1] == "the file is larger than 131072 bytes"
    assert sum(len(piece) + 1 for piece in found[:-1]) <= 1 << 17


def test_a_line_without_an_end_is_not_kept(system: RootedSystem, folder: Path) -> None:
    (folder / "dpkg.log").write_bytes(b"x" * (3 * LINE_LIMIT) + b"\nnext\n")
    found = read(system)
    assert "the file has a line without an end" in found
    assert found[-1] == b"next"
    assert all(len(piece) <= LINE_LIMIT for piece in found)


def test_what_is_no_file_or_has_gone_is_named_and_never_waited_for(system: RootedSystem, folder: Path) -> None:
    os.mkfifo(folder / "dpkg.log.1")
    (folder / "dpkg.log").symlink_to("/nowhere")
    assert read(system) == ["the path is not a regular file", "No such file or directory"]
    [lost] = lines(system, Rotated(2, 0, "", "/var/log/gone"))
    assert lost == Lost("/var/log/gone", "No such file or directory")


def test_no_log_is_no_file(system: RootedSystem, folder: Path) -> None:
    assert names(system) == []
    folder.rmdir()
    assert names(system) == []
