"""What a restore of this machine does besides restoring: its log, and signals while something is changed."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.repositories.looks import looked_at

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import Selection
from cortexrepo.model.snapshot import ABSENT, OK
from cortexrepo.repository.repository import Repository
from cortexrepo.restore.run import here
from cortexrepo.restore.run.here import restoration_here, undisturbed
from cortexrepo.restore.run.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)


@pytest.fixture
def _as_in_a_terminal() -> Iterator[None]:
    """Signals as a person's shell leaves them: one that starts the tests in the background has some ignored."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_as_in_a_terminal")
@pytest.mark.parametrize("number", SIGNALS)
def test_what_is_changed_is_not_disturbed_and_what_is_started_can_be_ended(number: signal.Signals) -> None:
    with undisturbed():
        os.kill(os.getpid(), number)
        with subprocess.Popen(["sleep", "60"]) as started:
            started.send_signal(number)
            assert started.wait(20) == -number
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("_as_in_a_terminal")
def test_each_ctrl_c_while_something_is_changed_is_told_at_once() -> None:
    pressed: list[int] = []
    with undisturbed(pressed.append):
        os.kill(os.getpid(), signal.SIGINT)
        assert pressed == [1]
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert pressed == [1, 2]
    with undisturbed(pressed.append):
        os.kill(os.getpid(), signal.SIGINT)
    assert pressed == [1, 2, 1]


def test_what_was_ignored_before_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with undisturbed():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_log_and_the_one_before_it_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here, "LOG", 1000)
    path = str(tmp_path / "log")
    for number in range(200):
        here._log(path, f"line {number}")
    assert sorted(os.listdir(tmp_path)) == ["log", "log.1"]
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 2200
    assert (tmp_path / "log").read_text().endswith(" line 199\n")


@pytest.mark.parametrize("planted", ["link", "directory", "fifo"])
def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path, planted: str) -> None:
    repository = Repository.init(tmp_path / "repository")
    journal = Journal(str(tmp_path / "journal"), RealFileSystem())
    journal.make()
    secret = tmp_path / "secret"
    secret.write_text("unchanged")
    if planted == "link":
        os.symlink(secret, journal.log)
    elif planted == "directory":
        os.mkdir(journal.log)
    else:
        os.mkfifo(journal.log)
    site = str(tmp_path / "lib" / "python3.11" / "site-packages")
    rows = Manifest.of("pip", [Package("p", "", "1.0")])
    then = Inventory("0" * 32, (), (Reading("pip", site, OK, rows, "", (("kind", "user"),)),))
    now = Inventory("0" * 32, (), (Reading("pip", "", ABSENT),), looked_at(site))
    told: list[str] = []
    restoration = restoration_here(repository, journal, "me", look=lambda _snapshot: now, stage=told.append)
    plan = restoration.plan(repository.create(then), Selection())
    assert plan.obstacles
    assert told
    assert secret.read_text() == "unchanged"
