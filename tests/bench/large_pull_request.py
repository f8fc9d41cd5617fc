"""Prints how long the static tools take over a pull request of 300 files, and how much memory they use at most.

Run: ``python tests/bench/large_pull_request.py [FILES]``. Stated: within five minutes and 2 GB, which are the limits that
the configuration sets for each tool.
"""

import asyncio
import resource
import sys
import time
from pathlib import Path

from bot.config.github import ChecksSection
from bot.review.pull_request import ChangedFile, FileText
from bot.review.static_checks import StaticChecks

FILES = 300
LINES = 400


def pull_request(count: int) -> tuple[list[ChangedFile], list[FileText]]:
    """New files of ordinary length, each with a few faults."""
    functions = "".join(
        f"def step{one}(values):\n    found = [value + {one} for value in values]\n    return sorted(found)\n\n\n"
        for one in range(LINES // 5)
    )
    text = f"import os\nimport pickle\n\n\ndef load(data):\n    return pickle.loads(data)\n\n\n{functions}"
    lines = text.splitlines()
    patch = f"@@ -0,0 +1,{len(lines)} @@\n" + "\n".join(f"+{line}" for line in lines)
    paths = [f"package{number:03}/module.py" for number in range(count)]
    return (
        [ChangedFile(path, "added", len(lines), 0, patch) for path in paths],
        [FileText(path, text) for path in paths],
    )


async def main(count: int) -> None:
    """Time one look."""
    files, texts = pull_request(count)
    started = time.perf_counter()
    report = await StaticChecks.configured(ChecksSection(), Path()).look(files, texts)
    seconds = time.perf_counter() - started
    assert len(report.ran) == 3, report.not_checked
    kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    found = sum(map(len, report.findings.values()))
    print(f"| {count} files, {found} findings | {seconds:.1f} s | {kib / 1024:.0f} MB in the largest tool |")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else FILES))
