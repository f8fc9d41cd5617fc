"""The gateway client is kept alive: through malformed events, cut lines and refusals that cannot be mended."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx
import nextcord
import pytest

from bot.clock import Clock
from bot.discord.api import DiscordRefused, open_api, pointed_at
from bot.discord.events import Happening, Interaction, Message
from bot.discord.gateway import GatewaySettings, intents_for, stay_connected
from bot.discord.missed.guild_seen import GuildSeen
from bot.errors import ConfigError
from bot.local_discord.client.member import join
from bot.local_discord.gateway.faults import GatewayFault
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.settings import Settings
from tests.waiting import eventually

QUICK = GatewaySettings(first_pause=0.02, longest_pause=0.1, guild_ready_timeout=0.05)
MALFORMED = {"content": "no channel_id in here"}


@dataclass
class Ears:
    """A listener that keeps what it hears."""

    guilds: "asyncio.Queue[int]" = field(default_factory=asyncio.Queue[int])
    messages: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue[Message])
    changed: "asyncio.Queue[int]" = field(default_factory=asyncio.Queue[int])

    sessions: int = 0
    happenings: "asyncio.Queue[Happening]" = field(default_factory=asyncio.Queue[Happening])

    def session_began(self) -> None:
        self.sessions += 1

    async def guild_ready(
        self, guild_id: int, name: str, talk_in: int | None = None, seen: GuildSeen | None = None
    ) -> None:
        assert name
        assert talk_in is not None
        assert seen is not None
        await self.guilds.put(guild_id)

    def all_told(self) -> None: ...

    async def permissions_changed(self, guild_id: int) -> None:
        await self.changed.put(guild_id)

    async def guild_gone(self, guild_id: int) -> None:
        raise AssertionError(guild_id)

    async def message(self, message: Message) -> None:
        await self.messages.put(message)

    async def happened(self, event: Happening) -> None:
        await self.happenings.put(event)

    async def interaction(self, interaction: Interaction) -> None:
        raise AssertionError(interaction)


@pytest.fixture
async def local() -> AsyncGenerator[LocalDiscord]:
    async with running() as started:
        with pointed_at(started.api_url):
            yield started


@asynccontextmanager
async def connected(
    local: LocalDiscord, ears: Ears, *intents: str, settings: GatewaySettings = QUICK
) -> AsyncGenerator[asyncio.Task[None]]:
    task = asyncio.create_task(
        stay_connected(local.bot_token, set(intents), ears, clock=Clock(), settings=settings)
    )
    try:
        await asyncio.wait_for(ears.guilds.get(), 10)
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


def _break_the_client(local: LocalDiscord) -> None:
    for session in local.hub.of_application(local.application_id):
        session.dispatch("MESSAGE_CREATE", MALFORMED)


@pytest.mark.malformed
async def test_control_a_malformed_event_ends_nextcords_own_client(local: LocalDiscord) -> None:
    client = nextcord.Client(intents=intents_for(set()))
    task = asyncio.create_task(client.start(local.bot_token))
    await asyncio.wait_for(client.wait_until_ready(), 10)
    _break_the_client(local)
    done, _ = await asyncio.wait({task}, timeout=10)
    assert done
    with pytest.raises(KeyError):
        task.result()
    await client.close()


@pytest.mark.malformed
async def test_after_a_malformed_event_there_is_a_new_client_that_hears(local: LocalDiscord) -> None:
    ears = Ears()
    async with connected(local, ears, "message_content"), join(local.base_url, local.key) as member:
        guild = next(iter(member.guilds.values()))
        channel = guild["channels"][0]["id"]
        for number in range(3):
            _break_the_client(local)
            await asyncio.wait_for(ears.guilds.get(), 10)
            await member.say(channel, f"still there? {number}")
            assert (await asyncio.wait_for(ears.messages.get(), 10)).text == f"still there? {number}"


async def test_a_client_that_ends_while_servers_still_come_leaves_no_task(local: LocalDiscord) -> None:
    ears, patient = Ears(), replace(QUICK, guild_ready_timeout=30.0)
    before = asyncio.all_tasks()
    task = asyncio.create_task(
        stay_connected(local.bot_token, set(), ears, clock=Clock(), settings=patient), name="ours"
    )

    async def began() -> bool:
        return ears.sessions == 1

    await eventually(began)
    gathering = [one for one in asyncio.all_tasks() - before if "_delay_ready" in str(one.get_coro())]
    assert len(gathering) == 1
    task.cancel()
    await asyncio.wait({task})
    assert gathering[0].done()


@pytest.mark.parametrize("action", ["close", "reconnect"])
async def test_a_cut_line_is_mended(local: LocalDiscord, action: str) -> None:
    ears = Ears()
    async with connected(local, ears, "message_content"), join(local.base_url, local.key) as member:
        assert local.hub.disturb(action, application_id=local.application_id)
        guild = next(iter(member.guilds.values()))
        await member.say(guild["channels"][0]["id"], "after the cut")
        assert (await asyncio.wait_for(ears.messages.get(), 20)).text == "after the cut"


async def test_without_the_intent_only_a_mention_can_be_read(local: LocalDiscord) -> None:
    ears = Ears()
    async with connected(local, ears), join(local.base_url, local.key) as member:
        guild = next(iter(member.guilds.values()))
        channel = guild["channels"][0]["id"]
        await member.say(channel, "not for you")
        await member.say(channel, f"<@{local.application_id}> for you")
        blind, read = await ears.messages.get(), await ears.messages.get()
    assert (blind.text, blind.mentions_me) == ("", False)
    assert read.mentions_me
    assert "for you" in read.text


@pytest.mark.usefixtures("local")
async def test_a_refused_token_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigError, match="DISCORD_TOKEN"):
        await stay_connected("not.the.token", set(), Ears(), clock=Clock(), settings=QUICK)
    with pytest.raises(ConfigError, match="DISCORD_TOKEN"):
        async with open_api("not.the.token"):
            raise AssertionError("it was let in")


async def test_an_intent_that_is_not_switched_on_is_named(local: LocalDiscord) -> None:
    application = local.stage.world.applications[local.application_id]
    assert "message_content" in application.privileged
    with pytest.raises(ConfigError, match="presences"):
        await stay_connected(local.bot_token, {"presences"}, Ears(), clock=Clock(), settings=QUICK)


async def test_what_is_not_there_is_refused_with_discords_code(local: LocalDiscord) -> None:
    async with open_api(local.bot_token) as api:
        with pytest.raises(DiscordRefused) as refused:
            await api.request("GET", "/channels/{channel_id}", channel_id=1)
    assert refused.value.code in {10003, 50001}


async def test_changed_permissions_are_heard_of(local: LocalDiscord) -> None:
    ears = Ears()
    world = local.stage.world
    guild = next(iter(world.guilds))
    channel = next(one.id for one in world.channels.values() if one.name == "research")
    owner = {"X-Local-Key": local.key, "X-Local-Member": str(world.guilds[guild].owner_id)}
    async with connected(local, ears), httpx.AsyncClient(base_url=local.api_url, headers=owner) as client:
        await client.patch(f"/channels/{channel}", json={"topic": "bees"})
        overwrite = {"type": 0, "allow": "2048", "deny": "0"}
        answer = await client.put(f"/channels/{channel}/permissions/{guild}", json=overwrite)
        answer.raise_for_status()
        async with asyncio.timeout(10):
            assert await ears.changed.get() == guild
    assert ears.changed.empty()


async def test_a_line_that_is_up_and_dead_is_replaced() -> None:
    quick = replace(QUICK, silence=1.6)
    settings = Settings(heartbeat_interval=0.5)
    async with running(Config(settings=settings)) as local, join(local.base_url, local.key) as member:
        ears = Ears()
        channel = next(iter(member.guilds.values()))["channels"][0]["id"]
        with pointed_at(local.api_url):
            async with connected(local, ears, "message_content", settings=quick):
                (session,) = local.hub.of_application(local.application_id)
                first = session.wire
                # Nothing passes in either direction, while TCP stays up.
                local.hub.disturb("half_open", application_id=local.application_id)
                await member.say(channel, "said into the dead line")
                assert (await asyncio.wait_for(ears.messages.get(), 20)).text == "said into the dead line"
                second = session.wire
                assert second is not first
                # Events arrive, but nobody answers.
                unanswered = GatewayFault(0, "drop", "HEARTBEAT_ACK", times=None)
                fault = local.hub.faults.add(unanswered)

                async def is_replaced() -> bool:
                    return session.wire is not second and session.wire is not None

                await eventually(is_replaced)
                local.hub.faults.remove(fault.number)
                await member.say(channel, "after it")
                assert (await asyncio.wait_for(ears.messages.get(), 20)).text == "after it"
        assert ears.sessions == 1, "both times the session went on, so nothing was missed"
