"""Beds: what happens in one stays in one."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, NoReturn

import pytest
from support.machines.beds import Bed, Killed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def bed() -> Iterator[Bed]:
    with Bed.make() as made:
        yield made


def test_what_is_written_in_a_bed_is_nowhere_else(bed: Bed) -> None:
    bed.run("sh", "-c", "echo here >/bed-was-here; rm /etc/debian_version")
    assert bed.path("/bed-was-here").read_text() == "here\n"
    assert not bed.path("/etc/debian_version").exists()
    assert os.path.exists("/etc/debian_version")
    assert not os.path.exists("/bed-was-here")


def test_a_function_runs_where_the_root_is_the_beds(bed: Bed) -> None:
    bed.path("/mark").write_text("x")
    assert bed.call(os.path.exists, "/mark")
    assert bed.call(os.getuid, user=65534) == 65534


def test_what_a_function_raises_is_raised_outside(bed: Bed) -> None:
    def fail() -> NoReturn:
        raise LookupError("not there")

    with pytest.raises(LookupError, match="not there"):
        bed.call(fail)


def test_a_function_that_is_killed_says_so(bed: Bed) -> None:
    with pytest.raises(Killed):
        bed.call(lambda: os.kill(os.getpid(), 9))


def test_a_bed_has_its_own_processes_and_no_network(bed: Bed) -> None:
    call = bed.start(_sleep)
    while not bed.processes("sleep"):
        pass
    assert bed.kill("sleep") == 1
    call.result()
    bed.wait_for("sleep")
    assert bed.run("cat", "/proc/net/dev").out.count(":") == 1


def _sleep() -> None:
    subprocess.run(["sleep", "60"], check=False)


def test_a_fresh_bed_is_as_the_one_below_it_and_changes_nothing_there(bed: Bed) -> None:
    bed.run("sh", "-c", "mkdir -p /srv/one; echo below >/srv/one/file; rm /etc/debian_version")
    for _ in range(2):
        with bed.fresh() as fresh:
            assert fresh.path("/srv/one/file").read_text() == "below\n"
            assert not fresh.path("/etc/debian_version").exists()
            fresh.run(
                "sh", "-c", "mv /srv/one /srv/two; echo above >>/srv/two/file; mv /usr/share/doc /usr/share/paper"
            )
            with fresh.fresh() as third:
                assert third.path("/srv/two/file").read_text() == "below\nabove\n"
                assert third.path("/usr/share/paper").is_dir()
                assert not third.path("/srv/one").exists()
    assert bed.path("/srv/one/file").read_text() == "below\n"


def test_what_lies_below_a_fresh_bed_cannot_be_changed_any_more(bed: Bed) -> None:
    with bed.fresh(), pytest.raises(OSError, match="Read-only"):
        bed.path("/srv/late").touch()


def test_apt_and_dpkg_miss_nothing_where_they_know_fewer_packages(archive: Bed) -> None:
    here = subprocess.run(["dpkg-query", "-W"], capture_output=True, text=True, check=True).stdout.splitlines()
    with archive.fresh() as fresh:
        fresh.run("apt-get", "check")
        assert fresh.run("dpkg", "--audit").out == ""
        assert fresh.run("dpkg-query", "-W", "-f", "${Package}\n", "apt", "dpkg").out == "apt\ndpkg\n"
        assert len(fresh.run("dpkg-query", "-W").out.splitlines()) <= len(here)
