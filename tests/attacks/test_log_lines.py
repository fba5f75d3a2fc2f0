"""What a user's program prints is in root's log, and root reads the log on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.restore.run import here

if TYPE_CHECKING:
    from pathlib import Path


def test_the_log_of_a_restore_drives_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "log"
    here._log(str(path), "ERROR: \x1b]0;owned\x07\x1b[2J\x9b31m\u202e evil\r\nforged\x1b[31m")
    text = path.read_text()
    assert text.count("\n") == 1
    assert text.rstrip("\n").isprintable()
    assert r"ERROR: \x1b]0;owned\x07\x1b[2J\x9b31m\u202e evil\r\nforged\x1b[31m" in text
