"""Text that is read from a machine."""

from __future__ import annotations


def clean(text: str) -> str:
    """Returns `text` with what cannot be stored or shown, lone surrogates and control characters, as U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    sound = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in sound)
