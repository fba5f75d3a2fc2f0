"""Reading a node_modules tree."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from support.packages.contents import bared

from cortexrepo.ecosystems.npm.nodemodules import read_tree
from cortexrepo.ecosystems.npm.origin import outside_registry
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.package import BROKEN, LINK, NESTED, Manifest, Package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.ecosystems.npm.nodemodules import Tree

TOP = "/p/lib/node_modules"


class Prefix:
    """A prefix under construction, in a root of its own."""

    def __init__(self, root: Path) -> None:
        """Makes the empty tree."""
        self.modules = root / TOP[1:]
        self.modules.mkdir(parents=True)
        self.system = RootedSystem(str(root))

    def package(self, where: str, content: object) -> Path:
        """Writes a package.json: a text as it is, anything else as JSON."""
        folder = self.modules / where
        folder.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / "package.json").write_text(text, encoding="utf-8")
        return folder

    def tree(self, **limits: int) -> Tree:
        """Reads it."""
        return read_tree(self.system, TOP, **limits)

    def rows(self) -> tuple[Package, ...]:
        """Reads it and returns the rows in canonical order; there must be no problem."""
        packages, problems, _ = self.tree()
        assert problems == []
        return Manifest.of("npm", packages).packages


@pytest.fixture
def prefix(tmp_path: Path) -> Iterator[Prefix]:
    made = Prefix(tmp_path)
    yield made
    made.system.close()


def test_packages_are_named_after_their_folders_with_the_scope(prefix: Prefix) -> None:
    prefix.package("plain", {"name": "plain", "version": "1.0.0"})
    prefix.package("@scope/inner", {"name": "@scope/inner", "version": "2.0.0-rc.1"})

    assert bared(prefix.rows()) == (Package("@scope/inner", "", "2.0.0-rc.1"), Package("plain", "", "1.0.0"))


def test_a_nested_package_says_what_it_is_inside(prefix: Prefix) -> None:
    for where in ("a", "a/node_modules/b", "a/node_modules/b/node_modules/@s/c"):
        prefix.package(where, {"version": "1.0.0"})

    assert bared(prefix.rows()) == (
        Package("@s/c", "", "1.0.0", NESTED, (("inside", "a>b"),)),
        Package("a", "", "1.0.0"),
        Package("b", "", "1.0.0", NESTED, (("inside", "a"),)),
    )


def test_hidden_names_files_and_empty_scopes_are_passed_over(prefix: Prefix) -> None:
    prefix.package(".tmp-XYZ", {"name": "tmp", "version": "1.0.0"})
    prefix.package("@scope/.inner-XYZ", {"name": "inner", "version": "1.0.0"})
    (prefix.modules / "@empty").mkdir()
    (prefix.modules / "file").write_text("x")
    (prefix.modules / "@file").write_text("x")

    assert prefix.rows() == ()


def test_a_folder_that_is_named_otherwise_than_its_package_is_an_alias(prefix: Prefix) -> None:
    prefix.package("aliased", {"name": "real", "version": "1.0.0"})

    assert bared(prefix.rows()) == (Package("aliased", "", "1.0.0", 0, (("alias", "real"),)),)


def test_a_link_says_where_to_and_its_own_tree_is_left_alone(prefix: Prefix, tmp_path: Path) -> None:
    source = tmp_path / "src/linked"
    prefix.package(str(source), {"name": "linked", "version": "3.0.0"})
    prefix.package(str(source / "node_modules/dep"), {"name": "dep", "version": "1.0.0"})
    (prefix.modules / "linked").symlink_to("/src/linked")

    assert prefix.rows() == (Package("linked", "", "3.0.0", LINK, (("target", "/src/linked"),)),)


@pytest.mark.parametrize("target", ["/nowhere", "linked", "../../../../../../../../etc", "/p/lib/node_modules/file"])
def test_a_link_to_nothing_useful_is_a_broken_link(prefix: Prefix, target: str) -> None:
    (prefix.modules / "file").write_text("x")
    (prefix.modules / "linked").symlink_to(target)

    assert prefix.rows() == (Package("linked", "", "", LINK | BROKEN, (("target", target),)),)


def test_the_packages_of_a_linked_scope_are_links(prefix: Prefix, tmp_path: Path) -> None:
    prefix.package(str(tmp_path / "p/lib/src/one"), {"name": "@s/one", "version": "1.0.0"})
    (prefix.modules / "@s").symlink_to("../src")

    assert prefix.rows() == (Package("@s/one", "", "1.0.0", LINK, (("target", "../../src/one"),)),)


def test_a_nested_folder_that_is_a_link_cannot_make_the_tree_endless(prefix: Prefix) -> None:
    folder = prefix.package("loop", {"name": "loop", "version": "1.0.0"})
    (folder / "node_modules").symlink_to("..")
    (prefix.modules / "@s").symlink_to(".")

    assert [package.name for package in prefix.rows()] == ["@s/@s", "@s/loop", "loop"]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[1]", "null", "{}", '{"name": "x"}', '{"version": 5}', '{"version": ""}', '{"version": "1\\u001b[0m"}',
     '{"version": "\\ud800"}', '{"version": "1.0.0", "name": ["x"]}', "[" * 200_000, '{"a":' * 200_000,
     '{"version": "' + "1" * 5000 + '"}', "9" * 5000, '{"version": "1.0.0"}' + " " * (5 << 20)],
    ids=lambda content: content[:20],
)  # fmt: skip
def test_a_package_without_a_sensible_description_is_broken(prefix: Prefix, content: str) -> None:
    prefix.package("x", content)

    assert prefix.rows() == (Package("x", "", "", BROKEN),)


def test_a_folder_without_description_is_broken_and_what_is_inside_is_still_read(prefix: Prefix) -> None:
    prefix.package("gutted/node_modules/kid", {"name": "kid", "version": "1.0.0"})

    assert [(row.name, row.version, row.flags) for row in prefix.rows()] == [
        ("gutted", "", BROKEN),
        ("kid", "1.0.0", NESTED),
    ]


def test_a_description_that_is_a_fifo_or_a_folder_is_broken_and_nothing_waits_for_it(prefix: Prefix) -> None:
    (prefix.modules / "fifo").mkdir()
    os.mkfifo(prefix.modules / "fifo/package.json")
    (prefix.modules / "folder/package.json").mkdir(parents=True)

    assert [(row.name, row.flags) for row in prefix.rows()] == [("fifo", BROKEN), ("folder", BROKEN)]


def test_a_byte_order_mark_and_broken_utf_8_are_read_as_node_reads_them(prefix: Prefix) -> None:
    folder = prefix.package("x", "")
    (folder / "package.json").write_bytes(b'\xef\xbb\xbf{"name": "x", "version": "1.0.0", "author": "Ren\xe9"}')

    assert bared(prefix.rows()) == (Package("x", "", "1.0.0"),)


def test_a_version_that_npm_would_refuse_is_kept_untouched(prefix: Prefix) -> None:
    prefix.package("x", {"name": "x", "version": "not a version"})

    assert prefix.rows()[0].version == "not a version"


def test_a_folder_name_that_cannot_be_printed_is_escaped_and_broken(prefix: Prefix) -> None:
    for name in (b"a\x1b[0m", b"b\xff", b"c>d"):
        folder = os.fsencode(prefix.modules) + b"/" + name
        os.mkdir(folder)
        with open(folder + b"/package.json", "w", encoding="utf-8") as stream:
            stream.write('{"version": "1.0.0"}')

    assert [(row.name, row.version, row.flags) for row in prefix.rows()] == [
        ("a\\x1b[0m", "", BROKEN),
        ("b\\udcff", "", BROKEN),
        ("c\\x3ed", "", BROKEN),
    ]


def test_an_origin_outside_a_registry_is_kept_without_its_secrets(prefix: Prefix) -> None:
    prefix.package("old", {"name": "old", "version": "1.0.0", "_resolved": "git+https://u:p@h.example/x.git#abc"})
    prefix.package("reg", {"name": "reg", "version": "1.0.0", "_resolved": "https://r.example/reg/-/reg-1.0.0.tgz"})
    prefix.package("locked", {"name": "locked", "version": "1.0.0"})
    lock = {"packages": {"node_modules/locked": {"resolved": "file:../x.tgz"}, "node_modules/reg": 5}}
    (prefix.modules / ".package-lock.json").write_text(json.dumps(lock))

    assert {row.name: row.attribute("resolved") for row in prefix.rows()} == {
        "old": "git+https://h.example/x.git#abc",
        "reg": "",
        "locked": "file:../x.tgz",
    }


@pytest.mark.parametrize(
    ("resolved", "kept"),
    [
        ("git+ssh://git@h.example/a.git#1", "git+ssh://git@h.example/a.git#1"),
        ("git+ssh://git:secret@h.example/a.git", "git+ssh://git@h.example/a.git"),
        ("https://token@h.example/a.tgz?key=secret", "https://h.example/a.tgz"),
        ("https://h.example?key=a/b@c", "https://h.example"),
        ("https://h.example/path@1", "https://h.example/path@1"),
        ("git@h.example:a/b.git", "git@h.example:a/b.git"),
        ("/tmp/x\x1b.tgz", "/tmp/x\\x1b.tgz"),
        ("x" * 5000, "?"),
        (5, "?"),
        (None, ""),
        ("", ""),
        (False, ""),
    ],
)
def test_an_address_is_kept_without_credentials(resolved: object, kept: str) -> None:
    assert outside_registry({"_resolved": resolved}, "", "a") == kept


@pytest.mark.parametrize(
    ("name", "resolved"),
    [
        ("a", "https://registry.example/a/-/a-1.0.0.tgz"),
        ("a", "http://registry.example/api/npm/npm/a/-/a-1.0.0.tgz?token=x"),
        ("@s/a", "https://registry.example/@s/a/-/a-1.0.0.tgz"),
        ("@s/a", "https://registry.example/@s%2fa/-/a-1.0.0.tgz"),
        ("@s/a", "https://registry.example/p/npm/@s/a/-/@s/a-1.0.0.tgz"),
    ],
)
def test_the_address_of_a_registrys_tarball_is_no_origin(name: str, resolved: str) -> None:
    assert outside_registry({"_resolved": resolved, "_requested": {"type": "range", "registry": True}}, "", name) == ""
    assert outside_registry({}, resolved, name) == ""


@pytest.mark.parametrize(
    ("resolved", "requested"),
    [
        ("https://h.example/a/-/a-1.0.0.tgz", {"type": "remote"}),
        ("https://h.example/a/-/a-1.0.0.tgz", {"type": "remote", "registry": False}),
        ("https://h.example/a/-/a-1.0.0.tgz", {"registry": False}),
        ("https://h.example/other/-/other-1.0.0.tgz", {"type": "range"}),
        ("https://h.example/not-a/-/a-1.0.0.tgz", None),
        ("https://h.example/a-1.0.0.tgz", None),
        ("ftp://h.example/a/-/a-1.0.0.tgz", None),
    ],
)
def test_what_npm_did_not_look_up_in_a_registry_has_an_origin(resolved: str, requested: object) -> None:
    assert outside_registry({"_resolved": resolved, "_requested": requested}, "", "a") == resolved


@pytest.mark.parametrize("kind", ["git", "hosted", "file", "directory", "local", "remote"])
def test_an_origin_that_npm_did_not_write_down_is_a_question(kind: str) -> None:
    assert outside_registry({"_requested": {"type": kind}}, "", "a") == "?"


@pytest.mark.parametrize("lock", ["{", "[]", '{"packages": []}', '{"packages": {"node_modules/x": []}}'])
def test_a_lock_file_that_makes_no_sense_is_passed_over(prefix: Prefix, lock: str) -> None:
    prefix.package("x", {"name": "x", "version": "1.0.0"})
    (prefix.modules / ".package-lock.json").write_text(lock)

    assert bared(prefix.rows()) == (Package("x", "", "1.0.0"),)


def test_a_tree_that_is_too_deep_or_too_large_is_read_in_part(prefix: Prefix) -> None:
    prefix.package("a/node_modules/b/node_modules/c", {"version": "1.0.0"})

    deep, large = prefix.tree(deepest=1), prefix.tree(most=2)

    assert [package.name for package in deep.packages] == ["a", "b"]
    assert deep.problems == [f"{TOP}/a/node_modules/b/node_modules: the packages are nested more than 1 levels deep"]
    assert [package.name for package in large.packages] == ["a", "b"]
    assert large.problems == [f"{TOP}: the folder has more than 2 packages, and the others were not read"]


def test_a_tree_exactly_as_deep_and_large_as_allowed_is_read_in_full(prefix: Prefix) -> None:
    prefix.package("a/node_modules/b", {"version": "1.0.0"})

    assert prefix.tree(deepest=1, most=2).problems == []
