"""One agent hands a task to another: a tool that no server offers, within what agents may do among themselves."""

from bot.agents.persona import Persona
from bot.agents.recorder import Recorder, Under
from bot.agents.surroundings import Say, Surroundings, Team
from bot.agents.talk import Spoken, signature, why_stop
from bot.agents.using import Used, refusal
from bot.errors import OutsideError, UserError
from bot.llm.protocol import ToolCall, ToolSpec

DELEGATE = "delegate"
"""No tool of a server is called so: their names for models have two underscores."""
LONGEST_TASK = 8_000


def delegate_spec(persona: Persona, team: Team) -> ToolSpec | None:
    """The tool as the model sees it; None where there is nobody to hand anything to."""
    if not persona.delegates or team.member is None:
        return None
    return ToolSpec(
        DELEGATE,
        "Hand a task to another agent, who works on it and answers you. Say all that is needed: it does not know this "
        "conversation.",
        {
            "type": "object",
            "properties": {
                "agent": {"type": "string", "enum": sorted(persona.delegates)},
                "task": {"type": "string", "description": "What is to be done, in full."},
            },
            "required": ["agent", "task"],
            "additionalProperties": False,
        },
    )


async def hand_over(
    persona: Persona,
    around: Surroundings,
    recorder: Recorder,
    key: str,
    call: ToolCall,
    say: Say,
    *,
    hops: int,
) -> Used:
    """Have another agent do what ``call`` says; why that is not done is an answer too."""
    team = around.team
    name, task = str(call.arguments.get("agent", "")), str(call.arguments.get("task", ""))[:LONGEST_TASK]
    if team.member is None or name not in persona.delegates:
        return refusal(DELEGATE, f"{persona.display_name} may not hand anything to “{name[:50]}”.")
    if not task.strip():
        return refusal(DELEGATE, "Say what is to be done.")
    if hops + 1 > team.limits.hops:
        return refusal(
            DELEGATE,
            f"This was handed on {hops} times in a row, and {team.limits.hops} is the most; do it yourself.",
        )
    team.spoken.append(Spoken(persona.name, name, signature(task)))
    stopped = why_stop(team.spoken, team.limits)
    if stopped is not None:
        return refusal(DELEGATE, stopped)
    try:
        other = team.member(name)
        say(f"{other.persona.display_name} is working on a part of it")
        reply = await other.handed(task, Under(recorder, key), hops=hops + 1)
    except (OutsideError, UserError) as error:
        return Used(DELEGATE, str(error), failed=True)
    tokens = reply.usage.input_tokens + reply.usage.output_tokens
    team.spoken.append(Spoken(name, persona.name, signature(reply.text), tokens))
    return Used(
        f"{DELEGATE}.{name}",
        reply.text,
        from_outside=reply.tainted,
        images=reply.images,
        usage=reply.usage,
    )
