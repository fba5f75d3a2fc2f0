"""Manifests that are read one after the other are what each alone is."""

from __future__ import annotations

import pytest

from cortexrepo.codec import objects
from cortexrepo.codec.canonical import pack
from cortexrepo.codec.manifests import Manifests
from cortexrepo.errors import CorruptError
from cortexrepo.model.package import Manifest, Package

_ONE, _TWO = Package("a", "", "1"), Package("b", "", "1", 1)


def test_a_manifest_after_another_is_what_it_is_alone() -> None:
    found = Manifests()
    for rows in ([_ONE], [_ONE, _TWO], [_TWO], [_ONE, _TWO._replace(version="2")], []):
        raw = pack(("apt", tuple(rows)))
        assert found.read(raw) == objects.manifest(raw) == Manifest("apt", tuple(rows))


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "", "1", False, ())],
        [_ONE, ("b", "", "1", True, ())],
        [_TWO, _ONE],
        [_ONE, _ONE],
        [_ONE, ("b", "", "1", 1)],
        [_ONE, "b"],
        [_ONE, ("", "", "1", 0, ())],
        [_ONE, ("b", "", "1", 1, (("k", "v"), ("j", "v")))],
    ],
)
def test_rows_that_were_met_make_no_damaged_manifest_a_sound_one(rows: list[object]) -> None:
    found = Manifests()
    found.read(pack(("apt", (_ONE, _TWO))))
    raw = pack(("apt", tuple(rows)))
    with pytest.raises(CorruptError):
        objects.manifest(raw)
    with pytest.raises(CorruptError):
        found.read(raw)


def test_a_row_with_a_map_is_damage() -> None:
    raw = b"\x92" + pack("apt") + b"\x91\x95" + pack("a") + pack("") + pack("1") + b"\x00\x91\x80"
    with pytest.raises(CorruptError):
        Manifests().read(raw)
