"""The name of an environment in a slot: its path as text, a different one for every different path."""

from __future__ import annotations


def named(path: str) -> str:
    r"""Returns the name that stands for a path.

    A backslash is written twice, and a byte that is no UTF-8 as `\xNN`; anything else is as it is. So no two paths have
    one name.

    Args:
        path: The path as `os` gives it: bytes that are no UTF-8 are lone surrogates (PEP 383).
    """
    if "\\" not in path and (path.isascii() or _is_text(path)):
        return path
    return path.replace("\\", "\\\\").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def path_of(name: str) -> str:
    """Returns the path that a name stands for, as `os` takes it; for what `named` never gives, any."""
    if "\\" not in name:
        return name
    found, at = bytearray(), 0
    data = name.encode("utf-8", "surrogateescape")
    while at < len(data):
        if data[at : at + 2] == b"\\x" and _is_byte(data[at + 2 : at + 4]):
            found.append(int(data[at + 2 : at + 4], 16))
            at += 4
        else:
            at += 2 if data[at : at + 2] == b"\\\\" else 1
            found += data[at - 1 : at]
    return found.decode("utf-8", "surrogateescape")


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_byte(digits: bytes) -> bool:
    return len(digits) == 2 and all(digit in b"0123456789abcdef" for digit in digits)  # noqa: PLR2004
