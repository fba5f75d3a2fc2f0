"""Tuples with names, as `typing.NamedTuple` makes them, in less than half the time.

`typing` compiles every annotation while a program starts, for somebody who asks for it. Nobody does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414 -- for a type checker the same
else:
    from collections import namedtuple

    _OF_A_CLASS = frozenset(("__annotations__", "__module__", "__qualname__"))

    class _Made(type):
        """Makes a tuple with names of each class that is derived."""

        def __new__(cls, name: str, _bases: tuple[type, ...], space: dict[str, object]) -> type:
            fields = space.get("__annotations__", {})
            given = [field for field in fields if field in space]
            if given != list(fields)[len(fields) - len(given) :]:
                raise TypeError(f"{name}: a value without a default comes after one that has a default")
            made = namedtuple(name, fields, defaults=map(space.get, given), module=space["__module__"])  # noqa: PYI024
            made.__annotations__, made.__qualname__ = fields, space["__qualname__"]
            for key, value in space.items():
                if key not in fields and key not in _OF_A_CLASS:
                    setattr(made, key, value)
            return made

    NamedTuple = type.__new__(_Made, "NamedTuple", (), {"__doc__": "A tuple whose values have names."})
