"""Auctions from end to end: in a queue, by command, over a restart, with objections and runners-up, and reckoned again."""

import pytest

from cogs.auction import auction
from cogs.tasks import tasks
from cogswarm.testing import BotWith, FakeClock, Heard, Members, Person, ScriptedModel
from tests.owned_clock import Times
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

MINUTES = 10


@pytest.fixture
def times(database_url: str, fake_clock: FakeClock) -> Times:
    return Times(database_url, fake_clock, "auction_now")


def house(person: Person, *agents: str, strategy: str = "auction", **rules: object) -> dict[str, object]:
    """A bot for whom the person's channel is a queue."""
    queue = {"queue": True, "strategy": strategy, "agents": agents}
    channel = {"id": int(person.channel_id), "cogs": {"tasks": queue}}
    return {"cogs": {"auction": {"minutes": MINUTES, **rules}}, "servers": {"channels": [channel]}}


async def bids(person: Person, call: Heard, minutes: str, dollars: str = "0") -> str:
    """What somebody is told who presses *Bid* and fills in the form."""
    form = await person.click(call, "Bid")
    sent = await person.submit(form, minutes=minutes, dollars=dollars)
    return (await person.answer_to(sent)).text


async def bidding(ada: Person, bo: Person, chen: Person, asked: Heard) -> Heard:
    """Two people and an agent bid, and nobody learns what; gives the message with the call."""
    thread = await bo.in_thread_of(asked)
    call = await thread.hears("Auction 1")
    assert call.buttons == ["Bid", "Take my bid back"]
    assert "Bids are sealed until <t:" in call.text
    await thread.sees(call, "**1** so far")  # the agent's
    said = await bids(await chen.in_thread_of(asked), call, "0.5", "0.04")
    assert "sealed: **0.5 min** and **$0.04**. 2 so far" in said
    assert "Its seal is `" in said
    await bids(await ada.in_thread_of(asked), call, "0.2")
    await thread.sees(call, "**3** so far")
    assert "is changed and sealed: **7 min**" in await bids(await ada.in_thread_of(asked), call, "7")
    assert "How many minutes" in await bids(await ada.in_thread_of(asked), call, "-1")
    shown = await (await bo.slash("auctions show", auction="1")).answer()
    assert "**3** so far; what they say is sealed" in shown.text
    refused = await (await bo.slash("auctions replay", auction="1")).answer()
    assert "until then nobody sees the bids" in refused.text
    await chen.react(asked, "👀")
    await thread.hears("An auction decides who gets #1")
    return call


async def reckoned(bo: Person) -> None:
    """What can be read later: every bid with its seal, who got it and why, and that it comes out the same."""
    same = await (await bo.slash("auctions replay", auction="1")).answer()
    assert "✅ **Auction 1** reckoned again from 3 bids and the seed gives the same: Chen, Agent" in same.text
    about = await (await bo.slash("auctions show", auction="1")).answer()
    for part in ("came too late", "seal `", "salt `", '"seconds":420.0', "runner-up's turn", "📏"):
        assert part in about.text
    assert "✅ **1** Count the gulls" in (await (await bo.slash("auctions list")).answer()).text
    why = await (await bo.slash("tasks show", task="1")).answer()
    assert "Why: Agent made the next lowest of 3 bids" in why.text


async def test_a_message_in_a_queue_is_bid_for_and_the_bot_may_be_away_at_the_close(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, times: Times
) -> None:
    ada, bo, chen = await members("ada"), await members(), await members("chen")
    await bot_with(tasks, auction, config=house(bo, "agent"), model=scripted_model)
    asked = await bo.say("Count the gulls for @everyone")
    thread = await bo.in_thread_of(asked)
    call = await bidding(ada, bo, chen, asked)

    # the bot is away when bids close, and closes them once when it is back
    await bot_with.stop()
    await times.pass_by(MINUTES)
    await bot_with.restart()
    opened = await thread.hears("**3 bids**, opened now")
    lines = opened.text.splitlines()
    assert f"**<@{chen.user_id}>** — 0.90 min: 0.50 of work + 0.40 for $0.04" in lines[1]
    assert "**Agent** — 1.0 min" in lines[2]
    assert f"**<@{ada.user_id}>** — 7.0 min" in lines[3]
    assert "Chen 0.90 minutes, Agent 1.0 minutes" in opened.raw["attachments"][0]["description"]
    assert (await thread.hears("🏆")).text == (
        f"🏆 **<@{chen.user_id}>** gets it: the lowest of 3 bids, 0.90 min against 1.0 of Agent."
    )
    await thread.sees(call, f"<@{chen.user_id}> has it")
    late = await (await ada.slash("auctions bid", auction="1", minutes=0.01)).answer()
    assert "closed <t:" in late.text

    # she lets go, so that the runner-up has it, an agent, which does the work; what it took is told and learnt
    scripted_model.will_say("There are forty gulls.")
    await chen.react(asked, "📥")
    await thread.hears("let go of it, so it is the runner-up's turn")
    await thread.hears("**Agent** gets it: the next lowest of 3 bids")
    await thread.hears("There are forty gulls.")
    await times.pass_by(0.2)
    assert "Said: 1.0 min. Taken: " in (await thread.hears("📏")).text
    told = [one.text for one in await thread.history()]
    for once in ("Auction 1:", "opened now", "🏆 **<@", "🏆 **Agent", "runner-up's turn", "📏"):
        assert sum(once in text for text in told) == 1, once
    await reckoned(bo)


async def test_by_command_with_nobody_objections_and_an_end(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, times: Times
) -> None:
    ada, bo, chen = await members("ada"), await members(), await members("chen")
    config = house(bo, strategy="first_come", veto_over=5.0, veto_minutes=MINUTES)
    await bot_with(tasks, auction, config=config, model=scripted_model)

    async def called(number: int, **options: object) -> tuple[Person, Heard]:
        answered = await (await bo.slash("auction", **options)).answer()
        assert f"Auction {number} has begun" in answered.text
        said = await bo.hears("📋")
        thread = await bo.in_thread_of(said)
        return thread, await thread.hears(f"Auction {number}")

    await (await bo.slash("tasks board")).answer()
    assert "say what is to be done" in (await (await bo.slash("auction")).answer()).text
    thread, call = await called(1, text="Paint {it} blue", minutes=2.0)
    assert "Paint {it} blue" in call.text
    await times.pass_by(2)
    await thread.hears("Nobody bid. Whoever claims it has it.")

    thread, call = await called(2, text="Mend the net")
    costly = await (await chen.slash("auctions bid", auction="2", minutes=1.0, dollars=9.0)).answer()
    assert "**$9**" in costly.text
    await (await ada.slash("auctions bid", auction="2", minutes=600.0)).answer()
    await (await bo.slash("auctions bid", auction="2", minutes=1.0)).answer()
    back = await (await bo.slash("auctions withdraw", auction="2")).answer()
    assert back.text == "Your bid in auction 2 is taken back."
    await thread.sees(call, "**2** so far")
    await times.pass_by(MINUTES)
    asks = await thread.hears("is expected to cost **$9.00**")
    pressed = await thread.click(asks, "Object")
    assert "Only people who may manage this server" in (await thread.answer_to(pressed)).text
    pressed = await ada.click(asks, "Object")
    assert "it is the runner-up's turn" in (await ada.answer_to(pressed)).text
    await thread.hears(f"<@{ada.user_id}> objected to <@{chen.user_id}>")
    await thread.hears(f"🏆 **<@{ada.user_id}>** gets it: the next lowest of 2 bids")

    assert (await bo.suggestions("auction", "task", "paint")) == ["#1 · Paint {it} blue"]
    answered = await (await chen.slash("auction", task="#1 · Paint {it} blue")).answer()
    assert "Auction 3 has begun" in answered.text
    assert (await bo.suggestions("auctions cancel", "auction", "")) == [
        "3 · Paint {it} blue",
        "2 · Mend the net",
    ]
    may_not = await (await bo.slash("auctions cancel", auction="3")).answer()
    assert "who called for it" in may_not.text
    over = await (await chen.slash("auctions cancel", auction="3")).answer()
    assert over.text == "Auction 3 is over."
    state = await (await chen.slash("auctions list")).answer()
    assert "⏹️ **3** Paint {it} blue" in state.text
    gone = await (await chen.slash("auctions show", auction="77")).answer()
    assert "choose one from the list" in gone.text

    async def claimable() -> bool:
        return "available" in (await (await bo.slash("tasks show", task="1")).answer()).text

    await eventually(claimable)
