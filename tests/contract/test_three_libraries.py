"""Unmodified nextcord, discord.py and disnake have the same conversation with the local Discord.

Each library's program tells what its bot saw, a member says and does things, and both sides are held against one script:
what is written here is what all three saw. Where a library does not, `DIFFERENCES` says so, and why.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.local_discord.client.member import Member, join
from bot.local_discord.messages.drafts import Draft
from bot.local_discord.messages.mentions import Allowed
from bot.local_discord.messages.posting import post
from bot.local_discord.messages.uploads import Files
from bot.local_discord.model import Channel
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.stage import Actor
from tests import tools
from tests.conftest import needed
from tests.contract.party import WAIT, Party, party
from tests.waiting import eventually

HARBOUR, HILL = 8_388_608, 12_582_912
BO = {"author": "bo", "in": "lobby"}


@dataclass(frozen=True, slots=True)
class Difference:
    """What one library sees otherwise than the others, and why."""

    facts: dict[str, Any]
    reason: str


DIFFERENCES = {
    ("discord.py", "leaving"): Difference(
        {"sessions kept": 1},
        "Its reading task wakes up when the bot closes the connection and, being first, closes it with 4000 where the bot "
        "asked for 1000 (poll_event in discord/gateway.py, seen with aiohttp 3.14): Discord must take that for a cut.",
    ),
}
if sys.version_info >= (3, 14):
    DIFFERENCES["discord.py", "transport"] = Difference(
        {"compress": "zstd-stream"}, "It takes zstd where Python brings it, which is from 3.14 on."
    )
"""By library and observation; a fact that no longer differs fails the test, so that this list stays true."""

HARBOUR_SEEN: dict[str, object] = {
    "name": "Harbour",
    "shard": 0,
    "owner": "ada",
    "channels": [["lobby", "text", "Come in"], ["___hidden___", "text", None]],
    "members": [
        ["ada", "Ada", ["Admin"]],
        ["bo", "Bo", ["Reader"]],
        ["listener", "listener", ["listener"]],
        ["speaker", "speaker", ["speaker"]],
    ],
    "roles": [
        ["@everyone", 0, False, False],
        ["Admin", 0xC0392B, True, False],
        ["Reader", 0, False, True],
        ["listener", 0, False, False],
        ["speaker", 0, False, False],
    ],
    "administrators": ["ada"],
}
HILL_SEEN: dict[str, object] = {
    "name": "Hill",
    "shard": 1,
    "owner": "bo",
    "channels": [["summit", "text", None]],
    "members": [["bo", "Bo", []], ["listener", "listener", ["listener"]]],
    "roles": [["@everyone", 0, False, False], ["listener", 0, False, False]],
    "administrators": ["bo"],
}


@dataclass(slots=True)
class Meeting:
    """A local Discord with a member in it, and a client program's way in."""

    library: str
    python: Path
    local: LocalDiscord
    bo: Member

    def bot(self, name: str, *, shards: int = 0) -> AbstractAsyncContextManager[Party]:
        program = self.library.replace(".", "") + "_client"
        return party(self.python, program, self.local, name, guild_id=HARBOUR, shards=shards)

    def channel(self, name: str) -> Channel:
        return next(each for each in self.local.stage.world.channels.values() if each.name == name)

    def expected(self, what: str, **facts: Any) -> dict[str, Any]:
        """The facts as all libraries have them, with this one's difference."""
        difference = DIFFERENCES.get((self.library, what))
        return facts if difference is None else {**facts, **difference.facts}

    async def say(self, text: str, **more: Any) -> dict[str, Any]:
        return await self.bo.say(self.channel("lobby").id, text, **more)


@pytest.fixture(params=["nextcord", "discord.py", "disnake"])
async def meeting(request: pytest.FixtureRequest) -> AsyncGenerator[Meeting]:
    library: str = request.param
    python = Path(sys.executable)
    if library != "nextcord":
        python = needed(tools.clients(), "other Discord libraries (`make test` installs them)")
    async with AsyncExitStack() as stack:
        scene = Path(__file__).with_name("scene.yaml")
        local = await stack.enter_async_context(running(Config(scene=scene)))
        bo = await stack.enter_async_context(join(local.base_url, local.key, "bo"))
        yield Meeting(library, python, local, bo)


async def test_the_conversation(meeting: Meeting) -> None:
    async with meeting.bot("speaker") as speaker:
        ready = await speaker.tells("ready")
        assert ready == {"user": "speaker", "guilds": [{**HARBOUR_SEEN, "may pin": 1}]}
        asked = {"v": "10", "encoding": "json", "compress": "zlib-stream"}
        assert await speaker.tells("transport") == meeting.expected("transport", **asked)
        await commands(meeting, speaker)
        await thread_and_webhook(meeting, speaker)
        await components(meeting, speaker)
        await pins(meeting, speaker)
        await reactions_edits_and_deletions(meeting, speaker)
        await files_replies_and_refusals(meeting, speaker)
        await meeting.say("!leave")
        assert await speaker.tells("message") == {"content": "!leave", **BO}
        assert await speaker.leaves() == [], "nobody asked for this"
    assert await kept_sessions(meeting, "speaker") == meeting.expected("leaving", **{"sessions kept": 0})


async def kept_sessions(meeting: Meeting, bot: str) -> dict[str, int]:
    """How many sessions a bot that has left could still resume: none, since it said that it is done."""
    sessions = meeting.local.hub.of_application

    async def cut_off() -> bool:
        return all(session.wire is None for session in sessions(application_id(meeting, bot)))

    await eventually(cut_off)
    return {"sessions kept": len(list(sessions(application_id(meeting, bot))))}


async def commands(meeting: Meeting, speaker: Party) -> None:
    bo, lobby = meeting.bo, meeting.channel("lobby").id

    async def synced() -> bool:
        return [command["name"] for command in await bo.commands(lobby)] == ["look"]

    await eventually(synced)
    outcome = await bo.slash(lobby, "look", topic="tides")
    assert outcome.ok
    assert outcome.message is not None
    assert await speaker.tells("looked") == {
        "topic": "tides",
        "by": "bo",
        "channel": "lobby",
        "guild": "Harbour",
        "same": True,
        "locale": "en-US",
    }
    filled = await bo.message_where(lambda message: message["content"] == "about tides")
    assert filled["id"] == outcome.message["id"]
    await bo.message_where(lambda message: message["content"] == "and more")
    choices = await bo.autocomplete(lobby, "look", "topic", "tide")
    assert [choice["value"] for choice in choices] == ["tide", "tides"]


async def thread_and_webhook(meeting: Meeting, speaker: Party) -> None:
    await meeting.say("!thread")
    assert await speaker.tells("message") == {"content": "!thread", **BO}
    heard = await speaker.tells("webhook")
    assert heard == {
        "same": True,
        "kind": "public_thread",
        "content": "from an agent",
        "author": "Scout",
        "in": "Tides",
    }
    edited = await speaker.tells("edited")
    assert edited == {"before": "from an agent", "after": "from an agent, edited", "by": "Scout"}
    assert await speaker.tells("thread") == {
        "name": "Tides",
        "parent": "lobby",
        "same_id": True,
        "texts": ["", "opened", "from an agent, edited"],
    }
    awake = await meeting.bo.message_where(lambda message: message["content"] == "awake")
    thread = meeting.local.stage.world.channels[int(awake["channel_id"])].thread
    assert thread is not None
    assert not thread.archived


async def components(meeting: Meeting, speaker: Party) -> None:
    bo = meeting.bo
    await meeting.say("!panel")
    assert await speaker.tells("message") == {"content": "!panel", **BO}
    assert await speaker.tells("panel") == {"rows": 2, "there": ["Stop", "Ask"]}
    panel = await bo.message_where(lambda message: message["content"] == "working")
    opened = await bo.click(panel, "Ask")
    assert await speaker.tells("asked") == {}
    thanks = await bo.submit(opened, reason="late")
    assert thanks.message is not None
    assert (thanks.message["content"], thanks.message["flags"] & 64) == ("thanks, late", 64)
    chosen = await bo.click(panel, "colour", values=["blue", "red"])
    assert chosen.message is not None
    assert (chosen.message["content"], chosen.message["flags"] & 64) == ("you chose blue, red", 64)
    stopped = await bo.click(panel, "Stop")
    assert stopped.message is not None
    assert (stopped.message["content"], stopped.message["components"]) == ("stopped", [])
    assert await speaker.tells("pressed") == {"by": "bo", "under": "working"}


async def pins(meeting: Meeting, speaker: Party) -> None:
    kept = await meeting.say("keep this")
    assert await speaker.tells("message") == {"content": "keep this", **BO}
    await meeting.say("!pin", reply_to=kept)
    told = await speaker.tells("message")
    assert (told["content"], told["answers"]) == ("!pin", "keep this")
    assert await speaker.tells("pinned") == {"texts": ["keep this"]}
    assert await speaker.tells("unpinned") == {"texts": []}
    assert [(await speaker.tells("pins changed"))["any"] for _ in range(2)] == [True, False]


async def reactions_edits_and_deletions(meeting: Meeting, speaker: Party) -> None:
    bo = meeting.bo
    marked = await meeting.say("!mark")
    assert await speaker.tells("message") == {"content": "!mark", **BO}
    assert await speaker.tells("marked") == {"reactions": [["✅", 1, True]]}
    await bo.react(marked, "👍")
    assert await speaker.tells("reaction") == {"emoji": "👍", "by": "bo", "under": "!mark"}
    path = f"/channels/{marked['channel_id']}/messages/{marked['id']}"
    await bo.request("PATCH", path, {"content": "changed"})
    assert await speaker.tells("edited") == {"before": "!mark", "after": "changed", "by": "bo"}
    await bo.request("DELETE", path)
    assert await speaker.tells("deleted") == {"content": "changed"}


async def files_replies_and_refusals(meeting: Meeting, speaker: Party) -> None:
    await meeting.say("!file")
    assert await speaker.tells("message") == {"content": "!file", **BO}
    assert await speaker.tells("file") == {
        "name": "table.csv",
        "alt": "numbers",
        "text": "a,b\n1,2\n",
        "embed": ["T", "D", "v"],
    }
    seen = await meeting.bo.message_where(lambda message: message["content"] == "seen")
    assert (seen["embeds"], seen["attachments"][0]["description"]) == ([], "numbers")
    await meeting.say("!reply")
    assert await speaker.tells("message") == {"content": "!reply", **BO}
    assert await speaker.tells("refused") == {"status": 404, "code": 10008}
    reply = await meeting.bo.message_where(lambda message: message["content"] == "indeed")
    assert (reply["referenced_message"]["content"], reply["mentions"]) == ("!reply", [])


@pytest.mark.parametrize("action", ["close", "reconnect"])
async def test_what_is_missed_in_a_cut_is_heard_before_resuming(meeting: Meeting, action: str) -> None:
    async with meeting.bot("speaker") as speaker:
        await speaker.tells("ready")
        await speaker.tells("transport")
        sessions = sessions_of(meeting, "speaker")
        await cut(meeting, "speaker", action)
        say_at_once(meeting, "lobby", "missed")
        assert await speaker.until("resumed") == [{"what": "message", "content": "missed", **BO}]
        assert sessions_of(meeting, "speaker") == sessions
        await meeting.say("!leave")
        assert await speaker.leaves() == [{"what": "message", "content": "!leave", **BO}]


async def test_two_shards_share_the_guilds_and_each_resumes(meeting: Meeting) -> None:
    async with meeting.bot("listener", shards=2) as listener:
        ready = await listener.tells("ready")
        assert ready["user"] == "listener"
        guilds = sorted(ready["guilds"], key=lambda guild: guild["shard"])
        assert guilds == [{**HARBOUR_SEEN, "may pin": 0}, {**HILL_SEEN, "may pin": 0}]
        shards = {session.shard for session in meeting.local.hub.sessions.values() if session.application_id}
        assert shards == {(0, 2), (1, 2)}
        await cut(meeting, "listener", "close")
        for place in ("lobby", "summit"):
            say_at_once(meeting, place, f"missed in {place}")
        heard = [await listener.tells("message") for _ in range(2)]
        assert {each["content"]: each["in"] for each in heard} == {
            "missed in lobby": "lobby",
            "missed in summit": "summit",
        }
        assert {(await listener.tells("shard resumed"))["shard"] for _ in range(2)} == {0, 1}
        await meeting.say("!leave")
        left = await listener.leaves()
        assert {"what": "message", "content": "!leave", **BO} in left
    assert await kept_sessions(meeting, "listener") == {"sessions kept": 0}


def sessions_of(meeting: Meeting, bot: str) -> set[str]:
    return {session.id for session in meeting.local.hub.of_application(application_id(meeting, bot))}


def application_id(meeting: Meeting, bot: str) -> int:
    return next(each.id for each in meeting.local.stage.world.applications.values() if each.name == bot)


async def cut(meeting: Meeting, bot: str, action: str) -> None:
    """Return in the moment in which the bot has no connection: it needs this loop to get a new one."""
    hub = meeting.local.hub
    sessions = list(hub.of_application(application_id(meeting, bot)))
    assert hub.disturb(action, application_id=application_id(meeting, bot)) == len(sessions) > 0
    gone: set[str] = set()
    async with asyncio.timeout(WAIT):
        while len(gone) < len(sessions):
            await asyncio.sleep(0)
            gone |= {session.id for session in sessions if session.wire is None}


def say_at_once(meeting: Meeting, channel: str, text: str) -> None:
    """Let the member speak without giving up the loop."""
    draft = Draft(content=text, embeds=None, components=None, files=Files(), allowed=Allowed())
    post(meeting.local.stage, Actor(int(meeting.bo.user_id)), meeting.channel(channel), draft)
