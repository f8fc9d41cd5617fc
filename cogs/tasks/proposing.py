"""What a leader has learnt: proposed, put before people who may change it, and only then remembered or followed."""

from typing import Any

from cogs.tasks import messages
from cogs.tasks.cog import tasks
from cogswarm import QueueRules, Run, Schema, Task, is_on_bus, title

LONGEST = 500
LEARNT = Schema(
    "learnt",
    {
        "type": "object",
        "properties": {
            "kind": {"type": "string", "enum": ["nothing", "fact", "instruction"]},
            "agent": {"type": "string"},
            "text": {"type": "string"},
        },
        "required": ["kind", "agent", "text"],
        "additionalProperties": False,
    },
)


async def propose_lesson(run: Run, name: str, whole: Task, result: str, rules: QueueRules) -> None:
    """Ask the leader what it has learnt, and let work of its own put that before people: nobody waits for it."""
    # Agents of a bus keep what they learn where they live.
    known = sorted({name, *(one for one in rules.agents if not is_on_bus(one))})
    prompt = messages.LEARNT_PROMPT.format(
        title=whole.title, result=result[:2_000], agents=", ".join(known), most=LONGEST
    )
    reply = await run.agent(name).converse(prompt, tools=(), schema=LEARNT, purpose="chat")
    learnt = reply.data or {}
    text, agent = str(learnt.get("text", "")).strip()[:LONGEST], str(learnt.get("agent", ""))
    kind = str(learnt.get("kind", "nothing"))
    if not text or kind == "nothing" or (kind == "instruction" and agent not in known):
        return
    heading = messages.LESSON_TITLE.format(number=whole.number)
    await run.start(offer_lesson, title=heading, kind=kind, agent=agent, text=text)


@tasks.workflow
async def offer_lesson(run: Run, kind: str, agent: str, text: str) -> None:
    """Put before people what a leader proposes to remember, or to tell an agent from now on."""
    asked: dict[str, Any] = {"text": text} if kind == "fact" else {"agent": agent, "text": text}
    heading = (
        messages.LESSON_FACT if kind == "fact" else messages.LESSON_INSTRUCTION.format(agent=title(agent))
    )
    said = await run.approve("lesson", heading, asked)
    if not said.approved:
        return
    agreed: dict[str, Any] = {**asked, **(said.payload or {})}
    wanted = str(agreed["text"]).strip()[:LONGEST]
    if kind == "fact":
        await run.remember(kind="fact", title=title(run.title), body=wanted)
        await run.post(messages.FACT_KEPT)
        return
    await run.step("teach", run.lessons.keep, agent, wanted, accepted_by=said.by[0] if said.by else 0)
    await run.post(messages.LESSON_KEPT.format(agent=title(agent)))
