"""Bytes between two processes come whole or not at all, within a bound and before a deadline."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.rights.pieces import receive, send, take

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            continue


def test_pieces_come_in_their_order_and_the_end_is_no_piece(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    for piece in (b"one", b"", b"x" * 5000):
        send(writing, piece, time.monotonic() + 60)
    os.close(writing)
    assert [receive(reading, 5000) for _ in range(3)] == [b"one", b"", b"x" * 5000]
    with pytest.raises(EOFError):
        receive(reading, 5000)


def test_a_piece_beyond_the_bound_or_cut_short_is_refused(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    send(writing, b"12345")
    with pytest.raises(EOFError):
        receive(reading, 4)
    os.write(writing, b"\0\0\0\x091234")
    os.close(writing)
    with pytest.raises(EOFError):
        receive(reading, 1 << 40)


def test_who_says_nothing_or_reads_nothing_is_waited_for_until_the_deadline(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, b"\0\0\0\x05123")
    with pytest.raises(TimeoutError):
        receive(reading, 9, time.monotonic() + 0.05)
    with pytest.raises(TimeoutError):
        send(writing, bytes(1 << 20), time.monotonic() + 0.05)


@given(st.lists(st.binary(max_size=300)), st.data())
def test_any_beginning_of_what_was_sent_has_its_pieces(pieces: list[bytes], data: st.DataObject) -> None:
    sent = b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)
    came = sent[: data.draw(st.integers(0, len(sent)))]
    rest = bytearray(came)
    whole = take(rest)
    assert whole == pieces[: len(whole)]
    assert b"".join(len(piece).to_bytes(4, "big") + piece for piece in whole) + rest == came
    if len(came) == len(sent):
        assert (whole, bytes(rest)) == (pieces, b"")
    else:
        assert take(rest) == []
