"""Finding npm's global prefixes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.npm.npmrc import read_prefix
from cortexrepo.ecosystems.npm.prefixes import find_prefixes
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class Machine:
    """Another root with one user, whose home is /home/u."""

    def __init__(self, root: Path) -> None:
        """Makes it without any prefix."""
        self.root = root
        self.system = RootedSystem(str(root))
        self.write(
            "/etc/passwd", "root:x:0:0::/root:/bin/sh\nu:x:1000:1000:,,,:/home/u/:/bin/sh\nbad line\nx:x:1:1::rel:\n"
        )
        (root / "home/u").mkdir(parents=True)

    def write(self, path: str, text: str) -> None:
        """Writes a file."""
        file = self.root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def prefix(self, path: str) -> None:
        """Makes a prefix."""
        (self.root / path[1:] / "lib/node_modules").mkdir(parents=True)

    def found(self, *named: str, environment: Mapping[str, str] | None = None) -> dict[str, str]:
        """Returns the prefixes with their kinds; every place must have been searched."""
        self.system.environment = environment or {}
        prefixes, unsearched, leadings, unlooked, _ = find_prefixes(self.system, named)
        assert (unsearched, leadings, any(unlooked.values())) == ({}, {}, False)
        assert [prefix.path for prefix in prefixes] == sorted(prefix.path for prefix in prefixes)
        return {prefix.path: prefix.kind for prefix in prefixes}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.system.close()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/usr", "system"),
        ("/usr/local", "local"),
        ("/usr/local/nvm/versions/node/v20.0.0", "nvm"),
        ("/opt/node-v20", "opt"),
        ("/home/u/.npm-global", "home"),
        ("/home/u/.npm-packages", "home"),
        ("/home/u/.local", "home"),
        ("/home/u/n", "n"),
        ("/home/u/.nvm/versions/node/v20.0.0", "nvm"),
        ("/home/u/.volta/tools/image/node/20.0.0", "volta"),
        ("/home/u/.volta/tools/image/packages/eslint", "volta"),
        ("/home/u/.volta/tools/image/packages/@vue/cli", "volta"),
        ("/home/u/.fnm/node-versions/v20.0.0/installation", "fnm"),
        ("/home/u/.local/share/fnm/node-versions/v20.0.0/installation", "fnm"),
        ("/home/u/.nodenv/versions/20.0.0", "nodenv"),
        ("/home/u/.asdf/installs/nodejs/20.0.0", "asdf"),
        ("/home/u/.local/share/mise/installs/node/20.0.0", "mise"),
        ("/root/.npm-global", "home"),
    ],
)
def test_each_usual_place_is_found(machine: Machine, path: str, kind: str) -> None:
    machine.prefix(path)

    assert machine.found() == {path: kind}


@pytest.mark.parametrize(
    ("variables", "path", "kind"),
    [
        ({"npm_config_prefix": "/x"}, "/x", "environment"),
        ({"NPM_CONFIG_PREFIX": "/x/"}, "/x", "environment"),
        ({"PREFIX": "/x"}, "/x", "environment"),
        ({"N_PREFIX": "/x"}, "/x", "n"),
        ({"NVM_DIR": "/x"}, "/x/versions/node/v1", "nvm"),
        ({"FNM_DIR": "/x"}, "/x/node-versions/v1/installation", "fnm"),
        ({"VOLTA_HOME": "/x"}, "/x/tools/image/node/1", "volta"),
        ({"NODENV_ROOT": "/x"}, "/x/versions/1", "nodenv"),
        ({"ASDF_DATA_DIR": "/x"}, "/x/installs/nodejs/1", "asdf"),
        ({"HOME": "/x"}, "/x/.npm-global", "home"),
        ({"PATH": "bin::/none:/x/bin"}, "/x", "path"),
        ({"npm_config_userconfig": "/rc", "X": "/x"}, "/x", "configured"),
    ],
)
def test_a_variable_of_the_environment_leads_to_a_prefix(
    machine: Machine, variables: dict[str, str], path: str, kind: str
) -> None:
    machine.prefix(path)
    machine.write("/x/bin/node", "")
    machine.write("/rc", "prefix=${X}")

    assert machine.found(environment=variables) == {path: kind}
    assert machine.found() == {}


def test_a_node_that_is_a_link_leads_to_where_it_really_is(machine: Machine) -> None:
    machine.prefix("/real")
    machine.write("/real/bin/node", "")
    (machine.root / "bin").mkdir()
    (machine.root / "bin/node").symlink_to("/real/bin/node")

    assert machine.found(environment={"PATH": "/bin"}) == {"/real": "path"}


@pytest.mark.parametrize("file", ["/etc/npmrc", "/home/u/.npmrc", "/usr/etc/npmrc", "/usr/lib/node_modules/npm/npmrc"])
def test_a_configuration_file_leads_to_a_prefix_and_that_one_to_the_next(machine: Machine, file: str) -> None:
    for path in ("/usr", "/first", "/second"):
        machine.prefix(path)
    machine.write(file, "prefix=/first\n")
    machine.write("/first/etc/npmrc", "prefix=/second\n")
    machine.write("/second/etc/npmrc", "prefix=/first\n")

    assert machine.found() == {"/usr": "system", "/first": "configured", "/second": "configured"}


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("prefix=/a", "/a"),
        ("  prefix =  /a  ", "/a"),
        ('prefix="/a b"', "/a b"),
        ("prefix='/a;b'", "/a;b"),
        ("prefix=/a ; why", "/a"),
        ("prefix=/a#why", "/a"),
        (";prefix=/a\n#prefix=/b", ""),
        ("prefix=/a\r\nprefix=/b\r\n", "/b"),
        ("[section]\nprefix=/a", ""),
        ("init-prefix=/a\nprefixes=/b", ""),
        ("prefix=~/a", "/home/u/a"),
        ("prefix=~x/a", "~x/a"),
        ("prefix=${HOME}/a/${B}", "/home/u/a/b"),
        ("prefix=${NONE}/a", "${NONE}/a"),
        ("prefix=/a${NONE?}", "/a"),
        ("prefix=${HOME", "${HOME"),
        ("prefix=${B${B}", "${B${B}"),
        ("prefix", ""),
        ("", ""),
    ],
)
def test_the_prefix_of_a_configuration_file_is_read_as_npm_reads_it(machine: Machine, text: str, prefix: str) -> None:
    machine.write("/rc", text)

    assert read_prefix(machine.system, "/rc", {"HOME": "/home/u", "B": "b"}) == prefix


@pytest.mark.parametrize(
    "value", ["relative", "/nul\0byte", "/" + "x" * 300, "/loop", "/*", "${X}", "/a" * 2000, "/etc/passwd"]
)
def test_a_configured_prefix_that_cannot_be_is_passed_over(machine: Machine, value: str) -> None:
    (machine.root / "loop").symlink_to("loop")
    machine.write("/home/u/.npmrc", f"prefix={value}\n")

    assert machine.found() == {}


def test_a_long_chain_of_configurations_is_followed_to_its_end(machine: Machine) -> None:
    for number in range(1500):
        machine.prefix(f"/p{number}")
        machine.write(f"/p{number}/etc/npmrc", f"prefix=/p{number + 1}")
    machine.write("/etc/npmrc", "prefix=/p0")

    assert len(machine.found()) == 1500


def test_the_same_folder_is_found_once_under_its_real_path(machine: Machine) -> None:
    machine.prefix("/home/u/.nvm/versions/node/v20.0.0")
    (machine.root / "home/u/.nvm/versions/node/current").symlink_to("v20.0.0")
    (machine.root / "home/u/.npm-global").symlink_to("/home/u/.nvm/versions/node/v20.0.0")
    (machine.root / "usr/local/lib").mkdir(parents=True)
    (machine.root / "usr/local/lib/node_modules").symlink_to("/home/u/.npm-global/lib/node_modules")

    assert machine.found("/home/u/.npm-global/") == {"/home/u/.nvm/versions/node/v20.0.0": "local"}


def test_modules_that_are_really_elsewhere_keep_the_name_of_the_prefix(machine: Machine) -> None:
    (machine.root / "data").mkdir()
    (machine.root / "usr/lib").mkdir(parents=True)
    (machine.root / "usr/lib/node_modules").symlink_to("/data")

    assert machine.found() == {"/usr": "system"}


@pytest.mark.parametrize("named", ["/x", "/x/", "/x/lib/node_modules", "/x/lib/node_modules/"])
def test_a_prefix_can_be_named_by_itself_or_its_modules(machine: Machine, named: str) -> None:
    machine.prefix("/x")

    assert machine.found(named) == {"/x": "named"}


@pytest.mark.parametrize("named", ["/", "/none", "relative", "", "/etc/passwd", "/nul\0byte"])
def test_a_named_path_that_is_no_prefix_is_passed_over(machine: Machine, named: str) -> None:
    assert machine.found(named) == {}


def test_a_prefix_whose_name_cannot_be_printed_is_escaped(machine: Machine) -> None:
    os.makedirs(os.fsencode(machine.root) + b"/opt/node\xff\x1b/lib/node_modules")

    assert machine.found() == {"/opt/node\\udcff\\x1b": "opt"}


class Forbidding(RootedSystem):
    """A root in which one path may not be looked at or below."""

    forbidden = ""

    def _walk(self, path: str) -> tuple[str, int]:
        if self.forbidden and path.startswith(self.forbidden):
            raise PermissionError(13, "Permission denied", path)
        return super()._walk(path)


@pytest.mark.parametrize(
    ("forbidden", "named", "home"),
    [
        ("/home/u/", "/home/u", "/home/u"),
        ("/home/u/.npmrc", "/home/u", "/home/u"),
        ("/home/u/.nvm/", "/home/u/.nvm/versions/node", "/home/u"),
        ("/etc/passwd", "/etc/passwd", ""),
        ("/opt", "/opt", ""),
        ("/usr/lib", "/usr", ""),
    ],
)
def test_a_place_that_may_not_be_searched_is_named_once_for_its_home(
    machine: Machine, forbidden: str, named: str, home: str
) -> None:
    system = Forbidding(str(machine.root))
    system.forbidden = forbidden
    try:
        unsearched = find_prefixes(system, [])[1]
    finally:
        system.close()

    assert unsearched == {home: {f"{named}: Permission denied": None}}
