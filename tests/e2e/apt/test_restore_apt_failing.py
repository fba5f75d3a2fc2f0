"""An apt restore that fails on its way, in beds: scripts, full disks, and what dpkg leaves torn."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from support.machines.apt_states import exact, keep, small, vanish
from support.machines.aptbeds import SHELF, STAGING, begin, install, lead_back, recover, restore, resume

from cortexrepo.ecosystems.apt.state import rows
from cortexrepo.errors import FetchError, RestoreError

if TYPE_CHECKING:
    from support.machines.beds import Bed


def test_a_script_that_fails_is_named_with_what_it_said_and_the_others_are_done(bed: Bed) -> None:
    target, changed = small(
        bed, "cx-fail=1.0", "cx-solo=1.0", "cx-lib=1.0", after=("cx-fail=2.0", "cx-solo=2.0", "cx-lib=2.0")
    )
    bed.path("/etc/cx-fail").touch()
    with pytest.raises(RestoreError, match="told to fail") as raised:
        bed.call(restore, target)
    assert str(raised.value).startswith("2 of 3 changes were made; not complete: cx-fail (half-configured)")
    assert "--abort" in raised.value.hint
    # The cause is gone: it is finished. And from the same place it could be taken back.
    bed.path("/etc/cx-fail").unlink()
    bed.call(resume, target)
    exact(bed, target)
    bed.call(lead_back)
    exact(bed, changed)


def test_after_a_script_that_goes_on_failing_everything_is_taken_back(bed: Bed) -> None:
    target, changed = small(bed, "cx-fail=1.0", "cx-solo=1.0", after=("cx-fail=2.0", "cx-solo=2.0"))
    # Only the old version's script fails.
    vanish(bed)
    keep(bed)
    _repack(bed, "cx-fail_1.0_all.deb", "postinst", "#!/bin/sh\necho never >&2\nexit 1\n")
    with pytest.raises(RestoreError, match="never"):
        bed.call(restore, target)
    # It cannot be finished, so it is taken back at once.
    bed.call(recover)
    exact(bed, changed)
    bed.call(lead_back)
    exact(bed, changed)


def _repack(bed: Bed, name: str, script: str, body: str) -> None:
    """Changes a script of a package that is kept."""
    bed.run("dpkg-deb", "-R", f"/srv/archive/pool/{name}", "/tmp/repack")
    bed.path(f"/tmp/repack/DEBIAN/{script}").write_text(body)
    bed.path(f"/tmp/repack/DEBIAN/{script}").chmod(0o755)
    bed.run("dpkg-deb", "-Zgzip", "-b", "/tmp/repack", f"{SHELF}/{name}")


def test_a_preinst_that_refuses_to_go_down_is_named_and_everything_can_be_taken_back(bed: Bed) -> None:
    names = [f"cx-many{number}" for number in range(6)]
    olds, news = ([f"{name}={version}" for name in ("cx-noold", *names)] for version in ("1.0", "2.0"))
    target, changed = small(bed, *olds, after=tuple(news))
    with pytest.raises(RestoreError, match="never down"):
        bed.call(restore, target)
    bed.call(recover)
    assert bed.run("dpkg", "--audit").out == ""
    bed.call(lead_back)
    exact(bed, changed)


def test_a_disk_that_runs_full_while_fetching_is_told_and_left_empty(bed: Bed) -> None:
    install(bed, "cx-big=1.0")
    target = bed.call(rows)
    install(bed, "cx-big=2.0")
    changed = bed.call(rows)
    bed.run("apt-get", "clean")
    bed.run("mount", "-t", "tmpfs", "-o", "size=8m", "tiny", "/var/cache/apt/archives")
    bed.path("/usr/local/sbin/apt-get").write_text(
        '#!/bin/sh\ncase "$*" in *" --print-uris "*) ;; *download*) '
        "head -c 7000000 /dev/zero >/var/cache/apt/archives/other; esac\n"
        'exec /usr/bin/apt-get "$@"\n'
    )
    bed.path("/usr/local/sbin/apt-get").chmod(0o755)
    with pytest.raises(FetchError, match=r"cx-big 1\.0"):
        bed.call(restore, target)
    assert bed.call(rows) == changed
    assert not [name for name in os.listdir(bed.path("/var/cache/apt/archives")) if name.startswith("cortex")]


def test_a_disk_that_runs_full_while_unpacking_is_led_back_when_there_is_room(archive: Bed) -> None:
    with archive.fresh(size="64m") as bed:
        install(bed, "cx-big=1.0", "cx-solo=1.0", "cx-lib=1.0")
        target = bed.call(rows)
        install(bed, "cx-big=2.0", "cx-solo=2.0", "cx-lib=2.0")
        changed = bed.call(rows)

        def fill(line: str) -> None:
            if line.startswith(("(Reading database", "Preparing to unpack")):
                # All the room there is, while dpkg runs, and quickly: it does not wait.
                with open("/ballast", "ab", buffering=0) as ballast:
                    for size in (1 << 20, 1 << 12):
                        with suppress(OSError):
                            while True:
                                ballast.write(bytes(size))

        with pytest.raises(RestoreError):
            bed.call(restore, target, fill)
        bed.path("/ballast").unlink()
        bed.call(lead_back)
        exact(bed, changed)


@pytest.mark.parametrize("back", [False, True], ids=["forward", "back"])
@pytest.mark.parametrize("torn", ["cx-solo", "cx-hold"], ids=["one that goes down", "one that goes"])
def test_what_dpkg_left_torn_is_put_in_again(bed: Bed, torn: str, *, back: bool) -> None:
    """Killed in the middle of unpacking: apt refuses everything until that package is whole."""
    news = ("cx-solo=2.0", "cx-lib=2.0", "cx-hold=2.0")
    target, changed = small(bed, "cx-solo=1.0", "cx-lib=1.0", after=news)

    bed.call(begin, target)
    status = bed.path("/var/lib/dpkg/status")
    text = status.read_text()
    start = text.index(f"Package: {torn}\n")
    end = text.index("\n\n", start)
    stanza = re.sub("Status: .*", "Status: install reinstreq half-installed", text[start:end], count=1)
    status.write_text(text[:start] + stanza + text[end:])
    if back:
        bed.call(lead_back)
        exact(bed, changed)
    else:
        # Though not everything could be taken back.
        bed.path(f"{STAGING}/pool/cx-lib_2.0_all.deb").unlink()
        bed.call(resume, target)
        exact(bed, target)
