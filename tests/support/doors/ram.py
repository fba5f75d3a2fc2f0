"""A store of a stranger, in the memory of this process: it has the methods of the protocols and no others."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, LockTimeoutError, RequestError
from cortexrepo.store.keys import large_key, name_is_one, name_is_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cortexrepo.store.base import Intact
    from cortexrepo.store.keys import Ahead, Naming, Shape


_TELLING = {"refs", "segments", "tags", "deleted"}


class _Place:
    """What one location holds; it outlives the stores that are opened over it."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.aside: dict[str, bytes] = {}
        self.large: dict[str, bytes] = {}
        self.large_aside: dict[str, bytes] = {}
        self.lock = threading.RLock()
        self.is_collected = False


_PLACES: dict[str, _Place] = {}


def site(location: str, shape: Shape, user: int) -> RamSite:
    """See `cortexrepo.store.registry.Opener`."""
    return RamSite(location, shape, user)


class RamSite:
    """See `Site`."""

    def __init__(self, location: str, shape: Shape, user: int) -> None:
        self.location = location
        self._shape = shape

    def look(self) -> bool:
        return self.location in _PLACES

    def configuration(self, limit: int) -> bytes | None:
        return _PLACES[self.location].values.get(self._shape.config)

    def check_unused(self) -> None:
        if _PLACES[self.location].values:
            raise CorruptError("config is missing, and the place is not empty")

    def check(self) -> None:
        """Nothing reaches beyond the memory."""

    def prepare(self) -> None:
        _PLACES.setdefault(self.location, _Place())

    def furnish(self) -> None:
        """A dictionary needs no directories."""

    def publish(self, encode: Callable[[str], bytes]) -> None:
        _PLACES[self.location].values.setdefault(self._shape.config, encode("link"))

    def store(self, way: str) -> RamStore:
        return RamStore(self.location)


class RamStore:
    """See `Kept`."""

    def __init__(self, location: str) -> None:
        self.location = location
        self._place = _PLACES.setdefault(location, _Place())

    def get(self, key: str, limit: int) -> bytes | None:
        found = self._place.values.get(_readable(key), self._place.aside.get(key))
        if found is not None and len(found) > limit:
            raise CorruptError(f"{key}: larger than it may be")
        return found

    def names(self, prefix: str) -> list[str]:
        start = f"{_checked(prefix)}/"
        below = {key.removeprefix(start).partition("/")[0] for key in self._place.values if key.startswith(start)}
        return list(below) if prefix in _TELLING else [name for name in below if name_is_safe(name)]

    def size(self, key: str) -> int:
        return len(self._place.values.get(key, b""))

    def put_new(self, key: str, data: bytes) -> bool:
        with self._place.lock:
            is_free = _checked(key) not in self._place.values
            self._place.values.setdefault(key, data)
        return is_free

    def put_mark(self, key: str, data: bytes) -> bool:
        return self.put_new(key, data)

    def publish(
        self,
        key: str,
        data: bytes,
        parts: Mapping[str, bytes],
        intact: Intact,
        naming: Naming,
        ahead: Ahead | None = None,
    ) -> bool:
        # Under the lock nobody else is at work, so that no name need be announced.
        with self._place.lock:
            _checked(key)
            if naming.is_used():
                return False
            for part, content in (*parts.items(), *(ahead.parts.items() if ahead else ())):
                if part not in self._place.values or not intact(part, self._place.values[part]):
                    self._place.values[part] = content
            return self.put_new(key, data)

    def confirm(self, key: str) -> None:
        """Nothing survives the process anyway."""

    def put(self, key: str, data: bytes) -> None:
        self._place.values[_checked(key)] = data

    def put_cache(self, key: str, data: bytes) -> None:
        self.put(key, data)

    def remove(self, key: str) -> bool:
        return self._place.values.pop(_checked(key), None) is not None

    @contextlib.contextmanager
    def shared(self) -> Iterator[bool]:
        with self._place.lock:
            yield True

    @contextlib.contextmanager
    def collecting(self) -> Iterator[RamCollecting]:
        if self._place.is_collected:
            raise LockTimeoutError(f"{self.location}: another collector is at work", hint="wait for it")
        self._place.is_collected = True
        try:
            yield RamCollecting(self._place)
        finally:
            self._place.is_collected = False

    def inspection(self) -> RamInspecting:
        return RamInspecting(self._place)

    def large(self) -> RamLarge:
        return RamLarge(self._place)


class RamCollecting:
    """See `Collecting`."""

    def __init__(self, place: _Place) -> None:
        self._place = place

    @contextlib.contextmanager
    def renaming(self) -> Iterator[None]:
        with self._place.lock:
            yield

    def restore_leftovers(self) -> int:
        count = len(self._place.aside)
        self.put_back(list(self._place.aside))
        return count

    def drop_abandoned(self) -> int:
        return 0

    def rename(self, key: str, name: str) -> bool:
        with self._place.lock:
            data = self._place.values.pop(key, None)
            if data is not None:
                self._place.values[f"{key.rpartition('/')[0]}/{name}"] = data
        return data is not None

    def remove(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._place.values.pop(key, None)

    def replace(self, key: str, data: bytes) -> None:
        self._place.values[_checked(key)] = data

    def make(self, directory: str) -> None:
        """A dictionary needs no directories."""

    def settle(self, prefix: str) -> None:
        """Nothing survives the process anyway."""

    def drop_empty(self, prefix: str) -> None:
        """Nor do they take anything."""

    def renew(self) -> None:
        """Nor does what they were in."""

    def set_aside(self, keys: Iterable[str], intact: Intact) -> None:
        with self._place.lock:
            for key in keys:
                if key in self._place.values:
                    self._place.aside[key] = self._place.values[key]
                    del self._place.values[key]

    def put_back(self, keys: Iterable[str]) -> None:
        with self._place.lock:
            for key in keys:
                if key in self._place.aside:
                    self._place.values.setdefault(key, self._place.aside[key])
                    del self._place.aside[key]

    def discard_aside(self) -> int:
        count = len(self._place.aside)
        self._place.aside.clear()
        return count

    def finish(self) -> None:
        """It took nothing for itself."""


class RamInspecting:
    """See `Inspecting`."""

    def __init__(self, place: _Place) -> None:
        self._place = place

    def oddities(self, shape: Shape) -> Iterator[tuple[str, str, str]]:
        ours = {*shape.prefixes, *shape.later, shape.config}
        for key in sorted(self._place.values):
            if key.partition("/")[0] not in ours:
                yield "stray", key, "the name is not the name of a file of a repository"

    def absent(self, shape: Shape) -> list[str]:
        return []

    def leftovers(self) -> int:
        return len(self._place.aside)

    def keep_aside(self, key: str, prefix: str) -> None:
        name = key.rpartition("/")[2]
        data = self._place.large.get(name) if key == large_key(name) else self._place.values.get(key)
        self._place.values[f"{prefix}/{key.replace('/', '.')}.{os.urandom(4).hex()}"] = data or b""


class RamLarge:
    """See `Large`."""

    def __init__(self, place: _Place) -> None:
        self._place = place

    def is_empty(self) -> bool:
        return not self._place.large

    def fans(self) -> list[str]:
        return sorted({name[:2] for name in self._place.large})

    def names(self, fan: str) -> list[str]:
        return [name for name in self._place.large if name.startswith(fan)]

    def aside(self) -> list[str]:
        return list(self._place.large_aside)

    def size(self, name: str) -> int | None:
        found = self._place.large.get(name, self._place.large_aside.get(name))
        return None if found is None else len(found)

    def part(self, name: str, offset: int, size: int) -> bytes | None:
        found = self._place.large.get(name, self._place.large_aside.get(name))
        return None if found is None else found[offset : offset + size]

    def export(self, pieces: Iterable[bytes], path: str) -> None:
        content = b"".join(pieces)
        try:
            with open(path, "xb") as file:
                file.write(content)
        except OSError as error:
            raise RequestError(f"cannot write {path}: {error.strerror}") from error

    def put(self, pieces: Callable[[], Iterable[bytes]], name: Callable[[], str]) -> bool:
        content = b"".join(pieces())
        with self._place.lock:
            is_free = name() not in self._place.large
            self._place.large.setdefault(name(), content)
        return is_free

    def confirm(self, names: Iterable[str]) -> None:
        """Nothing survives the process anyway."""

    def replace(self, name: str, pieces: Callable[[], Iterable[bytes]]) -> None:
        self._place.large[name] = b"".join(pieces())

    def remove(self, name: str) -> bool:
        return self._place.large.pop(name, None) is not None

    def put_back_leftovers(self) -> int:
        names = self.aside()
        self.put_back(names)
        return len(names)

    def set_aside(self, names: Iterable[str]) -> list[str]:
        with self._place.lock:
            there = [name for name in names if name in self._place.large]
            self._place.large_aside |= {name: self._place.large.pop(name) for name in there}
        return there

    def put_back(self, names: Iterable[str]) -> None:
        with self._place.lock:
            for name in names:
                if name in self._place.large_aside:
                    self._place.large.setdefault(name, self._place.large_aside.pop(name))

    def discard(self, names: Iterable[str]) -> None:
        for name in names:
            self._place.large_aside.pop(name, None)


def _readable(key: str) -> str:
    prefix, _, name = key.partition("/")
    return key if prefix in _TELLING and name_is_one(name) else _checked(key)


def _checked(key: str) -> str:
    if not all(map(name_is_safe, key.split("/"))):
        raise ValueError(f"not a key: {key!r}")
    return key
