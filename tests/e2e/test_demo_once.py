"""The whole house in one walk: the command line starts everything, a person asks, a cited thread comes back."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

QUESTION = "How do tidal turbines make electricity?"
README = Path(__file__).parents[2] / "README.md"
DEADLINE = 120.0

pytestmark = pytest.mark.timeout(2 * DEADLINE)


async def _demo_once(line: str, state: Path) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cogswarm", "demo", "--library-only", "--once", line, "--state", str(state),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), DEADLINE)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


def _without_port(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1", text)


async def test_an_answer_cites_fetched_sources_and_a_later_demo_says_what_it_does_not_know(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    code, out, err = await _demo_once(f"/research topic:{QUESTION}", state)
    assert code == 0, err
    answer, _, sources = out.partition("Sources")
    cited = {int(number) for number in re.findall(r"\[(\d+)\]", answer)}
    listed = {
        int(number): url for number, url in re.findall(r"\[(\d+)\].*?(http://127\.0\.0\.1:\d+/\S+)", sources)
    }
    assert cited, out
    assert cited <= set(listed), out
    assert "tid" in answer.lower()
    assert _without_port(out.strip()) in _without_port(README.read_text("utf-8")), (
        "README shows another output"
    )

    code, out, err = await _demo_once("/research topic:Who won the 1998 chess championship?", state)
    assert code == 0, err
    assert not re.search(r"\[\d+\]", out), out
    assert "found nothing" in out.lower(), out
