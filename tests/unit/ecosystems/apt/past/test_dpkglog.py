"""Lines of dpkg's log, as dpkg 1.21 wrote them, and as a full disk or a power cut leaves them."""

from __future__ import annotations

import pytest

from cortexrepo.ecosystems.apt.past.dpkglog import Line, parse

NOON = 1772366400
AT = b"2026-03-01 12:00:00 "


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"startup archives install", Line(NOON, "startup", "archives", state="install")),
        (b"install a:amd64 <none> 1", Line(NOON, "install", "a", "amd64", version="", new="1")),
        (b"upgrade a:all 1:2.0~rc1-3+b1 3", Line(NOON, "upgrade", "a", "all", version="1:2.0~rc1-3+b1", new="3")),
        (b"remove a:i386 1 <none>", Line(NOON, "remove", "a", "i386", version="1")),
        (b"status not-installed a:amd64 <none>", Line(NOON, "status", "a", "amd64", "not-installed")),
        (b"status installed a:amd64 1", Line(NOON, "status", "a", "amd64", "installed", "1")),
        (b"disappear a:all 1 <none>", Line(NOON, "disappear", "a", "all", version="1")),
        (b"trigproc a:all 1 <none>", Line(NOON, "trigproc", "a", "all", version="1")),
        (b"remove a:all 1 <keine>", Line(NOON, "remove", "a", "all", version="1")),
        ("remove a:all 1 <无>".encode(), Line(NOON, "remove", "a", "all", version="1")),
        ("status not-installed a:all <не установлен>".encode(), Line(NOON, "status", "a", "all", "not-installed")),
        ("install a:all <sem versão> 1".encode("latin-1"), Line(NOON, "install", "a", "all", new="1")),
        (b"status installed a 1", Line(NOON, "status", "a", "", "installed", "1")),
        (b"configure a 1 1", Line(NOON, "configure", "a", "", version="1", new="1")),
        (b"upgrade dpkg 1.21 1.22", Line(NOON, "upgrade", "dpkg", version="1.21", new="1.22")),
        (b"conffile /etc/a b.conf keep", Line(NOON, "other")),
        (b"conffile /etc/caf\xe9 install", Line(NOON, "other")),
        (b"somethingnew a:all", Line(NOON, "other")),
    ],
)
def test_a_line_says_what_dpkg_means(raw: bytes, line: Line) -> None:
    assert parse(AT + raw) == line


def test_a_clock_that_shows_a_time_before_1970_is_one() -> None:
    found = parse(b"1969-12-31 19:00:17 status installed a:amd64 1")
    assert found is not None
    assert found.clock == -17983


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00" * 60,
        b"2026-03-01",
        AT,
        AT + b"status installed a:amd64",
        AT + b"status installed a:amd64 1.02026-03-01 12:00:01 startup archives install",
        AT + b"status inst2026-03-01 12:00:01 remove a:all 1 <none>",
        AT + b"status installed a:amd64 ",
        AT + b"status installed dpkg: 1",
        AT + b"status installed :amd64 1",
        AT + b"status installed a:amd64 1\x07",
        AT + b"install a:\xff <none> 1",
        AT + b"startup archives",
        b"2026-02-30 12:00:00 status installed a:amd64 1",
        b"2026-3-1 12:00:00 status installed a:amd64 1",
        b"2026-03-01 25:00:00 status installed a:amd64 1",
        b"2026-03-01 12:00 status installed a:amd64 1",
        "٢٠٢٦-03-01 12:00:00 status installed a:amd64 1".encode(),
    ],
)
def test_what_is_cut_off_run_together_or_garbage_is_no_line(raw: bytes) -> None:
    assert parse(raw) is None
