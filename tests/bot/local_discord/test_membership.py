"""Who is in a guild: joining, leaving, kicks, bans, timeouts, and who hears of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.clock import Clock
from bot.local_discord.client.member import DiscordRefused
from bot.local_discord.members import permissions as p
from bot.local_discord.model import Role
from bot.local_discord.server import Config, LocalDiscord, running
from tests.bot.local_discord.asking import QUICK, Api, Join, as_person, channel, client, person
from tests.bot.local_discord.line import Line, on_line

type Json = dict[str, Any]

GUILDS, MEMBERS, MODERATION = 1 << 0, 1 << 1, 1 << 2


async def control(local: LocalDiscord, method: str, path: str, body: object = None) -> httpx.Response:
    async with client(local, {"X-Local-Key": local.key}) as http:
        return await http.request(method, f"/local{path}", json=body)


def moderators(local: LocalDiscord, permissions: int) -> None:
    """What bo, a researcher, may do."""
    found = next(each for each in local.stage.world.roles.values() if each.name == "Researcher")
    local.stage.world.put_role(Role(found.id, found.guild_id, found.name, permissions, found.position))


async def test_somebody_new_joins_and_leaves(local: LocalDiscord, guild_id: int, bot_api: Api) -> None:
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, GUILDS | MEMBERS)
        path = f"/guilds/{guild_id}/members"
        answer = await control(local, "POST", path, {"name": "eve", "global_name": "Eve", "nick": "E"})
        assert answer.status_code == 201
        eve = answer.json()["user"]["id"]
        added = await line.until("GUILD_MEMBER_ADD")
        assert (added["d"]["user"]["global_name"], added["d"]["nick"]) == ("Eve", "E")
        assert added["d"]["guild_id"] == str(guild_id)
        assert (await control(local, "POST", path, {"name": "eve"})).status_code == 200
        assert (await bot_api.ok("GET", f"{path}/{eve}"))["nick"] == "E"
        assert (await control(local, "DELETE", f"{path}/{eve}")).status_code == 204
        removed = await line.until("GUILD_MEMBER_REMOVE")
        assert removed["d"]["user"]["id"] == eve
        assert (await control(local, "DELETE", f"{path}/{eve}")).json()["code"] == 10007
        assert (await bot_api.refused("GET", f"{path}/{eve}"))[0] == 10007


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 50035),
        ({"user_id": "x"}, 50035),
        ({"user_id": "1"}, 10013),
        ({"name": "Two Words"}, 50035),
        ({"name": "eve", "roles": ["1"]}, 10011),
        ([], 50109),
    ],
)
async def test_who_cannot_join(local: LocalDiscord, guild_id: int, body: object, code: int) -> None:
    answer = await control(local, "POST", f"/guilds/{guild_id}/members", body)
    assert answer.json()["code"] == code
    assert (await control(local, "POST", "/guilds/1/members", {"name": "eve"})).json()["code"] == 10004
    async with client(local, {}) as http:
        assert (await http.post(f"/local/guilds/{guild_id}/members", json={})).status_code == 401


async def test_a_person_who_joins_gets_the_guild_and_a_welcome(
    local: LocalDiscord, guild_id: int, ada_api: Api, joined: Join
) -> None:
    welcome = channel(local, "welcome")
    await ada_api.ok("PATCH", f"/guilds/{guild_id}", {"system_channel_id": str(welcome.id)})
    await control(local, "POST", f"/guilds/{guild_id}/members", {"name": "eve"})
    eve = person(local, "eve")
    await control(local, "DELETE", f"/guilds/{guild_id}/members/{eve}")
    async with joined("eve") as member:
        assert member.guilds == {}
        await control(local, "POST", f"/guilds/{guild_id}/members", {"user_id": str(eve)})
        created = await member.wait_for(lambda event: event.name == "GUILD_CREATE")
        assert {each["user"]["username"] for each in created.data["members"]} >= {"ada", "eve"}
        notice = await member.message_where(lambda message: message["type"] == 7)
        assert (notice["author"]["username"], notice["channel_id"]) == ("eve", str(welcome.id))
        await control(local, "DELETE", f"/guilds/{guild_id}/members/{eve}")
        gone = await member.wait_for(lambda event: event.name == "GUILD_DELETE")
        assert gone.data == {"id": str(guild_id)}


async def test_a_bot_leaves_and_is_invited_again(local: LocalDiscord, guild_id: int, bot_api: Api) -> None:
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, GUILDS)
        await bot_api.ok("DELETE", f"/users/@me/guilds/{guild_id}", status=204)
        assert (await line.until("GUILD_DELETE"))["d"] == {"id": str(guild_id)}
        assert (await bot_api.refused("GET", f"/guilds/{guild_id}"))[0] == 50001
        assert (await bot_api.refused("DELETE", f"/users/@me/guilds/{guild_id}"))[0] == 10004
        assert "cogswarm" not in {role.name for role in local.stage.world.roles_of(guild_id)}
        body = {"user_id": str(local.application_id), "permissions": str(p.VIEW_CHANNEL | p.SEND_MESSAGES)}
        assert (await control(local, "POST", f"/guilds/{guild_id}/members", body)).status_code == 201
        created = await line.until("GUILD_CREATE")
        assert created["d"]["id"] == str(guild_id)
        assert "unavailable" not in created["d"]
        own = await bot_api.ok("GET", f"/guilds/{guild_id}/members/{local.application_id}")
        roles = {role["id"]: role for role in await bot_api.ok("GET", f"/guilds/{guild_id}/roles")}
        assert roles[own["roles"][0]]["tags"] == {"bot_id": str(local.application_id)}
        assert roles[own["roles"][0]]["managed"] is True


async def test_an_owner_cannot_leave(ada_api: Api, guild_id: int) -> None:
    assert (await ada_api.refused("DELETE", f"/users/@me/guilds/{guild_id}"))[0] == 50055


async def test_kicks_follow_the_order_of_roles(
    bo_api: Api, guild_id: int, local: LocalDiscord, joined: Join
) -> None:
    path = f"/guilds/{guild_id}/members"
    ada, chen = person(local, "ada"), person(local, "chen")
    assert (await bo_api.refused("DELETE", f"{path}/{chen}"))[0] == 50013
    moderators(local, p.KICK_MEMBERS)
    assert (await bo_api.refused("DELETE", f"{path}/{ada}"))[0] == 50013
    assert (await bo_api.refused("DELETE", f"{path}/{person(local, 'bo')}"))[0] == 50013
    assert (await bo_api.refused("DELETE", f"{path}/1"))[0] == 10013
    async with joined("chen") as kicked:
        await bo_api.ok("DELETE", f"{path}/{chen}", status=204)
        await kicked.wait_for(lambda event: event.name == "GUILD_DELETE")
        with pytest.raises(DiscordRefused):
            await kicked.say(channel(local, "general").id, "still here?")


async def heard(line: Line, name: str) -> Json:
    found: Json = (await line.until(name))["d"]
    return found


async def test_bans_last_until_they_are_lifted(
    local: LocalDiscord, guild_id: int, ada_api: Api, bo_api: Api, joined: Join
) -> None:
    path, chen = f"/guilds/{guild_id}/bans", person(local, "chen")
    assert (await bo_api.refused("GET", path))[0] == 50013
    assert (await bo_api.refused("PUT", f"{path}/{chen}", {}))[0] == 50013
    assert (await ada_api.refused("PUT", f"{path}/1", {}))[0] == 10013
    assert (await ada_api.refused("PUT", f"{path}/{person(local, 'ada')}", {}))[0] == 50013
    general = channel(local, "general")
    async with joined("chen") as member:
        await member.say(general.id, "rude words")
    local.stage.world.put_role(Role(local.application_id + 1, guild_id, "mods", p.VIEW_AUDIT_LOG))
    await control_role(local, guild_id, local.application_id + 1)
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, GUILDS | MEMBERS | MODERATION)
        headers = {"X-Audit-Log-Reason": "rude%20words"}
        answer = await ada_api.call(
            "PUT", f"{path}/{chen}", json={"delete_message_seconds": 3600}, headers=headers
        )
        assert answer.status_code == 204
        assert (await heard(line, "GUILD_BAN_ADD"))["user"]["id"] == str(chen)
        assert (await heard(line, "GUILD_MEMBER_REMOVE"))["user"]["id"] == str(chen)
        assert (await ada_api.ok("GET", f"{path}/{chen}"))["reason"] == "rude words"
        assert [each["user"]["username"] for each in await ada_api.ok("GET", path)] == ["chen"]
        assert await ada_api.ok("GET", f"{path}?after={chen}") == []
        assert await ada_api.ok("GET", f"/channels/{general.id}/messages") == []
        refused = await control(local, "POST", f"/guilds/{guild_id}/members", {"user_id": str(chen)})
        assert refused.json()["code"] == 40007
        await ada_api.ok("DELETE", f"{path}/{chen}", status=204)
        assert (await heard(line, "GUILD_BAN_REMOVE"))["user"]["id"] == str(chen)
    assert (await ada_api.refused("DELETE", f"{path}/{chen}"))[0] == 10026
    assert (await ada_api.refused("GET", f"{path}/{chen}"))[0] == 10026
    again = await control(local, "POST", f"/guilds/{guild_id}/members", {"user_id": str(chen)})
    assert again.status_code == 201


async def control_role(local: LocalDiscord, guild_id: int, role_id: int) -> None:
    """Give the bot another role, which nobody in the guild could."""
    world = local.stage.world
    own = world.member(guild_id, local.application_id)
    assert own is not None
    world.put_member(type(own)(own.guild_id, own.user_id, own.joined_at, (*own.roles, role_id)))


async def test_a_bot_that_may_not_ban_hears_of_no_ban(
    local: LocalDiscord, guild_id: int, ada_api: Api
) -> None:
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, GUILDS | MEMBERS | MODERATION)
        await ada_api.ok("PUT", f"/guilds/{guild_id}/bans/{person(local, 'chen')}", {}, status=204)
        frame = await line.next()
        while frame["t"] != "GUILD_MEMBER_REMOVE":
            assert frame["t"] != "GUILD_BAN_ADD"
            frame = await line.next()


async def test_many_are_banned_at_once(bo_api: Api, guild_id: int, local: LocalDiscord) -> None:
    path = f"/guilds/{guild_id}/bulk-ban"
    ada, chen, dara = (str(person(local, name)) for name in ("ada", "chen", "dara"))
    assert (await bo_api.refused("POST", path, {"user_ids": [chen]}))[0] == 50013
    moderators(local, p.BAN_MEMBERS)
    assert (await bo_api.refused("POST", path, {"user_ids": [chen]}))[0] == 50013
    moderators(local, p.BAN_MEMBERS | p.MANAGE_GUILD)
    banned = await bo_api.ok("POST", path, {"user_ids": [ada, chen, dara, "1"]})
    assert banned == {"banned_users": [chen, dara], "failed_users": [ada, "1"]}
    assert (await bo_api.refused("POST", path, {"user_ids": [ada, chen]}))[0] == 500000
    assert (await bo_api.refused("POST", path, {"user_ids": [ada, ada]}))[0] == 50035
    assert (await bo_api.refused("POST", path, {}))[0] == 50035


async def test_a_timeout_silences_until_it_ends() -> None:
    late = timedelta()

    def now() -> datetime:
        return datetime.now(UTC) + late

    async with running(Config(settings=QUICK, clock=Clock(now=now))) as local:
        guild = next(iter(local.stage.world.guilds))
        general, bo, ada = channel(local, "general"), person(local, "bo"), person(local, "ada")
        async with as_person(local, ada) as ada_http, as_person(local, bo) as bo_http:
            ada_api, bo_api = Api(ada_http), Api(bo_http)
            path, messages = f"/guilds/{guild}/members/{bo}", f"/channels/{general.id}/messages"
            until = now() + timedelta(hours=1)
            body = {"communication_disabled_until": until.isoformat()}
            assert (await bo_api.refused("PATCH", f"/guilds/{guild}/members/{ada}", body))[0] == 50013
            given = await ada_api.ok("PATCH", path, body)
            assert datetime.fromisoformat(given["communication_disabled_until"]) == until
            assert (await bo_api.refused("POST", messages, {"content": "but"}))[0] == 50013
            await bo_api.ok("GET", messages)
            late = timedelta(hours=2)
            await bo_api.ok("POST", messages, {"content": "sorry"})
            far = {"communication_disabled_until": (now() + timedelta(days=29)).isoformat()}
            code, answer = await ada_api.refused("PATCH", path, far)
            assert code == 50035
            errors = answer["errors"]["communication_disabled_until"]["_errors"]
            assert errors[0]["code"] == "INVALID_COMMUNICATION_DISABLED_TIMESTAMP"
            await ada_api.ok(
                "PATCH", path, {"communication_disabled_until": (now() + timedelta(days=1)).isoformat()}
            )
            lifted = await ada_api.ok("PATCH", path, {"communication_disabled_until": None})
            assert lifted["communication_disabled_until"] is None
            await bo_api.ok("POST", messages, {"content": "thanks"})
            # owners and administrators are beyond timeouts
            code, _ = await ada_api.refused("PATCH", f"/guilds/{guild}/members/{ada}", far)
            assert code == 50013


async def test_members_are_changed_by_themselves_and_others(
    ada_api: Api, bo_api: Api, bot_api: Api, guild_id: int, local: LocalDiscord
) -> None:
    own = await bo_api.ok("PATCH", f"/guilds/{guild_id}/members/@me", {"nick": "Bobby"})
    assert (own["nick"], "permissions" in own) == ("Bobby", True)
    assert await bo_api.ok("PATCH", f"/guilds/{guild_id}/members/@me/nick", {"nick": "B"}) == {"nick": "B"}
    bo = person(local, "bo")
    path = f"/guilds/{guild_id}/members/{bo}"
    assert (await ada_api.ok("PATCH", path, {"nick": None}))["nick"] is None
    assert (await ada_api.ok("PATCH", path, {"flags": 1 << 2}))["flags"] == 4
    assert (await ada_api.refused("PATCH", path, {"mute": True}))[0] == 40032
    assert (await ada_api.refused("PATCH", path, {"nick": "x" * 33}))[0] == 50035
    assert (await ada_api.refused("PATCH", path, {"roles": ["1", "1"]}))[0] == 50035
    assert (await ada_api.refused("PATCH", f"/guilds/{guild_id}/members/1", {}))[0] == 10013
    assert (await bot_api.refused("PATCH", path, {"flags": 4}))[0] == 50013
    assert (await bo_api.refused("PATCH", f"/guilds/{guild_id}/members/@me", {"nick": "x" * 33}))[0] == 50035


async def test_the_bots_new_name_is_heard(bot_api: Api, local: LocalDiscord) -> None:
    async with on_line(local.base_url) as line:
        await line.identify(local.bot_token, GUILDS | MEMBERS)
        await bot_api.ok("PATCH", "/users/@me", {"username": "Harbour"})
        assert (await line.until("USER_UPDATE"))["d"]["username"] == "Harbour"
        assert (await line.until("GUILD_MEMBER_UPDATE"))["d"]["user"]["username"] == "Harbour"
