"""What Discord refuses of a message, with its code and the place in the body that is wrong."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from bot.local_discord.model import DM, TEXT, Channel, Message, User
from bot.local_discord.server import Config, LocalDiscord
from bot.local_discord.settings import LIMITS
from bot.testing.fake_clock import FakeClock
from tests.bot.local_discord.asking import Api, as_person, channel, client, person

type Json = dict[str, Any]


def codes(answer: Json, *path: str) -> list[str]:
    place = answer["errors"]
    for step in path:
        place = place[step]
    return [error["code"] for error in place["_errors"]]


FIELD = {"name": "n", "value": "v"}


@pytest.mark.parametrize(
    ("embed", "path", "code"),
    [
        ({"title": "x" * 257}, ("title",), "BASE_TYPE_MAX_LENGTH"),
        ({"description": "x" * 4097}, ("description",), "BASE_TYPE_MAX_LENGTH"),
        ({"fields": [FIELD] * 26}, ("fields",), "BASE_TYPE_MAX_LENGTH"),
        (
            {"fields": [FIELD, {"name": "x" * 257, "value": "v"}]},
            ("fields", "1", "name"),
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"fields": [FIELD, FIELD, {"name": "n", "value": "x" * 1025}]},
            ("fields", "2", "value"),
            "BASE_TYPE_MAX_LENGTH",
        ),
        ({"fields": [{"name": " \n ", "value": "v"}]}, ("fields", "0", "name"), "BASE_TYPE_REQUIRED"),
        ({"fields": [{"name": "n"}]}, ("fields", "0", "value"), "BASE_TYPE_REQUIRED"),
        ({"footer": {"text": "x" * 2049}}, ("footer", "text"), "BASE_TYPE_MAX_LENGTH"),
        ({"author": {"name": "x" * 257}}, ("author", "name"), "BASE_TYPE_MAX_LENGTH"),
        ({"title": "t", "url": "javascript:alert(1)"}, ("url",), "URL_TYPE_INVALID_URL"),
        ({"title": "t", "url": "ftp://example.org"}, ("url",), "URL_TYPE_INVALID_SCHEME"),
        ({"title": "t", "url": "attachment://a.png"}, ("url",), "URL_TYPE_INVALID_SCHEME"),
        ({"title": "t", "image": {"url": "nonsense"}}, ("image", "url"), "URL_TYPE_INVALID_URL"),
        ({"title": "t", "color": 0x1000000}, ("color",), "NUMBER_TYPE_MAX"),
        ({"title": "t", "timestamp": "yesterday"}, ("timestamp",), "DATE_TIME_TYPE_PARSE"),
        ({"title": "t", "timestamp": 20200101}, ("timestamp",), "DATE_TIME_TYPE_PARSE"),
        ({}, ("description",), "BASE_TYPE_REQUIRED"),
        ({"color": 1, "title": "  "}, ("description",), "BASE_TYPE_REQUIRED"),
    ],
)
async def test_each_part_of_an_embed_has_its_limit(
    bot_api: Api, research: Channel, embed: Json, path: tuple[str, ...], code: str
) -> None:
    body = {"content": "x", "embeds": [{"title": "fine"}, embed]}
    given, answer = await bot_api.refused("POST", f"/channels/{research.id}/messages", body)
    assert given == 50035
    assert codes(answer, "embeds", "1", *path) == [code]


async def test_embeds_at_their_limits_fit(bot_api: Api, research: Channel) -> None:
    path = f"/channels/{research.id}/messages"
    full = {
        "title": "t" * 256,
        "description": "d" * 4096,
        "author": {"name": "a" * 256},
        "footer": {"text": "f" * 1392},
    }
    sent = await bot_api.ok("POST", path, {"embeds": [full]})
    assert len(sent["embeds"][0]["footer"]["text"]) == 1392
    spaces = {"title": "  \n t \t ", "timestamp": "2026-01-05T09:00:00"}
    sent = await bot_api.ok("POST", path, {"embeds": [spaces]})
    assert sent["embeds"][0]["title"] == "t"
    assert sent["embeds"][0]["timestamp"] == "2026-01-05T09:00:00+00:00"
    one_more = {"title": "x"}
    code, answer = await bot_api.refused("POST", path, {"embeds": [full, one_more]})
    assert (code, codes(answer, "embeds")) == (50035, ["MAX_EMBED_SIZE_EXCEEDED"])


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({"content": "x", "nonce": 1.5}, 50035, ("nonce",)),
        ({"content": "x", "nonce": True}, 50035, ("nonce",)),
        ({"content": "x", "sticker_ids": ["1"]}, 50081, None),
        ({"content": "x", "poll": {"question": {"text": "?"}, "answers": []}}, 50035, ("poll", "answers")),
        (
            {"content": "x", "allowed_mentions": {"users": ["1", "1"]}},
            50035,
            ("allowed_mentions", "users", "1"),
        ),
        ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, 50035, ("allowed_mentions", "parse", "0")),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users", "users"]}},
            50035,
            ("allowed_mentions", "parse", "1"),
        ),
        (
            {"content": "x", "allowed_mentions": {"users": [str(i) for i in range(101)]}},
            50035,
            ("allowed_mentions", "users"),
        ),
        (
            {"content": "x", "allowed_mentions": {"parse": ["roles"], "roles": ["1"]}},
            50035,
            ("allowed_mentions",),
        ),
        ({"content": "x", "attachments": [{"id": 0}]}, 50035, ("attachments", "0")),
        ({"content": "x", "attachments": [{"description": "d"}]}, 50035, ("attachments", "0", "id")),
        (
            {"content": "x", "message_reference": {"type": 2, "message_id": "1"}},
            50035,
            ("message_reference", "type"),
        ),
        (
            {"content": "x", "message_reference": {"channel_id": "x", "message_id": "1"}},
            50035,
            ("message_reference", "channel_id"),
        ),
        ({"message_reference": {"type": 1, "message_id": "1"}}, 50035, ("message_reference", "channel_id")),
    ],
)
async def test_what_else_is_wrong_with_a_message(
    bot_api: Api, research: Channel, body: Json, code: int, path: tuple[str, ...] | None
) -> None:
    given, answer = await bot_api.refused("POST", f"/channels/{research.id}/messages", body)
    assert given == code
    assert path is None or codes(answer, *path)


async def test_two_kinds_of_channels_hold_no_messages(ada_api: Api, guild_id: int) -> None:
    for kind, code in ((4, 50008), (15, 40058)):
        made = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "x", "type": kind})
        path = f"/channels/{made['id']}/messages"
        assert (await ada_api.refused("POST", path, {"content": "x"}))[0] == code
        assert (await ada_api.refused("GET", path))[0] == 50024


async def test_bots_reach_neither_bots_nor_strangers(bot_api: Api, local: LocalDiscord) -> None:
    world, ids = local.stage.world, local.stage.ids
    for bot in (True, False):
        other = User(ids.take(), f"other{bot}", bot=bot)
        world.put_user(other)
        direct = Channel(ids.take(), DM, recipients=(local.application_id, other.id))
        world.put_channel(direct)
        assert (await bot_api.refused("POST", f"/channels/{direct.id}/messages", {"content": "x"}))[
            0
        ] == 50007


async def test_messages_that_discord_wrote_are_left_alone(bot_api: Api, research: Channel) -> None:
    path = f"/channels/{research.id}/messages"
    sent = await bot_api.ok("POST", path, {"content": "x"})
    await bot_api.ok("PUT", f"{path}/pins/{sent['id']}")
    notice = (await bot_api.ok("GET", f"{path}?limit=1"))[0]
    assert notice["type"] == 6
    assert (await bot_api.refused("PATCH", f"{path}/{notice['id']}", {"content": "no"}))[0] == 50021
    assert (await bot_api.refused("PUT", f"{path}/pins/{notice['id']}"))[0] == 50021
    await bot_api.ok("DELETE", f"{path}/{notice['id']}", status=204)
    thread = await bot_api.ok("POST", f"{path}/{sent['id']}/threads", {"name": "T"})
    starter = (await bot_api.ok("GET", f"/channels/{thread['id']}/messages"))[0]
    assert starter["type"] == 21
    assert (await bot_api.refused("DELETE", f"/channels/{thread['id']}/messages/{starter['id']}"))[0] == 50021


async def test_bulk_deletion(bot_api: Api, research: Channel, local: LocalDiscord) -> None:
    path = f"/channels/{research.id}/messages/bulk-delete"
    old = local.stage.ids.take() - (15 * 86_400_000 << 22)
    for ids, place in (
        (["1"], ("messages",)),
        ([str(i) for i in range(101)], ("messages",)),
        (["1", "2", "1"], ("messages", "2")),
        (["1", "x"], ("messages", "1")),
    ):
        code, answer = await bot_api.refused("POST", path, {"messages": ids})
        assert code == 50035
        assert codes(answer, *place)
    assert (await bot_api.refused("POST", path, {"messages": [str(old), str(old + 1)]}))[0] == 50034
    now = local.stage.ids.take()
    await bot_api.ok("POST", path, {"messages": [str(now), str(now + 1)]}, status=204)
    bo = person(local, "bo")
    direct = await bot_api.ok("POST", "/users/@me/channels", {"recipient_id": str(bo)})
    body = {"messages": ["1", "2"]}
    assert (await bot_api.refused("POST", f"/channels/{direct['id']}/messages/bulk-delete", body))[0] == 50003


def pinned(local: LocalDiscord, place: Channel, count: int) -> None:
    stage = local.stage
    for _ in range(count):
        now = stage.now()
        stage.world.put_message(
            Message(stage.ids.take(), place.id, local.application_id, now, "old pin", pinned_at=now)
        )


async def test_two_hundred_and_fifty_pins_fit(bot_api: Api, research: Channel, local: LocalDiscord) -> None:
    path = f"/channels/{research.id}/messages"
    pinned(local, research, LIMITS.pins - 1)
    sent = [(await bot_api.ok("POST", path, {"content": str(i)}))["id"] for i in range(2)]
    await bot_api.ok("PUT", f"{path}/pins/{sent[0]}", status=204)
    assert (await bot_api.refused("PUT", f"{path}/pins/{sent[1]}"))[0] == 30003
    await bot_api.ok("PUT", f"{path}/pins/{sent[0]}", status=204)
    assert len(await bot_api.ok("GET", f"/channels/{research.id}/pins")) == 50
    await bot_api.ok("DELETE", f"{path}/pins/{sent[0]}", status=204)
    await bot_api.ok("PUT", f"{path}/pins/{sent[1]}", status=204)


async def test_pins_of_one_moment_are_told_apart_by_pages(clock_discord: LocalDiscord) -> None:
    """Pages are asked for by the time of a pin, so that no two may have the same."""
    place = channel(clock_discord, "research")
    path = f"/channels/{place.id}/messages"
    async with client(clock_discord, {"Authorization": f"Bot {clock_discord.bot_token}"}) as http:
        bot_api = Api(http)
        sent = [(await bot_api.ok("POST", path, {"content": str(i)}))["id"] for i in range(3)]
        for one in sent:
            await bot_api.ok("PUT", f"{path}/pins/{one}", status=204)
        seen, before, page = list[str](), "", dict[str, Any]()
        while len(seen) < len(sent):
            page = await bot_api.ok("GET", f"{path}/pins?limit=1{before}")
            seen.append(page["items"][0]["message"]["id"])
            before = "&before=" + quote(page["items"][0]["pinned_at"])
        assert not page["has_more"]
    assert seen == sent[::-1]


async def test_a_pin_stays_in_its_channel(
    bot_api: Api, ada_api: Api, research: Channel, guild_id: int
) -> None:
    other = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "other"})
    sent = await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": "x"})
    assert (await bot_api.refused("PUT", f"/channels/{other['id']}/pins/{sent['id']}"))[0] == 50019
    assert (await bot_api.refused("PUT", f"/channels/{other['id']}/pins/1"))[0] == 10008


async def test_slowmode_is_for_people(clock_discord: LocalDiscord, fake: FakeClock) -> None:
    local = clock_discord
    place = channel(local, "research")
    path = f"/channels/{place.id}/messages"
    async with (
        as_person(local, person(local, "bo")) as as_bo,
        as_person(local, person(local, "ada")) as as_ada,
        client(local, {"Authorization": f"Bot {local.bot_token}"}) as as_bot,
    ):
        bo, ada, bot = Api(as_bo), Api(as_ada), Api(as_bot)
        await ada.ok("PATCH", f"/channels/{place.id}", {"rate_limit_per_user": 30})
        first = await bo.ok("POST", path, {"content": "one", "nonce": "n", "enforce_nonce": True})
        await fake.advance(10)
        response = await bo.call("POST", path, json={"content": "two"})
        assert response.status_code == 429
        assert response.json()["code"] == 20016
        assert response.json()["retry_after"] == pytest.approx(20)
        assert response.json()["global"] is False
        assert response.headers["via"]
        again = await bo.ok("POST", path, {"content": "one", "nonce": "n", "enforce_nonce": True})
        assert again["id"] == first["id"]
        await bo.ok("DELETE", f"{path}/{first['id']}")
        assert (await bo.refused("POST", path, {"content": "two"}))[0] == 20016
        for unslowed in (ada, bot):
            await unslowed.ok("POST", path, {"content": "at once"})
            await unslowed.ok("POST", path, {"content": "and again"})
        await fake.advance(20)
        await bo.ok("POST", path, {"content": "two"})
        threads = f"/channels/{place.id}/threads"
        await bo.ok("POST", threads, {"name": "first", "type": 11})
        assert (await bo.refused("POST", threads, {"name": "second", "type": 11}))[0] == 20016
        await bot.ok("POST", threads, {"name": "third", "type": 11})
        await bot.ok("POST", threads, {"name": "fourth", "type": 11})


async def test_old_messages_are_edited_a_few_times_only(clock_discord: LocalDiscord, fake: FakeClock) -> None:
    local = clock_discord
    path = f"/channels/{channel(local, 'research').id}/messages"
    async with client(local, {"Authorization": f"Bot {local.bot_token}"}) as http:
        api = Api(http)
        ids = [(await api.ok("POST", path, {"content": "x"}))["id"] for _ in range(2)]
        for number in range(5):
            await api.ok("PATCH", f"{path}/{ids[0]}", {"content": str(number)})
        await fake.advance(timedelta(hours=1, seconds=1))
        for number in range(3):
            await api.ok("PATCH", f"{path}/{ids[number % 2]}", {"content": f"late {number}"})
        response = await api.call("PATCH", f"{path}/{ids[1]}", json={"content": "too much"})
        assert (response.status_code, response.json()["code"]) == (429, 30046)
        assert 0 < response.json()["retry_after"] <= 6
        assert (await api.ok("GET", f"{path}/{ids[1]}"))["content"] == "late 1"
        new = await api.ok("POST", path, {"content": "new"})
        await api.ok("PATCH", f"{path}/{new['id']}", {"content": "newer"})
        await fake.advance(6)
        await api.ok("PATCH", f"{path}/{ids[1]}", {"content": "in time"})


@pytest.mark.parametrize("kind", [TEXT, 2, 13])
async def test_voice_channels_have_a_chat_too(ada_api: Api, guild_id: int, kind: int) -> None:
    made = await ada_api.ok("POST", f"/guilds/{guild_id}/channels", {"name": "talk", "type": kind})
    await ada_api.ok("POST", f"/channels/{made['id']}/messages", {"content": "written"})


async def test_a_nonce_is_forgotten_after_some_minutes(clock_discord: LocalDiscord, fake: FakeClock) -> None:
    local = clock_discord
    path = f"/channels/{channel(local, 'research').id}/messages"
    body = {"content": "x", "nonce": 7, "enforce_nonce": True}
    async with client(local, {"Authorization": f"Bot {local.bot_token}"}) as http:
        api = Api(http)
        first = await api.ok("POST", path, body)
        await fake.advance(local.stage.settings.nonce_window - 1)
        assert (await api.ok("POST", path, body))["id"] == first["id"]
        await fake.advance(2)
        assert (await api.ok("POST", path, body))["id"] != first["id"]


def test_the_settings_of_a_plain_start_are_those_of_discord() -> None:
    settings = Config().settings
    assert (settings.request_bytes, settings.file_bytes) == (25 * 2**20, 10 * 2**20)
    assert (settings.old_message_age, settings.old_message_edits, settings.old_message_window) == (3600, 3, 6)
    assert (LIMITS.pins, LIMITS.reactions, LIMITS.webhooks, LIMITS.thread_members) == (250, 20, 15, 1000)
