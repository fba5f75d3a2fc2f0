"""What every store must do: a directory on the disk or on a simulated one, and a store that has only the protocols."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from support.doors import ram

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.errors import CorruptError, LockTimeoutError
from cortexrepo.store.keys import Naming
from cortexrepo.store.local.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.store.upkeep import Kept

STRANGE_KEYS = ("refs/.hidden", "refs/-x", "refs/a b", "refs/" + "x" * 129)
"""Such a file may be a ref that was renamed: it can be read, and nothing is stored there."""
BAD_KEYS = [
    "",
    "..",
    "a/../b",
    "/a",
    "a//b",
    "refs/.hidden",
    "refs/-x",
    "refs/a b",
    "refs/\0",
    "refs/" + "x" * 129,
    "é",
]


def _intact(_key: str, data: bytes) -> bool:
    return data.startswith(b"good")


def local(files: FileSystem, location: str, *, rename: bool) -> Kept:
    path = ""
    for part in location.strip("/").split("/"):
        path += f"/{part}"
        if files.info(path) is None:
            files.make_directory(path)
    for name in ("deleted", "objects", "pins", "quarantine", "refs", "tags", "tmp"):
        files.make_directory(f"{path}/{name}")
    return LocalStore(path, files, rename=rename)


STORES: dict[str, Callable[[str], Kept]] = {
    "disk, links": lambda place: local(RealFileSystem(), place, rename=False),
    "disk, renames": lambda place: local(RealFileSystem(), place, rename=True),
    "simulated disk, links": lambda place: local(MemoryFileSystem(), place, rename=False),
    "simulated disk, renames": lambda place: local(MemoryFileSystem(), place, rename=True),
    "memory": lambda place: ram.RamStore(f"ram:{place}"),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    return STORES[request.param](f"{tmp_path}/store")


def test_a_value_is_read_back(store: Kept) -> None:
    assert store.put_new("tags/one", b"value")
    assert store.get("tags/one", 5) == b"value"
    assert store.names("tags") == ["one"]


def test_a_key_is_taken_once(store: Kept) -> None:
    assert store.put_new("tags/one", b"first")
    assert not store.put_new("tags/one", b"second")
    assert store.get("tags/one", 99) == b"first"


@pytest.mark.parametrize("method", ["put", "put_cache"])
def test_a_value_is_replaced_and_nothing_else_is_left(store: Kept, method: str) -> None:
    for data in (b"one", b"two"):
        getattr(store, method)("tags/one", data)
        assert store.get("tags/one", 5) == data
    assert store.names("tags") == ["one"]
    assert store.names("tmp") == []


def test_what_is_not_there_is_none(store: Kept) -> None:
    assert store.get("tags/one", 99) is None
    assert store.get("nowhere/one", 99) is None
    assert store.names("nowhere") == []
    assert not store.remove("tags/one")


def test_a_removed_key_is_free_again(store: Kept) -> None:
    store.put_new("tags/one", b"first")
    assert store.remove("tags/one")
    assert not store.remove("tags/one")
    assert store.put_new("tags/one", b"second")
    assert store.get("tags/one", 99) == b"second"


def test_a_value_beyond_the_limit_is_corrupt_and_named(store: Kept) -> None:
    store.put_new("tags/one", b"value")
    with pytest.raises(CorruptError, match="tags/one"):
        store.get("tags/one", 4)


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_key_that_could_leave_the_store_is_refused(store: Kept, key: str) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: store.names(key),
        lambda: store.put_new(key, b""),
        lambda: store.remove(key),
        lambda: store.publish(key, b"", {}, _intact, _named()),
    )
    for call in calls:
        with pytest.raises(ValueError, match="not a key"):
            call()
    if key in STRANGE_KEYS:
        assert store.get(key, 1) is None
    else:
        with pytest.raises(ValueError, match="not a key"):
            store.get(key, 1)


def test_publishing_stores_the_parts_and_the_key(store: Kept) -> None:
    parts = {"objects/aa/one": b"good 1", "objects/bb/two": b"good 2"}
    assert store.publish("refs/r", b"ref", parts, _intact, _named())
    assert store.get("refs/r", 99) == b"ref"
    assert {key: store.get(key, 99) for key in parts} == parts


def test_publishing_leaves_no_pin_and_no_temporary_file(store: Kept) -> None:
    store.publish("refs/r", b"ref", {"objects/aa/one": b"good"}, _intact, _named())
    store.put_new("tags/one", b"value")
    store.put_new("tags/one", b"value")
    assert not store.publish("refs/r", b"other", {"objects/aa/one": b"good"}, _intact, _named())
    assert store.names("pins") == store.names("tmp") == []


def test_publishing_under_a_taken_key_changes_nothing(store: Kept) -> None:
    store.publish("refs/r", b"first", {}, _intact, _named())
    assert not store.publish("refs/r", b"second", {}, _intact, _named())
    assert store.get("refs/r", 99) == b"first"


def test_an_intact_part_is_kept_and_a_damaged_one_replaced(store: Kept) -> None:
    store.publish(
        "refs/r", b"ref", {"objects/aa/kept": b"good, first", "objects/aa/bad": b"damaged"}, _intact, _named()
    )
    store.publish(
        "refs/s", b"ref", {"objects/aa/kept": b"good, second", "objects/aa/bad": b"good again"}, _intact, _named()
    )
    assert store.get("objects/aa/kept", 99) == b"good, first"
    assert store.get("objects/aa/bad", 99) == b"good again"


def test_sharers_do_not_exclude_one_another(store: Kept) -> None:
    with store.shared() as one, store.shared() as two:
        assert (one, two) == (True, True)


def test_a_mark_is_a_key_that_is_taken_once(store: Kept) -> None:
    assert store.put_mark("deleted/one", b"mark")
    assert not store.put_mark("deleted/one", b"other")
    assert (store.get("deleted/one", 9), store.size("deleted/one"), store.size("deleted/two")) == (b"mark", 4, 0)


# -- upkeep


def test_a_collector_excludes_other_collectors_and_no_writers(store: Kept) -> None:
    with store.collecting():
        assert store.publish("refs/r", b"ref", {"objects/aa/one": b"good"}, _intact, _named())
        with pytest.raises(LockTimeoutError), store.collecting():
            pytest.fail("two collectors at once")
    with store.collecting():
        pass


def _named(name: str = "machine-1", *, is_used: bool = False) -> Naming:
    return Naming(name, lambda: is_used)


def test_a_value_whose_name_is_used_already_is_not_published(store: Kept) -> None:
    assert not store.publish("refs/r", b"ref", {"objects/aa/one": b"good"}, _intact, _named(is_used=True))
    assert store.get("refs/r", 99) is None
    assert store.names("pins") == []


def test_while_one_writer_has_a_name_no_other_publishes_under_it(store: Kept) -> None:
    outcomes = []

    def other() -> bool:
        # The first one is at work, and asks whether its name is used.
        worker = threading.Thread(
            target=lambda: outcomes.append(store.publish("refs/other", b"other", {}, _intact, _named()))
        )
        worker.start()
        worker.join(timeout=0.2)
        waiting.append(worker)
        return store.get("refs/other", 99) is not None

    waiting: list[threading.Thread] = []
    assert store.publish("refs/first", b"first", {}, _intact, Naming("machine-1", other))
    waiting[0].join()
    # It was refused at once, or had to wait until the first one had published; never was it there before that.
    assert outcomes == [store.get("refs/other", 99) is not None]
    assert store.publish("refs/later", b"later", {}, _intact, _named())


def _object(number: int) -> str:
    return f"objects/{number:02x}/{'0' * 62}"


def test_an_object_that_was_set_aside_is_read_until_it_is_discarded(store: Kept) -> None:
    store.publish("refs/r", b"ref", {_object(1): b"good 1", _object(2): b"good 2"}, _intact, _named())
    with store.collecting() as work:
        work.set_aside([_object(1), _object(2), _object(3)], _intact)
        assert [store.get(_object(number), 9) for number in (1, 2, 3)] == [b"good 1", b"good 2", None]
        work.put_back([_object(1)])
        assert work.discard_aside() == 1
        work.finish()
    assert [store.get(_object(number), 9) for number in (1, 2)] == [b"good 1", None]
    assert store.inspection().leftovers() == 0


def test_what_a_dead_collector_set_aside_is_put_back(store: Kept) -> None:
    store.publish("refs/r", b"ref", {_object(1): b"good 1"}, _intact, _named())
    with store.collecting() as work:
        work.set_aside([_object(1)], _intact)
    assert store.inspection().leftovers() == 1
    with store.collecting() as work:
        assert work.restore_leftovers() == 1
        assert work.discard_aside() == 0
    assert store.get(_object(1), 9) == b"good 1"
    assert store.inspection().leftovers() == 0


def test_a_collector_moves_and_removes_names(store: Kept) -> None:
    store.put_new("deleted/one", b"mark")
    with store.collecting() as work, work.renaming():
        assert work.rename("deleted/one", "one.claimed")
        assert not work.rename("deleted/one", "one.claimed")
        assert store.names("deleted") == ["one.claimed"]
        work.remove(["deleted/one.claimed", "deleted/two"])
        work.settle("deleted")
        work.settle("nowhere")
    assert store.names("deleted") == []


def test_a_collector_drops_what_is_empty_and_keys_are_put_there_as_before(store: Kept) -> None:
    store.put(_object(1), b"good 1")
    store.put(_object(2), b"good 2")
    with store.collecting() as work:
        work.remove([_object(2)])
        work.drop_empty("objects")
        work.drop_empty("objects")
    assert store.get(_object(1), 9) == b"good 1"
    store.put(_object(2), b"good 2")
    assert store.get(_object(2), 9) == b"good 2"


def test_a_value_of_any_size_is_kept_in_pieces(store: Kept) -> None:
    large = store.large()
    assert large.is_empty()
    assert large.put(lambda: [b"ab", b"cd"], lambda: "aa11")
    assert not large.put(lambda: [b"other"], lambda: "aa11")
    assert large.put(lambda: [b""], lambda: "bb22")
    assert (large.is_empty(), large.fans(), large.names("aa"), large.aside()) == (False, ["aa", "bb"], ["aa11"], [])
    assert [large.size(name) for name in ("aa11", "bb22", "cc33")] == [4, 0, None]
    assert [large.part("aa11", *part) for part in ((0, 9), (1, 2), (4, 1))] == [b"abcd", b"bc", b""]
    assert large.part("cc33", 0, 1) is None
    large.replace("aa11", lambda: [b"new"])
    assert large.part("aa11", 0, 9) == b"new"
    assert (large.remove("aa11"), large.remove("aa11"), large.names("aa")) == (True, False, [])


def test_a_large_value_that_was_set_aside_is_read_until_it_is_discarded(store: Kept) -> None:
    large = store.large()
    for name in ("aa11", "aa22", "aa33"):
        large.put(lambda: [b"content"], lambda name=name: name)  # type: ignore[misc]
    assert sorted(large.set_aside(["aa11", "aa22", "cc44"])) == ["aa11", "aa22"]
    assert (large.names("aa"), sorted(large.aside())) == (["aa33"], ["aa11", "aa22"])
    assert large.part("aa11", 0, 9) == b"content"
    large.put_back(["aa11"])
    large.discard(["aa22"])
    assert (sorted(large.names("aa")), large.aside(), large.size("aa22")) == (["aa11", "aa33"], [], None)
    large.set_aside(["aa33"])
    assert store.large().put_back_leftovers() == 1
    assert sorted(large.names("aa")) == ["aa11", "aa33"]


def test_content_that_cannot_be_read_leaves_nothing(store: Kept) -> None:
    def broken() -> Iterator[bytes]:
        yield b"begun"
        raise CorruptError("the source broke off")

    with pytest.raises(CorruptError, match="broke off"):
        store.large().put(broken, lambda: "aa11")
    assert store.large().size("aa11") is None


def test_a_value_is_kept_aside_before_it_is_mended(store: Kept) -> None:
    store.put_new("tags/one", b"bad")
    store.inspection().keep_aside("tags/one", "damaged")
    (name,) = store.names("damaged")
    assert name.startswith("tags.one.")
    assert store.get(f"damaged/{name}", 9) == b"bad"
