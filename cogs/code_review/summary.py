"""The agent that explains the change to whoever reviews it: what it does, how risky, how much work."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cogs.code_review import agents, messages
from cogs.code_review.diffs import shown
from cogswarm import OutsideError, Passage, Run, Schema, UserError, plain
from cogswarm.review import ChangedFile, PullRequest

QUESTION = (
    "Explain this change to somebody who is about to review it: what it does, file by file where that helps, in at most eight "
    "lines; how risky it is to merge; and how much effort its review takes, from 1 (a glance) to 5 (half a day)."
)
SCHEMA = Schema(
    "walkthrough",
    {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "risk": {"type": "string", "enum": ["low", "medium", "high"]},
            "effort": {"type": "integer", "minimum": 1, "maximum": 5},
        },
        "required": ["text", "risk", "effort"],
        "additionalProperties": False,
    },
)


class Walk(BaseModel):
    """What the model says."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=20_000)
    risk: Literal["low", "medium", "high"]
    effort: int = Field(ge=1, le=5)


async def walkthrough(run: Run, pull: PullRequest, files: Sequence[ChangedFile]) -> str:
    """What people read of it; empty where it could not be said."""
    given = shown(files)
    about = Passage("about", pull.body[:4_000] or "No description.", title=pull.title)
    talk = run.agent(agents.SUMMARY).converse(
        QUESTION, sources=[*given.passages, about], tools=(), schema=SCHEMA, purpose="chat"
    )
    try:
        walk = Walk.model_validate((await talk).data)
    except (OutsideError, UserError, ValidationError):
        said = ""  # the agent that reviews says that models are away
    else:
        said = messages.WALK.format(text=plain(walk.text)[:1_500], risk=walk.risk, effort=walk.effort)
    return await run.step("walkthrough", _as_it_is, said)


async def _as_it_is(said: str) -> str:
    """What was said first holds."""
    return said
