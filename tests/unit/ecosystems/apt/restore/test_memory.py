"""apt's cache is not believed where dpkg may have written twice in one second."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.apt.restore.memory import UNREMEMBERED, settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("later", "given"),
    [(0.0, UNREMEMBERED), (0.9, UNREMEMBERED), (-0.5, UNREMEMBERED), (2.0, ()), (3600.0, ()), (-3600.0, ())],
)
def test_a_cache_of_the_second_in_which_dpkg_wrote_is_not_used(
    tmp_path: Path, later: float, given: tuple[str, ...]
) -> None:
    status, cache = tmp_path / "status", tmp_path / "pkgcache.bin"
    for path, time in ((status, 1_000_000_000.0), (cache, 1_000_000_000.0 + later)):
        path.touch()
        os.utime(path, (time, time))
    assert settings(str(tmp_path / "archives"), str(status)) == given


def test_without_a_cache_apt_reads_what_is_installed(tmp_path: Path) -> None:
    assert settings(str(tmp_path / "archives"), str(tmp_path / "status")) == ()
