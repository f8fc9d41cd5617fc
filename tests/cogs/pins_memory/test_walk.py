"""Facts from end to end: noted by command, from the menu and by agents; told to agents; changed, replaced, taken back."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.local_discord.server import LocalDiscord
from cogs.chat.commands import chat
from cogs.pins_memory import pins_memory
from cogs.recall import recall
from cogswarm.testing import BotWith, FakeClock, Heard, Members, Person, ScriptedModel
from tests.waiting import eventually

QUAY, CRANE = "📌 **Fact** The quay is closed on Mondays.", "📌 **Fact** The crane lifts two tonnes."
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def pinned(person: Person) -> list[str]:
    """The first lines of what is pinned, the newest pin first."""
    return [one.text.split("\n")[0] for one in await person.pins()]


async def sees_pinned(person: Person, wanted: list[str]) -> None:
    async def so() -> bool:
        return await pinned(person) == wanted

    await eventually(so)


async def found_by_recall(bo: Person, words: str, *, there: bool) -> None:
    """Wait until recall finds the fact about the quay, or does not."""

    async def so() -> bool:
        return (
            words in (await (await bo.slash("recall", query="When is the quay closed?")).answer()).text
        ) == there

    await eventually(so)


async def is_pinned(person: Person, fact: Heard, *, there: bool) -> None:
    """Wait until a fact's message is pinned, or is not."""

    async def so() -> bool:
        return (fact.id in [one.id for one in await person.pins()]) == there

    await eventually(so)


async def changed_and_back(bo: Person, fact: Heard) -> None:
    """A fact says something else, and what it said before once more."""
    assert await bo.suggestions("facts edit", "fact", "quay") == ["1 · The quay is closed on Mondays."]
    changed = await (await bo.slash("facts edit", fact="1", text="The quay is closed on Tuesdays.")).answer()
    assert "Fact 1 says now: The quay is closed on Tuesdays." in changed.text
    await bo.sees(fact, "closed on Tuesdays")
    await bo.answer_to(await bo.click(changed, "Undo"))
    await bo.sees(fact, "closed on Mondays")
    late = await bo.answer_to(await bo.click(changed, "Undo"))
    assert "was changed again since then" in late.text


async def removed_and_back(bo: Person, chen: Person, fact: Heard) -> None:
    """A fact is removed by whoever may, and brought back."""
    refused = await (await chen.slash("facts remove", fact="1")).answer()
    assert "Only whoever stated or noted it" in refused.text
    removed = await (await bo.slash("facts remove", fact="1")).answer()
    await bo.sees(fact, "-# Fact 1 was removed.")
    await is_pinned(bo, fact, there=False)
    await bo.answer_to(await bo.click(removed, "Undo"))
    await bo.sees(fact, QUAY)
    await is_pinned(bo, fact, there=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """An agent that can be asked what it was told is pinned."""

    bo: Person
    model: ScriptedModel
    local: LocalDiscord

    async def known(self, word: str) -> dict[str, str]:
        """Text and author, in the order in which it was told."""
        self.model.will_say(f"Answer {word}.")
        await self.bo.say(f"<@{self.local.application_id}> what about {word}?")
        await self.bo.hears(f"Answer {word}.")
        passages = self.model.asked[-1].request.material
        return {one.text: one.author for one in passages if one.title == "pinned here"}


async def replaced_and_back(bo: Person, agent: Asked, fact: Heard) -> None:
    """Another fact takes its place, and gives it back."""
    third = await (
        await bo.slash("remember", fact="The quay is never closed.", replaces="1 · The quay")
    ).answer()
    await bo.sees(fact, "~~The quay is closed on Mondays.~~")
    await is_pinned(bo, fact, there=False)
    known = await agent.known("two")
    assert "The quay is never closed." in known
    assert "The quay is closed on Mondays." not in known
    await bo.answer_to(await bo.click(third, "Undo"))
    await bo.sees(fact, QUAY)
    await is_pinned(bo, fact, there=True)
    known = await agent.known("three")
    assert "The quay is never closed." not in known
    assert "The quay is closed on Mondays." in known


async def test_facts_are_noted_known_changed_and_taken_back(
    bot_with: BotWith,
    members: Members,
    scripted_model: ScriptedModel,
    local_discord: LocalDiscord,
    fake_clock: FakeClock,
) -> None:
    bo, ada = await members(), await members("ada")
    config = {"cogs": {"chat": {"place": "in place"}}}
    await bot_with(pins_memory, recall, chat, config=config, model=scripted_model)
    agent = Asked(bo, scripted_model, local_discord)
    noted = await (await bo.slash("remember", fact="The quay is closed on  Mondays.")).answer()
    assert noted.text.startswith("Fact 1 is noted and gets pinned here.")
    fact = await bo.hears(QUAY)
    assert fact.text.splitlines()[1] == f"-# 1 · stated by <@{bo.user_id}>"
    await sees_pinned(bo, [QUAY])
    again = await (await ada.slash("remember", fact="the quay is CLOSED on mondays.")).answer()
    assert again.text.startswith("Fact 1 says just that: https://discord.com/channels/")
    assert again.text.endswith(f"/{bo.channel_id}/{fact.id}")

    # a message of somebody else becomes a fact in their name, with its link
    said = await ada.say("btw the crane lifts two tonnes now, @everyone")
    form = await bo.menu("Remember this", said)
    filled = {
        "What is to be known, in a sentence": "The crane lifts two tonnes.",
        "Until when (2h, tomorrow 9:00)": "2h",
    }
    assert "Fact 2 is noted" in (await bo.answer_to(await bo.submit(form, filled))).text
    second = await bo.hears(CRANE)
    assert f"stated by <@{ada.user_id}> in [this message](" in second.text
    assert f"noted by <@{bo.user_id}> · until <t:" in second.text
    await sees_pinned(bo, [CRANE, QUAY])

    # people's own pins are known as well; an agent is told whose words all of it is, the newest first
    own = await ada.say("Dara has the key to the boathouse.")
    await ada.pin(own)
    await sees_pinned(bo, [own.text, CRANE, QUAY])
    assert list((await agent.known("one")).items()) == [
        ("Dara has the key to the boathouse.", "Ada"),
        ("The crane lifts two tonnes.", "Ada"),
        ("The quay is closed on Mondays.", "Bo"),
    ]
    shown = await (await bo.slash("context")).answer()
    assert "Pinned here (3), the newest first: [Dara has the key" in shown.text
    await changed_and_back(bo, fact)
    await found_by_recall(bo, "closed on Mondays", there=True)

    await replaced_and_back(bo, agent, fact)

    await removed_and_back(bo, await members("chen"), fact)
    # what people take off is known no more, also to recall, until they pin it again
    await ada.unpin(fact)
    await found_by_recall(bo, "closed on Mondays", there=False)
    await ada.pin(fact)
    await found_by_recall(bo, "closed on Mondays", there=True)
    # what is over goes by itself
    await fake_clock.advance(timedelta(hours=3))

    async def is_over() -> bool:
        # A look that was under way when the time came is followed by another.
        await fake_clock.advance(timedelta(seconds=10))
        return second.id not in [one.id for one in await bo.pins()]

    await eventually(is_over)
    await bo.sees(second, "~~The crane lifts two tonnes.~~")
    await sees_pinned(bo, [QUAY, own.text])
    listed = await (await bo.slash("facts list")).answer()
    assert "**Facts here: 1**" in listed.text
    assert "[pinned](https://discord.com/channels/" in listed.text
