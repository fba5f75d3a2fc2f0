"""Makes the tables of docs/benchmarks.md from the figures that `run.py --json` wrote.

`python -P tests/bench/peers/report.py docs/plots/peers-*.json docs/plots/hourly.json` prints them; with
`--write docs/benchmarks.md`, each replaces what stands between `<!-- NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Found = dict[str, Any]
Value = Callable[[Found], float | None]
NONE = "-"
AGGRESSIVE = "`git gc --aggressive`"
INTEGER, TENTH = "{:,.0f}".format, "{:,.1f}".format


def seconds(value: float) -> str:
    """Returns a time in milliseconds, or in seconds from ten on."""
    return f"{value:.1f} s" if value >= 10 else f"{value * 1e3:,.1f} ms"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Returns a Markdown table, numbers to the right."""
    names = list(head)
    lines = [names, ["---", *["---:"] * (len(names) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


class Daily:
    """The tables of one daily history."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.tools: dict[str, Found] = found["tools"]

    def row(self, name: str, value: Value, show: Callable[[float], str], base: Value | None = None) -> list[str]:
        """Returns a row: each tool's value, and how many times ours that is (or another value of ours)."""
        ours = (base or value)(self.tools["cortex"])
        cells = [name]
        for tool in self.tools.values():
            own = None if "missing" in tool else value(tool)
            ratio = f" ({own / ours:.2f})" if own is not None and ours and tool is not self.tools["cortex"] else ""
            cells.append(NONE if own is None else f"{show(own)}{ratio}")
        return cells

    def query(self, stage: str, name: str) -> list[str]:
        """Returns a row of times; the ratio is the median of the pairs, not the ratio of the medians."""
        cells = [f"{name}, {stage}"]
        for tool in self.tools.values():
            own = tool.get("queries", {}).get(stage, {}).get(name)
            if own is None or own["code"]:
                cells.append(NONE if own is None else f"exit code {own['code']}")
                continue
            ratio = own["ratio"] is not None and tool is not self.tools["cortex"]
            cells.append(seconds(own["seconds"]) + (f" ({own['ratio']:.2f})" if ratio else ""))
        return cells

    def names(self, stage: str) -> list[str]:
        """Returns what was asked in a stage, of any tool."""
        found = (name for tool in self.tools.values() for name in tool.get("queries", {}).get(stage, {}))
        return list(dict.fromkeys(found))

    def main(self) -> str:
        """Returns sizes and times."""
        count = self.found["snapshots"]

        recorded, small, smaller = (partial(_size, number) for number in (0, 1, 2))
        quick, thorough = (partial(_gc, number) for number in (0, 1))
        rows = [
            self.row("bytes as recorded", partial(recorded, "bytes"), INTEGER),
            self.row("the same on disk", partial(recorded, "on_disk"), INTEGER),
            self.row("files", partial(recorded, "files"), INTEGER),
            self.row("bytes after gc", partial(small, "bytes"), INTEGER),
            self.row("the same on disk", partial(small, "on_disk"), INTEGER),
            self.row("files", partial(small, "files"), INTEGER),
            self.row(f"bytes after {AGGRESSIVE}", partial(smaller, "bytes"), INTEGER, partial(small, "bytes")),
            self.row("smallest, bytes a snapshot", lambda tool: _smallest(tool) / count, INTEGER),
            self.row("recording, a snapshot", lambda tool: tool["recording"]["median"], seconds),
        ]
        rows += [self.query(stage, name) for stage in ("recorded", "collected") for name in self.names(stage)]
        rows += [
            self.row("gc", partial(quick, "seconds"), seconds),
            self.row(f"{AGGRESSIVE} after it", partial(thorough, "seconds"), seconds, partial(quick, "seconds")),
        ]
        for name in self.names("collected"):
            rows.append(self.row(f"peak MiB: {name}", partial(_peak, name), TENTH))
        rows += [
            self.row("peak MiB: gc", partial(quick, "mib"), TENTH),
            self.row(f"peak MiB: {AGGRESSIVE}", partial(thorough, "mib"), TENTH, partial(quick, "mib")),
        ]
        return table([f"{count:,} snapshots", *(tool["title"] for tool in self.tools.values())], rows)

    def writers(self) -> str:
        """Returns how many of those that wrote at once failed, and how long all took."""
        ways = [
            (f"{tool['title']}{' + ' if variant else ''}{variant}", of["of"])
            for tool in self.tools.values()
            for variant, of in tool.get("writers", {}).items()
        ]
        counts = sorted({int(count) for _, of in ways for count in of})
        rows = [[name, *(_failed(of.get(str(count))) for count in counts)] for name, of in ways]
        return table(["failed, after seconds", *(f"{count} at once" for count in counts)], rows)

    def commands(self) -> str:
        """Returns the commands."""
        rows = []
        for tool in self.tools.values():
            for what in ("queries", "gc", "writers"):
                asked = tool.get(what, {})
                asked = asked.get("collected", {}) if what == "queries" else asked
                rows += [[f"{tool['title']}: {_asked(what, name)}", f"`{one['command'].replace('|', chr(92) + '|')}`"]
                         for name, one in asked.items()]  # fmt: skip
        return table(["what", "command"], rows).replace("---:", "---")


def _asked(what: str, name: str) -> str:
    return f"{what}{', ' if name else ''}{name}" if what == "writers" else name


def _size(number: int, what: str, tool: Found) -> float | None:
    """Returns a size after so many ways of collecting; after the first it is what it was, for a tool that has none."""
    sizes = list(tool["sizes"].values())
    sizes += sizes[:1] if len(sizes) == 1 else []
    return sizes[number][what] if number < len(sizes) else None


def _smallest(tool: Found) -> float:
    return float(min(size["bytes"] for size in tool["sizes"].values()))


def _gc(number: int, what: str, tool: Found) -> float | None:
    found = list(tool["gc"].values())[number : number + 1]
    return None if not found else found[0]["peak_kib"] / 1024 if what == "mib" else found[0][what]


def _peak(name: str, tool: Found) -> float | None:
    own = tool["queries"].get("collected", {}).get(name)
    return None if own is None or own["code"] else own["peak_kib"] / 1024


def _failed(of: Found | None) -> str:
    if of is None:
        return "not run"
    return f"{of['failed']}, {of['seconds']:.2f} s" + (f", {of['lost']} lost" if of["lost"] else "")


def hourly(found: Found) -> str:
    """Returns the sizes of the hourly history."""
    count = found["hourly"]
    ours = list(found["tools"]["cortex"]["sizes"].values())[-1]["bytes"]
    rows = [
        [f"{tool['title']}, {stage}", f"{size['bytes']:,}", f"{size['bytes'] / count:,.1f}",
         f"{size['bytes'] / ours:.2f}", f"{size['on_disk']:,}", f"{size['files']:,}"]
        for tool in found["tools"].values() for stage, size in tool["sizes"].items()
    ]  # fmt: skip
    return table([f"{count:,} snapshots", "bytes", "a snapshot", "ratio to ours after gc", "on disk", "files"], rows)


def tables(path: str) -> dict[str, str]:
    """Returns the tables that a file of figures gives, by name; commands where no tool was left out."""
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    name = os.path.basename(path).removesuffix(".json")
    if "hourly" in found:
        return {name: hourly(found)}
    daily = Daily(found)
    made = {name: daily.main(), f"{name} writers": daily.writers()}
    if all("missing" not in tool for tool in daily.tools.values()):
        made[f"{name} commands"] = daily.commands()
    return made


def _filled(text: str, found: re.Match[str]) -> str:
    return f"{found[1]}\n{text}\n\n{found[2]}"


def main() -> None:
    """Prints the tables, or writes them where they belong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="+")
    parser.add_argument("--write", metavar="FILE")
    options = parser.parse_args()
    made = {name: text for path in options.figures for name, text in tables(path).items()}
    if not options.write:
        print("\n\n".join(made.values()))
        return
    with open(options.write, encoding="utf-8") as file:
        page = file.read()
    for name, text in made.items():
        between = re.compile(rf"(<!-- {re.escape(name)} -->\n)(?:.*?\n)??(<!-- end -->)", re.DOTALL)
        page = between.sub(partial(_filled, text), page)
    with open(options.write, "w", encoding="utf-8") as file:
        file.write(page)


if __name__ == "__main__":
    main()
