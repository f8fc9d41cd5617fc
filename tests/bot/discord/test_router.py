"""What people do reaches the right cog, every interaction is answered, and what is refused says why."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pytest

from bot.local_discord.client.member import Outcome
from bot.local_discord.server import LocalDiscord
from cogswarm import Cog, Context, Message, Run, UserError
from cogswarm.testing import BotWith, Person
from tests.waiting import eventually

type Members = Callable[[str], Awaitable[Person]]


def _lab() -> Cog:  # noqa: C901 - a cog is declared in one place, each function of it is short
    lab = Cog("lab", summary="A cog under test")

    @lab.workflow
    async def echo(run: Run, text: str) -> None:
        await run.post(text)

    async def suggest(_ctx: Context, typed: str) -> list[str]:
        if typed == "hang":
            await asyncio.Event().wait()
        return [f"{typed}!", "second"]

    @lab.command("echo", help="Say it back", suggest={"text": suggest})
    async def say_back(
        ctx: Context,
        text: Annotated[str, "What to say"],
        times: int = 1,
        loud: bool = False,  # noqa: FBT001, FBT002 - a command's option
    ) -> None:
        if text == "refuse":
            raise UserError("That word is taken.")
        if text == "break":
            raise ZeroDivisionError("a secret detail")
        if text == "start":
            await ctx.start(echo, title="An echo", text="hello")
            return
        await ctx.reply(f"{text * times}{'!' if loud else ''} by {ctx.principal.name}")

    @lab.button("press")
    async def pressed(ctx: Context, value: str) -> None:
        await ctx.reply(f"pressed {value}")

    @lab.on_message
    async def heard(ctx: Context, message: Message) -> None:
        if message.text == "button please":
            await ctx.say_once(f"b{message.id}", "here", buttons=[ctx.button("Go", "press", "42")])

    assert say_back
    assert pressed
    assert heard
    return lab


async def _answer(person: Person, outcome: Outcome) -> str:
    def answers_it(message: dict[str, Any]) -> bool:
        asked: dict[str, Any] = message.get("interaction_metadata") or {}
        return asked.get("id") == outcome.interaction_id and bool(message["content"])

    found = await person.client.message_where(answers_it)
    assert found["flags"] & 64, "answers are private to the person who asked"
    return str(found["content"])


async def _run(person: Person, **options: Any) -> str:
    return await _answer(person, (await person.slash("echo", **options)).outcome)


async def test_options_arrive_with_their_types(bot_with: BotWith, member: Person) -> None:
    await bot_with(_lab())
    assert await _run(member, text="ab", times=2, loud=True) == "abab! by Bo"
    assert await _run(member, text="ab") == "ab by Bo"


async def test_a_refusal_is_the_sentence_and_a_bug_is_a_number(bot_with: BotWith, member: Person) -> None:
    await bot_with(_lab())
    assert await _run(member, text="refuse") == "That word is taken."
    broken = await _run(member, text="break")
    assert broken.startswith("Something broke here (error ")
    assert "secret detail" not in broken


async def test_suggestions_come_and_hanging_ones_come_empty(bot_with: BotWith, member: Person) -> None:
    await bot_with(_lab())
    found = await member.client.autocomplete(member.channel_id, "echo", "text", "ab")
    assert [one["value"] for one in found] == ["ab!", "second"]
    assert await member.client.autocomplete(member.channel_id, "echo", "text", "hang") == []


async def test_buttons_find_their_cog_and_old_ones_are_answered(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    bot = await bot_with(_lab())
    await member.say("button please")
    message = await member.client.message_where(lambda one: one["content"] == "here")
    assert await _answer(member, await member.client.click(message, "Go")) == "pressed 42"
    async with bot.database.connection() as conn:
        cursor = await conn.execute("SELECT payload FROM outbox WHERE kind = 'post'")
        rows = await cursor.fetchall()
    assert rows
    assert local_discord
    for custom_id in ("v0:lab:press:42", "v1:gone:press:42", "nonsense", "v1:runs:stop:not-an-id"):
        body = {
            "content": custom_id,
            "components": [
                {"type": 1, "components": [{"type": 2, "style": 2, "label": "Old", "custom_id": custom_id}]}
            ],
        }
        await _as_bot(local_discord, f"/channels/{member.channel_id}/messages", body)
        old = await member.client.message_where(lambda one, text=custom_id: one["content"] == text)
        assert (await _answer(member, await member.client.click(old, "Old"))).endswith((".", "again."))


async def _as_bot(local: LocalDiscord, path: str, body: dict[str, Any]) -> None:
    import httpx  # noqa: PLC0415 - one request

    async with httpx.AsyncClient(headers={"Authorization": f"Bot {local.bot_token}"}) as client:
        (await client.post(f"{local.api_url}{path}", json=body)).raise_for_status()


async def test_a_cog_that_is_not_enabled_has_no_command_and_an_old_one_is_answered(
    bot_with: BotWith, member: Person
) -> None:
    await bot_with(_lab())
    commands = await member.client.commands(member.channel_id)
    assert [one["name"] for one in commands] == ["echo"]
    bot = await bot_with(_lab(), config={"servers": {"defaults": []}})
    assert await member.client.commands(member.channel_id) == []
    assert bot


async def test_a_run_is_started_once_and_only_its_own_guild_can_stop_it(
    bot_with: BotWith, member: Person
) -> None:
    await bot_with(_lab())
    conversation = await member.slash("echo", text="start")
    assert (await conversation.next()).text == "hello"
    assert "✓ Done" in (await conversation.finished()).text
    assert (await _answer(member, conversation.outcome)).startswith("On it.")


async def test_in_a_thread_the_work_speaks_there(bot_with: BotWith, member: Person) -> None:
    bot = await bot_with(_lab())
    first = await member.slash("echo", text="start")
    thread = (await first.finished()).id
    inside = await member.in_channel(int(thread))
    second = await inside.slash("echo", text="start")
    await member.client.message_where(
        lambda one: one["channel_id"] == thread and "✓ Done" in one["content"] and one["id"] != thread
    )
    assert second

    async def has_spoken_twice() -> bool:
        said = await member.client.messages(thread)
        return [one["content"] for one in said].count("hello") == 2

    await eventually(has_spoken_twice)
    assert bot


async def test_bots_and_servers_that_were_not_let_in_are_refused(bot_with: BotWith, member: Person) -> None:
    await bot_with(_lab(), config={"servers": {"defaults": ["lab"], "allow": [12345678901234567]}})
    assert await member.client.commands(member.channel_id) == []


async def test_only_changed_commands_are_registered_again(
    bot_with: BotWith, local_discord: LocalDiscord
) -> None:
    def puts() -> int:
        found = local_discord.desk.traffic.find(after=0, method="PUT", path="*/commands", application_id=None)
        return len(list(found))

    await bot_with(_lab())
    assert puts() == 1
    await bot_with(_lab())
    assert puts() == 1


@pytest.mark.parametrize("text", ["x" * 6000, "\u0000\u202e", "```", "@everyone <@1>"])
async def test_hostile_options_are_answered(bot_with: BotWith, member: Person, text: str) -> None:
    await bot_with(_lab())
    answer = await _run(member, text=text)
    assert 0 < len(answer) <= 2000


async def test_a_bot_can_be_started_again_and_again(bot_with: BotWith, member: Person) -> None:
    for _ in range(3):
        await bot_with(_lab())
    assert await _run(member, text="ab") == "ab by Bo"


async def test_every_request_names_the_cog_behind_it(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    await bot_with(_lab())
    await member.client.autocomplete(member.channel_id, "echo", "text", "ab")
    await _run(member, text="ab")
    await _run(member, text="start")
    await member.say("button please")
    button = await member.client.message_where(lambda one: one["content"] == "here")
    await _answer(member, await member.client.click(button, "Go"))
    await member.client.message_where(lambda one: "Done" in one["content"])
    unnamed = {entry.route for entry in local_discord.desk.traffic.find(path="/api/*") if not entry.cog}
    named = {
        (entry.method, entry.route, entry.cog)
        for entry in local_discord.desk.traffic.find(path="/api/*")
        if entry.cog
    }
    callback = "/interactions/{interaction_id}/{token}/callback"
    assert named >= {
        ("POST", callback, "lab"),
        ("PATCH", "/webhooks/{webhook_id}/{token}/messages/{message_id}", "lab"),
        ("POST", "/channels/{channel_id}/messages", "lab"),
        ("POST", "/channels/{channel_id}/messages/{message_id}/threads", "lab"),
        ("PATCH", "/channels/{channel_id}/messages/{message_id}", "lab"),
    }
    assert callback not in unnamed
