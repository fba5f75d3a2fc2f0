"""Files of a version 2 that does not exist, in a repository of this version: each cell of docs/format.md, part 3.

The files are in `tests/data/formats/v2`; `support.repositories.later.ROWS` says which row each case is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.repositories import beside, later
from support.repositories.golden import LATER_ID
from support.repositories.memories import LOCATION, InMemory, object_of, one, ref_of

from cortexrepo.codec import hashing, records, refs, removed
from cortexrepo.errors import FormatVersionError, MissingObjectError, RefusedError
from cortexrepo.model.damage import NEWER_FORMAT
from cortexrepo.model.package import flag_names
from cortexrepo.model.problem import ADVICE, STRAY
from cortexrepo.model.snapshot import FAILED, OK
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.errors import CortexError
    from cortexrepo.model.snapshot import Snapshot

PACKED = Tidiness(recent=0, least=1, slack=0.0)
USE = "use the version of cortex that wrote the file, or a newer one"
REMOVALS = ("delete", "remove", "move ", "rm ")


class Beside:
    """A repository of this version, in which version 2 then wrote the files of a case."""

    def __init__(self, case: str) -> None:
        self.case = case
        self.place = InMemory()
        self.place.now = beside.CREATED - 1_000
        self.made = self.place.fill(3)
        self.files = later.stored(case)
        for key, data in self.files.items():
            if key.startswith("artifacts/") and not self.place.files.info(self.place.path("artifacts")):
                self.place.files.make_directory(self.place.path("artifacts"))
            self.place.write(key, data)
        self.place.now = beside.CREATED + 10_000

    def again(self) -> Repository:
        return self.place.again()

    def newer(self) -> str:
        """Returns the key of the file that this version cannot read."""
        about = {
            "ref": ref_of(beside.NEWER), "tag": "tags/later", "mark": f"deleted/{beside.PLAIN.id}",
            "object": object_of(beside.NEWER), "root": f"objects/{LATER_ID[:2]}/{LATER_ID[2:]}",
        }  # fmt: skip
        kind = self.case.partition("-")[0]
        return about.get(kind) or next(key for key in self.files if key.startswith(kind))

    def collect(self) -> None:
        self.again().upkeep.gc(keep_deleted_ms=0, tidiness=PACKED)

    def is_untouched(self) -> bool:
        """Returns whether every file of version 2 is there, byte for byte."""
        return all(self.place.read(key) == data for key, data in self.files.items())

    def newest(self) -> list[Snapshot]:
        """Returns the snapshots that version 2 made and this version can read, newest first."""
        return [found for found in self.again().snapshots() if found.sequence >= beside.PLAIN.sequence]


def check_words(error: CortexError) -> None:
    """An error about a newer file: one line, a newer version as the way out, and never a removal."""
    assert "\n" not in str(error)
    assert "damaged" not in str(error)
    assert error.hint.startswith(USE)
    assert not any(word in error.hint for word in REMOVALS)


# -- the repository as a whole


def refuses_the_repository(found: Beside) -> None:
    with pytest.raises(FormatVersionError, match=r"^/home/repository/config: .*('veils'|'beam'|format 2)") as caught:
        found.again()
    check_words(caught.value)
    with pytest.raises(FormatVersionError):
        Repository.open(found.place.repository.location, create=True, files=found.place.files)
    assert found.is_untouched()


def reads(found: Beside) -> None:
    repository = found.again()
    assert [one.sequence for one in repository.snapshots()] == [3, 2, 1]
    assert [repository.inventory(one).readings[0].status for one in repository.snapshots()] == [OK] * 3
    assert repository.upkeep.verify().problems == ()


def does_not_write(found: Beside) -> None:
    before = found.place.names("refs")
    with pytest.raises(FormatVersionError, match=r"nothing was changed: .*'veils'$") as caught:
        found.again().create(one(9))
    assert caught.value.hint == "use a newer version of cortex for this; this version can read the repository"
    assert found.place.names("refs") == before
    assert found.is_untouched()


def does_not_collect_or_repair(found: Beside) -> None:
    for collect in (found.collect, found.again().upkeep.repair):
        with pytest.raises(FormatVersionError, match=r"nothing was changed: .*'veils'$"):
            collect()
    assert found.is_untouched()


# -- readers


def refuses_the_file(found: Beside) -> None:
    """Verification names the file as newer, and nothing besides; everything else is read."""
    problems = found.again().upkeep.verify().problems
    assert {(problem.kind, problem.key) for problem in problems} == {(NEWER_FORMAT, found.newer())}
    assert not any("damaged" in problem.reason for problem in problems)
    repository = found.again()
    for own in found.made:
        assert repository.inventory(repository.get(own.id)).readings == one(own.sequence - 1).readings


def refuses_the_ref(found: Beside) -> None:
    refuses_the_file(found)
    listing = found.again().listing()
    assert [(damage.key, damage.kind) for damage in listing.damaged] == [(found.newer(), NEWER_FORMAT)]
    assert [one.sequence for one in listing.snapshots] == [1000, 3, 2, 1]
    for revision in (beside.NEWER.id, "latest"):
        with pytest.raises(FormatVersionError, match=found.newer()) as caught:
            found.again().get(revision)
        check_words(caught.value)
    assert found.again().get("latest~1") == beside.PLAIN


def refuses_the_segment(found: Beside) -> None:
    refuses_the_file(found)
    assert [one.sequence for one in found.again().snapshots()] == [1000, 3, 2, 1]
    # It may hold any snapshot: no place in the order is known, and no lookup that found nothing has an answer.
    for revision in ("latest", "latest~1", "f" * 32):
        with pytest.raises(FormatVersionError, match=found.newer()) as caught:
            found.again().get(revision)
        check_words(caught.value)


def refuses_the_tag(found: Beside) -> None:
    refuses_the_file(found)
    repository = found.again()
    assert repository.tags() == {}
    assert [(damage.key, damage.kind) for damage in repository.unread] == [(found.newer(), NEWER_FORMAT)]
    with pytest.raises(FormatVersionError, match=r"^tags/later: ") as caught:
        repository.get("later")
    check_words(caught.value)


def refuses_the_mark(found: Beside) -> None:
    refuses_the_file(found)
    # A name in `deleted/` hides the snapshot, whatever is in the file.
    assert [one.sequence for one in found.again().snapshots()] == [3, 2, 1]
    assert found.again().listing(deleted=True).snapshots == (beside.PLAIN,)


def refuses_the_note(found: Beside) -> None:
    refuses_the_file(found)
    assert found.again().get("latest") == beside.PLAIN


def refuses_the_artifact(found: Beside) -> None:
    refuses_the_file(found)
    repository = found.again()
    assert repository.artifacts.find("apt", beside.NEEDED.packages[0]) == ()
    assert [(damage.key, damage.kind) for damage in repository.unread] == [(found.newer(), NEWER_FORMAT)]


def refuses_the_object(found: Beside) -> None:
    refuses_the_file(found)
    newest = found.again().get("latest")
    with pytest.raises(FormatVersionError, match=r"^object [0-9a-f]{12}: ") as caught:
        found.again().inventory(newest)
    check_words(caught.value)
    assert found.again().inventory(beside.PLAIN).readings[0].manifest == beside.NEEDED


def refuses_what_may_be_in_the_pack(found: Beside) -> None:
    problems = found.again().upkeep.verify().problems
    lost = beside.NEWER if found.case != "pack-object-type" else found.again().get(beside.NEWER.id)
    # The object is named too: it may be in that pack, so that it is not missing.
    assert {(one.kind, one.key) for one in problems} == {(NEWER_FORMAT, found.newer()), (NEWER_FORMAT, object_of(lost))}
    assert [one.snapshots for one in problems if one.key == object_of(lost)] == [(lost.id,)]
    with pytest.raises(FormatVersionError, match=found.newer()) as caught:
        found.again().inventory(lost)
    check_words(caught.value)
    assert found.again().inventory(beside.PLAIN).readings[0].manifest == beside.NEEDED


def passes_over_extensions(found: Beside) -> None:
    assert found.again().upkeep.verify().problems == ()
    repository = found.again()
    if found.case == "tag-extensions":
        assert repository.get("later") == beside.PLAIN
    elif found.case == "mark-extensions":
        assert repository.listing(deleted=True).snapshots == (beside.PLAIN,)
    elif found.case == "ref-extensions":
        assert repository.inventory(repository.get("latest")).readings[0].manifest == beside.HIDDEN
    else:
        assert repository.get("latest") in (beside.PLAIN, found.made[-1])


def takes_it_as_failed(found: Beside) -> None:
    own = found.again().get("latest")
    [reading] = found.again().inventory(own).readings
    said = {
        "status-with-object": "a newer version of cortex recorded it with the status 'asleep': wakes at night",
        "status-without-object": "a newer version of cortex recorded it with the status 'lost'",
    }
    assert (reading.status, reading.manifest, reading.error) == (FAILED, None, said[found.case])
    assert found.again().upkeep.verify().problems == ()
    difference = found.again().diff("latest~1", "latest")
    assert difference.changes == ()
    assert [one.environment for one in difference.unknown] == [""]


def compares_it_by_equality(found: Beside) -> None:
    difference = found.again().diff("latest~1", "latest")
    [shown] = [one for one in difference.changes if one.package.name == "org.gimp"]
    # Nobody here knows the order of these versions: changed, neither up nor down.
    assert (shown.kind, shown.ecosystem) == ("changed", "flatpak")
    assert difference.unknown == ()
    assert found.again().get("latest").counts() == {"flatpak": 1}
    assert found.again().upkeep.verify().problems == ()


def shows_and_compares_it(found: Beside) -> None:
    [change] = found.again().diff("latest~1", "latest").changes
    assert (change.kind, change.before, change.after) == (
        "changed", beside.FLAGGED[0].packages[0], beside.FLAGGED[1].packages[0],
    )  # fmt: skip
    [reading] = found.again().inventory(found.again().get("latest")).readings
    assert reading.manifest is not None
    assert flag_names(reading.manifest.packages[0].flags) == ("auto", "bit-40")
    assert found.again().upkeep.verify().problems == ()


def passes_over_the_root(found: Beside) -> None:
    own = found.again().get("latest")
    assert found.again().inventory(own).readings[0].manifest == beside.HIDDEN
    assert found.again().diff("latest~1", "latest").unknown == ()
    if found.case == "root-role":
        assert found.again().upkeep.verify().problems == ()
    else:
        refuses_the_file(found)


def passes_over_what_it_does_not_know(found: Beside) -> None:
    assert found.newest() == [beside.PLAIN]
    problems = found.again().upkeep.verify().problems
    assert [(problem.kind, problem.key) for problem in problems] == [(STRAY, "future"), (STRAY, "later")]
    assert "a newer version" in ADVICE[STRAY]


# -- writers


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


def keeps_the_extensions(found: Beside) -> None:
    goes_on(found)
    if found.case == "tag-extensions":
        found.again().tag("later", found.made[0].id, force=True)
        moved = records.decode_mark(records.TAG, found.place.read("tags/later"))
        assert (moved.snapshot, moved.extensions) == (found.made[0].id, beside.EXTENSIONS)


# -- collectors


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


class Cells(NamedTuple):
    """What is checked of a reader, a writer and a collector."""

    reader: Callable[[Beside], None]
    writer: Callable[[Beside], None]
    collector: Callable[[Beside], None]


NOTHING = Cells(refuses_the_repository, refuses_the_repository, refuses_the_repository)
REF = Cells(refuses_the_ref, goes_on_and_follows_the_newest_that_it_can_read, does_not_collect)
TAG = Cells(refuses_the_tag, goes_on_and_does_not_replace_the_tag, does_not_collect)
MARK = Cells(refuses_the_mark, goes_on_and_does_not_replace_the_mark, leaves_the_mark_and_its_snapshot)
NOTE = Cells(refuses_the_note, goes_on, does_not_collect)
OBJECT = Cells(refuses_the_object, goes_on_and_writes_the_object_that_it_needs, keeps_the_object)
PACK = Cells(refuses_what_may_be_in_the_pack, goes_on, leaves_the_pack)
EXTENSIONS = Cells(passes_over_extensions, keeps_the_extensions, keeps_extensions)
CASES = {
    "config-to-read": NOTHING,
    "config-to-write": Cells(reads, does_not_write, does_not_collect_or_repair),
    "config-to-collect": Cells(reads, goes_on, does_not_collect_or_repair),
    "config-publish": NOTHING,
    "config-version": NOTHING,
    **dict.fromkeys(("ref-version", "ref-kind", "ref-required"), REF),
    **dict.fromkeys(("tag-version", "tag-kind", "tag-required"), TAG),
    **dict.fromkeys(("mark-version", "mark-kind", "mark-required"), MARK),
    **dict.fromkeys(("removed-version", "removed-kind", "removed-required"), NOTE),
    **dict.fromkeys(("artifact-version", "artifact-kind"), Cells(refuses_the_artifact, goes_on, leaves_the_file)),
    **dict.fromkeys(("segment-version", "segment-codec"), Cells(refuses_the_segment, goes_on, does_not_collect)),
    **dict.fromkeys(("object-version", "object-type", "object-codec"), OBJECT),
    **dict.fromkeys(("pack-version", "pack-codec", "pack-block", "pack-object-type"), PACK),
    **dict.fromkeys(later.ROWS["an unknown extension"], EXTENSIONS),
    **dict.fromkeys(
        later.ROWS["an unknown status of a slot"], Cells(takes_it_as_failed, goes_on, keeps_refs_and_objects)
    ),
    "ecosystem": Cells(compares_it_by_equality, goes_on, keeps_refs_and_objects),
    "flags-and-attributes": Cells(shows_and_compares_it, goes_on, keeps_refs_and_objects),
    **dict.fromkeys(later.ROWS["an unknown role of a root"], Cells(passes_over_the_root, goes_on, keeps_the_root)),
    "top": Cells(passes_over_what_it_does_not_know, goes_on, leaves_it),
}


@pytest.mark.parametrize("column", Cells._fields)
@pytest.mark.parametrize("case", [case for cases in later.ROWS.values() for case in cases])
def test_a_file_of_version_2_is_met_as_the_document_says(case: str, column: str) -> None:
    getattr(CASES[case], column)(Beside(case))


def test_every_case_has_a_row_and_files() -> None:
    rows = [case for cases in later.ROWS.values() for case in cases]
    assert sorted(rows) == sorted(CASES) == sorted(path.name for path in later.PLACE.iterdir())


@pytest.mark.parametrize("case", CASES)
def test_the_files_are_those_that_the_code_of_today_makes(case: str) -> None:
    stored, today = later.stored(case), dict(later.encoded()[case])
    if case in {"pack-block", "pack-object-type"}:
        # Another zstd may make other bytes, and so another name.
        for files in (stored, today):
            (name,) = [key for key in files if key.startswith("packs/")]
            assert hashing.pack_name(files.pop(name)) == name.removeprefix("packs/").removesuffix(".pack")
    assert stored == today


def test_a_snapshot_of_a_newer_version_can_be_deleted_and_goes() -> None:
    found = Beside("ref-version")
    found.again().delete([beside.NEWER.id])
    found.collect()
    with pytest.raises(MissingObjectError):
        found.again().manifest(beside.NEWER.slots[0].object)  # type: ignore[arg-type]
    assert found.newest() == [beside.PLAIN]
    assert found.again().upkeep.verify().problems == ()


def test_a_file_of_a_package_stays_that_only_a_slot_of_an_unknown_status_has() -> None:
    found = Beside("status-with-object")
    found.again().artifacts.keep("apt", beside.HIDDEN.packages[0], "bash.deb", lambda: [b"bash"], "cache")
    found.again().artifacts.keep(
        "apt", beside.NEEDED.packages[1]._replace(version="0"), "z.deb", lambda: [b"z"], "cache"
    )
    found.collect()
    assert [artifact.file for artifact in found.again().artifacts.every()] == ["bash.deb"]


def test_a_note_that_says_it_is_newer_is_replaced_where_a_copy_has_it_in_this_version() -> None:
    found = Beside("removed-version")
    good = Beside("removed-extensions")
    assert found.again().upkeep.repair().repaired == ()
    report = found.again().upkeep.repair(sources=[good.again().upkeep])
    assert [(problem.kind, problem.key) for problem in report.repaired] == [(NEWER_FORMAT, found.newer())]
    assert report.problems == ()
    assert found.place.read(found.newer()) == good.files[found.newer()]


def test_the_words_about_features_name_each_and_the_way_out() -> None:
    found = Beside("ref-required")
    said = f"{found.newer()}: the snapshot needs features that this version does not know: 'veils'"
    with pytest.raises(FormatVersionError) as caught:
        found.again().get("latest")
    assert (str(caught.value), caught.value.hint) == (said, USE)
    [problem] = found.again().upkeep.verify().problems
    assert problem.reason == said.partition(": ")[2]
    assert ADVICE[problem.kind].startswith(USE)
    for case, words in (
        ("config-to-read", "config: the repository needs features that this version does not know: 'veils'"),
        ("config-publish", "config: the repository publishes by 'beam', which this version does not know"),
    ):
        with pytest.raises(FormatVersionError) as caught:
            Beside(case).again()
        assert (str(caught.value), caught.value.hint) == (f"{LOCATION}/{words}", USE)
