"""What the SDK backends make of providers that break off, hang, refuse or answer nonsense."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.llm.collect import ask
from bot.llm.protocol import (
    AuthFailed,
    BackendError,
    BackendUnreachable,
    BadAnswer,
    ContentRefused,
    ContextTooLong,
    Event,
    Finished,
    QuotaExceeded,
    RateLimited,
    Request,
    TextDelta,
    ToolCall,
    Turn,
    UnsupportedRequest,
)
from tests.bot.llm.http_script import Reply, http_script, lines, named_sse, sse
from tests.bot.llm.providers import DIALECTS, KEY, opened

ASK = Request("chat", "some-model", "", (Turn("user", "hello"),))


def openai_chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


MESSAGE_START: dict[str, Any] = {
    "type": "message_start",
    "message": {
        "id": "1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "m",
        "usage": {"input_tokens": 4, "output_tokens": 1, "cache_read_input_tokens": 100},
    },
}
TEXT_START = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
TEXT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "half"}}


def message_end(reason: str) -> tuple[dict[str, Any], ...]:
    delta = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}}
    return ({"type": "content_block_stop", "index": 0}, delta, {"type": "message_stop"})


def ollama_part(text: str = "", **more: Any) -> dict[str, Any]:
    return {"model": "m", "message": {"role": "assistant", "content": text}, "done": False, **more}


def responses_event(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "sequence_number": 1, **more}


def responses_text(text: str) -> dict[str, Any]:
    return responses_event("output_text.delta", item_id="m", output_index=0, content_index=0, delta=text)


def responses_end(kind: str = "completed", **more: Any) -> dict[str, Any]:
    return responses_event(kind, response={"id": "r", "object": "response", "output": [], **more})


HALF = {
    "responses": sse(responses_text("half")),
    "openai": sse(openai_chunk(content="half")),
    "anthropic": named_sse(MESSAGE_START, TEXT_START, TEXT),
    "ollama": lines(ollama_part("half")),
}
WHOLE = {
    "responses": sse(responses_text("half"), responses_end()),
    "openai": sse(openai_chunk(content="half"), openai_chunk("stop"), "[DONE]"),
    "anthropic": named_sse(MESSAGE_START, TEXT_START, TEXT, *message_end("end_turn")),
    "ollama": lines(ollama_part("half"), ollama_part("", done=True, done_reason="stop")),
}


async def collected(
    name: str, url: str, request: Request = ASK, *, read_timeout: float = 10.0
) -> list[Event]:
    """What arrived before the error that the caller expects."""
    events: list[Event] = []
    async with opened(name, url, read_timeout=read_timeout) as backend:
        try:
            async for event in backend.stream(request):
                events.append(event)  # noqa: PERF401 # what came before an error must be kept
        except BackendError as error:
            error.add_note(json.dumps([event.text for event in events if isinstance(event, TextDelta)]))
            raise
    return events


@pytest.mark.parametrize("name", DIALECTS)
async def test_a_whole_answer(name: str) -> None:
    async with http_script(Reply(WHOLE[name])) as server:
        events = await collected(name, server.url)
    assert [event.text for event in events if isinstance(event, TextDelta) and event.text] == ["half"]
    assert isinstance(events[-1], Finished)


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("ending", ["cut", "hang"])
async def test_a_whole_answer_whose_connection_ends_badly_is_still_whole(name: str, ending: Any) -> None:
    async with http_script(Reply(WHOLE[name], ending=ending)) as server:
        events = await collected(name, server.url, read_timeout=0.3)
    assert isinstance(events[-1], Finished)


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("ending", ["cut", "finish"])
async def test_it_breaks_off_in_the_middle(name: str, ending: Any) -> None:
    async with http_script(Reply(HALF[name], ending=ending)) as server:
        with pytest.raises(BackendUnreachable, match=r"broke off|cannot be reached") as raised:
            await collected(name, server.url)
    assert "half" in raised.value.__notes__[0]


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("silent", [True, False])
async def test_it_hangs(name: str, *, silent: bool) -> None:
    reply = Reply("" if silent else HALF[name], ending="hang", silent=silent)
    async with http_script(reply) as server:
        with pytest.raises(BackendUnreachable, match="in time"):
            await collected(name, server.url, read_timeout=0.2)
        assert len(server.received) == 1, "the SDK's own retries must be off"


@pytest.mark.parametrize("name", DIALECTS)
async def test_nobody_answers_there(name: str) -> None:
    async with http_script() as server:
        url = server.url
    with pytest.raises(BackendUnreachable) as raised:
        await collected(name, url)
    assert url.removeprefix("http://") in str(raised.value)


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize(
    "reply",
    [
        Reply("<html><body>Welcome to the wifi!</body></html>", kind="text/html"),
        Reply("", kind="text/event-stream"),
        Reply('data: {"choices": \n\nevent: message_start\ndata: {nope\n\n{broken\n'),
        Reply('data: {"choices": 5}\n\nevent: message_start\ndata: {"type": "message_start"}\n\n[1, 2]\n'),
        Reply('data: "text"\n\nevent: message_start\ndata: [1]\n\n"text"\n'),
        Reply("data: null\n\nevent: message_start\ndata: null\n\nnull\n"),
    ],
    ids=["html", "nothing", "broken", "wrong types", "a string", "null"],
)
async def test_nonsense(name: str, reply: Reply) -> None:
    async with http_script(reply) as server:
        with pytest.raises((BadAnswer, BackendUnreachable)) as raised:
            await collected(name, server.url)
    assert "Traceback" not in str(raised.value)
    assert str(raised.value).endswith((".", ")"))
    if "html" in reply.kind:
        assert isinstance(raised.value, BadAnswer)


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (401, f"Incorrect API key provided: {KEY}", AuthFailed),
        (403, "not yours", AuthFailed),
        (402, "pay first", QuotaExceeded),
        (400, "Your credit balance is too low to access the API", QuotaExceeded),
        (400, "prompt is too long: 9 tokens > 8 maximum", ContextTooLong),
        (413, "body", ContextTooLong),
        (400, f"the header {KEY} is odd", UnsupportedRequest),
        (404, "model 'some-model' not found", UnsupportedRequest),
        (422, "no", UnsupportedRequest),
        (500, "oops", BackendUnreachable),
        (503, "<html>busy</html>", BackendUnreachable),
        (529, "Overloaded", BackendUnreachable),
        (408, "slow", BackendUnreachable),
    ],
)
async def test_error_answers(name: str, status: int, message: str, expected: type[BackendError]) -> None:
    told: Any = message if name == "ollama" else {"message": message, "type": "some_error"}
    body = json.dumps({"type": "error", "error": told})
    async with http_script(Reply(body, status, "application/json")) as server:
        with pytest.raises(expected) as raised:
            await collected(name, server.url)
        assert len(server.received) == 1
    assert KEY not in str(raised.value)
    assert KEY not in repr(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("2.5", 2.5, 2.5),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 86_400, 1e10),
        ("Sat, 01 Jan 2000 00:00:00 GMT", 0, 0),
    ],
)
async def test_a_rate_limit(name: str, said: str, least: float, most: float) -> None:
    body = json.dumps({"error": "slow" if name == "ollama" else {"message": "slow"}})
    async with http_script(Reply(body, 429, "application/json", {"retry-after": said})) as server:
        with pytest.raises(RateLimited) as raised:
            await collected(name, server.url)
    assert raised.value.retry_after is not None
    assert least <= raised.value.retry_after <= most


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("invalid_prompt", UnsupportedRequest),
        ("image_too_large", UnsupportedRequest),
        ("image_content_policy_violation", ContentRefused),
        ("rate_limit_exceeded", RateLimited),
        ("insufficient_quota", QuotaExceeded),
        ("context_length_exceeded", ContextTooLong),
        ("server_error", BackendUnreachable),
        ("something_new", BackendUnreachable),
    ],
)
async def test_a_response_that_fails_in_the_middle_says_why(code: str, expected: type[BackendError]) -> None:
    body = HALF["responses"] + sse(responses_end("failed", error={"code": code, "message": "So it is."}))
    async with http_script(Reply(body)) as server:
        with pytest.raises(expected):
            await collected("responses", server.url)


async def test_more_tokens_than_a_minute_has_will_not_do_with_waiting() -> None:
    message = "Request too large for gpt-x on tokens per min (TPM): Limit 30000, Requested 41000."
    body = json.dumps({"error": {"message": message, "code": "rate_limit_exceeded"}})
    async with http_script(Reply(body, 429, "application/json")) as server:
        with pytest.raises(ContextTooLong):
            await collected("openai", server.url)


async def test_no_credit_left_comes_as_a_rate_limit_from_openai() -> None:
    body = json.dumps({"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}})
    async with http_script(Reply(body, 429, "application/json")) as server:
        with pytest.raises(QuotaExceeded):
            await collected("openai", server.url)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("openai", sse(openai_chunk(content="half"), {"error": {"message": "busy", "type": "server_error"}})),
        ("responses", HALF["responses"] + sse({"type": "error", "code": "server_error", "message": "busy"})),
        ("responses", HALF["responses"] + sse({"error": {"message": "busy", "type": "server_error"}})),
        (
            "responses",
            HALF["responses"]
            + sse(responses_end("failed", error={"code": "server_error", "message": "busy"})),
        ),
        (
            "anthropic",
            HALF["anthropic"] + named_sse({"type": "error", "error": {"type": "overloaded_error"}}),
        ),
        ("ollama", HALF["ollama"] + lines({"error": "the model crashed"})),
    ],
)
async def test_an_error_in_the_middle_of_the_stream(name: str, body: str) -> None:
    async with http_script(Reply(body)) as server:
        with pytest.raises(BackendUnreachable) as raised:
            await collected(name, server.url)
    assert "half" in raised.value.__notes__[0]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("openai", sse(openai_chunk(content="I"), openai_chunk("content_filter"), "[DONE]")),
        ("openai", sse(openai_chunk(refusal="I cannot help with that."), openai_chunk("stop"), "[DONE]")),
        ("anthropic", named_sse(MESSAGE_START, TEXT_START, *message_end("refusal"))),
        ("responses", sse(responses_event("refusal.delta", delta="I cannot."), responses_end())),
        (
            "responses",
            sse(responses_end("incomplete", incomplete_details={"reason": "content_filter"})),
        ),
        (
            "responses",
            sse(responses_end("failed", error={"code": "bio_policy", "message": "This was flagged."})),
        ),
    ],
)
async def test_a_refusal(name: str, body: str) -> None:
    async with http_script(Reply(body)) as server:
        with pytest.raises(ContentRefused):
            await collected(name, server.url)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("openai", sse(openai_chunk(content="half"), openai_chunk("length"), "[DONE]")),
        (
            "responses",
            HALF["responses"]
            + sse(responses_end("incomplete", incomplete_details={"reason": "max_output_tokens"})),
        ),
        ("anthropic", named_sse(MESSAGE_START, TEXT_START, TEXT, *message_end("max_tokens"))),
        (
            "anthropic",
            named_sse(MESSAGE_START, TEXT_START, TEXT, *message_end("model_context_window_exceeded")),
        ),
        ("ollama", lines(ollama_part("half"), ollama_part("", done=True, done_reason="length"))),
    ],
)
async def test_an_answer_cut_at_the_limit_says_so(name: str, body: str) -> None:
    async with http_script(Reply(body)) as server, opened(name, server.url) as backend:
        answer = await ask(backend, ASK)
    assert (answer.text, answer.finish) == ("half", "length")


async def test_usage_counts_cached_input_too() -> None:
    async with http_script(Reply(WHOLE["anthropic"])) as server, opened("anthropic", server.url) as backend:
        answer = await ask(backend, ASK)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (104, 9)


async def test_ollama_usage() -> None:
    body = lines(ollama_part("half"), ollama_part("", done=True, prompt_eval_count=12, eval_count=7))
    async with http_script(Reply(body)) as server, opened("ollama", server.url) as backend:
        answer = await ask(backend, ASK)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (12, 7)


def openai_call(**piece: Any) -> str:
    return sse(openai_chunk(tool_calls=[piece]), openai_chunk("tool_calls"), "[DONE]")


@pytest.mark.parametrize("arguments", ["{broken", "[1]", '"text"', "[" * 100_000])
async def test_broken_tool_arguments_are_a_bad_answer(arguments: str) -> None:
    body = openai_call(index=0, id="a", function={"name": "f", "arguments": arguments})
    async with http_script(Reply(body)) as server:
        with pytest.raises(BadAnswer, match="arguments"):
            await collected("openai", server.url)


async def test_broken_tool_arguments_from_the_others() -> None:
    start = {"type": "content_block_start", "index": 0}
    block: dict[str, Any] = {"content_block": {"type": "tool_use", "id": "a", "name": "f", "input": {}}}
    delta = {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "input_json_delta", "partial_json": "{x"},
    }
    body = named_sse(MESSAGE_START, {**start, **block}, delta, *message_end("tool_use"))
    async with http_script(Reply(body)) as server:
        with pytest.raises(BadAnswer, match="arguments"):
            await collected("anthropic", server.url)
    call = {"function": {"name": "f", "arguments": "{x"}}
    body = lines(ollama_part(message={"role": "assistant", "tool_calls": [call]}))
    async with http_script(Reply(body)) as server:
        with pytest.raises(BadAnswer):
            await collected("ollama", server.url)


async def test_a_compatible_server_may_leave_out_ids_and_arguments() -> None:
    pieces = [{"function": {"name": "f", "arguments": ""}}, {"function": {"name": "g", "arguments": "{}"}}]
    body = sse(*(openai_chunk(tool_calls=[piece]) for piece in pieces), openai_chunk("stop"), "[DONE]")
    async with http_script(Reply(body)) as server:
        events = await collected("openai", server.url)
    calls = [event for event in events if isinstance(event, ToolCall)]
    assert [(call.name, call.arguments) for call in calls] == [("f", {}), ("g", {})]
    assert calls[0].id != calls[1].id
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "tool_calls"


@pytest.mark.parametrize("name", DIALECTS)
async def test_an_option_that_overrules_the_request_is_refused(name: str) -> None:
    async with http_script(Reply(WHOLE[name])) as server:
        option = "input" if name == "responses" else "messages"
        with pytest.raises(UnsupportedRequest, match=option):
            await collected(name, server.url, replace(ASK, options={option: []}))
        assert server.received == []
