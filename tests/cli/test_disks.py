"""A disk without room and one that may not be written: nothing that was stored is lost, and one line says why."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.processes.command_line import CommandLine

SIZE = "160k"


class Disk(NamedTuple):
    """A small file system that only the processes started through it see."""

    holder: subprocess.Popen[str]
    path: Path
    cortex: CommandLine

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a program there."""
        inside = ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", *words]
        return subprocess.run(inside, env=self.cortex.environment(), capture_output=True, text=True, check=False)

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a command there."""
        return self.run(*self.cortex.command(*words))


@pytest.fixture
def disk(cortex: CommandLine) -> Iterator[Disk]:
    path = cortex.repo.parent / "disk"
    path.mkdir()
    cortex.repo = path / "repo"
    mount = f"mount -t tmpfs -o size={SIZE} none '{path}' && echo ready && exec cat"
    try:
        holder = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", mount],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("needs unshare")
    with holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stderr
        if holder.stdout.readline() != "ready\n":
            pytest.skip(f"may not mount here: {holder.stderr.read().strip()}")
        yield Disk(holder, path, cortex)
        holder.stdin.close()


def test_on_a_full_disk_creating_fails_and_nothing_is_lost(disk: Disk) -> None:
    assert disk("create", "full-0").returncode == 0
    filler = str(disk.path / "filler")
    disk.run("dd", "if=/dev/zero", f"of={filler}", "bs=1k")
    refused = disk("create", "full-1")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[1].startswith("cortex: ")
    assert "No space left on device" in refused.stderr
    [hint] = refused.stderr.splitlines()[2:]
    assert hint.startswith("hint: make room: `df /")
    assert hint.endswith("; nothing that was stored before is affected")
    assert "full-0" in disk("list").stdout
    assert disk("show", "latest", "--packages").returncode == 0
    assert disk.run("rm", filler).returncode == 0
    assert disk("create", "full-2").returncode == 0
    assert [word for word in disk("list").stdout.split() if word.startswith("full-")] == ["full-2", "full-0"]


def test_a_repository_on_a_read_only_disk_can_be_read(disk: Disk) -> None:
    assert disk("create", "kept").returncode == 0
    assert disk.run("mount", "-o", "remount,ro", str(disk.path)).returncode == 0
    refused = disk("create", "new")
    assert refused.returncode == 1
    assert "Read-only file system" in refused.stderr
    assert refused.stderr.splitlines()[2:] == [
        "hint: the file system is read-only: choose another repository with `--repo DIR`"
    ]
    for words in (["list"], ["show", "latest", "--packages"], ["diff", "latest", "live"], ["status"]):
        found = disk(*words)
        assert (found.returncode, len(found.stderr.splitlines())) == (0, 1), words
        assert found.stderr.startswith("repository: "), words
    assert disk("delete", "latest", "--yes").returncode == 1
    assert "kept" in disk("list").stdout
