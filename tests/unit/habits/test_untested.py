from __future__ import annotations

from pathlib import Path

from support.untested import SUBJECTS, Skip, lines

ROOT = Path(__file__).resolve().parents[3]


def test_skipped_tests_are_sentences_about_the_product() -> None:
    found = lines(
        [
            Skip("tests/e2e/apt/test_restore_apt.py::test_a", "Skipped: no bed can be made here: unshare: no"),
            Skip("tests/e2e/apt/test_restore_apt.py::test_b", "Skipped: no bed can be made here: unshare: no"),
            Skip("tests/e2e/npm/test_npm_exact.py", "Skipped: npm is not installed"),
            Skip("tests/e2e/npm/test_npm_exact.py", "Skipped: npm is not installed"),
            Skip("tests/attacks/test_whose.py::test_c", "only root gives\nfiles"),
        ],
        ["tests/attacks/test_whose.py::test_d", "tests/e2e/apt/test_apt_exact.py::test_e"],
    )
    assert found == [
        "restoring apt packages: NOT tested, 2 tests or files: no bed can be made here: unshare: no",
        "reading npm packages, against the real tools: NOT tested, 1 test or file: npm is not installed",
        "what planted files and other users can do: in part NOT tested, 1 test or file: only root gives files",
        "skipped: 4 tests or files, about which this run says nothing. README.md says what the whole suite needs.",
    ]


def test_of_many_reasons_the_frequent_ones_are_shown_and_a_long_one_is_cut() -> None:
    skips = [Skip(f"tests/cli/test_a.py::test_{at}", f"reason {min(at, 4)}" + "!" * 200) for at in range(6)]
    row = lines(skips, [])[0]
    assert row.index("reason 4!") < row.index("reason 0!")
    assert row.endswith("...; and 2 more reasons")


def test_a_run_in_which_nothing_was_skipped_says_so() -> None:
    assert lines([], ["tests/cli/test_a.py::test_a"]) == ["nothing was skipped"]


def test_every_subject_has_tests() -> None:
    for begin, _ in SUBJECTS:
        path = ROOT / begin
        assert list(path.parent.glob(f"{path.name}*")) != [], begin
