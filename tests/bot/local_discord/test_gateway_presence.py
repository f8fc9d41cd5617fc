"""Who is online: what is told of it, to whom, and when it ends; and who is in a voice channel."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.local_discord.gateway.presence import OFFLINE, Presence, strongest
from bot.local_discord.server import Config, LocalDiscord, running
from tests.bot.local_discord.asking import QUICK, Join, person
from tests.bot.local_discord.line import GUILDS, Line, on_line

PRESENCES, VOICE = 1 << 8, 1 << 7
SCENE = """
people: {ada: {}, bo: {}, chen: {}}
bots:
  watcher: {token: watcher, privileged: [presences, members]}
  actor: {token: actor}
guilds:
  - name: Here
    owner: ada
    roles:
      red: {}
    channels:
      - {name: talk, type: voice}
      - {name: text}
    members: {ada: [], bo: [red], chen: []}
    bots: {watcher: [], actor: []}
"""


@pytest.fixture
async def local(tmp_path: Path) -> AsyncGenerator[LocalDiscord]:
    place = tmp_path / "scene.yaml"
    place.write_text(SCENE)
    async with running(Config(scene=place, settings=replace(QUICK, presence_changes=2))) as started:
        yield started


@asynccontextmanager
async def watching(
    local: LocalDiscord, intents: int = GUILDS | PRESENCES, **more: Any
) -> AsyncGenerator[Line]:
    async with on_line(local.base_url) as line:
        await line.identify("watcher", intents, **more)
        yield line


def status(frame: dict[str, Any]) -> tuple[str, str]:
    return frame["d"]["user"]["id"], frame["d"]["status"]


async def test_coming_and_going(local: LocalDiscord) -> None:
    actor = str(next(a.id for a in local.stage.world.applications.values() if a.name == "actor"))
    async with watching(local) as watcher, on_line(local.base_url) as deaf:
        await watcher.until("GUILD_CREATE")
        await deaf.identify("actor", GUILDS)
        assert status(await watcher.until("PRESENCE_UPDATE")) == (actor, "online")
        # a second session in the same state changes nothing, and neither does the end of one of two
        async with on_line(local.base_url) as second:
            await second.identify("actor", GUILDS)
            await second.socket.close(1000)
        await deaf.socket.close(1000)
        assert status(await watcher.until("PRESENCE_UPDATE")) == (actor, "offline")
        assert await watcher.events() == []


async def test_a_cut_session_stays_online_until_it_is_forgotten(local: LocalDiscord) -> None:
    async with watching(local) as watcher:
        await watcher.until("GUILD_CREATE")
        async with on_line(local.base_url) as line:
            ready = await line.identify("actor", GUILDS)
            await watcher.until("PRESENCE_UPDATE")
            await line.socket.close(4000)
        session = local.hub.sessions[ready["d"]["session_id"]]
        assert await watcher.events() == []
        local.hub.end(session)
        assert (await watcher.until("PRESENCE_UPDATE"))["d"]["client_status"] == {}


async def test_people_are_seen_too(local: LocalDiscord) -> None:
    bo = str(person(local, "bo"))
    async with watching(local) as watcher:
        created = await watcher.until("GUILD_CREATE")
        async with on_line(local.base_url) as line:
            await line.identify(f"local:{local.key}:{bo}")
            assert status(await watcher.until("PRESENCE_UPDATE")) == (bo, "online")
            async with watching(local) as late:
                presences = (await late.until("GUILD_CREATE"))["d"]["presences"]
                assert {each["user"]["id"] for each in presences} == {
                    bo,
                    created["d"]["presences"][0]["user"]["id"],
                }


async def test_op_3_says_what_somebody_does(local: LocalDiscord) -> None:
    activity = {"name": "x", "type": 4, "state": "thinking", "details": "bots cannot set this"}
    change: dict[str, Any] = {"since": None, "status": "dnd", "afk": False}
    async with watching(local) as watcher, on_line(local.base_url) as actor:
        await watcher.until("GUILD_CREATE")
        await actor.identify("actor", GUILDS, presence={"status": "invisible", "activities": []})
        assert await watcher.events() == [], "invisible is not there for others"
        await actor.send(3, {**change, "activities": [activity]})
        told = (await watcher.until("PRESENCE_UPDATE"))["d"]
        assert (told["status"], told["client_status"]) == ("dnd", {"web": "dnd"})
        assert {name: told["activities"][0].get(name) for name in activity} == {**activity, "details": None}
        await actor.send(3, {**change, "activities": None})
        assert (await watcher.until("PRESENCE_UPDATE"))["d"]["activities"] == []
        # "Clients may only update their game status 5 times per 20 seconds"; here 2
        await actor.send(3, {**change, "status": "idle", "activities": []})
        assert await actor.events() is not None
        assert await watcher.events() == []


async def test_only_who_has_the_intent_is_told(local: LocalDiscord) -> None:
    async with watching(local, GUILDS) as watcher:
        created = (await watcher.until("GUILD_CREATE"))["d"]
        assert (len(created["members"]), created["presences"]) == (1, [])
        async with on_line(local.base_url) as line:
            await line.identify("actor", GUILDS)
        assert await watcher.events() == []


async def test_large_guilds_leave_out_who_is_nobody_and_offline(local: LocalDiscord, tmp_path: Path) -> None:
    async with watching(local) as watcher:
        created = (await watcher.until("GUILD_CREATE"))["d"]
        assert (created["large"], len(created["members"])) == (False, 5)
    crowd = ", ".join(f"p{number}: {{}}" for number in range(50))
    place = tmp_path / "crowd.yaml"
    members = ", ".join(f"p{number}: []" for number in range(50))
    text = SCENE.replace("chen: {}}", f"chen: {{}}, {crowd}}}").replace("chen: []}", f"chen: [], {members}}}")
    place.write_text(text)
    async with running(Config(scene=place, settings=QUICK)) as large:
        async with on_line(large.base_url) as line:
            await line.identify(f"local:{large.key}:{person(large, 'p7')}")
            async with watching(large) as watcher:
                created = (await watcher.until("GUILD_CREATE"))["d"]
            assert (created["large"], created["member_count"]) == (True, 55)
            names = {member["user"]["username"] for member in created["members"]}
            # online, with a role, itself and the other bot, whose role came with it
            assert names == {"p7", "bo", "watcher", "actor"}
        async with watching(large, large_threshold=250) as watcher:
            created = (await watcher.until("GUILD_CREATE"))["d"]
            assert (created["large"], len(created["members"])) == (False, 55)


async def test_a_bot_has_a_presence_on_each_shard(local: LocalDiscord) -> None:
    guild_id = next(iter(local.stage.world.guilds))
    own = (guild_id >> 22) % 2
    async with watching(local) as watcher, on_line(local.base_url) as other, on_line(local.base_url) as right:
        await watcher.until("GUILD_CREATE")
        await other.identify("actor", GUILDS, shard=[1 - own, 2], presence={"status": "dnd"})
        assert await watcher.events() == []
        await right.identify("actor", GUILDS, shard=[own, 2], presence={"status": "idle"})
        assert (await watcher.until("PRESENCE_UPDATE"))["d"]["status"] == "idle"


def test_the_strongest_of_several_presences_is_shown() -> None:
    online, busy, hidden = Presence("online"), Presence("dnd"), Presence("invisible")
    assert strongest([hidden, busy, online]) is online
    assert strongest([hidden]).shown == "offline"
    assert strongest([]) is OFFLINE


async def test_voice(local: LocalDiscord) -> None:
    world = local.stage.world
    guild_id = next(iter(world.guilds))
    talk, text = (
        next(str(c.id) for c in world.channels.values() if c.name == name) for name in ("talk", "text")
    )
    change: dict[str, Any] = {"guild_id": str(guild_id), "self_mute": False, "self_deaf": True}
    async with watching(local, GUILDS | VOICE) as watcher, on_line(local.base_url) as actor:
        await watcher.until("GUILD_CREATE")
        await actor.identify("actor", GUILDS)
        await actor.until("GUILD_CREATE")
        for channel_id in (None, text, "1", talk, talk):
            await actor.send(4, {**change, "channel_id": channel_id})
        told = await watcher.until("VOICE_STATE_UPDATE")
        assert (told["d"]["channel_id"], told["d"]["self_deaf"]) == (talk, True)
        servers = await actor.events()
        assert [(event["t"], event["d"]["endpoint"]) for event in servers] == [("VOICE_SERVER_UPDATE", None)]
        assert await watcher.events() == []
        async with watching(local, GUILDS) as late:
            created = (await late.until("GUILD_CREATE"))["d"]
            assert [state["channel_id"] for state in created["voice_states"]] == [talk]
            assert len(created["members"]) == 2, "who speaks is told of"
        await actor.socket.close(1000)
        assert (await watcher.until("VOICE_STATE_UPDATE"))["d"]["channel_id"] is None


async def test_people_hear_of_each_other(joined: Join) -> None:
    async with joined("ada") as ada:
        async with joined("bo"):
            heard = await ada.wait_for(lambda event: event.name == "PRESENCE_UPDATE")
            assert heard.data["status"] == "online"
        gone = await ada.wait_for(lambda event: event.name == "PRESENCE_UPDATE")
        assert gone.data["status"] == "offline"
