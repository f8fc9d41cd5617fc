"""Chatting in direct messages, on behalf of the server that the conversation belongs to; in a real bot."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.discord.direct.servers import MOST_CHOICES, NOWHERE, WHICH
from cogs.admin import cogswarm_cogs as admin_cogs
from cogs.chat import messages
from cogs.chat.commands import cogswarm_cogs
from cogswarm import Cog, Context
from cogswarm.testing import BotWith, Heard, LocalDiscord, LocalDiscordConfig, Person, ScriptedModel

type Members = Callable[..., Awaitable[Person]]

CONFIG: dict[str, Any] = {
    "agents": {"writer": {"tools": ["shelf"]}, "critic": {"display_name": "The Critic"}},
    "cogs": {"chat": {"agent": "writer"}},
    "servers": {"direct_messages": True},
    # What is written directly can be read without the intent.
    "discord": {"message_content": False},
}
SCENE = """
people: {ada: {name: Ada}, bo: {name: Bo}, cy: {name: Cy}, eve: {name: Eve}}
bots: {cogswarm: {}}
guilds:
  - {name: Harbour, owner: ada, channels: [{name: general}], members: {ada: [], bo: [], cy: []}, bots: {cogswarm: [administrator]}}
  - {name: Dunes, owner: ada, channels: [{name: general}], members: {ada: [], bo: []}, bots: {cogswarm: [administrator]}}
  - {name: Elsewhere, owner: eve, channels: [{name: general}], members: {eve: []}}
me: bo
welcome: general
"""
shelf = Cog("shelf", summary="Knows where books stand")


@shelf.tool("find_book", help="Find where a book stands", read_only=True)
async def find_book(ctx: Context, title: str) -> str:
    assert ctx.is_direct
    return f"{title} stands on S2."


def whole(one: Heard) -> bool:
    return not one.buttons


async def test_a_conversation_in_direct_messages(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord, scripted_model: ScriptedModel
) -> None:
    await bot_with(*cogswarm_cogs(), *admin_cogs(), shelf, config=CONFIG, model=scripted_model)
    direct = await member.with_bot()
    scripted_model.will_call("shelf__find_book", title="Dune")
    writing = scripted_model.will_hold("Dune stands ", "on **S2**.")
    await direct.say("where is Dune?")
    await direct.hears("This conversation belongs to")
    busy = await direct.hears(lambda one: "Stop" in one.buttons)
    await writing.asked()
    writing.release()
    answer = await direct.sees(busy, lambda one: whole(one) and "S2" in one.text)
    assert answer.text == "**Writer** · Dune stands on **S2**."
    assert int(answer.raw["author"]["id"]) == local_discord.application_id

    # whom somebody names goes on; what was said before is known, without the name in front
    scripted_model.will_say("I doubt it.")
    await direct.say("The Critic, is that so?")
    await direct.sees(await direct.hears("**The Critic** · I doubt it."), whole)
    scripted_model.will_say("Because.")
    await direct.say("why?", files=[("shelf.txt", b"S2 is empty")])
    await direct.sees(await direct.hears("**The Critic** · Because."), whole)
    asked = scripted_model.asked[-1].request
    assert [(turn.role, turn.author, turn.text) for turn in asked.turns] == [
        ("user", "", "where is Dune?"),
        ("user", "agent: Writer", "Dune stands on **S2**."),
        ("user", "", "The Critic, is that so?"),
        ("assistant", "", "I doubt it."),
        ("user", "", "why?"),
    ]
    assert [one.text for one in asked.material] == ["S2 is empty"]
    await _what_is_typed_there(direct, scripted_model)


async def _what_is_typed_there(direct: Person, scripted_model: ScriptedModel) -> None:
    shown = await (await direct.slash("context")).answer()
    for part in ("The Critic was given", "shelf.txt", "channels/@me/"):
        assert part in shown.text
    assert "**main**" in (await (await direct.slash("model", model="main")).answer()).text
    await direct.slash("new")
    await direct.hears(messages.BEGUN_ANEW.partition(".")[0])
    scripted_model.will_say("Anew.")
    direct.use_language("de")
    await direct.slash("chat", text="Was jetzt?", agent="writer")
    await direct.hears("> Was jetzt?")
    await direct.sees(await direct.hears("**Writer** · Anew."), whole)
    asked = scripted_model.asked[-1].request
    assert [turn.text for turn in asked.turns] == ["Was jetzt?"]
    assert "“de”" in asked.instructions
    # what asks for rights on a server is not there, since Discord does not ask for them here
    shown = await (await direct.slash("help")).answer()
    assert "/server" in shown.text
    assert "/cogs" not in shown.text


async def test_stopping_changing_and_deleting_what_was_asked_directly(
    bot_with: BotWith, member: Person, members: Members, scripted_model: ScriptedModel
) -> None:
    admin = await members("ada")
    await bot_with(*cogswarm_cogs(), *admin_cogs(), config=CONFIG, model=scripted_model)
    direct = await member.with_bot()
    for stop in ("button", "command"):
        held = scripted_model.will_hold("never said")
        await direct.say(f"Write a {stop}")
        growing = await direct.hears(lambda one: "Stop" in one.buttons)
        await held.asked()
        if stop == "button":
            await direct.click(growing, "Stop")
        else:
            # What is asked here is nobody else's business, also of those who manage the server.
            for command in ("runs list", "agents info", "status"):
                shown = await (
                    await admin.slash(command, **({"agent": "writer"} if "info" in command else {}))
                ).answer()
                assert "Write a" not in shown.text
                assert direct.channel_id not in shown.text
            await direct.slash("stop")
        await direct.sees(growing, lambda one: "Stopped by" in one.text and not one.buttons)

    held = scripted_model.will_hold("never")
    scripted_model.will_say("Four.", when=lambda request: "2 and 2" in request.turns[-1].text)
    question = await direct.say("how much is 1 and 2?")
    await held.asked()
    await direct.edit(question, "how much is 2 and 2?")
    await direct.sees(await direct.hears("Four."), whole)
    held = scripted_model.will_hold("never")
    question = await direct.say("how much is 3 and 3?")
    await held.asked()
    await direct.delete(question)
    await direct.hears(messages.QUESTION_GONE)


@pytest.fixture
def two_servers(tmp_path: Path) -> Path:
    scene = tmp_path / "scene.yaml"
    scene.write_text(SCENE, "utf-8")
    return scene


class TestSeveralServers:
    """Which server a conversation belongs to."""

    @pytest.fixture
    def local_discord_config(self, two_servers: Path) -> LocalDiscordConfig:
        return LocalDiscordConfig(scene=two_servers)

    async def test_the_member_chooses_once_and_can_change_it(
        self, bot_with: BotWith, members: Members, scripted_model: ScriptedModel
    ) -> None:
        config = {**CONFIG, "budgets": {"member_per_day": {"calls": 2}}}
        bot = await bot_with(*cogswarm_cogs(), *admin_cogs(), config=config, model=scripted_model)
        bo, cy, eve = [await members(name) for name in ("bo", "cy", "eve")]
        ids = {str(one["name"]): int(number) for number, one in bo.client.guilds.items()}
        assert 2 <= len(ids) <= MOST_CHOICES

        # on one server only: that one
        cys = await cy.with_bot()
        scripted_model.will_say("Hello, Cy.")
        await cys.say("hello")
        await cys.hears("belongs to **Harbour**")
        await cys.sees(await cys.hears("Hello, Cy."), whole)

        # on none: Discord lets the bot answer commands there, and nothing else
        eves = await eve.with_bot()
        assert (await (await eves.slash("chat", text="hello?")).answer()).text == NOWHERE

        # on two: what was written waits for the choice, and is answered once
        bos = await bo.with_bot()
        await bos.say("my secret word is tide")
        which = await bos.hears(WHICH)
        assert (await (await bos.slash("chat", text="x")).answer()).text == WHICH
        scripted_model.will_say("Noted.")
        await bos.select(which, None, "Dunes")
        await bos.sees(await bos.hears("Noted."), whole)
        await bos.select(which, None, "Dunes")
        scripted_model.will_say("Tide.")
        await bos.say("which word?")
        await bos.sees(await bos.hears("Tide."), whole)
        assert len(scripted_model.asked[-1].request.turns) == 3
        # the limits are those of that server
        await bos.say("again?")
        await bos.hears("You have used up what one person may use here in a day")

        # another server: what was said for the first is not read for it
        offered = await (await bos.slash("server")).answer()
        scripted_model.will_say("I do not know.")
        await bos.select(offered, None, "Harbour")
        await bos.hears("This conversation belongs to **Harbour**")
        await bos.say("and now, which word?")
        await bos.sees(await bos.hears("I do not know."), whole)
        assert [turn.text for turn in scripted_model.asked[-1].request.turns] == ["and now, which word?"]
        async with bot.database.connection() as conn:
            cursor = await conn.execute(
                "SELECT member_id, guild_id, sum(calls)::int FROM agent_spend GROUP BY 1, 2"
            )
            spent = {(int(row[0]), int(row[1])): int(row[2]) for row in await cursor.fetchall()}
        assert spent[int(bo.user_id), ids["Dunes"]] == 2
        assert spent[int(bo.user_id), ids["Harbour"]] == 1

    async def test_what_a_server_rules_holds_directly_too(
        self, bot_with: BotWith, members: Members, scripted_model: ScriptedModel
    ) -> None:
        await bot_with(*cogswarm_cogs(), *admin_cogs(), config=CONFIG, model=scripted_model)
        ada, cy = [await members(name) for name in ("ada", "cy")]
        harbour = next(int(number) for number, one in ada.client.guilds.items() if one["name"] == "Harbour")
        cys = await cy.with_bot()
        held = scripted_model.will_hold("never")
        await cys.say("hello")
        growing = await cys.hears(lambda one: "Stop" in one.buttons)
        await held.asked()
        general = next(
            one["id"] for one in ada.client.channels.values() if str(one.get("guild_id")) == str(harbour)
        )
        there = await ada.in_channel(int(general))
        # Switched off: what is under way ends, and nothing new begins.
        await there.slash("cogs disable", cog="chat")
        await cys.sees(growing, lambda one: not one.buttons)
        await cys.say("still there?")
        assert "On **Harbour**" in (await cys.hears("turned off")).text
