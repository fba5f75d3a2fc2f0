"""Whom a kept file serves: what ada could have changed is never put into root's environment, nor into bob's."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.machines.access import access_list
from support.machines.fakemachines import FakeMachine, fake_room
from support.machines.groups import FakeGroups
from support.machines.npm_caches import indexed, integrity, stored
from support.packages.tarballs import tarball
from support.repositories.inventories import MACHINE

from cortexrepo.codec import artifacts as codec
from cortexrepo.codec import records
from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.files import Nobodys, Place
from cortexrepo.ecosystems.contract.restoring import Proposal
from cortexrepo.ecosystems.npm.program import Npm
from cortexrepo.ecosystems.npm.tarballs.settings import fetched
from cortexrepo.ecosystems.npm.tarballs.supply import Supply, spec_of
from cortexrepo.errors import CorruptError, RequestError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.programs import Finished
from cortexrepo.machine.whose.domains import Domains, is_own, own_home
from cortexrepo.model.artifact import (
    CACHE,
    INSTALLED,
    ORIGINS,
    ROOT,
    SEVERAL,
    SOURCE,
    Artifact,
    joined,
    serves,
)
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import Obstacle, Step
from cortexrepo.model.snapshot import OK
from cortexrepo.recording.keeping import Keeping, keep
from cortexrepo.repository.artifacts.artifacts import is_name, name_of
from cortexrepo.repository.repository import Repository
from cortexrepo.restore.run.trusted import Trusted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ADA, BOB, TEAM = 65533, 65534, 70001
GROUPS = FakeGroups({TEAM: frozenset({ADA, BOB})})
SITE = "lib/python3.11/site-packages"
DEMO = Package("demo", "", "1.0")
HOLDERS = (ROOT, str(ADA), str(BOB), SEVERAL)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")


def installed(prefix: Path, code: str, owner: int = 0) -> Reading:
    """Writes an environment with one distribution, all of it this user's; returns what a snapshot says of it."""
    info = prefix / SITE / "demo-1.0.dist-info"
    info.mkdir(parents=True)
    files = {
        "demo.py": code,
        "demo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "demo-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
    }
    lines = []
    for name, text in files.items():
        (prefix / SITE / name).write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(text)}\n")
    (info / "RECORD").write_text("".join([*lines, "demo-1.0.dist-info/RECORD,,\n"]))
    for path in (prefix, *prefix.rglob("*")):
        os.chown(path, owner, owner)
    facts = (("kind", "venv"), ("python", "3.11"))
    return Reading("pip", str(prefix), OK, Manifest.of("pip", [DEMO]), "", facts)


class World:
    """A repository of root's, and environments of several users."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.repository = Repository.init(path / "repository")

    def keep(self, *readings: Reading) -> Keeping:
        self.repository.create(Inventory(MACHINE, (), tuple(sorted(readings))))
        staging = self.path / "staging"
        staging.mkdir(exist_ok=True)
        place = Place(LiveSystem({}), fake_room(str(staging)), Domains(registry.reached, 0, GROUPS))
        return keep(self.repository.artifacts, sorted(readings), place, online=False)

    def found(self, holder: str) -> list[str]:
        """Returns the environments of the files that serve this holder, the best first."""
        shelf = Trusted(self.repository.artifacts, holder)
        return [Path(one.environment).name for one in shelf.find("pip", DEMO)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@as_root
@pytest.mark.parametrize("first", [True, False], ids=["ada sorts first", "root sorts first"])
@pytest.mark.parametrize("code", ["x = 1\n", "evil = 1\n"], ids=["the same content", "another content"])
def test_roots_environment_is_served_from_roots_alone(world: World, code: str, *, first: bool) -> None:
    adas = installed(world.path / ("a-ada" if first else "z-ada"), code, ADA)
    roots = installed(world.path / "root", "x = 1\n")
    found = world.keep(adas, roots)
    assert found.lacks == ()
    # Root's file serves ada as well, and is kept first: hers is not kept at all.
    assert [(one.holder, Path(one.environment).name) for one in found.kept] == [(ROOT, "root")]
    assert world.found(ROOT) == world.found(str(ADA)) == world.found(str(BOB)) == ["root"]
    assert world.keep(adas, roots)[:3] == ((), 2, ())


@as_root
def test_a_file_of_adas_is_not_present_for_root_and_bob_who_get_their_own_beside_it(world: World) -> None:
    """The three have the same content, and so the same digests: each is a file of its own all the same."""
    for name, user in (("ada", ADA), ("bob", BOB), ("root", 0)):
        reading = installed(world.path / name, "x = 1\n", user)
        found = world.keep(reading)
        assert [(one.holder, one.environment) for one in found.kept] == [(str(user), reading.environment)]
    every = list(world.repository.artifacts.every())
    assert (len(every), len({one.content for one in every})) == (3, 1)
    assert world.found(ROOT) == ["root"]
    assert sorted(world.found(str(ADA))) == ["ada", "root"]
    assert sorted(world.found(str(BOB))) == ["bob", "root"]
    assert world.repository.upkeep.verify().problems == ()


@as_root
def test_what_several_people_can_change_serves_nobody_and_is_not_kept_again(world: World) -> None:
    shared = installed(world.path / "team", "x = 1\n")
    os.chown(world.path / "team" / SITE, 0, TEAM)
    (world.path / "team" / SITE).chmod(0o775)
    assert [one.holder for one in world.keep(shared).kept] == [SEVERAL]
    assert [world.found(holder) for holder in HOLDERS] == [[], [], [], []]
    assert world.keep(shared)[:3] == ((), 1, ())


PLANTS: dict[str, Callable[[Path], object]] = {
    "a module": lambda site: os.chown(site / "demo.py", ADA, ADA),
    "RECORD": lambda site: os.chown(site / "demo-1.0.dist-info/RECORD", ADA, ADA),
    "METADATA": lambda site: os.chown(site / "demo-1.0.dist-info/METADATA", ADA, ADA),
    "WHEEL": lambda site: os.chown(site / "demo-1.0.dist-info/WHEEL", ADA, ADA),
    "the folder": lambda site: os.chown(site / "demo-1.0.dist-info", ADA, ADA),
    "a module that a group may write": lambda site: group_may_write(site / "demo.py"),
    "RECORD that everybody may write": lambda site: (site / "demo-1.0.dist-info/RECORD").chmod(0o666),
    "a module that ada may write by an access list": lambda site: access_list(site / "demo.py", named_user=(ADA, 6)),
    "a folder that a group may write by an access list": lambda site: access_list(
        site / "demo-1.0.dist-info", named_group=(TEAM, 7)
    ),
    "a hard link of ada's module": lambda site: hard_linked(site / "demo.py"),
    "a link to ada's module": lambda site: linked(site / "demo.py"),
}


def hard_linked(path: Path) -> None:
    """Makes a file of root's another name of a file of ada's with the same content."""
    adas = path.parents[4] / "adas.py"
    adas.write_text(path.read_text())
    os.chown(adas, ADA, ADA)
    path.unlink()
    path.hardlink_to(adas)


def linked(path: Path) -> None:
    """Makes a file of root's a link, through one of bob's, to a file of ada's with the same content."""
    hard_linked(path)
    path.unlink()
    bobs = path.parents[4] / "bobs.py"
    bobs.symlink_to(path.parents[4] / "adas.py")
    os.lchown(bobs, BOB, BOB)
    path.symlink_to(bobs)


def group_may_write(path: Path) -> None:
    os.chown(path, 0, TEAM)
    path.chmod(0o664)


@as_root
@pytest.mark.parametrize("name", PLANTS)
def test_one_file_of_somebody_elses_in_roots_environment_makes_no_file_of_roots(world: World, name: str) -> None:
    reading = installed(world.path / "root", "x = 1\n")
    PLANTS[name](world.path / "root" / SITE)
    world.keep(reading)
    assert world.found(ROOT) == []
    assert world.found(str(BOB)) == []


@as_root
def test_a_nested_file_of_adas_is_refused_with_the_reason(world: World) -> None:
    """Only what lies in the site directory itself decides whose the environment is: this file lies deeper."""
    reading = installed(world.path / "root", "x = 1\n")
    site = world.path / "root" / SITE
    os.chown(site / "demo-1.0.dist-info" / "WHEEL", ADA, ADA)
    found = world.keep(reading)
    assert found.kept == ()
    assert "somebody else than the holder of the environment can change" in found.lacks[0].reason


@as_root
@pytest.mark.parametrize("rounds", [40, pytest.param(300, marks=pytest.mark.nightly)])
def test_nothing_of_adas_becomes_roots_while_she_changes_her_tree_in_a_loop(world: World, rounds: int) -> None:
    """Her environment is in turn hers, nothing, and a link to root's."""
    home = world.path / "ada"
    home.mkdir()
    os.chown(home, ADA, ADA)
    installed(world.path / "root", "x = 1\n")
    adas = installed(home / "venv", "evil = 1\n", ADA)
    hers, stopped, holders = home / "venv", threading.Event(), []

    def swap() -> None:
        while not stopped.is_set():
            hers.rename(home / "away")
            hers.symlink_to(world.path / "root")
            hers.unlink()
            (home / "away").rename(hers)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(rounds):
            holders += [one.holder for one in world.keep(adas).kept]
            for one in world.repository.artifacts.every():
                Path(world.repository.location, "artifacts", name_of(one)[:2], name_of(one)).unlink()
    finally:
        stopped.set()
        swapping.join()
    # A busy machine may have shown her environment as it is not once: now it is.
    holders += [one.holder for one in world.keep(adas).kept]
    assert set(holders) == {str(ADA)}


def test_an_image_is_somebody_elses_whatever_its_owners_are(world: World) -> None:
    reading = installed(world.path / "image", "x = 1\n", os.geteuid())
    world.repository.create(Inventory(MACHINE, (), (reading,)))
    place = Place(LiveSystem({}), fake_room(str(world.path)), Nobodys())
    found = keep(world.repository.artifacts, [reading], place, online=False)
    assert [one.holder for one in found.kept] == [SEVERAL]
    assert world.found(ROOT) == []


def test_a_file_that_was_kept_before_holders_were_noted_serves_nobody_and_is_listed(world: World) -> None:
    shelf = world.repository.artifacts
    old, _ = shelf.keep("pip", DEMO, "demo-1.0-py3-none-any.whl", lambda: [b"old"], INSTALLED)
    assert (old.holder, old.environment) == ("", "")
    assert [world.found(holder) for holder in HOLDERS] == [[], [], [], []]
    assert list(shelf.every()) == [old]
    assert not shelf.has("pip", DEMO, ROOT)
    assert shelf.has("pip", DEMO)


@pytest.mark.parametrize(
    ("holder", "environment", "said"),
    [
        ("", "", "it is not known from whose files it was made"),
        (SEVERAL, "/srv/v", "several people could change the files in /srv/v that it was made of"),
        (str(ADA), "/home/ada/v", f"the user {ADA} could change the files in /home/ada/v that it was made of"),
    ],
)
def test_a_plan_says_which_kept_file_is_not_used_and_why(
    world: World, holder: str, environment: str, said: str
) -> None:
    world.repository.artifacts.keep("pip", DEMO, "demo.whl", lambda: [b"x"], INSTALLED, holder, environment)
    shelf = Trusted(world.repository.artifacts, ROOT)
    shelf.find("pip", DEMO)
    missing = Obstacle("missing", "pip", "/v", "demo 1.0", "no index offers it")
    other = missing._replace(package="another 1.0")
    found = shelf.explained(Proposal((Step("install", None, DEMO),), (missing, other)))
    assert found.obstacles[0].reason == f"no index offers it; the kept file demo.whl is not used: {said}"
    assert found.obstacles[1] == other


def test_what_comes_from_a_source_is_preferred_and_serves_everybody(world: World) -> None:
    shelf = world.repository.artifacts
    for origin, holder in ((INSTALLED, ROOT), (CACHE, ROOT), (SOURCE, ROOT)):
        shelf.keep("pip", DEMO, "demo.whl", lambda: [origin.encode()], origin, holder, "/v")  # noqa: B023 -- at once
    for holder in HOLDERS:
        assert [one.origin for one in Trusted(shelf, holder).find("pip", DEMO)] == [SOURCE, CACHE, INSTALLED]


def test_a_file_with_a_holder_is_collected_when_no_snapshot_needs_it_and_not_before(world: World) -> None:
    reading = installed(world.path / "own", "x = 1\n", os.geteuid())
    (kept,) = world.keep(reading).kept
    assert world.repository.upkeep.gc().artifacts == 0
    other = DEMO._replace(version="2.0")
    world.repository.artifacts.keep("pip", other, "demo.whl", lambda: [b"2.0"], INSTALLED, str(ADA), "/v")
    assert world.repository.upkeep.gc().artifacts == 1
    assert list(world.repository.artifacts.every()) == [kept]


# -- npm's caches


def give_content(cache: Path) -> None:
    for one in (cache / "_cacache/content-v2").rglob("*"):
        os.chown(one, ADA, ADA)


def moved_behind_a_link(cache: Path) -> None:
    away = cache.parent.parent / "ada"
    away.mkdir()
    (away / "link").symlink_to(cache.rename(cache.parent.parent / "really"))
    os.chown(away, ADA, ADA)
    cache.symlink_to(away / "link")


CACHES: dict[str, tuple[Callable[[Path], object], bool]] = {
    "root's": (lambda _: None, True),
    "ada's": (lambda cache: os.chown(cache, ADA, ADA), False),
    "in ada's": (lambda cache: os.chown(cache.parent, ADA, ADA), False),
    "ada's _cacache": (lambda cache: os.chown(cache / "_cacache", ADA, ADA), False),
    "everybody's": (lambda cache: cache.chmod(0o777), False),
    "with a file of ada's": (give_content, False),
    "a group's": (lambda cache: group_may_write(cache / "_cacache"), False),
    "through ada's link": (moved_behind_a_link, False),
}
"""What becomes of a cache, and whether it serves root then."""


@as_root
@pytest.mark.parametrize("whose", CACHES)
def test_a_cache_that_others_can_change_is_no_source_for_root(tmp_path: Path, whose: str) -> None:
    plant, served = CACHES[whose]
    prefix, cache = tmp_path / "prefix", tmp_path / "home" / "cache"
    (prefix / "lib/node_modules").mkdir(parents=True)
    (prefix / "etc").mkdir()
    (prefix / "etc/npmrc").write_text(f"cache={cache}\n")
    content = tarball("a", "1.0.0")
    stored(cache, content)
    indexed(cache, "https://registry.npmjs.org/a/-/a-1.0.0.tgz", integrity(content))
    plant(cache)
    place = Place(LiveSystem({}), fake_room(str(tmp_path)), Domains(registry.reached, 0, GROUPS))
    is_within = whose == "with a file of ada's"  # whose each file is, is looked at when it is used
    assert (str(cache) in {one.cache for one in fetched(place, str(prefix), "a")}) == (served or is_within)
    assert is_own(str(cache / "_cacache"), 0) == (served or is_within or (cache / "_cacache").stat().st_gid == TEAM)


@as_root
@pytest.mark.parametrize("whose", [name for name in CACHES if name != "a group's"])
def test_a_restore_of_root_takes_no_tarball_of_a_cache_that_others_can_change(tmp_path: Path, whose: str) -> None:
    """Only root's own cache serves: another's index vouches for the content of another's file."""
    plant, served = CACHES[whose]
    cache = tmp_path / "home" / "cache"
    content = tarball("a", "1.0.0")
    stored(cache, content)
    indexed(cache, "https://registry.example/a/-/a-1.0.0.tgz", integrity(content))
    plant(cache)
    said = f"registry=https://registry.example/\ncache={cache}\n"
    machine = FakeMachine({("config",): Finished(0, said, ""), (): Finished(1, "", "no network")})
    supply = Supply(Npm("/usr/bin/npm", "10.0.0", str(tmp_path)), fake_room(str(tmp_path), machine))
    row = Package("a", "", "1.0.0")
    supply.bring([row])
    assert (spec_of(row) in supply.brought) == served
    assert (spec_of(row) in supply.missing) != served


@as_root
def test_root_has_a_home_of_its_own_whatever_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert own_home() == str(tmp_path)
    os.chown(tmp_path, ADA, ADA)
    assert own_home() == "/root"


# -- the rule, and how it is written down


holders = st.sampled_from(["", *HOLDERS])


@given(st.sampled_from(ORIGINS), holders, holders)
def test_the_rule_is_the_one_that_is_written(origin: str, made: str, holder: str) -> None:
    artifact = Artifact("pip", "a", "", "1", "a.whl", "ab" * 32, 0, origin, made, "/v" if made else "")
    may_have_changed = {"": {"anybody"}, ROOT: set(), SEVERAL: {"anybody"}}.get(made, {made})
    may_change_the_environment = {"": {"root"}, ROOT: set(), SEVERAL: set()}.get(holder, {holder})
    harmless = origin == SOURCE or not holder or may_have_changed <= may_change_the_environment
    assert serves(artifact, holder) == harmless


@given(st.lists(st.sampled_from(HOLDERS), max_size=4))
def test_what_several_things_are_made_of_is_as_whose_they_are(parts: list[str]) -> None:
    users = set(parts) - {ROOT}
    assert joined(*parts) == (ROOT if not users else SEVERAL if len(users) > 1 else next(iter(users)))


@given(st.sampled_from([*HOLDERS, "1", "4294967295"]), st.text(st.characters(codec="utf-8"), max_size=30))
def test_the_marks_of_a_file_come_back_and_are_in_its_name(holder: str, environment: str) -> None:
    artifact = Artifact("pip", "a", "", "1", "a.whl", "ab" * 32, 0, INSTALLED, holder, environment)
    end = codec.encode_trailer(artifact)
    assert codec.decode_trailer(end, len(end)) == artifact
    name = name_of(artifact)
    assert name.endswith(f"{'ab' * 32}-{holder}")
    assert is_name(name[:2], name)


def _altered(*marks: object) -> Iterator[bytes]:
    record = records.seal(records.ARTIFACT, ("pip", "a", "", "1", "a.whl", bytes(32), 0, INSTALLED, *marks))
    yield record + len(record).to_bytes(4, "big")


@pytest.mark.parametrize(
    "marks",
    [("0",), (0, "/v"), ("", "/v"), ("01", "/v"), ("-1", "/v"), ("root", ""), ("0", 1), ("0", "", ""), ("1" * 11, "")],
)  # fmt: skip
def test_marks_that_make_no_sense_are_damage(marks: tuple[object, ...]) -> None:
    for end in _altered(*marks):
        with pytest.raises(CorruptError, match="not the record of an artifact"):
            codec.decode_trailer(end, len(end))


@pytest.mark.parametrize("tail", ["-", "-00", "-root", "-1-1", "-several-", "-" + "1" * 11, "several"])
def test_no_other_name_is_an_artifacts(tail: str) -> None:
    assert not is_name("ab", f"{'ab' * 16}-{'cd' * 32}{tail}")


def test_a_holder_that_makes_no_sense_is_not_kept(world: World) -> None:
    with pytest.raises(RequestError, match="not allowed"):
        world.repository.artifacts.keep("pip", DEMO, "a.whl", lambda: [b"x"], INSTALLED, "ada", "/v")
