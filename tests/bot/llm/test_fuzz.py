"""Whatever a server says: a whole stream or a `BackendError`, and always an end."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.llm.protocol import Backend, BackendError, Finished, Progress, Request, ToolSpec, Turn
from tests.bot.llm.http_script import Reply, http_script
from tests.bot.llm.providers import DIALECTS, events_of, opened
from tests.bot.llm.test_bad_providers import WHOLE
from tests.sizes import size

ANSWERS = size("fuzzed answers", small=30, stated=1_000)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + ANSWERS)]

ASK = Request(
    "chat",
    "some-model",
    "Be kind.",
    (Turn("user", "hello"),),
    tools=(ToolSpec("look", "", {"type": "object"}),),
)
SECONDS = 20.0

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
KEYS = """\
type message delta content choices index usage error code name id arguments function tool_calls done
done_reason response item output stop_reason content_block partial_json thinking signature status completed
total model role output_index finish_reason refusal reasoning encrypted_content input_tokens summary
"""
KINDS = """\
message_start content_block_start content_block_delta content_block_stop message_delta message_stop ping
error text_delta input_json_delta thinking_delta signature_delta text thinking tool_use redacted_thinking
response.created response.output_text.delta response.output_item.done response.completed response.failed
response.incomplete response.refusal.delta function_call reasoning message stop length tool_calls
chat.completion.chunk end_turn success
"""
VALUES = st.recursive(
    SCALARS | st.sampled_from(KINDS.split()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS.split()) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=20,
)


@st.composite
def mutated(draw: st.DrawFn, name: str) -> str:
    """A good stream of which one value anywhere is another one: what almost fits gets the furthest."""
    rows = WHOLE[name].splitlines()
    places = [number for number, row in enumerate(rows) if "{" in row]
    number = draw(st.sampled_from(places))
    prefix, brace, rest = rows[number].partition("{")
    tree: dict[str, Any] = json.loads(brace + rest)
    node = tree
    while isinstance(inner := node[key := draw(st.sampled_from(sorted(node)))], dict) and inner:
        if draw(st.booleans()):
            break
        node = cast("dict[str, Any]", inner)
    node[key] = draw(VALUES)
    rows[number] = prefix + json.dumps(tree)
    return "\n".join(rows) + "\n"


def row(head: str, text: str, end: str) -> str:
    return f"{head}{text}{end}"


def garbage() -> st.SearchStrategy[str]:
    texts = VALUES.map(json.dumps) | st.text(max_size=20) | st.just("[" * 5_000)
    heads = st.sampled_from(
        ["", "data: ", "data:", "event: error\ndata: ", "event: message_start\ndata: ", ": ", "id: "]
    )
    lines = st.builds(row, heads, texts, st.sampled_from(["\n", "\n\n", "\r\n", ""]))
    return st.lists(lines, max_size=8).map("".join)


@st.composite
def replies(draw: st.DrawFn, name: str) -> Reply:
    body: str = draw(st.one_of(mutated(name), mutated(name), garbage()))
    waits = ["1", "-1", "nan", "1e400", "Wed, 21 Oct 2099 07:28:00 GMT", "tomorrow"]
    return Reply(
        body.encode("utf-8", "replace").decode(),
        draw(st.sampled_from([200, 200, 200, 200, 400, 401, 404, 429, 500])),
        draw(st.sampled_from(["text/event-stream", "application/x-ndjson", "application/json", "text/html"])),
        {"retry-after": draw(st.sampled_from(waits))},
        draw(st.sampled_from(["finish", "cut"])),
    )


@dataclass
class Fuzzed:
    """A backend and the server it asks, which says what is set last."""

    backend: Backend
    reply: Reply

    async def ask(self, reply: Reply) -> None:
        self.reply = reply
        try:
            async with asyncio.timeout(SECONDS):
                events = await events_of(self.backend, ASK)
        except BackendError as error:
            said = str(error)
        else:
            said = "a whole answer"
            assert isinstance(events[-1], Finished)
            assert not any(isinstance(event, Finished) for event in events[:-1])
            assert all(event.text for event in events if isinstance(event, Progress))
        assert 0 < len(said) < 1_000


@asynccontextmanager
async def fuzzed(name: str) -> AsyncGenerator[Fuzzed]:
    box: list[Fuzzed] = []
    async with http_script(lambda _: box[0].reply) as server, opened(name, server.url, pull=True) as backend:
        box.append(Fuzzed(backend, Reply()))
        yield box[0]


@pytest.mark.parametrize("name", DIALECTS)
def test_nothing_a_server_says_escapes_or_hangs(name: str) -> None:
    with asyncio.Runner() as runner:
        context = fuzzed(name)
        asked = runner.run(context.__aenter__())

        @settings(
            max_examples=ANSWERS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(replies(name))
        def check(reply: Reply) -> None:
            runner.run(asked.ask(reply))

        try:
            check()
        finally:
            runner.run(context.__aexit__(None, None, None))
