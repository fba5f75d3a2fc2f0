"""A header: every number in it is checked against the bytes that are there."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.packages.rpmdb import ARCH, EPOCH, NAME, RELEASE, VERSION, blob, header

from cortexrepo.ecosystems.rpm.header import parse

WHOLE = header("bash", "5.2", "1.fc40", epoch=3, vendor="Fedora Project", label="m:1")


def changed(position: int, number: int) -> bytes:
    return WHOLE[:position] + struct.pack(">I", number) + WHOLE[position + 4 :]


def test_a_header_says_name_version_architecture_vendor_and_module() -> None:
    assert parse(WHOLE) == ("bash", "3:5.2-1.fc40", "x86_64", "Fedora Project", "m:1", True)


def test_an_epoch_of_zero_is_told_from_none() -> None:
    assert parse(header("a", epoch=0)).version == "0:1-1"
    assert parse(header("a")).version == "1-1"


@pytest.mark.parametrize("tag", [VERSION, RELEASE])
def test_a_header_without_version_or_release_is_not_whole(tag: int) -> None:
    tags: dict[int, str | bytes | int] = {NAME: "a", VERSION: "1", RELEASE: "1", ARCH: "noarch"}
    del tags[tag]
    assert not parse(blob(tags)).whole


# 0 and 4: the counts. 8: NAME's entry, of tag, type, offset and count. EPOCH's is the fourth.
@pytest.mark.parametrize("number", [0xFFFFFFFF, 0x7FFFFFFF, 1 << 16, 100_000])
@pytest.mark.parametrize("position", [0, 4, 12, 16, 20, 8 + 48 + 4, 8 + 48 + 8, 8 + 48 + 12])
def test_a_length_type_offset_or_count_that_does_not_fit_is_refused(position: int, number: int) -> None:
    with pytest.raises(ValueError, match=r"^its "):
        parse(changed(position, number))


@pytest.mark.parametrize("size", range(len(WHOLE)))
def test_a_header_that_is_cut_off_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="it"):
        parse(WHOLE[:size])


def test_a_text_without_an_end_and_one_that_is_too_long_are_refused() -> None:
    for found in (blob({NAME: "a"})[:-1] + b"a", header("a", vendor="x" * 1001)):
        with pytest.raises(ValueError, match="no end, or is longer"):
            parse(found)


def test_an_epoch_that_is_a_text_is_refused() -> None:
    with pytest.raises(ValueError, match="EPOCH"):
        parse(blob({NAME: "a", EPOCH: "7"}))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_header_or_refused(data: bytes) -> None:
    try:
        parse(data)
    except ValueError:
        return
    assert len(data) > 23
