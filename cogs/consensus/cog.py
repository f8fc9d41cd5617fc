"""What the consensus cog is called, and how decisions are made in each channel."""

from typing import Literal

from cogs.consensus import messages
from cogswarm import Cog, Context, Settings, setting


class ConsensusSettings(Settings):
    """How decisions are made; set channel by channel."""

    count: int = setting(3, ge=0, le=10, label=messages.COUNT, help=messages.COUNT_HELP)
    agents: tuple[str, ...] = setting((), label=messages.AGENTS, help=messages.AGENTS_HELP)
    analyst: str = setting("", label=messages.ANALYST, help=messages.ANALYST_HELP)
    criteria: tuple[str, ...] = setting(
        messages.USUAL_CRITERIA, label=messages.CRITERIA, help=messages.CRITERIA_HELP
    )
    draft_seconds: float = setting(
        120.0, ge=0.1, le=3_600, label=messages.DRAFT_SECONDS, help=messages.DRAFT_SECONDS_HELP
    )
    add_minutes: float = setting(
        10.0, ge=0.01, le=10_080, label=messages.ADD_MINUTES, help=messages.ADD_MINUTES_HELP
    )
    revise: bool = setting(False, label=messages.REVISE, help=messages.REVISE_HELP)
    rule: Literal["approval", "ranked_pairs", "plurality"] = setting(
        "approval", label=messages.RULE, help=messages.RULE_HELP
    )
    hours: float = setting(24.0, ge=0.001, le=720, label=messages.HOURS, help=messages.HOURS_HELP)
    quorum: int = setting(0, ge=0, le=100_000, label=messages.QUORUM, help=messages.QUORUM_HELP)
    voters: int | None = setting(None, label=messages.VOTERS, help=messages.VOTERS_HELP, picks="role")
    weights: tuple[str, ...] = setting((), label=messages.WEIGHTS, help=messages.WEIGHTS_HELP)
    none: bool = setting(True, label=messages.WITH_NONE, help=messages.WITH_NONE_HELP)
    input: Literal["buttons", "poll"] = setting("buttons", label=messages.INPUT, help=messages.INPUT_HELP)
    reactions: bool = setting(False, label=messages.REACTIONS, help=messages.REACTIONS_HELP)
    advice: bool = setting(False, label=messages.ADVICE, help=messages.ADVICE_HELP)
    then: Literal["nothing", "task", "approval", "agent"] = setting(
        "nothing", label=messages.THEN, help=messages.THEN_HELP
    )
    queue: int | None = setting(None, label=messages.QUEUE, help=messages.QUEUE_HELP, picks="channel")
    doer: str = setting("", label=messages.DOER, help=messages.DOER_HELP)


consensus = Cog(
    "consensus",
    summary=messages.SUMMARY,
    settings=ConsensusSettings,
    permissions={"create_public_threads"},
)

type Ctx = Context[ConsensusSettings]
