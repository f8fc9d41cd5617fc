"""A cog whose agent answers with whatever tools it has, as a chat does: the text, its pictures, what people should know."""

from typing import Any

from cogswarm import Cog, Context, Run


def desk() -> Cog:
    cog = Cog("desk", summary="Answers")

    @cog.workflow
    async def answer(run: Run, text: str) -> None:
        agent = run.agent("writer")
        talk = agent.converse(text)
        await run.stream(talk, speaker=agent.speaker)
        reply = await talk
        if reply.files:
            await run.post("", files=reply.files, speaker=agent.speaker)
        for note in reply.notes:
            await run.note(note)
        if reply.left_out:
            await run.post("Left out: " + " | ".join(reply.left_out))

    @cog.command("ask", help="Ask the writer")
    async def ask(ctx: Context, text: str) -> None:
        await ctx.start(answer, title="Asked", text=text)

    assert ask
    return cog


def writer(tools: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A configuration in which the writer may use all of ``tools``."""
    return {
        "models": {"main": {"backend": "scripted"}},
        "agents": {"writer": {"model": "main", "tools": list(tools), **more}},
        "tools": tools,
    }
