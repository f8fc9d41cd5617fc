"""People act, wait, and are told what happened when what they wait for does not."""

from dataclasses import replace

import pytest

from bot.errors import UserError
from bot.local_discord.server import LocalDiscord
from cogswarm.testing import BotWith, Members, NeverHappened, Person, ScriptedModel, ScriptFailed
from tests.bot.testing.cogs_to_test import counter
from tests.waiting import eventually


def _nothing() -> str | None:
    return None


def _impatient(person: Person) -> Person:
    return replace(person, timeout=0.2)


async def test_what_people_hear_and_see(bot_with: BotWith, member: Person, members: Members) -> None:
    await bot_with(counter())
    ada = await members("ada")
    for word in ("one", "two"):
        await member.say(f"say {word}")
        assert (await ada.hears(by="cogswarm")).text == word
    # each is given once, in the order in which they came, and one's own words are no news
    first = await member.hears("o")
    assert (first.text, first.author, first.buttons, first.private) == ("one", "cogswarm", ["More"], False)
    assert (await member.hears(lambda message: message.text == "two")).text == "two"
    pressed = await ada.click(first)
    more = await ada.answer_to(pressed)
    assert (more.text, more.private) == ("more x", True)
    ada.dismiss(more)
    said = await member.say("draft")
    await member.edit(said, "final")
    assert (await ada.sees(said, "final")).text == "final"
    await member.react(said, "🍵")
    await ada.sees_reaction(said, "🍵", by=member)
    late = await members("chen")
    await late.sees_reaction(said, "🍵", by=member)
    await member.delete(said)
    await ada.sees_gone(said)


async def test_a_command_leads_to_a_conversation(bot_with: BotWith, member: Person) -> None:
    await bot_with(counter())
    assert await member.suggestions("count", "note", "n") == ["n1", "n2"]
    # options may be called as the parts of our own calls are
    counting = await member.slash("count", name=2, timeout="x", note="n")
    assert (await counting.answer()).text.startswith("On it.")
    assert [(await counting.next()).text for _ in range(2)] == ["1", "2"]
    status = await counting.finished()
    thread = await counting.thread()
    assert thread.channel_id == status.id
    inside = await thread.slash("count", name=1)
    assert (await inside.finished()).id != status.id
    assert (await inside.next()).text == "1"
    assert (await (await member.in_thread_of(status)).history())[-1].text


async def test_what_is_waited_for_in_vain_is_explained(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    await bot_with(counter())
    await member.say("say hello")
    message = await member.hears("hello")
    local_discord.fault("POST", "/channels/*/messages", status=500)
    await member.say("say never")

    async def is_postponed() -> bool:
        return any(bot_with.journal.lines(event="delivery_postponed"))

    await eventually(is_postponed)
    with pytest.raises(NeverHappened) as never:
        await _impatient(member).hears("goodbye", by="cogswarm")
    for part in (
        "A message “goodbye” by cogswarm did not come in 0.2 seconds.",
        "In #general stood last:",
        "  Bo: say hello",
        "  cogswarm: hello [More]",
        "The bot asked Discord last:",
        "→ 500",
        "The bot's log said last:",
        "delivery_postponed",
    ):
        assert part in str(never.value)
    impatient = _impatient(member)
    with pytest.raises(
        NeverHappened, match=r"“goodbye” in the message of cogswarm did not come in 0\.2 seconds"
    ):
        await impatient.sees(message, "goodbye")
    with pytest.raises(NeverHappened, match="The reaction 🍵 did not come"):
        await impatient.sees_reaction(message, "🍵")
    with pytest.raises(NeverHappened, match="The end of the message of cogswarm did not come"):
        await impatient.sees_gone(message)
    with pytest.raises(NeverHappened, match="Nothing did not come"):
        await impatient.wait(_nothing, "Nothing")


async def test_a_command_that_is_not_there_is_explained(bot_with: BotWith, member: Person) -> None:
    cog = counter()
    cog.commands["think"] = replace(cog.commands["think"], help="")  # Discord wants a description
    await bot_with(cog)
    with pytest.raises(UserError, match="no command /think here") as missing:
        await member.slash("think")
    assert "commands_refused" in "".join(missing.value.__notes__)


async def test_a_call_of_the_model_that_nobody_expected_ends_the_waiting(
    bot_with: BotWith, member: Person, scripted_model: ScriptedModel
) -> None:
    await bot_with(counter(), model=scripted_model)
    thinking = await member.slash("think")
    with pytest.raises(ScriptFailed, match=r"unexpected call .*no reply was queued"):
        await thinking.next()
    # this very test is not to fail for it
    scripted_model.unexpected.clear()


async def test_people_of_other_places(bot_with: BotWith, members: Members) -> None:
    await bot_with(counter())
    chen = await members("chen", channel="research")
    await chen.say("say found it")
    assert (await (await members("ada", channel="research")).hears("found it")).author == "cogswarm"
    with_bot = await chen.with_bot()
    await with_bot.say("hello")
    assert [message.text for message in await with_bot.history()] == ["hello"]
    with pytest.raises(UserError, match=r"Nobody in the local Discord is called zoe; there are: ada"):
        await members("zoe")
    with pytest.raises(UserError, match="no channel “attic” here; there are: welcome"):
        await chen.in_channel("attic")
