"""Reading a machine's files: the running one, and another root that nothing may lead out of."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from typing import TYPE_CHECKING

import pytest

from cortexrepo.machine.files import Entry
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cortexrepo.machine.files import System

SECRET = b"outside"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_bytes(SECRET)
    made = tmp_path / "root"
    (made / "etc").mkdir(parents=True)
    (made / "etc/file").write_bytes(b"inside")
    return made


@pytest.fixture
def rooted(root: Path) -> Iterator[RootedSystem]:
    system = RootedSystem(str(root))
    yield system
    system.close()


@pytest.fixture(params=["live", "rooted"])
def at(request: pytest.FixtureRequest, root: Path, rooted: RootedSystem) -> tuple[System, Callable[[str], str]]:
    """Both kinds of system, and how each names a path below the root."""
    if request.param == "rooted":
        return rooted, lambda path: path
    return LiveSystem({}), lambda path: f"{root}{path}"


At = tuple["LiveSystem | RootedSystem", "Callable[[str], str]"]


@pytest.mark.parametrize(
    "target",
    [
        "/etc/file",
        "../../../../../etc/file",
        "etc/file",
        "/../etc/./file",
        "etc/../etc//file",
        "/chain",
        "up/../etc/file",
    ],
)
def test_a_link_is_followed_inside_the_root(root: Path, rooted: RootedSystem, target: str) -> None:
    (root / "chain").symlink_to("/etc/file")
    (root / "up").symlink_to("/")
    (root / "link").symlink_to(target)

    assert rooted.read("/link") == b"inside"
    assert rooted.realpath("/link") == "/etc/file"


@pytest.mark.parametrize(
    "path", ["/../secret", "/etc/../../secret", "/absolute", "/relative", "/parent/secret", "/up/../secret"]
)
def test_nothing_leads_out_of_the_root(root: Path, rooted: RootedSystem, path: str) -> None:
    (root / "absolute").symlink_to(root.parent / "secret")
    (root / "relative").symlink_to("../secret")
    (root / "parent").symlink_to("..")
    (root / "up").symlink_to("etc/..")

    assert rooted.read(path) is None
    assert rooted.head(path, 3) is None
    assert not rooted.exists(path)
    assert rooted.owner(path) is None
    assert rooted.stamp(path) is None


def test_the_parent_of_the_root_is_the_root(rooted: RootedSystem) -> None:
    assert rooted.entries("/../..") == [Entry("etc", "directory")]
    assert rooted.realpath("/../../etc/..") == "/"


def test_a_link_swapped_meanwhile_never_leads_outside(root: Path, rooted: RootedSystem) -> None:
    (root / "inner").mkdir()
    (root / "inner/secret").write_bytes(b"inside")
    (root / "out").symlink_to(root.parent)
    (root / "door").symlink_to("inner")
    (root / "last").symlink_to("inner/secret")
    stop = threading.Event()

    def swap() -> None:
        turn = 0
        targets = (("inner", "inner/secret"), (str(root.parent), str(root.parent / "secret")), ("../", "../secret"))
        while not stop.is_set():
            turn += 1
            for name, target in zip(("door", "last"), targets[turn % 3], strict=True):
                (root / "new").symlink_to(target)
                (root / "new").rename(root / name)

    def swap_folder() -> None:
        # A folder that becomes a link and a folder again, by an exchange of names.
        while not stop.is_set():
            for first, second in (("inner", "aside"), ("out", "inner"), ("inner", "out"), ("aside", "inner")):
                (root / first).rename(root / second)

    threads = [threading.Thread(target=swap), threading.Thread(target=swap_folder)]
    for thread in threads:
        thread.start()
    try:
        seen = {rooted.read(path) for _ in range(1500) for path in ("/door/secret", "/last", "/inner/secret")}
        names = {entry.name for _ in range(500) for entry in rooted.entries("/door")}
    finally:
        stop.set()
        for thread in threads:
            thread.join()

    assert seen <= {b"inside", None}
    assert b"inside" in seen
    assert "root" not in names


def test_a_loop_of_links_is_an_error_and_not_a_path_that_is_not_there(at: At, root: Path) -> None:
    system, name = at
    (root / "one").symlink_to("two")
    (root / "two").symlink_to("one")

    for ask in (system.read, system.entries, system.exists, system.is_directory, system.owner, system.stamp):
        with pytest.raises(OSError, match="symbolic links") as caught:
            ask(name("/one"))
        assert caught.value.errno == errno.ELOOP


def test_a_path_that_is_not_there_or_goes_through_a_file_is_nothing(at: At) -> None:
    system, name = at

    for path in ("/none", "/none/below", "/etc/file/below", "/etc/file/..", "/nul\0byte", "/lone\ud800"):
        assert system.read(name(path)) is None
        assert system.head(name(path), 5) is None
        assert system.entries(name(path)) == []
        assert not system.exists(name(path))
        assert not system.is_directory(name(path))
        assert system.readlink(name(path)) is None
        assert system.owner(name(path)) is None
        assert system.stamp(name(path)) is None


def test_a_path_that_is_not_there_is_resolved_as_far_as_it_goes(at: At, root: Path) -> None:
    system, name = at
    (root / "link").symlink_to("etc")

    assert system.realpath(name("/link/none/below")) == name("/etc/none/below")
    assert system.realpath(name("/etc/nul\0byte")) == name("/etc/nul\0byte")


def test_the_entries_of_a_file_are_none(at: At) -> None:
    system, name = at

    assert system.entries(name("/etc/file")) == []


@pytest.mark.parametrize("linked", [False, True])
def test_a_fifo_is_refused_without_waiting(at: At, root: Path, *, linked: bool) -> None:
    system, name = at
    os.mkfifo(root / "fifo")
    (root / "link").symlink_to("fifo")

    with pytest.raises(OSError, match="not a regular file") as caught:
        system.read(name("/link" if linked else "/fifo"))

    assert caught.value.errno == errno.EINVAL


def test_a_file_is_opened_straight_where_no_link_leads_to_it_and_only_there(at: At, root: Path) -> None:
    system, name = at
    (root / "link").symlink_to("etc/file")
    (root / "folder").symlink_to("etc")
    os.mkfifo(root / "fifo")
    opened = system.open_straight(name("/etc/file"))
    assert os.read(opened, 100) == b"inside"
    os.close(opened)
    for path in ("/link", "/folder/file"):
        with pytest.raises(OSError, match="contains a symbolic link") as caught:
            system.open_straight(name(path))
        assert caught.value.errno == errno.ELOOP
    for path in ("/fifo", "/etc"):
        with pytest.raises(OSError, match="not a regular file"):
            system.open_straight(name(path))
    with pytest.raises(FileNotFoundError):
        system.open_straight(name("/gone"))


def test_a_folder_is_refused(at: At) -> None:
    system, name = at

    with pytest.raises(OSError, match="not a regular file"):
        system.read(name("/etc"))


def test_a_link_to_a_device_is_refused_before_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to("/dev/zero")
    opened: list[int] = []
    real_open = os.open

    def noting_open(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        descriptor = real_open(path, flags, mode, dir_fd=dir_fd)
        opened.append(flags)
        return descriptor

    monkeypatch.setattr(os, "open", noting_open)

    with pytest.raises(OSError, match="not a regular file"):
        LiveSystem({}).read(str(tmp_path / "link"))

    assert opened
    assert all(flags & os.O_PATH for flags in opened)


def test_a_device_is_refused_in_another_root(root: Path, rooted: RootedSystem) -> None:
    try:
        os.mknod(root / "zero", 0o020600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root may make a device node")

    with pytest.raises(OSError, match="not a regular file"):
        rooted.head("/zero", 10)

    assert rooted.entries("/")[-1] == Entry("zero", "other")


@pytest.mark.parametrize("size", [0, 1, 9, 10])
def test_a_file_up_to_the_limit_is_read_whole(at: At, root: Path, size: int) -> None:
    system, name = at
    (root / "file").write_bytes(b"x" * size)

    assert system.read(name("/file"), 10) == b"x" * size


@pytest.mark.parametrize("size", [11, 12, 1 << 40])
def test_a_file_beyond_the_limit_is_refused(at: At, root: Path, size: int) -> None:
    system, name = at
    (root / "file").touch()
    os.truncate(root / "file", size)

    with pytest.raises(OSError, match="too large") as caught:
        system.read(name("/file"), 10)

    assert caught.value.errno == errno.EFBIG


@pytest.mark.parametrize(("size", "expected"), [(0, b""), (1, b"i"), (5, b"insid"), (6, b"inside"), (100, b"inside")])
def test_the_head_of_a_file_is_no_longer_than_asked(at: At, size: int, expected: bytes) -> None:
    system, name = at

    assert system.head(name("/etc/file"), size) == expected


def test_a_file_that_does_not_know_its_size_is_read_whole() -> None:
    system = LiveSystem({})

    content = system.read("/proc/self/mountinfo")
    assert content is not None
    assert content.endswith(b"\n")
    assert len(content) > 1
    assert system.head("/proc/self/mountinfo", 10) == content[:10]
    with pytest.raises(OSError, match="too large"):
        system.read("/proc/self/mountinfo", 5)


def test_entries_say_what_they_are_without_following_links(at: At, root: Path) -> None:
    system, name = at
    os.mkfifo(root / "fifo")
    (root / "link").symlink_to("etc")
    (root / "dangling").symlink_to("/none")
    (root / "z").touch()

    assert system.entries(name("/")) == [
        Entry("dangling", "link"),
        Entry("etc", "directory"),
        Entry("fifo", "other"),
        Entry("link", "link"),
        Entry("z", "file"),
    ]
    assert system.entries(name("/link")) == [Entry("file", "file")]


def test_a_name_that_is_not_utf_8_is_kept(at: At, root: Path) -> None:
    system, name = at
    with open(os.fsencode(root) + b"/etc/\xff", "wb") as stream:
        stream.write(b"x")

    assert [entry.name for entry in system.entries(name("/etc"))] == ["file", "\udcff"]
    assert system.read(name("/etc/\udcff")) == b"x"


def test_a_link_can_be_read_and_other_things_are_none(at: At, root: Path) -> None:
    system, name = at
    (root / "link").symlink_to("/none")

    assert system.readlink(name("/link")) == "/none"
    assert system.readlink(name("/etc")) is None
    assert system.readlink(name("/etc/file")) is None
    assert system.readlink("/") is None


def test_owner_and_stamp_are_those_of_what_a_link_leads_to(at: At, root: Path) -> None:
    system, name = at
    (root / "link").symlink_to("etc/file")
    info = (root / "etc/file").stat()

    assert system.owner(name("/link")) == info.st_uid
    assert system.stamp(name("/link")) == (info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


@contextlib.contextmanager
def _ordinary_user(root: Path) -> Iterator[None]:
    """Gives up root's rights for a while, since nothing is forbidden to root; `root` stays within reach."""
    if os.geteuid() != 0:
        yield
        return
    for path in (root, *root.parents):
        if "pytest" not in str(path):
            break
        path.chmod(path.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_may_not_be_read_is_an_error(at: At, root: Path) -> None:
    system, name = at
    (root / "etc").chmod(0)
    try:
        with _ordinary_user(root):
            for ask in (system.read, system.exists):
                with pytest.raises(PermissionError):
                    ask(name("/etc/file"))
    finally:
        (root / "etc").chmod(0o700)


def test_no_descriptor_is_left_open(root: Path, rooted: RootedSystem) -> None:
    (root / "link").symlink_to("/etc/../etc/file")
    (root / "loop").symlink_to("loop")
    before = len(os.listdir("/proc/self/fd"))

    for path in ("/link", "/none", "/etc", "/loop", "/etc/file/x"):
        for ask in (rooted.read, rooted.entries, rooted.exists, rooted.readlink, rooted.realpath):
            try:
                ask(path)
            except OSError:
                continue

    assert len(os.listdir("/proc/self/fd")) == before


def test_only_the_running_machine_has_a_kernel_and_an_environment(rooted: RootedSystem) -> None:
    live = LiveSystem({"A": "1"})

    assert (live.live, live.kernel(), live.environment) == (True, os.uname().release, {"A": "1"})
    assert (rooted.live, rooted.kernel(), rooted.environment) == (False, "", {})
