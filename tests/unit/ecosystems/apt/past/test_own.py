"""apt's history names this tool and the snapshot, and the import of logs reads that out of it again."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.apt.command import apt_get, apt_get_filed
from cortexrepo.ecosystems.apt.past import own
from cortexrepo.ecosystems.apt.past.apthistory import entries

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = ("DPkg::Pre-Install-Pkgs::=exec /usr/bin/python3 -I '/a b/guard.py'", 'Odd::Path=/a"b')


def _line(purpose: str) -> str:
    path = f"/var/lib/cortex/restore/part-0/{own.file_name(purpose)}"
    command, _ = apt_get_filed(path, "install", "hello=2.10-3", options=(), settings=own.settings(purpose))
    return f"/usr/bin/{' '.join(command)}"


@pytest.mark.parametrize("purpose", ["restore 9e11d7283222", "abort 9e11d7283222", "restore", ""])
def test_a_command_line_of_this_tool_is_read_as_what_was_done(purpose: str) -> None:
    assert own.command(_line(purpose)) == f"cortex snapshot {purpose or 'restore'}"
    assert len(_line(purpose)) < 150
    assert "upgrade" not in _line(purpose).lower()


def test_lines_of_earlier_versions_are_known_and_those_of_others_are_as_they_are() -> None:
    assert own.command(f"/usr/bin/{' '.join(apt_get('install', 'hello=2.10-3'))}") == "cortex snapshot restore"
    for other in ("apt-get -y -q install hello", "apt-get -c /etc/cortex-snapshot.conf install x", "apt upgrade"):
        assert own.command(other) == other


def test_the_import_of_logs_shows_it() -> None:
    lines = ["Start-Date: 2026-03-01  12:00:00", f"Commandline: {_line('restore 9e11d7283222')}", "Install: hello"]
    (entry,) = entries([f"{line}\n".encode() for line in lines])
    assert entry.command == "cortex snapshot restore 9e11d7283222"


@pytest.mark.skipif(shutil.which("apt-config") is None, reason="there is no apt-config here")
def test_settings_in_the_file_mean_what_they_mean_on_the_command_line(tmp_path: Path) -> None:
    def dumped(command: list[str]) -> list[str]:
        words = ["apt-config", *(word for word in command[3 : command.index("install")]), "dump"]
        out = subprocess.run(words, capture_output=True, check=True, text=True).stdout
        return [line for line in out.splitlines() if not line.startswith("CommandLine::AsString")]

    path = tmp_path / "cortex-snapshot-restore.conf"
    command, text = apt_get_filed(str(path), "install", "x", options=(), settings=SETTINGS)
    path.write_text(text)
    assert command[5:7] == ["-o", SETTINGS[1]]
    assert dumped(command) == dumped(apt_get("install", "x", settings=SETTINGS))
