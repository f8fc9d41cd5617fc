"""Threads, reactions and pins over REST, with the events that people hear."""

import pytest

from bot.local_discord.client.member import Member
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.asking import Api, Join, person


async def posted(api: Api, place: int | str, text: str = "hello") -> str:
    return str((await api.ok("POST", f"/channels/{place}/messages", {"content": text}))["id"])


async def test_a_thread_from_a_message_has_its_id(bot_api: Api, research: Channel, bo: Member) -> None:
    message_id = await posted(bot_api, research.id)
    path = f"/channels/{research.id}/messages/{message_id}/threads"
    thread = await bot_api.ok("POST", path, {"name": "Tides", "auto_archive_duration": 60}, status=201)
    assert (thread["id"], thread["type"], thread["parent_id"]) == (message_id, 11, str(research.id))
    heard = await bo.wait_for(lambda event: event.name == "THREAD_CREATE")
    assert heard.data["newly_created"] is True
    assert "member" not in heard.data
    changed = await bo.wait_for(
        lambda event: event.name == "MESSAGE_UPDATE" and event.data["id"] == message_id
    )
    assert changed.data["flags"] & 32
    assert changed.data["thread"]["id"] == message_id
    assert (await bot_api.refused("POST", path, {"name": "Again"}))[0] == 160004


async def test_messages_in_a_thread_are_counted(
    bot_api: Api, bo_api: Api, research: Channel, guild_id: int
) -> None:
    message_id = await posted(bot_api, research.id)
    await bot_api.ok("POST", f"/channels/{research.id}/messages/{message_id}/threads", {"name": "T"})
    await posted(bo_api, message_id, "one")
    two = await posted(bot_api, message_id, "two")
    thread = await bot_api.ok("GET", f"/channels/{message_id}")
    assert (thread["message_count"], thread["member_count"], thread["last_message_id"]) == (2, 2, two)
    active = await bo_api.ok("GET", f"/guilds/{guild_id}/threads/active")
    assert [each["id"] for each in active["threads"]] == [message_id]
    assert len(active["members"]) == 1
    await bot_api.ok("DELETE", f"/channels/{message_id}/messages/{two}")
    thread = await bot_api.ok("GET", f"/channels/{message_id}")
    assert (thread["message_count"], thread["total_message_sent"]) == (1, 2)


async def test_archived_threads_sleep_until_somebody_writes(
    bot_api: Api, bo_api: Api, research: Channel
) -> None:
    message_id = await posted(bot_api, research.id)
    await bot_api.ok("POST", f"/channels/{research.id}/messages/{message_id}/threads", {"name": "T"})
    inside = await posted(bot_api, message_id)
    await bot_api.ok("PATCH", f"/channels/{message_id}", {"archived": True})
    listed = await bo_api.ok("GET", f"/channels/{research.id}/threads/archived/public")
    assert [each["id"] for each in listed["threads"]] == [message_id]
    path = f"/channels/{message_id}/messages/{inside}"
    assert (await bot_api.refused("PATCH", path, {"content": "no"}))[0] == 50083
    assert (await bot_api.refused("PUT", f"{path}/reactions/👍/@me"))[0] == 50083
    assert (await bot_api.refused("PATCH", f"/channels/{message_id}", {"name": "N"}))[0] == 50083
    await posted(bo_api, message_id, "wake up")
    thread = await bo_api.ok("GET", f"/channels/{message_id}")
    assert thread["thread_metadata"]["archived"] is False


async def test_locked_threads_are_for_moderators(bot_api: Api, bo_api: Api, research: Channel) -> None:
    message_id = await posted(bot_api, research.id)
    await bot_api.ok("POST", f"/channels/{research.id}/messages/{message_id}/threads", {"name": "T"})
    await bot_api.ok("PATCH", f"/channels/{message_id}", {"locked": True, "name": "Closed"})
    code, _ = await bo_api.refused("POST", f"/channels/{message_id}/messages", {"content": "x"})
    assert code == 160005
    assert (await bo_api.refused("PATCH", f"/channels/{message_id}", {"locked": False}))[0] == 50013
    await posted(bot_api, message_id, "moderators may")


async def test_private_threads_are_for_those_in_them(
    bot_api: Api, bo_api: Api, research: Channel, local: LocalDiscord
) -> None:
    path = f"/channels/{research.id}/threads"
    thread = await bot_api.ok("POST", path, {"name": "Quiet"}, status=201)
    assert thread["type"] == 12
    assert (await bo_api.refused("GET", f"/channels/{thread['id']}"))[0] == 50001
    bo = person(local, "bo")
    await bot_api.ok("PUT", f"/channels/{thread['id']}/thread-members/{bo}", status=204)
    await posted(bo_api, thread["id"])
    members = await bot_api.ok("GET", f"/channels/{thread['id']}/thread-members?with_member=true")
    assert {member["user_id"] for member in members} == {str(bo), str(local.application_id)}
    await bo_api.ok("DELETE", f"/channels/{thread['id']}/thread-members/@me", status=204)
    assert (await bo_api.refused("GET", f"/channels/{thread['id']}"))[0] == 50001


async def test_a_public_thread_without_a_message_is_announced(bot_api: Api, research: Channel) -> None:
    thread = await bot_api.ok(
        "POST", f"/channels/{research.id}/threads", {"name": "Plan", "type": 11}, status=201
    )
    newest = (await bot_api.ok("GET", f"/channels/{research.id}/messages?limit=1"))[0]
    assert (newest["type"], newest["content"]) == (18, "Plan")
    assert newest["message_reference"]["channel_id"] == thread["id"]


async def test_deleting_a_channel_takes_its_threads(ada_api: Api, guild_id: int, joined: Join) -> None:
    made = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "Short Lived"}, status=201)
    assert made["name"] == "short-lived"
    thread = await ada_api.ok("POST", f"/channels/{made['id']}/threads", {"name": "T", "type": 11})
    async with joined("bo") as bo:
        await ada_api.ok("DELETE", f"/channels/{made['id']}", status=200)
        gone = await bo.wait_for(lambda event: event.name == "THREAD_DELETE")
        assert gone.data["id"] == thread["id"]
        await bo.wait_for(lambda event: event.name == "CHANNEL_DELETE")
    assert (await ada_api.refused("GET", f"/channels/{thread['id']}"))[0] == 10003


async def test_forum_posts_start_with_a_message(ada_api: Api, guild_id: int) -> None:
    forum = await ada_api.ok(
        "POST", f"/guilds/{guild_id}/channels", {"name": "ideas", "type": 15}, status=201
    )
    body = {"name": "First", "message": {"content": "an idea"}}
    post = await ada_api.ok("POST", f"/channels/{forum['id']}/threads", body, status=201)
    assert post["message"]["id"] == post["id"]
    assert (await ada_api.refused("POST", f"/channels/{forum['id']}/messages", {"content": "x"}))[0] == 40058


async def test_reactions(
    bot_api: Api, bo_api: Api, research: Channel, bo: Member, local: LocalDiscord
) -> None:
    message_id = await posted(bot_api, research.id)
    path = f"/channels/{research.id}/messages/{message_id}/reactions"
    await bot_api.ok("PUT", f"{path}/⚙️/@me", status=204)
    await bo_api.ok("PUT", f"{path}/⚙/@me", status=204)
    heard = await bo.wait_for(lambda event: event.name == "MESSAGE_REACTION_ADD")
    assert heard.data["emoji"] == {"id": None, "name": "⚙️"}
    message = await bo_api.ok("GET", f"/channels/{research.id}/messages/{message_id}")
    assert [(r["count"], r["me"]) for r in message["reactions"]] == [(2, True)]
    users = await bot_api.ok("GET", f"{path}/⚙️")
    assert {user["id"] for user in users} == {str(person(local, "bo")), str(local.application_id)}
    await bo_api.ok("DELETE", f"{path}/⚙️/@me", status=204)
    assert (await bo_api.refused("DELETE", f"{path}/⚙️/{local.application_id}"))[0] == 50013
    assert (await bo_api.refused("PUT", f"{path}/abc/@me"))[0] == 10014
    assert (await bo_api.refused("PUT", f"{path}/cat:123/@me"))[0] == 10014
    await bot_api.ok("DELETE", path, status=204)
    message = await bo_api.ok("GET", f"/channels/{research.id}/messages/{message_id}")
    assert "reactions" not in message


async def test_twenty_different_reactions_fit(bot_api: Api, bo_api: Api, research: Channel) -> None:
    message_id = await posted(bot_api, research.id)
    path = f"/channels/{research.id}/messages/{message_id}/reactions"
    emojis = [chr(0x1F600 + i) for i in range(21)]
    for emoji in emojis[:20]:
        await bot_api.ok("PUT", f"{path}/{emoji}/@me")
    assert (await bot_api.refused("PUT", f"{path}/{emojis[20]}/@me"))[0] == 30010
    await bo_api.ok("PUT", f"{path}/{emojis[0]}/@me")


@pytest.mark.parametrize("old", [False, True])
async def test_pins(bot_api: Api, bo_api: Api, research: Channel, bo: Member, *, old: bool) -> None:
    ids = [await posted(bot_api, research.id, str(i)) for i in range(3)]
    path = f"/channels/{research.id}/{'pins' if old else 'messages/pins'}"
    for message_id in ids:
        await bot_api.ok("PUT", f"{path}/{message_id}", status=204)
    await bo.wait_for(lambda event: event.name == "CHANNEL_PINS_UPDATE")
    assert (await bo_api.refused("PUT", f"{path}/{ids[0]}"))[0] == 50013
    notice = await bo.message_where(lambda message: message["type"] == 6)
    assert notice["message_reference"]["message_id"] in ids
    await bot_api.ok("DELETE", f"{path}/{ids[1]}", status=204)
    listed = await bo_api.ok("GET", path)
    found = listed if old else [item["message"] for item in listed["items"]]
    assert [message["content"] for message in found] == ["2", "0"]
    if not old:
        first = await bo_api.ok("GET", f"{path}?limit=1")
        assert first["has_more"] is True
        before = first["items"][0]["pinned_at"].replace("+", "%2B")
        rest = await bo_api.ok("GET", f"{path}?before={before}")
        assert [item["message"]["content"] for item in rest["items"]] == ["0"]
