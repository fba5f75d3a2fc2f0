"""Files that root keeps of users' environments: nothing is in them that the user may not read."""

from __future__ import annotations

import gzip
import io
import os
import socket
import stat
import tarfile
import zipfile
from typing import TYPE_CHECKING, Self

import pytest
from support.machines.keepers import PLACE, installed, keeper, line, npm, pip
from support.machines.npm_caches import indexed, integrity, stored
from support.machines.people import USERS, acting, needs_root, people, while_doing
from support.packages.tarballs import tarball

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.files import Made
from cortexrepo.ecosystems.npm import files as npm_files
from cortexrepo.ecosystems.pip import files as pip_files
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.stream import Stream
from cortexrepo.model.artifact import CACHE, INSTALLED, ROOT, SEVERAL
from cortexrepo.recording import makers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

    from support.machines.keepers import Keeper
    from support.machines.people import People

    from cortexrepo.ecosystems.contract.files import File
    from cortexrepo.recording.keeping import Keeping

pytestmark = needs_root
SECRET = b"S3CRET-of-known-bytes\n"
BOTH = pytest.mark.parametrize("live", [True, False], ids=["this machine", "another root"])


@pytest.fixture
def machine() -> Iterator[People]:
    """Alice and bob; a secret of root's and one of bob's, each in a file and in a directory with a module."""
    with people("alice", "bob") as made:
        for name, owner in (("shadow", "root"), ("diary", "bob")):
            (made.root / "etc" / name).write_bytes(SECRET)
            (made.root / "etc" / name).chmod(0o600)
            folder = made.root / "etc" / f"{name}.d"
            folder.mkdir(mode=0o700)
            (folder / "secret.py").write_bytes(SECRET)
            made.own(owner, made.root / "etc" / name, folder)
        yield made


def venv(keeper: Keeper, *names: str, owner: str = "alice") -> str:
    """Returns the path of alice's environment as the machine has it, with what is honest."""
    for name in names:
        installed(keeper.people.home(owner) / "venv", name, owner)
    return keeper.path(keeper.people.home(owner) / "venv")


def reasons(found: Keeping) -> dict[str, str]:
    return {lack.package.name: lack.reason for lack in found.lacks}


def kept(found: Keeping) -> list[tuple[str, str]]:
    return [(one.name, one.holder) for one in found.kept]


@BOTH
def test_what_is_honest_is_kept_as_its_owners_and_of_an_image_as_several_peoples(
    machine: People,
    live: bool,  # noqa: FBT001
) -> None:
    with keeper(machine, live=live) as root:
        hers, his = venv(root, "a", "b"), venv(root, "c", owner="bob")
        installed(machine.root / "srv/app", "r", "root")
        machine.prefix(machine.home("alice") / "npm", "left", owner="alice")
        found = root.keep(
            pip(hers, "a", "b"),
            pip(his, "c"),
            pip(root.path(machine.root / "srv/app"), "r"),
            npm(root.path(machine.home("alice") / "npm"), "left"),
        )
        alice, bob, roots = (str(USERS["alice"]), str(USERS["bob"]), ROOT) if live else (SEVERAL,) * 3
        assert sorted(kept(found)) == [("a", alice), ("b", alice), ("c", bob), ("left", alice), ("r", roots)]
        assert found[1:] == (0, (), None)
        assert b"name = 'a'" in root.everything()


def test_a_users_process_makes_the_very_bytes_that_the_users_own_command_makes(machine: People, tmp_path: Path) -> None:
    with keeper(machine) as root:
        hers = venv(root, "a")
        found = root.keep(pip(hers, "a"))
        place = root.place(LiveSystem({}), tmp_path)
        [(_, own)] = [(one, content_of(file)) for one, file in pip_files.local([root.wanted(hers, "a")], place)]
        assert root.content(found.kept[0]) == own


def content_of(found: File | str) -> bytes:
    assert not isinstance(found, str), found
    return b"".join(found.pieces())


def test_each_user_has_one_process_for_all_files_and_root_none(
    machine: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    class Counted(Stream):
        def __enter__(self) -> Self:
            started.append(self._job.who.user if self._job.who else 0)
            return super().__enter__()

    monkeypatch.setattr(makers, "Stream", Counted)
    with keeper(machine) as root:
        hers, his = venv(root, "a", "b"), venv(root, "c", owner="bob")
        installed(machine.root / "srv/app", "r", "root")
        machine.prefix(machine.home("alice") / "npm", "left", owner="alice")
        readings = (
            pip(hers, "a", "b"),
            pip(his, "c"),
            pip(str(machine.root / "srv/app"), "r"),
            npm(str(machine.home("alice") / "npm"), "left"),
        )
        assert len(root.keep(*readings).kept) == 5
        assert sorted(started) == [USERS["alice"], USERS["bob"]]
        started.clear()
        assert root.keep(*readings)[:3] == ((), 5, ())
        assert started == []


def test_what_several_people_can_change_is_not_read(machine: People) -> None:
    with keeper(machine) as root:
        hers = venv(root, "a")
        (machine.home("alice") / "venv" / PLACE).chmod(0o777)
        found = root.keep(pip(hers, "a"))
        assert found.kept == ()
        assert "several people can change the environment" in reasons(found)["a"]


@BOTH
def test_where_it_is_not_known_what_is_run_root_reads_nothing(
    machine: People, monkeypatch: pytest.MonkeyPatch, *, live: bool
) -> None:
    rows = [row for row in registry.SLICES if row.name != "pip"]
    mute = registry.Slice("pip", registry.READ, registry.VERSIONS, registry.NAMING, registry.FILES)
    monkeypatch.setattr(registry, "SLICES", (*rows, mute))
    with keeper(machine, live=live) as root:
        found = root.keep(pip(venv(root, "a"), "a"))
        assert found.kept == ()
        assert reasons(found)["a"] == (
            "root reads nothing of the environment: cortex does not know which programs pip runs there, and so not who "
            "could change them"
        )


# -- the ways in which a secret could get into a file


def plant_link(site: Path, target: str) -> None:
    (site / "evil.py").unlink()
    (site / "evil.py").symlink_to(target)


def plant_directory(site: Path, target: str) -> None:
    (site / "pkg/secret.py").unlink()
    (site / "pkg").rmdir()
    (site / "pkg").symlink_to(f"{target}.d")


def plant_hard_link(site: Path, target: str) -> None:
    (site / "evil.py").unlink()
    os.link(site.parents[5] / "etc" / os.path.basename(target), site / "evil.py")


def plant_lines(site: Path, target: str) -> None:
    """RECORD lines that lead out, with the digest of what is there."""
    record = site / "evil-1.0.dist-info/RECORD"
    record.write_text(record.read_text() + line("../" * 20 + target.strip("/"), SECRET))


def plant_absolute(site: Path, target: str) -> None:
    record = site / "evil-1.0.dist-info/RECORD"
    record.write_text(record.read_text() + line(target, SECRET))


def plant_line_through_a_link(site: Path, target: str) -> None:
    """A line that stays in the environment as it is written, and leaves it by a link."""
    (site.parents[2] / "share").symlink_to(os.path.dirname(target))
    record = site / "evil-1.0.dist-info/RECORD"
    record.write_text(record.read_text() + line(f"../../../share/{os.path.basename(target)}", SECRET))


def plant_metadata(site: Path, target: str) -> None:
    """What is read as a whole: each could be said in a reason."""
    for name in ("WHEEL", "METADATA", "RECORD", "entry_points.txt"):
        (site / "evil-1.0.dist-info" / name).unlink(missing_ok=True)
        (site / "evil-1.0.dist-info" / name).symlink_to(target)


def plant_site(site: Path, target: str) -> None:
    """The directory of all packages is a link to one that only its owner may read."""
    aside = site.with_name("aside")
    site.rename(aside)
    site.symlink_to(f"{target}.d")


PLANTS: dict[str, Callable[[Path, str], None]] = {
    "a link": plant_link,
    "a link of a directory": plant_directory,
    "a hard link": plant_hard_link,
    "a line of RECORD that leads out": plant_lines,
    "a line of RECORD with an absolute path": plant_absolute,
    "a line of RECORD through a link": plant_line_through_a_link,
    "metadata": plant_metadata,
    "the site directory": plant_site,
}


@BOTH
@pytest.mark.parametrize("secret", ["shadow", "diary"])
@pytest.mark.parametrize("plant", PLANTS)
def test_no_wheel_has_a_byte_that_its_owner_may_not_read(
    machine: People,
    live: bool,  # noqa: FBT001
    secret: str,
    plant: str,
) -> None:
    with keeper(machine, live=live) as root:
        # RECORD has the right digests of the secret: nothing but the rights to read stands between.
        files = {"evil.py": SECRET, "pkg/secret.py": SECRET}
        site = installed(machine.home("alice") / "venv", "evil", "alice", files)
        for name in files:
            (site / name).write_bytes(b"")
        installed(machine.home("bob") / "venv", "his", "bob")
        PLANTS[plant](site, root.path(machine.root / "etc" / secret))
        found = root.keep(
            pip(root.path(machine.home("alice") / "venv"), "evil"), pip(root.path(machine.home("bob") / "venv"), "his")
        )
        assert [one.name for one in found.kept] == ["his"]
        assert SECRET.strip() not in root.everything()
        assert SECRET.strip().decode() not in repr(found)


def test_what_the_user_may_read_is_in_the_wheel_of_a_hard_link(machine: People) -> None:
    """The secrets of the tests before would be kept if they were the user's: it is the rights that decide."""
    with keeper(machine) as root:
        site = installed(machine.home("alice") / "venv", "evil", "alice", {"evil.py": SECRET})
        machine.own("alice", machine.root / "etc/shadow")
        plant_hard_link(site, "/etc/shadow")
        root.keep(pip(str(machine.home("alice") / "venv"), "evil"))
        assert SECRET.strip() in root.everything()


@BOTH
@pytest.mark.parametrize("secret", ["shadow", "diary"])
@pytest.mark.parametrize("way", ["link", "hard link", "directory", "link of the folder"])
def test_no_tarball_has_a_byte_that_its_owner_may_not_read(
    machine: People,
    live: bool,  # noqa: FBT001
    secret: str,
    way: str,
) -> None:
    with keeper(machine, live=live) as root:
        folder = machine.prefix(machine.home("alice") / "npm", "evil", "good", owner="alice") / "evil"
        target = root.path(machine.root / "etc" / secret)
        if way == "link":
            (folder / "a.js").symlink_to(target)
        elif way == "hard link":
            os.link(machine.root / "etc" / secret, folder / "a.js")
        elif way == "directory":
            (folder / "lib").symlink_to(f"{target}.d")
        else:
            (machine.root / "etc" / f"{secret}.d/package.json").write_bytes(
                b'{"name": "evil", "version": "1.0.0"}' + SECRET
            )
            folder.rename(folder.with_name("aside"))
            folder.symlink_to(f"{target}.d")
        found = root.keep(npm(root.path(machine.home("alice") / "npm"), "evil", "good"))
        assert [one.name for one in found.kept] == ([] if "several people can" in repr(found) else ["good"])
        assert SECRET.strip() not in root.everything()


@pytest.mark.parametrize("whose", ["alice", "root"])
def test_a_users_cache_is_read_with_the_users_rights(machine: People, whose: str) -> None:
    """Her .npmrc names a cache; of one that only root may read nothing is taken, though the tarball is hers."""
    with keeper(machine) as root:
        home = machine.home("alice")
        prefix = home / "npm"
        modules = machine.prefix(prefix, "a", owner="alice")
        content = tarball("a", "1.0.0", {"secret.js": SECRET.decode()})
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            description = archive.extractfile("package/package.json")
            assert description is not None
            (modules / "a/package.json").write_bytes(description.read())
        cache = machine.root / "etc/shadow.d/cache" if whose == "root" else home / "cache"
        stored(cache, content)
        indexed(cache, "https://registry.npmjs.org/a/-/a-1.0.0.tgz", integrity(content))
        (home / ".npmrc").write_text(f"cache={cache}\n")
        machine.own("alice", home)
        if whose == "alice":
            machine.own("alice", cache)
        found = root.keep(npm(str(prefix), "a"))
        assert [one.origin for one in found.kept] == [CACHE if whose == "alice" else INSTALLED]
        assert (SECRET.strip() in root.everything()) == (whose == "alice")


def test_root_makes_nothing_of_what_a_user_could_have_made_in_roots_environment(machine: People) -> None:
    """The link in the directory of root's package is hers, and what it leads to only root may read."""
    with keeper(machine) as root:
        site = installed(machine.root / "srv/app", "r", "root", {"r/deep/data.py": SECRET})
        (site / "r/deep/data.py").unlink()
        os.chown(site / "r/deep", USERS["alice"], USERS["alice"])
        os.link(machine.root / "etc/shadow", site / "r/deep/data.py")
        found = root.keep(pip(str(machine.root / "srv/app"), "r"))
        assert found.kept == ()
        assert f"the user {USERS['alice']} could change this path" in reasons(found)["r"]
        assert SECRET.strip() not in root.everything()


def test_a_tree_that_changes_while_it_is_read_gives_nothing_of_others(machine: People) -> None:
    with keeper(machine) as root:
        names = [f"e{number}" for number in range(8)]
        for name in names:
            installed(machine.home("alice") / "venv", name, "alice", {f"{name}_/secret.py": SECRET})
        site = machine.home("alice") / "venv" / PLACE
        for name in names:
            (site / f"{name}_/secret.py").write_bytes(b"")

        def act() -> None:
            with acting("alice"):
                for name in names:
                    place = site / f"{name}_"
                    place.rename(site / "aside")
                    place.symlink_to(machine.root / "etc/shadow.d")
                    place.unlink()
                    (site / "aside").rename(place)

        def work() -> None:
            for _ in range(15):
                assert root.keep(pip(str(machine.home("alice") / "venv"), *names)).kept == ()
            assert SECRET.strip() not in root.everything()

        assert while_doing(act, work) > 20


@BOTH
def test_fifos_devices_and_sockets_are_not_waited_for(machine: People, live: bool) -> None:  # noqa: FBT001
    with keeper(machine, live=live) as root:
        site = installed(machine.home("alice") / "venv", "evil", "alice", {"evil.py": b""})
        folder = machine.prefix(machine.home("alice") / "npm", "fifo", "device", owner="alice")
        for path in (site / "evil.py", folder / "fifo/a.js"):
            path.unlink(missing_ok=True)
            os.mkfifo(path, 0o666)
        os.mknod(folder / "device/a.js", stat.S_IFCHR | 0o666, os.makedev(1, 5))
        other = installed(machine.home("alice") / "venv2", "sock", "alice", {"sock.py": b""})
        (other / "sock.py").unlink()
        bound = socket.socket(socket.AF_UNIX)
        bound.bind(str(other / "sock.py"))
        machine.own("alice", site, folder, other)
        found = root.keep(
            pip(root.path(machine.home("alice") / "venv"), "evil"),
            pip(root.path(machine.home("alice") / "venv2"), "sock"),
            npm(root.path(machine.home("alice") / "npm"), "fifo", "device"),
        )
        bound.close()
        assert found.kept == ()
        assert sorted(reasons(found)) == ["device", "evil", "fifo", "sock"]


@pytest.mark.parametrize("file", ["environ", "mem", "fd/0", "root/etc/machine-id", "status"])
def test_no_file_of_the_kernel_is_in_a_tarball(machine: People, file: str) -> None:
    with keeper(machine) as root:
        modules = machine.prefix(machine.home("alice") / "npm", "evil", owner="alice")
        (modules / "evil/a.js").symlink_to(f"/proc/self/{file}")
        (modules / "evil").rename(modules.parent / "aside")
        (modules / "evil").symlink_to("/proc/self")
        assert root.keep(npm(str(machine.home("alice") / "npm"), "evil")).kept == ()


def test_a_bomb_is_not_looked_into_by_root(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tarball of a user's cache whose descriptions are larger than the memory that a look at it may have."""
    raw = io.BytesIO()
    with gzip.open(raw, "wb", 1) as packed, tarfile.open(fileobj=packed, mode="w|") as archive:
        for number in range(100):
            entry = tarfile.TarInfo(
                f"package/node_modules/m{number}/package.json" if number else "package/package.json"
            )
            text = b'{"name": "bomb", "version": "1.0.0"}' + b" " * (4_000_000 if number else 0)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    sent = raw.getvalue()

    def bomb(one: object, place: object, target: io.BytesIO) -> object:
        target.write(sent)
        return Made("bomb-1.0.0.tgz", INSTALLED, ())

    monkeypatch.setattr(npm_files, "make", bomb)
    with keeper(machine) as root:
        machine.prefix(machine.home("alice") / "npm", "bomb", owner="alice")
        found = root.keep(npm(str(machine.home("alice") / "npm"), "bomb"))
        assert found.kept == ()
        assert "memory" in reasons(found)["bomb"].lower()


def test_a_wheel_of_another_package_is_not_kept(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(one: object, place: object, target: io.BytesIO) -> object:
        with zipfile.ZipFile(target, "w") as wheel:
            wheel.writestr("b-1.0.dist-info/METADATA", "Name: b\nVersion: 1.0\n")
        return Made("a-1.0-py3-none-any.whl", INSTALLED, ())

    monkeypatch.setattr(pip_files, "make", other)
    with keeper(machine) as root:
        hers = venv(root, "a")
        found = root.keep(pip(hers, "a"))
        assert found.kept == ()
        assert "the wheel contains b 1.0, another package" in reasons(found)["a"]
