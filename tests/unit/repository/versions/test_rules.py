"""The rules below the table of docs/format.md, part 3: each with the golden files of version 2 that it speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from support.repositories import beside, later
from support.repositories.beside import OPAQUE, REQUIRED
from support.repositories.later_records import needing
from support.repositories.memories import InMemory
from support.repositories.newer import PACKED, Beside

from cortexrepo.codec import hashing, objects, records, refs
from cortexrepo.codec.packed import packs, segments
from cortexrepo.errors import CorruptError, FormatVersionError, MissingObjectError
from cortexrepo.model.ids import ObjectId
from cortexrepo.model.problem import NEWER_FORMAT, STRAY
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OPENED: Mapping[str, tuple[Callable[[bytes, str], object], Callable[[bytes], str]]] = {
    "segment": (segments.decode, hashing.segment_name),
    "pack": (packs.decode, hashing.pack_name),
}
"""How a file is read whose name is a digest over it, and how that name is made."""
_DIGITS = 64


def case_of(case: str) -> bytes:
    """Returns the file of a case that this version cannot read."""
    return later.stored(case)[later.newer(case)]


def with_version(data: bytes, version: int) -> bytes:
    """Returns a file with another version byte."""
    return data[:4] + bytes((version,)) + data[5:]


def nothing_behind_a_higher_version_byte_counts() -> None:
    for behind in (b"", b"\0", OPAQUE, bytes(records.LIMIT + 1)):
        with pytest.raises(FormatVersionError, match="the file has format 2"):
            refs.decode(case_of("ref-version")[:5] + behind)
    for kind, (decode, name_of) in OPENED.items():
        data = case_of(f"{kind}-version")
        with pytest.raises(FormatVersionError):
            decode(data, name_of(data))
        with pytest.raises(CorruptError, match="its content does not match its name"):
            decode(data + b"\0", name_of(data))


def every_version_byte_except_1_is_newer() -> None:
    for version in (0, 2, 255):
        for kind, (decode, name_of) in OPENED.items():
            data = with_version(case_of(f"{kind}-version"), version)
            with pytest.raises(FormatVersionError, match=f"the file has format {version}"):
                decode(data, name_of(data))
        with pytest.raises(FormatVersionError, match=f"the object has format {version}"):
            objects.decode(with_version(case_of("object-version"), version), ObjectId("0" * _DIGITS))
    # A record of a lower one was never written.
    with pytest.raises(CorruptError):
        refs.decode(with_version(case_of("ref-version"), 0))


def a_newer_file_under_a_strange_name_may_hold_any_snapshot() -> None:
    found = Beside("ref-name")
    assert [one.kind for one in found.again().upkeep.verify().problems] == [NEWER_FORMAT]
    # The same name with what is no record at all is unknown, and unread too.
    found.place.write(found.newer(), OPAQUE)
    assert [(one.kind, one.key) for one in found.again().upkeep.verify().problems] == [(STRAY, found.newer())]
    with pytest.raises(CorruptError, match=found.newer()):
        found.again().get("latest")


def a_record_that_needs_a_feature_has_the_fields_of_this_version() -> None:
    data = case_of("ref-required")
    with pytest.raises(FormatVersionError, match="'veils'"):
        refs.decode(data)
    fields = list(cast("tuple[object, ...]", records.unseal(records.REF, data, refs.TABLE)))[:-2]
    anything = tuple((1, OPAQUE) if isinstance(field, tuple) else field for field in fields)
    with pytest.raises(FormatVersionError, match="'veils'"):
        refs.decode(needing(records.REF, *anything))
    for wrong in (fields[:-1], [*fields, 0], ["", *fields[1:]]):
        with pytest.raises(CorruptError):
            refs.decode(records.seal(records.REF, (*wrong, REQUIRED, ()), refs.LIMIT))


def a_person_may_take_away_what_is_newer() -> None:
    tagged = Beside("tag-version")
    tagged.again().untag("later")
    tagged.collect()
    assert "later" not in tagged.place.names("tags")
    for case in ("ref-version", "table-version"):
        found = Beside(case)
        found.again().delete([beside.NEWER.id])
        found.collect()
        assert beside.NEWER.id not in {one.id for one in found.again().snapshots()}
        assert found.again().upkeep.verify().problems == ()
        with pytest.raises(MissingObjectError):
            found.again().manifest(beside.id_of(beside.HIDDEN))


def a_repair_replaces_a_newer_file_by_a_copy_of_this_version() -> None:
    place = InMemory()
    place.fill(5)
    place.again().upkeep.gc(keep_deleted_ms=0, tidiness=PACKED)
    for folder, version in (("packs", 2), ("packs", 0), ("segments", 2)):
        (name,) = place.names(folder)
        good = place.read(f"{folder}/{name}")
        copy = InMemory()
        for key in ("config", *(f"{folder}/{one}" for folder in ("packs", "segments") for one in place.names(folder))):
            copy.write(key, place.read(key))
        place.write(f"{folder}/{name}", with_version(good, version))
        sources = () if folder == "packs" else (copy.again().upkeep,)
        report = place.again().upkeep.repair(sources=sources)
        assert [one.key for one in report.repaired] == [f"{folder}/{name}"]
        assert place.read(f"{folder}/{name}") == good
        assert report.problems == ()


def a_repository_of_before_the_first_release_is_refused() -> None:
    place = InMemory()
    old = records.seal(records.CONFIG, (bytes.fromhex(beside.ORIGIN), "link", ()))
    place.write("config", old)
    with pytest.raises(
        FormatVersionError, match=r"^\S+/config: .* before its first release .* no release reads"
    ) as caught:
        Repository.open(place.repository.location, files=place.files)
    assert "\n" not in str(caught.value)
    assert place.read("config") == old


CASES: Mapping[str, Callable[[], None]] = dict(
    zip(
        later.RULES,
        (
            nothing_behind_a_higher_version_byte_counts,
            every_version_byte_except_1_is_newer,
            a_newer_file_under_a_strange_name_may_hold_any_snapshot,
            a_record_that_needs_a_feature_has_the_fields_of_this_version,
            a_person_may_take_away_what_is_newer,
            a_repair_replaces_a_newer_file_by_a_copy_of_this_version,
            a_repository_of_before_the_first_release_is_refused,
        ),
        strict=True,
    )
)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_holds(rule: str) -> None:
    CASES[rule]()
