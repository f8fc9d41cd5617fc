"""An agent's consequential tool call asks people; whoever it acts for does not count; what was approved runs once."""

from cogs.approvals import approvals
from cogswarm.testing import BotWith, Members, ScriptedModel
from tests.cogs.approvals.conftest import Post, config_of, pressed


def role_of(person: object, name: str) -> str:
    guild = next(iter(person.client.guilds.values()))  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType, reportUnknownArgumentType] - as the client has it
    return next(str(one["id"]) for one in guild["roles"] if one["name"] == name)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - as above


async def test_a_tool_call_asks_people_and_runs_once_when_the_right_one_approves(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, post: Post
) -> None:
    bo, chen, ada = await members(), await members("chen"), await members("ada")
    await bot_with(post.cog(), approvals, config=config_of(role_of(chen, "Reviewer")), model=scripted_model)
    scripted_model.will_call("post__send", to="council", text="Please come.")
    scripted_model.will_say("It is sent.")
    asked = await bo.slash("work", task="Write to the council")
    thread = await asked.thread()
    question = await thread.hears("Approval needed")
    assert question.buttons == [
        "Approve",
        "Reject",
        "Reject, saying why…",
        "Change…",
        "Have it rewritten…",
    ]
    assert '"text": "Please come."' in question.text
    assert f"On behalf of <@{bo.user_id}>" in question.text
    await bo.sees(await asked.status(), "Waiting until <t:")

    (suggested,) = await chen.suggestions("approve", "what", "agent wants")
    number = suggested.rpartition(" · ")[2]
    assert await bo.suggestions("approve", "what", "") == []

    assert "on your behalf" in await pressed(bo, question, "Approve")
    assert "not for you to decide" in await pressed(ada, question, "Approve")
    assert post.sent == []
    await bot_with.restart()
    assert "Approved by" in await pressed(chen, question, "Approve")
    await asked.finished()
    assert post.sent == [{"to": "council", "text": "Please come."}]
    shown = await bo.sees(question, "Approved by")
    assert shown.buttons == []
    again = (await (await ada.slash("deny", what=number)).answer()).text
    assert again.startswith("This was decided before. ✅ Approved by ")
    assert f"<@{chen.user_id}>" in again
    assert "<t:" in again
    assert post.sent == [{"to": "council", "text": "Please come."}]
    assert "It is sent." in (await thread.hears("It is sent.")).text
