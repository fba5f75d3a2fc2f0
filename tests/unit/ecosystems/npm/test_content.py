"""The digest of an npm package: of its package.json, in a tarball or where npm 7 and later have installed it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.packages.tarballs import tarball

from cortexrepo.ecosystems.npm.nodemodules import read_tree
from cortexrepo.ecosystems.npm.tarballs.tarball import read
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.content import DIGEST, is_other

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.package import Package


def installed(root: Path, raw: bytes) -> Package:
    """Returns the row of a package with this package.json."""
    folder = root / "lib/node_modules/a"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_bytes(raw)
    system = RootedSystem(str(root))
    try:
        (row,) = read_tree(system, "/lib/node_modules").packages
    finally:
        system.close()
    return row


def content(root: Path, packed: bytes) -> tuple[bytes, str]:
    """Returns the package.json of a tarball, and the digest."""
    (root / "a.tgz").write_bytes(packed)
    contents = read(str(root / "a.tgz"))
    return contents.raw, contents.packages[""].content


def test_what_npm_installs_has_the_digest_of_its_tarball(tmp_path: Path) -> None:
    raw, digest = content(tmp_path, tarball("a", "1.0.0"))
    assert installed(tmp_path, raw).attribute(DIGEST) == digest
    assert digest.startswith("package.json:")


@pytest.mark.parametrize("added", [b" ", b"\n"])
def test_every_byte_counts(tmp_path: Path, added: bytes) -> None:
    raw, digest = content(tmp_path, tarball("a", "1.0.0"))
    assert is_other(installed(tmp_path, raw + added), digest)


@pytest.mark.parametrize("key", ["_id", "_resolved", "_requested", "_where"])
def test_a_package_json_that_npm_has_completed_has_no_digest(tmp_path: Path, key: str) -> None:
    raw = json.dumps({"name": "a", "version": "1.0.0", key: "x"}).encode()
    assert installed(tmp_path, raw).attribute(DIGEST) == ""


def test_a_tarball_cannot_hide_behind_what_npm_would_add(tmp_path: Path) -> None:
    row = installed(tmp_path, content(tmp_path, tarball("a", "1.0.0"))[0])
    assert is_other(row, content(tmp_path, tarball("a", "1.0.0", _id="a@1.0.0"))[1])


def test_what_is_broken_or_a_link_has_no_digest(tmp_path: Path) -> None:
    assert installed(tmp_path, b"{").attribute(DIGEST) == ""
    assert installed(tmp_path, b"").attribute(DIGEST) == ""
    (tmp_path / "src").mkdir()
    (tmp_path / "lib/node_modules/a").rename(tmp_path / "src/a")
    (tmp_path / "src/a/package.json").write_text('{"name": "a", "version": "1.0.0"}')
    (tmp_path / "lib/node_modules/a").symlink_to("/src/a")
    system = RootedSystem(str(tmp_path))
    (row,) = read_tree(system, "/lib/node_modules").packages
    system.close()
    assert row.attribute("target")
    assert row.attribute(DIGEST) == ""
