"""The first words of an agent with tools stand in Discord while its model still writes, and long work shows that it lives."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from bot.llm.protocol import Event, Finished, Request, TextDelta, ToolCall, Usage
from cogswarm import Cog, Context
from cogswarm.testing import BotWith, Person
from tests.bot.mcp.desk import desk


@dataclass(slots=True)
class Slow:
    """Uses a tool, then writes one word at a time, each when the test says so."""

    label: str = ""
    words: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue[str])
    writing: bool = False

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        if len(request.turns) == 1:
            yield TextDelta("I look it up.")
            yield ToolCall("1", "shelf__find", {})
            yield Finished("tool_calls", Usage(1, 1))
            return
        self.writing = True
        while word := await self.words.get():
            yield TextDelta(word)
        self.writing = False
        yield Finished("stop", Usage(1, 1))

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        raise AssertionError((texts, model))

    async def aclose(self) -> None: ...


def shelf(found: asyncio.Event) -> Cog:
    cog = Cog("shelf", summary="Knows books")

    @cog.tool("find", help="Find a book", read_only=True)
    async def find(ctx: Context) -> str:
        await found.wait()
        return f"a book for {ctx.principal.name}"

    assert find
    return cog


@pytest.mark.slow
async def test_words_are_shown_before_the_model_has_ended(bot_with: BotWith, member: Person) -> None:
    model, found = Slow(), asyncio.Event()
    config = {"agents": {"writer": {"model": "main", "tools": ["shelf"]}}}
    await bot_with(desk(), shelf(found), config=config, model=model)
    asked = await member.slash("ask", text="Which book?")
    said = await asked.next()
    assert said.text == "I look it up. …", "while its tool is still at work"
    await member.sees(await asked.status(), "Writer: Using find of shelf")
    found.set()
    thread = await asked.thread()
    # With the blank: of an unfinished word, what may become a secret is not shown yet.
    model.words.put_nowait("It is ")
    await thread.sees(said, "I look it up.\n\nIt is …")
    assert model.writing
    model.words.put_nowait("the red one.")
    await thread.sees(said, "the red one. …")
    assert model.writing
    model.words.put_nowait("")
    await thread.sees(said, lambda message: message.text == "I look it up.\n\nIt is the red one.")
    await asked.finished()
