"""Clicks from where they do not count: in direct messages, on a copy, forwarded, by who has left or lost the role."""

import httpx
import pytest

from cogs.approvals import approvals
from cogswarm.testing import BotWith, DiscordRefused, Heard, LocalDiscord, Members, Person, ScriptedModel
from tests.cogs.approvals.conftest import Post, config_of, pressed
from tests.cogs.approvals.test_tool_approval import role_of


async def copied(local: LocalDiscord, message: Heard, person: Person) -> Heard:
    """The same buttons in another place, as only the bot itself could put them there."""
    body = {"content": "copied", "components": message.raw["components"]}
    async with httpx.AsyncClient(headers={"Authorization": f"Bot {local.bot_token}"}) as client:
        url = f"{local.base_url}/api/v10/channels/{person.channel_id}/messages"
        (await client.post(url, json=body)).raise_for_status()
    return await person.hears("copied")


async def test_only_who_the_policy_permits_counts_wherever_they_click(
    bot_with: BotWith,
    members: Members,
    local_discord: LocalDiscord,
    scripted_model: ScriptedModel,
    post: Post,
) -> None:
    bo, chen, ada, dara = [await members(name) for name in ("bo", "chen", "ada", "dara")]
    reviewer = role_of(chen, "Reviewer")
    await bot_with(post.cog(), approvals, config=config_of(reviewer), model=scripted_model)
    guild = next(iter(ada.client.guilds))
    await ada.client.request("PUT", f"/guilds/{guild}/members/{dara.user_id}/roles/{reviewer}")
    scripted_model.will_call("post__send", to="all", text="Come!")
    scripted_model.will_say("Sent.")
    asked = await bo.slash("work", task="Write")
    thread = await asked.thread()
    question = await thread.hears("Approval needed")

    # where Discord tells nothing of roles
    directly = await chen.with_bot()
    beside = await copied(local_discord, question, directly)
    assert "not in direct messages" in await pressed(directly, beside, "Approve")
    # forwarded: the words go along, the buttons do not
    forward = {
        "message_reference": {"type": 1, "channel_id": thread.channel_id, "message_id": question.id},
        "content": "",
    }
    await chen.client.request("POST", f"/channels/{chen.channel_id}/messages", forward)
    seen = await bo.hears(lambda one: bool(one.raw.get("message_snapshots")))
    assert seen.buttons == []
    # a copy elsewhere on the server is the same question, for the same people
    elsewhere = await copied(local_discord, question, chen)
    assert "not for you" in await pressed(ada, elsewhere, "Approve")
    # the role is gone since the question was asked
    await ada.client.request("DELETE", f"/guilds/{guild}/members/{dara.user_id}/roles/{reviewer}")
    assert "not for you" in await pressed(dara, question, "Approve")
    # who has left the server has no buttons there any more
    await ada.client.request("PUT", f"/guilds/{guild}/members/{dara.user_id}/roles/{reviewer}")
    await ada.client.request("DELETE", f"/guilds/{guild}/members/{dara.user_id}")
    with pytest.raises(DiscordRefused, match="Missing Access"):
        await dara.click(question, "Approve")
    assert post.sent == []
    assert "Approved" in await pressed(chen, question, "Approve")
    await asked.finished()
    # a button that was pressed long ago, on a message that somebody still has open
    assert "decided before" in await pressed(ada, elsewhere, "Reject")
    assert post.sent == [{"to": "all", "text": "Come!"}]
