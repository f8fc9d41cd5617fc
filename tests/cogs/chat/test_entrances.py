"""Every way to an agent, and what comes in through them that is too much; each in a real bot on the local Discord."""

import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.memory.store import NewMemory, Place, remember
from cogs.chat import messages
from cogs.chat.commands import cogswarm_cogs
from cogswarm.testing import BotWith, Heard, LocalDiscord, LocalDiscordConfig, Person, ScriptedModel

type Members = Callable[..., Awaitable[Person]]

SCENE = """
people: {ada: {name: Ada}, bo: {name: Bo}}
bots: {cogswarm: {privileged: [message_content]}, helper: {privileged: [message_content]}, stranger: {}}
guilds:
  - name: Harbour
    owner: ada
    roles: {critic: {name: The Critic, mentionable: true}, desk: {name: Front desk, mentionable: true}}
    channels:
      - {name: general}
      - {name: adas, private: [ada, cogswarm]}
      - {name: bos, private: [bo, cogswarm]}
    members: {ada: [], bo: [desk]}
    bots: {cogswarm: [administrator], helper: [administrator], stranger: [administrator]}
me: bo
welcome: general
"""
AGENTS: dict[str, Any] = {
    "agents": {"writer": {}, "critic": {"display_name": "The Critic"}},
    "cogs": {"chat": {"agent": "writer", "place": "in place"}},
}


@pytest.fixture
def local_discord_config(tmp_path: Path) -> LocalDiscordConfig:
    scene = tmp_path / "scene.yaml"
    scene.write_text(SCENE, "utf-8")
    return LocalDiscordConfig(scene=scene)


def whole(one: Heard) -> bool:
    return not one.buttons


def ids(local_discord: LocalDiscord, names: str) -> dict[str, int]:
    """Users, or roles, of the scene by their names."""
    world = local_discord.stage.world
    found = world.roles.values() if names == "roles" else world.users.values()
    return {str(getattr(one, "username", "") or getattr(one, "name", "")): one.id for one in found}


async def test_bots_that_are_trusted_and_roles_of_agents(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord, scripted_model: ScriptedModel
) -> None:
    users, roles = ids(local_discord, "users"), ids(local_discord, "roles")
    config = {
        **AGENTS,
        "agents": {**AGENTS["agents"], "clerk": {"roles": [roles["Front desk"]]}},
        "servers": {"trusted_bots": [users["helper"]]},
        "between_agents": {"turns": 2},
    }
    await bot_with(*cogswarm_cogs(), config=config, model=scripted_model)
    tokens = local_discord.bot_tokens

    async def says(name: str, text: str) -> None:
        async with httpx.AsyncClient(
            base_url=local_discord.api_url, headers={"Authorization": f"Bot {tokens[name]}"}
        ) as http:
            answer = await http.post(f"/channels/{member.channel_id}/messages", json={"content": text})
            assert answer.is_success

    await says("stranger", f"<@{local_discord.application_id}> Writer, hello from a stranger")
    for number in range(2):
        scripted_model.will_say(f"Hello, helper {number}.")
        await says("helper", f"<@{local_discord.application_id}> Writer, hello {number}")
        await member.sees(await member.hears(f"Hello, helper {number}.", by="Writer"), whole)
    # bots count as agents among themselves: they are stopped, and a person's word lets them go on
    await says("helper", f"<@{local_discord.application_id}> Writer, hello again")
    await member.hears("a person has to say how it goes on")
    assert not any("stranger" in one.prompt for one in scripted_model.asked)

    # a role with the agent's name, and one that it works for
    scripted_model.will_say("I doubt it.")
    await member.say(f"<@&{roles['The Critic']}> is that so?")
    await member.sees(await member.hears("I doubt it.", by="The Critic"), whole)
    assert scripted_model.asked[-1].request.turns[-1].text == "is that so?"
    scripted_model.will_say("At nine.")
    await member.say(f"<@&{roles['Front desk']}> when do you open?")
    await member.sees(await member.hears("At nine.", by="Clerk"), whole)


async def test_without_the_intent_every_other_way_in(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord, scripted_model: ScriptedModel
) -> None:
    config = {**AGENTS, "discord": {"message_content": False}}
    await bot_with(*cogswarm_cogs(), config=config, model=scripted_model)
    # a command
    scripted_model.will_say("Tides.")
    await member.slash("chat", text="What moves the sea?", agent="The Critic")
    quoted = await member.hears("> What moves the sea?")
    tides = await member.sees(await member.hears("Tides.", by="The Critic"), whole)
    # a reply to the bot's own message, which pings it, can be read
    scripted_model.will_say("The moon.")
    await member.say("and what moves those?", reply_to=quoted)
    await member.sees(await member.hears("The moon.", by="Writer"), whole)
    assert scripted_model.asked[-1].request.turns[-1].text == "and what moves those?"
    # the menu of a message
    target = await member.say("Bees dance.")
    form = await member.menu(messages.MENU, target)
    scripted_model.will_say("They do.")
    await member.submit(form, {messages.QUESTION: "Is that so?"})
    await member.sees(await member.hears("They do.", by="Writer"), whole)
    assert [one.text for one in scripted_model.asked[-1].request.material] == ["Bees dance."]
    # a mention of an agent's role cannot be read, and neither can a reply to an agent: each offers a form once
    critic = ids(local_discord, "roles")["The Critic"]
    await member.say(f"<@&{critic}> hello?")
    await member.say(f"<@&{critic}> hello??")
    offer = await member.hears(messages.HIDDEN)
    scripted_model.will_say("Hello.")
    await member.submit(await member.click(offer, messages.CONTINUE), {messages.QUESTION: "Hello?"})
    await member.sees(await member.hears("Hello.", by="The Critic"), whole)
    for _ in range(2):
        await member.say("which sea?", reply_to=tides)
    await member.hears(messages.HIDDEN)
    # what is for nobody stays unheard, with or without words
    await member.say("nothing for you")
    scripted_model.will_say("Last.")
    await member.say(f"<@{local_discord.application_id}> Writer, the last one")
    await member.sees(await member.hears("Last."), whole)
    assert sum(one.text == messages.HIDDEN for one in await member.history()) == 2


async def test_too_much_at_once(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord, scripted_model: ScriptedModel
) -> None:
    bot = f"<@{local_discord.application_id}>"
    await bot_with(*cogswarm_cogs(), config=AGENTS, model=scripted_model)
    users = ids(local_discord, "users")
    first = scripted_model.will_hold("Wait.")
    await member.say(f"{bot} wait")
    await first.asked()
    # thirty files in three messages, answered together
    for part in range(3):
        files = [(f"{part}-{number}.txt", f"text {part}{number}".encode()) for number in range(10)]
        await member.say(f"{bot} part {part}", files=files)
    bomb = " ".join([bot, *["@everyone"] * 20, *[f"<@{users['ada']}>"] * 70])[:2_000]
    scripted_model.will_say("So many.", when=lambda request: "part 2" in request.turns[-1].text)
    scripted_model.will_say(
        " ".join(
            [f"<@{users['ada']}>"] * 1_000 + ["@everyone", f"<@&{ids(local_discord, 'roles')['The Critic']}>"]
        ),
        when=lambda request: "@everyone" in request.turns[-1].text,
    )
    first.release()
    await member.sees(await member.hears("So many.", by="Writer"), whole)
    await member.hears("24 more files were not read")
    await member.say(bomb)

    # so many are more than messages hold, and none of them reaches anybody
    await member.hears(lambda one: bool(one.files), by="Writer")
    assert all(not one["mentions"] and not one["mention_everyone"] for one in _by_webhook(member))
    assert all(not one["mention_roles"] for one in _by_webhook(member))
    assert all(len(one["content"]) <= 2_000 for one in _by_webhook(member))
    asked = next(one.request for one in scripted_model.asked if "part 2" in one.request.turns[-1].text)
    assert len(asked.material) == 6


def _by_webhook(member: Person) -> list[dict[str, Any]]:
    return [one for one in member.client.seen.values() if "webhook_id" in one]


async def test_memories_are_linked_and_only_those_that_the_readers_may_read(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord, scripted_model: ScriptedModel
) -> None:
    config = {**AGENTS, "servers": {"direct_messages": True}}
    bot = await bot_with(*cogswarm_cogs(), config=config, model=scripted_model)
    channels = {
        one.name: one.id for one in local_discord.stage.world.channels.values() if one.guild_id is not None
    }
    guild = next(iter(local_discord.stage.world.guilds))
    async with bot.database.transaction() as conn:
        for name in ("general", "adas", "bos"):
            memory = NewMemory(
                Place(guild, channels[name], None),
                "research",
                name,
                f"tidal stream turbines ({name})",
                f"Tidal stream turbines: noted in {name}.",
                datetime.now(UTC),
            )
            await remember(conn, memory, None)
    scripted_model.will_say("They turn [M1].")
    await member.say(f"<@{local_discord.application_id}> tidal stream turbines?")
    answer = await member.sees(
        await member.hears("They turn"), lambda one: whole(one) and "Looked back" in one.text
    )
    link = f"https://discord.com/channels/{guild}/{channels['general']}"
    assert f"[[M1]](<{link}>)" in answer.text
    assert f"](<{link}>)" in answer.text.partition("Looked back at")[2]
    assert [one.text for one in scripted_model.asked[-1].request.material] == [
        "Tidal stream turbines: noted in general."
    ]
    # directly, what the member alone may read besides
    direct = await member.with_bot()
    scripted_model.will_say("They turn.")
    await direct.say("tidal stream turbines?")
    await direct.sees(await direct.hears("They turn."), whole)
    told = {one.text.partition("noted in ")[2] for one in scripted_model.asked[-1].request.material}
    assert told == {"general.", "bos."}


async def test_pictures_of_tools_are_shown(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord, scripted_model: ScriptedModel
) -> None:
    painter = str(Path(__file__).with_name("picture_server.py"))
    config = {
        **AGENTS,
        "agents": {"writer": {"tools": ["painter"]}},
        "tools": {"painter": {"command": [sys.executable, painter], "read_only": "all"}},
    }
    await bot_with(*cogswarm_cogs(), config=config, model=scripted_model)
    scripted_model.will_call("painter__paint")
    scripted_model.will_say("Here it is.")
    await member.say(f"<@{local_discord.application_id}> paint a pixel")
    await member.hears("Here it is.", by="Writer")
    shown = await member.hears(lambda one: bool(one.files), by="Writer")
    assert list(shown.files) == ["picture-1.png"]
    assert shown.raw["attachments"][0]["description"].startswith("A picture that Writer got from its tools")
    assert scripted_model.asked[-1].request.turns[-1].images
