"""What people see of runs: questions with buttons, failures with Retry, /runs, /stop and /status, and who may what."""

from datetime import timedelta

from bot.errors import NotDone
from cogs.admin import admin
from cogswarm import Cog, Context, OutsideError, Run
from cogswarm.testing import BotWith, FakeClock, Members, Person


class Ship:
    """Something outside that answers as it is told."""

    def __init__(self) -> None:
        self.sailed = 0
        self.fails: list[Exception] = []

    async def sail(self) -> int:
        if self.fails:
            raise self.fails.pop()
        self.sailed += 1
        return self.sailed


def harbour(ship: Ship) -> Cog:
    cog = Cog("harbour", summary="Ships")

    @cog.workflow
    async def depart(run: Run) -> None:
        said = await run.wait_answer("leave", "Shall we leave?", {"yes": "Cast off", "no": "Stay"})
        if said is None or said.value == "no":
            await run.post("We stay.")
            return
        await run.once("the departure", ship.sail)
        await run.post(f"We left {ship.sailed} times.")

    @cog.workflow
    async def load(run: Run) -> None:
        await run.stage("Loading")
        await run.step("load", ship.sail)
        await run.post("Loaded.")

    @cog.workflow
    async def tide(run: Run) -> None:
        await run.sleep("the tide", timedelta(hours=6))
        await run.post("High water.")

    @cog.command("depart", help="Leave")
    async def depart_now(ctx: Context) -> None:
        await ctx.start(depart, title="Leaving the harbour")

    @cog.command("load", help="Load")
    async def load_now(ctx: Context) -> None:
        await ctx.start(load, title="Loading the ship")

    @cog.command("tide", help="Wait for the tide")
    async def tide_now(ctx: Context) -> None:
        await ctx.start(tide, title="Waiting for the tide")

    assert depart_now
    assert load_now
    assert tide_now
    return cog


async def _pressed(person: Person, message: object, label: str) -> str:
    outcome = await person.click(message, label)  # pyright: ignore[reportArgumentType] - a message that was heard
    return (await person.answer_to(outcome)).text


async def test_people_decide_in_the_thread_and_only_those_who_may(
    bot_with: BotWith, members: Members
) -> None:
    ship = Ship()
    ship.fails = [OutsideError("no answer from the lock")]
    await bot_with(harbour(ship), admin)
    bo, chen, ada = await members(), await members("chen"), await members("ada")
    asked = await bo.slash("depart")
    thread = await asked.thread()
    question = await asked.next()
    assert question.text == "Shall we leave?"
    assert question.buttons == ["Cast off", "Stay"]
    status = await bo.sees(await asked.status(), "Waiting until it is answered")
    assert status.buttons == ["Stop"]
    assert "waits for somebody" not in status.text

    assert "Only who asked for this" in await _pressed(chen, question, "Stay")
    assert await _pressed(bo, question, "Cast off") == "Noted: Cast off."
    assert f"<@{bo.user_id}> was first and decided: Cast off." in await _pressed(ada, question, "Stay")
    shown = await bo.sees(question, "Cast off by")
    assert shown.buttons == []

    doubt = await thread.hears("may have happened")
    assert "**the departure** may have happened" in doubt.text
    assert doubt.buttons == ["Retry", "Done"]
    assert "- <#" in (await (await bo.slash("status")).answer()).text
    assert await _pressed(ada, doubt, "Retry") == "Noted: Retry."  # an admin decides for others
    await thread.hears("We left 1 times.")
    assert (await asked.finished()).text.endswith("✓ Done")


async def test_what_failed_shows_why_and_goes_on_when_people_say_so(
    bot_with: BotWith, members: Members
) -> None:
    ship = Ship()
    await bot_with(harbour(ship), admin, config={"runs": {"retries": 1}})
    bo, chen, ada = await members(), await members("chen"), await members("ada")

    ship.fails = [NotDone("The crane is broken.") for _ in range(2)]
    asked = await bo.slash("load")
    failed = await bo.sees(await asked.status(), "✗ The crane is broken.")
    assert failed.buttons == ["Retry"]
    assert "❌ failed" in (await (await bo.slash("runs list", which="failed")).answer()).text
    assert (await (await chen.slash("runs list", which="all")).answer()).text == "Nothing was asked for yet."
    assert "Only who asked" in await _pressed(chen, failed, "Retry")

    ship.fails = [RuntimeError("a secret")]
    assert await _pressed(bo, failed, "Retry") == "It goes on from where it was."
    broken = await bo.sees(failed, "Something broke here (error ")
    assert "secret" not in broken.text

    (suggested,) = await ada.suggestions("runs retry", "run", "load")
    assert suggested.startswith("Loading the ship · ")
    assert await bo.suggestions("runs stop", "run", "") == []
    shown = await (await bo.slash("runs show", run=suggested)).answer()
    assert "❌ failed · part of harbour" in shown.text
    assert f"Asked for by <@{bo.user_id}> on <t:" in shown.text
    assert shown.buttons == ["Retry"]
    assert "Only who asked" in (await (await chen.slash("runs show", run=suggested)).answer()).text
    retried = await (await ada.slash("runs retry", run=suggested)).answer()
    assert retried.text == "It goes on from where it was."
    assert (await asked.next()).text == "Loaded."
    assert (await bo.sees(broken, "✓ Done")).text.endswith("✓ Done")
    again = await (await bo.slash("runs retry", run="Loading the ship")).answer()
    assert "nothing to retry" in again.text
    unknown = await (await bo.slash("runs show", run="no such thing")).answer()
    assert "choose one from the list" in unknown.text


async def test_stopping_from_the_thread_from_the_channel_and_from_the_list(
    bot_with: BotWith, members: Members
) -> None:
    await bot_with(harbour(Ship()), admin)
    bo, ada = await members(), await members("ada")
    assert "All quiet" in (await (await bo.slash("status")).answer()).text
    assert "Nothing of yours" in (await (await bo.slash("stop")).answer()).text

    first = await bo.slash("depart")
    thread = await first.thread()
    await first.next()
    assert "Stopping." in (await (await thread.slash("stop")).answer()).text
    assert f"Stopped by <@{bo.user_id}>." in (await first.finished()).text

    second = await bo.slash("depart")
    await second.next()
    offered = await (await bo.slash("stop")).answer()
    assert offered.buttons == ["Leaving the harbour"]
    assert "Stopping." in await _pressed(bo, offered, "Leaving the harbour")
    await second.finished()

    third = await bo.slash("depart")
    await third.next()
    (suggested,) = await ada.suggestions("runs stop", "run", "")
    assert "Stopping." in (await (await ada.slash("runs stop", run=suggested)).answer()).text
    assert f"Stopped by <@{ada.user_id}>." in (await third.finished()).text
    listed = (await (await ada.slash("runs list", which="over")).answer()).text
    assert listed.count("⏹️ stopped") == 3
    assert "everybody's" in listed


async def test_a_run_sleeps_through_a_restart_and_wakes_when_it_is_time(
    bot_with: BotWith, member: Person, fake_clock: FakeClock
) -> None:
    await bot_with(harbour(Ship()), admin)
    asked = await member.slash("tide")
    await member.sees(await asked.status(), "Waiting until <t:")
    await bot_with.restart()
    await fake_clock.advance(timedelta(hours=6))
    assert (await asked.next()).text == "High water."
    assert (await asked.finished()).text.endswith("✓ Done")
