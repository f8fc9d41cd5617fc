"""Announcement channels: followed, published, and what happens to the copies."""

from typing import Any

from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.asking import Api
from tests.bot.local_discord.test_attachments import posted, text

type Json = dict[str, Any]


async def followed(api: Api, guild_id: int, target: Channel) -> tuple[Json, Json]:
    news: Json = await api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "news", "type": 5})
    body = {"webhook_channel_id": str(target.id)}
    answer: Json = await api.ok("POST", f"/channels/{news['id']}/followers", body)
    return news, answer


async def newest(api: Api, place: Channel) -> Json:
    found: Json = (await api.ok("GET", f"/channels/{place.id}/messages?limit=1"))[0]
    return found


async def test_what_is_published_reaches_those_who_follow(
    ada_api: Api, bo_api: Api, guild_id: int, research: Channel, local: LocalDiscord
) -> None:
    news, answer = await followed(ada_api, guild_id, research)
    assert answer["channel_id"] == news["id"]
    notice = await newest(bo_api, research)
    assert (notice["type"], notice["message_reference"]["channel_id"]) == (12, news["id"])
    webhook = await ada_api.ok("GET", f"/webhooks/{answer['webhook_id']}")
    assert (webhook["type"], webhook["source_channel"]["name"]) == (2, "news")
    assert "token" not in webhook
    source = await posted(
        ada_api, local.stage.world.channels[int(news["id"])], {"content": "@everyone hear"}, text("a.txt")
    )
    path = f"/channels/{news['id']}/messages/{source['id']}"
    published = await ada_api.ok("POST", f"{path}/crosspost")
    assert published["flags"] == 1
    assert (await ada_api.refused("POST", f"{path}/crosspost"))[0] == 40033
    copy = await newest(bo_api, research)
    assert (copy["content"], copy["flags"], copy["mention_everyone"]) == ("@everyone hear", 2, False)
    assert copy["message_reference"]["message_id"] == source["id"]
    assert copy["webhook_id"] == answer["webhook_id"]
    assert (await bo_api.http.get(copy["attachments"][0]["url"])).content == b"hello"
    await ada_api.ok("PATCH", path, {"content": "hear, hear"})
    assert (await newest(bo_api, research))["content"] == "hear, hear"
    await ada_api.ok("DELETE", path)
    blank = await newest(bo_api, research)
    assert (blank["content"], blank["flags"], blank["attachments"]) == (
        "[Original Message Deleted]",
        2 | 8,
        [],
    )


async def test_who_may_publish_and_follow_what(
    ada_api: Api, bo_api: Api, guild_id: int, research: Channel
) -> None:
    news, _ = await followed(ada_api, guild_id, research)
    by_ada = await ada_api.ok("POST", f"/channels/{news['id']}/messages", {"content": "x"})
    assert (await bo_api.refused("POST", f"/channels/{news['id']}/messages/{by_ada['id']}/crosspost"))[
        0
    ] == 50013
    by_bo = await bo_api.ok("POST", f"/channels/{news['id']}/messages", {"content": "mine"})
    await bo_api.ok("POST", f"/channels/{news['id']}/messages/{by_bo['id']}/crosspost")
    plain = await ada_api.ok("POST", f"/channels/{research.id}/messages", {"content": "x"})
    assert (await ada_api.refused("POST", f"/channels/{research.id}/messages/{plain['id']}/crosspost"))[
        0
    ] == 50024
    body = {"webhook_channel_id": str(research.id)}
    assert (await bo_api.refused("POST", f"/channels/{news['id']}/followers", body))[0] == 50013
    assert (await ada_api.refused("POST", f"/channels/{research.id}/followers", body))[0] == 50024
    assert (await ada_api.refused("POST", f"/channels/{news['id']}/followers", {}))[0] == 50035
    assert (await ada_api.refused("POST", f"/channels/{news['id']}/followers", {"webhook_channel_id": "1"}))[
        0
    ] == 10003
    for _ in range(14):
        await ada_api.ok("POST", f"/channels/{news['id']}/followers", body)
    assert (await ada_api.refused("POST", f"/channels/{news['id']}/followers", body))[0] == 30007
