"""Collecting a stream: limits, breaks, and the one repair of an answer that does not match its schema."""

import contextlib
import socket
import threading
from dataclasses import replace

import pytest

from bot.llm.collect import Limits, ask, told
from bot.llm.protocol import (
    AuthFailed,
    BackendUnreachable,
    BadAnswer,
    Finished,
    Opaque,
    Progress,
    Schema,
    TextDelta,
    ToolCall,
    UnsupportedRequest,
    Usage,
)
from tests.bot.llm.scripted import DONE, HANG, Scripted, request, said

COUNT = Schema("count", {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
COUNTED = replace(request(), schema=COUNT)
HASTY = Limits(total=5.0, first=0.05, idle=0.05, text=1_000, tool_calls=3)


async def test_an_answer_is_collected() -> None:
    call = ToolCall("1", "f", {})
    backend = Scripted(
        [[TextDelta("a"), TextDelta(""), TextDelta("b"), call, Finished("tool_calls", Usage(1, 2))]]
    )
    answer = await ask(backend, request())
    assert (answer.text, answer.tool_calls, answer.finish) == ("ab", (call,), "tool_calls")
    assert answer.usage == Usage(1, 2)


async def test_what_a_provider_needs_back_is_kept_and_progress_is_not_text() -> None:
    steps = [Progress("Fetching"), Opaque({"backend": "a"}), TextDelta("b"), Opaque({"backend": "c"}), DONE]
    answer = await ask(Scripted([list(steps)]), request())
    assert (answer.text, answer.opaque) == ("b", ({"backend": "a"}, {"backend": "c"}))


@pytest.mark.parametrize("steps", [[HANG], [TextDelta("a"), HANG]])
async def test_a_backend_that_hangs_is_given_up_and_closed(steps: list[TextDelta | str]) -> None:
    backend = Scripted([list(steps)])
    with pytest.raises(BackendUnreachable, match="sent nothing"):
        await ask(backend, request(), limits=HASTY)
    assert backend.closed_streams == 1


async def test_the_whole_has_a_limit_too() -> None:
    backend = Scripted([[HANG]])
    with pytest.raises(BackendUnreachable, match="did not finish"):
        await ask(backend, request(), limits=replace(HASTY, total=0.05, first=60))


async def test_a_stream_that_just_ends_is_no_answer() -> None:
    with pytest.raises(BackendUnreachable, match="broke off"):
        await ask(Scripted([[TextDelta("half")]]), request())


async def test_what_comes_after_the_end_is_not_read() -> None:
    backend = Scripted([[TextDelta("a"), DONE, TextDelta("b"), HANG]])
    assert (await ask(backend, request(), limits=HASTY)).text == "a"
    assert backend.closed_streams == 1


async def test_an_endless_answer_is_dropped() -> None:
    backend = Scripted([[TextDelta("x" * 400)] * 10])
    with pytest.raises(BadAnswer, match="more than"):
        await ask(backend, request(), limits=HASTY)
    backend = Scripted([[ToolCall("1", "f", {})] * 10])
    with pytest.raises(BadAnswer):
        await ask(backend, request(), limits=HASTY)


async def test_an_empty_answer_is_none() -> None:
    with pytest.raises(BadAnswer, match="empty"):
        await ask(Scripted([[TextDelta(" \n"), DONE]]), request())
    with pytest.raises(BadAnswer, match="tokens"):
        await ask(Scripted([[Finished("length", Usage())]]), request())


async def test_a_backends_own_error_passes() -> None:
    with pytest.raises(AuthFailed):
        await ask(Scripted([[AuthFailed("no")]]), request())


@pytest.mark.parametrize("text", ['{"n": 3}', ' {"n": 3}\n', '```json\n{"n": 3}\n```', '```\n{"n": 3}```'])
async def test_structured(text: str) -> None:
    backend = Scripted([said(text)])
    assert (await ask(backend, COUNTED)).data == {"n": 3}
    assert len(backend.requests) == 1


@pytest.mark.parametrize("bad", ["three", '{"n": "three"}', "[3]", "{}", "[" * 100_000, '{"n": NaN}'])
async def test_a_malformed_answer_is_repaired_once(bad: str) -> None:
    backend = Scripted([said(bad), said('{"n": 3}')])
    answer = await ask(backend, COUNTED)
    assert answer.data == {"n": 3}
    assert answer.usage == Usage(6, 10), "both calls were paid for"
    *_, wrong, complaint = backend.requests[1].turns
    assert (wrong.role, wrong.text) == ("assistant", bad)
    assert complaint.role == "user"
    assert "schema" in complaint.text
    assert len(complaint.text) < 700


async def test_twice_malformed_is_given_up() -> None:
    backend = Scripted([said("no"), said('{"n": "still no"}'), said('{"n": 3}')])
    with pytest.raises(BadAnswer, match="at n"):
        await ask(backend, COUNTED)
    assert len(backend.requests) == 2


async def test_an_answer_cut_at_the_limit_is_not_repaired() -> None:
    backend = Scripted([[TextDelta('{"n": '), Finished("length", Usage())]])
    with pytest.raises(BadAnswer, match="tokens"):
        await ask(backend, COUNTED)
    assert len(backend.requests) == 1


async def test_an_answer_that_asks_for_tools_is_not_the_final_one() -> None:
    backend = Scripted([[ToolCall("1", "f", {}), Finished("tool_calls", Usage())]])
    answer = await ask(backend, COUNTED)
    assert answer.data is None
    assert len(backend.requests) == 1


@pytest.mark.parametrize("definition", [{"type": "nonsense"}, {"$ref": "#/nowhere"}])
async def test_a_schema_that_cannot_be_used_is_said(definition: dict[str, str]) -> None:
    asked = replace(request(), schema=Schema("odd", dict(definition)))
    with pytest.raises(UnsupportedRequest, match="odd"):
        await ask(Scripted([said("{}")]), asked)


async def test_a_schema_is_never_fetched() -> None:
    calls: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            with contextlib.suppress(OSError):
                calls.append(server.accept()[0])
            for call in calls:
                call.close()

        listening = threading.Thread(target=listen)
        listening.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        asked = replace(request(), schema=Schema("odd", {"$ref": address}))
        with pytest.raises(UnsupportedRequest, match="odd"):
            await ask(Scripted([said("{}")]), asked)
        server.shutdown(socket.SHUT_RDWR)
        listening.join()
    assert calls == []


async def test_an_answer_is_told_as_it_comes() -> None:
    backend = Scripted([[Progress("Loading"), TextDelta("a"), TextDelta(""), TextDelta("b"), DONE]])
    events = [event async for event in told(backend, request())]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["a", "", "b"]
    assert events[-1] == DONE


@pytest.mark.parametrize(
    ("steps", "limits", "reason"),
    [
        ([TextDelta("a"), HANG], HASTY, "sent nothing"),
        ([TextDelta("a"), HANG], replace(HASTY, total=0.05, idle=60), "sent nothing|did not finish"),
        ([TextDelta("a" * 1_001)], HASTY, "more than 1,000"),
        ([TextDelta(" "), DONE], HASTY, "empty answer"),
        ([TextDelta("a")], HASTY, "broke off"),
    ],
)
async def test_what_is_told_has_the_same_limits(
    steps: list[TextDelta | str], limits: Limits, reason: str
) -> None:
    backend = Scripted([list(steps)])
    with pytest.raises((BackendUnreachable, BadAnswer), match=reason):
        async for _ in told(backend, request(), limits=limits):
            pass
    assert backend.closed_streams == 1


async def test_whoever_has_heard_enough_leaves_nothing_open() -> None:
    backend = Scripted([[TextDelta("a"), HANG]])
    async with contextlib.aclosing(told(backend, request(), limits=HASTY)) as events:
        assert await anext(events) == TextDelta("a")
    assert backend.closed_streams == 1
