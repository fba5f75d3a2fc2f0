"""Families of packages for apt, drawn at random: which files they share, take over, divert and delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from support.packages.archive import Archive

    State = dict[str, str]
    """The version of each package that is there."""

VERSIONS = ("1.0", "2.0")
POOL, OTHER = "/srv/archive/pool", "/srv/other/pool"
"""Where the packages are, and their namesakes: packages of the same names and versions with other files."""


class Family(NamedTuple):
    """Packages that have to do with one another, and what becomes of them.

    Attributes:
        name: What every path and package of it begins with.
        fill: Adds the packages to the archive, and the namesakes to another.
        names: The packages.
        before: The states on the way to the snapshot; the last is the snapshot's.
        after: The states that follow.
        at_first: What else is done to the machine before the snapshot, for a shell.
        at_last: What else is done to it afterwards.
        free: Paths that a person has changed in a way that a restore leaves alone on purpose.
    """

    name: str
    fill: Callable[[Archive, Archive], None]
    names: tuple[str, ...]
    before: tuple[State, ...]
    after: tuple[State, ...]
    at_first: str = ""
    at_last: str = ""
    free: tuple[str, ...] = ()


def drawn(number: int, random: Random) -> Family:
    """Returns a family whose paths begin with `cxNUMBER-`."""
    name = f"cx{number}"
    kind = random.choice(KINDS)
    return _touched(kind(name, random), random)


def words(names: tuple[str, ...], state: State) -> list[str]:
    """Returns what apt-get is told for a state."""
    return [f"{name}={state[name]}" if name in state else f"{name}-" for name in names]


# -- what is in the packages


def _jumble(name: str, random: Random) -> Family:
    """Packages that have any of some paths; a later one takes files of an earlier one over."""
    names = tuple(f"{name}-{letter}" for letter in "abc"[: random.randint(1, 3)])
    pool = (
        f"usr/share/{name}-d/one", f"usr/bin/{name}-run", f"etc/{name}-d/conf", f"opt/{name}-d/deep/er/file",
        f"usr/lib/{name}-d/lib",
    )  # fmt: skip
    has = {(one, version): random.sample(pool, random.randint(0, 4)) for one in names for version in VERSIONS}
    with_conf = random.random() < 0.5
    modes = {path: random.choice([0o644, 0o755, 0o600, 0o4755]) for path in pool}
    same = random.random() < 0.3
    sums = random.random() < 0.85
    scripts = {one: _script(random, pool) for one in has}
    link = random.choice([None, None, *has])

    def fill(archive: Archive, others: Archive) -> None:
        for (one, version), paths in has.items():
            known = names[: names.index(one)]
            fields = {"Replaces": ", ".join(known)} if known else {}
            text = "any" if same else version
            for target, mark in ((archive, ""), (others, " rebuilt")):
                files = {path: f"{one} {text} {path}{mark}\n" for path in paths}
                conffiles = [path for path in paths if path.startswith("etc/") and with_conf]
                links = {f"usr/share/{one}/link": f"../{name}-d/one"} if (one, version) == link else {}
                target.add(
                    one, version, files=files, conffiles=conffiles, fields=fields, modes=modes, sums=sums,
                    scripts=scripts[one, version], links=links,
                )  # fmt: skip

    return _wandering(name, fill, names, random)


def _script(random: Random, pool: tuple[str, ...]) -> dict[str, str]:
    path = random.choice(pool)
    return random.choice([
        {}, {}, {}, {}, {"prerm": f"rm -f /{path}"}, {"postrm": f"rm -f /{path}"},
        {"postrm": f'if [ "$1" = purge ]; then rm -f /{path}; fi'},
    ])  # fmt: skip


def _split(name: str, random: Random) -> Family:
    """A package whose file goes to a part of its own, with and without Breaks."""
    path = random.choice([f"usr/share/{name}-d/file", f"usr/bin/{name}-run"])
    whole, part = f"{name}-whole", f"{name}-part"
    fields = {"Replaces": f"{whole} (<< 2.0)"} | random.choice([{}, {"Breaks": f"{whole} (<< 2.0)"}])

    def fill(archive: Archive, _others: Archive) -> None:
        archive.add(whole, "1.0", files={path: "whole\n"})
        archive.add(whole, "2.0", fields={"Depends": part})
        archive.add(part, "2.0", files={path: "part\n"}, fields=fields)

    states: list[State] = [{}, {whole: "1.0"}, {whole: "2.0", part: "2.0"}, {part: "2.0"}]
    if "Breaks" not in fields:
        states.append({whole: "1.0", part: "2.0"})
    return _among(name, fill, (whole, part), states, random)


def _linked(name: str, random: Random) -> Family:
    """A directory that becomes a link, and a link that becomes a directory."""
    one, other = f"{name}-linked", f"{name}-target"
    folder = f"usr/share/{name}-d/data"
    helped = random.random() < 0.5
    to_link = f"if [ -d /{folder} ] && [ ! -L /{folder} ]; then rm -r /{folder}; fi"
    to_directory = f"if [ -L /{folder} ]; then rm /{folder}; fi"

    def fill(archive: Archive, _others: Archive) -> None:
        back = {"preinst": to_directory} if helped else {}
        archive.add(one, "1.0", files={f"{folder}/data": "linked\n"}, scripts=back)
        archive.add(
            one, "2.0", links={folder: "../" + f"{name}-t"}, scripts={"preinst": to_link}, fields={"Depends": other}
        )
        archive.add(other, "1.0", files={f"usr/share/{name}-t/data": "target\n"})

    states: list[State] = [{}, {one: "1.0"}, {one: "2.0", other: "1.0"}, {one: "1.0", other: "1.0"}, {other: "1.0"}]
    return _among(name, fill, (one, other), states, random)


def _diverted(name: str, random: Random) -> Family:
    """A package that diverts a file of another, and forgets to take the diversion back or not."""
    one, other = f"{name}-solo", f"{name}-div"
    path = f"/usr/share/{name}-d/file"
    divert = f"dpkg-divert --package {other} --rename --divert {path}.orig --add {path}"
    forgets = random.random() < 0.3
    back = f'if [ "$1" = remove ]; then dpkg-divert --package {other} --remove --rename {path}; fi'
    brings = random.random() < 0.7

    def fill(archive: Archive, _others: Archive) -> None:
        for version in VERSIONS:
            archive.add(one, version, files={path[1:]: f"solo {version}\n"})
        scripts = {"preinst": divert} | ({} if forgets else {"postrm": back})
        archive.add(other, "1.0", files={path[1:]: "diverter\n"} if brings else {}, scripts=scripts)

    return _wandering(name, fill, (one, other), random, {other: ("1.0",)})


def _alternative(name: str, random: Random) -> Family:
    """Two packages that offer a command by update-alternatives."""
    one, other = f"{name}-vi", f"{name}-emacs"
    offer = f"update-alternatives --install /usr/bin/{name}-edit {name}-edit"

    def fill(archive: Archive, _others: Archive) -> None:
        for package, priority in ((one, 10), (other, 20)):
            for version in VERSIONS:
                program = f"/usr/lib/{name}-d/{package}"
                take = f'if [ "$1" = remove ]; then update-alternatives --remove {name}-edit {program}; fi'
                archive.add(
                    package, version, files={program[1:]: f"#!/bin/sh\n# {version}\n"}, modes={program[1:]: 0o755},
                    scripts={"postinst": f"{offer} {program} {priority}", "prerm": take},
                )  # fmt: skip

    family = _wandering(name, fill, (one, other), random)
    if one in family.before[-1] and random.random() < 0.5:
        return family._replace(at_first=f"update-alternatives --set {name}-edit /usr/lib/{name}-d/{one}\n")
    return family


def _configured(name: str, random: Random) -> Family:
    """A configuration file that changes, moves to another package, or goes."""
    one, other = f"{name}-conf", f"{name}-heir"
    path = f"etc/{name}-d/main.conf"
    goes = random.random() < 0.4

    def fill(archive: Archive, _others: Archive) -> None:
        archive.add(one, "1.0", files={path: "setting = 1\n"}, conffiles=[path])
        archive.add(one, "2.0", files={} if goes else {path: "setting = 2\n"}, conffiles=[] if goes else [path])
        archive.add(other, "1.0", files={path: "heir\n"}, conffiles=[path], fields={"Replaces": one})

    states: list[State] = [{}, {one: "1.0"}, {one: "2.0"}]
    if goes:
        states += [{one: "2.0", other: "1.0"}, {other: "1.0"}]
    family = _among(name, fill, (one, other), states, random)
    edit = f"[ ! -e /{path} ] || echo edited >> /{path}\n"
    if random.random() < 0.3:
        return family._replace(at_first=edit, free=(f"/{path}",))
    return family._replace(at_last=edit, free=(f"/{path}",)) if random.random() < 0.3 else family


def _triggered(name: str, random: Random) -> Family:
    """A package that waits for triggers, and one that activates them."""
    one, other = f"{name}-cache", f"{name}-plug"

    def fill(archive: Archive, _others: Archive) -> None:
        for version in VERSIONS:
            archive.add(one, version, triggers=f"interest /usr/share/{name}-hook\n", scripts={"postinst": "true"})
            archive.add(other, version, files={f"usr/share/{name}-hook/{version}": "x\n"})

    return _wandering(name, fill, (one, other), random)


KINDS: tuple[Callable[[str, Random], Family], ...] = (
    _jumble, _jumble, _jumble, _jumble, _split, _linked, _diverted, _alternative, _configured, _triggered,
)  # fmt: skip


# -- from one state to another


def _among(
    name: str, fill: Callable[[Archive, Archive], None], names: tuple[str, ...], states: list[State], random: Random
) -> Family:
    way = [random.choice(states) for _ in range(random.choice([1, 1, 2]))]
    after = [random.choice(states) for _ in range(random.choice([1, 1, 1, 2]))]
    return Family(name, fill, names, tuple(way), tuple(after))


def _wandering(
    name: str,
    fill: Callable[[Archive, Archive], None],
    names: tuple[str, ...],
    random: Random,
    offered: dict[str, tuple[str, ...]] | None = None,
) -> Family:
    def state() -> State:
        chosen = {one: random.choice([*(offered or {}).get(one, VERSIONS), ""]) for one in names}
        return {one: version for one, version in chosen.items() if version}

    way = [state() for _ in range(random.choice([1, 1, 2]))]
    after = [state() for _ in range(random.choice([1, 1, 1, 2]))]
    return Family(name, fill, names, tuple(way), tuple(after))


# -- what people do besides


def _touched(family: Family, random: Random) -> Family:
    """Returns the family with what people and failing scripts do to its packages."""
    first = "".join(_deeds(family, family.before[-1], random))
    last = "".join(_deeds(family, family.after[-1], random))
    return family._replace(at_first=family.at_first + first, at_last=family.at_last + last)


def _deeds(family: Family, state: State, random: Random) -> list[str]:
    found = []
    for one, version in sorted(state.items()):
        if random.random() < 0.4:
            found.append(random.choice(DEEDS)(family, one, version))
    return found


DEEDS: tuple[Callable[[Family, str, str], str], ...] = (
    lambda _family, one, _version: f"apt-mark -qq auto {one}\n",
    lambda _family, one, _version: f"apt-mark -qq hold {one}\n",
    lambda _family, one, _version: f"echo {one} deinstall | dpkg --set-selections\n",
    lambda _family, one, _version: f"echo {one} purge | dpkg --set-selections\n",
    lambda _family, one, version: f"dpkg --force-all -i {OTHER}/{one}_{version}_all.deb || true\n",
    lambda _family, one, version: f"dpkg --force-all --unpack {POOL}/{one}_{version}_all.deb || true\n",
    lambda _family, one, version: f"dpkg --force-all --no-triggers -i {POOL}/{one}_{version}_all.deb || true\n",
    lambda _family, one, _version: f"echo edited >> /usr/share/{one}/version-all\n",
    lambda _family, one, _version: f"rm -f /usr/share/{one}/version-all\n",
    lambda _family, one, _version: f"chmod 600 /usr/share/{one}/version-all\n",
    lambda _family, one, _version: f"dpkg-statoverride --update --add root root 0640 /usr/share/{one}/version-all\n",
    lambda _family, one, _version: f"dpkg-divert --local --rename --add /usr/share/{one}/version-all\n",
    lambda _family, one, _version: f"dpkg --force-all --remove {one} || true\n",
    lambda _family, one, _version: f"dpkg --force-all --purge {one} || true\n",
)
