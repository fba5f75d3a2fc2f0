"""One history in the logs of many versions of dpkg, in several languages, rotated in many ways: always the same states.

dpkg translated `<none>` up to 1.19 (po/*.po), and wrote no architectures before 1.16.2; logrotate.conf(5) and
savelog(8) say how files are named.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root

from cortexrepo.codec.packed import compression

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.processes.command_line import CommandLine

STEPS = (
    ("2025-11-20 10:00:00", "install", "nano", "", "7.1-1"),
    ("2026-01-15 10:00:00", "upgrade", "openssl", "3.0.8-1", "3.0.9-1"),
    ("2026-02-15 10:00:00", "remove", "nano", "7.1-1", ""),
    ("2026-03-15 10:00:00", "upgrade", "openssl", "3.0.9-1", "3.0.11-1"),
)
MONTHS = {"2025-11-20": "2025-12-01", "2026-01-15": "2026-02-01", "2026-02-15": "2026-03-01"}
"""When the log that a step is in was set aside."""

SECONDS: dict[str, int] = {"2025-12-01": 1764547200, "2026-02-01": 1769904000, "2026-03-01": 1772323200}

LANGUAGES = ("<none>", "<aucune>", "<無し>", "<нет>", "<sem versão>", "<ninguna>", "<keine>", "<无>")


def run(step: tuple[str, str, str, str, str], none: str, arch: str) -> str:
    """Returns what dpkg logs of one step."""
    at, verb, name, old, new = step
    lines = ["startup packages purge" if verb == "remove" else "startup archives unpack"]
    if verb == "install":
        lines += [f"install {name}{arch} {none} {new}", f"status half-installed {name}{arch} {new}"]
    if verb == "upgrade":
        lines += [f"upgrade {name}{arch} {old} {new}"]
        lines += [f"status {state} {name}{arch} {old}" for state in ("half-configured", "unpacked", "half-installed")]
    if verb != "remove":
        lines += [f"status unpacked {name}{arch} {new}", f"configure {name}{arch} {new} {new if not arch else none}"]
        lines += [f"status half-configured {name}{arch} {new}", f"status installed {name}{arch} {new}"]
    else:
        lines += [f"status installed {name}{arch} {old}", f"remove {name}{arch} {old} {none}"]
        lines += [f"status {state} {name}{arch} {old}" for state in ("half-configured", "half-installed")]
        lines += [f"status config-files {name}{arch} {old}", f"purge {name}{arch} {old} {none}"]
        lines += [f"status not-installed {name}{arch} {none}"]
    return "".join(f"{at} {line}\n" for line in lines)


def told(cortex: CommandLine, folder: Path, files: dict[str, bytes]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Returns the states that are rebuilt from these files: when, and every package."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    found = cortex("import-logs")
    assert (found.code, found.err) == (0, "")
    rows = cortex("list", "--json").json()["snapshots"]
    assert isinstance(rows, list)
    shown = []
    for row in rows:
        packages = cortex("show", row["id"], "--packages", "--json").json()["packages"]
        assert isinstance(packages, list)
        shown.append((row["created_at"], [(one["name"], one["version"], one.get("arch", "")) for one in packages]))
    return shown


def expected(arch: str = "amd64") -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Returns the right states, newest first; `arch` is that of a package that is gone."""
    bash, nano = ("bash", "5.2.15-2", "amd64"), ("nano", "7.1-1", arch)
    old, middle, new = (("openssl", f"3.0.{number}-1", "amd64") for number in (8, 9, 11))
    return [
        ("2026-03-15T10:00:00.000Z", [bash, new]),
        ("2026-02-15T10:00:00.000Z", [bash, middle]),
        ("2026-01-15T10:00:00.000Z", [bash, nano, middle]),
        ("2025-11-20T10:00:00.000Z", [bash, nano, old]),
        ("2025-11-20T09:59:59.999Z", [bash, old]),
    ]


@pytest.mark.parametrize("none", LANGUAGES)
def test_in_every_language(cortex: CommandLine, none: str) -> None:
    make_root(cortex.root)
    text = "".join(run(step, none, ":amd64") for step in STEPS)
    assert told(cortex, cortex.root / "var/log", {"dpkg.log": text.encode()}) == expected()


def test_of_a_dpkg_that_wrote_no_architectures(cortex: CommandLine) -> None:
    make_root(cortex.root)
    text = "".join(run(step, "<none>", "") for step in STEPS)
    assert told(cortex, cortex.root / "var/log", {"dpkg.log": text.encode()}) == expected(arch="")


def test_of_a_dpkg_that_began_to_write_architectures(cortex: CommandLine) -> None:
    make_root(cortex.root)
    text = "".join(run(step, "<none>", "" if step[0] < "2026-02" else ":amd64") for step in STEPS)
    assert told(cortex, cortex.root / "var/log", {"dpkg.log": text.encode()}) == expected()


def plain(content: bytes) -> bytes:
    return content


ROTATIONS: dict[str, tuple[Callable[[str, int], str], Callable[[bytes], bytes]]] = {
    "numbers": (lambda _, age: f"dpkg.log.{age}", plain),
    "numbers from 0 (savelog)": (lambda _, age: f"dpkg.log.{age - 1}{'.gz' if age > 1 else ''}", gzip.compress),
    "dateext": (lambda date, _: f"dpkg.log-{date.replace('-', '')}", plain),
    "dateformat -%Y%m": (lambda date, _: f"dpkg.log-{date[:4]}{date[5:7]}.xz", lzma.compress),
    "dateformat -%Y-%m-%d": (lambda date, _: f"dpkg.log-{date}.bz2", bz2.compress),
    "dateformat .%d%m%Y": (lambda date, _: f"dpkg.log.{date[8:]}{date[5:7]}{date[:4]}.zst", compression.compress),
    "dateformat -%s": (lambda date, _: f"dpkg.log-{SECONDS[date]}.gz", gzip.compress),
    "extension .log": (lambda date, _: f"dpkg-{date.replace('-', '')}.log.gz", gzip.compress),
    "extension .log, numbers": (lambda _, age: f"dpkg.{age}.log", plain),
    "compressext .old": (lambda _, age: f"dpkg.log.{age}.Z", compression.compress),
}


@pytest.mark.parametrize("way", ROTATIONS)
def test_rotated_in_every_way(cortex: CommandLine, way: str) -> None:
    make_root(cortex.root)
    called, packed = ROTATIONS[way]
    files = {"dpkg.log": run(STEPS[-1], "<none>", ":amd64").encode()}
    for age, step in enumerate(reversed(STEPS[:-1]), 1):
        name = called(MONTHS[step[0][:10]], age)
        content = run(step, "<none>", ":amd64").encode()
        files[name] = content if name.endswith((".0", ".log.1")) and packed is gzip.compress else packed(content)
    assert told(cortex, cortex.root / "var/log", files) == expected()


def test_a_clock_without_a_battery_costs_the_times_that_it_showed(cortex: CommandLine) -> None:
    make_root(cortex.root)
    steps = (STEPS[0], ("1969-12-31 19:00:17", *STEPS[1][1:]), ("1970-01-01 00:05:00", *STEPS[2][1:]), STEPS[3])
    text = "".join(run(step, "<none>", ":amd64") for step in steps)
    folder = cortex.root / "var/log"
    folder.mkdir(parents=True)
    (folder / "dpkg.log").write_text(text)
    found = cortex("import-logs")
    assert found.code == 3
    assert found.err == "partial: left out 2 transactions: the clock was wrong, or was set back\n"
    assert [line[14:33] for line in found.out.splitlines()[:-1]] == [
        "2026-03-15 10:00:00",
        "2025-11-20 10:00:00",
        "2025-11-20 09:59:59",
    ]
