"""Whose homes are searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.machine.homes import homes
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from pathlib import Path

TABLE = b"root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann/:/bin/sh\nbin:x:2:2::/bin:/bin/sh\nbroken\n"


class Told(LiveSystem):
    def __init__(self, user: int, environment: dict[str, str]) -> None:
        super().__init__(environment)
        self.user = user

    def read(self, path: str, limit: int = 0) -> bytes | None:
        return TABLE if path == "/etc/passwd" else None


def test_root_searches_every_home() -> None:
    assert homes(Told(0, {"HOME": "/root"})) == ["/root", "/home/ann"]


def test_an_ordinary_user_searches_only_their_own() -> None:
    assert homes(Told(1000, {"HOME": "/home/ann"})) == ["/home/ann"]


def test_a_home_that_only_the_environment_names_is_searched() -> None:
    assert homes(Told(1000, {"HOME": "/srv/ann"})) == ["/home/ann", "/srv/ann"]


def test_in_another_root_every_home_is_searched(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_bytes(TABLE)
    assert homes(RootedSystem(str(tmp_path))) == ["/root", "/home/ann"]
