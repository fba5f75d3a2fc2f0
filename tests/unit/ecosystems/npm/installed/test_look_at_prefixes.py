from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.machines.installed import count, findings, put, told
from support.machines.npm_caches import indexed, integrity, stored
from support.packages.tarballs import archive

if TYPE_CHECKING:
    from pathlib import Path

MODULES = "usr/lib/node_modules"


def install(root: Path, name: str, *, command: str = "", **fields: object) -> str:
    """Installs a package with one file and one command; returns its package.json."""
    described = {"name": name, "version": "1.0.0", "bin": {command: "run.js"} if command else {}, **fields}
    text = json.dumps(described)
    put(root / MODULES / name / "package.json", text)
    put(root / MODULES / name / "run.js", f"// {name}\n")
    if command:
        (root / "usr/bin").mkdir(parents=True, exist_ok=True)
        (root / "usr/bin" / command).unlink(missing_ok=True)
        (root / "usr/bin" / command).symlink_to(f"../lib/node_modules/{name}/run.js")
    return text


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path / "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    install(tmp_path, "demo", command="demo")
    return tmp_path


def cached(root: Path, name: str, files: dict[str, str]) -> None:
    """Has npm's cache of root keep the tarball of a package."""
    content = archive((f"package/{path}", text.encode()) for path, text in files.items())
    stored(root / "root/.npm", content)
    indexed(root / "root/.npm", f"https://registry.npmjs.org/{name}/-/{name}-1.0.0.tgz", integrity(content))


def test_without_a_tarball_content_is_not_looked_at(root: Path) -> None:
    found = findings(root, "npm")
    assert told(found) == []
    assert count(found, "compared") == 0
    assert [one.reason for _, one in found if one.kind == "unseen"] == [
        "npm keeps no checksums of a package's files, and its cache has no tarball of the package"
    ]


def test_a_missing_file_of_a_command_and_a_missing_command_are_wrong(root: Path) -> None:
    (root / MODULES / "demo/run.js").unlink()
    (root / "usr/bin/demo").unlink()
    assert told(findings(root, "npm")) == [
        ("missing", "demo", "/usr/bin/demo"),
        ("missing", "demo", f"/{MODULES}/demo/run.js"),
    ]


def test_the_tarball_in_npms_cache_says_what_the_files_are(root: Path) -> None:
    text = (root / MODULES / "demo/package.json").read_text()
    put(root / MODULES / "demo/.npmignore", "x\n")
    cached(root, "demo", {"package.json": text, "run.js": "// demo\n", ".gitignore": "x\n"})
    found = findings(root, "npm")
    assert told(found) == []
    assert count(found, "compared") == 3
    (root / MODULES / "demo/run.js").write_text("// evil\n")
    assert told(findings(root, "npm")) == [("changed", "demo", f"/{MODULES}/demo/run.js")]


def test_a_tarball_with_another_description_says_nothing(root: Path) -> None:
    cached(root, "demo", {"package.json": '{"name": "demo", "version": "1.0.0"}', "run.js": "// other\n"})
    assert count(findings(root, "npm"), "compared") == 0


def test_what_a_script_may_have_changed_is_not_called_wrong(root: Path) -> None:
    text = install(root, "built", scripts={"postinstall": "node x"})
    cached(root, "built", {"package.json": text, "run.js": "// before\n"})
    found = findings(root, "npm", chosen=["built"])
    assert told(found) == [("unseen", "built", f"/{MODULES}/built/run.js")]


def test_a_command_of_two_packages_is_the_later_ones_while_that_is_there(root: Path) -> None:
    install(root, "rival", command="demo")
    assert told(findings(root, "npm")) == []
    assert told(findings(root, "npm", "held", chosen=["rival"])) == [("taken", "demo", "/usr/bin/demo")]
    (root / "usr/bin/demo").unlink()
    assert told(findings(root, "npm", "lost", chosen=["rival"])) == [("missing", "demo", "/usr/bin/demo")]
    (root / "usr/bin/demo").symlink_to("/opt/elsewhere")
    assert told(findings(root, "npm", "lost", chosen=["rival"])) == [("changed", "demo", "/usr/bin/demo")]


def test_a_link_must_lead_somewhere_and_what_is_there_has_no_list(root: Path) -> None:
    put(root / "src/linked/package.json", '{"name": "linked", "version": "1.0.0"}')
    (root / MODULES / "linked").symlink_to("/src/linked")
    found = findings(root, "npm", chosen=["linked"])
    assert told(found) == []
    assert [one.files for _, one in found if one.kind == "unseen"] == [0]
