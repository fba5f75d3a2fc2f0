"""Logs as logrotate, a full disk and a power cut leave them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from typing import TYPE_CHECKING

import pytest

from cortexrepo.codec.packed import compression
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
        file.reason if isinstance(file, Lost) else file.path.removeprefix("/var/log/")
        for file in rotated(system, LOG).files
    ]


def read(system: RootedSystem, limit: int = LIMIT) -> list[bytes | str]:
    found: list[bytes | str] = []
    for file in rotated(system, LOG).files:
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
    assert [one.path for one in rotated(system, LOG).passed] == [f"{LOG}.3.gz.tmp", f"{LOG}.old"]


@pytest.mark.parametrize(
    "older",
    [
        ("dpkg.log-20260930", "dpkg.log-20261031"),
        ("dpkg.log-202609", "dpkg.log-202610"),
        ("dpkg.log-2026-09-30.gz", "dpkg.log-2026-10-31.zst"),
        ("dpkg.log.20260930.bz2", "dpkg.log.20261031"),
        ("dpkg.log-30092026", "dpkg.log-01112026"),
        ("dpkg.log-1759190400", "dpkg.log-1761955200"),
        ("dpkg.log-2026W40", "dpkg.log-2026W44"),
        ("dpkg-20260930.log", "dpkg-20261031.log"),
        ("dpkg.2.log", "dpkg.1.log"),
        ("dpkg.log.1", "dpkg.log.0"),
        ("dpkg.log-2025", "dpkg.log.1"),
        ("dpkg.log.1", "dpkg.log-20261031"),
    ],
)
def test_whatever_a_file_is_called_it_is_read_in_its_turn(
    system: RootedSystem, folder: Path, older: tuple[str, str]
) -> None:
    for number, name in enumerate((*older, "dpkg.log"), 8):
        (folder / name).write_text(f"2026-{number:02}-01 12:00:00 startup archives unpack\n")
    assert names(system) == [*older, "dpkg.log"]
    assert rotated(system, LOG).passed == ()


def test_a_gap_is_named_as_the_other_files_are(system: RootedSystem, folder: Path) -> None:
    for name in ("dpkg.log", "dpkg.1.log.gz", "dpkg.3.log.gz"):
        (folder / name).touch()
    assert names(system) == ["dpkg.3.log.gz", "/var/log/dpkg.2.log is missing", "dpkg.1.log.gz", "dpkg.log"]


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
    (folder / "dpkg.log").write_bytes(b"six\n")
    # An ending of its own, and one that says something else (compressext).
    (folder / "dpkg.log.6.gz").write_bytes(lzma.compress(b"zero\n", lzma.FORMAT_ALONE))
    (folder / "dpkg.log.5").write_bytes(compression.compress(b"nought\n"))
    (folder / "dpkg.log.4.lzma").write_bytes(b"four\n")
    (folder / "dpkg.log.1.gz").write_bytes(gzip.compress(b"thr") + gzip.compress(b"ee\n"))
    (folder / "dpkg.log.2.xz").write_bytes(lzma.compress(b"two\n"))
    (folder / "dpkg.log.3.bz2").write_bytes(bz2.compress(b"one\n"))
    assert read(system) == [b"zero", b"nought", b"four", b"one", b"two", b"three", b"six"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x28\xb5\x2f\xfd broken", "the file cannot be decompressed: "),
        (b"\x04\x22\x4d\x18....", "the file is compressed by lz4, which is not read: decompress it"),
        (b"\x1f\x9d....", "the file is compressed by compress, which is not read: decompress it"),
    ],
)
def test_a_kind_that_cannot_be_decompressed_is_named(
    system: RootedSystem, folder: Path, content: bytes, reason: str
) -> None:
    (folder / "dpkg.log").write_bytes(b"two\n")
    (folder / "dpkg.log.1.zst").write_bytes(content)
    found, last = read(system)
    assert str(found).startswith(reason)
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
    [lost] = lines(system, Rotated("/var/log/gone", is_current=True))
    assert lost == Lost("/var/log/gone", "No such file or directory")


def test_no_log_is_no_file(system: RootedSystem, folder: Path) -> None:
    assert names(system) == []
    folder.rmdir()
    assert names(system) == []
