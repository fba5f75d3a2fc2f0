"""Nothing but regular files is opened in a home: to open a device may do something, and a FIFO has a writer."""

from __future__ import annotations

import errno
import os
import select
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.machines.people import SITE, dist, names, needs_root, people

from cortexrepo.disk.straight import Straight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.people import People

pytestmark = needs_root
BOTH = pytest.mark.parametrize("live", [True, False], ids=["this machine", "another root"])


@pytest.fixture
def machine() -> Iterator[People]:
    """Alice, who has one distribution."""
    with people("alice") as made:
        made.site("alice", "honest")
        yield made


def waiting(fifo: Path) -> tuple[int, int]:
    """Starts a process that waits for a reader of a FIFO; returns it, and a pipe that has something once it went on."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, b"r")
            os.open(fifo, os.O_WRONLY)
            os.write(writing, b"opened")
        finally:
            os._exit(0)
    os.close(writing)
    assert os.read(reading, 1) == b"r"
    while Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] != "S":
        pass
    return child, reading


@BOTH
@pytest.mark.parametrize("openat2", [True, False], ids=["openat2", "no openat2"])
def test_who_waits_for_a_reader_of_a_fifo_in_a_home_goes_on_waiting(
    machine: People,
    live: bool,  # noqa: FBT001
    openat2: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thing that is no regular file is not opened at all: to open a device may do something."""
    if not openat2:
        monkeypatch.setattr(Straight, "open", lambda *_: -errno.ENOSYS)
    site, home = machine.home("alice") / SITE, machine.home("alice")
    made = machine.prefix(home / ".npm-global", "p", owner="alice") / "p/package.json"
    info = dist(site, "evil")
    fifos = [home / ".npmrc", info / "METADATA", info / "INSTALLER", site / "x.pth", made]
    for fifo in fifos:
        fifo.unlink(missing_ok=True)
        os.mkfifo(fifo)
    machine.own("alice", *fifos, info)
    started = [waiting(fifo) for fifo in fifos]
    try:
        found = machine.read(live=live)
        went_on = select.select([pipe for _, pipe in started], [], [], 0.2)[0]
        assert [fifo.name for fifo, (_, pipe) in zip(fifos, started, strict=True) if pipe in went_on] == []
    finally:
        for child, pipe in started:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(pipe)
    assert names(found["pip", f"/home/alice/{SITE}"]) == ["evil", "honest"]
