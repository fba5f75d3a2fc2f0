"""Every decoder, fed with its seeds bent in many ways: it answers, or raises what it says that it raises."""

from __future__ import annotations

import os
import random
import time

import pytest
from support.repositories.decoders import DECODERS, Decoder

COUNT = int(os.environ.get("CORTEX_FUZZ", "5000"))
_INTERESTING = (b"\x00", b"\xff", b"\n\n", b":", b"~", b"@{", b"\xdd\xff\xff\xff\xff", b"\x81\xa1a", b"\x91" * 40)


def _bent(seed: bytes, choice: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(choice.randint(1, 6)):
        at = choice.randrange(len(data) + 1)
        way = choice.randrange(5)
        if way == 0 and at < len(data):
            data[at] ^= 1 << choice.randrange(8)
        elif way == 1:
            data[at:at] = choice.choice(_INTERESTING)
        elif way == 2:
            del data[at : at + choice.randint(1, 16)]
        elif way == 3:
            data[at:at] = data[choice.randrange(len(data) + 1) :][: choice.randint(1, 64)]
        else:
            data[at:at] = choice.randbytes(choice.randint(1, 8))
    return bytes(data)


def _reason(decoder: Decoder, data: bytes) -> str:
    """Returns why the bytes were refused; an empty string where they were taken."""
    try:
        decoder.feed(data)
    except decoder.raises as error:
        return str(error) or "no reason"
    return ""


@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_answers_or_raises_what_it_says(name: str) -> None:
    decoder = DECODERS[name]
    assert [_reason(decoder, seed) for seed in decoder.seeds] == [""] * len(decoder.seeds)
    choice = random.Random(name)  # noqa: S311 -- always the same, so that a red run can be repeated
    slowest = 0.0
    for _ in range(COUNT):
        data = _bent(choice.choice(decoder.seeds), choice)
        start = time.process_time()
        assert "\n" not in _reason(decoder, data)
        slowest = max(slowest, time.process_time() - start)
    # Not a measurement: a decoder that hangs on a hundred bytes would take for ever.
    assert slowest < 1
