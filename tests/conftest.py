"""What every test may use: tools that a machine may lack, data beside the checkout, and the marker ``slow``."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from itertools import filterfalse
from pathlib import Path
from typing import cast

import pytest
import structlog
from hypothesis import HealthCheck, settings

from bot.local_discord.traffic.recording import VARIABLE
from tests import sizes, tools
from tests.checked_traffic import CheckedTraffic
from tests.description import description
from tests.warm_processes import VARIABLE as VARIABLE_OF_WARM_PARENT
from tests.warm_processes import warm_parent

MISSING_TOOL = "missing tool: "
MEASURED = "measured"
SLOW_FOLDERS = frozenset({"e2e", "contract", "chaos", "bench"})
SLOW_FIXTURES = frozenset(
    {"chromium_executable", "node_executable", "node_modules", "database_server", "minilm"}
)

# How long an example takes says how busy the machine is; what hangs, the time limit of the test ends.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

# The tests start hundreds of processes; without bytecode each would compile all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# What is logged where nobody set logging up: tracebacks as Python prints them. In colours and with all variables, as is
# structlog's way, they took a tenth of the time of all tests.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


def needed(place: Path | None, missing: str) -> Path:
    """Returns ``place``; without it the test is skipped, or fails where CI promises that the tools are there."""
    if place is not None:
        return place
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(MISSING_TOOL + missing, pytrace=False)
    pytest.skip(MISSING_TOOL + missing)


@pytest.fixture(scope="session")
def chromium_executable() -> Path:
    """A Chromium for playwright's ``executable_path``."""
    return needed(tools.chromium(), "Chromium (`make test` prints the line that installs it)")


@pytest.fixture(scope="session")
def node_executable() -> Path:
    """The Node of the development requirements."""
    return needed(tools.node(), "Node (`make test` installs the wheel that holds it)")


@pytest.fixture(scope="session")
def node_modules(node_executable: Path) -> Path:
    """The folder of the test-only Node packages; run them with ``node_executable``."""
    assert node_executable
    return needed(tools.node_modules(), "Node packages (`make test` installs them)")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Sample data beside the checkout; where there is none, the tests on it are skipped, also in CI."""
    folder = tools.shared_data()
    if folder is None:
        pytest.skip("the sample data does not lie beside this checkout")
    return folder


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Generator[CheckedTraffic | None]:
    """What the local Discords of this run record; None where Discord's description does not lie beside the checkout."""
    held = description()
    if held is None:
        yield None
        return
    folder = tmp_path_factory.mktemp("traffic")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(folder))
        yield CheckedTraffic(folder, held)


@pytest.fixture(scope="session")
def warm_processes() -> Generator[None]:
    """The bots and local Discords of a `House` are forked from a process that has imported what they import."""
    with warm_parent() as place, pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE_OF_WARM_PARENT, str(place))
        yield


@pytest.fixture(autouse=True)
def described_traffic(recordings: CheckedTraffic | None, request: pytest.FixtureRequest) -> Generator[None]:
    """After every test: what was asked, answered and told is as Discord describes it."""
    yield
    problems = [] if recordings is None else recordings.new_problems()
    if problems and request.node.get_closest_marker("malformed") is None:
        pytest.fail("Not as Discord describes it:\n" + "\n".join(problems), pytrace=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = cast("list[str]", getattr(item, "fixturenames", []))
        folders = item.path.relative_to(tools.ROOT).parts if item.path.is_relative_to(tools.ROOT) else ()
        if SLOW_FOLDERS.intersection(folders) or SLOW_FIXTURES.intersection(fixtures):
            item.add_marker("slow")
    items[:] = begun_in_time(items, lambda item: item.get_closest_marker("slow") is not None)


def begun_in_time[Item](items: Sequence[Item], is_slow: Callable[[Item], bool]) -> list[Item]:
    """In the order they come in, but that nothing slow is among the last tenth: it goes first.

    Where one of several workers begins something long when the others have finished, they wait for it.
    """
    start = len(items) - len(items) // 10
    last = items[start:]
    late, in_time = filter(is_slow, last), filterfalse(is_slow, last)
    return [*late, *items[:start], *in_time]


def pytest_report_header() -> str:
    return f"sizes of criteria: {sizes.chosen()} (`make accept` takes the stated ones)"


def missing_tools(skipped: list[pytest.TestReport]) -> Counter[str]:
    """Counts the skipped tests by the tool they miss."""
    reasons = (report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple))
    return Counter(reason.partition(MISSING_TOOL)[2] for reason in reasons if MISSING_TOOL in reason)


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Have a sentence with figures printed at the end of the whole run, also where tests run in several processes."""

    def say(sentence: str) -> None:
        record_property(MEASURED, sentence)

    return say


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = missing_tools(cast("list[pytest.TestReport]", terminalreporter.stats.get("skipped", [])))
    terminalreporter.section("tools")
    terminalreporter.write_line(f"{missing.total()} tests skipped for missing tools")
    for tool, count in sorted(missing.items()):
        terminalreporter.write_line(f"  {count} for {tool}")
    passed: list[pytest.TestReport] = terminalreporter.stats.get("passed", [])
    figures = [value for report in passed for name, value in report.user_properties if name == MEASURED]
    if figures:
        terminalreporter.section("measured")
    for sentence in figures:
        terminalreporter.write_line(str(sentence))
