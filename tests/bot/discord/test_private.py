"""Private answers: long ones arrive whole, and one that may be lost is shown again to its reader alone."""

from typing import Any

from bot.discord import private
from bot.discord.own_buttons import NOT_KEPT
from bot.local_discord.client.member import Outcome
from bot.local_discord.server import LocalDiscord
from bot.work.surface import Say
from cogswarm import Cog, Context
from cogswarm.testing import BotWith, Person
from tests.bot.discord.test_router import Members
from tests.waiting import eventually

PARAGRAPHS = [f"Paragraph {number}. " + "word " * 250 for number in range(5)]


def teller() -> Cog:
    tell = Cog("teller", summary="Tells long stories")

    @tell.command("tell", help="Tell a long story")
    async def told(ctx: Context) -> None:
        await ctx.reply("\n\n".join(PARAGRAPHS))

    assert told
    return tell


async def test_a_long_private_answer_arrives_whole(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    await bot_with(teller())
    await member.slash("tell")

    def said() -> str:
        return " ".join(
            one.content for one in sorted(local_discord.stage.world.ephemerals(), key=lambda one: one.id)
        )

    async def is_whole() -> bool:
        return PARAGRAPHS[-1].split()[:2] == said().split()[-252:-250]

    await eventually(is_whole)
    assert said().split() == " ".join(PARAGRAPHS).split()


async def test_a_private_answer_that_may_be_lost_is_shown_again_to_its_reader_alone(
    bot_with: BotWith, members: Members, local_discord: LocalDiscord
) -> None:
    bot = await bot_with(teller())
    names = [user.username for user in local_discord.stage.world.users.values() if not user.bot]
    reader, other = await members(names[0]), await members(names[1])
    channel, me = int(reader.channel_id), int(reader.client.user_id)
    async with bot.database.transaction() as conn:
        await private.follow_up(
            conn, "teller:1:x", channel_id=channel, token="ended", user_id=me, say=Say("the code is 1234")
        )

    def offers(message: dict[str, Any]) -> bool:
        return bool(message.get("components")) and "an answer for" in message["content"]

    async def told(person: Person) -> str:
        offer = await person.client.message_where(offers)
        assert "1234" not in offer["content"]
        return await answer(person, await person.client.click(offer, "Show it to me"))

    assert await told(other) == NOT_KEPT
    assert await told(reader) == "the code is 1234"


async def answer(person: Person, outcome: Outcome) -> str:
    def answers_it(message: dict[str, Any]) -> bool:
        asked: dict[str, Any] = message.get("interaction_metadata") or {}
        return asked.get("id") == outcome.interaction_id and bool(message["content"])

    found = await person.client.message_where(answers_it)
    assert found["flags"] & 64
    return str(found["content"])
