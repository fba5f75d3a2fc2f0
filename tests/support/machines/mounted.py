"""Reading homes and an image in which something is mounted, where nobody else sees the mounts; prints the counts."""

from __future__ import annotations

import json
import subprocess
import sys

from cortexrepo.model.snapshot import OK, PARTIAL
from support.machines.people import SITE, dist, names, people

SECRET = "S3CRET-of-known-bytes"  # noqa: S105


def kernels_files() -> None:
    """A chroot has /proc mounted, and its maker links to a file there: root would take the kernel's messages away."""
    with people("alice") as machine:
        site = machine.venv(machine.root / "srv/app", "roots")
        evil = dist(site, "evil")
        (evil / "METADATA").unlink()
        (evil / "METADATA").symlink_to("/proc/version")
        hers = dist(machine.site("alice"), "hers")
        (hers / "INSTALLER").symlink_to("/proc/sys/kernel/ostype")
        machine.own("alice", hers)
        (machine.root / "proc").mkdir()
        subprocess.run(["mount", "-t", "proc", "proc", str(machine.root / "proc")], check=True)
        found = machine.read()
        subprocess.run(["umount", str(machine.root / "proc")], check=True)
        for place in ("/srv/app", f"/home/alice/{SITE}"):
            assert found["pip", place].status == PARTIAL, found
            assert "the files of the kernel are not read" in found["pip", place].error


def bound_directories(*, live: bool) -> None:
    """Root's directory is mounted in alice's home, and an environment of hers below /srv."""
    with people("alice", "bob") as machine:
        secret = machine.venv(machine.root / "secret", "roots")
        (dist(secret, "mine") / "INSTALLER").write_text(SECRET)
        (machine.root / "secret").chmod(0o700)
        machine.mine("alice", "venv")
        machine.venv(machine.home("alice") / "deep/x", "hers", owner="alice")
        machine.own("alice", machine.home("alice") / "deep")
        (machine.root / "srv/hers").mkdir()
        hers, mount = machine.home("alice") / "deep/x", machine.root / "srv/hers"
        pairs = ((machine.root / "secret", machine.home("alice") / "venv"), (hers, mount))
        for source, target in pairs:
            subprocess.run(["mount", "--bind", str(source), str(target)], check=True)
        found = machine.read(live=live)
        for _, target in pairs:
            subprocess.run(["umount", str(target)], check=True)
        assert SECRET not in repr(found)
        assert found["pip", "/home/alice"].status == PARTIAL, found
        assert (found["pip", "/srv/hers"].status, names(found["pip", "/srv/hers"])) == (OK, ["hers"])


def roots_environment_in_a_home(*, live: bool) -> None:
    """Root's environment is mounted in alice's home, below a link of bob's to it, and a file of hers in another one."""
    with people("alice", "bob") as machine:
        machine.venv(machine.root / "srv/app", "roots")
        other = machine.venv(machine.root / "srv/other", "others")
        start = str(machine.root) if live else ""
        before = machine.read(live=live)
        (machine.home("bob") / ".venv").symlink_to(f"{start}/home/alice/venv")
        machine.own("bob", machine.home("bob") / ".venv")
        installer = other / "others-1.0.dist-info/INSTALLER"
        installer.write_text("pip")
        (machine.mine("alice", "x") / "hers").write_text("evil")
        machine.own("alice", machine.home("alice") / "x")
        pairs = (
            (machine.root / "srv/app", machine.mine("alice", "venv")),
            (machine.home("alice") / "x/hers", installer),
        )
        for source, target in pairs:
            subprocess.run(["mount", "--bind", str(source), str(target)], check=True)
        after = machine.read(live=live)
        for _, target in pairs:
            subprocess.run(["umount", str(target)], check=True)
        assert after["pip", "/srv/app"] == before["pip", "/srv/app"], after
        assert after["pip", "/srv/other"].status == PARTIAL, after
        assert "evil" not in repr(after)


if __name__ == "__main__":
    kernels_files()
    for is_live in (True, False):
        bound_directories(live=is_live)
        roots_environment_in_a_home(live=is_live)
    json.dump({"readings": 5}, sys.stdout)
