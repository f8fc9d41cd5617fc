"""A conversation with an agent from its first mention on, as people have it."""

from typing import Any

from cogs.admin import cogswarm_cogs as admin_cogs
from cogs.chat.commands import cogswarm_cogs
from cogs.chat.messages import BEGUN_ANEW
from cogswarm import Cog, Context
from cogswarm.testing import BotWith, Heard, LocalDiscord, Person, ScriptedModel

shelf = Cog("shelf", summary="Knows where books stand")


@shelf.tool("find_book", help="Find where a book stands", read_only=True)
async def find_book(ctx: Context, title: str) -> str:
    del ctx
    return f"{title} stands on S2."


AGENTS: dict[str, Any] = {"agents": {"writer": {"tools": ["shelf"]}, "critic": {}}}


async def test_mention_thread_tool_reply_context_new_and_stop(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord, scripted_model: ScriptedModel
) -> None:
    bot = f"<@{local_discord.application_id}>"
    await bot_with(*cogswarm_cogs(), *admin_cogs(), shelf, config=AGENTS, model=scripted_model)
    scripted_model.will_call("shelf__find_book", title="Dune")
    writing = scripted_model.will_hold("Dune stands ", "on **S2**.")
    question = await member.say(f"{bot} Writer, where is Dune?")
    thread = await member.in_thread_of(question)
    busy = await thread.hears(lambda one: "Stop" in one.buttons, by="Writer")
    asked = await writing.asked()
    assert asked.request.turns[0].text == "where is Dune?"
    assert "S2" in asked.request.turns[-1].text
    writing.release()
    whole = await thread.sees(busy, lambda one: one.text == "Dune stands on **S2**.")
    assert (whole.author, whole.buttons) == ("Writer", [])

    # in its thread nobody needs to be named, and it knows what was said
    scripted_model.will_say("Because you asked.")
    await thread.say("And why?")
    await thread.hears("Because you asked.", by="Writer")
    turns = scripted_model.asked[-1].request.turns
    assert [(turn.role, turn.text) for turn in turns] == [
        ("user", "where is Dune?"),
        ("assistant", "Dune stands on **S2**."),
        ("user", "And why?"),
    ]

    shown = await (await thread.slash("context")).answer()
    assert shown.private
    for part in ("prompts/agent.md", "Messages: 2", "`shelf`"):
        assert part in shown.text
    await thread.slash("new")
    await thread.hears(BEGUN_ANEW.partition(".")[0])
    scripted_model.will_say("I do not know.")
    await thread.say("What did I ask before?")
    await thread.hears("I do not know.", by="Writer")
    assert [turn.text for turn in scripted_model.asked[-1].request.turns] == ["What did I ask before?"]

    held = scripted_model.will_hold("never said")
    await thread.say("Write a book")
    growing = await thread.hears(lambda one: "Stop" in one.buttons, by="Writer")
    await held.asked()
    await thread.click(growing, "Stop")

    def stopped(one: Heard) -> bool:
        return "Stopped by" in one.text and not one.buttons

    await thread.sees(growing, stopped)

    held = scripted_model.will_hold("never said either")
    await thread.say("Write another one")
    growing = await thread.hears(lambda one: "Stop" in one.buttons, by="Writer")
    await held.asked()
    await thread.slash("stop")
    await thread.sees(growing, stopped)
