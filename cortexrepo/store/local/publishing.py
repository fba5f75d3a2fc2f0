"""Publishing: several values that become visible with one, at one instant, while others write and collect.

The order of the steps is the guarantee (docs/protocol.md); no step may be moved without checking the
models again.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.errors import StoreError
from cortexrepo.store.keys import PINS
from cortexrepo.store.local.placing import ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cortexrepo.store.base import Intact
    from cortexrepo.store.keys import Ahead, Naming
    from cortexrepo.store.local.placing import Placing

_LIMIT = 1 << 21
"""A part that is there is read if its file has so many bytes, or four times as many as the new one."""


class Publishing:
    """The publishing of one value and its parts in a store's directory."""

    def __init__(
        self, placing: Placing, path: str, data: bytes, confirm: Callable[[], None], ahead: Ahead | None = None
    ) -> None:
        """Takes where files are made, and what to publish.

        Args:
            placing: Where files are made.
            path: The path of the value.
            data: The value.
            confirm: What makes its name durable.
            ahead: The parts that must be there before the value is pinned.
        """
        self._placing = placing
        self._files = placing.files
        self._path = path
        self._data = data
        self._confirm = confirm
        self._ahead = ahead

    def run(self, parts: Mapping[str, bytes], intact: Intact, naming: Naming) -> bool:
        """Does what `Store.publish` promises; raises OSError, and what `confirm` raises."""
        for _ in range(ATTEMPTS):
            with contextlib.suppress(_PinLostError):
                return self._once(parts, intact, naming)
        raise StoreError(
            f"{self._placing.location}: `cortex snapshot gc` removed new files of this command {ATTEMPTS} times",
            hint="run the command again when `gc` has ended; if it fails again, check the locks of the file system",
        )

    def _once(self, parts: Mapping[str, bytes], intact: Intact, naming: Naming) -> bool:
        with (
            self._guarded(intact) as guard,
            self._pinned() as pin,
            self._kept(guard),
            self._named(pin, naming.name) as is_ours,
        ):
            if not is_ours or naming.is_used():
                return False
            self._put_parts(parts, intact)
            try:
                self._placing.claim(pin, self._path)
            except FileExistsError:
                return False
            except FileNotFoundError:
                # The fence: a collector judged this writer dead, and may have removed parts. Start again.
                raise _PinLostError from None
            self._confirm()
        return True

    @contextlib.contextmanager
    def _guarded(self, intact: Intact) -> Iterator[str | None]:
        """Puts the parts that say what else the ref needs, and holds a pin of their own; yields it, or None.

        A collector that sees the pin of the ref must be able to read them: else it would not know what to spare.
        """
        if self._ahead is None:
            yield None
            return
        with self._pinned(self._ahead.data) as guard:
            self._put_parts(self._ahead.parts, intact)
            yield guard

    @contextlib.contextmanager
    def _kept(self, guard: str | None) -> Iterator[None]:
        """Starts again where a collector removed the pin that guards, and perhaps the parts, before the ref had one."""
        if guard is not None and self._files.info(guard) is None:
            raise _PinLostError
        yield

    @contextlib.contextmanager
    def _pinned(self, data: bytes | None = None) -> Iterator[str]:
        """Holds a complete copy of the ref under `pins/`: from here on a collector spares everything it names."""
        temporary = self._placing.temporary()
        pin = self._pin(temporary.rpartition("/")[2])
        with self._placing.held(temporary, self._placing.write(temporary, self._data if data is None else data)):
            self._announce(temporary, pin)
            try:
                yield pin
            finally:
                self._placing.discard(pin)

    def _announce(self, temporary: str, pin: str) -> None:
        try:
            self._files.rename(temporary, pin)
        except FileNotFoundError:
            # A collector removes the directory where it is empty.
            self._placing.furnish(PINS)
            try:
                self._files.rename(temporary, pin)
            except FileNotFoundError:
                # It has taken the file, or the directory once more.
                raise _PinLostError from None

    @contextlib.contextmanager
    def _named(self, pin: str, name: str) -> Iterator[bool]:
        """Holds a name that no other writer has meanwhile; yields False where another one has it.

        It is a second name of the pin, locked before it is there, so that no collector takes it for a dead writer's. It
        protects and fences nothing: should it be lost all the same, and another writer have it, that one's pin stands.
        """
        with contextlib.ExitStack() as held:
            source, target = pin, self._pin(name)
            if self._placing.renames:
                source = self._placing.temporary()
                held.enter_context(self._placing.held(source, self._placing.write(source, self._data)))
            try:
                self._placing.claim(source, target)
            except FileExistsError:
                yield False
                return
            except FileNotFoundError:
                raise _PinLostError from None
            held.callback(self._placing.discard, target)
            yield True

    def _put_parts(self, parts: Mapping[str, bytes], intact: Intact) -> None:
        directories = set()
        for key, data in parts.items():
            path = f"{self._placing.location}/{key}"
            directory = path.rpartition("/")[0]
            directories.add(directory)
            if not self._holds(key, path, len(data), intact):
                self._placing.replace(directory, path, data)
        # Skipped parts too: the writer that put them may not have come to this line yet.
        for directory in sorted(directories):
            # One that is gone was empty when a collector removed it: what had been there is in a pack, durably.
            with contextlib.suppress(FileNotFoundError):
                self._files.sync_directory(directory)
        for parent in sorted({directory.rpartition("/")[0] for directory in directories}):
            self._files.sync_directory(parent)
        # The maker of this repository may not have come to its last step either.
        self._files.sync_directory(self._placing.location)

    def _holds(self, key: str, path: str, size: int, intact: Intact) -> bool:
        try:
            stored = self._files.read(path, max(4 * size, _LIMIT))
        except OSError:
            return False
        return intact(key, stored)

    def _pin(self, name: str) -> str:
        return f"{self._placing.location}/{PINS}/{name}"


class _PinLostError(Exception):
    """A collector removed this writer's pin."""
