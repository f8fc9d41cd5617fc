"""/cogs switches features on and off at once, for this server only, and only for those who may."""

import asyncio
from typing import Any, Literal

import pytest

from bot.storage.database import Database
from cogs.admin import admin
from cogs.research import cogswarm_cogs as research_cogs
from cogswarm import Cog, Context, Message, Settings, UserError, setting
from cogswarm.testing import BotWith
from tests.cogs.admin.conftest import Reader

OFF: dict[str, Any] = {"servers": {"defaults": []}}


class GreetSettings(Settings):
    """Settings of every kind a form can have."""

    word: str = setting("Hello", label="Word", help="What is said", max_length=20)
    times: int = setting(1, ge=1, le=5, label="Times", help="How often")
    loud: bool = setting(default=False, label="Loud", help="With an exclamation mark")
    tone: Literal["kind", "dry"] = setting("kind", label="Tone", help="How it sounds")
    where: int | None = setting(None, label="Where", help="A channel", picks="channel")
    names: tuple[str, ...] = setting((), label="Names", help="Who is greeted")


def greet() -> Cog:
    cog = Cog("greet", summary="Says hello", settings=GreetSettings)

    @cog.command("greet", help="Say hello")
    async def now(ctx: Context[GreetSettings]) -> None:
        told = ctx.settings
        await ctx.reply(f"{' '.join([told.word] * told.times)}{'!' if told.loud else ''}")

    @cog.on_message
    async def heard(ctx: Context[GreetSettings], message: Message) -> None:
        if message.text == "hi bot":
            await ctx.say_once(f"hi{message.id}", "hi you")

    assert now
    assert heard
    return cog


async def test_an_admin_switches_a_feature_on_and_off_and_the_picker_follows(
    bot_with: BotWith, boss: Reader, bo: Reader
) -> None:
    await bot_with(*research_cogs(), admin, config=OFF)
    everybodys = {"agents", "help", "runs", "status", "stop", "usage", "why", "Why no answer?"}
    assert await boss.picker() == {"cogs", *everybodys}
    assert await bo.picker() == everybodys
    assert "⚪ off" in await boss.ask("cogs list")
    assert "/research" not in await bo.ask("help")
    assert "`/research`" in await boss.ask("cogs enable", cog="research")
    assert "research" in await bo.picker()
    started = await bo.person.slash("research", topic="How do trees cool a city?")
    assert "How do trees cool a city" in (await started.status()).text
    assert "/research" in await bo.ask("help")
    assert "off" in await boss.ask("cogs disable", cog="research")
    assert "research" not in await bo.picker()


async def test_a_member_without_rights_is_refused_with_a_reason(
    bot_with: BotWith, boss: Reader, bo: Reader
) -> None:
    bot = await bot_with(greet(), admin)
    bo.open_to_everybody("cogs")
    assert "Manage Server" in await bo.ask("cogs disable", cog="greet")
    assert await bo.ask("greet") == "Hello"
    role = next(one for one in boss.local.stage.world.roles.values() if one.name == "Reviewer")
    answer = await boss.answer("cogs access", cog="greet", rule="allow", who=str(role.id))
    assert f"<@&{role.id}>" in answer["content"]
    reason = f"“greet” is for people with one of these roles: <@&{role.id}>."
    assert await bo.ask("greet") == reason
    assert reason in await bo.ask("why")
    said = await bo.person.say("hi bot")
    assert reason in await bo.ask("why", message=said.id)
    assert reason in await bo.menu("Why no answer?", said.raw)
    assert "/greet" not in await bo.ask("help")
    assert "people without a role for it 2" in await boss.ask("cogs info", cog="greet")
    assert (await boss.click(answer, "Undo")).ok
    await boss.shows(answer, "taken back")
    assert await bo.ask("greet") == "Hello"
    async with bot.database.connection() as conn:
        cursor = await conn.execute("SELECT action, member_id FROM admin_change ORDER BY id")
        rows = [(str(row[0]), str(row[1])) for row in await cursor.fetchall()]
    me = boss.person.client.user_id
    assert rows == [("access", me), ("undo", me)]


async def test_the_trail_of_changes_cannot_be_changed(database: Database) -> None:
    for statement in ("DELETE FROM admin_change", "UPDATE admin_change SET member_id = 1"):
        with pytest.raises(Exception, match="permission denied"):
            async with database.connection() as conn:
                await conn.execute(statement)  # pyright: ignore[reportArgumentType] - one of the two above


async def test_one_channel_can_differ(bot_with: BotWith, boss: Reader) -> None:
    await bot_with(greet(), admin, config=OFF)
    research = next(one for one in boss.local.stage.world.channels.values() if one.name == "research")
    await boss.ask("cogs enable", cog="greet", channel=str(research.id))
    assert "greet" in await boss.picker()
    assert "turned off in this channel" in await boss.ask("greet")
    outcome = await boss.person.client.slash(str(research.id), "greet")
    assert (await boss.read(outcome))["content"] == "Hello"
    assert f"<#{research.id}>" in await boss.ask("cogs info", cog="greet")


async def test_the_owner_sets_a_channel_apart_and_admins_choose_over_that(
    bot_with: BotWith, boss: Reader
) -> None:
    research = next(one for one in boss.local.stage.world.channels.values() if one.name == "research")
    there = [{"id": research.id, "cogs": {"greet": {"word": "Ahoy"}}}]
    await bot_with(greet(), admin, config={"cogs": {"greet": {"times": 2}}, "servers": {"channels": there}})
    assert await boss.ask("greet") == "Hello Hello"

    async def greeted() -> str:
        return str((await boss.read(await boss.person.client.slash(str(research.id), "greet")))["content"])

    assert await greeted() == "Ahoy Ahoy"
    panel = await boss.answer("cogs config", cog="greet", channel=str(research.id))
    assert "**Word**: Ahoy · *chosen by the owner of this bot*" in panel["content"]
    select = panel["components"][0]["components"][0]["custom_id"]
    await boss.person.client.submit(await boss.click(panel, select, "word"), value="Moin")
    await boss.shows(panel, "**Word**: Moin · *chosen for this channel*")
    assert await greeted() == "Moin Moin"
    assert await boss.ask("greet") == "Hello Hello"


async def test_settings_are_changed_in_forms_and_say_where_they_come_from(
    bot_with: BotWith, boss: Reader
) -> None:
    await bot_with(greet(), admin, config={"cogs": {"greet": {"word": "Moin"}}})
    assert await boss.ask("greet") == "Moin"
    panel = await boss.answer("cogs config", cog="greet")
    assert "**Word**: Moin · *chosen by the owner of this bot*" in panel["content"]
    assert "**Times**: 1 · *nobody has chosen*" in panel["content"]
    select = panel["components"][0]["components"][0]["custom_id"]

    form = await boss.click(panel, select, "times")
    assert form.modal is not None
    assert form.modal["title"] == "Times"
    wrong = await boss.person.client.submit(form, value="9")
    assert "less than or equal to 5" in (await boss.read(wrong))["content"]
    form = await boss.click(panel, select, "times")
    assert (await boss.person.client.submit(form, value="2")).ok
    panel = await boss.shows(panel, "**Times**: 2 · *chosen by this server's admins*")
    assert await boss.ask("greet") == "Moin Moin"

    await boss.click(panel, select, "loud")
    chooser = await boss.shows(panel, "With an exclamation mark")
    await boss.click(chooser, chooser["components"][0]["components"][0]["custom_id"], "yes")
    panel = await boss.shows(panel, "**Loud**: yes")
    assert await boss.ask("greet") == "Moin Moin!"

    await boss.click(panel, select, "loud")
    chooser = await boss.shows(panel, "**Loud** of greet")
    await boss.click(chooser, "As it stands above")
    await boss.shows(panel, "**Loud**: no · *nobody has chosen*")
    assert "times: 2" in await boss.ask("cogs export")
    here = await boss.answer("cogs config", cog="greet", channel=boss.person.channel_id)
    form = await boss.click(here, here["components"][0]["components"][0]["custom_id"], "word")
    await boss.person.client.submit(form, value="Ahoy")
    await boss.shows(here, "**Word**: Ahoy · *chosen for this channel*")
    assert await boss.ask("greet") == "Ahoy Ahoy"


async def test_a_feature_that_cannot_start_is_not_switched_on(bot_with: BotWith, boss: Reader) -> None:
    ended = asyncio.Event()
    sad = Cog("sad", summary="Cannot start")

    @sad.command("sad", help="Never there")
    async def now(ctx: Context) -> None:
        raise AssertionError(ctx)

    @sad.on_enabled
    async def begin(_ctx: Context) -> None:
        raise UserError("There is no table to sit at.")

    @sad.on_disabled
    async def end(_ctx: Context) -> None:
        ended.set()

    await bot_with(sad, greet(), admin, config=OFF)
    answer = await boss.ask("cogs enable", cog="sad")
    assert answer == "“sad” could not be switched on: There is no table to sit at."
    assert ended.is_set()
    assert {"sad", "greet"}.isdisjoint(await boss.picker())
    assert "⚪ off · **sad**" in await boss.ask("cogs list")
    assert "greet" in await boss.ask("cogs enable", cog="greet")


async def test_the_owners_limits_stand_above_a_servers_admins(bot_with: BotWith, boss: Reader) -> None:
    await bot_with(greet(), admin, config={"servers": {"defaults": ["greet"], "limits": {"cogs": []}}})
    assert "greet" not in await boss.picker()
    assert "🔒 not offered here by the owner" in await boss.ask("cogs list")
    assert "does not offer “greet”" in await boss.ask("cogs enable", cog="greet")


async def test_a_server_that_is_not_let_in_is_told_once_how(bot_with: BotWith, boss: Reader) -> None:
    for _ in range(2):
        await bot_with(greet(), admin, config={"servers": {"allow": [12345678901234567]}})
        assert "has not let this server in" in await boss.ask("cogs list")
    told = await boss.person.client.message_where(lambda one: "servers.allow" in one["content"])
    said = await boss.person.client.messages(told["channel_id"])
    assert len([one for one in said if "servers.allow" in one["content"]]) == 1


async def test_names_are_suggested(bot_with: BotWith, boss: Reader) -> None:
    await bot_with(greet(), admin)
    client, channel = boss.person.client, boss.person.channel_id
    found = await client.autocomplete(channel, "cogs info", "cog", "hel")
    assert [one["value"] for one in found] == ["greet"]
    found = await client.autocomplete(channel, "help", "command", "/gr")
    assert [one["value"] for one in found] == ["greet"]
    assert "Part of greet" in await boss.ask("help", command="greet")
    assert "There is no feature called" in await boss.ask("cogs info", cog="gone")


async def test_the_servers_time_zone_is_set_and_a_wrong_one_refused(bot_with: BotWith, boss: Reader) -> None:
    bot = await bot_with(greet(), admin)
    panel = await boss.answer("cogs config", cog="admin")
    select = panel["components"][0]["components"][0]["custom_id"]
    form = await boss.click(panel, select, "timezone")
    assert "such as UTC" in (await boss.read(await boss.person.client.submit(form, value="Mars")))["content"]
    form = await boss.click(panel, select, "timezone")
    await boss.person.client.submit(form, value="Europe/Berlin")
    await boss.shows(panel, "Europe/Berlin ·")
    guild = next(iter(boss.local.stage.world.guilds))
    assert bot.router.zone(guild).key == "Europe/Berlin"
