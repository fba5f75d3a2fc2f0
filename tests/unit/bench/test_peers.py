"""The comparison with other tools still runs, and its page says what its figures say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench import plot
from bench.peers import hourly, measuring, report
from bench.peers.tools import TOOLS

if TYPE_CHECKING:
    from bench.peers.base import Peer

DOCS = Path(__file__).resolve().parents[3] / "docs"
FIGURES = sorted((DOCS / "plots").glob("*.json"))


@pytest.mark.parametrize("kind", TOOLS, ids=[kind.name for kind in TOOLS])
def test_three_snapshots_with_each_tool_that_is_here(kind: type[Peer], tmp_path: Path) -> None:
    peer = kind(str(tmp_path))
    if peer.missing():
        pytest.skip(f"{kind.program} is not installed")
    peer.start()
    tool = measuring.Tool(peer)
    more = measuring.record([tool], 3)
    assert peer.count() == 3
    measuring.sizes([tool], "recorded")
    measuring.collect([tool])
    measuring.ask([tool], "collected", 3, next(iter(more.versions)), 0)
    measuring.creating([tool], more, 0)
    measuring.writing([tool], more, [2], {})
    assert {found["code"] for found in tool.found["queries"]["collected"].values()} == {0}
    assert {found["code"] for found in tool.found["gc"].values()} <= {0}
    for writers in tool.found["writers"].values():
        assert writers["of"]["2"]["lost"] == 0
    assert all(size["bytes"] > 0 for size in tool.found["sizes"].values())


def test_hours_of_this_tool_and_of_git(tmp_path: Path) -> None:
    if any(kind(str(tmp_path)).missing() for kind in TOOLS if kind.name == "git"):
        pytest.skip("git is not installed")
    found = hourly.measure(str(tmp_path), 30)
    assert {stage: size["files"] > 0 for stage, size in found["tools"]["git"]["sizes"].items()} == {
        "recorded": True, "gc": True, "gc --aggressive": True,
    }  # fmt: skip
    assert "git, gc --aggressive" in report.hourly(found)


@pytest.mark.parametrize("figures", FIGURES, ids=[path.stem for path in FIGURES])
def test_the_page_has_these_tables_and_drawings(figures: Path) -> None:
    page = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    for name, table in report.tables(str(figures)).items():
        assert f"<!-- {name} -->\n\n{table}\n\n<!-- end -->" in page
    for name, drawing in plot.drawings(str(figures)).items():
        assert (figures.parent / name).read_text(encoding="utf-8") == drawing
        assert f"plots/{name}" in page
