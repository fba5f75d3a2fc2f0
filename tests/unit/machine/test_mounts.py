"""Which mount a path is on: the tables are as Linux prints them."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.machine.mounts import Mount, here, inside, on, parse

TABLE = rb"""22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
30 22 254:2 / /usr ro,relatime - ext4 /dev/vda2 rw
31 22 0:30 / /boot rw,noexec - vfat /dev/vda3 ro,umask=0077
32 30 0:31 / /usr/share/a\040b\134c rw - tmpfs tmpfs rw
33 22 0:32 / /opt rw - overlay overlay ro,lowerdir=/a:/b
34 22 254:2 / /usr rw,relatime - ext4 /dev/vda2 rw
torn 1 2
"""


def test_each_mount_is_known_with_what_it_forbids() -> None:
    assert parse(TABLE) == (
        Mount("/", kind="ext4"),
        Mount("/usr", True, kind="ext4"),
        Mount("/boot", True, True, "vfat"),
        Mount("/usr/share/a b\\c", kind="tmpfs"),
        Mount("/opt", True, kind="overlay"),
        Mount("/usr", kind="ext4"),
    )


def test_a_path_is_on_the_mount_that_was_made_last_over_it() -> None:
    mounts = parse(TABLE)
    assert on("/boot/x", mounts) == Mount("/boot", True, True, "vfat")
    assert on("/bootx", mounts) == Mount("/", kind="ext4")
    # What was below is hidden by the second mount at /usr.
    assert on("/usr/share/a b\\c/x", mounts) == Mount("/usr", kind="ext4")
    assert on("/usr/bin", mounts[:5]) == Mount("/usr", True, kind="ext4")
    assert on("/x", ()) is None
    assert inside("/usr", mounts) == ["/usr/share/a b\\c"]
    assert inside("/", mounts[1:3]) == ["/usr", "/boot"]


@given(st.binary())
def test_no_table_is_too_strange(raw: bytes) -> None:
    on("/usr", parse(raw))


def test_this_machine_has_a_mount_for_every_path() -> None:
    found = on(os.path.realpath("/proc/self"), here())
    assert found is None or found.point in {"/", "/proc"}
