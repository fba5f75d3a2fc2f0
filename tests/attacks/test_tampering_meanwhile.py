"""The journal and the plan of a restore are changed while it runs: nothing is done that was not shown.

Nobody but root reaches the journal (`test_tampering.py`). What is tried here is a disk that loses it, and root's other
programs: removed, emptied, torn, replaced by a link, a directory or other words, before each event of a restore.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from typing import TYPE_CHECKING

import pytest
from support.processes.counts import count
from support.restores.restorations import Bench, World

from cortexrepo.cli.commands.restore import _reviewed
from cortexrepo.errors import CortexError, RequestError
from cortexrepo.formats.json.document import encode
from cortexrepo.formats.json.plan import document
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.package import Package
from cortexrepo.model.plan import Plan, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

THEN = {
    ("apt", ""): [Package("a", "", "1.0")],
    ("pip", "/venv"): [Package("p", "", "1.0"), Package("q", "", "1.0")],
    ("npm", "/node"): [Package("n", "", "1.0")],
}
NOW = {
    ("apt", ""): [Package("a", "", "2.0")],
    ("pip", "/venv"): [Package("p", "", "2.0")],
    ("npm", "/node"): [Package("n", "", "2.0")],
}
EVIL = "6.6.6"
STRIDE = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 3


def removed(journal: Path, _outside: Path) -> None:
    journal.unlink(missing_ok=True)


def emptied(journal: Path, _outside: Path) -> None:
    journal.write_bytes(b"")


def torn(journal: Path, _outside: Path) -> None:
    if journal.exists():
        journal.write_bytes(journal.read_bytes()[: journal.stat().st_size // 2])


def linked(journal: Path, outside: Path) -> None:
    journal.unlink(missing_ok=True)
    journal.symlink_to(outside)


def a_directory(journal: Path, _outside: Path) -> None:
    journal.unlink(missing_ok=True)
    journal.mkdir()


def other_words(journal: Path, _outside: Path) -> None:
    if journal.exists():
        journal.write_text(journal.read_text().replace('"1.0"', f'"{EVIL}"').replace('"2.0"', f'"{EVIL}"'))


def parts_removed(journal: Path, _outside: Path) -> None:
    for part in journal.parent.glob("part-*"):
        shutil.rmtree(part)


WAYS = (removed, emptied, torn, linked, a_directory, other_words, parts_removed)


class Tampered(World):
    """A world in which something is done to the journal before one event."""

    def __init__(self, installed: Mapping[tuple[str, str], Sequence[Package]]) -> None:
        super().__init__(installed)
        self.at = -1
        self.act: Callable[[], None] = lambda: None

    def event(self, what: str) -> None:
        if len(self.done) == self.at:
            self.at = -1
            self.act()
        super().event(what)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_whatever_happens_to_the_journal_nothing_is_done_that_was_not_shown(
    tmp_path: Path, way: Callable[[Path, Path], None]
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("root's own")
    shown = {place: frozenset([*THEN[place], *NOW[place]]) for place in THEN}
    whole = refused = number = 0
    while True:
        world = Tampered(THEN)
        bench = Bench(tmp_path / str(number), world)
        world.installed = {place: frozenset(rows) for place, rows in NOW.items()}
        plan = bench.restoration().plan(bench.snapshot, Selection())
        path = tmp_path / str(number) / "journal" / "journal.json"
        world.done, world.at, world.act = [], number, lambda path=path: way(path, outside)  # type: ignore[misc]
        try:
            bench.restoration().carry_out(plan)
        except CortexError:
            refused += 1
        else:
            whole += 1
            assert world.installed == {place: frozenset(rows) for place, rows in THEN.items()}
        assert all(world.installed[place] <= shown[place] for place in shown)
        assert outside.read_text() == "root's own"
        if world.at >= 0:
            break
        number += STRIDE
    assert number > 10, "there were events to be first at"
    count(f"events of a restore with the journal {way.__name__.replace('_', ' ')} before", whole=whole, refused=refused)


def test_a_plan_that_changes_while_it_is_read_is_one_of_the_plans_or_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        tmp_path.chmod(0o700)
    plans = [Plan(SnapshotId(digit * 32), "2" * 32, 0, "3" * 64, Selection(), (), (), (), ()) for digit in "19"]
    texts = [encode(document(plan)) for plan in plans]
    path = tmp_path / "plan.json"
    path.write_text(texts[0])
    beside = tmp_path / "beside"
    beside.touch(0o600)
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            for text in texts:
                path.write_text(text)  # torn, for a moment
                beside.write_text(text)
                beside.replace(path)

    changing = threading.Thread(target=change)
    changing.start()
    read = refused = 0
    try:
        for _ in range(500):
            try:
                assert _reviewed(str(path)) in plans
            except RequestError:
                refused += 1
            else:
                read += 1
    finally:
        done.set()
        changing.join()
    assert json.loads(path.read_text())
    assert _reviewed(str(path)) in plans
    count("a plan that changes while root reads it", read=read, refused=refused)
