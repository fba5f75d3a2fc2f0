from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root
from support.packages.debs import deb

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.model.size import parse_size

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from support.processes.command_line import CommandLine

BASH, OPENSSL = "bash_5.2.15-2_amd64.deb", "openssl_3.0.11-1_amd64.deb"


def cache(root: Path, *names: str) -> None:
    """Puts .debs into the cache of the machine."""
    place = root / "var/cache/apt/archives"
    place.mkdir(parents=True, exist_ok=True)
    for name in names:
        package, version, _ = name.split("_")
        (place / name).write_bytes(deb(package, version))


@pytest.fixture
def kept(cortex: CommandLine) -> CommandLine:
    """A repository with a snapshot of two packages, of which one file is kept."""
    make_root(cortex.root, pip={}, npm={})
    cache(cortex.root, BASH)
    assert cortex("create", "--only", "apt", "--keep-artifacts", "one").code == 3
    return cortex


def test_create_keeps_what_is_in_the_cache_and_names_what_is_not(cortex: CommandLine) -> None:
    make_root(cortex.root, pip={}, npm={})
    cache(cortex.root, BASH)
    found = cortex("create", "--only", "apt", "--keep-artifacts")
    assert found.code == 3
    assert found.out.splitlines()[-1].startswith("1 file kept (")
    assert found.out.splitlines()[-1].endswith("), 1 not available")
    assert found.err == "not kept: apt openssl 3.0.11-1: the .deb file is not in apt's cache\n"
    cache(cortex.root, OPENSSL)
    found = cortex("create", "--only", "apt", "--keep-artifacts")
    assert (found.code, found.err) == (0, "")
    assert found.out.splitlines()[-1].endswith(", 1 kept before")
    found = cortex("create", "--only", "apt", "--keep-artifacts")
    assert found.out.splitlines()[-1] == "no new file kept, 2 kept before"
    assert cortex("verify").out.startswith("all good: 3 snapshots, 1 object, 2 artifacts, ")


def test_create_keeps_an_npm_package_as_it_is_installed(cortex: CommandLine) -> None:
    found = cortex("create", "--only", "npm", "--keep-artifacts", "--json")
    assert found.code == 0
    document = found.json()
    assert document["schema"] == "cortex.snapshot.create/1"
    assert document["artifacts"]["present"] == 0  # type: ignore[index]
    (kept,) = document["artifacts"]["kept"]  # type: ignore[index]
    assert {name: kept[name] for name in ("ecosystem", "name", "version", "file", "origin")} == {
        "ecosystem": "npm",
        "name": "left-pad",
        "version": "1.3.0",
        "file": "left-pad-1.3.0.tgz",
        "origin": "installed",
    }


def test_a_create_without_the_option_keeps_nothing_and_loads_nothing_of_it(cortex: CommandLine) -> None:
    cache(cortex.root, BASH)
    assert "artifacts" not in cortex("create", "--json").json()
    assert not (cortex.repo / "artifacts").exists()
    for words in (("create",), ("show",)):
        code = (
            "import sys\nfrom cortexrepo.cli.main import snapshot\n"
            f"try: snapshot.main({[*cortex.words(words)]!r})\nexcept SystemExit: pass\n"
            "print([name for name in sys.modules if 'restore' in name or name.endswith(('artifacts', 'subprocess'))])"
        )
        found = cortex.process(*words)
        assert found.code == 0
        import subprocess

        ended = subprocess.run(
            [sys.executable, "-c", code], env=cortex.unmeasured(), capture_output=True, check=True, text=True
        )
        assert ended.stdout.splitlines()[-1] == "[]", words


def test_a_full_disk_costs_the_files_and_not_the_snapshot(cortex: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    cache(cortex.root, BASH)

    def full(_self: object, _path: str, _pieces: Iterable[bytes]) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(RealFileSystem, "write_pieces", full)
    found = cortex("create", "--only", "apt", "--keep-artifacts")
    assert found.code == 1
    assert "was made; keeping its files failed: " in found.err
    assert "No space left on device" in found.err
    assert "hint: make room: `df " in found.err
    document = cortex("create", "--only", "apt", "--keep-artifacts", "--json").json()
    assert document["artifacts"]["failure"]["kind"] == "store"  # type: ignore[index]
    assert len(cortex("list").out.splitlines()) == 2
    assert cortex("verify").code == 0


def test_fetch_offline_takes_what_is_there_and_starts_nothing(cortex: CommandLine) -> None:
    make_root(cortex.root, apt={}, pip={}, npm={})
    cortex("create", "--only", "apt")
    found = cortex("artifacts", "fetch", "--offline")
    assert (found.code, found.out) == (0, "no new file kept\n")
    make_root(cortex.root, apt={"no-such-package-anywhere": "1"}, pip={}, npm={})
    cortex("create", "--only", "apt")
    found = cortex("artifacts", "fetch", "latest", "--offline", "--json")
    assert found.code == 3
    document = found.json()
    assert list(document) == ["schema", "id", "kept", "present", "missing", "failure"]
    assert document["schema"] == "cortex.snapshot.artifacts/1"
    missing = document["missing"][0]  # type: ignore[index]
    assert (missing["name"], missing["reason"]) == ("no-such-package-anywhere", "the .deb file is not in apt's cache")
    assert cortex("artifacts", "fetch", "nope").code == 1
    assert cortex("artifacts", "list", "--offline").code == 2
    assert cortex("artifacts").code == 2


def test_list_says_how_much_is_kept_for_which_snapshot(kept: CommandLine) -> None:
    make_root(kept.root, apt={"openssl": "4"}, pip={}, npm={})
    kept("create", "two", "--only", "apt")
    lines = kept("artifacts", "list").out.splitlines()
    assert len(lines) == 3
    assert "  0 of 1  " in lines[0]
    assert "  1 of 2  " in lines[1]
    assert lines[1].endswith("not needed by a newer one")
    assert lines[2].startswith("1 file in all (")
    document = kept("artifacts", "list", "--json").json()
    assert list(document) == ["schema", "snapshots", "files", "bytes", "bytes_unneeded", "damaged"]
    assert document["files"] == 1
    assert kept("artifacts", "list", "latest~1").out.startswith(f"apt  {BASH}")
    assert kept("artifacts", "list", "latest").out == "no file is kept for this snapshot\n"
    artifact = kept("artifacts", "list", "latest~1", "--json").json()["artifacts"][0]  # type: ignore[index]
    assert list(artifact) == [
        "ecosystem",
        "name",
        "arch",
        "version",
        "file",
        "bytes",
        "content",
        "origin",
        "holder",
        "environment",
    ]


def test_show_says_of_each_package_whether_it_can_be_put_back(kept: CommandLine) -> None:
    found = kept("show", "--restorable")
    assert found.code == 0
    lines = [line.split()[:4] for line in found.out.splitlines()[-3:-1]]
    assert lines[0] == ["apt", "bash", "5.2.15-2", "artifact"]
    assert lines[1][:3] == ["apt", "openssl", "3.0.11-1"]
    assert lines[1][3] in {"missing", "unknown", "configured"}
    assert found.out.splitlines()[-1].startswith("2 packages: 1 artifact, 1 ")
    document = kept("show", "--restorable", "--json").json()
    rows = document["restorable"]
    assert isinstance(rows, list)
    assert list(rows[0]) == ["ecosystem", "environment", "name", "arch", "version", "place", "reason"]
    assert "restorable" not in kept("show", "--json").json()
    assert kept("show", "live", "--restorable").code == 2


def test_gc_removes_files_that_no_snapshot_needs_and_those_over_the_limit(kept: CommandLine) -> None:
    found = kept("gc", "--artifacts-limit", "0")
    assert found.out == "nothing to remove\n"
    assert "over the limit, for the newest and tagged snapshots" in found.err
    make_root(kept.root, apt={"openssl": "4"}, pip={}, npm={})
    kept("create", "two", "--only", "apt")
    planned = kept("gc", "--artifacts-limit", "1", "--dry-run")
    assert planned.out.startswith("would remove 1 artifact (")
    assert kept("gc", "--artifacts-limit", "1k", "--json").json()["artifacts"] in {0, 1}
    kept("gc", "--artifacts-limit", "0")
    assert kept("artifacts", "list").out.splitlines()[-1] == "0 files in all (0 bytes)"
    assert kept("verify").code == 0


def test_a_damaged_file_is_named_and_repaired(kept: CommandLine) -> None:
    (path,) = (kept.repo / "artifacts").rglob("*-*")
    path.write_bytes(b"X" + path.read_bytes()[1:])
    found = kept("verify")
    assert found.code == 1
    assert f"damaged-artifact: artifacts/{path.parent.name}/{path.name}: its content does not" in found.out
    assert kept("verify", "--repair").code == 0
    assert kept("create", "--only", "apt", "--keep-artifacts").out.splitlines()[-1].startswith("1 file kept")


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("1024", 1024), ("1k", 1024), ("2G", 2 << 30), ("500MiB", 500 << 20), ("3tb", 3 << 40), ("7b", 7)],
)
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "k", "-1", "1.5G", "1 G B", "1x", "9" * 13, "\u0661", "1kk"])
def test_what_is_no_size_is_wrong_usage(kept: CommandLine, text: str) -> None:
    found = kept("gc", f"--artifacts-limit={text}")
    assert found.code == 2
    assert "write 500M, 2G or a number of bytes" in found.err
