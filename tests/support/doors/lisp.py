"""An output format of a stranger: lists in parentheses."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING

from cortexrepo.formats.json.document import Many

if TYPE_CHECKING:
    from cortexrepo.formats.json.document import Document, Value


def encode(document: Document) -> str:
    """See `Encoder.encode`."""
    return _text(document)


def _text(value: Value) -> str:
    if isinstance(value, dict):
        return f"({' '.join(f'({dumps(key)} {_text(one)})' for key, one in value.items())})"
    return f"({' '.join(map(_text, value))})" if isinstance(value, list | Many) else dumps(value)
