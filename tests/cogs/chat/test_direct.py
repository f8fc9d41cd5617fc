"""Chatting in direct messages, on behalf of the server that the conversation belongs to; in a real bot."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.discord.direct.servers import NOWHERE, WHICH
from cogs.admin import cogswarm_cogs as admin_cogs
from cogs.chat import messages
from cogs.chat.commands import cogswarm_cogs
from cogswarm import Cog, Context
from cogswarm.testing import BotWith, Heard, LocalDiscord, Person, ScriptedModel

type Members = Callable[..., Awaitable[Person]]

AGENTS: dict[str, Any] = {
    "agents": {"writer": {"tools": ["shelf"]}, "critic": {"display_name": "The Critic"}},
    "cogs": {"chat": {"agent": "writer"}},
    "servers": {"direct_messages": True},
    # What is written directly can be read without the intent.
    "discord": {"message_content": False},
}
shelf = Cog("shelf", summary="Knows where books stand")


@shelf.tool("find_book", help="Find where a book stands", read_only=True)
async def find_book(ctx: Context, title: str) -> str:
    assert ctx.is_direct
    return f"{title} stands on S2."


def whole(one: Heard) -> bool:
    return not one.buttons


async def test_a_conversation_in_direct_messages(
    bot_with: BotWith,
    member: Person,
    members: Members,
    local_discord: LocalDiscord,
    scripted_model: ScriptedModel,
) -> None:
    admin = await members("ada")
    await bot_with(*cogswarm_cogs(), *admin_cogs(), shelf, config=AGENTS, model=scripted_model)
    direct = await member.with_bot()
    scripted_model.will_call("shelf__find_book", title="Dune")
    writing = scripted_model.will_hold("Dune stands ", "on **S2**.")
    await direct.say("where is Dune?")
    await direct.hears("This conversation belongs to")
    busy = await direct.hears(lambda one: "Stop" in one.buttons)
    await writing.asked()
    writing.release()
    answer = await direct.sees(busy, lambda one: whole(one) and "S2" in one.text)
    assert answer.text == "**Writer** · Dune stands on **S2**."
    assert int(answer.raw["author"]["id"]) == local_discord.application_id

    # whom somebody names goes on; what was said before is known, without the name in front
    scripted_model.will_say("I doubt it.")
    await direct.say("The Critic, is that so?")
    await direct.sees(await direct.hears("**The Critic** · I doubt it."), whole)
    scripted_model.will_say("Because.")
    await direct.say("why?", files=[("shelf.txt", b"S2 is empty")])
    await direct.sees(await direct.hears("**The Critic** · Because."), whole)
    asked = scripted_model.asked[-1].request
    assert [(turn.role, turn.author, turn.text) for turn in asked.turns] == [
        ("user", "", "where is Dune?"),
        ("user", "agent: Writer", "Dune stands on **S2**."),
        ("user", "", "The Critic, is that so?"),
        ("assistant", "", "I doubt it."),
        ("user", "", "why?"),
    ]
    assert [one.text for one in asked.material] == ["S2 is empty"]

    # what can be typed there
    shown = await (await direct.slash("context")).answer()
    assert "The Critic was given" in shown.text
    assert "shelf.txt" in shown.text
    assert "channels/@me/" in shown.text
    assert "**main**" in (await (await direct.slash("model", model="main")).answer()).text
    await direct.slash("new")
    await direct.hears(messages.BEGUN_ANEW.partition(".")[0])
    scripted_model.will_say("Anew.")
    member.use_language("de")
    await direct.slash("chat", text="Was jetzt?", agent="writer")
    await direct.hears("> Was jetzt?")
    await direct.sees(await direct.hears("**Writer** · Anew."), whole)
    asked = scripted_model.asked[-1].request
    assert [turn.text for turn in asked.turns] == ["Was jetzt?"]
    assert "“de”" in asked.instructions
    shown = await (await direct.slash("help")).answer()
    assert "/server" in shown.text
    assert "/cogs" not in shown.text

    # Stop, by button and by command; nobody else sees what was asked here
    for stop in ("button", "command"):
        held = scripted_model.will_hold("never said")
        await direct.say(f"Write a {stop}")
        growing = await direct.hears(lambda one: "Stop" in one.buttons)
        await held.asked()
        if stop == "button":
            await direct.click(growing, "Stop")
        else:
            assert "Write a" not in (await (await admin.slash("runs list")).answer()).text
            await direct.slash("stop")
        await direct.sees(growing, lambda one: "Stopped by" in one.text and not one.buttons)

    # a question that is changed, and one that is deleted
    held = scripted_model.will_hold("never")
    scripted_model.will_say("Four.", when=lambda request: "2 and 2" in request.turns[-1].text)
    question = await direct.say("how much is 1 and 2?")
    await held.asked()
    await direct.edit(question, "how much is 2 and 2?")
    await direct.sees(await direct.hears("Four."), whole)
    held = scripted_model.will_hold("never")
    question = await direct.say("how much is 3 and 3?")
    await held.asked()
    await direct.delete(question)
    await direct.hears(messages.QUESTION_GONE)
