import asyncio
import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, override

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.clock import Clock
from bot.errors import ConfigError
from bot.observe.known_secrets import REDACTED
from bot.observe.logging import LONGEST_TEXT, configure_logging
from bot.observe.redaction import Redactor

SECRET = "s3cr3t-value-of-some-length"
CLOCK = Clock(now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


class Output:
    """Where the logs of a test go."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.redactor = Redactor()

    def configure(self, level: str = "info", *, pretty: bool = False) -> None:
        logging.getLogger().handlers.clear()  # pytest's own would format, and fail on, the same lines
        self.redactor = configure_logging(level, [SECRET], stream=self.stream, pretty=pretty, clock=CLOCK)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def output() -> Iterator[Output]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    made = Output()
    made.configure()
    yield made
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_our_lines_and_those_of_libraries_look_alike(output: Output) -> None:
    structlog.get_logger("bot.x").info("feed_failed", url="http://a/", tries=3)
    logging.getLogger("nextcord.gateway").info("Shard %s connected", 0)
    ours, theirs = output.lines
    stamp = "2026-01-02T03:04:05.000+00:00"
    assert ours == {
        "timestamp": stamp, "level": "info", "logger": "bot.x", "event": "feed_failed", "url": "http://a/", "tries": 3,
    }  # fmt: skip
    assert theirs == {
        "timestamp": stamp, "level": "info", "logger": "nextcord.gateway", "event": "Shard 0 connected",
    }  # fmt: skip


@pytest.mark.parametrize("pretty", [False, True])
def test_a_secret_leaves_no_trace_wherever_it_stands(output: Output, *, pretty: bool) -> None:
    output.configure(pretty=pretty)
    log = structlog.get_logger("bot.x")

    class Shows:
        @override
        def __repr__(self) -> str:
            return f"<Shows {SECRET}>"

    structlog.contextvars.bind_contextvars(run=SECRET)
    log.info(
        "event " + SECRET,  # noqa: G003 - a secret in the event itself is the point
        plain=SECRET,
        nested={"a": [{SECRET: (1, {SECRET})}]},
        raw=SECRET.encode(),
        shows=Shows(),
        error=ValueError(SECRET),
    )
    try:
        raise RuntimeError(SECRET) from ValueError(f"inner {SECRET}")  # noqa: TRY301 - as short as it gets
    except RuntimeError:
        log.exception("failed")
        logging.getLogger("mcp").exception("theirs %s", SECRET)
    logging.getLogger("psycopg").warning(
        "connect to %s", f"postgresql://u:{SECRET}@h/d", extra={"dsn": SECRET}
    )
    logging.getLogger("psycopg").warning("too few arguments %s %s", SECRET)  # noqa: PLE1206 - the mistake is the point
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"careful {SECRET}", stacklevel=1)
    assert SECRET not in output.text
    assert output.text.count(REDACTED) > 10
    assert "RuntimeError" in output.text
    assert "log_line_failed logger=psycopg reason=TypeError" in output.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
            | st.tuples(inner)
        ),
        max_leaves=10,
    ),
    st.sampled_from(["", SECRET]),
)
def test_any_value_becomes_one_line_of_json_without_the_secret(
    output: Output, value: object, secret: str
) -> None:
    output.stream.seek(0)
    output.stream.truncate()
    structlog.get_logger("bot.x").info("event", value=value, also=[value, secret])
    assert output.text.count("\n") == 1
    assert SECRET not in output.text
    (line,) = output.lines
    assert line["event"] == "event"
    if secret:
        assert line["also"][-1] == REDACTED


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(max_size=60))
def test_text_from_outside_cannot_forge_lines_or_steer_the_terminal(output: Output, text: str) -> None:
    output.stream.seek(0)
    output.stream.truncate()
    output.configure(pretty=True)
    structlog.get_logger("bot.x").info(f"event {text}", value=text)
    assert output.text.count("\n") == 1
    assert not any(
        ord(character) < 32 or 126 < ord(character) < 160 for character in output.text.rstrip("\n")
    )
    output.text.encode()


def test_a_secret_found_later_is_redacted_from_then_on(output: Output) -> None:
    output.redactor.add(["another-secret"])
    structlog.get_logger("bot.x").info("event", value="another-secret")
    assert output.lines[0]["value"] == REDACTED


def test_levels_hold_for_everybody_and_chatty_libraries_are_quiet(output: Output) -> None:
    structlog.get_logger("bot.x").debug("hidden")
    logging.getLogger("nextcord").debug("hidden")
    logging.getLogger("httpx").info("hidden")
    assert not output.text
    output.configure("debug")
    structlog.get_logger("bot.x").debug("shown")
    logging.getLogger("httpx").info("shown")
    assert len(output.lines) == 2


def test_an_unknown_level_is_a_sentence() -> None:
    with pytest.raises(
        ConfigError, match="There is no log level `loud`; write one of debug, info, warning, error"
    ):
        configure_logging("loud")


def test_configuring_twice_does_not_double_the_lines(output: Output) -> None:
    output.configure()
    structlog.get_logger("bot.x").info("once")
    assert len(output.lines) == 1


async def test_each_task_has_its_own_context(output: Output) -> None:
    async def work(run: int) -> None:
        structlog.contextvars.bind_contextvars(run=run)
        await asyncio.sleep(0)
        structlog.get_logger("bot.x").info("step")
        logging.getLogger("nextcord").info("sent")

    await asyncio.gather(work(1), work(2))
    assert sorted((line["run"], line["event"]) for line in output.lines) == [
        (1, "sent"), (1, "step"), (2, "sent"), (2, "step"),
    ]  # fmt: skip


def test_huge_deep_and_unshowable_values_are_bounded(output: Output) -> None:
    class Broken:
        @override
        def __repr__(self) -> str:
            raise RuntimeError("no")

    output.configure()
    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    loop: dict[str, object] = {}
    loop["again"] = loop
    structlog.get_logger("bot.x").info(
        "event",
        text="x" * 1_000_000,
        many=list(range(5000)),
        deep=deep,
        loop=loop,
        broken=Broken(),
        number=10**6000,
    )
    (line,) = output.lines
    assert len(line["text"]) < LONGEST_TEXT + 100
    assert line["text"].endswith("(980000 more characters)")
    assert len(line["many"]) == 201
    assert "cannot be shown" in line["broken"]
    assert len(output.text) < 60_000


def test_a_stream_that_is_gone_ends_nothing(output: Output) -> None:
    output.stream.close()
    structlog.get_logger("bot.x").info("event")
    logging.getLogger("x").info("event")
    output.stream = io.StringIO()


@pytest.mark.slow
def test_without_a_terminal_the_lines_are_json() -> None:
    code = (
        "from bot.observe.logging import configure_logging; import structlog; configure_logging(); "
        "structlog.get_logger('x').info('hello')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert json.loads(ended.stderr)["event"] == "hello"
