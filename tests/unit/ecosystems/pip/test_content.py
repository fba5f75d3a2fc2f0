"""The digest of a distribution: the same for a wheel and whatever an installer makes of it, and for nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from support.packages.wheels import wheel

from cortexrepo.ecosystems.pip.content import LARGEST, Records, digest, digest_of_wheel
from cortexrepo.ecosystems.pip.wheels.wheel import describe
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.content import DIGEST, bare, is_other
from cortexrepo.model.package import Package
from cortexrepo.model.snapshot import OK
from cortexrepo.recording.collecting import collect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.machine.files import System

PLAIN = b"a/__init__.py,sha256=x,1\na-1.dist-info/METADATA,sha256=y,2\na-1.dist-info/RECORD,,\n"
ODD = {
    "{data}/purelib/cx_pure/__init__.py": "",
    "{data}/platlib/cx_plat.py": "1\n",
    "{data}/scripts/cx-shell": "#!python\nprint()\n",
    "{data}/data/share/cx/file.txt": "x\n",
    "{data}/headers/app.h": "// x\n",
    "cx_odd/a file, with a comma.txt": "and a space\n",
    "cx_odd/ein Ümläut.py": "",
}


@pytest.fixture(name="system")
def _system(tmp_path: Path) -> Iterator[System]:
    made = RootedSystem(str(tmp_path))
    yield made
    made.close()


@pytest.fixture(name="odd", scope="module")
def _odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel(tmp_path_factory.mktemp("wheels"), "cx-odd", "1.0", ODD, scripts=["cx-odd", "cx-too"])


def installed(environment: Path) -> str:
    found = collect(only=("pip",), environments=(str(environment),), environment={})
    (reading,) = [one for one in found.readings if one.environment == str(environment)]
    assert reading.status == OK
    assert reading.manifest is not None
    return next(row for row in reading.manifest.packages if row.name == "cx-odd").attribute(DIGEST)


def test_a_wheel_has_the_digest_of_what_pip_installs_from_it(odd: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "v")], check=True)
    words = ["-m", "pip", "install", "-q", "--no-index", "--no-deps", "--disable-pip-version-check", str(odd)]
    subprocess.run([str(tmp_path / "v/bin/python"), *words], check=True, cwd=tmp_path)
    assert installed(tmp_path / "v") == describe(str(odd)).content
    assert describe(str(odd)).content.startswith("record:")


def test_a_wheel_has_the_digest_of_what_uv_installs_from_it(odd: Path, tmp_path: Path) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=os.path.dirname(sys.executable))
    if uv is None:
        pytest.skip("needs uv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "v")], check=True)
    words = ["pip", "install", "-q", "--offline", "--no-deps", "--no-config", "--compile-bytecode"]
    place = ["--cache-dir", str(tmp_path / "cache"), "--python", str(tmp_path / "v/bin/python")]
    subprocess.run([uv, *words, *place, str(odd)], check=True, cwd=tmp_path)
    assert installed(tmp_path / "v") == describe(str(odd)).content


def test_a_wheel_that_was_built_again_has_another_digest(odd: Path, tmp_path: Path) -> None:
    again = wheel(tmp_path / "a", "cx-odd", "1.0", ODD | {"{data}/platlib/cx_plat.py": "2\n"}, scripts=["cx-odd"])
    assert describe(str(again)).content != describe(str(odd)).content


@pytest.mark.parametrize(
    "other",
    [
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"a/__init__.py", b'"a/__init__.py"'),
        b"".join(reversed(PLAIN.splitlines(keepends=True))),
        PLAIN + b"a/__pycache__/x.cpython-311.pyc,,\n",
        PLAIN + b"a/__pycache__/x.cpython-311.pyc,sha256=z,9\n",
        PLAIN + b"../../../bin/a,sha256=z,9\n/opt/b,sha256=z,9\n",
        PLAIN + b"a-1.dist-info/INSTALLER,sha256=z,4\na-1.dist-info/REQUESTED,sha256=z,0\n",
        PLAIN + b"a-1.dist-info/direct_url.json,sha256=z,4\na-1.dist-info/uv_cache.json,sha256=z,4\n",
        PLAIN + b"a/__init__.py,sha256=x,1\n\n",
        PLAIN.replace(b"a/__init__", b"a-1.data/purelib/a/__init__"),
        PLAIN + b"a-1.data/scripts/run,sha256=z,1\na-1.data/headers/a.h,sha256=z,1\n",
    ],
)
def test_what_an_installer_adds_or_places_elsewhere_does_not_count(other: bytes) -> None:
    assert digest(other) == digest(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        PLAIN.replace(b"sha256=x", b"sha256=X"),
        PLAIN.replace(b"a/__init__", b"b/__init__"),
        PLAIN + b"a/more.py,sha256=x,1\n",
        PLAIN + b"a/compiled.pyc,sha256=x,1\n",
        PLAIN.replace(b"a/__init__.py,sha256=x,1\n", b""),
    ],
)
def test_every_other_line_counts(other: bytes) -> None:
    assert digest(other) != digest(PLAIN)
    assert re.fullmatch("record:[0-9a-f]{24}", digest(other))


@pytest.mark.parametrize(
    "record",
    [
        b"", b"\n", b"\0" * 50, b"a,,\n", b"a,sha512=x,1\n", b"a,md5=x,1\na,sha256=x,1\n", PLAIN + b"a,,5\n",
        b'"a', b'"a,sha256=x,1\n', b"\xff\xfe", b"a,sha256=x", b"../a,sha256=x,1\n",
    ],
)  # fmt: skip
def test_a_record_that_does_not_say_all_has_no_digest(record: bytes) -> None:
    assert digest(record) == ""


def test_a_wheel_without_digests_is_known_to_be_another() -> None:
    row = Package("a", "", "1", 0, ((DIGEST, digest(PLAIN)),))
    assert is_other(row, digest_of_wheel(b"a/__init__.py,sha512=x,1\n"))
    assert not is_other(bare(row), digest_of_wheel(b"a/__init__.py,sha512=x,1\n"))


def test_a_wheel_whose_data_may_come_into_the_site_directory_says_nothing() -> None:
    assert digest_of_wheel(PLAIN + b"a-1.data/data/lib/python3.11/site-packages/a.pth,sha256=x,1\n") == ""


def test_what_is_no_readable_record_has_no_digest_and_no_consequence(tmp_path: Path, system: System) -> None:
    for name in ("fifo", "folder", "large", "none", "loop"):
        (tmp_path / name).mkdir()
    os.mkfifo(tmp_path / "fifo/RECORD")
    (tmp_path / "folder/RECORD").mkdir()
    with (tmp_path / "large/RECORD").open("wb") as file:
        file.truncate(LARGEST + 1)
    (tmp_path / "loop/RECORD").symlink_to("RECORD")
    records = Records(system)
    assert [records.digest(f"/{name}") for name in ("fifo", "folder", "large", "none", "loop")] == [""] * 5


def test_no_more_is_read_than_all_records_may_have(tmp_path: Path, system: System) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "RECORD").write_bytes(PLAIN)
    records = Records(system, size=2 * len(PLAIN) + 1)
    assert [bool(records.digest(f"/{name}")) for name in ("a", "b", "c")] == [True, True, False]


def test_a_wheel_with_a_record_that_is_too_large_is_described_without_one(tmp_path: Path) -> None:
    path = tmp_path / "a-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: a\nVersion: 1\n\n")
        archive.writestr("a-1.dist-info/RECORD", b"a/b.py,sha256=x,1\n" * (LARGEST // 18 + 1))
    assert describe(str(path)).content == ""
