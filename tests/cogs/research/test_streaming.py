"""An answer is shown while it is written: only what is cited, and whole at its end; a reply reaches who was answered."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from bot.clock import Clock
from bot.discord.surface import DiscordSurface
from bot.llm.protocol import Event, Finished, Request, TextDelta, Usage
from bot.memory.library import Library
from bot.memory.sources import Document
from bot.storage.database import Database
from bot.work import runs_table
from bot.work.principal import Principal
from bot.work.runs_table import NewRun
from bot.work.surface import Place, Say, Speaker
from cogs.research.commands import cogswarm_cogs
from cogs.research.messages import CONTINUE, HIDDEN, NEITHER
from cogswarm.testing import BotWith, Heard, LocalDiscord, Person

URL = "https://bees.example/dance"
AGENTS: dict[str, Any] = {"agents": {"researcher": {}, "critic": {}}}


@dataclass(slots=True)
class Writing:
    """A model whose words come when the test says so."""

    words: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue[str])
    asked: list[Request] = field(default_factory=list[Request])
    label: str = ""

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        self.asked.append(request)
        while word := await self.words.get():
            yield TextDelta(word)
        yield Finished("stop", Usage(1, 1))

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        raise AssertionError((texts, model))

    async def aclose(self) -> None:
        """Nothing is open."""

    def writes(self, *words: str) -> None:
        for word in words:
            self.words.put_nowait(word)


async def researched(database: Database, thread: Person, local: LocalDiscord) -> None:
    """A thread in which something was researched from one source."""
    guild, clock = next(iter(local.stage.world.guilds)), local.stage.now
    place = int(thread.channel_id)
    run_id = uuid4()
    new = NewRun(run_id, "research", "find_out", {}, "Bees", Principal(guild, place, 1, "Ada"), place)
    async with database.transaction() as conn:
        await runs_table.insert(conn, new, status_row=None, thread_row=None)
        await conn.execute("UPDATE run SET state = 'done', finished_at = now() WHERE id = %s", (run_id,))
    document = Document(URL, "Dancing", "Bees dance to tell where food is.", clock())
    await Library(database, None, None).keep(run_id, guild, [document])  # pyright: ignore[reportArgumentType] - no time is asked


async def test_only_what_is_cited_is_seen_while_it_is_written(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    model = Writing()
    bot = await bot_with(*cogswarm_cogs(), config=AGENTS, model=model)
    thread = await member.open_thread("bees")
    await researched(bot.database, thread, local_discord)
    await thread.say("Why do bees dance?")
    model.writes("Bees dance [1]. ", "The moon is cheese. ", "Wasps")

    def growing(one: Heard) -> bool:
        assert "cheese" not in one.text
        assert "Wasps" not in one.text
        return one.text == f"Bees dance. [[1]](<{URL}>) …"

    model.writes(" sting [7]")
    seen = await thread.hears(growing, by="Researcher")
    model.writes(". They are loud [1].", "")
    whole = await thread.sees(seen, "loud")
    assert whole.text == f"Bees dance. [[1]](<{URL}>) They are loud. [[1]](<{URL}>)"
    # who answers another agent is answered by that one
    surface = DiscordSurface(None, Clock())  # pyright: ignore[reportArgumentType] - nothing is read
    async with bot.database.transaction() as conn:
        doubt = Say("I doubt it.", Speaker("Critic", agent="critic"))
        await surface.post(conn, "critic", Place(channel_id=int(thread.channel_id)), doubt)
    model.writes("Nobody knows.", "")
    await thread.say("Why?", reply_to=await thread.hears("I doubt it."))
    assert (await thread.hears(NEITHER)).author == "Critic"


async def test_a_reply_that_cannot_be_read_is_answered_with_a_form(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    model = Writing()
    blind = {**AGENTS, "discord": {"message_content": False}}
    bot = await bot_with(*cogswarm_cogs(), config=blind, model=model)
    thread = await member.open_thread("bees")
    await researched(bot.database, thread, local_discord)
    model.writes("Bees dance [1].", "")
    await thread.say(f"<@{local_discord.application_id}> why?")
    answer = await thread.hears("Bees dance")
    await thread.say("and wasps?", reply_to=answer)
    offer = await thread.hears(HIDDEN)
    opened = await thread.click(offer, CONTINUE)
    model.writes("Wasps do not [1].", "")
    await thread.submit(opened, question="And wasps?")
    assert (await thread.hears("Wasps do not")).author == "Researcher"
    assert model.asked[-1].turns[-1].text == "And wasps?"
    await thread.say("and ants?", reply_to=answer)
    await thread.say("and flies?")
    assert sum(one.text == HIDDEN for one in await thread.history()) == 1
