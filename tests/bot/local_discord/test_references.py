"""Replies, forwards and mentions: what a message points at and whom it reaches."""

from dataclasses import replace
from typing import Any

import pytest

from bot.local_discord.members.permissions import ALL, MENTION_EVERYONE, READ_MESSAGE_HISTORY
from bot.local_discord.messages.mentions import said
from bot.local_discord.model import Channel, Emoji, Role
from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.asking import Api, person
from tests.bot.local_discord.test_attachments import posted, text

type Json = dict[str, Any]


async def written(api: Api, channel: Channel | str, content: str = "hello", **more: Any) -> Json:
    place = channel if isinstance(channel, str) else str(channel.id)
    found: Json = await api.ok("POST", f"/channels/{place}/messages", {"content": content, **more})
    return found


def forward(message: Json, **more: Any) -> Json:
    reference = {"type": 1, "message_id": message["id"], "channel_id": message["channel_id"], **more}
    return {"message_reference": reference}


def without(local: LocalDiscord, guild_id: int, permission: int) -> None:
    """Take a permission from everybody, the bot's role included."""
    world = local.stage.world
    for role in world.roles_of(guild_id):
        granted = ALL & ~8 if role.permissions & 8 else role.permissions
        world.put_role(replace(role, permissions=granted & ~permission))


async def test_a_forward_shows_what_was_said_then(bot_api: Api, bo_api: Api, research: Channel) -> None:
    source = await written(bo_api, research, "tides turn")
    path = f"/channels/{research.id}/messages"
    made = await bot_api.ok("POST", path, forward(source))
    assert (made["type"], made["content"], made["flags"]) == (0, "", 1 << 14)
    assert made["message_reference"] | {"guild_id": 0} == {
        "type": 1,
        "message_id": source["id"],
        "channel_id": str(research.id),
        "guild_id": 0,
    }
    assert "referenced_message" not in made
    await bo_api.ok("PATCH", f"{path}/{source['id']}", {"content": "changed"})
    again = await bot_api.ok("POST", path, forward(made))
    for each in (await bot_api.ok("GET", f"{path}/{made['id']}"), again):
        snapshot = each["message_snapshots"][0]["message"]
        assert snapshot["content"] == "tides turn"
        assert "author" not in snapshot


async def test_what_cannot_be_forwarded(
    bot_api: Api, bo_api: Api, research: Channel, guild_id: int, local: LocalDiscord
) -> None:
    path = f"/channels/{research.id}/messages"
    source = await written(bo_api, research)
    for extra in ({"content": "look"}, {"embeds": [{"title": "t"}]}):
        code, answer = await bot_api.refused("POST", path, {**forward(source), **extra})
        assert code == 50035
        errors = answer["errors"]["message_reference"]["_errors"]
        assert errors[0]["code"] == "FORWARD_CONTAINS_UNSUPPORTED_CONTENT"
    assert (await bot_api.refused("POST", path, forward(source, message_id="1")))[0] == 50035
    assert (await bot_api.refused("POST", path, forward(source, channel_id="1")))[0] == 10003
    await bot_api.ok("PUT", f"{path}/pins/{source['id']}")
    notice = (await bot_api.ok("GET", f"{path}?limit=1"))[0]
    assert (await bot_api.refused("POST", path, forward(notice)))[0] == 50068
    private = await bot_api.ok("POST", f"/channels/{research.id}/threads", {"name": "Quiet", "type": 12})
    secret = await written(bot_api, private["id"])
    assert (await bo_api.refused("POST", path, forward(secret)))[0] == 50001
    world = local.stage.world
    blind = replace(world.applications[local.application_id], privileged=())
    world.put_application(blind)
    assert (await bot_api.refused("POST", path, forward(source)))[0] == 160014
    mentioning = await written(bo_api, research, f"<@{local.application_id}> look")
    assert (await bot_api.ok("POST", path, forward(mentioning)))["flags"] == 1 << 14
    without(local, guild_id, READ_MESSAGE_HISTORY)
    assert (await bo_api.refused("POST", path, forward(source)))[0] == 160009


async def test_a_forwarded_text_is_hidden_like_any_other(
    bot_api: Api, bo_api: Api, research: Channel, local: LocalDiscord
) -> None:
    source = await posted(bo_api, research, {"content": "secret"}, text("a.txt"))
    made = await bo_api.ok("POST", f"/channels/{research.id}/messages", forward(source))
    world = local.stage.world
    world.put_application(replace(world.applications[local.application_id], privileged=()))
    read = await bot_api.ok("GET", f"/channels/{research.id}/messages/{made['id']}")
    snapshot = read["message_snapshots"][0]["message"]
    assert (snapshot["content"], snapshot["attachments"]) == ("", [])


async def test_replies_need_history_and_the_right_channel(
    bot_api: Api, bo_api: Api, research: Channel, guild_id: int, local: LocalDiscord
) -> None:
    path = f"/channels/{research.id}/messages"
    source = await written(bot_api, research)

    def reply(**more: Any) -> Json:
        return {"content": "re", "message_reference": {"message_id": source["id"], **more}}

    for wrong in ({"channel_id": "1"}, {"guild_id": "1"}, {"message_id": "1"}):
        code, answer = await bo_api.refused("POST", path, reply(**wrong))
        assert code == 50035
        assert answer["errors"]["message_reference"]["_errors"][0]["code"] == "REPLIES_UNKNOWN_MESSAGE"
        loose = await bo_api.ok("POST", path, reply(**wrong, fail_if_not_exists=False))
        assert (loose["type"], "message_reference" in loose) == (0, False)
    fine = reply(channel_id=str(research.id), guild_id=str(guild_id), type=0)
    assert (await bo_api.ok("POST", path, fine))["type"] == 19
    without(local, guild_id, READ_MESSAGE_HISTORY)
    assert (await bo_api.refused("POST", path, reply()))[0] == 160002


async def test_whom_a_reply_reaches(
    bot_api: Api, bo_api: Api, research: Channel, local: LocalDiscord
) -> None:
    path = f"/channels/{research.id}/messages"
    source = await written(bo_api, research)
    bo, chen = str(person(local, "bo")), person(local, "chen")
    body: Json = {"content": f"<@{chen}>", "message_reference": {"message_id": source["id"]}}
    for allowed, expected in (
        (None, {bo, str(chen)}),
        ({"parse": ["users"]}, {str(chen)}),
        ({"replied_user": True}, {bo}),
        ({"parse": ["users"], "replied_user": True}, {bo, str(chen)}),
    ):
        sent = await bot_api.ok(
            "POST", path, body if allowed is None else {**body, "allowed_mentions": allowed}
        )
        assert {user["id"] for user in sent["mentions"]} == expected
        edited = await bot_api.ok("PATCH", f"{path}/{sent['id']}", {"embeds": [{"title": "t"}]})
        assert {user["id"] for user in edited["mentions"]} == expected
    edited = await bot_api.ok("PATCH", f"{path}/{sent['id']}", {"content": "nobody", "allowed_mentions": {}})
    assert edited["mentions"] == []
    edited = await bot_api.ok("PATCH", f"{path}/{sent['id']}", {"content": "as by default"})
    assert [user["id"] for user in edited["mentions"]] == [bo]


async def test_mentions_in_code_do_not_count(bot_api: Api, research: Channel, local: LocalDiscord) -> None:
    bo = person(local, "bo")
    for content in (
        f"`<@{bo}>` `@everyone`",
        f"```\n<@{bo}>\n@here\n```",
        f"`` `<@{bo}>` ``",
        "a@everyon <@1>",
    ):
        sent = await written(bot_api, research, content)
        assert (sent["mentions"], sent["mention_everyone"]) == ([], False)
    assert (await written(bot_api, research, f"` <@{bo}> @here"))["mention_everyone"] is True


async def test_mentions_in_text_components_count(
    bot_api: Api, research: Channel, local: LocalDiscord
) -> None:
    bo = person(local, "bo")
    inner = [{"type": 10, "content": f"hello <@{bo}>"}]
    components: list[Json] = [{"type": 17, "components": inner}]
    body = {"flags": 1 << 15, "components": components}
    sent = await bot_api.ok("POST", f"/channels/{research.id}/messages", body)
    assert [user["id"] for user in sent["mentions"]] == [str(bo)]
    path = f"/channels/{research.id}/messages/{sent['id']}"
    edited = await bot_api.ok("PATCH", path, {"components": [{"type": 10, "content": "bye"}]})
    assert edited["mentions"] == []
    assert said("a", components).endswith(f"<@{bo}>")


async def test_roles_are_mentioned_by_permission(
    ada_api: Api, bo_api: Api, research: Channel, guild_id: int, local: LocalDiscord
) -> None:
    world = local.stage.world
    shy = Role(local.stage.ids.take(), guild_id, "shy", 0, 1)
    open_role = Role(local.stage.ids.take(), guild_id, "open", 0, 1, mentionable=True)
    for role in (shy, open_role):
        world.put_role(role)
    everyone = world.roles[guild_id]
    world.put_role(replace(everyone, permissions=everyone.permissions & ~MENTION_EVERYONE))
    content = f"<@&{shy.id}> <@&{open_role.id}> @everyone"
    by_bo = await written(bo_api, research, content)
    assert (by_bo["mention_roles"], by_bo["mention_everyone"]) == ([str(open_role.id)], False)
    by_ada = await written(ada_api, research, content, allowed_mentions={"roles": [str(shy.id)]})
    assert (by_ada["mention_roles"], by_ada["mention_everyone"]) == ([str(shy.id)], False)
    assert (await written(ada_api, research, content))["mention_everyone"] is True


async def test_layout_messages_have_nothing_beside_their_components(bot_api: Api, research: Channel) -> None:
    path = f"/channels/{research.id}/messages"
    sent = await written(bot_api, research, "old", embeds=[{"title": "t"}])
    layout = {"flags": 1 << 15, "components": [{"type": 10, "content": "new"}]}
    code, answer = await bot_api.refused("PATCH", f"{path}/{sent['id']}", layout)
    assert (code, set(answer["errors"])) == (50035, {"content", "embeds"})
    unchanged = await bot_api.ok("GET", f"{path}/{sent['id']}")
    assert (unchanged["content"], unchanged["flags"]) == ("old", 0)
    edited = await bot_api.ok("PATCH", f"{path}/{sent['id']}", {**layout, "content": None, "embeds": []})
    assert (edited["content"], edited["flags"]) == ("", 1 << 15)
    edited = await bot_api.ok("PATCH", f"{path}/{sent['id']}", {"flags": 0})
    assert edited["flags"] == 1 << 15


@pytest.mark.parametrize(
    "emoji", ["👍", "👍🏽", "❤️", "❤", "🇩🇪", "1️⃣", "👩‍👩‍👧‍👦", "🏴‍☠️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u2139\ufe0f", "©️"]
)
async def test_one_emoji_of_any_build_is_a_reaction(bot_api: Api, research: Channel, emoji: str) -> None:
    sent = await written(bot_api, research)
    path = f"/channels/{research.id}/messages/{sent['id']}"
    await bot_api.ok("PUT", f"{path}/reactions/{emoji}/@me", status=204)
    assert (await bot_api.ok("GET", path))["reactions"][0]["emoji"]["name"] == emoji
    assert len(await bot_api.ok("GET", f"{path}/reactions/{emoji}?type=0")) == 1
    assert await bot_api.ok("GET", f"{path}/reactions/{emoji}?type=1") == []


@pytest.mark.parametrize(
    "text", ["a", "👍👍", "1", "→", "☰", "👍a", "‍", "️", ":thumbsup:", "🏽🏽🏽", "x:0", "%20"]
)
async def test_everything_else_is_none(bot_api: Api, research: Channel, text: str) -> None:
    sent = await written(bot_api, research)
    path = f"/channels/{research.id}/messages/{sent['id']}/reactions/{text}/@me"
    assert (await bot_api.refused("PUT", path))[0] == 10014


async def test_emojis_of_other_guilds(
    bot_api: Api, research: Channel, guild_id: int, local: LocalDiscord
) -> None:
    world, ids = local.stage.world, local.stage.ids
    own, foreign = Emoji(ids.take(), guild_id, "own"), Emoji(ids.take(), guild_id + 1, "foreign")
    for each in (own, foreign):
        world.put_emoji(each)
    sent = await written(bot_api, research)
    path = f"/channels/{research.id}/messages/{sent['id']}/reactions"
    await bot_api.ok("PUT", f"{path}/whatever:{own.id}/@me", status=204)
    assert (await bot_api.refused("PUT", f"{path}/foreign:{foreign.id}/@me"))[0] == 10014
