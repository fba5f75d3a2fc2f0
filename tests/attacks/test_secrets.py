"""No byte that its reader could not open is in anything that root's commands write or print.

In a bed, a throw-away clone of this machine: ada's home is full of links, hard links and lines that lead to a file of
root's and to one of bob's. Root keeps files, restores, fails and keeps lines of its screen. Then all is searched.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import sys
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from support.machines.beds import Bed
from support.machines.machines import command
from support.machines.searching import hits, recorded

import cortexrepo
from cortexrepo.cli.main import snapshot
from cortexrepo.cli.screen import everything
from cortexrepo.codec.packed import compression
from cortexrepo.machine import witness
from cortexrepo.recording import recalling
from cortexrepo.recording.collecting import gather, view_of
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.machines.beds import Ended

ROOTS, BOBS, PROXYS = "S3CRET-of-roots", "S3CRET-of-bobs", "S3CRET-of-the-proxy"
OPEN = "what-ada-may-read"
SECRETS = (ROOTS, BOBS, PROXYS)
FILES = ("/home/roots/secret", "/home/bob/diary")
WRITTEN = ("/var", "/root", "/home", "/tmp", "/run", "/etc", "/opt", "/srv", "/dev/shm")
VARIABLES = {"CORTEX_CACHE": "/var/cache/lines", "https_proxy": f"http://root:{PROXYS}@127.0.0.1:9"}
VENV, GOOD = "/home/ada/venv", "/home/ada/good"
INSIDE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"

RESTORE = ("restore", "first", "--yes", "--only", "pip", "--environment")
KEEP = ("create", "again", "--keep-artifacts", "--only", "pip", "--only", "npm")
VERIFY = ("verify", "--installed", "--environment")
REFUSED = (KEEP, (*VERIFY, GOOD), (*RESTORE, GOOD))
FAILING = (
    (*VERIFY, VENV),
    (*RESTORE, VENV),
    (*RESTORE, GOOD),
    ("restore", "--resume"),
    ("restore", "--abort"),
    ("show", "latest", "--packages", "--json"),
    ("show", "first", "--restorable"),
    ("diff", "first", "latest"),
    ("status",),
    ("list",),
    ("log",),
    ("search", "honest"),
    ("environments", "--find", "/home"),
    ("artifacts", "list"),
    ("undo", "--dry-run"),
    ("restore", "first", "--dry-run", "--plan-out", "/root/plan.json", "--only", "pip"),
    ("verify",),
)
REPOSITORY = "/var/lib/cortex/snapshots"
OLD = {
    "the memory of the machine": "cache/machine",
    "packs": "packs",
    "segments": "segments",
    "lines": VARIABLES["CORTEX_CACHE"],
}
"""What is written where nothing has changed for a while, and of what is not new any more."""


def hide(bed: Bed, place: str, mode: str) -> None:
    """Lays an empty directory over a place, except over the Python that runs these tests and the package."""
    wanted = dict.fromkeys((sys.prefix, os.path.dirname(cortexrepo.__file__)))
    kept = {path: f"/mnt/{number}" for number, path in enumerate(wanted) if path.startswith(f"{place}/")}
    for path, aside in kept.items():
        bed.run("mkdir", "-p", aside)
        bed.run("mount", "--bind", path, aside)
    bed.run("mount", "-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", place)
    for path, aside in kept.items():
        bed.run("mkdir", "-p", path)
        bed.run("mount", "--bind", aside, path)


@pytest.fixture(scope="module")
def bed() -> Iterator[Bed]:
    """Ada, with an honest package and evil ones, and bob, who keeps a diary."""
    with Bed.make() as made:
        for place, mode in (("/root", "0700"), ("/home", "0755"), ("/tmp", "1777")):
            hide(made, place, mode)
        made.run("mkdir", "--mode=0700", "/home/roots")
        for name in ("ada", "bob"):
            made.run("useradd", "--create-home", name)
        for file, secret, owner in zip(FILES, (ROOTS, BOBS), ("root", "bob"), strict=True):
            made.path(file).write_text(f"{secret}\n" * 3)
            made.path(file).chmod(0o600)
            made.run("chown", owner, file)
        for place in (VENV, GOOD):
            made.run(sys.executable, "-m", "venv", "--without-pip", place)
        plant(made)
        give(made)
        # No source has anything, and none is waited for.
        made.path("/etc/pip.conf").write_text("[global]\nno-index = true\n")
        made.path("/etc/npmrc").write_text("fetch-retries=0\n")
        yield made


def give(bed: Bed) -> None:
    """Gives all that is in ada's home to ada. A hard link has the owner of the file, which is given back."""
    bed.run("chown", "--no-dereference", "--recursive", "ada:ada", "/home/ada")
    for file, owner in zip(FILES, ("root", "bob"), strict=True):
        bed.run("chown", f"{owner}:{owner}", file)


def dist(site: Path, name: str, *lines: str, version: str = "1.0") -> Path:
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    (info / "INSTALLER").write_text("pip\n")
    own = [f"{info.name}/{file}" for file in ("METADATA", "WHEEL", "INSTALLER")]
    rows = [*(summed(site, line) for line in (*own, *lines)), f"{info.name}/RECORD,,\n"]
    (info / "RECORD").write_text("".join(rows))
    return info


def summed(site: Path, line: str) -> str:
    """Returns the line of RECORD about a file of the site directory; without a checksum for anything else."""
    if not (site / line).is_file() or ".." in line or (site / line).is_symlink():
        return f"{line},,\n"
    content = (site / line).read_bytes()
    checksum = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return f"{line},sha256={checksum},{len(content)}\n"


def plant(bed: Bed) -> None:
    """Puts the ways to the secrets wherever a reader, a maker or a restorer looks."""
    good, venv, own = (bed.path(f"{place}/{INSIDE}") for place in (GOOD, VENV, "/home/ada/.local"))
    own.mkdir(parents=True)
    (good / "honest.py").write_text(f"x = {OPEN!r}\n")
    dist(good, "honest", "honest.py")
    # What is bob's in an environment makes it several people's, and then nothing of it is kept.
    for name, secret, site in zip(("evil0", "evil1"), FILES, (venv, own), strict=True):
        os.link(bed.path(secret), site / f"{name}_hard.py")
        (site / f"{name}_link.py").symlink_to(secret)
        (site / f"{name}_dir").symlink_to(os.path.dirname(secret))
        (own / f"{name}.pth").symlink_to(secret)
        out, through = f"../../../../../..{secret}", f"{name}_dir/{os.path.basename(secret)}"
        info = dist(site, name, f"{name}_hard.py", f"{name}_link.py", through, out, secret)
        (info / "INSTALLER").unlink()
        (info / "INSTALLER").symlink_to(secret)
        (info / "direct_url.json").symlink_to(secret)
        bare = dist(site, f"bare-{name}")
        for file in ("METADATA", "RECORD"):
            (bare / file).unlink()
            (bare / file).symlink_to(secret)
        modules = bed.path("/home/ada/.npm-global/lib/node_modules") / name
        modules.mkdir(parents=True)
        (modules / "package.json").write_text(f'{{"name": "{name}", "version": "1.0.0"}}')
        (modules / "index.js").symlink_to(secret)
        os.link(bed.path(secret), modules / "hard.js")
        (modules / "README").symlink_to(f"/proc/self/root{secret}")
    for file in (".config/pip/pip.conf", ".npmrc"):
        place = bed.path(f"/home/ada/{file}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(FILES[0])


def cortex(bed: Bed, *words: str) -> Ended:
    variables = {"PYTHONPATH": os.environ.get("PYTHONPATH", ""), **VARIABLES}
    return bed.run(*command(*words), variables=variables, code=None)


def change(bed: Bed) -> None:
    """Has another version be there, whose files lead to the secrets."""
    site = bed.path(f"{GOOD}/{INSIDE}")
    bed.run("rm", "-r", f"{GOOD}/{INSIDE}/honest-1.0.dist-info", f"{GOOD}/{INSIDE}/honest.py")
    (site / "honest.py").symlink_to(FILES[0])
    (site / "honest").symlink_to(os.path.dirname(FILES[0]))
    dist(site, "honest", "honest.py", "honest/secret", version="2.0")
    give(bed)


def trap(bed: Bed) -> None:
    """Has the restore begin and fail: where a file is to be put back, a directory is full of ways to the secrets."""
    site = bed.path(f"{GOOD}/{INSIDE}")
    bed.run("rm", "-r", *(f"{GOOD}/{INSIDE}/{name}" for name in ("honest-2.0.dist-info", "honest.py", "honest")))
    dist(site, "honest", version="2.0")
    (site / "honest.py").mkdir()
    for name, secret in zip(("roots", "bobs"), FILES, strict=True):
        (site / "honest.py" / name).symlink_to(secret)
    give(bed)


def grow_old() -> list[str]:
    """Has the repository and the cache written as after a long time, in the bed; returns what was not written."""
    witness.SETTLED = -10 * witness.SETTLED
    everything.LEAST = 1
    repository = Repository.open(REPOSITORY)
    # Of a machine that was not read completely nothing is remembered: here it is.
    inventory, evidence = gather(view_of("/", remembers=True), only=["pip", "npm"], started_ns=time.time_ns())
    recalling.keep(repository, recalling.Seen(inventory, b"asked", evidence), repository.create(inventory).id)
    repository.upkeep.gc(tidiness=THOROUGH)
    assert CliRunner().invoke(snapshot, ["list"], env=VARIABLES).exit_code == 0
    return [name for name, place in OLD.items() if not _is_written(Path(REPOSITORY, place))]


def _is_written(path: Path) -> bool:
    return path.is_file() or any(one.is_file() for one in path.rglob("*"))


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "as it is": bytes,
    "in a stream anywhere": lambda text: b"x" * 7 + zlib.compress(text) + b"x",
    "in a torn stream": lambda text: zlib.compress(text + os.urandom(20_000))[:-100],
    "in a frame anywhere": lambda text: b"x" * 5 + compression.compress(text * 9) + b"x",
    "in gzip": gzip.compress,
}


@pytest.mark.parametrize("way", PACKED)
def test_the_search_sees_a_word_however_it_is_packed(way: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(PACKED[way](b"the word is " + ROOTS.encode() + b", and more"))
    assert hits([str(tmp_path)], [ROOTS], [], 0)
    assert hits([str(tmp_path)], [BOBS], [], 0) == []


def test_no_secret_is_in_anything_that_root_writes_or_says(bed: Bed) -> None:
    since = time.time_ns()
    said: dict[tuple[str, ...], Ended] = {("first",): cortex(bed, *KEEP[:1], "first", "--tag", "first", *KEEP[2:])}
    assert said["first",].code == 3
    assert bed.call(hits, WRITTEN[:1], [OPEN], FILES, since), "the search finds what is in a kept file"
    for step, commands in ((change, REFUSED), (trap, FAILING)):
        step(bed)
        said.update({(step.__name__, *words): cortex(bed, *words) for words in commands})
    assert "outside of the environment" in said["change", *RESTORE, GOOD].err + said["change", *RESTORE, GOOD].out
    for begun in ((*RESTORE, GOOD), ("restore", "--resume")):
        assert "is in the way" in said["trap", *begun].err, "the restore was begun, and has failed"
    assert bed.call(grow_old) == []
    assert bed.call(hits, [f"{REPOSITORY}/packs"], ["honest"], FILES, since), "the search finds what is in a pack"
    assert bed.call(hits, [f"{REPOSITORY}/cache"], [GOOD], FILES, since), "and in the memory of the machine"
    for words, one in said.items():
        assert "Traceback" not in one.err, words
        assert [word for word in SECRETS if word in one.out + one.err] == [], words
    assert bed.call(hits, WRITTEN, SECRETS, FILES, since) == []
    assert bed.call(recorded, REPOSITORY, SECRETS) == []
