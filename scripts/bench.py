"""Times what a person waits for, as whole processes from start to end: `make bench`, or `make bench RUNS=20`.

Prints a Markdown table with the minimum, median and maximum of each, in seconds, and the machine they are from.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

QUESTION = "/research topic:How does tidal power make electricity?"
COGSWARM = (sys.executable, "-m", "cogswarm")


@dataclass(frozen=True, slots=True)
class Case:
    """What is timed: its name in the table, and the command for a state folder."""

    name: str
    command: Callable[[Path], tuple[str, ...]]
    fresh: bool
    """Whether each run has a state folder of its own, so that the database is made anew."""


def _ask(state: Path) -> tuple[str, ...]:
    return (*COGSWARM, "demo", "--once", QUESTION, "--library-only", "--state", str(state))


CASES = (
    Case("`cogswarm --help`", lambda _: (*COGSWARM, "--help"), fresh=False),
    Case("a question to the demo, first start", _ask, fresh=True),
    Case("a question to the demo, started before", _ask, fresh=False),
)


def _seconds(command: tuple[str, ...]) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    taken = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed, so there is nothing to time:\n{done.stderr}")
    return taken


def measure(case: Case, runs: int) -> list[float]:
    """Runs a case ``runs`` times; a case with a kept state has one run before, which is not counted."""
    with tempfile.TemporaryDirectory(prefix="cogswarm-bench-") as folder:
        kept = Path(folder) / "kept"
        if not case.fresh:
            _seconds(case.command(kept))
        states = (Path(folder) / f"run{number}" if case.fresh else kept for number in range(runs))
        return [_seconds(case.command(state)) for state in states]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs: int = parser.parse_args().runs
    print(
        f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}, {runs} runs each\n"
    )
    print("| what | minimum s | median s | maximum s |\n| --- | --- | --- | --- |")
    for case in CASES:
        taken = measure(case, runs)
        print(
            f"| {case.name} | {min(taken):.1f} | {statistics.median(taken):.1f} | {max(taken):.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
