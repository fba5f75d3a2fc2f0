"""What a writer does beside files of a version 2 that does not exist: the second column of docs/format.md, part 3."""

from __future__ import annotations

import pytest
from support.repositories import beside, later
from support.repositories.memories import one
from support.repositories.newer import Beside, check_words, refuses_the_repository

from cortexrepo.codec import records, slots
from cortexrepo.errors import FormatVersionError
from cortexrepo.model.snapshot import TABLE
from cortexrepo.repository import tabling
from cortexrepo.repository.objects.objects import is_intact
from cortexrepo.store.keys import Naming


def does_not_write(found: Beside) -> None:
    before = found.place.names("refs")
    with pytest.raises(FormatVersionError, match=r"nothing was changed: .*'veils'$") as caught:
        found.again().create(one(9))
    assert caught.value.hint == "use a newer version of cortex for this; this version can read the repository"
    assert found.place.names("refs") == before
    assert found.is_untouched()


def goes_on(found: Beside) -> None:
    """Snapshots, tags and marks are made beside it, and not one byte of it changes."""
    before = found.again().upkeep.verify().problems
    numbers = [name.sequence for name in found.again()._refs.loose()[0]]
    made = found.again().create(one(9), tags=["new"])
    assert made.sequence == max(numbers) + 1
    assert (made.extensions, made.roots) == ((), ())
    assert {slot.ecosystem for slot in made.slots} == {"pip"}
    assert found.again().get(made.id) == made
    assert found.again().get("new") == made
    found.again().tag("old", found.made[0].id)
    found.again().untag("new")
    found.again().delete([found.made[1].id])
    found.again().undelete([found.made[1].id])
    assert found.is_untouched()
    assert found.again().upkeep.verify().problems == before


def goes_on_and_follows_the_newest_that_it_can_read(found: Beside) -> None:
    goes_on(found)
    previous = next(one for one in found.again().snapshots() if one.sequence == 1002).previous
    assert previous is not None
    assert previous.id == beside.PLAIN.id


def goes_on_and_does_not_replace_the_tag(found: Beside) -> None:
    goes_on(found)
    for force in (False, True):
        with pytest.raises(FormatVersionError, match=r"^tags/later: ") as caught:
            found.again().tag("later", found.made[0].id, force=force)
        check_words(caught.value)
    assert found.is_untouched()
    # To take a tag away nobody needs to read it: a person may.
    found.again().untag("later")
    assert "later" not in found.place.names("tags")


def goes_on_and_does_not_replace_the_mark(found: Beside) -> None:
    goes_on(found)
    found.place.now += 1 << 30
    assert not found.again()._refs.mark_deleted(beside.PLAIN.id, lambda: found.place.now)
    assert found.is_untouched()


def goes_on_and_writes_the_object_that_it_needs(found: Beside) -> None:
    goes_on(found)
    # What is written has the id, which says that the content is the same.
    held = beside.NEWER.slots[0].object
    assert held is not None
    readings = (one(1).readings[0]._replace(ecosystem="apt", environment="", manifest=beside.HIDDEN),)
    found.again().create(one(1)._replace(readings=readings))
    assert found.again().manifest(held) == beside.HIDDEN


def goes_on_and_writes_the_table_that_it_needs(found: Beside) -> None:
    goes_on(found)
    # A writer that has the same slots writes the table in this version: then it can be read.
    table = slots.encode(slots.rows_of(beside.NEWER.slots))
    ahead = tabling.ahead(beside.NEWER._replace(roots=((TABLE, table.id),)), table)
    found.place.repository._store.publish("refs/any", b"", {}, is_intact, Naming("any", lambda: False), ahead)
    found.place.unlink("refs/any")
    assert found.again().get(beside.NEWER.id).slots == beside.NEWER.slots


def keeps_the_extensions(found: Beside) -> None:
    goes_on(found)
    if found.case == "tag-extensions":
        found.again().tag("later", found.made[0].id, force=True)
        moved = records.decode_mark(records.TAG, found.place.read("tags/later"))
        assert (moved.snapshot, moved.extensions) == (found.made[0].id, beside.EXTENSIONS)


REST = (
    "config-to-collect", "ref-name", "removed-version", "removed-kind", "removed-required", "artifact-version",
    "artifact-kind", "segment-version", "segment-codec", "pack-version", "pack-codec", "pack-block",
    "pack-object-type", "status-with-object", "status-without-object", "ecosystem", "flags-and-attributes",
    "root-role", "root-of-an-unknown-type", "top",
)  # fmt: skip
"""Cases in which a writer has nothing to do except to go on."""
CASES = {
    **dict.fromkeys(REST, goes_on),
    **dict.fromkeys(("config-to-read", "config-publish", "config-version"), refuses_the_repository),
    "config-to-write": does_not_write,
    **dict.fromkeys(("ref-version", "ref-kind", "ref-required"), goes_on_and_follows_the_newest_that_it_can_read),
    **dict.fromkeys(("tag-version", "tag-kind", "tag-required"), goes_on_and_does_not_replace_the_tag),
    **dict.fromkeys(("mark-version", "mark-kind", "mark-required"), goes_on_and_does_not_replace_the_mark),
    **dict.fromkeys(("object-version", "object-type", "object-codec"), goes_on_and_writes_the_object_that_it_needs),
    "table-version": goes_on_and_writes_the_table_that_it_needs,
    **dict.fromkeys(later.ROWS["an unknown extension"], keeps_the_extensions),
}


@pytest.mark.parametrize("case", [case for cases in later.ROWS.values() for case in cases])
def test_a_writer_does_as_the_document_says(case: str) -> None:
    CASES[case](Beside(case))


def test_every_case_has_a_row() -> None:
    assert sorted(CASES) == sorted(case for cases in later.ROWS.values() for case in cases)
