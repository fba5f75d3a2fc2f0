"""Keeping: which files are taken from where, and which are not."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest
from support.machines.npm_caches import indexed, integrity, stored
from support.machines.roots import make_root
from support.packages.debs import ScriptedMachine, deb
from support.packages.tarballs import tarball
from support.repositories.inventories import MACHINE

from cortexrepo.ecosystems.apt import files as apt_files
from cortexrepo.ecosystems.apt.places import USUAL
from cortexrepo.ecosystems.contract.files import Place
from cortexrepo.ecosystems.contract.restoring import Room
from cortexrepo.ecosystems.npm import files as npm_files
from cortexrepo.ecosystems.pip import files as pip_files
from cortexrepo.errors import RestoreError, StoreError
from cortexrepo.machine.programs import Finished
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.artifact import CACHE, INSTALLED, ROOT, SOURCE
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import LINK, NESTED, Manifest, Package
from cortexrepo.model.snapshot import OK
from cortexrepo.recording.collecting import collect
from cortexrepo.recording.keeping import Keeping, keep
from cortexrepo.repository.repository import Repository
from cortexrepo.restore.plan.availability import availability

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cortexrepo.model.artifact import Artifact

CACHED = "var/cache/apt/archives"


class At:
    """A root, a repository and programs."""

    def __init__(self, path: Path, **programs: Callable[[list[str], str], Finished]) -> None:
        self.root = make_root(path / "root", apt={"bash": "5.2-1"}, pip={}, npm={})
        self.repository = Repository.init(path / "repository")
        self.machine = ScriptedMachine(**programs)
        self.path = path

    def cache(self, name: str, data: bytes) -> Path:
        place = self.root / CACHED / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return place

    def room(self) -> Room:
        staging = self.path / "staging"
        staging.mkdir(exist_ok=True)
        return Room(self.machine, self.repository.artifacts, str(staging), lambda _: None)

    def keep(self, *readings: Reading, online: bool = False) -> Keeping:
        inventory = (
            Inventory(MACHINE, (), tuple(sorted(readings)))
            if readings
            else collect(self.root, only=["apt", "pip", "npm"])
        )
        self.repository.create(inventory)
        system = RootedSystem(str(self.root))
        try:
            found = keep(self.repository.artifacts, inventory.readings, Place(system, self.room()), online=online)
        finally:
            system.close()
        assert [path for path in (self.path / "staging").rglob("*") if path.is_file()] == []
        return found

    def content(self, artifact: Artifact) -> bytes:
        path = self.path / "copy"
        path.unlink(missing_ok=True)
        self.repository.artifacts.copy(artifact, str(path))
        return path.read_bytes()


def apt(*versions: tuple[str, str]) -> Reading:
    return Reading("apt", "", OK, Manifest.of("apt", [Package(name, "amd64", version) for name, version in versions]))


def reasons(found: Keeping) -> dict[str, str]:
    return {lack.package.name: lack.reason for lack in found.lacks}


@pytest.mark.parametrize("packed", ["xz", "gz"])
def test_a_package_in_apts_cache_is_kept_and_the_next_time_it_is_there(tmp_path: Path, packed: str) -> None:
    at = At(tmp_path)
    data = deb("bash", "5.2-1", packed=packed, size=100_000)
    at.cache("bash_5.2-1_amd64.deb", data)
    found = at.keep()
    assert (found.present, found.lacks, found.failure) == (0, (), None)
    (kept,) = found.kept
    assert (kept.file, kept.origin, at.content(kept)) == ("bash_5.2-1_amd64.deb", CACHE, data)
    assert at.keep()[:3] == ((), 1, ())
    assert at.machine.started == []


def test_an_epoch_is_found_as_apt_writes_it(tmp_path: Path) -> None:
    at = At(tmp_path)
    at.cache("vim_2%3a9.0-1_amd64.deb", deb("vim", "2:9.0-1"))
    assert [kept.file for kept in at.keep(apt(("vim", "2:9.0-1"))).kept] == ["vim_2%3a9.0-1_amd64.deb"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (deb("dash", "5.2-1"), "contains dash amd64 5.2-1, another package"),
        (deb("bash", "5.2-2"), "contains bash amd64 5.2-2, another package"),
        (deb("bash", "5.2-1", "i386"), "contains bash i386 5.2-1, another package"),
        (deb("bash", "5.2-1")[:-200][:100], "not a Debian package"),
        (b"", "not a Debian package"),
        (b"nothing of the kind" * 100, "not a Debian package"),
    ],
)
def test_a_file_that_is_not_of_the_package_is_not_kept(tmp_path: Path, data: bytes, reason: str) -> None:
    at = At(tmp_path)
    at.cache("bash_5.2-1_amd64.deb", data)
    found = at.keep()
    assert found.kept == ()
    assert reason in reasons(found)["bash"]


def test_a_link_out_of_the_root_leads_nowhere(tmp_path: Path) -> None:
    at = At(tmp_path)
    outside = tmp_path / "outside.deb"
    outside.write_bytes(deb("bash", "5.2-1"))
    (at.root / CACHED).mkdir(parents=True)
    (at.root / CACHED / "bash_5.2-1_amd64.deb").symlink_to(outside)
    assert at.keep().kept == ()
    os.mkfifo(at.root / CACHED / "vim_1_amd64.deb")
    assert at.keep(apt(("vim", "1"))).kept == ()


def _apt(at_hand: dict[str, bytes], *, fails: bool = False) -> dict[str, Callable[[list[str], str], Finished]]:
    def apt_get(arguments: list[str], directory: str) -> Finished:
        if "indextargets" in arguments:
            return Finished(0, "yes http://example.org/\n", "")
        names = [
            word.replace(":amd64=", "_").replace(":", "%3a") + "_amd64.deb"
            for word in arguments[arguments.index("--") + 1 :]
        ]
        there = [name for name in names if name in at_hand]
        if "--print-uris" in arguments:
            lines = (
                f"'http://user:secret@example.org/pool/{name}' {name} {len(at_hand[name])} "
                f"SHA256:{hashlib.sha256(at_hand[name]).hexdigest()}"
                for name in there
            )
            return Finished(0 if there == names else 100, "\n".join(lines) + "\n", "")
        assert there == names
        for name in there if not fails else ():
            with open(f"{directory}/{name}", "wb") as file:
                file.write(at_hand[name])
        return Finished(100 if fails else 0, "", "E: Failed to fetch it  404  Not Found\n" if fails else "")

    return {"apt_get": apt_get, "dpkg": lambda *_: Finished(0, "amd64\n", "")}


def test_what_is_in_no_cache_is_asked_from_the_sources_at_once_and_only_when_that_is_wanted(tmp_path: Path) -> None:
    many = {f"p{number}": deb(f"p{number}", "1") for number in range(20)}
    at = At(tmp_path, **_apt({f"{name}_1_amd64.deb": data for name, data in many.items()}))
    rows = apt(*((name, "1") for name in many), ("gone", "1"))
    found = at.keep(rows)
    assert (len(found.kept), len(found.lacks), at.machine.started) == (0, 21, [])
    found = at.keep(rows, online=True)
    assert sorted(kept.name for kept in found.kept) == sorted(many)
    assert {kept.origin for kept in found.kept} == {SOURCE}
    assert reasons(found) == {"gone": "the .deb file is not in apt's cache, and no configured source offers the file"}
    # dpkg for the architecture, two questions, two batches.
    assert len(at.machine.started) == 5
    assert all(at.content(kept) == many[kept.name] for kept in found.kept)


def test_what_cannot_be_downloaded_is_named_with_the_reason(tmp_path: Path) -> None:
    at = At(tmp_path, **_apt({"bash_5.2-1_amd64.deb": b"x"}, fails=True))
    assert reasons(at.keep(online=True)) == {
        "bash": "apt-get cannot download the .deb file: Failed to fetch it  404  Not Found"
    }


def test_a_program_that_is_missing_is_the_reason(tmp_path: Path) -> None:
    def missing(*_: object) -> Finished:
        raise RestoreError("dpkg is not installed")

    at = At(tmp_path, dpkg=missing)
    assert reasons(at.keep(online=True)) == {"bash": "dpkg is not installed"}


NASTY = ("-o", "a b", "../x", "a/b", "x=1", "~ninstalled", "?all", "a*", "A;b", "a\nb", "$(x)", "name^")


@pytest.mark.parametrize("word", NASTY)
def test_names_and_versions_that_mean_something_else_reach_no_program(tmp_path: Path, word: str) -> None:
    at = At(tmp_path)
    rows = {
        "apt": [Package(word, "amd64", "1.0"), Package("good", "amd64", word), Package("good", word, "1.0")],
        "pip": [Package(word, "", "1.0"), Package("good", "", word)],
        "npm": [Package(word, "", "1.0.0"), Package("good", "", word)],
    }
    facts = (("python", "3.11"),)
    readings = [Reading(name, "/v", OK, Manifest.of(name, found), "", facts) for name, found in rows.items()]
    found = at.keep(*readings, online=True)
    # Any program that was started would not be known, and end the test.
    assert len(found.lacks) == 7
    assert at.machine.started == []
    assert availability(readings[1:], at.room(), lambda _ecosystem, _path: ROOT)


def test_a_full_disk_ends_it_and_says_what_was_kept_until_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = At(tmp_path)
    at.cache("bash_5.2-1_amd64.deb", deb("bash", "5.2-1"))
    at.cache("dash_1_amd64.deb", deb("dash", "1"))
    shelf = type(at.repository.artifacts)
    real = shelf.keep

    def full(self: object, ecosystem: str, package: Package, *rest: object) -> object:
        if package.name == "dash":
            raise StoreError("No space left on device", hint="free some space")
        return real(self, ecosystem, package, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(shelf, "keep", full)
    found = at.keep(apt(("bash", "5.2-1"), ("dash", "1")))
    assert [kept.name for kept in found.kept] == ["bash"]
    assert str(found.failure) == "No space left on device"


# -- npm


def prefix(at: At) -> Reading:
    modules = at.root / "usr/lib/node_modules"
    files = {
        "tool/package.json": json.dumps({"name": "tool", "version": "1.2.3"}),
        "tool/bin/run.js": "#!/usr/bin/env node\n",
        "tool/node_modules/inner/package.json": json.dumps({"name": "inner", "version": "2.0.0"}),
        "tool/node_modules/inner/index.js": "inner",
        "@scope/other/package.json": json.dumps({"name": "@scope/other", "version": "0.1.0"}),
        "nick/package.json": json.dumps({"name": "left-pad", "version": "1.3.0"}),
    }
    for name, text in files.items():
        path = modules / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (modules / "tool/bin/run.js").chmod(0o755)
    (reading,) = (one for one in collect(at.root, only=["npm"]).readings if one.environment == "/usr")
    return reading


def test_an_npm_package_is_packed_from_its_files_without_what_is_nested(tmp_path: Path) -> None:
    at = At(tmp_path)
    found = at.keep(prefix(at))
    assert reasons(found) == {}
    files = {kept.file: kept for kept in found.kept}
    assert sorted(files) == ["inner-2.0.0.tgz", "left-pad-1.3.0.tgz", "scope-other-0.1.0.tgz", "tool-1.2.3.tgz"]
    assert {kept.origin for kept in found.kept} == {INSTALLED}
    assert files["left-pad-1.3.0.tgz"].name == "left-pad"
    at.content(files["tool-1.2.3.tgz"])
    with tarfile.open(tmp_path / "copy") as tar:
        modes = {entry.name: entry.mode for entry in tar}
    assert modes == {"package/bin/run.js": 0o755, "package/package.json": 0o644}


def left_pad(at: At, description: str = "") -> bytes:
    """Installs left-pad as npm does, and leaves it in the cache of a home; returns the tarball."""
    content = tarball("left-pad", "1.3.0", description=description)
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        for entry in tar:
            file = tar.extractfile(entry)
            assert file is not None
            place = at.root / "usr/lib/node_modules/left-pad" / entry.name.removeprefix("package/")
            place.parent.mkdir(exist_ok=True, parents=True)
            place.write_bytes(file.read())
    user = os.geteuid()
    (at.root / "etc/passwd").write_text(f"u:x:{user}:{user}::/home/u:/bin/sh\n", encoding="utf-8")
    stored(at.root / "home/u/.npm", content)
    return content


ADDRESS = "registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz"


@pytest.mark.parametrize(
    ("configured", "address"),
    [
        ("", f"https://{ADDRESS}"),
        ("registry=https://other.example/x/\n", "https://other.example/x/left-pad/-/left-pad-1.3.0.tgz"),
        ("@own:registry=https://own.example\n", f"https://{ADDRESS}"),
    ],
)
def test_the_registrys_own_file_is_taken_from_npms_cache(tmp_path: Path, configured: str, address: str) -> None:
    at = At(tmp_path)
    content = left_pad(at, "as published")
    indexed(at.root / "home/u/.npm", address, integrity(content))
    (at.root / "home/u/.npmrc").write_text(configured, encoding="utf-8")
    (kept,) = at.keep(*collect(at.root, only=["npm"]).readings).kept
    assert (kept.file, kept.origin, at.content(kept)) == ("left-pad-1.3.0.tgz", CACHE, content)
    assert at.machine.started == []


@pytest.mark.parametrize("why", ["another registry", "rotten", "another package", "not what is installed", "a link"])
def test_what_npms_cache_has_is_not_taken_for_what_it_is_not(tmp_path: Path, why: str) -> None:
    at = At(tmp_path)
    content = left_pad(at)
    cache = at.root / "home/u/.npm"
    if why == "another package":
        content = tarball("right-pad", "1.3.0")
    if why == "not what is installed":
        content = tarball("left-pad", "1.3.0", scripts={"postinstall": "evil"})
    path = stored(cache, content)
    address = ADDRESS.replace("npmjs", "other") if why == "another registry" else ADDRESS
    indexed(cache, f"https://{address}", integrity(content))
    if why == "rotten":
        path.write_bytes(content[:-1])
    if why == "a link":
        path.rename(at.root / "elsewhere")
        path.symlink_to("/elsewhere")
    (kept,) = at.keep(*collect(at.root, only=["npm"]).readings).kept
    assert (kept.file, kept.origin) == ("left-pad-1.3.0.tgz", INSTALLED)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_users_cache_is_not_what_root_installed_from(tmp_path: Path) -> None:
    at = At(tmp_path)
    content = left_pad(at)
    cache = at.root / "home/u/.npm"
    indexed(cache, f"https://{ADDRESS}", integrity(content))
    os.chown(cache / "_cacache", 12345, 12345)
    (kept,) = at.keep(*collect(at.root, only=["npm"]).readings).kept
    assert kept.origin == INSTALLED


def test_packing_again_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    places = [At(tmp_path / name) for name in ("a", "b")]
    found = [sorted(kept.content for kept in at.keep(prefix(at)).kept) for at in places]
    assert found[0] == found[1]


def test_an_npm_package_that_changed_since_or_holds_a_link_is_not_packed(tmp_path: Path) -> None:
    at = At(tmp_path)
    reading = prefix(at)
    modules = at.root / "usr/lib/node_modules"
    (modules / "nick/package.json").write_text(json.dumps({"name": "left-pad", "version": "2.0.0"}), encoding="utf-8")
    (modules / "@scope/other/link").symlink_to("/etc/passwd")
    found = reasons(at.keep(reading))
    assert found["nick"] == "left-pad-1.3.0.tgz: contains left-pad@2.0.0, another package"
    assert "link is not a regular file" in found["@scope/other"]


@pytest.mark.parametrize(
    "row",
    [
        Package("../../../etc", "", "1.0.0", 0, (("alias", "good"),)),
        Package("good", "", "1.0.0", NESTED, (("inside", "../.."),)),
    ],
)
def test_a_row_that_leads_out_of_the_prefix_is_not_followed(tmp_path: Path, row: Package) -> None:
    at = At(tmp_path)
    (folder := at.root / "etc").joinpath("package.json").write_text('{"name": "good", "version": "1.0.0"}')
    shutil.copytree(folder, at.root / "good")
    found = at.keep(Reading("npm", "/usr", OK, Manifest.of("npm", [row])))
    assert "is not a valid folder name" in reasons(found)[row.name]


def test_folders_in_folders_are_a_reason_at_most(tmp_path: Path) -> None:
    at = At(tmp_path)
    reading = prefix(at)
    here = os.open(at.root / "usr/lib/node_modules/tool", os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    try:
        assert len(at.keep(reading).kept) == 4
    finally:
        # pytest would try it with calls as deep.
        subprocess.run(["rm", "-rf", str(at.root)], check=True)


def test_npm_is_asked_for_all_at_once_and_one_by_one_where_that_fails(tmp_path: Path) -> None:
    def npm(arguments: list[str], directory: str) -> Finished:
        asked = arguments[arguments.index("--") + 1 :]
        if "gone@1.0.0" in asked:
            return Finished(1, "", "npm error code E404\nnpm error 404 Not Found\n")
        for word in asked:
            name, _, version = word.rpartition("@")
            with tarfile.open(f"{directory}/{name}-{version}.tgz", "w:gz") as tar:
                (tmp_path / "package.json").write_text(json.dumps({"name": name, "version": version}), encoding="utf-8")
                tar.add(tmp_path / "package.json", "package/package.json")
        return Finished(0, "", "")

    at = At(tmp_path, npm=npm)
    rows = [
        Package("one", "", "1.0.0"),
        Package("two", "", "2.0.0", NESTED, (("inside", "one"),)),
        Package("gone", "", "1.0.0"),
        Package("git", "", "1.0.0", 0, (("resolved", "git+ssh://example.org/x.git"),)),
        Package("linked", "", "1.0.0", LINK, (("target", "../x"),)),
    ]
    found = at.keep(Reading("npm", "/p", OK, Manifest.of("npm", rows)), online=True)
    assert sorted((kept.name, kept.origin) for kept in found.kept) == [("one", SOURCE), ("two", SOURCE)]
    assert reasons(found) == {
        "gone": "npm cannot download the package: npm error code E404",
        "git": "the package was installed from git+ssh://example.org/x.git, not from a registry",
    }
    assert len(at.machine.started) == 4


# -- pip


def install(at: At, tmp_path: Path) -> Reading:
    """Installs a wheel made here into a virtual environment's place, as an installer does."""
    source = tmp_path / "source"
    (source / "src/thing").mkdir(parents=True)
    (source / "src/thing/__init__.py").write_text("def main(): print('hello')\n", encoding="utf-8")
    (source / "src/thing/data.bin").write_bytes(bytes(range(256)))
    wheel = source / "thing-1.0+local-py3-none-any.whl"
    info = "thing-1.0+local.dist-info"
    files = {
        "thing/__init__.py": (source / "src/thing/__init__.py").read_bytes(),
        "thing/data.bin": (source / "src/thing/data.bin").read_bytes(),
        "thing-1.0+local.data/scripts/plain": b"#!python\nprint('plain')\n",
        "thing-1.0+local.data/data/share/thing.txt": b"shared\n",
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: thing\nVersion: 1.0+local\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": b"[console_scripts]\nthing = thing:main\n",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        digests = {name: base64.urlsafe_b64encode(hashlib.sha256(data).digest()) for name, data in files.items()}
        rows = [f"{name},sha256={digest.decode().rstrip('=')},{len(files[name])}\n" for name, digest in digests.items()]
        archive.writestr(f"{info}/RECORD", "".join([*rows, f"{info}/RECORD,,\n"]))
    venv = at.root / "opt/venv"
    shutil.rmtree(venv)
    _python("-m", "venv", "--without-pip", str(venv))
    _pip(str(venv), str(wheel))
    (reading,) = (one for one in collect(at.root, only=["pip"]).readings if one.environment == "/opt/venv")
    return reading


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def _pip(venv: str, wheel: str) -> None:
    _python("-m", "pip", f"--python={venv}/bin/python", "install", "--no-index", "--no-deps", "-q", wheel)


def _tree(path: Path) -> dict[str, bytes]:
    """Returns the files of an environment, without what an installer writes anew and where it is."""
    return {
        str(file.relative_to(path)): file.read_bytes().replace(os.fsencode(path), b"")
        for file in path.rglob("*")
        if file.is_file()
        and file.suffix != ".pyc"
        and file.name not in {"RECORD", "direct_url.json", "pyvenv.cfg"}
        and not file.name.startswith(("activate", "Activate"))
    }


def test_a_wheel_is_built_again_and_installs_the_same_files(tmp_path: Path) -> None:
    at = At(tmp_path)
    reading = install(at, tmp_path)
    found = at.keep(reading)
    assert reasons(found) == {}
    (kept,) = found.kept
    assert (kept.file, kept.origin) == ("thing-1.0+local-py3-none-any.whl", INSTALLED)
    wheel = tmp_path / kept.file
    wheel.write_bytes(at.content(kept))
    other = tmp_path / "other"
    _python("-m", "venv", "--without-pip", str(other))
    _pip(str(other), str(wheel))
    expected = _tree(at.root / "opt/venv")
    assert {"share/thing.txt", "bin/plain", "bin/thing"} <= set(expected)
    assert _tree(other) == expected


def test_a_distribution_whose_files_were_changed_is_not_built_again(tmp_path: Path) -> None:
    at = At(tmp_path)
    reading = install(at, tmp_path)
    (file,) = (at.root / "opt/venv").rglob("thing/data.bin")
    file.write_bytes(b"changed")
    assert "data.bin was changed after its installation" in reasons(at.keep(reading))["thing"]
    file.unlink()
    assert "data.bin" in reasons(at.keep(reading))["thing"]


@pytest.mark.parametrize("row", ["../../../../../etc/passwd,sha256=x,1", "/etc/passwd,sha256=x,1"])
def test_a_record_that_leads_out_of_the_environment_is_not_followed(tmp_path: Path, row: str) -> None:
    at = At(tmp_path)
    reading = install(at, tmp_path)
    (record,) = (at.root / "opt/venv").rglob("thing*/RECORD")
    record.write_text(record.read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    assert "is outside of the environment" in reasons(at.keep(reading))["thing"]


def test_pip_is_asked_for_wheels_of_the_environments_python(tmp_path: Path) -> None:
    def pip3(arguments: list[str], directory: str) -> Finished:
        asked = arguments[arguments.index("--") + 1 :]
        assert arguments[arguments.index("--python-version") + 1] == "3.9"
        assert "--only-binary=:all:" in arguments
        if "gone==1" in asked:
            return Finished(
                1, "", "ERROR: Could not find a version\nERROR: No matching distribution found for gone==1\n"
            )
        for word in asked:
            name, _, version = word.partition("==")
            with zipfile.ZipFile(f"{directory}/{name.replace('-', '_')}-{version}-py3-none-any.whl", "w") as wheel:
                said = "9" if name == "liar" else version
                wheel.writestr(f"{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {said}\n")
        return Finished(0, "", "")

    at = At(tmp_path, pip3=pip3)
    rows = [
        Package("a-b", "", "1"),
        Package("gone", "", "1"),
        Package("liar", "", "1"),
        Package("url", "", "1", 0, (("url", "https://example.org/x.whl"),)),
    ]
    found = at.keep(Reading("pip", "/v", OK, Manifest.of("pip", rows), "", (("python", "3.9"),)), online=True)
    assert [(kept.file, kept.origin) for kept in found.kept] == [("a_b-1-py3-none-any.whl", SOURCE)]
    assert reasons(found) == {
        "gone": "pip cannot download a wheel: No matching distribution found for gone==1",
        "liar": "liar-1-py3-none-any.whl: the wheel contains liar 9, another package",
        "url": "the package was installed from https://example.org/x.whl, not from an index",
    }


# -- what can be put back


def test_where_each_package_can_be_had_from_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = At(tmp_path, **_apt({"here_1_amd64.deb": b"abc", "cached_1_amd64.deb": b"abc"}))
    at.cache("cached_1_amd64.deb", b"abc")
    there = USUAL._replace(archives=str(at.root / CACHED))
    monkeypatch.setattr("cortexrepo.ecosystems.apt.offers.here", lambda: there)
    at.repository.artifacts.keep("apt", Package("kept", "amd64", "1"), "kept.deb", lambda: [b"x"], CACHE)
    pip = Reading("pip", "/v", OK, Manifest.of("pip", [Package("x", "", "1")]))
    rows = apt(("kept", "1"), ("cached", "1"), ("here", "1"), ("gone", "1"), ("-bad", "1"))
    found = availability([rows, pip], at.room(), lambda _ecosystem, _path: ROOT)
    assert {one.package.name: one.place for one in found} == {
        "kept": "artifact",
        "cached": "cache",
        "here": "configured",
        "gone": "missing",
        "-bad": "missing",
        "x": "unknown",
    }
    assert not any("secret" in one.reason for one in found)
    # dpkg for the architecture, one question for all, and one about the sources.
    assert len(at.machine.started) == 3


def test_without_apt_it_is_unknown(tmp_path: Path) -> None:
    def missing(*_: object) -> Finished:
        raise RestoreError("dpkg is not installed")

    (one,) = availability([apt(("bash", "1"))], At(tmp_path, dpkg=missing).room(), lambda _ecosystem, _path: ROOT)
    assert (one.place, one.reason) == ("unknown", "apt cannot be asked: dpkg is not installed")


def test_every_provider_answers_for_every_package() -> None:
    for module in (apt_files, pip_files, npm_files):
        assert callable(module.local)
        assert callable(module.source)
