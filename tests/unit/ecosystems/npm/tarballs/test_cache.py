"""npm's cache, written as npm writes it, and damaged in every way."""

from __future__ import annotations

import gzip
import json
import os
from typing import TYPE_CHECKING

import pytest
from support.machines.npm_caches import indexed, integrity, stored

from cortexrepo.ecosystems.npm.tarballs.cache import NpmCache, digest

if TYPE_CHECKING:
    from pathlib import Path

REGISTRY = "https://npm.example/"
CONTENT = b"a tarball"


ADDRESS = "https://npm.example/@cx/one/-/one-1.0.0.tgz"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    stored(tmp_path, CONTENT)
    indexed(tmp_path, ADDRESS, integrity(CONTENT))
    return tmp_path


def found(cache: Path, version: str = "1.0.0") -> bool:
    return NpmCache(str(cache)).find(REGISTRY, "@cx/one", version) is not None


def test_a_tarball_is_found_with_its_digest(cache: Path) -> None:
    one = NpmCache(str(cache)).find(REGISTRY, "@cx/one", "1.0.0")
    assert one is not None
    assert (one.size, one.integrity) == (len(CONTENT), integrity(CONTENT) == digest(one.path) and integrity(CONTENT))
    assert not found(cache, "1.0.1")
    assert found(cache, "1.0.0+build")
    assert NpmCache(str(cache)).find("https://other.example/", "@cx/one", "1.0.0") is None
    assert NpmCache(str(cache / "nothing")).find(REGISTRY, "@cx/one", "1.0.0") is None


def test_the_last_line_counts(cache: Path) -> None:
    indexed(cache, ADDRESS, None)
    assert not found(cache)
    indexed(cache, ADDRESS, f"sha1-abc {integrity(CONTENT)}")
    assert found(cache)
    indexed(cache, ADDRESS, None, spoilt=True)
    assert found(cache)
    indexed(cache, ADDRESS, None, key="another key with the same digest")
    assert found(cache)


@pytest.mark.parametrize("packed", [False, True])
def test_an_unusual_address_is_known_from_what_the_registry_said(tmp_path: Path, packed: bool) -> None:  # noqa: FBT001
    address = "https://files.example/download/1.tgz"
    said = json.dumps({"versions": {"1.0.0": {"dist": {"tarball": address}}}}).encode()
    said = gzip.compress(said) if packed else said
    stored(tmp_path, said)
    stored(tmp_path, CONTENT)
    indexed(tmp_path, "https://npm.example/@cx%2fone", integrity(said))
    indexed(tmp_path, address, integrity(CONTENT))
    assert found(tmp_path)
    assert not found(tmp_path, "1.0.1")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"versions": []}', b"[" * 100_000, b"\x1f\x8bxx", b"\xff"])
def test_what_the_registry_said_may_make_no_sense(tmp_path: Path, content: bytes) -> None:
    stored(tmp_path, content)
    indexed(tmp_path, "https://npm.example/@cx%2fone", integrity(content))
    assert not found(tmp_path)


def test_rotten_content_is_not_there(cache: Path) -> None:
    stored(cache, CONTENT).write_bytes(b"A tarball")
    assert not found(cache)


def test_content_that_is_a_link_or_a_pipe_is_not_there(cache: Path) -> None:
    path = stored(cache, CONTENT)
    path.rename(cache / "elsewhere")
    path.symlink_to(cache / "elsewhere")
    assert not found(cache)
    path.unlink()
    os.mkfifo(path)
    assert not found(cache)
    path.unlink()
    (cache / "elsewhere").rename(path)
    assert found(cache)
    path.parent.rename(cache / "folder")
    path.parent.symlink_to(cache / "folder")
    assert not found(cache)


@pytest.mark.parametrize("says", ["", "sha512-", "sha512-????", "sha512-Lg==", "md5-abc", "sha512-Li4vLi4="])
def test_a_digest_that_makes_no_sense_leads_nowhere(tmp_path: Path, says: str) -> None:
    indexed(tmp_path, ADDRESS, says)
    assert not found(tmp_path)
