"""A distribution whose namesake has the same version: what an index offers is not taken for what was installed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from support.packages.contents import SAME, bared_manifest, differing
from support.packages.wheels import archive, wheel
from support.restores.pip_restores import Bench, Memory, listed, offer, room

from cortexrepo.ecosystems.pip.restore import restorer as pip
from cortexrepo.errors import FetchError
from cortexrepo.model.content import DIGEST
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import ARTIFACT, REINSTALL

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.restoring import Room

EMPTY = Manifest("pip", ())
ROW = Package("cx-mine", "", "1.0")


class Places:
    """Our wheel, a stranger's of the same name and version, and an environment with ours."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.ours = wheel(base / "ours", "cx-mine", "1.0", {"cx_mine/ours.py": "ours = 1\n"}, scripts=["cx-mine"])
        self.theirs = wheel(base / "theirs", "cx-mine", "1.0", {"cx_mine/theirs.py": "theirs = 1\n"})
        self.bench = Bench(base / "v", room(base))
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(self.bench.environment)], check=True)
        offer(base, self.ours.parent)
        self.go(Manifest.of("pip", [ROW]))
        self.target = self.bench.reading()[0]
        assert self.target.packages[0].attribute(DIGEST)

    def go(self, target: Manifest, *kept: Path) -> tuple[str, str]:
        """Restores; returns the kind of the one step, and where its file came from."""
        bench = self.bench._replace(room=self._room(*kept))
        part = bench.part(target)
        pip.fetch(part, bench.room)
        pip.apply(part, bench.room)
        pip.finish(part, bench.room)
        (step,) = part.steps
        return step.kind, step.source.place if step.source is not None else ""

    def refused(self, *kept: Path) -> str:
        """Returns the one reason why a restore to the target is refused, which changes nothing."""
        before = listed([self.bench.environment])
        bench = self.bench._replace(room=self._room(*kept))
        (obstacle,) = pip.propose(bench.work(self.target), bench.room).obstacles
        assert (obstacle.kind, obstacle.package) == ("missing", "cx-mine 1.0")
        assert obstacle.hint
        assert listed([self.bench.environment]) == before
        return obstacle.reason

    def _room(self, *kept: Path) -> Room:
        shelf = Memory()
        for path in kept:
            shelf.keep(path, "cx-mine", "1.0")
        self.bench.new_room()
        return room(self.base, shelf=shelf)


@pytest.fixture(name="places")
def _places(tmp_path: Path) -> Places:
    return Places(tmp_path.resolve())


def test_a_strangers_wheel_is_not_put_in_the_place_of_ours(places: Places) -> None:
    places.go(EMPTY)
    offer(places.base, places.theirs.parent)
    assert "has other files than the cx-mine 1.0 that was installed" in places.refused()


def test_ours_is_a_difference_where_a_strangers_is_installed(places: Places) -> None:
    places.go(EMPTY)
    offer(places.base, places.theirs.parent)
    places.go(Manifest.of("pip", [ROW]))
    assert differing(places.bench.reading()[0], places.target) != SAME
    places.refused()
    offer(places.base, places.ours.parent)
    assert places.go(places.target)[0] == REINSTALL
    assert places.bench.reading()[0] == places.target


def test_a_wheel_that_only_says_that_it_is_ours_is_refused(places: Places) -> None:
    with zipfile.ZipFile(places.ours) as source:
        content = {name: source.read(name).decode() for name in source.namelist()}
    content["cx_mine/ours.py"] = "stolen = 1\n"
    archive(places.theirs, content, None)
    places.go(EMPTY)
    offer(places.base, places.theirs.parent)
    bench = places.bench._replace(room=places._room())
    part = bench.part(places.target)
    with pytest.raises(FetchError, match="damaged"):
        pip.fetch(part, bench.room)
    assert bench.reading()[0] == EMPTY


def test_an_edited_record_is_a_difference_that_a_restore_mends(places: Places) -> None:
    (record,) = places.bench.environment.glob("lib/python3*/site-packages/cx_mine-1.0.dist-info/RECORD")
    record.write_text(record.read_text().replace("cx_mine/ours.py,sha256=", "cx_mine/ours.py,sha256=AAAA"))
    assert differing(places.bench.reading()[0], places.target) != SAME
    assert places.go(places.target)[0] == REINSTALL
    assert places.bench.reading()[0] == places.target


def test_a_kept_wheel_with_the_right_content_comes_before_an_index_with_another(places: Places) -> None:
    places.go(EMPTY)
    offer(places.base, places.theirs.parent)
    assert places.go(places.target, places.ours) == ("install", ARTIFACT)
    places.go(EMPTY)
    assert places.go(places.target, places.theirs, places.ours) == ("install", ARTIFACT)
    assert places.bench.reading()[0] == places.target


def test_where_only_a_kept_wheel_is_wrong_the_index_is_asked(places: Places) -> None:
    places.go(EMPTY)
    assert places.go(places.target, places.theirs)[1] == "configured"
    assert places.bench.reading()[0] == places.target


def test_where_every_file_is_wrong_each_reason_is_told(places: Places) -> None:
    places.go(EMPTY)
    offer(places.base, places.theirs.parent)
    reason = places.refused(places.theirs)
    assert reason.count("has other files") == 2


def test_what_came_from_an_empty_direct_url_is_fetched_from_no_index(places: Places) -> None:
    (info,) = places.bench.environment.glob("lib/python3*/site-packages/cx_mine-1.0.dist-info")
    (info / "direct_url.json").write_bytes(b"")
    places.target = places.bench.reading()[0]
    assert places.target.packages[0].attribute("url") == "?"
    (info / "direct_url.json").unlink()
    places.go(EMPTY)
    (obstacle,) = pip.propose(places.bench.work(places.target), places.bench.room).obstacles
    assert obstacle.kind == "missing"


def test_a_snapshot_without_digests_is_restored_as_before(places: Places) -> None:
    places.go(EMPTY)
    places.go(bared_manifest(places.target))
    assert places.bench.reading()[0] == places.target
