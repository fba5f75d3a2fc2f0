from __future__ import annotations

from cortexrepo.formats.text.changes import full, short, stat, totals
from cortexrepo.formats.text.phrases import phrases
from cortexrepo.formats.text.style import Style
from cortexrepo.model.diff import ADDED, CHANGED, UPGRADED, Change, Diff, Unknown
from cortexrepo.model.package import AUTO, HOLD, Package

STYLE = Style()
ASCII = Style(unicode=False)


def _upgrade(name: str, old: str = "1", new: str = "2") -> Change:
    return Change("apt", "", UPGRADED, Package(name, "amd64", old), Package(name, "amd64", new))


def test_arrows_are_in_line() -> None:
    diff = Diff((_upgrade("a", "1.0-1"), _upgrade("long", "1")), ())
    assert full(diff, ASCII) == [
        "apt",
        "  upgraded",
        "    a     1.0-1 -> 2  amd64",
        "    long  1     -> 2  amd64",
        "",
        "2 upgraded",
    ]


def test_a_version_that_is_not_known_is_a_question_mark() -> None:
    change = Change("pip", "/v", CHANGED, Package("a", "", ""), Package("a", "", "2"))
    assert full(Diff((change,), ()), ASCII)[2] == "    a  ? -> 2"


def test_what_else_changed_is_named() -> None:
    old = Package("a", "amd64", "1", 0, (("state", "half-installed"),))
    new = Package("a", "amd64", "1", AUTO | HOLD)
    assert phrases(old, new, ASCII) == ["manual -> auto", "hold", "state: half-installed -> none"]
    assert phrases(new, old, ASCII) == ["auto -> manual", "no hold", "state: none -> half-installed"]


def test_another_content_is_named_where_both_digests_are_known() -> None:
    rows = {digest: Package("a", "", "1", 0, (("digest", digest),)) for digest in ("record:1", "record:2", "later:1")}
    change = Change("pip", "/v", CHANGED, rows["record:1"], rows["record:2"])
    assert full(Diff((change,), ()), ASCII)[2] == "    a  1  other content"
    assert phrases(rows["record:1"], rows["later:1"], ASCII) == []
    assert phrases(rows["record:1"], Package("a", "", "1"), ASCII) == []
    assert phrases(rows["record:1"], rows["record:2"]._replace(version="2"), ASCII) == []


def test_a_nested_package_says_inside_which() -> None:
    package = Package("b", "", "1", 0, (("inside", "a"),))
    assert full(Diff((Change("npm", "/usr", ADDED, None, package),), ()), STYLE)[2] == "    b in a  1"


def test_the_short_form_stops_after_twenty_changes() -> None:
    lines = short(Diff(tuple(_upgrade(f"p{number:02}") for number in range(25)), ()), STYLE)
    assert lines[0] == "↑  apt  p00  1 → 2  amd64"
    assert lines[20] == "and 5 more: see `cortex snapshot diff`"
    assert lines[-1] == "25 upgraded"


def test_stat_has_a_line_for_each_slot() -> None:
    assert stat(Diff((_upgrade("a"), _upgrade("b")), ()), STYLE) == ["apt  2 upgraded", "", "2 upgraded"]


def test_nothing_is_said_to_be_equal_that_was_not_compared() -> None:
    diff = Diff((), (Unknown("pip", "/v", "before: not recorded"),))
    assert totals(Diff((), ()), STYLE) == "no differences"
    assert full(diff, STYLE) == [
        "not compared",
        "  pip /v: cannot be compared: before: not recorded",
        "",
        "no differences in the parts that could be compared  1 not compared",
    ]


def test_names_and_reasons_are_escaped() -> None:
    change = Change("pip", "/v\x1b", ADDED, None, Package("a\n", "", "1\x07"))
    text = "\n".join(full(Diff((change,), (Unknown("pip", "", "\x1b[2J"),)), STYLE))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "a\\n" in text
