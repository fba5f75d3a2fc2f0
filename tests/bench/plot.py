"""Draws docs/plots/*.svg from the figures beside them: `python -P tests/bench/plot.py`.

Written by hand, so that a drawing is some kilobytes, the same each time, and readable on light and on dark.
"""

from __future__ import annotations

import json
import math
import os
import sys
from glob import glob
from html import escape
from typing import Any, NamedTuple

PLOTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "plots")
COLOURS = ("#2f81f7", "#e5702a", "#3fa34d", "#a371f7", "#d1455b")
"""One for each tool; each has a contrast of at least 3 with white and with GitHub's dark grey."""
STYLE = """text{font:13px system-ui,sans-serif;fill:#1f2328}.s{font-size:11px;fill:#59636e}.t{font-weight:600}
.g{stroke:#8b949e;stroke-opacity:.35;fill:none}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9198a1}}"""
WIDTH, LEFT, RIGHT, BAR = 760, 190, 110, 17
Found = dict[str, Any]


class Bar(NamedTuple):
    """One bar: None is drawn as words only."""

    name: str
    colour: str
    value: float | None
    words: str


def svg(height: float, title: str, parts: list[str]) -> str:
    """Returns a drawing."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" role="img">'
    name = f'<title>{escape(title)}</title><style>{STYLE}</style><text class="t" x="8" y="20">{escape(title)}</text>'
    return "\n".join([head, name, *parts, "</svg>\n"])


def label(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """Returns a text."""
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def bars(title: str, groups: dict[str, list[Bar]], most: float = 0) -> str:
    """Draws bars in groups up to `most`; without it, on a logarithmic scale from a power of ten below the smallest."""
    values = [bar.value for group in groups.values() for bar in group if bar.value]
    low = 0 if most else 10 ** math.floor(math.log10(min(values)) - 0.3)
    full = most or math.log(max(values) / low)
    parts, y = [], 34.0
    for name, group in groups.items():
        y += 16
        parts.append(label(8, y, name, "t"))
        y += 5
        for bar in group:
            long = 0.0
            if bar.value:
                long = (bar.value if most else math.log(bar.value / low)) / full * (WIDTH - LEFT - RIGHT)
                parts.append(
                    f'<rect x="{LEFT}" y="{y:.0f}" width="{long:.1f}" height="{BAR - 4}" fill="{bar.colour}"/>'
                )
            parts += [label(LEFT - 6, y + 11, bar.name, "s", "end"), label(LEFT + long + 5, y + 11, bar.words, "s")]
            y += BAR
    return svg(y + 12, title, parts)


def lines(title: str, series: dict[str, tuple[str, list[tuple[float, float]]]], most: float, below: str) -> str:
    """Draws lines of milliseconds, logarithmic upwards, from 0 to `most` to the right."""
    height, bottom, left, right = 320, 280, 84, 620
    points = [point for _, found in series.values() for point in found]
    low = math.floor(math.log10(min(y for _, y in points)))
    high = math.ceil(math.log10(max(y for _, y in points)))
    parts = []

    def up(value: float) -> float:
        return bottom - (math.log10(value) - low) / (high - low) * (bottom - 40)

    for power in range(low, high + 1):
        parts += [
            f'<path class="g" d="M{left} {up(10**power):.0f}H{right}"/>',
            label(left - 6, up(10**power) + 4, f"{10**power:,g} ms", "s", "end"),
        ]
    for step in range(5):
        x = left + step / 4 * (right - left)
        parts.append(label(x, bottom + 16, f"{most * step / 4:,.0f}", "s", "middle"))
    parts.append(label((left + right) / 2, bottom + 33, below, "s", "middle"))
    taken: list[float] = []
    for name, (colour, found) in series.items():
        path = "L".join(f"{left + x / most * (right - left):.1f} {up(y):.1f}" for x, y in found)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        y = up(found[-1][1]) + 4
        while any(abs(y - other) < 13 for other in taken):
            y += 1
        taken.append(y)
        parts += [f'<path d="M{right + 6} {y - 4:.0f}h12" stroke="{colour}" stroke-width="3"/>']
        parts.append(label(right + 22, y, name, "s"))
    return svg(height, title, parts)


def drawings(path: str) -> dict[str, str]:
    """Returns the drawings of a file of figures, by file name: those for which there is enough in it."""
    with open(path, encoding="utf-8") as file:
        found: Found = json.load(file)
    name = os.path.basename(path).removesuffix(".json")
    tools = [(tool, COLOURS[number]) for number, tool in enumerate(found["tools"].values()) if "missing" not in tool]
    if "hourly" in found:
        return {f"{name}.svg": sizes(f"{found['hourly']:,} hourly snapshots: bytes a snapshot", tools, found["hourly"])}
    count = found["snapshots"]
    made = {f"{name}-bytes.svg": sizes(f"{count:,} daily snapshots: bytes a snapshot", tools, count)}
    if any(tool["recording"]["blocks"] for tool, _ in tools):
        made[f"{name}-recording.svg"] = recording(f"{count:,} daily snapshots: time to record one", tools, count)
    if all("collected" in tool["queries"] for tool, _ in tools):
        made[f"{name}-queries.svg"] = queries(f"{count:,} daily snapshots, after gc: time of a command", tools)
    if all("writers" in tool for tool, _ in tools):
        made[f"{name}-writers.svg"] = writers(f"Writers at once into {count:,} snapshots: how many failed", tools)
    return made


def sizes(title: str, tools: list[tuple[Found, str]], count: int) -> str:
    """Draws bytes before and after collecting."""

    def bar(tool: Found, colour: str, stage: str) -> Bar:
        value = tool["sizes"][stage]["bytes"] / count
        return Bar(f"{tool['title']}{'' if stage == 'recorded' else ', ' + stage}", colour, value, f"{value:,.0f}")

    return bars(f"{title} (logarithmic)", {
        "as recorded": [bar(tool, colour, "recorded") for tool, colour in tools],
        "after gc": [bar(tool, colour, stage) for tool, colour in tools for stage in list(tool["sizes"])[1:]],
    })  # fmt: skip


def recording(title: str, tools: list[tuple[Found, str]], count: int) -> str:
    """Draws how long a snapshot takes while the history grows."""
    series = {}
    for tool, colour in tools:
        size = tool["recording"]["block"]
        points = [((number + 0.5) * size, value * 1e3) for number, value in enumerate(tool["recording"]["blocks"])
                  if value is not None]  # fmt: skip
        if points:
            series[tool["title"]] = colour, points
    return lines(f"{title} (logarithmic)", series, count, "snapshots so far")


def queries(title: str, tools: list[tuple[Found, str]]) -> str:
    """Draws how long each command takes."""
    names = dict.fromkeys(name for tool, _ in tools for name in tool["queries"]["collected"])
    groups = {}
    for name in names:
        groups[name] = [
            Bar(tool["title"], colour, own["seconds"], f"{own['seconds'] * 1e3:,.1f} ms")
            for tool, colour in tools
            if (own := tool["queries"]["collected"].get(name)) and not own["code"]
        ]
    return bars(f"{title} (logarithmic)", groups)


def writers(title: str, tools: list[tuple[Found, str]]) -> str:
    """Draws how many of those that wrote at once failed, in parts of a hundred."""
    ways = [
        (f"{tool['title']}{' + ' + variant if variant else ''}", colour, of["of"])
        for tool, colour in tools
        for variant, of in tool["writers"].items()
    ]
    groups = {}
    for count in sorted({int(count) for _, _, of in ways for count in of}):
        groups[f"{count} at once"] = [
            Bar(name, colour, own["failed"] / count, f"{own['failed']} of {count}, {own['seconds']:.1f} s")
            if (own := of.get(str(count)))
            else Bar(name, colour, None, "not run")
            for name, colour, of in ways
        ]
    return bars(title, groups, most=1)


def main() -> None:
    """Draws everything."""
    for path in sys.argv[1:] or sorted(glob(os.path.join(PLOTS, "*.json"))):
        for name, drawing in drawings(path).items():
            with open(os.path.join(os.path.dirname(path), name), "w", encoding="utf-8") as file:
                file.write(drawing)


if __name__ == "__main__":
    main()
