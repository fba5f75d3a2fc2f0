"""What is said against a restore of npm's packages, without node: a machine on which no program answers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.machines.npmworld import EmptyShelf, changed, tree
from support.packages.tarballs import tarball

from cortexrepo.ecosystems.contract.restoring import Room, Work
from cortexrepo.ecosystems.npm.program import find_npm
from cortexrepo.ecosystems.npm.restore import restorer as npm
from cortexrepo.ecosystems.npm.restore.links import check_free, links
from cortexrepo.ecosystems.npm.restore.staging import Staging, discard
from cortexrepo.ecosystems.npm.tarballs.packing import pack
from cortexrepo.ecosystems.npm.tarballs.registries import Offer, Registries, Spec, configured, shown
from cortexrepo.errors import CollectError, RefusedError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.programs import Finished
from cortexrepo.model.package import BROKEN, LINK, NESTED, OWNED, Manifest, Package
from cortexrepo.model.plan import INSTALL, REINSTALL, REMOVE, UPGRADE, Part, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cortexrepo.machine.files import Entry
    from cortexrepo.model.plan import Obstacle


class FakeMachine:
    """Answers as npm would, from what is offered."""

    def __init__(self, offered: Mapping[str, bytes] | None = None, version: str = "11.0.0", silent: str = "") -> None:
        self.offered = offered or {}
        self.version = version
        self.silent = silent
        self.runs: list[list[str]] = []
        self.variables: list[Mapping[str, str]] = []

    def run(self, arguments: Sequence[str], *, variables: Mapping[str, str] | None = None, **_: object) -> Finished:
        self.runs.append(list(arguments))
        self.variables.append(variables or {})
        if arguments[1] == "--version":
            return Finished(0 if self.version else 1, self.version + "\n", "")
        if arguments[1] == "config":
            return Finished(
                0, "registry=https://u:secret@npm.example/\ncache=/nowhere\n@own:registry=https://own.example/\n", ""
            )
        return self._pack(list(arguments))

    ask = run

    def _pack(self, arguments: list[str]) -> Finished:
        into, specs = arguments[arguments.index("--pack-destination") + 1], arguments[arguments.index("--") + 1 :]
        if self.silent and any(spec.startswith(self.silent) for spec in specs):
            return Finished(1, '{"error": {"code": "ENOTFOUND", "summary": "no such host", "detail": ""}}', "")
        gone = [spec for spec in specs if spec not in self.offered]
        if gone:
            return Finished(1, f'{{"error": {{"code": "E404", "summary": "404 {gone[0]}", "detail": ""}}}}', "")
        for spec in specs:
            name, _, version = spec.rpartition("@")
            with open(f"{into}/{Spec(name, version).file}", "wb") as file:
                file.write(self.offered[spec])
        return Finished(0, "[]", "")

    def find(self, program: str) -> str | None:
        return f"/usr/bin/{program}"

    def free(self, path: str) -> int:
        return 1 << 40

    def user(self) -> int:
        return os.geteuid()

    def kernel(self) -> str:
        return ""

    def mounts(self) -> tuple[()]:
        return ()


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    made = tmp_path.resolve() / "prefix"
    (made / "lib/node_modules").mkdir(parents=True)
    return made


def room(prefix: Path, machine: FakeMachine | None = None) -> Room:
    staging = prefix.parent / "staging"
    staging.mkdir(exist_ok=True)
    return Room(machine or FakeMachine(), EmptyShelf(), str(staging), lambda line: None)


def work(prefix: Path, *steps: Step, now: Sequence[Package] = (), **facts: str) -> Work:
    empty = Manifest("npm", ())
    current = (("node", facts["node"]),) if "node" in facts else ()
    then = (("node", facts["then"]),) if "then" in facts else ()
    return Work("npm", str(prefix), current, then, Manifest.of("npm", now), empty, steps)


def obstacles(prefix: Path, *steps: Step, now: Sequence[Package] = ()) -> list[tuple[str, str]]:
    found: tuple[Obstacle, ...] = npm.propose(work(prefix, *steps, now=now), room(prefix)).obstacles
    return [(each.kind, each.package) for each in found]


ONE = Package("one", "", "1.0.0")
TWO = Package("two", "", "1.0.0")


def test_what_dpkg_owns_is_never_touched(prefix: Path) -> None:
    owned = Package("npm", "", "9.0.0", OWNED)
    assert obstacles(prefix, Step(UPGRADE, owned, Package("npm", "", "10.0.0")), now=[owned]) == [
        ("unsafe", "npm 9.0.0")
    ]
    assert obstacles(prefix, Step(REMOVE, owned, None), now=[owned]) == [("unsafe", "npm 9.0.0")]
    assert obstacles(prefix, Step(INSTALL, None, owned)) == [("unsafe", "npm 9.0.0")]


def test_nothing_is_left_or_put_inside_what_is_no_package(prefix: Path) -> None:
    inner = Package("inner", "", "1.0.0", NESTED, (("inside", "one"),))
    assert obstacles(prefix, Step(INSTALL, None, inner)) == [("simulation", "inner 1.0.0")]
    assert obstacles(prefix, Step(REMOVE, ONE, None), now=[ONE, inner]) == [("simulation", "inner 1.0.0")]
    assert obstacles(prefix, Step(INSTALL, None, TWO._replace(version="2.0.0")), now=[TWO]) == [
        ("simulation", "two 1.0.0"),
        ("simulation", "two 2.0.0"),
    ]


def test_what_was_broken_or_came_from_elsewhere_is_not_to_be_had(prefix: Path) -> None:
    broken = Package("broken", "", "", BROKEN)
    git = Package("git", "", "1.0.0", 0, (("resolved", "git+ssh://git@example.org/a.git#abc"),))
    proposal = npm.propose(work(prefix, Step(INSTALL, None, broken), Step(INSTALL, None, git)), room(prefix))
    assert [(each.kind, each.package) for each in proposal.obstacles] == [
        ("missing", "broken"),
        ("missing", "git 1.0.0"),
    ]
    assert "git+ssh://git@example.org" in proposal.obstacles[1].reason


def test_everything_that_stands_against_it_is_said_at_once(prefix: Path) -> None:
    steps = [Step(INSTALL, None, Package(name, "", "1.0.0")) for name in ("../a", "-b", "c d", "fine")]
    assert len(obstacles(prefix, *steps)) == 3
    steps = [Step(INSTALL, None, Package(f"p{number}", "", "1.0.0")) for number in range(7)]
    assert len(obstacles(prefix, *steps)) == 7


def test_an_environment_that_is_not_there_or_leads_elsewhere_is_an_obstacle(prefix: Path) -> None:
    step = Step(INSTALL, None, ONE)
    assert obstacles(prefix.parent / "nothing", step) == [("environment", "")]
    (prefix.parent / "link").symlink_to(prefix)
    assert obstacles(prefix.parent / "link", step) == [("environment", "")]
    assert obstacles(prefix / "../prefix", step) == [("environment", "")]


def test_without_npm_it_is_an_obstacle_unless_nothing_needs_it(prefix: Path) -> None:
    for version in ("", "6.14.18", "nonsense"):
        found = npm.propose(work(prefix, Step(INSTALL, None, ONE)), room(prefix, FakeMachine(version=version)))
        assert ("environment", "") in {(each.kind, each.package) for each in found.obstacles}
    machine = FakeMachine(version="")
    found = npm.propose(work(prefix, Step(REMOVE, ONE, None), now=[ONE]), room(prefix, machine))
    assert found.obstacles == ()
    assert machine.runs == []


def test_a_package_that_goes_is_stashed_with_its_links_and_comes_back(prefix: Path) -> None:
    own = prefix / "lib/node_modules/one"
    own.mkdir()
    (own / "package.json").write_text('{"name": "one", "version": "1.0.0"}')
    (prefix / "bin").mkdir()
    (prefix / "bin/one").symlink_to("../lib/node_modules/one/cli.js")
    (prefix / "bin/other").symlink_to("../lib/node_modules/one-more/cli.js")
    before, given = tree(prefix), room(prefix)
    part = Part("npm", str(prefix), (), (Step(REMOVE, ONE, None),))
    npm.apply(part, given)
    assert os.listdir(prefix / "lib/node_modules") == []
    assert os.listdir(prefix / "bin") == ["other"]
    npm.revert(part, given)
    assert changed(before, tree(prefix)) == []
    npm.apply(part, given)
    npm.finish(part, given)
    assert sorted(tree(prefix)) == ["bin/other", "lib/node_modules"]
    assert os.listdir(given.staging) == []


def test_a_removal_of_what_has_changed_is_refused(prefix: Path) -> None:
    part = Part("npm", str(prefix), (), (Step(REMOVE, ONE, None),))
    with pytest.raises(RefusedError, match="nothing instead of one"):
        npm.apply(part, room(prefix))
    part = Part("npm", str(prefix), (), (Step(REINSTALL, ONE, ONE),))
    with pytest.raises(RefusedError):
        npm.apply(part, room(prefix))


def test_the_space_of_what_is_bundled_is_counted_once(prefix: Path) -> None:
    names = [f"in{number}" for number in range(5)]
    files = {f"node_modules/{name}/package.json": f'{{"name": "{name}", "version": "1.0.0"}}' for name in names}
    outer = tarball("one", "1.0.0", {**files, "big": "x" * 5000}, bundleDependencies=names)
    bundled = [Package(name, "", "1.0.0", NESTED, (("inside", "one"),)) for name in names]
    steps = [Step(INSTALL, None, row) for row in (ONE, *bundled, TWO)]
    machine = FakeMachine({"one@1.0.0": outer, "two@1.0.0": tarball("two", "1.0.0")})
    found = npm.propose(work(prefix, *steps), room(prefix, machine))
    assert found.obstacles == ()
    assert 5000 < found.space < 2 * 5000


def test_scripts_native_parts_and_npm_itself_are_risks(prefix: Path) -> None:
    machine = FakeMachine(
        {
            "scripted@1.0.0": tarball("scripted", "1.0.0", scripts={"postinstall": "true"}),
            "gyp@1.0.0": tarball("gyp", "1.0.0", files={"binding.gyp": "{}"}),
            "addon@1.0.0": tarball("addon", "1.0.0", files={"build/addon.node": ""}),
            "plain@1.0.0": tarball("plain", "1.0.0", scripts={"test": "true"}, files={"a/binding.gyp": ""}),
            "npm@1.0.0": tarball("npm", "1.0.0"),
        }
    )
    steps = [Step(INSTALL, None, Package(spec.partition("@")[0], "", "1.0.0")) for spec in machine.offered]
    proposal = npm.propose(work(prefix, *steps, node="20.1.0", then="18.9.0"), room(prefix, machine))
    assert proposal.obstacles == ()
    assert sorted((risk.kind, risk.package) for risk in proposal.risks) == [
        ("package-manager", "npm"),
        ("scripts", "addon 1.0.0"),
        ("scripts", "gyp 1.0.0"),
        ("scripts", "gyp 1.0.0"),
        ("scripts", "scripted 1.0.0"),
        ("scripts", "scripted 1.0.0"),
    ]
    same = npm.propose(work(prefix, *steps, node="20.1.0", then="20.9.0"), room(prefix, machine))
    assert len(same.risks) == 3


def test_a_tarball_of_something_else_is_not_taken(prefix: Path) -> None:
    for other in (tarball("two", "1.0.0"), tarball("one", "1.0.1")):
        proposal = npm.propose(work(prefix, Step(INSTALL, None, ONE)), room(prefix, FakeMachine({"one@1.0.0": other})))
        assert [(each.kind, each.package) for each in proposal.obstacles] == [("missing", "one 1.0.0")]


def test_the_source_is_shown_without_credentials_and_with_its_digest(prefix: Path) -> None:
    machine = FakeMachine({"one@1.0.0": tarball("one", "1.0.0")})
    (step,) = npm.propose(work(prefix, Step(INSTALL, None, ONE)), room(prefix, machine)).steps
    assert step.source is not None
    assert (step.source.place, step.source.name) == ("configured", "https://npm.example")
    assert step.source.digest.startswith("sha512-")
    assert step.source.size == len(tarball("one", "1.0.0"))


def offer(prefix: Path, machine: FakeMachine, specs: Sequence[Spec]) -> tuple[list[Spec], Offer]:
    program = find_npm(str(prefix), machine)
    assert program is not None
    registries = configured(program, machine, ["@own/a"], "/")
    made = Offer(program, machine, registries, str(prefix))
    received: list[Spec] = []
    made.take(specs, lambda spec, path: received.append(spec))
    return received, made


def test_all_that_is_missing_is_found_and_the_rest_is_received(prefix: Path) -> None:
    names = [f"p{number}" for number in range(120)]
    offered = {f"{name}@1.0.0": tarball(name, "1.0.0") for name in names if int(name[1:]) % 17}
    machine = FakeMachine(offered)
    received, made = offer(prefix, machine, [Spec(name, "1.0.0") for name in names])
    assert set(made.missing) == {Spec(name, "1.0.0") for name in names} - set(received)
    assert len(received) == len(offered)
    assert len(machine.runs) < 20


def test_no_two_that_npm_writes_to_one_file_are_asked_for_at_once(prefix: Path) -> None:
    specs = [Spec("@a/b-c", "1.0.0"), Spec("a-b-c", "1.0.0"), Spec("@a-b/c", "1.0.0")]
    received, made = offer(prefix, FakeMachine({str(spec): tarball(*spec) for spec in specs}), specs)
    assert (set(received), made.missing) == (set(specs), {})


def test_a_registry_that_cannot_be_reached_does_not_hide_another(prefix: Path) -> None:
    machine = FakeMachine({"one@1.0.0": tarball("one", "1.0.0")}, silent="@own/")
    specs = [Spec("one", "1.0.0"), Spec("@own/a", "1.0.0"), Spec("@own/b", "1.0.0")]
    received, made = offer(prefix, machine, specs)
    assert received == [Spec("one", "1.0.0")]
    reason = "the registry cannot be reached; npm says: no such host"
    assert made.missing == {Spec("@own/a", "1.0.0"): reason, Spec("@own/b", "1.0.0"): reason}
    assert made.silent == {"https://own.example/": reason}


def test_the_npm_of_the_prefix_comes_first_and_finds_its_node(prefix: Path) -> None:
    (prefix / "bin").mkdir()
    (prefix / "bin/npm").write_text("")
    (prefix / "bin/npm").chmod(0o755)
    machine = FakeMachine()
    found = find_npm(str(prefix), machine)
    assert found is not None
    assert found.program == f"{prefix}/bin/npm"
    found.run(machine, ["config", "get", "x"], "/")
    assert machine.variables[-1]["PATH"].startswith(f"{prefix}/bin:")
    assert machine.runs[-1][-2:] == ["get", "x"]


def test_an_address_is_shown_without_what_is_secret() -> None:
    assert shown("https://u:p@npm.example/path/?token=x#y") == "https://npm.example/path"
    assert Registries({"": "a", "@x": "b"}, "").of("@x/y") == "b"
    assert Registries({"": "a", "@x": "b"}, "").of("x") == "a"


def test_links_are_those_of_the_package_and_no_others(prefix: Path) -> None:
    (prefix / "bin").mkdir()
    (prefix / "share/man/man1").mkdir(parents=True)
    for name, target in {
        "bin/a": "../lib/node_modules/a/x",
        "bin/s": "../lib/node_modules/@s/b/x",
        "bin/absolute": f"{prefix}/lib/node_modules/a/y",
        "bin/elsewhere": "/usr/lib/node_modules/a/x",
        "bin/out": "../lib/node_modules/../../x",
        "share/man/man1/a.1": "../../../lib/node_modules/a/a.1",
    }.items():
        (prefix / name).symlink_to(target)
    (prefix / "bin/file").write_text("")
    assert links(str(prefix)) == {"bin/a": "a", "bin/s": "@s/b", "bin/absolute": "a", "share/man/man1/a.1": "a"}
    check_free(str(prefix), "bin/a", ["a"])
    check_free(str(prefix), "bin/nothing", [])
    for link in ("bin/a", "bin/file", "bin/elsewhere"):
        with pytest.raises(RefusedError, match="in the way"):
            check_free(str(prefix), link, ["b"])


def test_a_staging_that_is_noted_is_discarded_and_nothing_else(prefix: Path) -> None:
    given = room(prefix)
    for _ in range(2):
        Staging(str(prefix), given)
    (prefix / "lib/.cortex-restore-mine").mkdir()
    discard(str(prefix), given.staging)
    assert sorted(os.listdir(prefix / "lib")) == [".cortex-restore-mine", "node_modules"]
    assert os.listdir(given.staging) == []


def test_the_same_package_is_packed_to_the_same_bytes(tmp_path: Path) -> None:
    for number in range(2):
        folder = tmp_path / str(number)
        for name in sorted(("package.json", "a/b.js", "node_modules/x/package.json"), reverse=bool(number)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text('{"name": "@s/a", "version": "1.0.0"}')
        os.utime(folder / "a/b.js", (number, number))
        with (tmp_path / f"{number}.tgz").open("xb") as target:
            pack(LiveSystem({}), str(folder), target)
    assert (tmp_path / "0.tgz").read_bytes() == (tmp_path / "1.tgz").read_bytes()
    (tmp_path / "0/link").symlink_to("a")
    with pytest.raises(CollectError, match="link is not a regular file"), (tmp_path / "2.tgz").open("xb") as target:
        pack(LiveSystem({}), str(tmp_path / "0"), target)


class Swapping(LiveSystem):
    """Where a package's files become links the moment that they have been listed."""

    def __init__(self, path: Path, other: Path) -> None:
        super().__init__({})
        self._path, self._other = path, other

    def entries(self, path: str) -> list[Entry]:
        found = super().entries(path)
        if path == f"{self._path.parent}/":
            self._path.rename(self._path.with_name("old"))
            self._path.symlink_to(self._other)
        return found


@pytest.mark.parametrize("name", ["a.js", "lib"])
def test_a_link_put_in_the_place_of_a_file_meanwhile_is_not_followed(tmp_path: Path, name: str) -> None:
    for folder in ("one", "secret"):
        (tmp_path / folder / "lib").mkdir(parents=True)
        for file in ("package.json", "a.js", "lib/b.js"):
            (tmp_path / folder / file).write_text(folder)
    system = Swapping(tmp_path / "one" / name, tmp_path / "secret" / name)
    with pytest.raises(OSError, match="contains a symbolic link"), (tmp_path / "one.tgz").open("xb") as target:
        pack(system, str(tmp_path / "one"), target)


def test_what_no_installer_would_take_is_not_packed(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with (tmp_path / "one/large").open("wb") as file:
        file.truncate(1 << 33)
    with pytest.raises(CollectError, match="more than"), (tmp_path / "one.tgz").open("xb") as target:
        pack(LiveSystem({}), str(tmp_path / "one"), target)


def test_a_link_that_dangled_is_made_again(prefix: Path) -> None:
    row = Package("gone", "", "", LINK | BROKEN, (("target", "../../nowhere"),))
    given = room(prefix)
    proposal = npm.propose(work(prefix, Step(INSTALL, None, row)), given)
    assert proposal.obstacles == ()
    npm.apply(Part("npm", str(prefix), (), proposal.steps), given)
    assert os.readlink(prefix / "lib/node_modules/gone") == "../../nowhere"
