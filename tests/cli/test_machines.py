"""Snapshots of several machines in one repository, and roots that are no machine."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root

from cortexrepo.codec.hashing import machine_id
from cortexrepo.recording.collecting import machine_of

if TYPE_CHECKING:
    from pathlib import Path

    from support.processes.command_line import CommandLine


def image(path: Path, **versions: str) -> Path:
    root = make_root(path, apt={"bash": "1", **versions})
    (root / "etc/machine-id").write_text("f" * 32 + "\n")
    return root


def test_a_later_snapshot_of_another_machine_is_not_the_latest_of_this_one(cortex: CommandLine, tmp_path: Path) -> None:
    shutil.copytree(cortex.root / "opt/venv", cortex.root / "deep/down/venv")
    cortex("create", "mine", "--environment", "/deep/down/venv")
    cortex("create", "an image", "--root", str(image(tmp_path / "image")))
    for command in (["status"], ["diff"], ["diff", "latest"], ["diff", "live", "latest"]):
        found = cortex(*command, "--exit-code")
        assert (found.code, "mine" in found.out, found.err) == (0, True, "")
    # The image has its own latest one, and what was named once stays recorded.
    other = cortex("diff", "--exit-code", "--root", str(image(tmp_path / "image", bash="2")))
    assert (other.code, "an image" in other.out) == (5, True)
    cortex("create", "again")
    assert "/deep/down/venv" in cortex("show").out


def test_without_a_snapshot_of_the_machine_the_latest_of_all_is_compared_and_said_to_be_anothers(
    cortex: CommandLine, tmp_path: Path
) -> None:
    cortex("create", "an image", "--root", str(image(tmp_path / "image")))
    cortex("create", "another", "--root", str(image(tmp_path / "image")))
    assert "note: the two states are of different machines" in cortex("status").err


@pytest.mark.parametrize("words", [["create"], ["diff"], ["status"], ["show", "live"]])
def test_an_empty_directory_is_no_machine(cortex: CommandLine, tmp_path: Path, words: list[str]) -> None:
    cortex("create")
    (tmp_path / "empty").mkdir()
    found = cortex(*words, "--root", str(tmp_path / "empty"))
    assert (found.code, found.out) == (1, "")
    assert "there is no machine in" in found.err
    assert "hint: give the directory of a mounted image or a chroot" in found.err
    assert cortex("list").out.count("\n") == 1


def test_a_root_without_an_id_is_never_this_machine(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    host = os.uname().nodename
    (tmp_path / "etc/hostname").write_text(f"{host}\n")
    assert machine_of(str(tmp_path)) not in {machine_of("/"), machine_id(b"without a machine-id: " + host.encode())}
    (tmp_path / "etc/hostname").write_text("another\n")
    assert machine_of(str(tmp_path)) == machine_id(b"without a machine-id: another")


def test_a_missing_status_file_of_dpkg_changes_nothing_else(cortex: CommandLine) -> None:
    cortex("create")
    (cortex.root / "var/lib/dpkg/status").unlink()
    (cortex.root / "var/lib/dpkg/arch").unlink()
    found = cortex("diff", "--exit-code")
    assert found.code == 3
    assert "removed" not in found.out
    assert "system: cannot be compared: after: /var/lib/dpkg/status: the file is missing" in found.out
    assert "  apt: cannot be compared" in found.out
