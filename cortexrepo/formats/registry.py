"""The table of output formats. Adding one is a module with an `encode` and one row here.

Text for people is what a command writes when no format is asked for; every other format is made from the one document
that docs/json.md describes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from cortexrepo.formats.json.document import Document


class Format(NamedTuple):
    """One format.

    Attributes:
        name: `--NAME` asks for it.
        help: The line in the help of every command.
        home: The module that has `encode`.
    """

    name: str
    help: str
    home: str


class Encoder(Protocol):
    """What a format's module has."""

    def encode(self, document: Document) -> str:
        """Returns a document as text, without the newline at its end."""
        ...


FORMATS = (Format("json", "Print one JSON document instead of text.", "cortexrepo.formats.json.document"),)
"""Every format besides text."""


def encode(name: str, document: Document) -> str:
    """Returns a document in the format of that name."""
    row = next(row for row in FORMATS if row.name == name)
    return cast("Encoder", import_module(row.home)).encode(document)
