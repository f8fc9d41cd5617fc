"""Collects a backend's stream into one answer, inside limits, and has a malformed one repaired once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, replace

from bot.clock import Clock
from bot.llm.protocol import (
    Answer,
    Backend,
    BackendUnreachable,
    BadAnswer,
    Event,
    Finished,
    Json,
    Opaque,
    Progress,
    Request,
    Schema,
    TextDelta,
    ToolCall,
    Turn,
    Usage,
)
from bot.llm.streams import closing
from bot.llm.structured import read_structured


@dataclass(frozen=True, slots=True)
class Limits:
    """How long (seconds) and how large (characters) an answer may become before it is given up.

    The times are generous, for a backend that has no limits of its own: those of the config are `TimeLimits`.
    """

    total: float = 7_200.0
    """The whole answer, retries and a repair included."""
    first: float = 3_600.0
    """Until the first event: a local model may have to be loaded."""
    idle: float = 3_600.0
    """Between two events; an empty `TextDelta` counts as one."""
    text: int = 200_000
    tool_calls: int = 128


DEFAULT_LIMITS = Limits()


async def ask(backend: Backend, request: Request, *, limits: Limits = DEFAULT_LIMITS) -> Answer:
    """Ask ``backend`` and wait for the whole answer; ``data`` is set where ``request.schema`` is.

    An answer that does not match the schema is sent back to the model with the error, once. An answer
    that asks for tools is returned as it is: it is not the final one.

    Raises:
        BackendUnreachable: nothing came for too long, or the stream ended before it said so.
        BadAnswer: empty, too large, or (twice) not matching the schema.
        BackendError: whatever the backend raised.
    """
    deadline = asyncio.timeout(limits.total)
    try:
        async with deadline:
            answer = await _collect(backend, request, limits)
            if request.schema is None or answer.tool_calls:
                return answer
            return await _structured(backend, request, request.schema, answer, limits)
    except TimeoutError:
        if not deadline.expired():
            raise
        raise _too_long(limits) from None


async def _structured(
    backend: Backend, request: Request, schema: Schema, answer: Answer, limits: Limits
) -> Answer:
    try:
        return replace(answer, data=read_structured(answer.text, schema))
    except BadAnswer as error:
        if answer.finish == "length":
            sentence = f"The answer was cut at {request.max_tokens} tokens; allow more or ask for less."
            raise BadAnswer(sentence) from None
        complaint = str(error)
    repair = (
        Turn("assistant", answer.text),
        Turn("user", f"{complaint}. Answer again with nothing but one JSON object that matches the schema."),
    )
    second = await _collect(backend, replace(request, turns=(*request.turns, *repair)), limits)
    usage = Usage(
        answer.usage.input_tokens + second.usage.input_tokens,
        answer.usage.output_tokens + second.usage.output_tokens,
        answer.usage.cached_tokens + second.usage.cached_tokens,
    )
    if second.tool_calls:
        return replace(second, usage=usage)
    try:
        return replace(second, data=read_structured(second.text, schema), usage=usage)
    except BadAnswer as error:
        sentence = (
            "The model twice did not answer in the form it was asked for; try again or choose another model."
        )
        raise BadAnswer(f"{sentence} ({error})") from None


async def told(
    backend: Backend, request: Request, *, limits: Limits = DEFAULT_LIMITS, clock: Clock | None = None
) -> AsyncGenerator[Event]:
    """The events of an answer as they come; the last is `Finished`. Raises as `ask` does.

    The time that whoever reads takes for each event counts towards the whole.
    """
    now = (clock or Clock()).monotonic
    until = now() + limits.total
    written = False
    async with closing(_inside(backend, request, limits, lambda: until - now())) as events:
        async for event in events:
            written |= isinstance(event, ToolCall) or (
                isinstance(event, TextDelta) and bool(event.text.strip())
            )
            if isinstance(event, Finished) and not written:
                raise _empty(event)
            yield event


async def hear(
    backend: Backend, request: Request, heard: Callable[[Event], None], *, limits: Limits = DEFAULT_LIMITS
) -> Answer:
    """Ask ``backend`` as `told` does, telling ``heard`` each event as it comes; the answer's form is not checked.

    Raises as `told` does; by then some events may have been heard.
    """
    return await _gathered(told(backend, request, limits=limits), heard)


async def _collect(backend: Backend, request: Request, limits: Limits) -> Answer:
    return await _gathered(_inside(backend, request, limits, lambda: limits.total), lambda _event: None)


async def _gathered(stream: AsyncGenerator[Event], heard: Callable[[Event], None]) -> Answer:
    pieces: list[str] = []
    calls: list[ToolCall] = []
    opaque: list[Json] = []
    end = Finished("stop", Usage())
    async with closing(stream) as events:
        async for event in events:
            heard(event)
            match event:
                case TextDelta(text):
                    pieces.append(text)
                case ToolCall():
                    calls.append(event)
                case Opaque(data):
                    opaque.append(data)
                case Progress():
                    pass
                case Finished():
                    end = event
    text = "".join(pieces)
    if not text.strip() and not calls:
        raise _empty(end)
    return Answer(
        text=text, tool_calls=tuple(calls), finish=end.reason, usage=end.usage, opaque=tuple(opaque)
    )


async def _inside(
    backend: Backend, request: Request, limits: Limits, left: Callable[[], float]
) -> AsyncGenerator[Event]:
    """The events up to `Finished`, as long as each comes in time and they are not too many."""
    size = calls = 0
    wait = limits.first
    async with closing(backend.stream(request)) as events:
        while True:
            if left() <= 0:
                raise _too_long(limits)
            event = await _next(events, min(wait, left()))
            # where there is progress only, the model is not loaded yet
            wait = limits.first if isinstance(event, Progress) else limits.idle
            size += len(event.text) if isinstance(event, TextDelta) else 0
            calls += isinstance(event, ToolCall)
            if size > limits.text or calls > limits.tool_calls:
                raise BadAnswer(
                    f"The model wrote more than {limits.text:,} characters; the answer is dropped."
                )
            yield event
            if isinstance(event, Finished):
                return


def _empty(end: Finished) -> BadAnswer:
    why = "spent all its tokens before writing anything" if end.reason == "length" else "gave an empty answer"
    return BadAnswer(f"The model {why}; try again or allow more tokens.")


def _too_long(limits: Limits) -> BackendUnreachable:
    return BackendUnreachable(
        f"The model did not finish within {limits.total:g} seconds; try again or ask for less."
    )


async def _next(events: AsyncIterator[Event], wait: float) -> Event:
    gap = asyncio.timeout(wait)
    try:
        async with gap:
            return await anext(events)
    except StopAsyncIteration:
        raise BackendUnreachable("The model's answer broke off in the middle; try again.") from None
    except TimeoutError:
        if not gap.expired():
            raise
        raise BackendUnreachable(f"The model sent nothing for {wait:g} seconds; try again.") from None
