"""The fields of METADATA, found as the library finds them that pip reads it with."""

from __future__ import annotations

import re
from email.parser import BytesHeaderParser

from hypothesis import example, given
from hypothesis import strategies as st

from cortexrepo.ecosystems.pip.metadata import HEAD, describe, fields, stated
from cortexrepo.machine.text import clean

KEYS = st.sampled_from([b"Name", b"name", b"NAME", b"Version", b"vErsion", b"Metadata-Version", b"Name ", b"", b"From ",
                        b"Tag", b"N\xc3\xa4me"])  # fmt: skip
VALUES = st.sampled_from([b"one", b" two ", b"", b"3.1", b"\tx: y", b"caf\xc3\xa9", b"\xff", b"a\0b"])
LINES = st.one_of(
    st.tuples(KEYS, VALUES).map(b":".join),
    VALUES.map(lambda value: b" " + value),
    st.sampled_from([b"", b"  ", b"\t", b"no field", b"From somebody"]),
)
ENDS = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r", b""])
USUAL = st.sampled_from([b"", b"", b"Metadata-Version: 2.1\nName: usual\nVersion: 1.0", b"Name: usual\n"])
FILES = st.builds(
    lambda start, lines: start + b"".join(map(b"".join, lines)), USUAL, st.lists(st.tuples(LINES, ENDS), max_size=9)
)


class Machine:
    """A machine with one file."""

    def __init__(self, content: bytes) -> None:
        """Takes what the file holds."""
        self.content = content

    def head(self, path: str, size: int) -> bytes | None:
        """Returns the start of the file."""
        del path
        return self.content[:size]

    def read(self, path: str) -> bytes | None:
        """Returns the file."""
        del path
        return self.content


def by_the_library(content: bytes) -> list[tuple[bytes, bytes]]:
    """Returns what `email.parser` finds, the lines of a value put together."""
    pairs = []
    for key, value in BytesHeaderParser().parsebytes(content).raw_items():
        lines = re.split(rb"[\r\n]", str(value).encode("ascii", "surrogateescape"))
        pairs.append((key.lower().encode(), b" ".join(line.strip() for line in lines if line.strip())))
    return pairs


def first(pairs: list[tuple[bytes, bytes]], wanted: bytes) -> str:
    """Returns the first value of a field, or an empty string."""
    return next((value.decode("utf-8", "replace") for key, value in pairs if key == wanted), "")


@given(FILES)
@example(b"Name: folded\n once\n  twice\nVersion:\n 1.0\n\n")
@example(b"name: odd\nName: case\nVERSION: 1\n\n")
@example(b"Name: no blank line\nVersion: 1\nthe description\nName: other\n")
@example(b"Metadata-Version: 2.1\nName: a\nName: b\nVersion: 1\nVersion: 2\n\n")
@example(b"Metadata-Version: 2.1\nName: a\nVersion: 1\n .2\n\n")
def test_fields_are_found_as_the_library_of_mails_finds_them(content: bytes) -> None:
    expected = by_the_library(content)
    assert list(fields(content)) == expected
    assert stated(content) == (first(expected, b"name"), first(expected, b"version"))


@given(FILES, st.integers(0, 60))
@example(b"Name: a\nVersion: 1\n .2\n\n", len("Name: a\nVersion: 1\n"))
@example(b"Name: a\nVersion: 1\n .2\n\n", len("Name: a\nVersion: 1"))
@example(b"Name: a\nVersion: 10\n\n", len("Name: a\nVersion: 1"))
def test_a_file_is_described_the_same_wherever_its_start_is_cut(content: bytes, cut: int) -> None:
    padded = b"Metadata-Version: " + b"2" * (HEAD - cut - 19) + b"\n" + content
    for file in (content, padded):
        expected = tuple(map(clean, stated(file)))
        assert describe(Machine(file), "METADATA") == expected  # type: ignore[arg-type]
