"""Root reads the repository of a user who changes it meanwhile: no byte that the user may not read, and no waiting."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root
from support.machines.silent import silent
from support.processes.command_line import CommandLine
from support.processes.counts import count
from support.processes.users import SOMEBODY, give, theirs_from

from cortexrepo.disk import borrowed, lending
from cortexrepo.disk.borrowed import BorrowedFileSystem
from cortexrepo.repository.repository import Repository
from cortexrepo.rights.person import person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("open_path")

HIDDEN = "s3cret-of-roots"
READING = (("list",), ("diff", "latest~1", "t2"), ("verify",))


def _lstat_all(place: Path) -> dict[str, tuple[int, int, int]]:
    return {
        str(path): (info.st_ino, info.st_mode, info.st_size) for path in place.rglob("*") for info in [path.lstat()]
    }


@pytest.fixture
def theirs(cortex: CommandLine) -> CommandLine:
    return theirs_from(cortex)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Makes a file that only root may read."""
    path = tmp_path / "secret"
    path.write_text(f"{HIDDEN}\n" * 3)
    path.chmod(0o600)
    return path


def _files(repo: Path) -> list[Path]:
    return sorted(path for path in repo.rglob("*") if path.is_file())


def _linked(path: Path, secret: Path) -> None:
    path.unlink()
    path.symlink_to(secret)


def _hard_linked(path: Path, secret: Path) -> None:
    path.unlink()
    os.link(secret, path)


def _fifo(path: Path, _secret: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o666)


def _device(path: Path, _secret: Path) -> None:
    path.unlink()
    os.mknod(path, 0o666 | 0o020000, os.makedev(1, 5))


def _directory_linked(path: Path, secret: Path) -> None:
    path.parent.rename(path.parent.with_name("before"))
    path.parent.symlink_to(secret.parent)


@pytest.mark.parametrize("plant", [_linked, _hard_linked, _fifo, _device, _directory_linked])
def test_no_byte_of_a_file_that_the_user_may_not_read_is_said(
    theirs: CommandLine, secret: Path, plant: Callable[[Path, Path], None]
) -> None:
    said = 0
    original = theirs.repo.with_name("original")
    shutil.copytree(theirs.repo, original)
    for victim in _files(theirs.repo):
        if plant is _directory_linked and victim.parent == theirs.repo:
            continue
        plant(victim, secret)
        for words in READING:
            found = theirs(*words, "--json")
            assert HIDDEN not in found.out + found.err
            said += 1
        shutil.rmtree(theirs.repo)
        shutil.copytree(original, theirs.repo)
        give(theirs, SOMEBODY)
    count(f"commands of root's over a user's repository with {plant.__name__.strip('_')} files", commands=said)


@pytest.mark.parametrize("kind", ["refs", "objects"])
@pytest.mark.parametrize("by_link", [True, False], ids=["link", "hard link"])
def test_what_a_repository_of_roots_says_is_not_said_through_a_users(
    theirs: CommandLine, tmp_path: Path, kind: str, *, by_link: bool
) -> None:
    """Here the bytes are what a repository holds: nothing but the user's rights keeps them back."""
    roots = CommandLine(tmp_path / "roots" / "repo", theirs.root)
    make_root(theirs.root, apt={HIDDEN: "1"})
    snapshot = roots("create", HIDDEN).out.split()[0]
    (tmp_path / "roots").chmod(0o700)
    for own in [path for path in (roots.repo / kind).rglob("*") if path.is_file()]:
        planted = theirs.repo / own.relative_to(roots.repo)
        if by_link and kind == "objects" and not planted.parent.exists():
            planted.parent.symlink_to(own.parent)
        elif not planted.exists():
            planted.parent.mkdir(exist_ok=True)
            planted.symlink_to(own) if by_link else os.link(own, planted)
    if kind == "objects":
        for ref in (roots.repo / "refs").iterdir():
            shutil.copy(ref, theirs.repo / "refs")
    give_links(theirs)
    found = [theirs("list"), theirs("show", snapshot, "--packages"), theirs("diff", "t2", snapshot), theirs("verify")]
    said = "".join(one.out + one.err for one in found)
    assert (HIDDEN in said) == (kind == "objects"), "the message was copied, the package's name was not"
    assert f"  {HIDDEN}  1  " not in said
    assert [one.code for one in found[1:]] == [1, 1, 1]


def give_links(theirs: CommandLine) -> None:
    """Gives the user's own files to the user, and no file that a link leads to."""
    for path in theirs.repo.rglob("*"):
        if path.is_symlink() or path.is_dir():
            os.lchown(path, SOMEBODY, SOMEBODY)
        elif path.parent.name == "refs" and path.stat().st_nlink == 1:
            os.chown(path, SOMEBODY, SOMEBODY)


def test_what_root_may_read_and_the_user_may_not_is_never_read(tmp_path: Path, secret: Path) -> None:
    """The file itself, the way through root's own directory, a link, and what the kernel shows to root only."""
    files = BorrowedFileSystem(person(SOMEBODY))
    closed = tmp_path / "closed"
    closed.mkdir(0o700)
    (closed / "open").write_text(HIDDEN)
    (closed / "open").chmod(0o644)
    link = tmp_path / "link"
    link.symlink_to(closed)
    for path in (
        secret,
        closed / "open",
        link / "open",
        "/proc/1/environ",
        f"/proc/{os.getpid()}/environ",
        "/proc/kmsg",
    ):
        with pytest.raises(OSError, match=r"Permission denied|Operation not permitted"):
            files.read(str(path), 1 << 20)
    with pytest.raises(PermissionError):
        files.names(str(closed))
    own = tmp_path / "own"
    own.write_bytes(b"their own")
    own.chmod(0o644)
    assert files.read(str(own), 100) == b"their own"
    assert files.read_part(str(own), 6, 3) == b"own"
    assert files.names(str(tmp_path)).count("own") == 1


def test_the_process_that_reads_has_no_right_of_roots_and_cannot_be_looked_into(tmp_path: Path) -> None:
    files = BorrowedFileSystem(person(SOMEBODY))
    files.info(str(tmp_path))
    [child] = _children()
    with open(f"/proc/{child}/status", encoding="ascii") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    assert set(status["Uid"].split()) == {str(SOMEBODY)}
    assert "0" not in {*status["Gid"].split(), *status["Groups"].split()}
    assert {status[name] for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    for name in ("environ", "mem", "fd"):
        asked = [
            "setpriv",
            f"--reuid={SOMEBODY}",
            f"--regid={SOMEBODY}",
            "--clear-groups",
            "ls",
            f"/proc/{child}/{name}/",
        ]
        assert subprocess.run(asked, capture_output=True, check=False).returncode
    descriptors = {os.readlink(f"/proc/{child}/fd/{one}") for one in os.listdir(f"/proc/{child}/fd")}
    assert {one.partition(":")[0] for one in descriptors} == {"/dev/null", "socket"}
    del files
    assert _children() == []


def _children() -> list[int]:
    """Returns the processes that this one has started; those of repositories that nobody has any more are gone then."""
    gc.collect()
    with open(f"/proc/self/task/{threading.get_native_id()}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def test_a_user_who_stops_the_reading_process_stops_root_for_no_longer_than_the_deadline(tmp_path: Path) -> None:
    files = BorrowedFileSystem(person(SOMEBODY), deadline=0.2)
    assert files.info(str(tmp_path)) is not None
    [child] = _children()
    subprocess.run(["setpriv", f"--reuid={SOMEBODY}", "--clear-groups", "kill", "-STOP", str(child)], check=True)
    with pytest.raises(OSError, match="did not answer") as late:
        files.info(str(tmp_path))
    assert late.value.errno == errno.ETIMEDOUT
    with pytest.raises(OSError, match="has ended"):
        files.info(str(tmp_path))
    assert _children() == []


def test_a_process_that_nobody_can_kill_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(borrowed, "PATIENCE", 0.2)
    (tmp_path / "mount").mkdir()
    files = BorrowedFileSystem(person(SOMEBODY), deadline=0.2)
    [child] = _children()
    with silent(tmp_path / "mount", SOMEBODY, person(SOMEBODY).group):
        with pytest.raises(OSError, match="did not answer"):
            files.info(str(tmp_path / "mount/repository"))
        with open(f"/proc/{child}/stat", encoding="ascii") as file:
            assert file.read().rpartition(")")[2].split()[0] == "D"
    os.waitpid(child, 0)


def test_a_killed_reading_process_is_an_error_with_the_path(theirs: CommandLine) -> None:
    repository = Repository.open(theirs.repo)
    [child] = _children()
    os.kill(child, 9)
    with pytest.raises(Exception, match="has ended"):
        repository.listing()


def test_more_names_than_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(borrowed, "NAMES", 100)
    files = BorrowedFileSystem(person(SOMEBODY))
    for number in range(100):
        (tmp_path / f"{number:03}").touch()
    with pytest.raises(OSError) as large:
        files.names(str(tmp_path))
    assert large.value.errno == errno.EFBIG


@pytest.mark.parametrize(
    "answer", [b"\0\0\0\0" + (1 << 40).to_bytes(8, "little"), b"\xff\xff\xff\xff" + bytes(8), b"x"]
)
def test_an_answer_that_is_too_long_or_makes_no_sense_ends_the_reading(tmp_path: Path, answer: bytes) -> None:
    """As if the user had taken the reading process over."""
    import socket

    files = BorrowedFileSystem(person(SOMEBODY), deadline=5)
    files._pipe, liar = socket.socketpair()
    liar.sendall(answer)
    liar.shutdown(socket.SHUT_WR)
    with liar, files._pipe, pytest.raises(OSError, match="has ended"):
        files.read(str(tmp_path / "x"), 10)


def test_no_name_in_an_answer_leads_elsewhere() -> None:
    assert lending.names_of(b"a\0../b\0..\0.\0\0/etc\0c") == ["a", "c"]


def test_every_method_that_would_change_something_is_refused(theirs: CommandLine) -> None:
    before = _lstat_all(theirs.repo)
    files = BorrowedFileSystem(person(SOMEBODY))
    new, old = f"{theirs.repo}/new", f"{theirs.repo}/config"
    calls: list[Callable[[], object]] = [
        lambda: files.write_new(new, b""),
        lambda: files.write_held(new, b""),
        lambda: files.write_pieces(new, []),
        lambda: files.make_directory(new),
        lambda: files.remove_directory(f"{theirs.repo}/tmp"),
        lambda: files.link(old, new),
        lambda: files.rename(old, new),
        lambda: files.rename_new(old, new),
        lambda: files.unlink(old),
        lambda: files.sync_directory(str(theirs.repo)),
        lambda: files.lock(f"{theirs.repo}/lock", exclusive=True, timeout=0).__enter__(),
    ]
    for call in calls:
        with pytest.raises(OSError) as refused:
            call()
        assert refused.value.errno == errno.EROFS
    assert _lstat_all(theirs.repo) == before


def test_a_lock_that_is_missing_is_not_made(theirs: CommandLine) -> None:
    (theirs.repo / "lock").unlink()
    assert theirs("list").code == 0
    assert not (theirs.repo / "lock").exists()
