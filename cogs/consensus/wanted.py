"""What a decision is begun with, as it is kept with the run that makes it."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from cogswarm import VoteRules


class Slot(BaseModel):
    """An agent that drafts a proposal, and from which side it is to look at the question."""

    model_config = ConfigDict(frozen=True)

    agent: str
    brief: str = ""


class Wanted(BaseModel):
    """A question with everything that was chosen or set when it was asked."""

    model_config = ConfigDict(frozen=True)

    question: str
    channel_id: int
    """Whoever can read this may read the decision."""
    slots: tuple[Slot, ...] = ()
    analyst: str = ""
    criteria: tuple[str, ...] = ()
    draft_seconds: float = 120.0
    add_minutes: float = 10.0
    people: bool = False
    """People's proposals are waited for also where agents bring enough of them."""
    revise: bool = False
    rules: VoteRules = VoteRules()
    seconds: float = 86_400.0
    advice: bool = False
    then: Literal["nothing", "task", "approval", "agent"] = "nothing"
    queue: int | None = None
    doer: str = ""
    supersedes: UUID | None = None
