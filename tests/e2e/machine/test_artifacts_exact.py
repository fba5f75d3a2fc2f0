"""Artifacts with the real tools: what dpkg builds and npm packs is kept, and comes back byte for byte."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root

from cortexrepo.model.package import Package
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from support.processes.command_line import CommandLine


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
@pytest.mark.parametrize("packed", ["xz", "gzip", "none"])
def test_a_deb_that_dpkg_built_is_kept_and_comes_back_byte_for_byte(
    cortex: CommandLine, tmp_path: Path, packed: str
) -> None:
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True, mode=0o755)
    (tree / "DEBIAN/control").write_text(
        "Package: cortex-tested\nVersion: 2:1.0~rc1-1+b2\nArchitecture: all\n"
        "Maintainer: nobody <nobody@example.org>\nDescription: made for a test\n several lines\n",
        encoding="utf-8",
    )
    (tree / "usr/share").mkdir(parents=True)
    (tree / "usr/share/file").write_bytes(bytes(range(256)) * 10_000)
    name = "cortex-tested_2%3a1.0~rc1-1+b2_all.deb"
    make_root(cortex.root, apt={}, pip={}, npm={})
    place = cortex.root / "var/cache/apt/archives"
    place.mkdir(parents=True)
    built = ["dpkg-deb", "--root-owner-group", f"-Z{packed}", "--build", str(tree), str(place / name)]
    subprocess.run(built, check=True, capture_output=True)
    status = cortex.root / "var/lib/dpkg/status"
    status.write_text(
        "Package: cortex-tested\nStatus: install ok installed\nArchitecture: all\nVersion: 2:1.0~rc1-1+b2\n"
        "Maintainer: nobody <nobody@example.org>\nDescription: made for a test\n",
        encoding="utf-8",
    )
    found = cortex("create", "--only", "apt", "--keep-artifacts")
    assert (found.code, found.err) == (0, "")
    shelf = Repository.open(cortex.repo).artifacts
    (kept,) = shelf.find("apt", Package("cortex-tested", "all", "2:1.0~rc1-1+b2"))
    assert kept.file == name
    shelf.copy(kept, str(tmp_path / name))
    assert (tmp_path / name).read_bytes() == (place / name).read_bytes()


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")
def test_an_npm_package_is_packed_as_npm_packs_it(cortex: CommandLine, tmp_path: Path) -> None:
    make_root(cortex.root, apt={}, pip={}, npm={})
    folder = cortex.root / "usr/lib/node_modules/cortex-tested"
    (folder / "lib").mkdir(parents=True)
    description = {"name": "cortex-tested", "version": "1.0.0", "bin": "run.js", "license": "MIT"}
    (folder / "package.json").write_text(json.dumps(description), encoding="utf-8")
    (folder / "run.js").write_text("#!/usr/bin/env node\n", encoding="utf-8")
    (folder / "run.js").chmod(0o755)
    (folder / "lib/index.js").write_text("module.exports = 1\n", encoding="utf-8")
    (folder / "node_modules/inner").mkdir(parents=True)
    (folder / "node_modules/inner/package.json").write_text('{"name": "inner", "version": "1.0.0"}', encoding="utf-8")
    assert cortex("create", "--only", "npm", "--keep-artifacts").code == 0
    shelf = Repository.open(cortex.repo).artifacts
    (kept,) = shelf.find("npm", Package("cortex-tested", "", "1.0.0"))
    shelf.copy(kept, str(tmp_path / kept.file))
    words = ["npm", "pack", "--ignore-scripts", "--pack-destination", str(tmp_path / "theirs"), str(folder)]
    (tmp_path / "theirs").mkdir()
    subprocess.run(words, check=True, capture_output=True, cwd=tmp_path)
    (theirs,) = (tmp_path / "theirs").iterdir()
    assert theirs.name == kept.file
    assert _contents(tmp_path / kept.file) == _contents(theirs)


def _contents(path: Path) -> dict[str, tuple[bytes, int, float]]:
    with tarfile.open(path) as tar:
        found = {}
        for entry in tar:
            content = tar.extractfile(entry)
            assert content is not None
            found[entry.name] = content.read(), entry.mode, entry.mtime
    return found
