"""Webhooks: made, named by the rules, posted through, and edited."""

import pytest

from bot.local_discord.client.member import Member
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.asking import Api, client

PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


async def made(api: Api, channel: Channel, name: str = "Scout") -> dict[str, str]:
    webhook: dict[str, str] = await api.ok(
        "POST", f"/channels/{channel.id}/webhooks", {"name": name, "avatar": PIXEL}
    )
    return webhook


async def test_a_webhook_speaks_under_its_own_name(
    bot_api: Api, research: Channel, bo: Member, local: LocalDiscord
) -> None:
    webhook = await made(bot_api, research)
    path = f"/webhooks/{webhook['id']}/{webhook['token']}"
    async with client(local, {}) as http:
        api = Api(http)
        await api.ok("POST", path, {"content": "no answer wanted"}, status=204)
        sent = await api.ok("POST", f"{path}?wait=true", {"content": "found it", "username": "Ferret"})
        assert (sent["author"]["username"], sent["author"]["discriminator"]) == ("Ferret", "0000")
        assert sent["webhook_id"] == webhook["id"]
        edited = await api.ok("PATCH", f"{path}/messages/{sent['id']}", {"content": "found more"})
        assert edited["content"] == "found more"
        assert (await api.ok("GET", f"{path}/messages/{sent['id']}"))["content"] == "found more"
        await api.ok("DELETE", f"{path}/messages/{sent['id']}", status=204)
        assert (await api.refused("GET", f"{path}/messages/{sent['id']}"))[0] == 10008
        assert "user" not in await api.ok("GET", path)
        avatar = await http.get(f"/avatars/{webhook['id']}/{webhook['avatar']}.png")
        assert avatar.content.startswith(b"\x89PNG")
    heard = await bo.wait_for(
        lambda e: e.name == "MESSAGE_CREATE" and e.data["author"]["username"] == "Ferret"
    )
    assert "member" not in heard.data


async def test_into_a_thread_of_its_channel_only(
    bot_api: Api, research: Channel, ada_api: Api, guild_id: int
) -> None:
    webhook = await made(bot_api, research)
    path = f"/webhooks/{webhook['id']}/{webhook['token']}?wait=true&thread_id="
    thread = await bot_api.ok("POST", f"/channels/{research.id}/threads", {"name": "T", "type": 11})
    sent = await bot_api.ok("POST", path + thread["id"], {"content": "in there"})
    assert sent["channel_id"] == thread["id"]
    general = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "elsewhere"})
    other = await ada_api.ok("POST", f"/channels/{general['id']}/threads", {"name": "U", "type": 11})
    assert (await bot_api.refused("POST", path + other["id"], {"content": "x"}))[0] == 10003


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "BASE_TYPE_BAD_LENGTH"),
        ("x" * 81, "BASE_TYPE_BAD_LENGTH"),
        ("My Discord", "USERNAME_INVALID_CONTAINS"),
        ("CLYDE", "USERNAME_INVALID_CONTAINS"),
    ],
)
async def test_names_that_discord_refuses(bot_api: Api, research: Channel, name: str, code: str) -> None:
    given, answer = await bot_api.refused("POST", f"/channels/{research.id}/webhooks", {"name": name})
    assert given == 50035
    assert answer["errors"]["name"]["_errors"][0]["code"] == code
    webhook = await made(bot_api, research)
    path = f"/webhooks/{webhook['id']}/{webhook['token']}"
    given, answer = await bot_api.refused("POST", path, {"content": "x", "username": name})
    assert answer["errors"]["username"]["_errors"][0]["code"] == code


async def test_fifteen_fit_into_a_channel(bot_api: Api, research: Channel) -> None:
    for number in range(15):
        await made(bot_api, research, f"w{number}")
    assert (await bot_api.refused("POST", f"/channels/{research.id}/webhooks", {"name": "one more"}))[
        0
    ] == 30007


async def test_who_may_look_after_them(
    bot_api: Api, bo_api: Api, ada_api: Api, research: Channel, guild_id: int
) -> None:
    webhook = await made(bot_api, research)
    own = await ada_api.ok("POST", f"/channels/{research.id}/webhooks", {"name": "ada's"})
    assert (await bo_api.refused("GET", f"/channels/{research.id}/webhooks"))[0] == 50013
    listed = {each["id"]: each for each in await bot_api.ok("GET", f"/guilds/{guild_id}/webhooks")}
    assert "token" in listed[webhook["id"]]
    assert "token" in listed[own["id"]]
    renamed = await bot_api.ok("PATCH", f"/webhooks/{webhook['id']}", {"name": "Heron"})
    assert renamed["name"] == "Heron"
    assert (await bot_api.refused("POST", f"/webhooks/{webhook['id']}/wrong", {"content": "x"}))[0] == 50027
    await bot_api.ok("DELETE", f"/webhooks/{webhook['id']}", status=204)
    assert (await bot_api.refused("POST", f"/webhooks/{webhook['id']}/{webhook['token']}", {"content": "x"}))[
        0
    ] == 10015
    assert (await bot_api.refused("GET", f"/webhooks/{webhook['id']}"))[0] == 10015
