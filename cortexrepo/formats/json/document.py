"""What the JSON documents are made of; each is written field by field, so that a change of a type changes none."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cortexrepo.model.package import flag_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.package import Package
    from cortexrepo.model.snapshot import Cause

_AT_ONCE = 1024


class Many:
    """A list whose values may be too many to be held at once: they are made when they are encoded.

    It may be a field of the document itself, and of nothing in it.
    """

    def __init__(self, values: Callable[[], Iterator[Value]]) -> None:
        """Takes what makes the values."""
        self._values = values

    def __iter__(self) -> Iterator[Value]:
        """Makes the values, one after the other."""
        return self._values()


if TYPE_CHECKING:
    Value = str | int | bool | None | list["Value"] | dict[str, "Value"] | Many
    Document = dict[str, Value]
    Damaged = Iterable[Damage]


def encode(document: Document) -> str:
    """Returns the document on one line, in ASCII, so that it survives every pipe and every locale."""
    from json import JSONEncoder

    text = JSONEncoder(separators=(", ", ": ")).encode
    fields = (
        f"{text(key)}: {f'[{_joined(value, text)}]' if isinstance(value, Many) else text(value)}"
        for key, value in document.items()
    )
    return f"{{{', '.join(fields)}}}"


def _joined(many: Many, text: Callable[[object], str]) -> str:
    values = iter(many)
    return ", ".join(text(some)[1:-1] for some in iter(lambda: list(islice(values, _AT_ONCE)), []))


def document(command: str, fields: Document) -> Document:
    """Returns the document of a command."""
    return {"schema": f"cortex.snapshot.{command}/1", **fields}


def package(row: Package) -> Document:
    """Returns a package as it is in its manifest."""
    return {
        "name": row.name,
        "arch": row.arch,
        "version": row.version,
        "flags": list(flag_names(row.flags)),
        "attributes": dict(row.attributes),
    }


def cause(found: Cause) -> Document:
    """Returns why a snapshot was made."""
    return {"command": found.command, "user": found.user, "reason": found.reason}


def damages(damaged: Damaged) -> list[Value]:
    """Returns the files that could not be read."""
    return [{"key": one.key, "reason": one.reason, "kind": one.kind} for one in damaged]
