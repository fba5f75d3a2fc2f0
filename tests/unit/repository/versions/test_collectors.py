"""What a collector does with files of a version 2 that does not exist: the third column of docs/format.md, part 3."""

from __future__ import annotations

import pytest
from support.repositories import beside, later
from support.repositories.golden import LATER_ID
from support.repositories.memories import object_of, one, ref_of
from support.repositories.newer import PACKED, Beside, check_words, refuses_the_repository

from cortexrepo.codec import refs, removed
from cortexrepo.errors import FormatVersionError, MissingObjectError, RefusedError


def does_not_collect_or_repair(found: Beside) -> None:
    for collect in (found.collect, found.again().upkeep.repair):
        with pytest.raises(FormatVersionError, match=r"nothing was changed: .*'veils'$"):
            collect()
    assert found.is_untouched()


def _delete_one(found: Beside) -> None:
    found.again().delete([found.made[0].id])


def collects(found: Beside) -> None:
    """A snapshot that was deleted goes, the others are packed, and the files of version 2 stay as they are."""
    _delete_one(found)
    found.collect()
    # It may be in a pack that cannot be read; it is in no other place.
    gone = FormatVersionError if found.case in {"pack-version", "pack-codec"} else MissingObjectError
    with pytest.raises(gone):
        found.again().manifest(found.made[0].slots[0].object)  # type: ignore[arg-type]
    assert found.place.read(found.newer()) == found.files[found.newer()]
    repository = found.again()
    for own in found.made[1:]:
        assert repository.inventory(repository.get(own.id)).readings == one(own.sequence - 1).readings


def does_not_collect(found: Beside) -> None:
    _delete_one(found)
    for dry_run in (True, False):
        with pytest.raises(RefusedError) as caught:
            found.again().upkeep.gc(keep_deleted_ms=0, tidiness=PACKED, dry_run=dry_run)
        said = f"nothing was removed, because a newer version of cortex wrote {found.newer()}: "
        assert said in str(caught.value)
        check_words(caught.value)
    assert found.is_untouched()
    assert found.place.read(object_of(found.made[0]))
    assert found.again().upkeep.repair().repaired == ()
    assert found.is_untouched()


def does_not_collect_until_the_snapshot_is_deleted(found: Beside) -> None:
    does_not_collect(found)
    found.again().delete([beside.NEWER.id])
    found.collect()
    assert [one.sequence for one in found.again().snapshots()] == [1000, 3, 2]
    assert found.again().upkeep.verify().problems == ()


def leaves_the_mark_and_its_snapshot(found: Beside) -> None:
    collects(found)
    repository = found.again()
    assert repository.listing(deleted=True).snapshots == (beside.PLAIN,)
    assert repository.inventory(beside.PLAIN).readings[0].manifest == beside.NEEDED
    assert found.again().upkeep.repair().repaired == ()
    assert found.place.read(found.newer()) == found.files[found.newer()]


def leaves_the_file(found: Beside) -> None:
    collects(found)
    assert found.again().upkeep.repair().repaired == ()
    assert found.place.read(found.newer()) == found.files[found.newer()]


def keeps_the_object(found: Beside) -> None:
    leaves_the_file(found)
    assert found.newest()[0].slots == beside.NEWER.slots
    # It goes with the last snapshot that names it, as any other.
    found.again().delete([beside.NEWER.id])
    found.collect()
    held = beside.NEWER.slots[0].object
    assert held is not None
    with pytest.raises(MissingObjectError):
        found.again().manifest(held)


def leaves_the_pack(found: Beside) -> None:
    leaves_the_file(found)
    assert found.again().inventory(beside.PLAIN).readings[0].manifest == beside.NEEDED


def _refs_of(found: Beside) -> dict[str, bytes]:
    return {key: data for key, data in found.files.items() if key.startswith("refs/")}


def _check_refs(found: Beside) -> None:
    """Each ref of version 2 is in a segment now, and comes out of it byte for byte."""
    repository = found.again()
    assert found.place.names("refs") == []
    for key, data in _refs_of(found).items():
        assert refs.encode(repository.get(key.rpartition("-")[2])) == data


def keeps_refs_and_objects(found: Beside) -> None:
    _delete_one(found)
    found.collect()
    _check_refs(found)
    # Twice: refs come out of one segment and go into another one.
    found.again().delete([found.made[1].id])
    found.collect()
    _check_refs(found)
    repository = found.again()
    for key in found.files:
        if key.startswith("objects/") and key != f"objects/{LATER_ID[:2]}/{LATER_ID[2:]}":
            repository.manifest(key.removeprefix("objects/").replace("/", ""))  # type: ignore[arg-type]
    with pytest.raises(MissingObjectError):
        repository.manifest(found.made[0].slots[0].object)  # type: ignore[arg-type]


def keeps_the_root(found: Beside) -> None:
    keeps_refs_and_objects(found)
    if found.case == "root-of-an-unknown-type":
        assert found.place.read(found.newer()) == found.files[found.newer()]
    # The root goes with the last snapshot that names it.
    found.again().delete([found.newest()[0].id])
    found.collect()
    root = dict(refs.decode(found.files[ref_of(beside.NEWER)]).roots)["aura"]
    with pytest.raises(MissingObjectError):
        found.again().manifest(root)


def keeps_extensions(found: Beside) -> None:
    if found.case == "ref-extensions":
        keeps_refs_and_objects(found)
        return
    if found.case == "removed-extensions":
        # The note is written anew: the snapshot that goes is of that machine and origin.
        found.again().delete([beside.PLAIN.id])
    _delete_one(found)
    if found.case == "mark-extensions":
        found.again().upkeep.gc(keep_deleted_ms=1 << 43, tidiness=PACKED)
    else:
        found.collect()
    stays = {key: found.files[key] for key in found.files if key.startswith(("config", "tags/", "deleted/"))}
    assert {key: found.place.read(key) for key in stays} == stays
    if found.case == "removed-extensions":
        note = removed.decode(found.place.read(found.newer()))
        assert (note.spans, note.extensions) == (((3, 9), (1000, 1000)), beside.EXTENSIONS)


def leaves_it(found: Beside) -> None:
    _delete_one(found)
    found.collect()
    found.again().upkeep.repair()
    assert [found.place.read(key) for key in ("future", "later/thing")] == [beside.OPAQUE] * 2


CASES = {
    **dict.fromkeys(("config-to-read", "config-publish", "config-version"), refuses_the_repository),
    **dict.fromkeys(("config-to-write", "config-to-collect"), does_not_collect_or_repair),
    **dict.fromkeys(("ref-version", "ref-name", "ref-kind", "ref-required"), does_not_collect),
    **dict.fromkeys(("tag-version", "tag-kind", "tag-required"), does_not_collect),
    **dict.fromkeys(("mark-version", "mark-kind", "mark-required"), leaves_the_mark_and_its_snapshot),
    **dict.fromkeys(("removed-version", "removed-kind", "removed-required"), does_not_collect),
    **dict.fromkeys(("artifact-version", "artifact-kind"), leaves_the_file),
    **dict.fromkeys(("segment-version", "segment-codec"), does_not_collect),
    **dict.fromkeys(("object-version", "object-type", "object-codec"), keeps_the_object),
    "table-version": does_not_collect_until_the_snapshot_is_deleted,
    **dict.fromkeys(("pack-version", "pack-codec", "pack-block", "pack-object-type"), leaves_the_pack),
    **dict.fromkeys(later.ROWS["an unknown extension"], keeps_extensions),
    **dict.fromkeys(later.ROWS["an unknown status of a slot"], keeps_refs_and_objects),
    **dict.fromkeys(("ecosystem", "flags-and-attributes"), keeps_refs_and_objects),
    **dict.fromkeys(later.ROWS["an unknown role of a root"], keeps_the_root),
    "top": leaves_it,
}


@pytest.mark.parametrize("case", [case for cases in later.ROWS.values() for case in cases])
def test_a_collector_does_as_the_document_says(case: str) -> None:
    CASES[case](Beside(case))


def test_every_case_has_a_row() -> None:
    assert sorted(CASES) == sorted(case for cases in later.ROWS.values() for case in cases)
