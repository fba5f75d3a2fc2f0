"""Configuration files that changed their package are put right, but not where somebody besides root could interfere."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.apt.restore import configuration
from cortexrepo.model.package import Package

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = b"of the one that goes\n", b"of the one that comes\n"
PUT = Package("demo", "all", "1", 0, ())


def digest(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


@pytest.mark.parametrize("is_roots", [True, False])
def test_a_file_is_renamed_only_below_directories_that_are_roots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_roots: bool
) -> None:
    place, beside, status = tmp_path / "demo.conf", tmp_path / "demo.conf.dpkg-dist", tmp_path / "status"
    place.write_bytes(OLD)
    beside.write_bytes(NEW)
    status.write_text(
        "Package: demo\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nMaintainer: nobody\n"
        f"Conffiles:\n {place} {digest(NEW).hex()}\nDescription: demo\n\n"
    )
    monkeypatch.setattr(configuration, "STATUS", str(status))
    if is_roots:
        monkeypatch.setattr(configuration, "is_roots", lambda _path: True)
    else:
        tmp_path.chmod(0o777)
    assert configuration.put_right([PUT], {str(place): digest(OLD)}) == ([str(place)] if is_roots else [])
    assert place.read_bytes() == (NEW if is_roots else OLD)
    assert beside.exists() is not is_roots
