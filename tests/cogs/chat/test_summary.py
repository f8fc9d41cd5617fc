"""A long conversation: its oldest part summed up once, shown, extended, put right by people, and forgotten with what it rests on."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.llm.protocol import Request
from cogs.chat import messages, summary
from cogs.chat.commands import cogswarm_cogs
from cogs.chat.history import Reader, build
from cogs.chat.summary import Kept, Summary, still_true
from cogswarm import Utterance
from cogswarm.testing import BotWith, Heard, LocalDiscord, Person, ScriptedModel

type Members = Callable[..., Awaitable[Person]]

MOST = 12
CONFIG: dict[str, Any] = {
    "agents": {"writer": {}},
    "cogs": {"chat": {"agent": "writer", "place": "in place", "answers": "everything", "history": MOST}},
}


def summing(request: Request) -> bool:
    return request.purpose == "summarize"


def answering(request: Request) -> bool:
    return request.purpose == "chat"


def of(scripted_model: ScriptedModel, purpose: str) -> list[Request]:
    return [one.request for one in scripted_model.asked if one.request.purpose == purpose]


def whole(one: Heard) -> bool:
    return not one.buttons


class Talk:
    """A channel in which much is said, and an agent that answers."""

    def __init__(self, member: Person, bot: str, model: ScriptedModel) -> None:
        self.member, self.bot, self.model = member, bot, model
        self.said: list[Heard] = []
        self.asked = 0

    async def goes_on(self, count: int) -> None:
        # People among themselves: it mentions somebody, so that nobody is asked.
        for _ in range(count):
            self.said.append(await self.member.say(f"fact {len(self.said)} <@{self.member.user_id}>"))

    async def ask(self) -> list[str]:
        """Ask something; what the agent read before it, without the question."""
        self.asked += 1
        text = f"Answer {self.asked}."
        self.model.will_say(text, when=answering)
        await self.member.say(f"{self.bot} question {self.asked}?")
        await self.member.sees(await self.member.hears(text, by="Writer"), whole)
        return [turn.text for turn in of(self.model, "chat")[-1].turns[:-1]]


async def test_summed_up_once_shown_corrected_extended_and_forgotten(
    bot_with: BotWith,
    member: Person,
    members: Members,
    local_discord: LocalDiscord,
    scripted_model: ScriptedModel,
) -> None:
    await bot_with(*cogswarm_cogs(), config=CONFIG, model=scripted_model)
    ada = await members("ada")
    talk = Talk(member, f"<@{local_discord.application_id}>", scripted_model)
    await talk.goes_on(20)
    scripted_model.will_say("Bo knows twenty facts [3]. https://evil.example/x @everyone", when=summing)
    read = await talk.ask()
    first = await member.hears("Earlier here, in short")
    assert "Bo knows twenty facts." in first.text
    assert "https://" not in first.text
    assert "summed up by Writer" in first.text
    assert read[0].startswith("Bo knows twenty facts.")
    assert read[1:] == [f"fact {number} <@{member.user_id}>" for number in range(16, 20)]
    (summed,) = of(scripted_model, "summarize")
    assert [one.text.split(" <")[0] for one in summed.material] == [f"fact {n}" for n in range(16)]
    assert {one.author for one in summed.material} == {"person: Bo"}
    # what was made of others' words is from outside as they are
    turn = of(scripted_model, "chat")[-1].turns[0]
    assert (turn.role, turn.author) == ("user", "summary of 16 earlier messages")

    # not made anew for every answer, and anybody can put it right
    form = await ada.click(first, messages.CORRECT)
    late = await member.click(first, messages.CORRECT)
    await ada.submit(form, {messages.IN_SHORT: "Bo knows nineteen facts."})
    corrected = await member.sees(first, "nineteen")
    await member.submit(late, {messages.IN_SHORT: "Bo knows everything."})
    assert f"Corrected by <@{ada.user_id}>" in corrected.text
    read = await talk.ask()
    assert read[0] == "Bo knows nineteen facts."
    assert len(of(scripted_model, "summarize")) == 1
    shown = await (await member.slash("context")).answer()
    assert f"16 in short (corrected by <@{ada.user_id}>)" in shown.text
    assert "> Bo knows nineteen facts." in shown.text

    # extended, with what people have corrected
    await talk.goes_on(MOST + 2)
    scripted_model.will_say("Bo knows nineteen facts and more.", when=summing)
    read = await talk.ask()
    second = await member.hears("nineteen facts and more")
    await member.sees(first, messages.SUMMARY_BELOW)
    again = of(scripted_model, "summarize")[-1].material
    assert (again[0].id, again[0].text) == ("S", "Bo knows nineteen facts.")
    assert again[1].text.startswith("fact 16")
    assert read[0] == "Bo knows nineteen facts and more."
    await _forgotten(talk, bot_with, second)


async def _forgotten(talk: Talk, bot_with: BotWith, second: Heard) -> None:
    # forgotten where a message it rests on goes: at once
    await talk.member.delete(talk.said[3])
    gone = await talk.member.sees(second, messages.SUMMARY_FORGOTTEN)
    assert gone.buttons == []
    talk.model.will_say("A third one.", when=summing)
    await talk.ask()
    third = await talk.member.hears("A third one.")
    assert "fact 3 " not in " ".join(one.text for one in of(talk.model, "summarize")[-1].material)
    # and when that happened while nobody listened
    await bot_with.stop()
    await talk.member.edit(talk.said[-3], "something else")
    await bot_with.restart()
    talk.model.will_say("A fourth one.", when=summing)
    read = await talk.ask()
    await talk.member.sees(third, messages.SUMMARY_FORGOTTEN)
    assert read[0] == "A fourth one."


async def test_where_none_can_be_made_the_oldest_are_left_out_and_it_is_said(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord, scripted_model: ScriptedModel
) -> None:
    config = {**CONFIG, "cogs": {"chat": {**CONFIG["cogs"]["chat"], "history": 200}}}
    await bot_with(*cogswarm_cogs(), config=config, model=scripted_model)
    talk = Talk(member, f"<@{local_discord.application_id}>", scripted_model)
    for number in range(40):
        talk.said.append(await member.say(f"fact {number} {'x' * 1_900} <@{member.user_id}>"))
    scripted_model.will_refuse(when=summing)
    read = await talk.ask()
    assert "earlier messages of this conversation were left out" in read[0]
    assert read[-1].startswith("fact 39")
    await member.wait(
        lambda: next(
            (
                True
                for one in member.client.seen.values()
                if "earlier messages were left out" in one["content"]
            ),
            None,
        )
    )
    # not tried again for each answer, and once it works again what was left out is there
    tried = len(of(scripted_model, "summarize"))
    assert "were left out" in (await talk.ask())[0]
    assert len(of(scripted_model, "summarize")) == tried
    await talk.goes_on(summary.TRY_AGAIN_AFTER)
    scripted_model.will_say("One half.", when=summing)
    scripted_model.will_say("All of it.", when=summing)
    read = await talk.ask()
    assert read[0] == "All of it."
    assert not any("left out" in text for text in read)
    first, second = of(scripted_model, "summarize")[-2:]
    assert first.material[0].text.startswith("fact 0 ")
    assert second.material[0].text == "One half."


NOW = datetime(2026, 1, 1, tzinfo=UTC)
said = st.lists(
    st.builds(
        Utterance, id=st.integers(1, 60), author=st.just("Bo"), author_id=st.just(6), text=st.text(max_size=20),
        at=st.just(NOW), link=st.just("x"),
    ),
    unique_by=lambda one: one.id, max_size=40,
)  # fmt: skip


@given(said, st.integers(0, 60), st.integers(0, 60), st.sampled_from(["keep", "change", "delete"]))
def test_a_summary_holds_as_long_as_what_it_rests_on(
    read: list[Utterance], last: int, which: int, what: str
) -> None:
    read = sorted(read, key=lambda one: one.id)
    covered = [one for one in read if one.id <= last]
    if not covered:
        return
    one = Summary(
        number=1,
        text="In short.",
        first=covered[0].id,
        last=last,
        count=len(covered),
        marks=summary.marks(covered),
    )
    built = build(read, Reader("writer", 5, {}), earlier=one)
    assert all(kept.id > last for kept in built.read)
    assert built.turns[0].author.startswith("summary")
    now = [
        Utterance(two.id, two.author, two.author_id, f"{two.text}!", two.at, two.link)
        if two.id == which and what == "change"
        else two
        for two in read
        if two.id != which or what != "delete"
    ]
    touched = what != "keep" and any(two.id == which for two in covered)
    # What is older than all that was read cannot be looked at.
    visible = not now or which >= now[0].id
    assert still_true(one, now) == (not touched or not visible)
    kept = Kept().with_(one)
    assert (
        kept.without([two for two in kept.summaries if two.covers(which)]).current(None) is None
    ) == one.covers(which)
