"""Strategies of cogs: declared once each, offered where a queue's strategy is chosen, and told where they are missing."""

from collections.abc import Sequence

import pytest

from bot.errors import ConfigError
from bot.plugins.settings_fields import fields_of
from cogs.tasks import tasks
from cogs.tasks.cog import TasksSettings
from cogswarm import Award, Candidate, Cog, Context, Need, Task
from cogswarm.testing import BotWith, Members, ScriptedModel


async def youngest(ctx: Context, task: Task, need: Need, candidates: Sequence[Candidate]) -> Award:
    del ctx, need
    best = min(candidates, key=lambda one: one.name)
    return Award(best.id, f"{best.name} is the youngest who could do “{task.title}”.")


def test_each_name_is_declared_once() -> None:
    cog = Cog("lab", summary="Test cog")
    assert cog.strategy("youngest")(youngest) is youngest
    for taken in ("youngest", "first_come", "Not a name"):
        with pytest.raises(ConfigError, match="needs another name"):
            cog.strategy(taken)(youngest)


def test_a_queue_chooses_from_all_there_are() -> None:
    (field,) = (one for one in fields_of(TasksSettings, ("first_come", "youngest")) if one.name == "strategy")
    assert (field.kind, field.choices) == ("choice", ("first_come", "youngest"))


@pytest.mark.slow
async def test_a_cog_says_who_gets_a_task_and_a_task_says_where_it_cannot(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel
) -> None:
    lab = Cog("lab", summary="Test cog")
    lab.strategy("youngest")(youngest)
    config = {"cogs": {"tasks": {"queue": True, "strategy": "youngest", "agents": ["agent"]}}}
    bo = await members()
    await bot_with(tasks, config=config)
    asked = await bo.say("Mend the net")
    thread = await bo.in_thread_of(asked)
    await thread.hears("It waits: There is no way called “youngest” to say who gets a task.")
    await bot_with(tasks, lab, config=config)
    failed = await thread.hears("It waits: ")  # there is nobody to choose from, which it did not foresee
    assert "lab" in failed.text
    scripted_model.will_say("The net is mended.")
    await bot_with(tasks, lab, config=config, model=scripted_model)
    await thread.hears("Agent is the youngest who could do “Mend the net”.")
    await thread.hears("The net is mended.")
