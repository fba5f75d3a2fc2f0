"""What a reader does with files of a version 2 that does not exist: the first column of docs/format.md, part 3."""

from __future__ import annotations

import pytest
from support.repositories import beside, later
from support.repositories.memories import object_of, one, ref_of
from support.repositories.newer import Beside, check_words, refuses_the_repository

from cortexrepo.ecosystems.registry import compare
from cortexrepo.errors import EcosystemError, FormatVersionError
from cortexrepo.model.damage import NEWER_FORMAT
from cortexrepo.model.package import flag_names
from cortexrepo.model.plan import Selection
from cortexrepo.model.problem import ADVICE, STRAY
from cortexrepo.model.snapshot import FAILED, OK
from cortexrepo.restore.plan.selection import check, choose


def reads(found: Beside) -> None:
    repository = found.again()
    assert [one.sequence for one in repository.snapshots()] == [3, 2, 1]
    assert [repository.inventory(one).readings[0].status for one in repository.snapshots()] == [OK] * 3
    assert repository.upkeep.verify().problems == ()


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


def refuses_the_name(found: Beside) -> None:
    """A newer version may have other names for its refs: such a file may hold any snapshot."""
    refuses_the_file(found)
    listing = found.again().listing()
    assert [(damage.key, damage.kind) for damage in listing.damaged] == [(found.newer(), NEWER_FORMAT)]
    assert found.again().past.history().damaged == listing.damaged
    assert tuple(found.again().past.overview().damaged) == listing.damaged
    assert [one.sequence for one in listing.snapshots] == [1000, 3, 2, 1]
    with pytest.raises(FormatVersionError, match=found.newer()) as caught:
        found.again().get("latest")
    check_words(caught.value)


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


def refuses_the_table(found: Beside) -> None:
    """What the snapshot holds is unknown, and never nothing; the rest of it is read."""
    refuses_the_file(found)
    [problem] = found.again().upkeep.verify().problems
    assert problem.snapshots == (beside.NEWER.id,)
    assert problem.reason.endswith("; it is a table of slots: what the snapshots hold that need it is not known")
    listing = found.again().listing()
    assert [one.sequence for one in listing.snapshots] == [1001, 1000, 3, 2, 1]
    assert [(one.key, one.kind) for one in listing.damaged] == [(ref_of(beside.NEWER), NEWER_FORMAT)]
    with pytest.raises(FormatVersionError):
        tuple(listing.snapshots[0].slots)
    assert found.again().past.history().damaged == found.again().past.stays().damaged == listing.damaged
    for ask in (lambda: found.again().get("latest"), lambda: found.again().diff("latest~1", "latest")):
        with pytest.raises(FormatVersionError, match=rf"^{ref_of(beside.NEWER)}: its slots cannot be read") as caught:
            ask()
        check_words(caught.value)
    assert found.again().get("latest~1") == beside.PLAIN


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
    _, first, last = (found.again().inventory(one) for one in reversed(found.newest()))
    chosen = choose(last, first, Selection(), compare)
    [left] = [one for one in chosen.left if one.ecosystem == "flatpak"]
    assert "flatpak" not in {work.ecosystem for work in chosen.works}
    assert "cannot restore packages of this ecosystem" in left.reason
    with pytest.raises(EcosystemError, match=r"^packages of 'flatpak' cannot be restored$"):
        check(Selection(only=("flatpak",)), last, first)
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


CASES = {
    **dict.fromkeys(("config-to-read", "config-publish", "config-version"), refuses_the_repository),
    **dict.fromkeys(("config-to-write", "config-to-collect"), reads),
    **dict.fromkeys(("ref-version", "ref-kind", "ref-required"), refuses_the_ref),
    "ref-name": refuses_the_name,
    **dict.fromkeys(("tag-version", "tag-kind", "tag-required"), refuses_the_tag),
    **dict.fromkeys(("mark-version", "mark-kind", "mark-required"), refuses_the_mark),
    **dict.fromkeys(("removed-version", "removed-kind", "removed-required"), refuses_the_note),
    **dict.fromkeys(("artifact-version", "artifact-kind"), refuses_the_artifact),
    **dict.fromkeys(("segment-version", "segment-codec"), refuses_the_segment),
    **dict.fromkeys(("object-version", "object-type", "object-codec"), refuses_the_object),
    "table-version": refuses_the_table,
    **dict.fromkeys(("pack-version", "pack-codec", "pack-block", "pack-object-type"), refuses_what_may_be_in_the_pack),
    **dict.fromkeys(later.ROWS["an unknown extension"], passes_over_extensions),
    **dict.fromkeys(later.ROWS["an unknown status of a slot"], takes_it_as_failed),
    "ecosystem": compares_it_by_equality,
    "flags-and-attributes": shows_and_compares_it,
    **dict.fromkeys(later.ROWS["an unknown role of a root"], passes_over_the_root),
    "top": passes_over_what_it_does_not_know,
}


@pytest.mark.parametrize("case", [case for cases in later.ROWS.values() for case in cases])
def test_a_reader_does_as_the_document_says(case: str) -> None:
    CASES[case](Beside(case))


def test_every_case_has_a_row() -> None:
    assert sorted(CASES) == sorted(case for cases in later.ROWS.values() for case in cases)
