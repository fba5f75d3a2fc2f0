r"""Text of unknown origin made safe for one line of a terminal.

Messages, package names, paths and error texts may hold anything. Control characters could move the cursor or recolour
the screen, bidirectional marks could make one name look like another: they are shown as `\n`, `\x1b`, `\u202e`. Bytes
that were not UTF-8 are shown as the byte, `\xff`.
"""

from __future__ import annotations

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset("\u00ad\u200b\u2028\u2029\u2060\ufeff\ufff9\ufffa\ufffb")
_SURROGATES = ("\ud800", "\udfff")
_BYTES = ("\udc80", "\udcff")
_CONTROLS = (("\x00", "\x1f"), ("\x7f", "\x9f"))
_TAGS = ("\U000e0000", "\U000e007f")


def escape(text: str) -> str:
    """Returns `text` as one line without anything that a terminal would act on; harmless text is unchanged."""
    if text.isprintable():
        return text
    return "".join([_shown(character) for character in text])


def to_ascii(text: str) -> str:
    r"""Returns `text` with every character outside ASCII as `\xe9`, `\u2192` or `\U0001f600`; newlines are kept."""
    return text if text.isascii() else text.encode("ascii", "backslashreplace").decode("ascii")


def storable(text: str) -> str:
    r"""Returns `text` with bytes that were not UTF-8, and other lone surrogates, written out: `\xff`, `\ud800`."""
    if text.isascii():
        return text
    return "".join([_shown(character) if _within(character, _SURROGATES) else character for character in text])


def _shown(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if _within(character, _BYTES):
        return f"\\x{ord(character) - 0xDC00:02x}"
    if any(_within(character, control) for control in _CONTROLS):
        return _written(ord(character))
    if character in _BIDI or character in _INVISIBLE or _within(character, _SURROGATES) or _within(character, _TAGS):
        return _written(ord(character))
    return character


def _within(character: str, ends: tuple[str, str]) -> bool:
    return ends[0] <= character <= ends[1]


def _written(number: int) -> str:
    return f"\\U{number:08x}" if number >> 16 else f"\\u{number:04x}" if number >> 8 else f"\\x{number:02x}"
