"""What webhooks post: into forums and threads, under borrowed faces, and what they may not."""

import base64
from typing import Any

import pytest

from bot.local_discord.model import Channel, Webhook
from bot.local_discord.server import LocalDiscord
from bot.local_discord.settings import LIMITS
from tests.bot.local_discord.asking import Api, client, person
from tests.bot.local_discord.test_attachments import png, posted
from tests.bot.local_discord.test_webhooks import made

type Json = dict[str, Any]


def picture(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def address(webhook: dict[str, str]) -> str:
    return f"/webhooks/{webhook['id']}/{webhook['token']}"


async def test_posts_in_forums(bot_api: Api, ada_api: Api, guild_id: int, research: Channel) -> None:
    body = {"name": "ideas", "type": 15, "available_tags": [{"name": "bug"}]}
    forum = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", body)
    tag = forum["available_tags"][0]["id"]
    webhook = await bot_api.ok("POST", f"/channels/{forum['id']}/webhooks", {"name": "Scout"})
    path = address(webhook)
    assert (await bot_api.refused("POST", path, {"content": "x"}))[0] == 220001
    code, answer = await bot_api.refused("POST", path, {"content": "x", "thread_name": "x" * 101})
    assert (code, list(answer["errors"])) == (50035, ["thread_name"])
    sent = await bot_api.ok(
        "POST", f"{path}?wait=1", {"content": "found", "thread_name": "Tides", "applied_tags": [tag]}
    )
    thread = await bot_api.ok("GET", f"/channels/{sent['channel_id']}")
    assert (sent["id"], thread["name"], thread["applied_tags"]) == (thread["id"], "Tides", [tag])
    assert (thread["owner_id"], thread["member_count"]) == (webhook["id"], 0)
    inside = f"{path}?wait=true&thread_id={thread['id']}"
    assert (await bot_api.ok("POST", inside, {"content": "more"}))["channel_id"] == thread["id"]
    assert (await bot_api.refused("POST", inside, {"content": "x", "thread_name": "y"}))[0] == 220002
    plain = address(await made(bot_api, research))
    assert (await bot_api.refused("POST", plain, {"content": "x", "thread_name": "y"}))[0] == 220003
    assert (await bot_api.refused("POST", f"{plain}?thread_id=x", {"content": "x"}))[0] == 50035


async def test_a_message_in_a_thread_is_named_with_it(bot_api: Api, research: Channel) -> None:
    webhook = await made(bot_api, research)
    thread = await bot_api.ok("POST", f"/channels/{research.id}/threads", {"name": "T", "type": 11})
    path = address(webhook)
    query = f"?thread_id={thread['id']}"
    sent = await bot_api.ok("POST", f"{path}{query}&wait=true", {"content": "x"})
    message = f"{path}/messages/{sent['id']}"
    assert (await bot_api.refused("GET", message))[0] == 10008
    assert (await bot_api.ok("GET", message + query))["content"] == "x"
    await bot_api.ok("PATCH", f"/channels/{thread['id']}", {"archived": True})
    assert (await bot_api.refused("PATCH", message + query, {"content": "y"}))[0] == 50083
    await bot_api.ok("DELETE", message + query, status=204)
    await bot_api.ok("POST", path + query, {"content": "wakes it"}, status=204)
    assert (await bot_api.ok("GET", f"/channels/{thread['id']}"))["thread_metadata"]["archived"] is False


async def test_only_users_are_mentioned_unless_said_otherwise(
    bot_api: Api, research: Channel, local: LocalDiscord
) -> None:
    path = f"{address(await made(bot_api, research))}?wait=true"
    content = f"<@{person(local, 'bo')}> @everyone"
    sent = await bot_api.ok("POST", path, {"content": content})
    assert (len(sent["mentions"]), sent["mention_everyone"]) == (1, False)
    sent = await bot_api.ok("POST", path, {"content": content, "allowed_mentions": {"parse": ["everyone"]}})
    assert (len(sent["mentions"]), sent["mention_everyone"]) == (0, True)


async def test_avatars_are_kept_and_served(bot_api: Api, research: Channel, local: LocalDiscord) -> None:
    gif = b"GIF89a" + b"\x01\x00" * 2 + b"\0" * 10
    path = f"/channels/{research.id}/webhooks"
    webhook = await bot_api.ok("POST", path, {"name": "Scout", "avatar": picture(png(2, 2))})
    changed = await bot_api.ok("PATCH", f"/webhooks/{webhook['id']}", {"avatar": picture(gif, "gif")})
    assert changed["avatar"] != webhook["avatar"]
    for digest, kind in ((webhook["avatar"], "image/png"), (changed["avatar"], "image/gif")):
        for ending in (".png", ".webp", ""):
            served = await bot_api.http.get(f"/avatars/{webhook['id']}/{digest}{ending}?size=64")
            assert (served.status_code, served.headers["content-type"]) == (200, kind)
            assert "sandbox" in served.headers["content-security-policy"]
    bare = await bot_api.ok("PATCH", f"/webhooks/{webhook['id']}", {"avatar": None, "name": "Scout II"})
    assert (bare["avatar"], bare["name"]) == (None, "Scout II")
    for wrong in ("x", picture(b"<svg/>"), picture(b"<svg/>", "svg+xml"), "data:image/png;base64,!!"):
        code, answer = await bot_api.refused("PATCH", f"/webhooks/{webhook['id']}", {"avatar": wrong})
        assert (code, list(answer["errors"])) == (50035, ["avatar"])
    assert local.stage.files.get("avatar-" + "0" * 32) is None


async def test_a_face_for_one_message(bot_api: Api, research: Channel, local: LocalDiscord) -> None:
    webhook = await made(bot_api, research)
    path = f"{address(webhook)}?wait=true"
    message = await posted(bot_api, research, {}, ("owl.png", png(2, 2), "image/png"))
    here = message["attachments"][0]["url"]
    sent = await bot_api.ok("POST", path, {"content": "x", "username": "  Barn   Owl ", "avatar_url": here})
    assert sent["author"]["username"] == "Barn Owl"
    served = await bot_api.http.get(f"/avatars/{webhook['id']}/{sent['author']['avatar']}.png")
    assert served.content == png(2, 2)
    away = await bot_api.ok("POST", path, {"content": "x", "avatar_url": "https://example.org/owl.png"})
    assert away["author"]["avatar"] not in (None, webhook["avatar"], sent["author"]["avatar"])
    assert (
        await bot_api.http.get(f"/avatars/{webhook['id']}/{away['author']['avatar']}.png")
    ).status_code == 404
    again = await bot_api.ok(
        "POST",
        path,
        {"content": "x", "avatar_url": f"{local.base_url}/avatars/1/{webhook['avatar']}.png"},
    )
    assert again["author"]["avatar"] == webhook["avatar"]
    code, answer = await bot_api.refused("POST", path, {"content": "x", "avatar_url": "owl"})
    assert (code, list(answer["errors"])) == (50035, ["avatar_url"])


async def test_moving_a_webhook(
    bot_api: Api, ada_api: Api, guild_id: int, research: Channel, local: LocalDiscord
) -> None:
    webhook = await made(bot_api, research)
    other = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "other"})
    category = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "category", "type": 4})
    path = f"/webhooks/{webhook['id']}"
    assert (await bot_api.ok("PATCH", path, {"channel_id": other["id"]}))["channel_id"] == other["id"]
    assert (await bot_api.refused("PATCH", path, {"channel_id": "1"}))[0] == 10003
    assert (await bot_api.refused("PATCH", path, {"channel_id": category["id"]}))[0] == 50024
    stage = local.stage
    for number in range(LIMITS.webhooks):
        each = Webhook(stage.ids.take(), guild_id, research.id, f"w{number}", "t", local.application_id)
        stage.world.webhooks[each.id] = each
    assert (await bot_api.refused("PATCH", path, {"channel_id": str(research.id)}))[0] == 30007
    by_token = await bot_api.ok("PATCH", address(webhook), {"name": "Heron", "channel_id": str(research.id)})
    assert (by_token["name"], by_token["channel_id"]) == ("Heron", other["id"])
    assert "user" not in by_token


async def test_a_guild_has_room_for_a_thousand(
    bot_api: Api, ada_api: Api, guild_id: int, research: Channel, local: LocalDiscord
) -> None:
    other = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "other"})
    stage = local.stage
    for number in range(LIMITS.guild_webhooks):
        each = Webhook(stage.ids.take(), guild_id, int(other["id"]), f"w{number}", "t", local.application_id)
        stage.world.webhooks[each.id] = each
    assert (await bot_api.refused("POST", f"/channels/{research.id}/webhooks", {"name": "x"}))[0] == 30058


async def test_tokens_are_for_those_they_concern(
    bot_api: Api, bo_api: Api, research: Channel, local: LocalDiscord
) -> None:
    webhook = await made(bot_api, research)
    stage = local.stage
    foreign = Webhook(
        stage.ids.take(), webhook_guild(local), research.id, "theirs", "secret", local.application_id, 1
    )
    stage.world.webhooks[foreign.id] = foreign
    listed = {each["id"]: each for each in await bot_api.ok("GET", f"/channels/{research.id}/webhooks")}
    assert "token" in listed[webhook["id"]]
    assert "token" not in listed[str(foreign.id)]
    assert "url" not in await bot_api.ok("GET", f"/webhooks/{foreign.id}")
    assert (await bo_api.refused("GET", f"/webhooks/{webhook['id']}"))[0] == 50013
    for token in ("", "secre", "secret2", "%00", "é"):
        async with client(local, {}) as http:
            response = await http.get(f"/api/v10/webhooks/{foreign.id}/{token}")
        assert response.status_code in (401, 404)


def webhook_guild(local: LocalDiscord) -> int:
    return next(iter(local.stage.world.guilds))


WRONG: list[Json] = [{}, {"content": ""}, {"content": "x" * 2001}, {"embeds": [{}]}, {"components": []}]


@pytest.mark.parametrize("body", WRONG)
async def test_nothing_is_posted_that_is_wrong(
    bot_api: Api, research: Channel, local: LocalDiscord, body: Json
) -> None:
    path = address(await made(bot_api, research))
    response = await bot_api.call("POST", path, json=body)
    assert response.json()["code"] in (50006, 50035)
    assert local.stage.world.message_count(research.id) == 0
