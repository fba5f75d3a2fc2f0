"""What is measured of each tool, always in turn: whatever else the machine does hits all of them."""

from __future__ import annotations

import os
from functools import partial
from itertools import islice
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, NamedTuple

from bench import seeded
from bench.peers.base import Day, Peer, text
from bench.peers.running import one, shown, taken, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.measure import Finished
    from bench.peers.base import Command

Found = dict[str, Any]
"""What is known of a tool so far, as it is written to the JSON file."""
BLOCK = 100
ENOUGH = 30.0
CREATE = "one more snapshot, as a command"
DURABLE = "the same, on disk when it ends"


class Answer(NamedTuple):
    """What a tool needed for something: `ratio` is the median of the pairs with ours."""

    seconds: float
    ratio: float | None
    peak_kib: int
    code: int
    command: str


class Tool:
    """A tool and what was found of it."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.found: Found = {"title": peer.title, "version": peer.version(), "sizes": {}, "gc": {}, "queries": {}}

    def shown(self, *commands: Command) -> str:
        """Returns commands as they are printed."""
        return " && ".join(shown(command, self.peer.place) for command in commands)

    def say(self, what: str, result: str, *commands: Command) -> None:
        """Prints a line."""
        print(f"{self.peer.title:<18} {what:<34} {result:<34} {self.shown(*commands)}", flush=True)


def history(count: int) -> Iterator[Day]:
    """Yields the seeded days."""
    for number, (moment, inventory) in enumerate(seeded.daily(count)):
        manifest = inventory.readings[0].manifest
        assert manifest is not None
        versions = {package.name: package.version for package in manifest.packages}
        yield Day(number, moment, inventory, versions, text(versions))


def record(tools: Sequence[Tool], count: int) -> Day:
    """Has every tool record the history, a block each in turn, so that one's fsync does not wait for another's data.

    Returns a day more, in which something has changed again. Its `versions` begin with the package to ask for: the one
    that changed most often and was there from the beginning to the end.
    """
    days = history(count + 1)
    blocks: dict[str, list[float | None]] = {tool.peer.name: [] for tool in tools}
    changes: dict[str, int] = {}
    last: dict[str, str] = {}
    size = max(1, min(BLOCK, count // 10))
    for start in range(0, count, size):
        block = list(islice(days, min(size, count - start)))
        for day in block:
            last, before = dict(day.versions), last
            changes = {name: changes.get(name, 0) + (before.get(name) != version) for name, version in last.items()}
        for tool in tools:
            os.sync()
            seconds = [tool.peer.record(day) for day in block]
            real = [found for found in seconds if found is not None]
            blocks[tool.peer.name].append(fmean(real) if real else None)
    for tool in tools:
        found = blocks[tool.peer.name]
        middle = median(value for value in found if value is not None) if any(found) else None
        tool.found["recording"] = {"block": size, "blocks": found, "median": middle}
        text_of = "not timed" if middle is None else f"{middle * 1e3:.1f} ms"
        commands = () if tool.peer.name == "cortex" else tool.peer.create("N")
        tool.say(f"recording {count}, median of blocks", text_of, *commands)
    more = next(days)
    package = max(changes, key=lambda name: (changes[name], name))
    return more._replace(versions={package: more.versions[package], **more.versions})


def sizes(tools: Sequence[Tool], stage: str) -> None:
    """Counts what each takes now."""
    for tool in tools:
        found = taken(tool.peer.repository)
        tool.found["sizes"][stage] = found._asdict()
        tool.say(f"bytes, {stage}", f"{found.bytes:,} ({found.on_disk:,} on disk, {found.files} files)")


def collect(tools: Sequence[Tool]) -> None:
    """Has each make its repository small, in each of its ways."""
    for tool in tools:
        for name, command in tool.peer.collect():
            finished = one(command, tool.peer.environment)
            tool.found["gc"][name] = {**finished._asdict(), "command": tool.shown(command)}
            tool.say(
                name, f"{finished.seconds:.2f} s, {finished.peak_kib / 1024:.1f} MiB, code {finished.code}", command
            )
            sizes([tool], name)


def ask(tools: Sequence[Tool], stage: str, count: int, package: str, rounds: int) -> None:
    """Asks each tool everything it can answer."""
    queries = {tool.peer.name: tool.peer.queries(count, package) for tool in tools}
    names = dict.fromkeys(name for found in queries.values() for name in found)
    for name in names:
        able = [(tool, queries[tool.peer.name][name]) for tool in tools if name in queries[tool.peer.name]]
        calls = [(tool, partial(one, command, tool.peer.environment)) for tool, command in able]
        compare(calls, stage, name, rounds, {tool.peer.name: tool.shown(command) for tool, command in able})


def creating(tools: Sequence[Tool], day: Day, rounds: int) -> None:
    """Has each record one more, as a command, with something changed each time; then the same with all on disk."""
    numbers = iter(range(10**9))
    package, version = next(iter(day.versions.items()))

    def another(peer: Peer, ways: Callable[[str], tuple[Command, ...]]) -> Finished:
        number = next(numbers)
        versions = {**day.versions, package: f"{version}+{number}"}
        peer.give(day._replace(versions=versions, text=text(versions)))
        each = [one(command, peer.environment) for command in ways(f"more-{number}")]
        seconds = sum(found.seconds for found in each)
        return max(each, key=lambda found: (found.code, found.peak_kib))._replace(seconds=seconds)

    plain = {tool: tool.peer.create for tool in tools}
    durable = {tool: tool.peer.durable if tool.peer.durable("") else tool.peer.create for tool in tools}
    told = {tool: ways for tool, ways in durable.items() if tool.peer.name == "cortex" or ways == tool.peer.durable}
    for name, chosen in ((CREATE, plain), (DURABLE, told)):
        calls = [(tool, partial(another, tool.peer, ways)) for tool, ways in chosen.items()]
        commands = {tool.peer.name: tool.shown(*ways("N")) for tool, ways in chosen.items()}
        compare(calls, "collected", name, rounds, commands)


def compare(
    calls: Sequence[tuple[Tool, Callable[[], Finished]]],
    stage: str,
    name: str,
    rounds: int,
    commands: dict[str, str],
) -> None:
    """Runs all in turn, a first time without counting; one that has taken long enough is done after three rounds.

    Without any round the first time counts.
    """
    runs: dict[str, list[Finished]] = {tool.peer.name: [] for tool, _ in calls}
    for tool, call in calls:
        first = call()
        runs[tool.peer.name] += [] if rounds else [first]
    for number in range(rounds):
        for tool, call in calls:
            done = runs[tool.peer.name]
            if number < 3 or sum(run.seconds for run in done) < ENOUGH:
                done.append(call())
    ours = runs.get("cortex", [])
    for tool, _ in calls:
        done = runs[tool.peer.name]
        pairs = [run.seconds / own.seconds for run, own in zip(done, ours, strict=False)]
        found = Answer(
            median(run.seconds for run in done),
            median(pairs) if pairs else None,
            max(run.peak_kib for run in done),
            max(run.code for run in done),
            commands[tool.peer.name],
        )
        tool.found["queries"].setdefault(stage, {})[name] = found._asdict()
        ratio = "" if found.ratio is None else f" = {found.ratio:.2f} x ours"
        line = f"{found.seconds * 1e3:.1f} ms{ratio}, {found.peak_kib / 1024:.0f} MiB, code {found.code}"
        print(f"{tool.peer.title:<18} {stage + ', ' + name:<44} {line:<44} {found.command}", flush=True)


def writing(tools: Sequence[Tool], day: Day, counts: Sequence[int], most: dict[str, int]) -> None:
    """Has many processes record at once; counts exit codes, and the snapshots that are there afterwards."""
    for tool in tools:
        peer = tool.peer
        peer.give(day)
        for variant, command in peer.writers().items():
            rows = tool.found.setdefault("writers", {}).setdefault(variant, {"command": tool.shown(command), "of": {}})
            for count in counts:
                if count > most.get(peer.name, count):
                    continue
                before = peer.count()
                words = tuple(word.replace("writer-", f"{variant[:5]}{count}-") for word in command)
                result = together(count, words, peer.environment)
                lost = count - result.failed - (peer.count() - before)
                rows["of"][str(count)] = {**result._asdict(), "lost": lost}
                line = f"{result.failed} failed, {lost} lost, {result.seconds:.2f} s"
                tool.say(f"{count} writers at once {variant}", line, command)
