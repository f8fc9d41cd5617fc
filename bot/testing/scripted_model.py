"""A model that says what a test has written down for it, and remembers what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.errors import TimedOut
from bot.llm.protocol import (
    BackendError,
    ContentRefused,
    Event,
    Finished,
    Json,
    Passage,
    RateLimited,
    Request,
    TextDelta,
    ToolCall,
    UnsupportedRequest,
    Usage,
)

DEFAULT_TIMEOUT = 20.0
USAGE = Usage(input_tokens=10, output_tokens=5)
_SHOWN = 120

type Fits = Callable[[Request], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that the model got: what it was told to do, and the material that came with it."""

    request: Request

    @property
    def purpose(self) -> str:
        """What it was for: ``plan``, ``answer``, ``summarize`` or ``chat``."""
        return self.request.purpose

    @property
    def prompt(self) -> str:
        """The last thing said to the model."""
        return self.request.turns[-1].text if self.request.turns else ""

    @property
    def instructions(self) -> str:
        """The agent's instructions."""
        return self.request.instructions

    @property
    def sources(self) -> tuple[Passage, ...]:
        """The material it may cite."""
        return self.request.material

    @property
    def tools(self) -> tuple[str, ...]:
        """The names of the tools it may call."""
        return tuple(tool.name for tool in self.request.tools)


class Held:
    """A reply that waits until the test lets it go; see `ScriptedModel.will_hold`."""

    def __init__(self) -> None:
        self._asked: asyncio.Future[Asked] | None = None
        self._early: Asked | None = None
        self._released = asyncio.Event()

    async def asked(self, *, timeout: float = DEFAULT_TIMEOUT) -> Asked:
        """Wait until the model is asked for this reply. Raises `TimedOut`."""
        if self._early is not None:
            return self._early
        self._asked = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(self._asked, timeout)
        except TimeoutError:
            raise TimedOut(f"Nobody asked the scripted model in {timeout:g} seconds.") from None

    def release(self) -> None:
        """Let the reply go on."""
        self._released.set()

    async def wait(self, asked: Asked) -> None:
        """What the model does with it: say that it was asked, and wait."""
        self._early = asked
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(asked)
        await self._released.wait()


@dataclass(frozen=True, slots=True)
class _Reply:
    events: tuple[Event, ...]
    fails: BackendError | None = None
    finish: Literal["stop", "length", "tool_calls"] | None = "stop"
    held: Held | None = None
    fits: Fits | None = None
    usage: Usage = field(default=USAGE)


class ScriptedModel:
    """Replies from a script, in the order they were queued; it implements `cogswarm.llm.Backend`.

    Each call takes the first queued reply whose ``when`` (where it has one) fits the request. A call for which there
    is none fails the test. The bot around it is real: it repeats calls that were rate-limited or unreachable, and
    holds a structured answer against its schema, so queue a reply for each call it will make.
    """

    label = ""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.unexpected: list[Asked] = []
        self._replies: list[_Reply] = []
        self._all = False

    # what it will do

    def will_say(self, *pieces: str, when: Fits | None = None, usage: Usage = USAGE) -> None:
        """Answer with text; several pieces are streamed one by one."""
        self._queue(*map(TextDelta, pieces), when=when, usage=usage)

    def will_give(self, data: Json, *, when: Fits | None = None) -> None:
        """Answer with a JSON object, for a request that asks for one."""
        self._queue(TextDelta(json.dumps(data)), when=when)

    def will_call(self, tool: str, *, when: Fits | None = None, **arguments: Any) -> None:
        """Ask for a tool."""
        call = ToolCall(f"call_{len(self._replies) + len(self.asked) + 1}", tool, arguments)
        self._replies.append(_Reply((call,), finish="tool_calls", fits=when))

    def will_call_all(self, *calls: tuple[str, Json], said: str = "", when: Fits | None = None) -> None:
        """Ask for several tools at once, each with its arguments, after saying something."""
        number = len(self._replies) + len(self.asked) + 1
        events = [TextDelta(said)] if said else []
        asked = [ToolCall(f"call_{number}_{at}", tool, given) for at, (tool, given) in enumerate(calls, 1)]
        self._replies.append(_Reply((*events, *asked), finish="tool_calls", fits=when))

    def will_fail(self, error: BackendError, *, after: str = "", when: Fits | None = None) -> None:
        """Fail with one of the errors of `cogswarm.llm`, ``after`` some text where that is given."""
        events = (TextDelta(after),) if after else ()
        self._replies.append(_Reply(events, fails=error, fits=when))

    def will_be_busy(self, retry_after: float | None = None, *, when: Fits | None = None) -> None:
        """Answer that there were too many requests; ``retry_after`` is in seconds."""
        self.will_fail(RateLimited("The scripted model is busy.", retry_after=retry_after), when=when)

    def will_refuse(self, *, when: Fits | None = None) -> None:
        """Decline to answer."""
        self.will_fail(ContentRefused("The scripted model declined to answer."), when=when)

    def will_break_off(self, after: str = "", *, when: Fits | None = None) -> None:
        """End the stream in the middle, as a lost connection does."""
        events = (TextDelta(after),) if after else ()
        self._replies.append(_Reply(events, finish=None, fits=when))

    def will_run_out(self, after: str, *, when: Fits | None = None) -> None:
        """Stop after some text because the tokens are used up."""
        self._replies.append(_Reply((TextDelta(after),), finish="length", fits=when))

    def will_hold(self, *pieces: str, when: Fits | None = None) -> Held:
        """Answer with text, but only when the test says so: ``await held.asked()``, look around, ``held.release()``."""
        held = Held()
        self._replies.append(_Reply(tuple(map(TextDelta, pieces)), held=held, fits=when))
        return held

    def must_be_used_up(self) -> None:
        """Let the test fail at its end where queued replies are left."""
        self._all = True

    # what came of it

    @property
    def left(self) -> int:
        """How many queued replies nobody has asked for."""
        return len(self._replies)

    def trouble(self) -> str | None:
        """What fails the test now: a call that nothing was queued for."""
        if not self.unexpected:
            return None
        first = self.unexpected[0]
        there = (
            "no reply was queued" if not self.left else f"none of the {self.left} queued replies was for it"
        )
        number = next(n for n, asked in enumerate(self.asked, 1) if asked is first)
        prompt = " ".join(first.prompt.split())[:_SHOWN]
        return (
            f"The scripted model got an unexpected call (number {number}, to {first.purpose}: "
            f"“{prompt}”), and {there}; queue one with scripted_model.will_say(…)."
        )

    def trouble_at_the_end(self) -> str | None:
        """What fails the test when it is over."""
        found = self.trouble()
        if found is None and self._all and self.left:
            found = (
                f"{self.left} replies of the scripted model were not used; it got {len(self.asked)} calls."
            )
        return found

    # a backend

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """Answer with the next reply."""
        asked = Asked(request)
        self.asked.append(asked)
        reply = self._take(request)
        if reply is None:
            self.unexpected.append(asked)
            raise BackendError("The scripted model was asked something that the test has no reply for.")
        if reply.held is not None:
            await reply.held.wait(asked)
        for event in reply.events:
            yield event
            await asyncio.sleep(0)
        if reply.fails is not None:
            raise reply.fails
        if reply.finish is not None:
            yield Finished(reply.finish, reply.usage)

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        """Refuse: it embeds nothing."""
        del texts, model
        raise UnsupportedRequest("The scripted model embeds nothing; leave `embeddings: none` in the test.")

    async def aclose(self) -> None:
        """Keep the script: several bots, one after the other, may use it."""

    def _queue(self, *events: Event, when: Fits | None, usage: Usage = USAGE) -> None:
        self._replies.append(_Reply(events, fits=when, usage=usage))

    def _take(self, request: Request) -> _Reply | None:
        for number, reply in enumerate(self._replies):
            if reply.fits is None or reply.fits(request):
                return self._replies.pop(number)
        return None
