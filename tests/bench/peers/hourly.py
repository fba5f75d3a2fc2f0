"""An hourly history in which little changes: how many bytes this tool and git take. No times."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bench import seeded
from bench.filling import fill
from bench.measure import run
from bench.peers.cortex import Cortex
from bench.peers.git import Git
from bench.peers.measuring import Found, Tool, collect, sizes

if TYPE_CHECKING:
    from cortexrepo.model.inventory import Inventory


def text(inventory: Inventory) -> str:
    """Returns all packages as lines, in order of ecosystems."""
    lines = []
    for reading in inventory.readings:
        assert reading.manifest is not None
        rows = reading.manifest.packages
        lines += [f"{reading.ecosystem} {row.name} {row.arch or '-'} {row.version}\n" for row in rows]
    return "".join(lines)


def measure(place: str, count: int) -> Found:
    """Records the history with both and counts."""
    ours, git = Tool(Cortex(os.path.join(place, "cortex"))), Tool(Git(os.path.join(place, "git")))
    for tool in (ours, git):
        os.makedirs(tool.peer.place)
    fill(ours.peer.repository, seeded.hourly(count))
    git.peer.start()
    last: object = None
    for number, (_, inventory) in enumerate(seeded.hourly(count)):
        if inventory.readings is not last:
            last = inventory.readings
            with open(git.peer.file, "w", encoding="utf-8") as file:
                file.write(text(inventory))
        for command in git.peer.create(str(number)):
            if run(command, git.peer.environment).code:
                raise RuntimeError(command)
    tools = [ours, git]
    sizes(tools, "recorded")
    collect(tools)
    return {"hourly": count, "tools": {tool.peer.name: tool.found for tool in tools}}
