"""Discord as tools: what they do, where a token may use them, and that nothing is said twice or given away."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest

from bot.asks import audit_table
from bot.mcp.serving import catalogue
from bot.mcp.serving.grants import Grant, Turnstile
from bot.storage.database import Database
from bot.testing.fake_clock import FakeClock
from cogs.approvals import approvals
from cogswarm.testing import BotWith, LocalDiscord, Members, Person
from tests.bot.mcp.serving.client import EVERY_GROUP, SECRET, SECRETS, client, data, text, web
from tests.bot.mcp.serving.test_asking import guild_of


async def test_a_repeated_send_posts_once_and_nobody_is_mentioned(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    bot = await bot_with(approvals, config={"web": web(guild_of(member), tools=["messages", "read"])})
    assert bot.web is not None
    async with client(bot.web) as program:
        given = {
            "channelId": member.channel_id,
            "message": f"@everyone <@{member.user_id}> hi",
            "idempotencyKey": "k",
        }
        first, *others = [
            data(one)
            for one in await asyncio.gather(*(program.call_tool("send_message", given) for _ in range(8)))
        ]
        assert all(one == first for one in others)
        assert first["url"].endswith(f"/{member.channel_id}/{first['message_id']}")
        said = await member.hears("@everyone")
        assert said.id == first["message_id"]
        assert said.raw["mentions"] == []
        assert not said.raw["mention_everyone"]
        # The same key in another spelling of the same call is the same; for something else it is refused.
        snake = {"channel_id": member.channel_id, "content": given["message"], "idempotency_key": "k"}
        assert data(await program.call_tool("discord_send", snake)) == first
        changed = await program.call_tool("send-message", {**given, "message": "Something else"})
        assert "used for something else" in text(changed)
        # Another key is another message, and a long text is several.
        assert data(await program.call_tool("send_message", {**given, "idempotencyKey": "l"})) != first
        long = data(
            await program.call_tool("send_message", {"channelId": member.channel_id, "text": "long " * 900})
        )
        assert len(long["message_ids"]) > 1
    bodies: list[dict[str, Any]] = [one.body for one in local_discord.sent("POST", "/channels/*/messages")]
    assert sum("@everyone" in body["content"] for body in bodies) == 2
    assert all(body["allowed_mentions"]["parse"] == [] for body in bodies)


async def test_a_walk_through_what_can_be_said_and_read(bot_with: BotWith, member: Person) -> None:
    bot = await bot_with(
        approvals, config={"web": web(guild_of(member), tools=["messages", "read", "direct"])}
    )
    assert bot.web is not None
    async with client(bot.web) as program:

        async def use(name: str, /, **given: Any) -> Any:
            return data(await program.call_tool(name, given))

        here = member.channel_id
        sent = await use("send_message", channelId=here, message="first")
        answer = await use(
            "send_message", channelId=here, message="second", replyToMessageId=sent["message_id"]
        )
        await use("edit_message", channelId=here, messageId=answer["message_id"], newMessage="changed")
        await use("add_multiple_reactions", channelId=here, messageId=sent["message_id"], emojis=["👍", "🎉"])
        await use("remove_reaction", channelId=here, messageId=sent["message_id"], emoji="🎉")
        users = await use("get_reaction_users", channelId=here, messageId=sent["message_id"], emoji="👍")
        assert len(users["users"]) == 1
        await use("pin_message", channelId=here, messageId=sent["message_id"])
        assert [one["id"] for one in (await use("list_pins", channelId=here))["pins"]] == [sent["message_id"]]
        await use("unpin_message", channelId=here, messageId=sent["message_id"])
        card = await use(
            "send_embed", channelId=here, title="Card", description="Text", color="#00ff00",
            fields=[{"name": "a", "value": "b"}],
        )  # fmt: skip
        file = await use(
            "send_file",
            channelId=here,
            filename="notes.txt",
            contentBase64=base64.b64encode(b"hello").decode(),
        )
        read = (await use("read_messages", channelId=here, count=100))["messages"]
        by_id = {one["id"]: one for one in read}
        assert by_id[answer["message_id"]]["content"] == "changed"
        assert by_id[answer["message_id"]]["reply_to"] == sent["message_id"]
        assert by_id[sent["message_id"]]["reactions"] == [{"emoji": "👍", "count": 1}]
        assert by_id[card["message_id"]]["embeds"][0]["fields"] == [{"name": "a", "value": "b"}]
        attachment = await use("get_attachment", channelId=here, messageId=file["message_id"])
        assert attachment["text"] == "hello"
        under = await use("create_thread", channelId=here, name="Under it", messageId=sent["message_id"])
        alone = await use("create_thread", channelId=here, name="By itself", idempotencyKey="t")
        assert alone == await use("create_thread", channelId=here, name="By itself", idempotencyKey="t")
        await use("send_message", threadId=alone["thread_id"], message="in the thread")
        await use("edit_thread", threadId=alone["thread_id"], name="Renamed", locked=True)
        active = (await use("list_active_threads"))["threads"]
        assert {"Under it", "Renamed"} <= {one["name"] for one in active}
        assert under["url"].endswith(under["thread_id"])
        named = await use("send_webhook_message", channelId=here, content="as somebody", username="Robin")
        assert (await member.hears("as somebody", by="Robin")).id == named["message_id"]
        await use("edit_message", channelId=here, messageId=named["message_id"], newMessage="as nobody")
        assert (await use("get_message", channelId=here, messageId=named["message_id"]))[
            "content"
        ] == "as nobody"
        await use("send_private_message", userId=member.user_id, message="psst")
        private = await use("read_private_messages", userId=member.user_id)
        assert private["messages"][-1]["content"] == "psst"
        # A message that is still to come, by somebody, with a word.
        waits = asyncio.create_task(
            program.call_tool(
                "await_message", {"channelId": here, "contains": "ready", "fromUser": member.user_id}
            )
        )
        late = asyncio.create_task(program.call_tool("await_message", {"channelId": here, "timeout_s": 0}))
        nothing = data(await late)
        assert nothing["status"] == "timeout"
        await member.say("not yet")
        said = await member.say("I am READY")
        received = data(await waits)
        assert received["message"]["id"] == said.id


async def test_lists_are_paged_and_wrong_arguments_are_explained(bot_with: BotWith, member: Person) -> None:
    bot = await bot_with(approvals, config={"web": web(guild_of(member), tools=["messages", "read"])})
    assert bot.web is not None
    here = member.channel_id
    for number in range(4):
        await member.say(str(number))
    async with client(bot.web) as program:

        async def use(name: str, /, **given: Any) -> Any:
            return data(await program.call_tool(name, given))

        page = await use("read_messages", channelId=here, count=2)
        older = await use("read_messages", channelId=here, count=2, before=page["next"]["before"])
        assert max(int(one["id"]) for one in older["messages"]) < int(page["messages"][0]["id"])
        channels = (await use("list_channels"))["channels"]
        assert {one["name"] for one in channels} >= {"general", "research"}
        assert (await use("find_channel", name="gener"))["channels"][0]["id"] == here
        assert (await use("get_user_id_by_name", username="ad"))["members"][0]["username"] == "ada"
        for refused, why in (
            ({"channelId": here}, "message: Field required"),
            ({"channelId": "soon", "message": "x"}, "must be an id"),
            ({"channelId": here, "message": "x", "loud": True}, "no such argument"),
            ({"channelId": here, "message": ""}, "at least 1"),
        ):
            assert why in text(await program.call_tool("send_message", refused))


async def test_what_cannot_be_undone_needs_a_word_for_exactly_that_which_is_good_once(
    bot_with: BotWith, member: Person, fake_clock: FakeClock
) -> None:
    bot = await bot_with(approvals, config={"web": web(guild_of(member), tools=["messages", "channels"])})
    assert bot.web is not None
    one, other = await member.say("precious"), await member.say("also precious")
    async with client(bot.web) as program:
        where = {"channelId": member.channel_id}
        first = data(await program.call_tool("delete_message", {**where, "messageId": one.id}))
        assert first["status"] == "confirm"
        assert "“precious”" in first["preview"]
        stolen = {**where, "messageId": other.id, "confirm": first["confirm"]}
        assert "not for this action" in text(await program.call_tool("delete_message", stolen))
        sure = {**where, "messageId": one.id, "confirm": first["confirm"]}
        both = await asyncio.gather(*(program.call_tool("delete_message", sure) for _ in range(2)))
        assert sorted(bool(result.is_error) for result in both) == [False, True]
        await member.sees_gone(one)
        late = data(await program.call_tool("delete_message", {**where, "messageId": other.id}))
        await fake_clock.advance(timedelta(seconds=121))
        old = {**where, "messageId": other.id, "confirm": late["confirm"]}
        assert "two minutes" in text(await program.call_tool("delete_message", old))
    assert [message.text for message in await member.history() if "precious" in message.text] == [
        "also precious"
    ]


async def test_a_token_reaches_its_servers_channels_and_groups_only_and_all_it_changes_is_recorded(
    bot_with: BotWith, members: Members, database: Database
) -> None:
    bo = await members("bo")
    elsewhere = await bo.in_channel("research")
    settings = web(guild_of(bo), channels=[int(bo.channel_id)], tools=["read", "messages", "channels"])
    bot = await bot_with(approvals, config={"web": settings})
    assert bot.web is not None
    hidden = await elsewhere.say("hidden")
    async with client(bot.web) as program:
        for name, given in (
            ("read_messages", {"channelId": elsewhere.channel_id}),
            ("send_message", {"channelId": elsewhere.channel_id, "message": "x"}),
            ("delete_message", {"channelId": elsewhere.channel_id, "messageId": hidden.id}),
            ("read_messages", {"channelId": "12345678901234567"}),
        ):
            assert "reaches no channel" in text(await program.call_tool(name, given)), name
        assert "reaches no server" in text(
            await program.call_tool("list_channels", {"guildId": "1234567890123"})
        )
        assert "no tool" in text(await program.call_tool("kick_member", {"userId": bo.user_id}))
        assert [one["id"] for one in data(await program.call_tool("list_channels", {}))["channels"]] == [
            bo.channel_id
        ]
        assert "channels only" in text(await program.call_tool("create_text_channel", {"name": "new"}))
        sent = data(await program.call_tool("send_message", {"channelId": bo.channel_id, "message": "here"}))
        assert data(await program.call_tool("read_messages", {"channelId": bo.channel_id}))["messages"]
        thread = data(await program.call_tool("create_thread", {"channelId": bo.channel_id, "name": "T"}))
        await program.call_tool(
            "add_reaction", {"channelId": bo.channel_id, "messageId": sent["message_id"], "emoji": "👀"}
        )
        assert data(
            await program.call_tool("send_message", {"threadId": thread["thread_id"], "message": "x"})
        )
        everything = {tool.name for tool in (await program.list_tools()).tools}
        assert everything == {
            name for name, tool in catalogue.TOOLS.items() if tool.group in ("read", "messages", "channels")
        }
    async with client(bot.web, query="?tools=list_pins,messages,members") as program:
        few = {tool.name for tool in (await program.list_tools()).tools}
        assert few == {"list_pins"} | {
            name for name, tool in catalogue.TOOLS.items() if tool.group == "messages"
        }
    async with database.transaction() as conn:
        rows = [one.row async for one in audit_table.checked(conn) if not one.wrong]
    told = [row.what for row in rows if row.via == "token claude"]
    # What was refused before it was tried is in the log alone.
    assert told == [
        "mcp create_text_channel",
        "mcp send_message",
        "mcp create_thread",
        "mcp add_reaction",
        "mcp send_message",
    ]


async def test_managing_a_server(bot_with: BotWith, members: Members, local_discord: LocalDiscord) -> None:
    ada, dara = await members("ada"), await members("dara")
    bot = await bot_with(
        approvals,
        config={"web": web(guild_of(ada), tools=list(EVERY_GROUP), questions_in=int(ada.channel_id))},
    )
    assert bot.web is not None
    answers: list[str] = []
    async with client(bot.web) as program:

        async def use(name: str, /, **given: Any) -> str:
            result = await program.call_tool(name, given)
            answers.append(result.model_dump_json())
            return text(result)

        async def sure(name: str, /, **given: Any) -> str:
            result = await program.call_tool(name, given)
            answers.append(result.model_dump_json())
            if result.is_error:
                return text(result)
            return await use(name, **given, confirm=data(result)["confirm"])

        hook = data(await program.call_tool("create_webhook", {"channelId": ada.channel_id, "name": "Hook"}))
        answers.append(str(hook))
        tokens = [one.token for one in local_discord.stage.world.webhooks.values()]
        await use("list_webhooks", channelId=ada.channel_id)
        await use("edit_webhook", webhookId=hook["id"], name="Renamed")
        await use("send_webhook_message", webhookId=hook["id"], message="by its name")
        assert (await ada.hears("by its name")).author == "Renamed"
        assert "Deleted" in await sure("delete_webhook", webhookId=hook["id"])
        # What the bot may not do on this server Discord refuses, with its reason.
        for name, given in (
            ("create_text_channel", {"name": "new"}),
            ("create_role", {"name": "new"}),
            ("assign_role", {"userId": dara.user_id, "roleId": guild_of(ada)}),
            ("timeout_member", {"userId": dara.user_id, "minutes": 5}),
            ("set_nickname", {"userId": dara.user_id, "nickname": "D"}),
        ):
            assert "Discord refused this" in await use(name, **given), name
        assert "Discord refused" in await sure("kick_member", userId=dara.user_id)
        assert "Discord refused" in await sure("ban_member", userId=dara.user_id)
        await use("list_roles")
        await use("get_member", userId=dara.user_id)
        await use("list_channel_permission_overwrites", channelId=ada.channel_id)
        # Somebody writes secrets into a channel; nobody gets them from there.
        webhook = "https://discord.com/api/webhooks/1234567890/" + "s" * 68
        await ada.say(f"{webhook} {SECRET} {local_discord.bot_token}")
        await use("read_messages", channelId=ada.channel_id)
        await use("send_message", channelId=ada.channel_id, message=f"Bearer {SECRET}")
        asked = [await use("ask_human", question=f"Is it {SECRET}?", ask_id="s", wait_s=0) for _ in range(2)]
        assert all("No answer yet" in one for one in asked)
    whole = "\n".join(answers)
    assert "[redacted]" in whole
    # What is looked for in every answer of these tests would be found.
    token = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.abcdefghijklmnopqrstuvwxyz012345"
    assert SECRETS.findall(f"{webhook} {token}") == [webhook.removeprefix("https://discord.com"), token]
    assert tokens
    assert all(len(one) > 20 for one in tokens)
    for secret in (SECRET, local_discord.bot_token, "s" * 68, *tokens):
        assert secret not in whole


@pytest.mark.parametrize("name", sorted(catalogue.TOOLS))
def test_every_tool_says_shortly_what_it_does_and_its_schema_takes_both_spellings(name: str) -> None:
    tool = catalogue.TOOLS[name]
    assert 0 < len(tool.summary) <= 170
    if tool.preview is not None:
        assert "confirm" in tool.arguments.model_fields
        assert tool.changes
    assert catalogue.found(f"discord_{name}") is tool
    assert catalogue.found(name.replace("_", "-")) is tool


def test_other_names_lead_to_tools() -> None:
    assert all(
        other not in catalogue.TOOLS and target in catalogue.TOOLS
        for other, target in catalogue.ALIASES.items()
    )


async def test_a_token_is_let_through_so_often_a_minute(fake_clock: FakeClock) -> None:
    turnstile = Turnstile(fake_clock.clock)
    grant = Grant("a", frozenset({1}), None, frozenset({"read"}), per_minute=60)
    other = Grant("b", frozenset({1}), None, frozenset({"read"}), per_minute=60)
    assert [turnstile.wait(grant) for _ in range(60)] == [0.0] * 60
    assert 0 < turnstile.wait(grant) <= 1
    assert turnstile.wait(other) == 0
    await fake_clock.advance(timedelta(seconds=1))
    assert turnstile.wait(grant) == 0
    assert turnstile.wait(grant) > 0
