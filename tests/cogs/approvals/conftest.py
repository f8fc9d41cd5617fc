"""A harbour in which an agent can send mail, which people have to approve."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from cogs.approvals import approvals
from cogswarm import Cog, Context, Run
from cogswarm.testing import BotWith, Heard, Members, Person, ScriptedModel


@dataclass
class Post:
    """A cog with a tool that changes something, and what it was used for."""

    sent: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def cog(self) -> Cog:
        cog = Cog("post", summary="Sends mail")

        @cog.tool("send", help="Send a mail")
        async def send(ctx: Context, to: str, text: str) -> str:
            assert ctx.guild_id
            self.sent.append({"to": to, "text": text})
            return f"Sent to {to}."

        @cog.workflow
        async def work(run: Run, task: str) -> None:
            answer = await run.agent("agent").converse(task)
            await run.post(answer.text)

        @cog.command("work", help="Work")
        async def start(ctx: Context, task: str) -> None:
            await ctx.start(work, title=task, task=task)

        assert send
        assert start
        return cog


@pytest.fixture
def post() -> Post:
    return Post()


def config_of(role: str | None, **rules: Any) -> dict[str, Any]:
    own = {"approvers": int(role)} if role else {}
    return {"agents": {"agent": {"tools": ["post"]}}, "cogs": {"approvals": {**own, **rules}}}


async def pressed(person: Person, message: Heard, label: str) -> str:
    outcome = await person.click(message, label)
    return (await person.answer_to(outcome)).text


__all__ = ["BotWith", "Members", "Post", "ScriptedModel", "approvals", "config_of", "pressed"]
