"""In which way pip writes programs here, told from what is there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.wheels.entry_program import is_newer

if TYPE_CHECKING:
    from pathlib import Path

NEWER = b"#!/usr/bin/python3\nsys.argv[0] = sys.argv[0].removesuffix('.exe')\n"


def test_programs_are_written_as_those_that_are_there(tmp_path: Path) -> None:
    assert not is_newer(str(tmp_path), str(tmp_path))
    (tmp_path / "tool").write_bytes(NEWER)
    assert is_newer(str(tmp_path), str(tmp_path))


def test_a_fifo_among_the_programs_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tool")
    filled = os.open(tmp_path / "tool", os.O_RDWR | os.O_NONBLOCK)
    try:
        os.write(filled, NEWER)
        assert not is_newer(str(tmp_path), str(tmp_path))
        assert os.read(filled, len(NEWER)) == NEWER
    finally:
        os.close(filled)


def test_a_link_among_the_programs_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "tool").write_bytes(NEWER)
    (tmp_path / "scripts/tool").symlink_to(tmp_path / "tool")
    assert not is_newer(str(tmp_path / "scripts"), str(tmp_path))
