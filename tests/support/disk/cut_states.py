"""What a power cut may leave: every combination of old and new that no fsync has ruled out.

Names that a rename ties together form a group; groups, and the contents of files, are independent of one another.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

from support.disk.disk import Directory, Disk, File, Node

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from support.disk.disk import Rename, Version

Choice = dict[tuple[int, str], "Node | bytes | None"]
"""For a directory's identity and a name what it stands for; for a file's identity and no name its content."""


class Cuts(NamedTuple):
    """The states that a cut may leave: how many there are, and an iterator over at most `limit` of them."""

    total: int
    disks: Iterator[Disk]


def cuts(disk: Disk, limit: int, chance: random.Random) -> Cuts:
    """Returns the states that a power cut may leave now: all, or a choice of `limit` when there are more.

    The choice begins with everything lost, everything kept and what differs from these in one or two places.
    """
    groups = list(_groups(disk))
    total = math.prod(map(len, groups))
    combinations = itertools.product(*groups) if total <= limit else _some(groups, limit, chance)
    return Cuts(total, (_realise(disk, combination) for combination in combinations))


def durable(disk: Disk) -> Disk:
    """Returns the disk as it is now, as if all of it had been made durable long ago, and nobody at work on it."""
    return _realise(disk, ())


def _groups(disk: Disk) -> Iterator[list[Choice]]:
    """Yields the groups that have more than one possible state, each with its states, the oldest first."""
    names: dict[tuple[int, str], list[Version]] = {}
    for node in _reachable(disk.root):
        if isinstance(node, Directory):
            names |= {(id(node), name): versions for name, versions in node.history.items()}
        elif node.alternatives:
            yield [{(id(node), ""): data} for data in dict.fromkeys(node.alternatives)]
    for group in _tied(names, disk.renames):
        states = [
            dict(zip(group, versions, strict=True)) for versions in itertools.product(*(names[key] for key in group))
        ]
        legal = [state for state in states if all(_whole(rename, state) for rename in disk.renames)]
        distinct = {tuple(id(version.node) for version in state.values()): state for state in legal}
        if len(distinct) > 1:
            yield [{key: version.node for key, version in state.items()} for state in distinct.values()]


def _reachable(root: Node) -> Iterator[Node]:
    """Yields everything that some combination of old and new names leads to."""
    seen = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            if isinstance(node, Directory):
                waiting += node.entries.values()
                waiting += [version.node for each in node.history.values() for version in each if version.node]


def _ends(rename: Rename) -> tuple[tuple[int, str], tuple[int, str]]:
    return (id(rename.source[0]), rename.source[1]), (id(rename.target[0]), rename.target[1])


def _tied(names: dict[tuple[int, str], list[Version]], renames: list[Rename]) -> list[list[tuple[int, str]]]:
    """Returns the names in groups that renames tie together."""
    group = {key: [key] for key in names}
    for rename in renames:
        one, other = (group.get(end, []) for end in _ends(rename))
        if one and other and one is not other:
            one += other
            group |= dict.fromkeys(other, one)
    return list({id(keys): keys for keys in group.values()}.values())


def _whole(rename: Rename, state: dict[tuple[int, str], Version]) -> bool:
    """Returns whether the rename is there at both its ends or at neither; an end that is settled has it."""
    ends = _ends(rename)
    if not any(end in state for end in ends):
        return True
    happened = {end not in state or state[end].moment >= rename.moment for end in ends}
    return len(happened) == 1


def _some(groups: list[list[Choice]], limit: int, chance: random.Random) -> Iterator[tuple[Choice, ...]]:
    bases = [tuple(states[end] for states in groups) for end in (-1, 0)]

    def near(places: int) -> Iterator[tuple[Choice, ...]]:
        for base in bases:
            for at in itertools.combinations(range(len(groups)), places):
                for states in itertools.product(*(groups[place] for place in at)):
                    changed = dict(zip(at, states, strict=True))
                    yield tuple(changed.get(place, was) for place, was in enumerate(base))

    def anywhere() -> Iterator[tuple[Choice, ...]]:
        while True:
            yield tuple(chance.choice(states) for states in groups)

    # Half of the choice each: near the ends lie the simple faults, elsewhere those that nobody thinks of.
    yield from itertools.islice(itertools.chain(bases, near(1), near(2)), limit // 2)
    yield from itertools.islice(anywhere(), limit - limit // 2)


def _realise(disk: Disk, combination: tuple[Choice, ...]) -> Disk:
    chosen: Choice = {}
    for choice in combination:
        chosen |= choice
    copies: dict[int, Node] = {}

    def copy(node: Node) -> Node:
        made = copies.get(id(node))
        if made is None:
            made = copies[id(node)] = fresh(node)
        return made

    def fresh(node: Node) -> Node:
        if isinstance(node, File):
            data = chosen.get((id(node), ""), node.data)
            assert isinstance(data, bytes)
            return File(data)
        made = Directory(node.size)
        for name in {**node.entries, **node.history}:
            child = chosen.get((id(node), name), node.entries.get(name))
            if child is not None:
                assert not isinstance(child, bytes)
                made.entries[name] = copy(child)
        return made

    result = Disk(atomic_renames=disk.atomic_renames, late_names=disk.late_names)
    root = copy(disk.root)
    assert isinstance(root, Directory)
    result.root = root
    result.promised = disk.promised
    result.acknowledged = disk.acknowledged
    result.staying = disk.staying
    return result
