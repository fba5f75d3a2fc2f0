"""What a repository forbids a version of cortex that does not know all that the repository needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, cast

from cortexrepo.errors import FormatVersionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.codec.records import Config
    from cortexrepo.store.upkeep import Kept

_COLLECT = frozenset(("collecting",))
_WRITE = _COLLECT | {"confirm", "publish", "put", "put_mark", "put_new", "remove"}
_WRITE_LARGE = frozenset(
    ("confirm", "put", "put_back", "put_back_leftovers", "remove", "replace", "set_aside", "discard")
)


def guarded(store: Kept, config: Config) -> Kept:
    """Returns a store that raises FormatVersionError for everything that the configuration forbids this version."""
    if config.to_write:
        # Nor may it collect: whoever may not write a repository may not remove from it.
        return _guard(store, dict.fromkeys(_WRITE, config.to_write) | {"put_cache": ()})
    return _guard(store, dict.fromkeys(_COLLECT, config.to_collect)) if config.to_collect else store


def _guard(store: Kept, refused: Mapping[str, tuple[str, ...]]) -> Kept:
    return cast("Kept", _Guard(store, store.location, refused))


class _Guard:
    """A store, or its large values, of which some methods are refused; those that need no feature do nothing."""

    def __init__(self, guarded: object, location: str, refused: Mapping[str, tuple[str, ...]]) -> None:
        self._guarded = guarded
        self._location = location
        self._refused = refused

    def __getattr__(self, name: str) -> object:
        features = self._refused.get(name)
        if features is not None:
            return self._refuse if features else _nothing
        found: object = getattr(self._guarded, name)
        return self._large if name == "large" and "put_new" in self._refused else found

    def _large(self) -> object:
        features = self._refused["put_new"]
        large: object = cast("Kept", self._guarded).large()
        return _Guard(large, self._location, dict.fromkeys(_WRITE_LARGE, features))

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        features = ", ".join(f"{one!r:.40}" for one in next(filter(None, self._refused.values()))[:5])
        raise FormatVersionError(
            f"{self._location}: nothing was changed: the repository needs features that this version does not know: "
            f"{features}",
            hint="use a newer version of cortex for this; this version can read the repository",
        )


def _nothing(*_: object, **__: object) -> None:
    """Stands for what may be left out."""
