"""Who is told of which channel, guild, thread and message, and what changes when permissions do."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from bot.local_discord.client.member import Member
from bot.local_discord.gateway.outline import HIDDEN_NAME, OBFUSCATED
from bot.local_discord.members.membership import come_in, go_out
from bot.local_discord.model import Channel
from bot.local_discord.server import Config, LocalDiscord, running
from tests.bot.local_discord.asking import QUICK, Api, client, person
from tests.bot.local_discord.line import GUILDS, MEMBERS, MESSAGES, Line, on_line

DIRECT = 1 << 12
VIEW = 1 << 10
type Listen = Callable[..., AbstractAsyncContextManager[Line]]


@pytest.fixture
def listen(local: LocalDiscord) -> Listen:
    @asynccontextmanager
    async def listening(intents: int = GUILDS | MESSAGES) -> AsyncGenerator[Line]:
        async with on_line(local.base_url) as line:
            await line.identify(local.bot_token, intents)
            await line.until("GUILD_CREATE")
            yield line

    return listening


def hidden_from(guild_id: int) -> list[dict[str, Any]]:
    return [{"id": str(guild_id), "type": 0, "deny": str(VIEW), "allow": "0"}]


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["t"] for event in events]


async def secret_channel(ada_api: Api, guild_id: int, **more: Any) -> dict[str, Any]:
    body = {"name": "board", "topic": "hush", "permission_overwrites": hidden_from(guild_id), **more}
    return await ada_api.ok("POST", f"/guilds/{guild_id}/channels", body)


async def test_a_bot_gets_the_outline_of_what_it_cannot_view(
    listen: Listen, local: LocalDiscord, ada_api: Api, guild_id: int
) -> None:
    async with listen() as line:
        secret = await secret_channel(ada_api, guild_id)
        told = (await line.until("CHANNEL_CREATE"))["d"]
        assert (told["name"], told["flags"], told["topic"]) == (HIDDEN_NAME, OBFUSCATED, None)
        assert {name: told[name] for name in ("id", "type", "position")} == {
            name: secret[name] for name in ("id", "type", "position")
        }
        assert told["permission_overwrites"] == hidden_from(guild_id)
        await ada_api.ok("POST", f"/channels/{secret['id']}/messages", {"content": "unheard"})
        assert await line.events() == []
        async with on_line(local.base_url) as late:
            await late.identify(local.bot_token)
            channels = (await late.until("GUILD_CREATE"))["d"]["channels"]
            assert HIDDEN_NAME in [channel["name"] for channel in channels]
        await ada_api.ok("DELETE", f"/channels/{secret['id']}")
        assert (await line.until("CHANNEL_DELETE"))["d"]["name"] == HIDDEN_NAME


async def test_before_2026_bots_got_everything() -> None:
    async with running(Config(settings=replace(QUICK, obfuscate_channels=False))) as local:
        guild_id = next(iter(local.stage.world.guilds))
        from_ada = {"X-Local-Key": local.key, "X-Local-Member": str(person(local, "ada"))}
        async with on_line(local.base_url) as line:
            await line.identify(local.bot_token)
            await line.until("GUILD_CREATE")
            async with client(local, from_ada) as http:
                await secret_channel(Api(http), guild_id)
            assert (await line.until("CHANNEL_CREATE"))["d"]["name"] == "board"


async def test_gaining_a_channel_by_its_overwrites(listen: Listen, ada_api: Api, guild_id: int) -> None:
    secret = await secret_channel(ada_api, guild_id)
    thread = await ada_api.ok("POST", f"/channels/{secret['id']}/threads", {"name": "T", "type": 11})
    async with listen() as line:
        await ada_api.ok("PATCH", f"/channels/{secret['id']}", {"permission_overwrites": []})
        update, threads = await line.events()
        assert (update["t"], update["d"]["name"], update["d"]["topic"]) == ("CHANNEL_UPDATE", "board", "hush")
        assert threads["t"] == "THREAD_LIST_SYNC"
        assert threads["d"]["channel_ids"] == [secret["id"]]
        assert [each["id"] for each in threads["d"]["threads"]] == [thread["id"]]
        assert threads["d"]["members"] == []
        await ada_api.ok(
            "PATCH", f"/channels/{secret['id']}", {"permission_overwrites": hidden_from(guild_id)}
        )
        (lost,) = await line.events()
        assert (lost["t"], lost["d"]["name"]) == ("CHANNEL_UPDATE", HIDDEN_NAME)


async def test_gaining_a_channel_by_a_role(
    listen: Listen, local: LocalDiscord, ada_api: Api, guild_id: int
) -> None:
    role = await ada_api.ok("POST", f"/guilds/{guild_id}/roles", {"name": "insiders"})
    overwrites = [*hidden_from(guild_id), {"id": role["id"], "type": 0, "allow": str(VIEW), "deny": "0"}]
    secret = await secret_channel(ada_api, guild_id, permission_overwrites=overwrites)
    path = f"/guilds/{guild_id}/members/{local.application_id}/roles/{role['id']}"
    async with listen() as line:
        await ada_api.ok("PUT", path)
        # its own GUILD_MEMBER_UPDATE comes without the members intent
        assert names(events := await line.events()) == [
            "GUILD_MEMBER_UPDATE",
            "CHANNEL_UPDATE",
            "THREAD_LIST_SYNC",
        ]
        assert (events[1]["d"]["id"], events[1]["d"]["name"]) == (secret["id"], "board")
        await ada_api.ok("DELETE", path)
        # "the app will receive the event that caused its permissions on the channel to change"
        assert names(await line.events()) == ["GUILD_MEMBER_UPDATE"]
        await ada_api.ok("PATCH", f"/guilds/{guild_id}/roles/{guild_id}", {"name": "x", "permissions": "0"})
        assert "CHANNEL_UPDATE" not in names(await line.events())


async def test_a_person_hears_of_channels_as_they_appear_and_vanish(
    ada_api: Api, guild_id: int, bo: Member
) -> None:
    secret = await secret_channel(ada_api, guild_id)
    path = f"/channels/{secret['id']}"
    await ada_api.ok("PATCH", path, {"permission_overwrites": []})
    heard = await bo.wait_for(lambda event: event.name.startswith("CHANNEL_"))
    assert (heard.name, heard.data["id"]) == ("CHANNEL_CREATE", secret["id"])
    await bo.wait_for(lambda event: event.name == "THREAD_LIST_SYNC")
    await ada_api.ok("PATCH", path, {"permission_overwrites": hidden_from(guild_id)})
    heard = await bo.wait_for(lambda event: event.name.startswith("CHANNEL_"))
    assert heard.name == "CHANNEL_DELETE"
    await ada_api.ok("DELETE", path)
    open_one = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "open"})
    heard = await bo.wait_for(lambda event: event.name.startswith("CHANNEL_"))
    assert (heard.name, heard.data["id"]) == ("CHANNEL_CREATE", open_one["id"])


async def test_a_category_is_seen_by_who_sees_a_channel_in_it(
    local: LocalDiscord, ada_api: Api, guild_id: int
) -> None:
    category = await secret_channel(ada_api, guild_id, name="Plans", type=4)
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token)
        told = {c["id"]: c["name"] for c in (await line.until("GUILD_CREATE"))["d"]["channels"]}
        assert told[category["id"]] == HIDDEN_NAME
        body: dict[str, Any] = {"name": "inside", "parent_id": category["id"], "permission_overwrites": []}
        await ada_api.ok("POST", f"/guilds/{guild_id}/channels", body)
        first, second, _ = await line.events()
        assert (first["t"], first["d"]["name"]) == ("CHANNEL_CREATE", "inside")
        assert (second["t"], second["d"]["name"]) == ("CHANNEL_UPDATE", "Plans")


async def test_a_removed_thread_member_is_told_so(
    listen: Listen, local: LocalDiscord, ada_api: Api, research: Channel
) -> None:
    body = {"name": "P", "type": 12}
    thread = await ada_api.ok("POST", f"/channels/{research.id}/threads", body)
    async with listen() as line:
        path = f"/channels/{thread['id']}/thread-members/{local.application_id}"
        await ada_api.ok("PUT", path)
        assert "THREAD_MEMBERS_UPDATE" in names(await line.events())
        await ada_api.ok("DELETE", path)
        events = [event for event in await line.events() if event["t"] == "THREAD_MEMBERS_UPDATE"]
        assert [event["d"]["removed_member_ids"] for event in events] == [[str(local.application_id)]]
        # of others it hears only with the members intent
        await ada_api.ok("PUT", f"/channels/{thread['id']}/thread-members/{person(local, 'bo')}")
        assert "THREAD_MEMBERS_UPDATE" not in names(await line.events())


async def test_coming_into_a_guild_and_leaving_it(local: LocalDiscord, guild_id: int) -> None:
    world, guild = local.stage.world, local.stage.world.guilds[guild_id]
    async with on_line(local.base_url) as plain, on_line(local.base_url) as curious:
        await plain.identify(local.bot_token, GUILDS)
        await curious.identify(local.bot_token, GUILDS | MEMBERS)
        for line in (plain, curious):
            await line.until("GUILD_CREATE")
        member = world.member(guild_id, local.application_id)
        assert member is not None
        go_out(local.stage, guild, member)
        for line in (plain, curious):
            gone = (await line.until("GUILD_DELETE"))["d"]
            assert gone == {"id": str(guild_id)}, "no `unavailable`: it was removed"
            assert await line.events() == []
        come_in(local.stage, guild, local.application_id, permissions=VIEW)
        for line in (plain, curious):
            created = (await line.until("GUILD_CREATE"))["d"]
            assert "unavailable" not in created, "by this libraries tell a guild that was joined"
            assert [each["user"]["id"] for each in created["members"]] == [str(local.application_id)]


async def test_an_ephemeral_message_is_told_as_a_direct_one(
    local: LocalDiscord, bot_api: Api, bo_api: Api, guild_id: int, research: Channel, listen: Listen
) -> None:
    path = f"/applications/{local.application_id}/guilds/{guild_id}/commands"
    command = await bot_api.ok("POST", path, {"name": "ping", "description": "Pong", "type": 1})
    async with listen(GUILDS | MESSAGES | DIRECT) as line, listen(GUILDS | MESSAGES) as deaf:
        use = {
            "type": 2,
            "application_id": str(local.application_id),
            "guild_id": str(guild_id),
            "channel_id": str(research.id),
            "session_id": "s",
            "nonce": "1",
            "data": {"id": command["id"], "name": "ping", "type": 1, "version": command["version"]},
        }
        await bo_api.ok("POST", "/interactions", use)
        asked = (await line.until("INTERACTION_CREATE"))["d"]
        answer = {"type": 4, "data": {"content": "only you", "flags": 64}}
        await bot_api.ok("POST", f"/interactions/{asked['id']}/{asked['token']}/callback", answer)
        heard = (await line.until("MESSAGE_CREATE"))["d"]
        assert (heard["content"], "guild_id" in heard, "member" in heard) == ("only you", False, False)
        assert names(await deaf.events()) == ["INTERACTION_CREATE"]


async def test_bots_are_not_told_of_direct_channels(
    local: LocalDiscord, bo_api: Api, listen: Listen, bo: Member
) -> None:
    async with listen(GUILDS | DIRECT) as line:
        body = {"recipient_id": str(local.application_id)}
        channel = await bo_api.ok("POST", "/users/@me/channels", body)
        assert await line.events() == []
        heard = await bo.wait_for(lambda event: event.name == "CHANNEL_CREATE")
        assert heard.data["id"] == channel["id"]
        async with on_line(local.base_url) as late:
            ready = await late.identify(f"local:{local.key}:{person(local, 'bo')}")
            assert [each["id"] for each in ready["d"]["private_channels"]] == [channel["id"]]
