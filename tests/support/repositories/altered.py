"""Values and files changed at one place, each a little: what a careless writer, or a rotten disk, could leave."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONG = "y" * 70_000
INSTEAD: tuple[object, ...] = (
    None, True, -1, 0, 1, 2, 5, (1 << 32) - 1, 1 << 32, (1 << 44) - 1, 1 << 44, (1 << 64) - 1,
    "", "x", "ok", "partial", "absent", "failed", "asleep", _LONG, b"", b"x" * 16, b"x" * 32, b"x" * 33,
    [], ["x"], [["x", "y"]], [["x", b"y"]], [["x", b"z" * 32]], [["a", _LONG]], [0], [[0, b"x" * 32]],
    [[0, b"x" * 16, b"x" * 32]],
)  # fmt: skip
"""What stands in a value's place: each type, both sides of each limit, and each list that a record has."""


class Altered(NamedTuple):
    """A value with one change, and in words which change that is."""

    change: str
    value: object


def values(value: list[object]) -> Iterator[Altered]:
    """Yields a value with another one at each place, and with each item left out, twice, or before its neighbour."""
    for path in _paths(value):
        old = _at(value, path)
        for new in INSTEAD:
            if type(new) is not type(old) or new != old:
                yield _changed(value, path, f"is {new!r:.20}", [new])
        yield _changed(value, path, "goes", [])
        yield _changed(value, path, "twice", [old, old])
        if path[-1]:
            before = _at(value, (*path[:-1], path[-1] - 1))
            yield Altered(f"{path} comes earlier", _moved(value, path, old, before))


def _paths(value: object, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield (*path, number)
            yield from _paths(item, (*path, number))


def _at(value: object, path: tuple[int, ...]) -> object:
    for number in path:
        value = cast("list[object]", value)[number]
    return value


def _changed(value: list[object], path: tuple[int, ...], change: str, new: list[object]) -> Altered:
    made = copy.deepcopy(value)
    place = cast("list[object]", _at(made, path[:-1]))
    place[path[-1] : path[-1] + 1] = copy.deepcopy(new)
    return Altered(f"{path} {change}", made)


def _moved(value: list[object], path: tuple[int, ...], old: object, before: object) -> object:
    made = copy.deepcopy(value)
    place = cast("list[object]", _at(made, path[:-1]))
    place[path[-1] - 1 : path[-1] + 1] = [old, before]
    return made


def flipped(data: bytes, seed: str, count: int) -> Iterator[tuple[str, bytes]]:
    """Yields a file empty, cut, longer, and with other bits in one byte: of its beginning, its end, or anywhere."""
    yield "empty", b""
    yield "cut", data[:-1]
    yield "longer", data + b"\0"
    chance = random.Random(seed)  # noqa: S311 -- a sample
    for _ in range(count if data else 0):
        ends = range(min(len(data), 14)), range(max(len(data) - 40, 0), len(data)), range(len(data))
        place = chance.choice(chance.choice(ends))
        bits = chance.choice((1, 2, 4, 16, 128, 255))
        yield f"byte {place} ^ {bits}", data[:place] + bytes((data[place] ^ bits,)) + data[place + 1 :]
