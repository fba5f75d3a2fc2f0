"""A collector's steps, one by one: each removes only what it may, in the one order, and says what it could not do."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

import pytest
from support.disk.faults import Refusing

from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.errors import StoreError
from cortexrepo.store.local.collection import Collection
from cortexrepo.store.local.directories import BALLAST_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

ONE, TWO = "objects/aa/" + "1" * 62, "objects/bb/" + "2" * 62
ASIDE = {ONE: "aa" + "1" * 62, TWO: "bb" + "2" * 62}


def disk(*, times: int = 1 << 20, **errors: int) -> Refusing:
    memory = MemoryFileSystem()
    memory.make_directory("/r")
    for name in ("objects", "objects/aa", "objects/bb", "pins", "tmp", "quarantine", "refs", "deleted"):
        memory.make_directory(f"/r/{name}")
    for key in (ONE, TWO):
        memory.write_new(f"/r/{key}", b"good")
    memory.write_new("/r/ballast", bytes(BALLAST_SIZE))
    memory.write_new("/r/refs/a", b"ref")
    return Refusing(memory, times=times, **errors)


def collection(files: Refusing) -> Collection:
    return Collection("/r", files, contextlib.nullcontext)


def intact(key: str, data: bytes) -> bool:
    assert key.startswith("objects/")
    return data == b"good"


def aside(files: Refusing) -> dict[str, list[str]]:
    runs = [] if files.info("/r/quarantine") is None else files.names("/r/quarantine")
    return {run: sorted(files.names(f"/r/quarantine/{run}")) for run in runs}


def steps(files: Refusing, *methods: str) -> list[str]:
    """Returns the calls that change something, the run's name left out."""
    run = next(iter(files.names("/r/quarantine")), "RUN")
    return [call.replace(run, "RUN") for call in files.calls if call.partition(" ")[0] in methods]


# -- setting aside


def test_objects_are_set_aside_durably_before_they_leave_where_they_were() -> None:
    files = disk()
    work = collection(files)
    files.calls.clear()
    work.set_aside([ONE, TWO, "objects/cc/" + "3" * 62], intact)
    assert list(aside(files).values()) == [sorted(ASIDE.values())]
    assert files.names("/r/objects/aa") == files.names("/r/objects/bb") == []
    assert steps(files, "make_directory", "link", "sync_directory", "unlink") == [
        "make_directory /r/quarantine/RUN",
        "sync_directory /r/quarantine/",
        f"link /r/quarantine/RUN/{ASIDE[ONE]}",
        f"link /r/quarantine/RUN/{ASIDE[TWO]}",
        "link /r/quarantine/RUN/cc" + "3" * 62,
        "sync_directory /r/quarantine/RUN/",
        f"unlink /r/{ONE}",
        f"unlink /r/{TWO}",
    ]


def test_one_run_has_one_directory() -> None:
    files = disk()
    work = collection(files)
    work.set_aside([ONE], intact)
    work.set_aside([TWO], intact)
    assert list(aside(files).values()) == [sorted(ASIDE.values())]
    collection(files).set_aside([], intact)
    assert len(aside(files)) == 2
    assert all(len(run) == 32 for run in aside(files))


@pytest.mark.parametrize("error", [errno.EPERM, errno.EMLINK])
def test_where_there_are_no_links_objects_are_moved_aside(error: int) -> None:
    files = disk(link=error)
    collection(files).set_aside([ONE], intact)
    assert list(aside(files).values()) == [[ASIDE[ONE]]]
    assert files.names("/r/objects/aa") == []


def test_an_error_while_setting_aside_leaves_every_object_where_it_was() -> None:
    files = disk(link=errno.EIO)
    with pytest.raises(StoreError, match=r"^/r: cannot move objects to quarantine: Input"):
        collection(files).set_aside([ONE, TWO], intact)
    assert len(files.names("/r/objects/aa") + files.names("/r/objects/bb")) == 2


class Healing(Refusing):
    """A writer heals the object in the moment in which it has been linked aside."""

    def link(self, source: str, target: str) -> None:
        super().link(source, target)
        if "quarantine" in target:
            self._files.write_new("/r/tmp/new", b"good")
            self._files.rename("/r/tmp/new", source)


def test_a_damaged_object_that_a_writer_heals_meanwhile_is_moved_aside_healed() -> None:
    healing = Healing(disk())
    healing.unlink(f"/r/{ONE}")
    healing.write_new(f"/r/{ONE}", b"damaged")
    collection(healing).set_aside([ONE], intact)
    (run,) = healing.names("/r/quarantine")
    assert healing.read(f"/r/quarantine/{run}/{ASIDE[ONE]}", 9) == b"good"
    assert healing.names("/r/objects/aa") == []


def test_an_object_that_cannot_be_read_counts_as_damaged() -> None:
    files = disk(read=errno.EIO)
    collection(files).set_aside([ONE], intact)
    assert list(aside(files).values()) == [[ASIDE[ONE]]]
    assert f"rename /r/quarantine/{next(iter(aside(files)))}/{ASIDE[ONE]}" in files.calls


def test_an_object_that_somebody_else_takes_out_of_quarantine_stays_where_it_is() -> None:
    files = disk(read=errno.ENOENT)
    collection(files).set_aside([ONE], intact)
    assert files.names("/r/objects/aa") == ["1" * 62]


# -- putting back


def test_objects_are_put_back_durably_before_they_leave_quarantine() -> None:
    files = disk()
    work = collection(files)
    work.set_aside([ONE, TWO], intact)
    files.calls.clear()
    work.put_back([TWO, ONE])
    assert list(aside(files).values()) == [[]]
    assert files.read(f"/r/{ONE}", 9) == files.read(f"/r/{TWO}", 9) == b"good"
    assert steps(files, "link", "sync_directory", "unlink") == [
        f"link /r/{TWO}",
        f"link /r/{ONE}",
        "sync_directory /r/objects/aa/",
        "sync_directory /r/objects/bb/",
        "sync_directory /r/objects/",
        f"unlink /r/quarantine/RUN/{ASIDE[TWO]}",
        f"unlink /r/quarantine/RUN/{ASIDE[ONE]}",
    ]


def test_an_object_comes_back_to_a_directory_that_is_gone() -> None:
    files = disk()
    work = collection(files)
    work.set_aside([ONE], intact)
    files.remove_directory("/r/objects/aa")
    work.put_back([ONE])
    assert files.read(f"/r/{ONE}", 9) == b"good"


@pytest.mark.parametrize("errors", [{}, {"link": errno.EPERM}])
def test_what_a_writer_has_put_again_is_never_replaced(errors: dict[str, int]) -> None:
    files = disk(**errors)
    work = collection(files)
    work.set_aside([ONE], intact)
    files.write_new(f"/r/{ONE}", b"newer")
    work.put_back([ONE])
    assert files.read(f"/r/{ONE}", 9) == b"newer"
    assert list(aside(files).values()) == [[]]


def test_where_there_are_no_links_objects_are_moved_back() -> None:
    files = disk(link=errno.EOPNOTSUPP)
    work = collection(files)
    work.set_aside([ONE], intact)
    work.put_back([ONE])
    assert files.read(f"/r/{ONE}", 9) == b"good"


def test_an_error_while_putting_back_leaves_the_object_in_quarantine() -> None:
    files = disk()
    work = collection(files)
    work.set_aside([ONE], intact)
    files.errors = {"link": errno.EIO}
    with pytest.raises(StoreError, match=r"^/r: cannot put back objects from quarantine: Input"):
        work.put_back([ONE])
    assert list(aside(files).values()) == [[ASIDE[ONE]]]


# -- the end of a run


def test_what_is_left_is_counted_and_removed() -> None:
    files = disk()
    work = collection(files)
    assert work.discard_aside() == 0
    work.set_aside([ONE, TWO], intact)
    assert work.discard_aside() == 2
    assert list(aside(files).values()) == [[]]
    work.finish()
    assert aside(files) == {}


def test_a_run_that_made_nothing_removes_only_what_is_empty() -> None:
    files = disk()
    files.write_new("/r/deleted/mark", b"")
    collection(files).finish()
    assert not {"pins", "quarantine", "removed", "tmp"}.intersection(files.names("/r"))
    assert files.names("/r/deleted") == ["mark"]


def test_what_is_no_object_stays_in_quarantine_and_its_directory_with_it() -> None:
    files = disk()
    work = collection(files)
    work.set_aside([ONE], intact)
    (run,) = files.names("/r/quarantine")
    for name in ("foreign", "x" * 63, "x" * 65, "." + "x" * 63):
        files.write_new(f"/r/quarantine/{run}/{name}", b"")
    assert work.discard_aside() == 1
    work.finish()
    assert len(files.names(f"/r/quarantine/{run}")) == 4


@pytest.mark.parametrize("error", [errno.ENOTEMPTY, errno.EEXIST])
def test_a_directory_that_is_not_empty_stays(error: int) -> None:
    files = disk()
    work = collection(files)
    work.set_aside([], intact)
    files.errors = {"remove_directory": error}
    work.finish()
    assert len(files.names("/r/quarantine")) == 1


def test_the_ballast_is_there_again_at_the_end() -> None:
    files = disk(times=1, make_directory=errno.ENOSPC)
    work = collection(files)
    work.set_aside([ONE], intact)
    assert files.info("/r/ballast") is None
    work.finish()
    info = files.info("/r/ballast")
    assert info is not None
    assert info.size == BALLAST_SIZE


@pytest.mark.parametrize("method", ["make_directory", "link"])
def test_on_a_full_disk_setting_aside_takes_the_room_of_the_ballast(method: str) -> None:
    files = disk(times=1, **{method: errno.ENOSPC})
    collection(files).set_aside([ONE], intact)
    assert list(aside(files).values()) == [[ASIDE[ONE]]]
    assert files.info("/r/ballast") is None


def test_on_a_full_disk_putting_back_takes_the_room_of_the_ballast() -> None:
    files = disk(times=0, link=errno.ENOSPC)
    work = collection(files)
    work.set_aside([ONE], intact)
    files._times = 1
    work.put_back([ONE])
    assert files.read(f"/r/{ONE}", 9) == b"good"
    assert files.info("/r/ballast") is None


# -- what the dead left


def test_what_a_dead_collector_had_set_aside_is_put_back_and_counted() -> None:
    files = disk()
    collection(files).set_aside([ONE], intact)
    collection(files).set_aside([TWO], intact)
    assert collection(files).restore_leftovers() == 2
    assert aside(files) == {}
    assert files.read(f"/r/{ONE}", 9) == files.read(f"/r/{TWO}", 9) == b"good"


def test_what_is_no_directory_in_quarantine_is_not_touched() -> None:
    files = disk()
    files.write_new("/r/quarantine/a", b"foreign")
    collection(files).set_aside([ONE], intact)
    assert collection(files).restore_leftovers() == 1
    assert files.read("/r/quarantine/a", 9) == b"foreign"


def test_what_the_dead_left_is_removed_and_what_the_living_hold_stays() -> None:
    files = disk()
    held = files.write_held("/r/pins/living", b"")
    for path in ("/r/pins/dead", "/r/tmp/dead", "/r/tmp/dead too"):
        files.write_new(path, b"")
    assert collection(files).drop_abandoned() == 3
    assert files.names("/r/pins") == ["living"]
    assert files.names("/r/tmp") == []
    files.release(held)
    assert collection(files).drop_abandoned() == 1


def test_what_goes_meanwhile_is_not_counted() -> None:
    files = disk(times=1, unlink=errno.ENOENT)
    for path in ("/r/pins/one", "/r/pins/two"):
        files.write_new(path, b"")
    assert collection(files).drop_abandoned() == 1


# -- names


def test_a_name_is_moved_within_its_directory() -> None:
    files = disk()
    work = collection(files)
    assert work.rename("refs/a", "b")
    assert files.names("/r/refs") == ["b"]
    assert not work.rename("refs/a", "c")
    assert work.rename(ONE, "b")
    assert files.names("/r/objects/aa") == ["b"]


def test_on_a_full_disk_a_name_takes_the_room_of_the_ballast() -> None:
    files = disk(times=1, rename=errno.ENOSPC)
    assert collection(files).rename("refs/a", "b")
    assert files.names("/r/refs") == ["b"]
    assert files.info("/r/ballast") is None


def test_names_are_removed_and_those_that_are_not_there_passed_over() -> None:
    files = disk()
    files.write_new("/r/refs/b", b"")
    collection(files).remove(["refs/a", "refs/none", "refs/b"])
    assert files.names("/r/refs") == []


def test_settling_makes_a_directory_durable() -> None:
    files = disk()
    collection(files).settle("refs")
    assert files.calls == ["sync_directory /r/refs/"]


def test_directories_in_which_nothing_is_are_removed_and_no_others() -> None:
    files = disk()
    files.make_directory("/r/objects/00")
    files.write_new("/r/objects/notes", b"")
    before = set(files.names("/r/objects"))
    collection(files).drop_empty("objects")
    assert set(files.names("/r/objects")) == before - {"00"}


def test_a_directory_that_something_is_mounted_on_or_that_is_gone_is_left_alone() -> None:
    for number in (errno.EBUSY, errno.ENOENT):
        files = disk(remove_directory=number)
        files.make_directory("/r/objects/00")
        collection(files).drop_empty("objects")
        assert "00" in files.names("/r/objects")


FAILURES: dict[str, tuple[str, Callable[[Collection], object], str]] = {
    "list quarantine": ("names", lambda work: work.restore_leftovers(), "put back quarantine"),
    "list pins": ("names", lambda work: work.drop_abandoned(), "clean pins"),
    "look at a pin": ("abandoned", lambda work: work.drop_abandoned(), "remove pins/one"),
    "rename": ("rename", lambda work: work.rename("refs/a", "b"), "rename refs/a"),
    "remove": ("unlink", lambda work: work.remove(["refs/a"]), "remove refs/a"),
    "drop what is empty": ("remove_directory", lambda work: work.drop_empty("objects"), "clean objects"),
    "settle": ("sync_directory", lambda work: work.settle("refs"), "sync refs"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_a_collector_cannot_do_is_named(name: str) -> None:
    method, call, text = FAILURES[name]
    files = disk()
    files.write_new("/r/pins/one", b"")
    files.errors = {method: errno.EIO}
    with pytest.raises(StoreError, match=f"^/r: cannot {text}: Input"):
        call(collection(files))


def test_a_collector_that_cannot_finish_says_so() -> None:
    files = disk()
    work = collection(files)
    work.set_aside([ONE], intact)
    files.errors = {"names": errno.EIO}
    with pytest.raises(StoreError, match=r"^/r: cannot remove objects from quarantine: Input"):
        work.discard_aside()
    files.errors = {"remove_directory": errno.EIO}
    with pytest.raises(StoreError, match=r"^/r: cannot remove quarantine/[0-9a-f]{32}: Input"):
        work.finish()
