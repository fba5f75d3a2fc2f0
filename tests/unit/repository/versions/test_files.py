"""The files of a version 2 that does not exist, and what no single cell of the table in docs/format.md says."""

from __future__ import annotations

import pytest
from support.repositories import beside, later
from support.repositories.memories import LOCATION
from support.repositories.newer import USE, Beside

from cortexrepo.codec import hashing
from cortexrepo.errors import FormatVersionError, MissingObjectError
from cortexrepo.model.damage import NEWER_FORMAT
from cortexrepo.model.problem import ADVICE


@pytest.mark.parametrize("case", [case for cases in later.ROWS.values() for case in cases])
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
