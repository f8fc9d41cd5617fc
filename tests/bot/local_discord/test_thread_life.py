"""Threads over time: asleep by themselves, woken, locked; forum posts with tags; who takes part; how many there may be."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.local_discord.client.member import Member
from bot.local_discord.model import PUBLIC_THREAD, Channel, ThreadMember, ThreadState
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.settings import LIMITS
from bot.testing.fake_clock import FakeClock
from tests.bot.local_discord.asking import QUICK, Api, as_person, channel, client, person

type Json = dict[str, Any]


@asynccontextmanager
async def apis(local: LocalDiscord) -> AsyncGenerator[tuple[Api, Api]]:
    """The bot and bo."""
    async with (
        client(local, {"Authorization": f"Bot {local.bot_token}"}) as as_bot,
        as_person(local, person(local, "bo")) as as_bo,
    ):
        yield Api(as_bot), Api(as_bo)


async def opened(api: Api, place: Channel, **more: Any) -> Json:
    body = {"name": "T", "type": 11, "auto_archive_duration": 60, **more}
    found: Json = await api.ok("POST", f"/channels/{place.id}/threads", body, status=201)
    return found


async def asleep(api: Api, thread: Json) -> bool:
    found = await api.ok("GET", f"/channels/{thread['id']}")
    return bool(found["thread_metadata"]["archived"])


async def test_idle_threads_fall_asleep(clock_discord: LocalDiscord, fake: FakeClock) -> None:
    local = clock_discord
    place = channel(local, "research")
    async with apis(local) as (bot, bo):
        busy, quiet = await opened(bot, place), await opened(bot, place)
        long = await opened(bot, place, auto_archive_duration=1440)
        await fake.advance(timedelta(minutes=59))
        await bo.ok("POST", f"/channels/{busy['id']}/messages", {"content": "still here"})
        await fake.advance(timedelta(minutes=2))
        assert [await asleep(bot, each) for each in (busy, quiet, long)] == [False, True, False]
        archived = await bot.ok("GET", f"/channels/{place.id}/threads/archived/public")
        assert [each["id"] for each in archived["threads"]] == [quiet["id"]]
        await fake.advance(timedelta(minutes=58))
        assert await asleep(bot, busy)
        await bot.ok("PATCH", f"/channels/{long['id']}", {"auto_archive_duration": 60})
        await fake.advance(timedelta(minutes=59))
        assert not await asleep(bot, long)
        await bo.ok("PATCH", f"/channels/{busy['id']}", {"archived": False})
        await fake.advance(timedelta(minutes=2))
        assert [await asleep(bot, each) for each in (busy, long)] == [False, True]
        await fake.advance(timedelta(hours=1))
        assert await asleep(bot, busy)


async def test_a_step_of_the_clock_puts_threads_to_sleep(
    bot_api: Api, research: Channel, local: LocalDiscord
) -> None:
    thread = await opened(bot_api, research)
    async with client(local, {"X-Local-Key": local.key}) as http:
        response = await http.post("/local/clock", json={"step": 3700})
        assert response.is_success, response.text
    assert await asleep(bot_api, thread)


async def test_sleeping_is_not_forgotten_over_a_restart(fake: FakeClock, tmp_path: Path) -> None:
    calm = replace(QUICK, save_interval=1e9)
    config = Config(settings=calm, clock=fake.clock, state_dir=tmp_path)
    async with running(config) as local, apis(local) as (bot, _):
        place = channel(local, "research")
        soon, later = await opened(bot, place), await opened(bot, place, auto_archive_duration=1440)
    await fake.advance(timedelta(hours=23))
    async with running(config) as local, apis(local) as (bot, _):
        assert [await asleep(bot, each) for each in (soon, later)] == [True, False]
        await fake.advance(timedelta(hours=2))
        assert await asleep(bot, later)


async def test_who_is_in_a_thread_hears_that_it_woke(bot_api: Api, research: Channel, bo: Member) -> None:
    thread = await opened(bot_api, research)
    await bo.say(thread["id"], "in there")
    joined = await bo.wait_for(lambda event: event.name == "THREAD_CREATE" and "member" in event.data)
    assert joined.data["id"] == thread["id"]
    await bot_api.ok("PATCH", f"/channels/{thread['id']}", {"archived": True})
    await bot_api.ok("POST", f"/channels/{thread['id']}/messages", {"content": "wake"})
    heard = await bo.wait_for(lambda event: event.name == "THREAD_MEMBER_UPDATE")
    assert (heard.data["id"], heard.data["user_id"]) == (thread["id"], bo.user_id)


async def test_what_goes_in_a_thread_that_sleeps(bot_api: Api, bo_api: Api, research: Channel) -> None:
    thread = await opened(bot_api, research)
    place = f"/channels/{thread['id']}"
    sent = await bo_api.ok("POST", f"{place}/messages", {"content": "x"})
    other = await bo_api.ok("POST", f"{place}/messages", {"content": "y"})
    await bot_api.ok("PATCH", place, {"archived": True})
    for body in ({"name": "N"}, {"locked": True}, {"archived": True}):
        assert (await bot_api.refused("PATCH", place, body))[0] == 50083
    for method, path in (
        ("PUT", f"{place}/thread-members/@me"),
        ("PUT", f"{place}/pins/{sent['id']}"),
        ("DELETE", f"{place}/messages/{sent['id']}/reactions"),
    ):
        assert (await bot_api.refused(method, path))[0] == 50083
    await bo_api.ok("DELETE", f"{place}/messages/{sent['id']}", status=204)
    assert await asleep(bot_api, thread)
    await bot_api.ok("PATCH", place, {"archived": False, "locked": True, "name": "N"})
    await bot_api.ok("PATCH", place, {"archived": True})
    assert (await bo_api.refused("DELETE", f"{place}/messages/{other['id']}"))[0] == 50083
    assert (await bo_api.refused("POST", f"{place}/messages", {"content": "x"}))[0] == 160005
    assert (await bo_api.refused("PATCH", place, {"archived": False}))[0] == 50013
    await bot_api.ok("DELETE", f"{place}/messages/{other['id']}", status=204)
    await bot_api.ok("POST", f"{place}/messages", {"content": "moderators wake it"})
    assert not await asleep(bot_api, thread)


async def test_a_locked_thread_is_read_only(bot_api: Api, bo_api: Api, research: Channel) -> None:
    thread = await opened(bot_api, research)
    place = f"/channels/{thread['id']}"
    sent = await bo_api.ok("POST", f"{place}/messages", {"content": "x"})
    await bot_api.ok("PATCH", place, {"locked": True})
    assert (await bo_api.refused("PATCH", f"{place}/messages/{sent['id']}", {"content": "y"}))[0] == 160005
    await bo_api.ok("PUT", f"{place}/messages/{sent['id']}/reactions/👍/@me", status=204)
    await bo_api.ok("DELETE", f"{place}/messages/{sent['id']}", status=204)


async def test_names_and_company_are_noted_in_the_thread(
    bot_api: Api, bo_api: Api, research: Channel, local: LocalDiscord
) -> None:
    thread = await opened(bot_api, research)
    place, bo = f"/channels/{thread['id']}", person(local, "bo")
    await bot_api.ok("PATCH", place, {"name": "  Tides "})
    await bot_api.ok("PUT", f"{place}/thread-members/{bo}", status=204)
    await bot_api.ok("PUT", f"{place}/thread-members/{bo}", status=204)
    await bot_api.ok("DELETE", f"{place}/thread-members/{bo}", status=204)
    notes = await bot_api.ok("GET", f"{place}/messages")
    assert [note["type"] for note in notes] == [2, 1, 4]
    assert (notes[2]["content"], [user["id"] for user in notes[0]["mentions"]]) == ("Tides", [str(bo)])
    members = await bot_api.ok("GET", f"{place}/thread-members")
    assert [member["user_id"] for member in members] == [str(local.application_id)]
    assert (await bot_api.refused("DELETE", f"{place}/thread-members/{bo}"))[0] == 10007
    assert (await bot_api.refused("GET", f"{place}/thread-members/{bo}"))[0] == 10007
    assert (await bot_api.refused("PATCH", place, {"name": "  "}))[0] == 50035
    await bo_api.ok("PUT", f"{place}/thread-members/@me", status=204)
    assert len(await bot_api.ok("GET", f"{place}/messages")) == 3


async def test_a_closed_private_thread_is_for_its_owner_to_open(
    bo_api: Api, research: Channel, local: LocalDiscord
) -> None:
    chen, dana = person(local, "chen"), local.application_id
    body = {"name": "Us", "type": 12, "invitable": False}
    thread = await bo_api.ok("POST", f"/channels/{research.id}/threads", body)
    assert thread["thread_metadata"]["invitable"] is False
    place = f"/channels/{thread['id']}"
    await bo_api.ok("PUT", f"{place}/thread-members/{chen}", status=204)
    async with as_person(local, chen) as http:
        api = Api(http)
        assert (await api.refused("PUT", f"{place}/thread-members/{dana}"))[0] == 50013
        await api.ok("POST", f"{place}/messages", {"content": f"<@{dana}> come in"})
    members = await bo_api.ok("GET", f"{place}/thread-members")
    assert {int(member["user_id"]) for member in members} == {person(local, "bo"), chen}


async def test_a_thread_has_room_for_a_thousand(
    bot_api: Api, bo_api: Api, research: Channel, local: LocalDiscord
) -> None:
    thread = await opened(bot_api, research)
    world = local.stage.world
    held = world.channels[int(thread["id"])]
    assert held.thread is not None
    crowd = tuple(ThreadMember(number, local.stage.now()) for number in range(LIMITS.thread_members))
    world.put_channel(replace(held, thread=replace(held.thread, members=crowd)))
    bo = person(local, "bo")
    assert (await bot_api.refused("PUT", f"/channels/{thread['id']}/thread-members/{bo}"))[0] == 30033
    await bo_api.ok("POST", f"/channels/{thread['id']}/messages", {"content": "from outside"})
    found = await bot_api.ok("GET", f"/channels/{thread['id']}")
    assert found["member_count"] == 50


async def test_a_guild_has_room_for_a_thousand_active_threads(
    bot_api: Api, bo_api: Api, research: Channel, guild_id: int, local: LocalDiscord
) -> None:
    stage = local.stage
    sleeping = await opened(bot_api, research)
    await bot_api.ok("PATCH", f"/channels/{sleeping['id']}", {"archived": True})
    now = stage.now()
    for number in range(LIMITS.active_threads):
        state = ThreadState(local.application_id, now, now)
        kind, name = PUBLIC_THREAD, str(number)
        thread = Channel(stage.ids.take(), kind, name, guild_id=guild_id, parent_id=research.id, thread=state)
        stage.world.put_channel(thread)
    body = {"name": "one more", "type": 11}
    before = len(stage.world.threads_of(guild_id))
    assert (await bot_api.refused("POST", f"/channels/{research.id}/threads", body))[0] == 160006
    assert (await bot_api.refused("PATCH", f"/channels/{sleeping['id']}", {"archived": False}))[0] == 160006
    assert (await bo_api.refused("POST", f"/channels/{sleeping['id']}/messages", {"content": "x"}))[
        0
    ] == 160006
    assert len(stage.world.threads_of(guild_id)) == before
    assert list(stage.world.messages(int(sleeping["id"]))) == []


async def test_kinds_of_threads_go_with_kinds_of_channels(
    ada_api: Api, guild_id: int, research: Channel
) -> None:
    news = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "news", "type": 5})
    voice = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "talk", "type": 2})
    for place, kind, code in (
        (news["id"], 12, 50024),
        (news["id"], 11, 50024),
        (research.id, 10, 50024),
        (voice["id"], 11, 50024),
        (research.id, 0, 50035),
    ):
        assert (await ada_api.refused("POST", f"/channels/{place}/threads", {"name": "x", "type": kind}))[
            0
        ] == code
    assert (await ada_api.ok("POST", f"/channels/{news['id']}/threads", {"name": "x", "type": 10}))[
        "type"
    ] == 10
    sent = await ada_api.ok("POST", f"/channels/{news['id']}/messages", {"content": "read all about it"})
    path = f"/channels/{news['id']}/messages/{sent['id']}/threads"
    assert (await ada_api.ok("POST", path, {"name": "x"}))["type"] == 10


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "x" * 101}, {"name": " "}, {"name": "x", "auto_archive_duration": 61}]
)
async def test_a_refused_thread_leaves_nothing(
    bot_api: Api, research: Channel, guild_id: int, local: LocalDiscord, body: Json
) -> None:
    sent = await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": "x"})
    for path in (
        f"/channels/{research.id}/threads",
        f"/channels/{research.id}/messages/{sent['id']}/threads",
    ):
        assert (await bot_api.refused("POST", path, body))[0] == 50035
    assert local.stage.world.threads_of(guild_id) == []
    assert (await bot_api.ok("GET", f"/channels/{research.id}/messages/{sent['id']}"))["flags"] == 0


async def forum(api: Api, guild_id: int, **more: Any) -> Json:
    tags = [{"name": "bug"}, {"name": "official", "moderated": True}]
    body = {"name": "ideas", "type": 15, "available_tags": tags, **more}
    found: Json = await api.ok("POST", f"/guilds/{guild_id}/channels", body)
    return found


async def test_posts_of_a_forum(ada_api: Api, bo_api: Api, guild_id: int) -> None:
    ideas = await forum(ada_api, guild_id, default_thread_rate_limit_per_user=5)
    bug, official = (tag["id"] for tag in ideas["available_tags"])
    path = f"/channels/{ideas['id']}/threads"
    body: Json = {"name": "First", "applied_tags": [bug], "message": {"content": "an idea"}}
    post = await bo_api.ok("POST", path, body, status=201)
    assert post["applied_tags"] == [bug]
    assert (post["message_count"], post["total_message_sent"], post["rate_limit_per_user"]) == (0, 0, 5)
    assert post["message"]["content"] == "an idea"
    assert "thread" not in post["message"]
    await ada_api.ok("POST", f"/channels/{post['id']}/messages", {"content": "why not"})
    read = await bo_api.ok("GET", f"/channels/{post['id']}")
    assert (read["message_count"], read["total_message_sent"]) == (1, 1)
    assert (await bo_api.ok("GET", f"/channels/{ideas['id']}"))["last_message_id"] == post["id"]
    assert (await bo_api.refused("POST", path, {**body, "applied_tags": ["1"]}))[0] == 10087
    assert (await bo_api.refused("POST", path, {**body, "applied_tags": [official]}))[0] == 50013
    assert (await bo_api.refused("PATCH", f"/channels/{post['id']}", {"applied_tags": [bug, official]}))[
        0
    ] == 50013
    retagged = await ada_api.ok("PATCH", f"/channels/{post['id']}", {"applied_tags": [official]})
    assert retagged["applied_tags"] == [official]
    assert (await bo_api.refused("PATCH", f"/channels/{post['id']}", {"applied_tags": [bug]}))[0] == 50013
    wrongs: list[tuple[Json, int]] = [
        ({"name": "x"}, 50035),
        ({"name": "x", "message": {}}, 50006),
        ({"message": {"content": "x"}}, 50035),
    ]
    for wrong, code in wrongs:
        assert (await bo_api.refused("POST", path, wrong))[0] == code
    reply = {"content": "x", "message_reference": {"type": 1, "message_id": "1", "channel_id": "1"}}
    await bo_api.ok("POST", path, {"name": "no reference here", "message": reply}, status=201)


async def test_a_forum_may_require_tags(ada_api: Api, bo_api: Api, guild_id: int) -> None:
    ideas = await forum(ada_api, guild_id, flags=1 << 4)
    path = f"/channels/{ideas['id']}/threads"
    body = {"name": "x", "message": {"content": "x"}}
    assert (await bo_api.refused("POST", path, body))[0] == 40067
    only = [{"name": "official", "moderated": True}]
    await ada_api.ok("PATCH", f"/channels/{ideas['id']}", {"available_tags": only})
    assert (await bo_api.refused("POST", path, body))[0] == 40066
    assert (await ada_api.refused("POST", path, body))[0] == 40067


async def test_one_post_is_pinned_to_its_forum(clock_discord: LocalDiscord, fake: FakeClock) -> None:
    local = clock_discord
    guild_id = next(iter(local.stage.world.guilds))
    async with as_person(local, person(local, "ada")) as http, apis(local) as (_, bo):
        ada = Api(http)
        ideas = await forum(ada, guild_id)
        body = {"name": "x", "auto_archive_duration": 60, "message": {"content": "x"}}
        first, second = [await bo.ok("POST", f"/channels/{ideas['id']}/threads", body) for _ in range(2)]
        assert (await bo.refused("PATCH", f"/channels/{first['id']}", {"flags": 2}))[0] == 50013
        assert (await ada.ok("PATCH", f"/channels/{first['id']}", {"flags": 2}))["flags"] == 2
        assert (await ada.refused("PATCH", f"/channels/{second['id']}", {"flags": 2}))[0] == 30047
        await fake.advance(timedelta(hours=2))
        assert [await asleep(bo, each) for each in (first, second)] == [False, True]
        assert (await ada.ok("PATCH", f"/channels/{first['id']}", {"archived": True}))["flags"] == 0


async def test_archived_threads_come_in_pages(clock_discord: LocalDiscord, fake: FakeClock) -> None:
    local = clock_discord
    place = channel(local, "research")
    async with apis(local) as (bot, bo):
        made: list[str] = []
        for number in range(5):
            thread = await opened(bot, place, name=str(number), type=12 if number % 2 else 11)
            if number % 2:
                await bot.ok("PUT", f"/channels/{thread['id']}/thread-members/{person(local, 'bo')}")
            await fake.advance(1)
            await bot.ok("PATCH", f"/channels/{thread['id']}", {"archived": True})
            made.append(thread["id"])
        path = f"/channels/{place.id}/threads/archived/public"
        first = await bot.ok("GET", f"{path}?limit=2")
        assert ([each["id"] for each in first["threads"]], first["has_more"]) == ([made[4], made[2]], True)
        assert [each["id"] for each in first["members"]] == [made[4], made[2]]
        before = first["threads"][-1]["thread_metadata"]["archive_timestamp"].replace("+", "%2B")
        rest = await bot.ok("GET", f"{path}?limit=2&before={before}")
        assert ([each["id"] for each in rest["threads"]], rest["has_more"]) == ([made[0]], False)
        private = f"/channels/{place.id}/threads/archived/private"
        assert len((await bot.ok("GET", private))["threads"]) == 2
        assert (await bo.refused("GET", private))[0] == 50013
        mine = f"/channels/{place.id}/users/@me/threads/archived/private"
        found = await bo.ok("GET", f"{mine}?before={made[3]}")
        assert [each["id"] for each in found["threads"]] == [made[1]]
        assert (await bot.refused("GET", f"{path}?limit=1"))[0] == 50035
        assert (await bot.refused("GET", f"{path}?before=yesterday"))[0] == 50035
