"""A collector removes nothing while a snapshot is known to be lost: what that one needs nobody else can say."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import inventory

from cortexrepo.errors import RefusedError
from cortexrepo.model.damage import Damage
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.snapshot import Snapshot

COUNT = 8


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(tmp_path / "repository", create=True)


def again(repository: Repository) -> Repository:
    return Repository.open(repository.location)


def fill(repository: Repository) -> list[Snapshot]:
    return [repository.create(inventory(number)) for number in range(COUNT)]


def segment(repository: Repository) -> Path:
    (found,) = Path(repository.location, "segments").iterdir()
    return found


def ref(repository: Repository, snapshot: Snapshot) -> Path:
    (found,) = Path(repository.location, "refs").glob(f"*-{snapshot.id}")
    return found


def files(repository: Repository) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path(repository.location).rglob("*") if path.is_file()}


def refused(repository: Repository, reason: str) -> str:
    """Has a collection be refused, with nothing changed, and returns the way out."""
    before, hints = files(repository), set()
    for dry_run in (True, False):
        with pytest.raises(RefusedError, match=reason) as caught:
            again(repository).upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH, dry_run=dry_run)
        assert files(repository) == before
        hints.add(caught.value.hint)
    (hint,) = hints
    return hint


def _swapped(path: Path) -> None:
    path.rename(path.with_name("a" * 64 + ".refs"))


def _suffixed(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}.bak"))


def _kept_by_an_editor(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}~"))


def _hidden(path: Path) -> None:
    path.rename(path.with_name(f".{path.name}"))


def _dashed(path: Path) -> None:
    path.rename(path.with_name(f"-{path.name}"))


def _no_text(path: Path) -> None:
    path.rename(path.with_name(f"{path.name}\udcff"))


def _shortened(path: Path) -> None:
    path.rename(path.with_name(path.name[1:]))


@pytest.mark.parametrize(
    ("rename", "reason"),
    [
        (_swapped, f"segments/{'a' * 64}.refs cannot be read: its content does not match its name"),
        (_suffixed, "[.]refs[.]bak cannot be read: the name is not the name of a segment"),
        (_kept_by_an_editor, "[.]refs~ cannot be read: the name is not the name of a segment"),
        (_hidden, "segments/[.][0-9a-f]+[.]refs cannot be read: the name is not the name of a segment"),
        (_dashed, "segments/-[0-9a-f]+[.]refs cannot be read: the name is not the name of a segment"),
        (_no_text, r"[.]refs.udcff cannot be read: the name is not the name of a segment"),
        (_shortened, "[.]refs cannot be read: the name is not the name of a segment"),
    ],
)
def test_a_segment_that_was_renamed_stops_it(
    repository: Repository, rename: Callable[[Path], None], reason: str
) -> None:
    made = fill(repository)
    repository.upkeep.gc(tidiness=THOROUGH)
    path = segment(repository)
    rename(path)
    refused(repository, reason)
    segment(repository).rename(path)
    assert again(repository).upkeep.gc(keep_deleted_ms=0).objects == 0
    assert again(repository).inventory(made[0]) == inventory(0)


def test_the_way_out_for_a_strange_file_is_a_command_for_that_file(repository: Repository) -> None:
    fill(repository)
    repository.upkeep.gc(tidiness=THOROUGH)
    stranger = Path(repository.location, "segments", "notes.txt")
    stranger.write_bytes(b"no segment")
    hint = refused(repository, "segments/notes.txt cannot be read: the name is not the name of a segment")
    way = f"`mv {stranger} {Path(repository.location)}/..`"
    assert hint == f"no snapshot can be read from the file; move it out of the repository: {way}"
    stranger.unlink()
    own = segment(repository)
    renamed = own.rename(own.with_name("old.refs"))
    hint = refused(repository, "segments/old.refs cannot be read: the name is not the name of a segment")
    assert hint.endswith(f"give it its name: `mv {renamed} {own}`")


def test_a_segment_that_was_removed_stops_it_until_the_loss_is_accepted(repository: Repository) -> None:
    made = fill(repository)
    repository.upkeep.gc(tidiness=THOROUGH)
    segment(repository).unlink()
    hint = refused(repository, f"snapshot {made[-2].id[:12]} is missing, and no collection removed it")
    assert hint.startswith("bring it back from a copy: `cortex snapshot verify --repair --from REPO`; ")
    assert "`cortex snapshot gc --accept-loss`" in hint
    assert again(repository).upkeep.gc(tidiness=THOROUGH, accept_loss=True).objects > 0
    assert again(repository).inventory(made[-1]) == inventory(COUNT - 1)


def test_one_of_two_segments_that_was_removed_stops_it(repository: Repository) -> None:
    fill(repository)
    repository.upkeep.gc(tidiness=THOROUGH)
    first = segment(repository)
    kept = first.read_bytes()
    last = [repository.create(inventory(number)) for number in range(COUNT, COUNT + 40)][-2]
    again(repository).upkeep.gc(tidiness=THOROUGH)
    for path in Path(repository.location, "segments").iterdir():
        path.unlink()
    first.write_bytes(kept)
    refused(repository, f"snapshot {last.id[:12]} is missing")


def test_a_ref_that_was_removed_stops_it(repository: Repository) -> None:
    made = fill(repository)
    ref(repository, made[3]).unlink()
    refused(repository, f"snapshot {made[3].id[:12]} is missing")


@pytest.mark.parametrize("rename", [_kept_by_an_editor, _hidden, _dashed, _no_text, _suffixed])
def test_the_newest_ref_that_was_renamed_stops_it(repository: Repository, rename: Callable[[Path], None]) -> None:
    made = fill(repository)
    path = ref(repository, made[-1])
    rename(path)
    refused(repository, "because refs/.* cannot be read: its name does not match the snapshot in the file")
    (strange,) = (one for one in path.parent.iterdir() if path.name in one.name)
    strange.rename(path)
    assert again(repository).upkeep.gc(keep_deleted_ms=0).objects == 0
    assert again(repository).inventory(made[-1]) == inventory(COUNT - 1)


def test_a_ref_from_which_a_segment_follows_was_removed(repository: Repository) -> None:
    made = fill(repository)
    ref(repository, made[3]).unlink()
    repository.upkeep.gc(tidiness=THOROUGH, accept_loss=True)
    refused(repository, f"snapshot {made[3].id[:12]} is missing")


def test_what_a_collection_removed_stops_no_later_one(repository: Repository) -> None:
    made = fill(repository)
    repository.delete([one.id for one in made[2:5]])
    assert len(repository.upkeep.gc(keep_deleted_ms=0).snapshots) == 3
    more = fill(repository)
    again(repository).upkeep.gc(tidiness=THOROUGH)
    repository.delete([one.id for one in (*made[5:], *more[:3])])
    assert len(again(repository).upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH).snapshots) == 6
    again(repository).upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
    assert again(repository).upkeep.verify().problems == ()


def test_what_a_collection_had_begun_to_remove_stops_no_later_one(repository: Repository) -> None:
    made = fill(repository)
    repository.delete([made[3].id])
    mark = Path(repository.location, "deleted", made[3].id)
    mark.rename(mark.with_name(f"{mark.name}.claimed"))
    ref(repository, made[3]).unlink()
    assert again(repository).upkeep.gc(keep_deleted_ms=0).snapshots == (made[3].id,)
    assert again(repository).upkeep.gc(keep_deleted_ms=0).snapshots == ()


def damaged_note(repository: Repository) -> Path:
    (note,) = Path(repository.location, "removed").iterdir()
    note.write_bytes(note.read_bytes()[:-1])
    return note


def test_a_damaged_note_stops_it_where_the_note_would_say_who_removed_a_snapshot(repository: Repository) -> None:
    made = fill(repository)
    repository.delete([made[1].id])
    repository.upkeep.gc(keep_deleted_ms=0)
    copy = Path(repository.location, "removed").parent.with_name("copy")
    shutil.copytree(repository.location, copy)
    note = damaged_note(repository)
    hint = refused(repository, f"snapshot {made[1].id[:12]} is not there, and removed/{note.name} cannot be read")
    assert hint.startswith("replace the file from a copy: `cortex snapshot verify --repair --from REPO`; without")
    assert "`cortex snapshot gc --accept-loss`" in hint
    again(repository).upkeep.repair(sources=[Repository.open(copy).upkeep])
    assert again(repository).upkeep.gc(keep_deleted_ms=0).damaged == ()


def test_a_damaged_note_is_named_and_stays_beside_the_note_that_replaces_it(repository: Repository) -> None:
    made = fill(repository)
    repository.delete([made[-1].id])
    repository.upkeep.gc(keep_deleted_ms=0)
    # Nothing links to the newest snapshot, so that no link depends on the note.
    note = damaged_note(repository)
    found = Damage(f"removed/{note.name}", "its checksum does not match")
    for dry_run in (True, False):
        assert again(repository).upkeep.gc(keep_deleted_ms=0, dry_run=dry_run).damaged == (found,)
    bad = note.read_bytes()
    repository.delete([made[1].id])
    assert again(repository).upkeep.gc(keep_deleted_ms=0).damaged == (found,)
    (aside,) = Path(repository.location, "damaged").iterdir()
    assert aside.name.startswith(f"removed.{note.name}.")
    assert aside.read_bytes() == bad != note.read_bytes()
    assert again(repository).upkeep.gc(keep_deleted_ms=0).damaged == ()


def test_an_accepted_loss_replaces_a_damaged_note_with_one_that_begins_later(repository: Repository) -> None:
    made = fill(repository)
    repository.delete([made[1].id, made[5].id])
    repository.upkeep.gc(keep_deleted_ms=0)
    damaged_note(repository)
    repository.delete([made[3].id])
    assert again(repository).upkeep.gc(keep_deleted_ms=0, accept_loss=True).snapshots == (made[3].id,)
    assert again(repository).upkeep.gc(keep_deleted_ms=0).damaged == ()


def test_an_accepted_loss_is_accepted_once_also_where_nothing_was_collected(repository: Repository) -> None:
    made = fill(repository)
    repository.delete([made[1].id])
    repository.upkeep.gc(keep_deleted_ms=0)
    note = damaged_note(repository)
    bad = note.read_bytes()
    stray = note.with_name("no-note")
    stray.write_bytes(b"of nobody")
    found = again(repository).upkeep.gc(keep_deleted_ms=0, accept_loss=True)
    assert (found.snapshots, found.objects) == ((), 0)
    (aside,) = Path(repository.location, "damaged").iterdir()
    assert (aside.name.rpartition(".")[0], aside.read_bytes()) == (f"removed.{note.name}", bad)
    assert stray.read_bytes() == b"of nobody"
    stray.unlink()
    assert again(repository).upkeep.gc(keep_deleted_ms=0).damaged == ()
    # What is lost from now on stops it as before.
    later = fill(again(repository))
    ref(repository, later[0]).unlink()
    refused(again(repository), f"snapshot {later[0].id[:12]} is missing")


def test_the_past_is_in_no_chain_and_stops_nothing(repository: Repository) -> None:
    past = repository.record(inventory(90), 500)
    assert past is not None
    made = fill(repository)
    assert made[0].previous is not None
    assert made[0].previous.id == past.id
    ref(repository, past).unlink()
    assert again(repository).upkeep.gc(keep_deleted_ms=0).objects > 0
