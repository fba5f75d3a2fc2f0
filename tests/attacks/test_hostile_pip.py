"""Snapshots and wheels that mean harm to a restore of pip: refused before a program starts or a file is written."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, NoReturn

import pytest
from support.packages.wheels import archive, digest, wheel
from support.restores.pip_restores import listed

from cortexrepo.ecosystems.contract.restoring import Room, Work
from cortexrepo.ecosystems.pip.environments.layout import Layout
from cortexrepo.ecosystems.pip.names import requirement
from cortexrepo.ecosystems.pip.restore import restorer as pip
from cortexrepo.ecosystems.pip.restore.marks import marks
from cortexrepo.ecosystems.pip.wheels.unpacking import Unpacking
from cortexrepo.errors import FetchError, RefusedError, RestoreError
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import INSTALL, Part, Step

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.artifact import Artifact

NAMES = [
    "",
    " ",
    "-",
    "--index-url=https://evil.example",
    "-r",
    "-e",
    "-rfile",
    "--",
    "--target=/",
    "-f/tmp",
    "../evil",
    "./evil",
    "/etc/passwd",
    "~/evil",
    ".",
    "..",
    ".hidden",
    "dir/name",
    "evil\\name",
    "file:///tmp/evil",
    "git+https://evil.example/x",
    "https://evil.example/x.whl",
    "evil @ https://evil.example/x.whl",
    "evil[extra]",
    "evil;python_version<'3'",
    "evil; os_name",
    "evil==1",
    "evil>=1",
    "evil ",
    " evil",
    "evil\n--index-url=https://evil.example",
    "evil\n",
    "evil\r",
    "evil\0",
    "evil\t",
    "${HOME}",
    "$HOME",
    "`id`",
    "$(id)",
    "evil&id",
    "evil|id",
    "evil*",
    "ev?l",
    "evil,other",
    "@evil",
    "evil@1",
    "evil#x",
    "%65vil",
    "\u0435vil",
    "evil\u202e",
    "evil\u200b",
    "\uff11",
    "naïve",
    "_evil",
    "evil_",
    "evil-",
    "a" * 201,
]
VERSIONS = [
    "",
    " ",
    "*",
    "1.*",
    "1.0 ",
    " 1.0",
    "1.0\n",
    "1.0\n--pre",
    "1.0\0",
    "1.0,<2",
    ">=1.0",
    "==1.0",
    "=1.0",
    "1.0;python_version<'3'",
    "1.0; extra=='x'",
    "1.0 --pre",
    "--pre",
    "-1",
    "../1.0",
    "/1.0",
    "1.0/x",
    "1.0\\x",
    "1.0 @ file:///tmp",
    "file:///tmp",
    "1.0@x",
    "1.0#x",
    "${HOME}",
    "$(id)",
    "1.0|id",
    "\u0661.\u0660",
    "1.0é",
    "1.0\u202e",
    "1.0.whl",
    "1.0.tar.gz",
    "1.0.zip",
    "1.0.ZIP",
    "1.0.",
    ".1",
    "1" * 201,
]
GOOD = ["1.0", "1!2.0", "1.0+cpu.1", "2.0rc1", "1.0.post1.dev3", "v1.0", "2004d", "1.0-1", "0.1-alpha-x", "1_0"]


class NoMachine:
    """Starts nothing: that is the point."""

    def run(self, *arguments: object, **options: object) -> NoReturn:
        pytest.fail(f"a program was started: {arguments}")

    find = ask = run

    def free(self, path: str) -> int:
        return 1 << 40

    def user(self) -> int:
        return 0

    def kernel(self) -> str:
        return ""

    def mounts(self) -> tuple[()]:
        return ()


class NoShelf:
    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        pytest.fail("a hostile row reached the shelf")

    def copy(self, artifact: Artifact, path: str) -> None:
        pytest.fail("a hostile row reached the shelf")


def environment(base: Path) -> Path:
    prefix = base.resolve() / "v"
    (prefix / "lib/python3.11/site-packages").mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / "pyvenv.cfg").write_text("version = 3.11.2\n")
    return prefix


def hostile_rows() -> list[Package]:
    names = [Package(name, "", "1.0") for name in NAMES]
    written = [Package("evil", "", "1.0", 0, (("name", name),)) for name in NAMES if name]
    versions = [Package("evil", "", version) for version in VERSIONS]
    return [*names, *written, *versions]


@pytest.mark.parametrize("row", hostile_rows(), ids=repr)
def test_a_hostile_row_is_refused_before_any_program_starts(tmp_path: Path, row: Package) -> None:
    prefix = environment(tmp_path)
    facts = (("kind", "venv"), ("python", "3.11"))
    room = Room(NoMachine(), NoShelf(), str(tmp_path), lambda _: None)
    step = Step(INSTALL, None, row)
    empty = Manifest("pip", ())
    proposal = pip.propose(Work("pip", str(prefix), facts, facts, empty, Manifest("pip", (row,)), (step,)), room)
    assert [one.kind for one in proposal.obstacles] == ["unsafe"]
    with pytest.raises(RefusedError):
        requirement(row)
    before = listed([prefix])
    with pytest.raises(RefusedError):
        pip.fetch(Part("pip", str(prefix), facts, (step,)), room)
    pip.finish(Part("pip", str(prefix), facts, (step,)), room)
    assert listed([prefix]) == before


@pytest.mark.parametrize("version", GOOD)
def test_versions_that_exist_are_asked_for_exactly(version: str) -> None:
    asked = requirement(Package("cx-app", "", version, 0, (("name", "Cx.App"),)))
    assert asked in {f"Cx.App=={version}", f"Cx.App==={version}"}


def unpacking(base: Path) -> Unpacking:
    prefix = environment(base)
    layout = Layout("venv", "3.11", str(prefix), f"{prefix}/lib/python3.11/site-packages", f"{prefix}/bin", own=True)
    (base / "tree").mkdir()
    return Unpacking(layout, f"{prefix}/bin/python", str(base / "tree"))


PATHS = [
    "../evil",
    "../../../../../../evil",
    "/etc/evil",
    "//etc/evil",
    "cx_evil/../../evil",
    "cx_evil/./x",
    "cx_evil//x",
    "./x",
    "..",
    "cx_evil\\..\\evil",
    "cx_evil-1.0.data/scripts/../../evil",
    "cx_evil-1.0.data/data/../../../evil",
    "cx_evil-1.0.data/other/evil",
    "cx_evil-1.0.data/evil",
    "cx_evil-1.0.dist-info/../evil",
    "other-1.0.dist-info/METADATA",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_wheel_with_a_hostile_path_is_refused(tmp_path: Path, path: str) -> None:
    made = wheel(tmp_path / "w", "cx-evil", "1.0", {path: "evil"})
    row = Package("cx-evil", "", "1.0")
    before = listed([tmp_path / "w"])
    unpack = unpacking(tmp_path)
    with pytest.raises(FetchError):
        unpack.unpack(str(made), row, marks(row))
    outside = [one for one in tmp_path.rglob("*evil*") if one.is_file() and tmp_path / "tree" not in one.parents]
    assert outside == [made]
    assert listed([tmp_path / "w"]) == before


def test_a_wheel_with_a_link_is_refused(tmp_path: Path) -> None:
    made = wheel(tmp_path, "cx-evil", "1.0")
    with zipfile.ZipFile(made, "a") as output:
        info = zipfile.ZipInfo("cx_evil/link")
        info.external_attr = 0o120777 << 16
        output.writestr(info, "/etc/passwd")
    row = Package("cx-evil", "", "1.0")
    with pytest.raises(FetchError, match="not a regular file"):
        unpacking(tmp_path).unpack(str(made), row, marks(row))


def test_a_wheel_with_one_name_twice_is_refused(tmp_path: Path) -> None:
    made = wheel(tmp_path, "cx-evil", "1.0")
    with zipfile.ZipFile(made, "a") as output, pytest.warns(UserWarning, match="Duplicate"):
        output.writestr("cx_evil/__init__.py", "evil")
    row = Package("cx-evil", "", "1.0")
    with pytest.raises(FetchError, match="twice"):
        unpacking(tmp_path).unpack(str(made), row, marks(row))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("cx_evil/__init__.py,sha256=AAAA,4\n", "damaged"),
        ("", "damaged"),
        (f"cx_evil/__init__.py,{digest(b'good')},4\n", "damaged"),
        (None, "damaged"),
    ],
)
def test_a_wheel_that_is_not_as_its_record_says_is_refused(tmp_path: Path, record: str | None, reason: str) -> None:
    info = "cx_evil-1.0.dist-info"
    content = {
        "cx_evil/__init__.py": "evil",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: cx-evil\nVersion: 1.0\n\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if record is not None:
        content[f"{info}/RECORD"] = record
    made = archive(tmp_path / "cx_evil-1.0-py3-none-any.whl", content, None)
    row = Package("cx-evil", "", "1.0")
    with pytest.raises(FetchError, match=reason):
        unpacking(tmp_path).unpack(str(made), row, marks(row))
    assert listed([tmp_path / "tree"]) == {}


@pytest.mark.parametrize("script", ["../evil", "/etc/evil", "evil name", "a/b", "evil\tx"])
def test_a_program_with_a_hostile_name_is_refused(tmp_path: Path, script: str) -> None:
    made = wheel(tmp_path, "cx-evil", "1.0", scripts=[script])
    row = Package("cx-evil", "", "1.0")
    with pytest.raises(FetchError):
        unpacking(tmp_path).unpack(str(made), row, marks(row))
    assert [path for path in tmp_path.rglob("*evil*") if path.is_file() and path.suffix != ".whl"] == []


@pytest.mark.parametrize(
    "text",
    [
        "evil = cx_evil:main\n",
        "[console_scripts]\nevil\n",
        "[console_scripts]\nevil = %(there)s\n",
        "[console_scripts]\nevil = one:a\nevil = two:b\n",
        "[console_scripts]\nevil = cx_evil\n",
        "[console_scripts]\npip =\n",
        "[console_scripts]\n[console_scripts]\n",
        "[DEFAULT]\npip3 = x:y\n[console_scripts]\npip = x:y\n",
        "[console_scripts",
    ],
)
def test_entry_points_that_make_no_sense_are_refused(tmp_path: Path, text: str) -> None:
    made = wheel(tmp_path, "cx-evil", "1.0", {"cx_evil-1.0.dist-info/entry_points.txt": text})
    row = Package("cx-evil", "", "1.0")
    with pytest.raises(FetchError, match="cannot be unpacked"):
        unpacking(tmp_path).unpack(str(made), row, marks(row))


@pytest.mark.parametrize("row", [Package("cx-evil", "", "2.0"), Package("other", "", "1.0")])
def test_a_wheel_of_another_package_or_version_is_refused(tmp_path: Path, row: Package) -> None:
    made = wheel(tmp_path, "cx-evil", "1.0")
    with pytest.raises(FetchError, match=r"installs cx-evil 1\.0, not"):
        unpacking(tmp_path).unpack(str(made), row, marks(row))


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_wheel_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cx_evil-1.0-py3-none-any.whl"
    path.write_bytes(content)
    row = Package("cx-evil", "", "1.0")
    with pytest.raises(FetchError):
        unpacking(tmp_path).unpack(str(path), row, marks(row))


def test_a_wheel_cannot_take_the_place_of_the_interpreter(tmp_path: Path) -> None:
    from cortexrepo.ecosystems.pip.restore.change import moves_of
    from cortexrepo.ecosystems.pip.restore.staging import Staging

    made = wheel(tmp_path, "cx-evil", "1.0", {"cx_evil-1.0.data/data/bin/python3": "evil", "cx_evil/x": ""})
    row = Package("cx-evil", "", "1.0")
    unpack = unpacking(tmp_path)
    python = tmp_path / "v/bin/python3"
    python.write_text("the interpreter")
    private = tmp_path.resolve() / "v/lib/python3.11/.cortex-restore-0123456789abcdef"
    private.mkdir()
    unpack._replace(tree=f"{private}/new").unpack(str(made), row, marks(row))
    with pytest.raises(RefusedError, match="python3 is in the way"):
        moves_of([Step(INSTALL, None, row)], Staging(str(tmp_path), str(private), unpack.layout))
    assert python.read_text() == "the interpreter"


@pytest.mark.parametrize(
    "line",
    ["../../../../outside", "/etc/hostname", "../../../../../../../../etc/hostname", "cx_evil/link/below"],
)
def test_a_record_that_names_files_elsewhere_removes_none_of_them(tmp_path: Path, line: str) -> None:
    prefix = environment(tmp_path)
    site = prefix / "lib/python3.11/site-packages"
    (tmp_path / "outside").write_text("somebody's")
    (tmp_path / "below").write_text("somebody's")
    (site / "cx_evil").mkdir()
    (site / "cx_evil/link").symlink_to(tmp_path)
    info = site / "cx_evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cx-evil\nVersion: 1.0\n\n")
    (info / "RECORD").write_text(f"cx_evil-1.0.dist-info/RECORD,,\ncx_evil-1.0.dist-info/METADATA,,\n{line},,\n")
    row = Package("cx-evil", "", "1.0")
    facts = (("kind", "venv"), ("python", "3.11"))
    room = Room(NoMachine(), NoShelf(), str(tmp_path), lambda _: None)
    step = Step("remove", row, None)
    work = Work("pip", str(prefix), facts, facts, Manifest("pip", (row,)), Manifest("pip", ()), (step,))
    (obstacle,) = pip.propose(work, room).obstacles
    assert obstacle.kind == "broken"
    assert "outside of the environment" in obstacle.reason
    part = Part("pip", str(prefix), facts, (step,))
    pip.fetch(part, room)
    with pytest.raises(RestoreError, match="outside of the environment"):
        pip.apply(part, room)
    assert (tmp_path / "outside").read_text() == (tmp_path / "below").read_text() == "somebody's"
    pip.finish(part, room)
