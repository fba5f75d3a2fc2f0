"""Files that name environments: one that is too long is named, and not passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.machine.traces import Traces

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_is_too_long_is_not_looked_at_and_named(tmp_path: Path) -> None:
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    (units / "short.service").write_text("ExecStart=/srv/a/bin/python -m a\n")
    (units / "long.service").write_text("#" * 70_000 + "\nExecStart=/srv/b/bin/python -m b\n")
    traces = Traces(RootedSystem(str(tmp_path)))
    traces.units("/etc/systemd/system")
    assert traces.found == {"/srv/a": "/etc/systemd/system/short.service"}
    assert traces.unread == {"/etc/systemd/system/long.service": "the file is longer than 65536 bytes"}
