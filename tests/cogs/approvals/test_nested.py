"""Questions from deep inside: an agent that another one asked, in the middle of a step, waits as a row like any other."""

from typing import Any

from cogs.approvals import approvals
from cogswarm import Cog, Context, Run
from cogswarm.testing import BotWith, Members, ScriptedModel
from tests.cogs.approvals.conftest import Post, pressed


async def test_an_agent_that_was_handed_a_task_inside_a_step_can_ask_people(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, post: Post
) -> None:
    bo, ada = await members(), await members("ada")
    desk = Cog("desk", summary="Works")

    async def talk(run: Run) -> str:
        return (await run.agent("agent").converse("Invite the council")).text

    @desk.workflow
    async def work(run: Run) -> None:
        await run.post(await run.step("talk", talk, run))

    @desk.command("invite", help="Work")
    async def start(ctx: Context) -> None:
        await ctx.start(work, title="Inviting")

    assert start
    config: dict[str, Any] = {
        "agents": {"agent": {"tools": ["post"], "delegates": ["clerk"]}, "clerk": {"tools": ["post"]}}
    }
    await bot_with(post.cog(), desk, approvals, config=config, model=scripted_model)
    scripted_model.will_call("delegate", agent="clerk", task="Send it")
    scripted_model.will_call("post__send", to="council", text="Come!")
    scripted_model.will_say("I sent it.")
    scripted_model.will_say("All invited.")
    asked = await bo.slash("invite")
    thread = await asked.thread()
    question = await thread.hears("Approval needed: Clerk wants to use send")
    await bo.sees(await asked.status(), "Waiting until <t:")
    await bot_with.restart()
    assert "Approved" in await pressed(ada, question, "Approve")
    await thread.hears("All invited.")
    assert len(post.sent) == 1
    assert len(scripted_model.asked) == 4  # nothing was asked twice
