from __future__ import annotations

from cortexrepo.ecosystems.apt.names import Orders
from cortexrepo.ecosystems.apt.restore.progress import counted, fetched
from cortexrepo.model.package import Package


def test_what_dpkg_does_to_a_package_has_its_number() -> None:
    told: list[str] = []
    asked = Orders((Package("libfoo1", "amd64", "1"), Package("bar", "all", "2")), (Package("gone", "amd64", "1"),))
    tell = counted(told.append, asked)
    lines = (
        "(Reading database ... 1 files)",
        "Removing gone (1) ...",
        "Preparing to unpack .../bar_2_all.deb ...",
        "Unpacking libfoo1:amd64 (1) over (2) ...",
        "Unpacking bar (2) ...",
        "Removing else (1) ...",
        "Setting up libfoo1:amd64 (1) ...",
        "Setting up libfoo1:amd64 (1) ...",
        "Setting up bar (2) ...",
    )
    for line in lines:
        tell(line)
    assert told == [
        "(Reading database ... 1 files)",
        "1 of 5  Removing gone (1) ...",
        "Preparing to unpack .../bar_2_all.deb ...",
        "2 of 5  Unpacking libfoo1:amd64 (1) over (2) ...",
        "3 of 5  Unpacking bar (2) ...",
        "Removing else (1) ...",
        "4 of 5  Setting up libfoo1:amd64 (1) ...",
        "Setting up libfoo1:amd64 (1) ...",
        "5 of 5  Setting up bar (2) ...",
    ]


def test_files_that_are_downloaded_have_their_number() -> None:
    told: list[str] = []
    tell = fetched(told.append, 2)
    for line in ("Get:1 http://source/ bar 2 [1 kB]", "Fetched 1 kB in 0s"):
        tell(line)
    assert told == ["1 of 2  Get:1 http://source/ bar 2 [1 kB]", "Fetched 1 kB in 0s"]
