"""Names, versions, links and tarballs that want a restore of npm's packages to do something else."""

from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest
from support.machines.npmworld import EmptyShelf, changed, tree
from support.packages.tarballs import archive, tarball

from cortexrepo.ecosystems.contract.restoring import Room, Work
from cortexrepo.ecosystems.npm.restore import restorer as npm
from cortexrepo.ecosystems.npm.tarballs import tarball as npm_tarball
from cortexrepo.errors import CorruptError, RefusedError
from cortexrepo.model.package import LINK, NESTED, Manifest, Package
from cortexrepo.model.plan import INSTALL, REMOVE, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cortexrepo.machine.programs import Finished

NAMES = (
    "",
    " ",
    ".",
    "..",
    "-",
    "-g",
    "--registry=http://evil.example",
    "--",
    "-rf",
    ".hidden",
    "_private",
    "a b",
    "a\nb",
    "a\n",
    "\na",
    "a\0b",
    "a\tb",
    "../a",
    "a/../b",
    "a/b",
    "user/repo",
    "/etc/passwd",
    "//host/share",
    "~",
    "~/a",
    "~a/b",
    "./a",
    "../../etc",
    "file:a",
    "file:../a",
    "npm:a",
    "git+ssh://git@evil.example/a",
    "git+file:///tmp/a",
    "github:user/repo",
    "http://evil.example/a.tgz",
    "https://evil.example/a",
    "a.tgz",
    "a.tar.gz",
    "a.tar",
    "@cx/a.tgz",
    "a@1",
    "a@latest",
    "@",
    "@/",
    "@cx",
    "@cx/",
    "@/a",
    "@cx/..",
    "@cx/.a",
    "@cx/a/b",
    "@../a",
    "@cx/../../a",
    "@.a/b",
    "a:b",
    "C:a",
    "a\\b",
    "a;b",
    "a|b",
    "a&b",
    "$(id)",
    "`id`",
    "${HOME}",
    "a*",
    "*",
    "a?",
    "a#b",
    "a%2fb",
    "a=b",
    "a'b",
    'a"b',
    "a>b",
    "node_modules",
    "NODE_MODULES",
    "@cx/node_modules",
    "favicon.ico",
    "\u212b",
    "\uff41",
    "a\u202eb",
    "a" * 215,
)
VERSIONS = (
    "",
    " ",
    "1",
    "1.0",
    "latest",
    "*",
    "x",
    "1.x",
    "^1.0.0",
    "~1.0.0",
    ">=1.0.0",
    "1.0.0 ",
    " 1.0.0",
    "1.0.0\n",
    "v1.0.0",
    "=1.0.0",
    "01.0.0",
    "1.0.0-",
    "1.0.0-01",
    "1.0.0+",
    "1.0.0-a..b",
    "1.0.0 || 2.0.0",
    "1.0.0 - 2.0.0",
    "npm:b@1.0.0",
    "file:../a",
    "file:///etc",
    "../a",
    "./a",
    "/a",
    "a.tgz",
    "git+ssh://git@evil.example/a",
    "github:user/repo",
    "user/repo",
    "http://evil.example/a.tgz",
    "1.0.0#x",
    "1.0.0;id",
    "1.0.0/../..",
    "1.0.0\0",
    "--registry=x",
    "-1.0.0",
    "1.0.0@2.0.0",
    "1.\uff10.0",
    "1.0.0-\u00e9",
    "1.0.0" + "0" * 300,
)


class NoMachine:
    """No program may be started."""

    def run(self, arguments: Sequence[str], **_: object) -> Finished:
        raise AssertionError(f"{arguments} was started")

    ask = run

    def find(self, program: str) -> str | None:
        raise AssertionError(f"{program} was looked for")

    def free(self, path: str) -> int:
        return 1 << 40

    def user(self) -> int:
        return os.geteuid()

    def kernel(self) -> str:
        return ""

    def mounts(self) -> tuple[()]:
        return ()


def propose(directory: Path, *steps: Step, now: Sequence[Package] = ()) -> set[str]:
    """Returns the kinds of the obstacles; nothing may have been started or changed."""
    prefix = directory.resolve() / "prefix"
    (prefix / "lib/node_modules").mkdir(parents=True, exist_ok=True)
    (directory / "staging").mkdir(exist_ok=True)
    before = tree(prefix)
    room = Room(NoMachine(), EmptyShelf(), str(directory / "staging"), lambda line: None)
    work = Work("npm", str(prefix), (), (), Manifest("npm", tuple(now)), Manifest("npm", ()), steps)
    found = npm.propose(work, room)
    assert changed(before, tree(prefix)) == []
    assert os.listdir(directory / "staging") == []
    return {each.kind for each in found.obstacles}


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_reaches_no_program(tmp_path: Path, name: str) -> None:
    assert propose(tmp_path, Step(INSTALL, None, Package(name, "", "1.0.0"))) == {"unsafe"}
    alias = Package("good", "", "1.0.0", 0, (("alias", name),))
    # An empty alias is none.
    assert not name or propose(tmp_path, Step(INSTALL, None, alias)) == {"unsafe"}


@pytest.mark.parametrize("name", sorted({*NAMES} - {"", "a>b"}))
def test_a_hostile_outer_name_reaches_no_program(tmp_path: Path, name: str) -> None:
    outer = Package(name, "", "1.0.0")
    inner = Package("good", "", "1.0.0", NESTED, (("inside", name),))
    assert "unsafe" in propose(tmp_path, Step(INSTALL, None, inner), now=[outer])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_hostile_version_reaches_no_program(tmp_path: Path, version: str) -> None:
    assert propose(tmp_path, Step(INSTALL, None, Package("good", "", version))) == {"unsafe"}


@pytest.mark.parametrize(
    "name", ["..", "../a", "/etc", "@cx/../../a", "a/b", ".a", "@..", "@../a", "", "a\\x3eb", "a\0b"]
)
def test_what_is_removed_is_one_folder_of_the_prefix(tmp_path: Path, name: str) -> None:
    row = Package(name, "", "1.0.0")
    assert propose(tmp_path, Step(REMOVE, row, None), now=[row]) == {"unsafe"}


def test_a_link_without_a_target_is_refused(tmp_path: Path) -> None:
    assert propose(tmp_path, Step(INSTALL, None, Package("good", "", "1.0.0", LINK))) == {"unsafe"}


def info(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def of_size(size: int) -> bytes:
    """Returns the head of a tarball whose one file says that it has `size` bytes."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as made:
        made.addfile(info("package/package.json"), io.BytesIO(b""))
        large = info("package/large")
        large.size = size
        made.fileobj.write(large.tobuf())
    return raw.getvalue()


def with_header_of(size: int) -> bytes:
    """Returns a tarball whose first header says that a name of `size` bytes follows."""
    head = info("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    head.size = size
    return head.tobuf(tarfile.GNU_FORMAT) + b"a" * 4096


DESCRIPTION = ("package/package.json", b'{"name": "good", "version": "1.0.0"}')
HOSTILE: Mapping[str, bytes] = {
    "absolute": archive([DESCRIPTION, ("/etc/cortex-was-here", b"")]),
    "upwards": archive([DESCRIPTION, ("package/../../outside", b"")]),
    "upwards at once": archive([DESCRIPTION, ("../outside", b"")]),
    "upwards in the middle": archive([DESCRIPTION, ("package/a/../../../outside", b"")]),
    "a link": archive([DESCRIPTION, (info("package/link", tarfile.SYMTYPE, "inside"), b"")]),
    "a link to outside": archive([DESCRIPTION, (info("package/link", tarfile.SYMTYPE, "/etc"), b"")]),
    "through a link": archive(
        [DESCRIPTION, (info("package/d", tarfile.SYMTYPE, "../.."), b""), ("package/d/outside", b"")]
    ),
    "a hard link": archive([DESCRIPTION, (info("package/hard", tarfile.LNKTYPE, "/etc/passwd"), b"")]),
    "a hard link inside": archive([DESCRIPTION, (info("package/hard", tarfile.LNKTYPE, "package/package.json"), b"")]),
    "a device": archive([DESCRIPTION, (info("package/device", tarfile.CHRTYPE), b"")]),
    "a block device": archive([DESCRIPTION, (info("package/device", tarfile.BLKTYPE), b"")]),
    "a FIFO": archive([DESCRIPTION, (info("package/fifo", tarfile.FIFOTYPE), b"")]),
    "a directory upwards": archive([DESCRIPTION, (info("package/../..", tarfile.DIRTYPE), b"")]),
    "giant": of_size(1 << 40),
    "a giant header": with_header_of(1 << 33),
    "a large header": with_header_of(1 << 25),
}
SENSELESS: Mapping[str, bytes] = {
    "nothing": b"",
    "text": b"hello, this is no tarball",
    "cut off": tarball("good", "1.0.0")[:-40],
    "rotten": tarball("good", "1.0.0")[:60] + b"\xff" * 8 + tarball("good", "1.0.0")[68:],
    "no description": archive([("package/cli.js", b"")]),
    "a description elsewhere": archive([("package/lib/package.json", b"{}")]),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("read", [True, False], ids=["read", "unpacked"])
def test_a_hostile_tarball_is_refused(tmp_path: Path, content: bytes, read: bool) -> None:  # noqa: FBT001
    (tmp_path / "in").mkdir()
    (tmp_path / "in/t.tgz").write_bytes(content)
    action: Callable[[], object] = lambda: npm_tarball.read(str(tmp_path / "in/t.tgz"))  # noqa: E731
    if not read:
        action = lambda: npm_tarball.unpack(str(tmp_path / "in/t.tgz"), "", str(tmp_path / "in/out"))  # noqa: E731
    with pytest.raises(RefusedError):
        action()
    assert os.listdir(tmp_path) == ["in"]
    assert not os.path.lexists("/etc/cortex-was-here")


@pytest.mark.parametrize("content", SENSELESS.values(), ids=SENSELESS.keys())
def test_a_tarball_that_makes_no_sense_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.tgz").write_bytes(content)
    with pytest.raises(CorruptError):
        npm_tarball.read(str(tmp_path / "t.tgz"))


def test_too_many_files_or_bytes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.tgz").write_bytes(archive([DESCRIPTION, *((f"package/{number}", b"1234") for number in range(10))]))
    npm_tarball.read(str(tmp_path / "t.tgz"))
    with pytest.raises(RefusedError, match="too large"):
        npm_tarball.read(str(tmp_path / "t.tgz"), most_files=10)
    with pytest.raises(RefusedError, match="too large"):
        npm_tarball.read(str(tmp_path / "t.tgz"), most_bytes=75)


def test_a_file_that_is_also_a_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "t.tgz").write_bytes(archive([DESCRIPTION, ("package/a", b""), ("package/a/b", b"")]))
    with pytest.raises(CorruptError, match="a file and a directory"):
        npm_tarball.unpack(str(tmp_path / "t.tgz"), "", str(tmp_path / "out"))


def test_no_mode_of_a_tarball_lasts_but_for_execution(tmp_path: Path) -> None:
    strange = info("package/strange")
    strange.mode = 0o7711
    (tmp_path / "t.tgz").write_bytes(archive([DESCRIPTION, (strange, b"")]))
    npm_tarball.unpack(str(tmp_path / "t.tgz"), "", str(tmp_path / "out"))
    mode = (tmp_path / "out/strange").stat().st_mode & 0o7777
    assert (mode & 0o7000, mode & 0o100) == (0, 0o100)
