from __future__ import annotations

from cortexrepo.formats.text import plan as text
from cortexrepo.formats.text.style import Style
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.outcome import Difference, Outcome
from cortexrepo.model.package import AUTO, HOLD, Package
from cortexrepo.model.plan import Left, Obstacle, Part, Plan, Risk, Selection, Source, Step

PLAIN = Style()


def deb(name: str, version: str, flags: int = 0) -> Package:
    return Package(name, "amd64", version, flags)


STEPS = (
    Step("downgrade", deb("openssl", "3.0.17-1"), deb("openssl", "3.0.15-1"), Source("configured", "o.deb", 1 << 20)),
    Step("downgrade", deb("libssl3", "3.0.17-1"), deb("libssl3", "3.0.15-1"), Source("cache", "/c/l.deb", 2 << 20)),
    Step("install", None, deb("gone", "1.0"), Source("artifact", "gone_1.0.deb", 512)),
    Step("remove", deb("new", "2.0"), None),
    Step("mark", deb("bash", "5", AUTO), deb("bash", "5", HOLD)),
)  # fmt: skip
PLAN = Plan(SnapshotId("a" * 32), "b" * 32, 0, "c" * 64, Selection(), (Part("apt", "", (), STEPS),))


def test_a_plan_is_shown_in_groups_with_counts_versions_and_where_files_come_from() -> None:
    assert text.full(PLAN, PLAIN) == [
        "apt",
        "  downgrade 2",
        "    openssl  3.0.17-1 → 3.0.15-1  amd64  source, 1.0 MiB",
        "    libssl3  3.0.17-1 → 3.0.15-1  amd64  cache, 2.0 MiB",
        "  install 1",
        "    gone  1.0  amd64  kept, 512 bytes",
        "  remove 1",
        "    new  2.0  amd64",
        "  mark 1",
        "    bash  5  amd64  auto → manual, hold",
        "",
        (
            "2 downgrade  1 install  1 remove  1 mark; 1 file (2.0 MiB) from the cache, "
            "1 file (512 bytes) kept in the repository, 1 file (1.0 MiB) to download"
        ),
    ]


def test_a_file_that_was_built_again_is_shown_with_the_environment_that_it_is_from() -> None:
    sources = [
        Source("artifact", "a.whl", 512, origin=origin, environment="/srv/\x1bv")
        for origin in ("installed", "cache", "source")
    ]
    steps = tuple(Step("install", None, deb("a", "1"), source) for source in sources)
    lines = text.full(PLAN._replace(parts=(Part("pip", "/v", (), steps),)), PLAIN)
    assert [line.partition("amd64  ")[2] for line in lines[2:5]] == [
        "kept, 512 bytes, built from /srv/\\x1bv",
        "kept, 512 bytes",
        "kept, 512 bytes",
    ]


def test_without_unicode_and_colour_nothing_but_ascii_is_written() -> None:
    lines = text.full(PLAN, Style(unicode=False))
    assert all(line.isascii() for line in lines)
    assert "3.0.17-1 -> 3.0.15-1" in lines[2]


def test_the_question_names_a_dozen_of_each_kind() -> None:
    steps = tuple(Step("remove", deb(f"p{number:02d}", "1"), None) for number in range(30))
    plan = PLAN._replace(parts=(Part("apt", "", (), steps),))
    lines = text.brief(plan, PLAIN)
    assert lines[1] == "  remove 30"
    assert lines[14] == "    and 18 more: --dry-run shows all"
    assert len(text.full(plan, PLAIN)) == 34


def test_everything_that_stands_against_it_is_named_with_its_way_out_once() -> None:
    plan = PLAN._replace(
        obstacles=(
            Obstacle("missing", "apt", "", "a 1.0", "no source offers it", "keep artifacts"),
            Obstacle("missing", "apt", "", "b 1.0", "no source offers it", "keep artifacts"),
        ),
        risks=(Risk("libc", "apt", "", "libc6 2.36", "every program uses this package"),),
        left=(Left("pip", "/opt/venv", "is gone"),),
    )
    assert text.knowledge(plan, PLAIN) == [
        "to know",
        "  libc  apt libc6 2.36  every program uses this package",
        "",
        "not restored",
        "  pip /opt/venv  is gone",
        "",
        "cannot be done",
        "  missing  apt a 1.0, b 1.0  no source offers it",
        "",
        "hint: keep artifacts",
    ]


def test_what_a_manifest_says_cannot_draw_on_the_terminal() -> None:
    nasty = "x\x1b[2J\u202e"
    steps = (Step("install", None, Package(nasty, nasty, nasty), Source("cache", nasty)),)
    plan = PLAN._replace(
        parts=(Part("apt", nasty, (), steps),),
        obstacles=(Obstacle("missing", "apt", nasty, nasty, nasty, nasty),),
        left=(Left("apt", nasty, nasty),),
    )
    assert all(line.isprintable() or not line for line in text.full(plan, PLAIN))
    outcome = Outcome(plan, None, (Difference("apt", nasty, nasty, nasty),), plan.left)
    assert all(line.isprintable() or not line for line in text.done(outcome, "it", PLAIN))


def test_only_what_is_exact_is_called_so() -> None:
    done = Outcome(PLAN, SnapshotId("d" * 32), (), ())
    assert text.done(done, "aaaa", PLAIN) == ["EXACT: everything is as in aaaa"]
    assert text.done(done._replace(unseen=2), "aaaa", PLAIN)[0] == (
        "not looked at: 2 files of changed packages; `cortex snapshot verify --installed` says which, and why"
    )
    some = done._replace(plan=PLAN._replace(selection=Selection(("pip",))))
    assert text.done(some, "aaaa", PLAIN) == ["EXACT: everything that was asked for is as in aaaa"]


def test_the_end_says_what_was_done() -> None:
    done = Outcome(PLAN, SnapshotId("d" * 32), (), (), done=(("downgrade", 3), ("install", 1), ("remove", 5)))
    assert text.done(done, "aaaa", PLAIN) == [
        "done: 3 downgraded, 1 installed, 5 removed",
        "EXACT: everything is as in aaaa",
    ]


def test_a_verdict_says_that_files_were_not_looked_at() -> None:
    done = Outcome(PLAN, SnapshotId("d" * 32), (), (), unseen=2)
    first, verdict = text.done(done, "aaaa", PLAIN)
    assert first.startswith("not looked at: 2 files of changed packages; `cortex snapshot verify --installed`")
    assert verdict == "EXACT, as far as files were looked at: everything is as in aaaa"


def test_a_restore_that_was_given_up_before_it_began_claims_nothing_of_the_snapshot() -> None:
    lines = text.done(Outcome(PLAN, None, (), ()), "aaaa", PLAIN)
    assert lines == ["nothing was changed: everything is as it was before the restore"]


def test_a_plan_without_a_step_says_no_more_than_is_known() -> None:
    empty = PLAN._replace(parts=())
    assert text.nothing(empty, "aaaa") == ["nothing to do: everything that can be put back is as in aaaa"]
    some = empty._replace(selection=Selection(exclude=("x",)))
    assert text.nothing(some, "aaaa") == [
        "nothing to do: everything that was asked for and can be put back is as in aaaa"
    ]
    found = Difference("apt", "", "x 2.0", "version 1.0 should be installed")
    assert text.done(Outcome(PLAN, None, (found,), ()), "aaaa", PLAIN) == [
        "not as in the snapshot",
        "  apt  x 2.0  version 1.0 should be installed",
        "",
        "IN PART: 1 difference from aaaa",
    ]
    only_left = text.done(Outcome(PLAN, None, (), (Left("pip", "/v", "is gone"),)), "aaaa", PLAIN)
    assert only_left[-1] == "IN PART: everything else is as in aaaa"


def test_a_reason_is_whole_on_the_narrowest_terminal() -> None:
    reason = "this version is not in apt's cache, not kept, and not offered by a configured source"
    plan = PLAN._replace(obstacles=(Obstacle("missing", "apt", "", "a 1.0", reason),))
    for style in (Style(width=20), Style(width=20, colour=True)):
        assert any(reason in line for line in text.knowledge(plan, style))


def test_lines_fit_a_narrow_terminal() -> None:
    narrow = Style(width=40)
    assert all(len(line) <= 40 for line in text.steps(PLAN, narrow, None))


def test_what_stays_true_is_told_with_the_result_and_the_rest_before_it() -> None:
    left = Risk("sources", "apt", "", "", "lists of sources differ: /etc/apt/sources.list.d/x.sources")
    plan = PLAN._replace(risks=(left, Risk("service", "apt", "", "cx 1.0", "cx.service may be restarted or stopped")))
    assert text.done(Outcome(plan, SnapshotId("d" * 32), (), ()), "aaaa", PLAIN) == [
        "to know",
        "  sources  apt  lists of sources differ: /etc/apt/sources.list.d/x.sources",
        "",
        "EXACT: everything is as in aaaa",
    ]
    assert text.warnings(plan, PLAIN) == [
        "to know",
        "  service  apt cx 1.0  cx.service may be restarted or stopped",
        "",
    ]


def test_packages_that_could_not_come_back_share_a_line_and_at_most_five_are_named() -> None:
    lost = [Risk("no-way-back", "pip", "/v", f"p{number} 1", "a file was changed") for number in range(8)]
    other = Risk("no-way-back", "npm", "/n", "n 1", "the file is over the limit")
    assert text.knowledge(PLAN._replace(risks=(*lost, other)), PLAIN) == [
        "to know",
        "  no-way-back  pip /v 8 packages: p0 1, p1 1, p2 1, p3 1, p4 1 and 3 more  a file was changed",
        "  no-way-back  npm /n n 1                                                  the file is over the limit",
        "",
    ]


def test_equal_warnings_are_one_line_and_a_long_one_has_its_reason_below() -> None:
    reason = "programs that run now may fail until they are restarted"
    risks = [Risk("dependents", "apt", "", f"libfoo{number} 1.0", reason) for number in range(10)]
    plan = PLAN._replace(risks=(*risks, Risk("libc", "apt", "", "libc6 2.36", "every program uses this package")))
    assert text.knowledge(plan, Style(width=80)) == [
        "to know",
        "  dependents  apt 10 packages: libfoo0 1.0, libfoo1 1.0, libfoo2 1.0, libfoo3 1.0, libfoo4 1.0 and 5 more",
        f"    {reason}",
        "  libc  apt libc6 2.36",
        "    every program uses this package",
        "",
    ]
    assert len(text.knowledge(plan, PLAIN)) == 4


def test_environments_that_are_left_for_one_reason_share_a_line() -> None:
    left = tuple(Left("pip", f"/v{number}", "is gone") for number in range(7))
    assert text.knowledge(PLAN._replace(left=left), PLAIN) == [
        "not restored",
        "  pip 7 environments: /v0, /v1, /v2, /v3, /v4 and 2 more  is gone",
        "",
    ]
