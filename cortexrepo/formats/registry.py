"""The table of output formats. Adding one is a module with an `encode` and one row here.

Text for people is what a command writes when no format is asked for; every other format is made from the one document
that docs/json.md describes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    from cortexrepo.formats.json.document import Document

    class Encoder(Protocol):
        """What a format's module has."""

        def encode(self, document: Document) -> str:
            """Returns a document as text, without the newline at its end; a field may be a `Many` instead of a list."""
            ...


FORMATS: dict[str, tuple[str, str]] = {
    "json": ("cortexrepo.formats.json.document", "Print one JSON document instead of text."),
}
"""Every format besides text: the module that encodes it, and the line in the help. `--NAME` asks for it."""


def encode(name: str, document: Document) -> str:
    """Returns a document in the format of that name."""
    found: Encoder = import_module(FORMATS[name][0])
    return found.encode(document)
