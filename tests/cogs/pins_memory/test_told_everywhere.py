"""In tasks and in research agents know what is pinned in the channel and in its thread, and cite it with its link."""

from uuid import uuid4

import pytest

from bot.local_discord.server import LocalDiscord
from bot.storage.database import Database
from bot.work import runs_table
from bot.work.principal import Principal
from bot.work.runs_table import NewRun
from cogs.pins_memory import pins_memory
from cogs.research.commands import cogswarm_cogs as research
from cogs.research.messages import NEITHER
from cogs.tasks import tasks
from cogswarm.testing import BotWith, Members, Person, ScriptedModel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def researched(database: Database, thread: Person, local: LocalDiscord) -> None:
    """A thread in which something was researched; nothing was found."""
    guild, place = next(iter(local.stage.world.guilds)), int(thread.channel_id)
    run_id = uuid4()
    new = NewRun(run_id, "research", "find_out", {}, "Bees", Principal(guild, place, 1, "Ada"), place)
    async with database.transaction() as conn:
        await runs_table.insert(conn, new, status_row=None, thread_row=None)
        await conn.execute("UPDATE run SET state = 'done', finished_at = now() WHERE id = %s", (run_id,))


async def test_what_is_pinned_is_told_in_tasks_and_in_research(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, local_discord: LocalDiscord
) -> None:
    bo, ada = await members(), await members("ada")
    queue = {"id": int(bo.channel_id), "cogs": {"tasks": {"queue": True, "agents": ["agent"]}}}
    config = {"servers": {"channels": [queue]}, "cogs": {"research": {"agent": "agent"}}}
    bot = await bot_with(pins_memory, tasks, *research(), config=config, model=scripted_model)
    await (await bo.slash("remember", fact="The quay is closed on Mondays.")).answer()
    fact = await bo.hears("📌 **Fact**")
    await bo.wait(lambda: True if bo.client.seen[fact.id].get("pinned") else None, "The pin")

    scripted_model.will_say("It is done.")
    asked = await bo.say("Write a sign for the quay")
    await (await bo.in_thread_of(asked)).hears("It is done.")
    request = scripted_model.asked[-1].request
    assert [(one.id, one.text, one.author) for one in request.material] == [
        ("P1", "The quay is closed on Mondays.", "Bo")
    ]
    # what is pinned does not turn a task into a question that is answered from material alone
    assert request.purpose == "chat"

    thread = await ada.open_thread("bees")
    await researched(bot.database, thread, local_discord)
    scripted_model.will_say("Who knows.")
    own = await thread.say("Bees dance to tell where food is.")
    await thread.hears(NEITHER)
    await thread.pin(own)
    scripted_model.will_say("Bees dance [P1]. The quay has its day off [P2]. The moon is cheese.")
    await thread.say("What do you know?")
    answer = await thread.hears("Bees dance")
    guild = next(iter(local_discord.stage.world.guilds))
    link = f"https://discord.com/channels/{guild}"
    assert f"Bees dance. [[P1]](<{link}/{thread.channel_id}/{own.id}>)" in answer.text
    assert f"The quay has its day off. [[P2]](<{link}/{bo.channel_id}/{fact.id}>)" in answer.text
    assert "cheese" not in (await thread.sees(answer, "day off")).text
