"""Tuples with names are those of `typing`, except that no annotation is compiled."""

from __future__ import annotations

import copy
import typing
from typing import TYPE_CHECKING

import pytest

from cortexrepo import named

if TYPE_CHECKING:
    from collections.abc import Callable


class Quick(named.NamedTuple):
    """A tuple of three."""

    first: int
    second: str = "two"
    third: Callable[[], object] | None = None

    @property
    def both(self) -> str:
        return f"{self.first} {self.second}"

    @classmethod
    def one(cls) -> Quick:
        return cls(1)


class Slow(typing.NamedTuple):
    """A tuple of three."""

    first: int
    second: str = "two"
    third: Callable[[], object] | None = None

    @property
    def both(self) -> str:
        return f"{self.first} {self.second}"

    @classmethod
    def one(cls) -> Slow:
        return cls(1)


def test_a_tuple_with_names_has_what_that_of_typing_has() -> None:
    for name in ("_fields", "_field_defaults", "__module__", "__doc__", "__slots__", "__match_args__"):
        assert getattr(Quick, name) == getattr(Slow, name)
    assert set(dir(Slow)) - set(dir(Quick)) <= {"__orig_bases__", "__annotate__", "__annotate_func__"}
    assert Quick.__qualname__ == "Quick"
    assert list(Quick.__annotations__) == list(Slow.__annotations__)
    assert Quick.__mro__ == (Quick, tuple, object)


def test_a_tuple_with_names_is_made_and_changed_like_that_of_typing() -> None:
    for make in (Quick, Slow):
        found = make(1)
        assert found == make.one()
        assert tuple(found) == (1, "two", None)
        assert (found.both, found._replace(second="x").both) == ("1 two", "1 x")
        assert make._make((1, "b", None)) == make(second="b", first=1)
        assert repr(found) == f"{make.__name__}(first=1, second='two', third=None)"
        assert copy.copy(found) == found
        with pytest.raises(TypeError):
            make()  # type: ignore[call-arg]
        with pytest.raises(AttributeError):
            found.first = 2  # type: ignore[misc]


def test_a_value_without_default_comes_before_those_that_have_one() -> None:
    with pytest.raises(TypeError, match="default"):

        class _Wrong(named.NamedTuple):
            first: int = 1
            second: int  # type: ignore[misc]
