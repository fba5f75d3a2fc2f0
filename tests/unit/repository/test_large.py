"""What is far larger than a machine has: stored, listed, read, compared, packed and verified as what is small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.processes import workers
from support.repositories.large import ENVIRONMENTS, ROWS, many, nested
from support.repositories.memories import InMemory

from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.inventory import Inventory

THOROUGH = Tidiness(recent=0, least=1)
MOST = 200 << 10
"""So many KiB a process may take at its peak."""


def _is_kept(place: InMemory, held: list[Inventory]) -> None:
    """Asserts that all of a repository is read back, also out of segments and packs, and after the oldest has gone."""
    made = [place.repository.create(one) for one in held]
    assert list(place.again().listing().snapshots) == made[::-1]
    assert place.again().upkeep.gc(tidiness=THOROUGH).snapshots == ()
    assert place.names("refs") == []
    repository = place.again()
    assert list(repository.listing().snapshots) == made[::-1]
    assert [repository.inventory(repository.get(one.id)).readings for one in made] == [one.readings for one in held]
    repository.delete([made[0].id])
    repository.upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
    repository = place.again()
    assert list(repository.snapshots()) == made[:0:-1]
    assert repository.inventory(made[1]).readings == held[1].readings
    report = repository.upkeep.verify()
    assert (report.problems, report.snapshots) == ((), len(made) - 1)


def test_a_manifest_of_100000_packages_is_kept() -> None:
    place = InMemory()
    held = [nested(ROWS), nested(ROWS, "2.0.0")]
    _is_kept(place, held)
    (changed,) = place.again().diff("latest", held[0]).changes
    assert (changed.before.version if changed.before else "") == "2.0.0"


def test_a_snapshot_of_20000_environments_is_kept() -> None:
    place = InMemory()
    held = [many(ENVIRONMENTS, number) for number in (0, ENVIRONMENTS // 2)]
    _is_kept(place, held)
    assert len(place.again().get("latest").slots) == ENVIRONMENTS


@pytest.mark.parametrize("kind", ["rows", "environments"])
def test_no_command_takes_more_than_200_mib_for_it(tmp_path: Path, kind: str) -> None:
    place = str(tmp_path / "repository")
    peaks = {f"create {number}": peak("create_large", place, kind, str(number)) for number in range(2)}
    peaks["gc, packing"] = peak("collect_all", place)
    peaks["create, packed"] = peak("create_large", place, kind, "2")
    for words in ("list", "show --packages", "show --packages --json", "diff latest~1 latest", "verify", "gc"):
        peaks[words] = peak("command", place, *words.split())
    assert {what: most for what, most in peaks.items() if most > MOST} == {}


def peak(name: str, *arguments: str) -> int:
    """Has a worker run, and returns its peak in KiB, which it says last."""
    with workers.start(name, *arguments) as started:
        said, problems = started.communicate()
    assert started.returncode == 0, problems
    return int(said.rpartition("peak ")[2])
