"""npm's global packages as an ecosystem."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.packages.contents import bared_manifest

from cortexrepo.ecosystems.contract.reading import Collected
from cortexrepo.ecosystems.npm import read as npm
from cortexrepo.ecosystems.npm import versions
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.package import LINK, NESTED, OWNED, Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.machine.files import Entry


class Forbidding(RootedSystem):
    """A root in which one path may not be read."""

    forbidden = ""

    def read(self, path: str, limit: int = 1 << 26) -> bytes | None:
        """As the original, with the exception."""
        self._check(path)
        return super().read(path, limit)

    def entries(self, path: str) -> list[Entry]:
        """As the original, with the exception."""
        self._check(path)
        return super().entries(path)

    def is_directory(self, path: str) -> bool:
        """As the original, with the exception."""
        if self.forbidden == f"{path}?":
            raise PermissionError(13, "Permission denied", path)
        return super().is_directory(path)

    def _check(self, path: str) -> None:
        if path == self.forbidden:
            raise PermissionError(13, "Permission denied", path)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[Forbidding]:
    made = Forbidding(str(tmp_path))
    yield made
    made.close()


def install(root: Path, where: str, version: str) -> None:
    """Writes a package."""
    folder = root / where[1:]
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"name": folder.name, "version": version}))


def test_a_machine_without_a_prefix_has_no_npm(system: Forbidding) -> None:
    assert npm.collect(system, ["/none"]) == [Collected("", ABSENT)]


def test_each_prefix_is_an_environment_with_its_facts(system: Forbidding, tmp_path: Path) -> None:
    install(tmp_path, "/usr/lib/node_modules/a", "1.0.0")
    (tmp_path / "x/lib/node_modules").mkdir(parents=True)
    header = tmp_path / "usr/include/node/node_version.h"
    header.parent.mkdir(parents=True)
    header.write_text(
        "#ifndef X\n#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 1\n#define NODE_PATCH_VERSION 2\n"
    )
    owner = str(tmp_path.stat().st_uid)

    found = [one._replace(manifest=bared_manifest(one.manifest)) for one in npm.collect(system, ["/x"])]

    assert found == [
        Collected(
            "/usr",
            OK,
            Manifest("npm", (Package("a", "", "1.0.0"),)),
            "",
            (("kind", "system"), ("node", "20.1.2"), ("owner", owner)),
        ),
        Collected("/x", OK, Manifest("npm", ()), "", (("kind", "named"), ("owner", owner), ("way", "named"))),
    ]


@pytest.mark.parametrize("header", ["", "#define NODE_MAJOR_VERSION", "#define NODE_MAJOR_VERSION x", "\x1b" * 9000])
def test_a_header_that_makes_no_sense_gives_no_version_of_node(system: Forbidding, tmp_path: Path, header: str) -> None:
    install(tmp_path, "/usr/lib/node_modules/a", "1.0.0")
    (tmp_path / "usr/include/node").mkdir(parents=True)
    (tmp_path / "usr/include/node/node_version.h").write_text(header)

    assert [key for key, _ in npm.collect(system, [])[0].facts] == ["kind", "owner"]


def test_packages_that_dpkg_lists_are_flagged_with_all_inside_them(system: Forbidding, tmp_path: Path) -> None:
    modules = "/usr/lib/node_modules"
    for where in ("npm", "npm/node_modules/x", "mine", "mine/node_modules/x", "deb", "@s/deb", "np"):
        install(tmp_path, f"{modules}/{where}", "1.0.0")
    install(tmp_path, "/usr/share/nodejs/linked", "1.0.0")
    (tmp_path / "usr/lib/node_modules/linked").symlink_to("/usr/share/nodejs/linked")
    info = tmp_path / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (info / "nodejs.list").write_text(f"/.\n{modules}/npm\n{modules}/npm/package.json\n{modules}/mine\n")
    (info / "node-deb.list").write_text(
        f"{modules}/deb/package.json\n{modules}/@s/deb/package.json\n{modules}/linked\n"
    )
    (info / "other.list").write_text(f"{modules}/mine/package.json\n")

    rows = npm.collect(system, [])[0].manifest

    assert rows is not None
    assert [(row.name, row.flags, row.attribute("inside")) for row in rows.packages] == [
        ("@s/deb", OWNED, ""),
        ("deb", OWNED, ""),
        ("linked", OWNED | LINK, ""),
        ("mine", 0, ""),
        ("np", 0, ""),
        ("npm", OWNED, ""),
        ("x", NESTED, "mine"),
        ("x", OWNED | NESTED, "npm"),
    ]


def test_what_dpkg_lists_does_not_matter_in_another_prefix(system: Forbidding, tmp_path: Path) -> None:
    install(tmp_path, "/usr/local/lib/node_modules/a", "1.0.0")
    info = tmp_path / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (info / "nodejs.list").write_text("/usr/local/lib/node_modules/a/package.json\n")

    assert bared_manifest(npm.collect(system, [])[0].manifest) == Manifest("npm", (Package("a", "", "1.0.0"),))


@pytest.mark.parametrize(
    ("forbidden", "status", "names"),
    [
        ("/usr/lib/node_modules", FAILED, None),
        ("/usr/lib/node_modules/a/package.json", PARTIAL, ["a", "b"]),
        ("/usr/lib/node_modules/a/node_modules", PARTIAL, ["a"]),
        ("/var/lib/dpkg/info/nodejs.list", PARTIAL, ["a", "b"]),
        ("/var/lib/dpkg/info", PARTIAL, ["a", "b"]),
        ("/usr/lib/node_modules/.package-lock.json", OK, ["a", "b"]),
    ],
)
def test_what_may_not_be_read_is_named(
    system: Forbidding, tmp_path: Path, forbidden: str, status: str, names: list[str] | None
) -> None:
    install(tmp_path, "/usr/lib/node_modules/a", "1.0.0")
    install(tmp_path, "/usr/lib/node_modules/a/node_modules/b", "1.0.0")
    system.forbidden = forbidden

    collected = npm.collect(system, [])[0]

    assert collected.status == status
    assert collected.error == ("" if status == OK else f"{forbidden}: Permission denied")
    assert (collected.manifest and [row.name for row in collected.manifest.packages]) == names


def test_several_reasons_are_counted_on_one_line(tmp_path: Path) -> None:
    for name in ("a", "b"):
        install(tmp_path, f"/x/lib/node_modules/{name}", "1.0.0")

    class Failing(Forbidding):
        def read(self, path: str, limit: int = 1 << 26) -> bytes | None:
            if path.endswith("/package.json"):
                raise OSError(5, "Input/output error", path)
            return super().read(path, limit)

    failing = Failing(str(tmp_path))
    try:
        collected = npm.collect(failing, ["/x"])[0]
    finally:
        failing.close()

    one, two = (f"/x/lib/node_modules/{name}/package.json: Input/output error" for name in ("a", "b"))
    assert collected.error == f"{one}; {two}"


def test_a_place_that_cannot_be_searched_is_not_taken_for_empty(system: Forbidding) -> None:
    system.forbidden = "/usr/lib/node_modules?"

    assert npm.collect(system, []) == [Collected("", PARTIAL, None, "/usr: Permission denied")]


def test_versions_are_compared_as_semantic_versions() -> None:
    assert versions.compare("1.10.0", "1.9.0") > 0
    assert npm.NAME == "npm"
