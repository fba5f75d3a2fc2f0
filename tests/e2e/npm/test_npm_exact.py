"""What is read from the disk, against what npm itself says of it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from cortexrepo.ecosystems.npm import read as npm
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.package import NESTED, Package

NPM = shutil.which("npm")
if NPM is None:
    pytest.skip("npm is not installed", allow_module_level=True)


def run_npm(*arguments: str, home: Path) -> str:
    """Runs npm with a home, a cache and a configuration of its own, and returns what it prints; it may exit with 1."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "npm_config_cache": str(home / "cache")}
    command = [str(NPM), *arguments, "--offline", "--no-audit", "--no-fund", "--no-update-notifier"]
    return subprocess.run(
        command, env=environment, cwd=home, capture_output=True, text=True, timeout=120, check=False
    ).stdout


def collected(prefix: Path) -> tuple[Package, ...]:
    """Returns what is read of one prefix."""
    (found,) = [one for one in npm.collect(LiveSystem({}), [str(prefix)]) if one.environment == str(prefix.resolve())]
    assert (found.status, found.error) == ("ok", "")
    assert found.manifest is not None
    return found.manifest.packages


def top_level(packages: tuple[Package, ...]) -> dict[str, str]:
    """Returns name and version of what is not nested."""
    return {package.name: package.version for package in packages if not package.flags & NESTED}


def npm_top_level(prefix: Path, home: Path) -> dict[str, str]:
    """Returns the same as npm has it."""
    listed = json.loads(run_npm("ls", "-g", "--json", "--depth=0", "--prefix", str(prefix), home=home))
    return {name: entry.get("version", "") for name, entry in listed.get("dependencies", {}).items()}


def everything(packages: tuple[Package, ...]) -> set[tuple[str, str]]:
    """Returns the place of every package below the prefix, and its version."""
    rows = set()
    for package in packages:
        chain = [*filter(None, package.attribute("inside").split(">")), package.name]
        rows.add(("/node_modules/".join(chain), package.version))
    return rows


def npm_everything(prefix: Path, home: Path) -> set[tuple[str, str]]:
    """Returns the same as npm has it: its lines are `path:name@version` with more behind."""
    modules = f"{prefix.resolve()}/lib/node_modules/"
    lines = run_npm("ls", "-g", "--all", "--parseable", "--long", "--prefix", str(prefix), home=home).splitlines()
    fields = [line.removeprefix(modules).split(":") for line in lines if line.startswith(modules)]
    return {(field[0], field[1].rpartition("@")[2]) for field in fields}


def write_package(folder: Path, content: object) -> None:
    """Writes a package by hand."""
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(content if isinstance(content, str) else json.dumps(content))


def make_tarball(path: Path, description: dict[str, object], bundled: dict[str, str]) -> None:
    """Writes what `npm pack` would, with other packages bundled in it."""
    files = {"package/package.json": json.dumps(description)}
    for name, version in bundled.items():
        files[f"package/node_modules/{name}/package.json"] = json.dumps({"name": name, "version": version})
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


def test_the_prefix_of_the_operating_system_is_read_as_npm_reads_it(tmp_path: Path) -> None:
    prefix = Path("/usr")
    if not (prefix / "lib/node_modules").is_dir():
        # As Debian's own packages leave it.
        assert npm_top_level(prefix, tmp_path) == {}
        assert all(one.environment != "/usr" for one in npm.collect(LiveSystem({}), []))
        return

    packages = collected(prefix)

    assert top_level(packages) == npm_top_level(prefix, tmp_path)
    assert everything(packages) == npm_everything(prefix, tmp_path)


def test_a_nasty_prefix_is_read_as_npm_reads_it(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    modules = prefix / "lib/node_modules"
    write_package(modules / "plain", {"name": "plain", "version": "1.0.0", "dependencies": {"dep": "1"}})
    write_package(modules / "plain/node_modules/dep", {"name": "dep", "version": "1.2.3"})
    write_package(modules / "plain/node_modules/@s/extra", {"name": "@s/extra", "version": "2.0.0"})
    write_package(modules / "@scope/inner", {"name": "@scope/inner", "version": "1.0.0-beta.1+build"})
    write_package(modules / "aliased", {"name": "real", "version": "2.0.0"})
    write_package(modules / "no-name", {"version": "1.1.1"})
    write_package(modules / "no-version", {"name": "no-version"})
    write_package(modules / "bad", '{"name":')
    write_package(modules / "list", "[1]")
    write_package(modules / "mark", '\ufeff{"name": "mark", "version": "1.0.0"}')
    write_package(modules / "odd", {"name": "odd", "version": "not a version"})
    write_package(modules / ".tmp-XYZ", {"name": "tmp", "version": "1.0.0"})
    write_package(tmp_path / "source", {"name": "linked", "version": "3.0.0"})
    (modules / "linked").symlink_to(tmp_path / "source")
    (modules / "dangling").symlink_to("/nowhere")
    (modules / "gutted").mkdir()
    (modules / "@empty").mkdir()

    assert top_level(collected(prefix)) == npm_top_level(prefix, tmp_path)


def test_what_npm_installs_is_what_is_read(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    outer: dict[str, object] = {
        "name": "@cx/outer",
        "version": "1.2.3",
        "dependencies": {"one": "1.0.0", "two": "2.0.0"},
        "bundleDependencies": ["one", "two"],
    }
    make_tarball(tmp_path / "outer.tgz", outer, {"one": "1.0.0", "two": "2.0.0"})
    make_tarball(tmp_path / "single.tgz", {"name": "single", "version": "0.1.0"}, {})

    run_npm("install", "-g", "--prefix", str(prefix), "./outer.tgz", "./single.tgz", home=tmp_path)

    packages = collected(prefix)
    assert top_level(packages) == {"@cx/outer": "1.2.3", "single": "0.1.0"}
    assert top_level(packages) == npm_top_level(prefix, tmp_path)
    assert everything(packages) == npm_everything(prefix, tmp_path)
    assert len(packages) == 4


def test_the_prefix_that_npm_is_configured_with_is_found(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text("prefix=${HOME}/mine\n")
    (tmp_path / "mine/lib/node_modules").mkdir(parents=True)

    said = run_npm("prefix", "-g", home=tmp_path).strip()

    assert said == str(tmp_path / "mine")
    assert said in {found.environment for found in npm.collect(LiveSystem({"HOME": str(tmp_path)}), [])}
