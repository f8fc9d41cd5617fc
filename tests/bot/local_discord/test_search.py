"""The search of a guild's messages: whole words, in what who asks may read, in pages."""

import pytest

from bot.local_discord.client.member import Member
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.asking import Api, channel


async def texts(api: Api, research: Channel, query: str) -> list[str]:
    found = await api.ok("GET", f"/guilds/{research.guild_id}/messages/search?{query}")
    assert all(one[0]["hit"] for one in found["messages"])
    return [one[0]["content"] for one in found["messages"]]


async def test_what_was_said_is_found_in_every_way(
    bot_api: Api, ada_api: Api, bo: Member, research: Channel, local: LocalDiscord
) -> None:
    said = await bo.say(research.id, "The tide comes at noon, see https://tide.example/x")
    await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": "noon tide"})
    thread = await bot_api.ok("POST", f"/channels/{research.id}/messages/{said['id']}/threads", {"name": "T"})
    await ada_api.ok("POST", f"/channels/{thread['id']}/messages", {"content": f"tides <@{bo.user_id}>"})
    await ada_api.ok("PUT", f"/channels/{research.id}/messages/pins/{said['id']}")
    tide = "The tide comes at noon, see https://tide.example/x"
    assert await texts(bot_api, research, "content=noon%20TIDE") == ["noon tide", tide]
    assert await texts(bot_api, research, "content=tide&sort_order=asc") == [tide, "noon tide"]
    assert await texts(bot_api, research, "has=link&sort_by=timestamp") == [tide]
    assert await texts(bot_api, research, "content=tide&has=-link&has=-file") == ["noon tide"]
    assert await texts(bot_api, research, "pinned=true") == [tide]
    assert await texts(bot_api, research, "content=tide&author_type=bot") == ["noon tide"]
    assert await texts(bot_api, research, f"author_id={bo.user_id}&content=tide") == [tide]
    assert await texts(bot_api, research, f"mentions={bo.user_id}") == [f"tides <@{bo.user_id}>"]
    assert await texts(bot_api, research, f"content=tide&max_id={said['id']}") == []
    assert await texts(bot_api, research, f"content=tide&min_id={said['id']}") == ["noon tide"]
    whole = await bot_api.ok("GET", f"/guilds/{research.guild_id}/messages/search?limit=1&offset=1")
    assert len(whole["messages"]) == 1
    assert whole["total_results"] > 2
    in_thread = await bot_api.ok("GET", f"/guilds/{research.guild_id}/messages/search?content=tides")
    assert [one["id"] for one in in_thread["threads"]] == [thread["id"]]
    assert channel(local, "research").id == research.id


async def test_what_somebody_may_not_read_is_not_found(
    bot_api: Api, ada_api: Api, bo_api: Api, research: Channel
) -> None:
    await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": "whispered"})
    assert await texts(bo_api, research, "content=whispered") == ["whispered"]
    nobody = {"type": 0, "deny": str(1 << 16)}
    await ada_api.ok("PUT", f"/channels/{research.id}/permissions/{research.guild_id}", nobody)
    assert await texts(bo_api, research, "content=whispered") == []


@pytest.mark.parametrize(
    "query", ["limit=26", "offset=9976", "has=shoes", "author_id=x", "sort_order=up", "author_type=cat"]
)
async def test_a_wrong_search_is_refused(bot_api: Api, research: Channel, query: str) -> None:
    code, _ = await bot_api.refused("GET", f"/guilds/{research.guild_id}/messages/search?{query}")
    assert code == 50035
