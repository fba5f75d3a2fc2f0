"""What tests of several kinds take, how many cases the sweeps had, and how many examples the property tests try:
`HYPOTHESIS_PROFILE`, else `ci` in CI and `dev` elsewhere.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from support.machines.roots import make_root
from support.processes.command_line import CommandLine
from support.processes.counts import count, counted, harness_lines
from support.processes.users import open_path
from support.untested import Skip, lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# No deadline: a busy machine is not a fault. In CI the examples are always the same, so that a red run can be repeated.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.register_profile("deep", deadline=None, max_examples=5000, suppress_health_check=[HealthCheck.too_slow])
os.environ.pop("SUDO_UID", None)  # else commands in messages are written for who called sudo
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))

_COUNTS = "counts"


@pytest.fixture
def cortex(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "repo", make_root(tmp_path / "root"))


@pytest.fixture(name="open_path")
def _open_path(tmp_path: Path) -> None:
    """Lets another user reach the test's own directory."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become another user")
    open_path(tmp_path)


@pytest.fixture
def tell_counts(request: pytest.FixtureRequest) -> Callable[[dict[str, int]], None]:
    """Takes how many cases of what a sweep had; they are printed at the end."""
    return lambda counts: request.node.user_properties.append((_COUNTS, counts))


@pytest.fixture(name="named_by_process")
def _named_by_process() -> Iterator[None]:
    """Has names be the same in every run: see `support.disk.process`."""
    from support.disk.process import named_by_process

    with named_by_process():
        yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        # One of several processes: the first one prints.
        output[_COUNTS] = counted()
    found = yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if output is None and reporter is not None:
        # Behind all else, where it is read.
        _say_what_was_not_tested(reporter)
    return found


def _say_what_was_not_tested(reporter: pytest.TerminalReporter) -> None:
    skips = [
        Skip(report.nodeid, str(report.longrepr[2]))
        for report in reporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    ]
    passed = [report.nodeid for report in reporter.stats.get("passed", [])]
    for line in lines(skips, passed):
        reporter.write_line(line, yellow=bool(skips))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for harness, numbers in getattr(node, "workeroutput", {}).get(_COUNTS, {}).items():
        count(harness, **numbers)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [
        (report.nodeid.partition("::")[2], counts, report.duration)
        for report in terminalreporter.getreports("passed")
        for name, counts in report.user_properties
        if name == _COUNTS and report.when == "call"
    ]
    if told or harness_lines():
        terminalreporter.section("counts")
    for test, counts, seconds in told:
        shown = ", ".join(f"{count} {name}" for name, count in counts.items())
        terminalreporter.line(f"{test}: {shown}, {seconds:.1f} s")
    for line in harness_lines():
        terminalreporter.line(line)
