"""However people pin, unpin, edit and delete, also while the bot is away: agents know what is pinned, and nothing else."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from bot.app import Bot
from bot.local_discord.model import Message
from bot.local_discord.server import LocalDiscord
from bot.storage.guild_scope import in_every_guild
from cogs.chat.commands import chat
from cogs.pins_memory import pins_memory
from cogswarm.testing import BotWith, Members, Person, ScriptedModel
from tests.sizes import chosen, size
from tests.waiting import eventually

FACTS = size("pins in one channel", small=12, stated=260)
STEPS = size("changes by hand", small=12, stated=300)
CHECKED_EVERY = 6 if chosen() == "small" else 20
PEOPLES = 245 - FACTS * 3 // 4
"""Pins of people, so many that some facts have to give way at either size."""
FACT = "📌 **Fact** "
LIST, OVER = "📌 **Facts here", "-# Fact"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600 if chosen() == "stated" else 120)]


@dataclass(slots=True)
class Wall:
    """A channel with its pins, and what people do to them."""

    local: LocalDiscord
    bo: Person
    ada: Person
    thread: Person
    """Where an agent is asked: it knows what is pinned in the channel, too."""
    model: ScriptedModel
    dice: Random
    bot: Bot
    said: int = 0
    taken_by_hand: set[int] = field(default_factory=set[int])

    @property
    def channel_id(self) -> int:
        return int(self.bo.channel_id)

    def messages(self) -> list[Message]:
        return [one for one in self.local.stage.world.messages(self.channel_id) if not one.kind]

    def pinned(self) -> list[Message]:
        return [one for one in self.messages() if one.pinned_at is not None]

    def seen(self) -> Counter[str]:
        """What people see pinned: a fact by its words, everything else as it stands.

        The list repeats the facts, and a message that says of a fact that it is over is no knowledge.
        """
        texts = [one.content for one in self.pinned() if not one.content.startswith((LIST, OVER))]
        return Counter(one.splitlines()[0].removeprefix(FACT) for one in texts)

    async def settled(self) -> None:
        """Wait until nothing is on its way and nobody is to look at anything."""

        async def quiet() -> bool:
            async with self.bot.database.connection() as conn, in_every_guild(conn):
                cursor = await conn.execute(
                    "SELECT (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending'))"
                    " + (SELECT count(*) FROM fact_place WHERE changed)"
                    " + (SELECT count(*) FROM cog_job WHERE lease_until > now())"
                )
                return await cursor.fetchone() == (0,)

        await eventually(quiet, 60)

    async def agrees(self) -> None:
        """What an agent is told is what people see."""
        await self.settled()
        self.said += 1
        self.model.will_say(f"Answer {self.said}.")
        await self.thread.say(f"<@{self.local.application_id}> question {self.said}")
        await self.thread.hears(f"Answer {self.said}.")
        passages = [one for one in self.model.asked[-1].request.material if one.title == "pinned here"]
        assert Counter(one.text for one in passages) == self.seen()
        assert len(self.pinned()) <= 250
        facts = sum(one.content.startswith(FACT) for one in self.pinned())
        listed = (await (await self.bo.slash("facts list")).answer()).text
        assert f"**Facts here: {facts}**" in listed or (facts == 0 and "no facts" in listed)

    # what people do

    def raw(self, message: Message) -> dict[str, Any]:
        return {"id": str(message.id), "channel_id": str(message.channel_id)}

    async def unpin(self) -> None:
        found = self.dice.choice(self.pinned())
        self.taken_by_hand.add(found.id)
        await self.ada.client.unpin(self.raw(found))

    async def pin(self) -> None:
        others = [one for one in self.messages() if one.pinned_at is None and one.content]
        if others and len(self.pinned()) < 240:
            await self.ada.client.pin(self.raw(self.dice.choice(others)))

    async def delete(self) -> None:
        found = self.dice.choice(self.pinned())
        self.taken_by_hand.add(found.id)
        await self.ada.client.delete(self.raw(found))

    async def edit(self) -> None:
        """People change their own words; nobody can change the bot's."""
        mine = [one for one in self.pinned() if one.author_id == int(self.ada.user_id)]
        if mine:
            self.said += 1
            await self.ada.client.edit(self.raw(self.dice.choice(mine)), f"Changed by hand {self.said}.")

    def by_hand(self) -> Callable[[], Awaitable[None]]:
        return self.dice.choice([self.unpin, self.unpin, self.pin, self.delete, self.edit])

    # what the bot does

    async def remember(self) -> None:
        self.said += 1
        await (await self.bo.slash("remember", fact=f"Fact of number {self.said}")).answer()

    async def remove(self) -> None:
        for suggestion in (await self.bo.suggestions("facts remove", "fact", ""))[:1]:
            await (await self.bo.slash("facts remove", fact=suggestion)).answer()

    async def change(self) -> None:
        self.said += 1
        for suggestion in (await self.bo.suggestions("facts edit", "fact", ""))[-1:]:
            await (await self.bo.slash("facts edit", fact=suggestion, text=f"Changed {self.said}")).answer()


def people_pin(local: LocalDiscord, channel_id: int, ada: int, count: int) -> list[int]:
    """People's own pins, older than anything else."""
    stage, ids = local.stage, list[int]()
    for number in range(count):
        now = stage.now()
        ids.append(stage.ids.take())
        stage.world.put_message(Message(ids[-1], channel_id, ada, now, f"Pin of Ada {number}", pinned_at=now))
    return ids


@pytest.mark.parametrize("seed", [1] if chosen() == "small" else [1, 2])
async def test_agents_know_what_is_pinned_whatever_people_do(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, local_discord: LocalDiscord, seed: int
) -> None:
    bo, ada = await members(), await members("ada")
    config = {"cogs": {"chat": {"place": "in place"}, "pins_memory": {"list_from": 5, "list_minutes": 0}}}
    theirs = people_pin(local_discord, int(bo.channel_id), int(ada.user_id), PEOPLES)
    bot = await bot_with(pins_memory, chat, config=config, model=scripted_model)
    wall = Wall(local_discord, bo, ada, await bo.open_thread("questions"), scripted_model, Random(seed), bot)  # noqa: S311 - a walk that can be repeated
    for _ in range(FACTS):
        await wall.remember()
    await wall.agrees()
    facts = [one for one in wall.pinned() if one.content.startswith(FACT)]
    assert 0 < len(facts) < FACTS  # more than fit
    assert any(one.content.startswith(LIST) for one in wall.pinned())
    for step in range(1, STEPS + 1):
        doing = [wall.by_hand(), wall.by_hand(), wall.remember, wall.remove, wall.change]
        await wall.dice.choice(doing)()
        if step == STEPS // 2:
            await bot_with.stop()
            for _ in range(STEPS // 4):
                await wall.by_hand()()
            wall.bot = await bot_with.restart()
        if step % CHECKED_EVERY == 0:
            await wall.agrees()
    await wall.agrees()
    # whatever had to give way, it was nothing that people pinned themselves
    still = {one.id for one in wall.pinned()}
    assert set(theirs) - wall.taken_by_hand <= still
