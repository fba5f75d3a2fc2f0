"""What is refused in a repository: to a version of cortex that does not know all it needs, and to root in a user's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NoReturn, cast

from cortexrepo.errors import FormatVersionError, OwnerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cortexrepo.codec.records import Config
    from cortexrepo.errors import CortexError
    from cortexrepo.store.upkeep import Kept

    Refused = Mapping[str, Callable[[], CortexError] | None]
    """The methods that are refused, each with its error; without one, the method does nothing."""

_COLLECT = frozenset(("collecting",))
_WRITE = _COLLECT | {"confirm", "publish", "put", "put_mark", "put_new", "remove"}
_WRITE_LARGE = frozenset(
    ("confirm", "put", "put_back", "put_back_leftovers", "remove", "replace", "set_aside", "discard")
)


def guarded(store: Kept, config: Config) -> Kept:
    """Returns a store that raises FormatVersionError for everything that the configuration forbids this version."""

    def needs(features: tuple[str, ...]) -> Callable[[], CortexError]:
        named = ", ".join(f"{one!r:.40}" for one in features[:5])
        return lambda: FormatVersionError(
            f"{store.location}: nothing was changed: the repository needs features that this version does not know: "
            f"{named}",
            hint="use a newer version of cortex for this; this version can read the repository",
        )

    if config.to_write:
        # Nor may it collect: whoever may not write a repository may not remove from it.
        return _unwritten(store, needs(config.to_write))
    return _guard(store, dict.fromkeys(_COLLECT, needs(config.to_collect))) if config.to_collect else store


def borrowed(store: Kept, name: str) -> Kept:
    """Returns the store of another user's repository, which root may read: all that would change it is an OwnerError.

    Args:
        store: The store.
        name: Whose it is.
    """
    return _unwritten(store, lambda: not_ours(store.location, name))


def not_ours(location: str, name: str) -> OwnerError:
    """Returns the error that says that root changes nothing in a user's repository."""
    return OwnerError(
        f"the repository {location} belongs to the user {name}: root reads it, and changes nothing in it",
        hint=f"run the command as this user: `sudo -u {name} cortex snapshot COMMAND --repo {location}`",
        user=name,
    )


def _unwritten(store: Kept, error: Callable[[], CortexError]) -> Kept:
    return _guard(store, dict.fromkeys(_WRITE, error) | {"put_cache": None})


def _guard(store: Kept, refused: Refused) -> Kept:
    return cast("Kept", _Guard(store, refused))


class _Guard:
    """A store, or its large values, of which some methods are refused; those that have no error do nothing."""

    def __init__(self, guarded: object, refused: Refused) -> None:
        self._guarded = guarded
        self._refused = refused

    def __getattr__(self, name: str) -> object:
        if name in self._refused:
            error = self._refused[name]
            return _nothing if error is None else partial(_refuse, error)
        found: object = getattr(self._guarded, name)
        return self._large if name == "large" and "put_new" in self._refused else found

    def _large(self) -> object:
        large: object = cast("Kept", self._guarded).large()
        return _Guard(large, dict.fromkeys(_WRITE_LARGE, self._refused["put_new"]))


def _refuse(error: Callable[[], CortexError], *_: object, **__: object) -> NoReturn:
    raise error()


def _nothing(*_: object, **__: object) -> None:
    """Stands for what may be left out."""
