"""How decisions begin: with /consensus, with *Decide this* on a message, and again where none of the proposals was wanted."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Literal

from cogs.consensus import messages
from cogs.consensus.cog import ConsensusSettings, Ctx, consensus
from cogs.consensus.telling import first_line
from cogs.consensus.voting import the_vote
from cogs.consensus.wanted import Slot, Wanted
from cogs.consensus.workflow import decide
from cogswarm import (
    LONGEST_PROPOSAL,
    Form,
    Message,
    Proposal,
    Role,
    UserError,
    Vote,
    VoteRules,
    entry,
    option,
    title,
)

LONGEST_QUESTION, SUGGESTIONS, NAME = 1_500, 25, 80
ABLE = frozenset({"idle", "working"})
HEAVIEST = 1_000
MOST_AGENTS = 10
LONGEST = timedelta(days=30)


async def suggest_agents(ctx: Ctx, typed: str) -> Sequence[str]:
    """Names of agents, after those that are there already."""
    before, _, word = typed.rpartition(",")
    head = f"{before.strip()}, " if before.strip() else ""
    names = [one.name for one in await ctx.agents.views() if one.name.startswith(word.strip().casefold())]
    return [f"{head}{name}"[:100] for name in names][:SUGGESTIONS]


async def suggest_decided(ctx: Ctx, typed: str) -> Sequence[str]:
    """Decisions that something can take the place of."""
    return [named(one) for one in await matching(ctx, typed) if one.state == "closed"]


@consensus.command(
    "consensus", help=messages.CONSENSUS, suggest={"who": suggest_agents, "instead_of": suggest_decided}
)
async def ask(
    ctx: Ctx,
    question: Annotated[str, option(messages.ASK_QUESTION, least=3, most=LONGEST_QUESTION)],
    agents: Annotated[int | None, option(messages.ASK_AGENTS, least=0, most=10)] = None,
    who: Annotated[str, messages.ASK_WHO] = "",
    skill: Annotated[str, messages.ASK_SKILL] = "",
    rule: Annotated[
        Literal["approval", "ranked_pairs", "plurality"] | None, option(messages.ASK_RULE)
    ] = None,
    until: Annotated[str, messages.ASK_UNTIL] = "",
    quorum: Annotated[int | None, option(messages.ASK_QUORUM, least=0, most=100_000)] = None,
    voters: Annotated[Role | None, messages.ASK_VOTERS] = None,
    add_minutes: Annotated[float | None, option(messages.ASK_ADD, least=0.01, most=10_080)] = None,
    revise: Annotated[bool | None, messages.ASK_REVISE] = None,
    then: Annotated[Literal["nothing", "task", "approval", "agent"] | None, option(messages.ASK_THEN)] = None,
    instead_of: Annotated[str, messages.ASK_INSTEAD] = "",
) -> None:
    """Bring a question to a decision."""
    settings = ctx.settings
    replaced = await the_decision(ctx, instead_of) if instead_of.strip() else None
    if replaced is not None and replaced.state != "closed":
        raise UserError(messages.NOT_DECIDED.format(number=replaced.number))
    rules = replace(
        rules_of(settings),
        method=rule or settings.rule,
        quorum=settings.quorum if quorum is None else quorum,
        voters=settings.voters if voters is None else voters.id,
    )
    await _start(
        ctx,
        question,
        count=settings.count if agents is None else agents,
        who=_names(who),
        skill=skill,
        rules=rules,
        seconds=_seconds(ctx, until),
        add_minutes=add_minutes,
        revise=settings.revise if revise is None else revise,
        then=then,
        replaced=replaced,
    )


@consensus.message_command(messages.DECIDE_THIS)
async def decide_this(ctx: Ctx, message: Message) -> None:
    """Bring what somebody wrote to a decision."""
    text = ctx.without_mention(message.text).strip()
    if not any(letter.isalnum() for letter in text):
        raise UserError(messages.NOTHING_TO_DECIDE)
    settings = ctx.settings
    await _start(ctx, text[:LONGEST_QUESTION], count=settings.count, rules=rules_of(settings))


@consensus.button("again")
async def again(ctx: Ctx, vote_id: str) -> None:
    """Ask the question of a vote once more."""
    before = await the_vote(ctx, vote_id)
    note = f"asked again {before.id}"
    if not await ctx.notes.swap(note, None, ctx.principal.member_id):
        raise UserError(messages.ASKED_AGAIN)
    try:
        await _start(ctx, before.question, count=ctx.settings.count, rules=before.how)
    except UserError:
        await ctx.notes.drop(note)
        raise


class ProposalForm(Form):
    """What somebody proposes."""

    text: str = entry(label=messages.ADD_LABEL, long=True, min_length=1, max_length=LONGEST_PROPOSAL)


@consensus.button("add", opens_form=True)
async def open_proposal(ctx: Ctx, vote_id: str) -> None:
    """Ask what somebody proposes."""
    await ctx.open_form("propose", vote_id, ProposalForm, title=messages.BUTTON_ADD)


@consensus.form("propose", ProposalForm)
async def propose(ctx: Ctx, vote_id: str, form: ProposalForm) -> None:
    """Keep what somebody proposes until all is shown."""
    wanted, text = await the_vote(ctx, vote_id), form.text.strip()
    if not text:
        raise UserError(messages.EMPTY_PROPOSAL)
    proposal = Proposal(ctx.worker.key, ctx.worker.name, text)
    replaced = await ctx.votes.propose(wanted.id, proposal, ctx.event_id)
    await ctx.reply(messages.ADDED_AGAIN if replaced else messages.ADDED)


def rules_of(settings: ConsensusSettings) -> VoteRules:
    """The rules that are set here."""
    return VoteRules(
        method=settings.rule,
        quorum=settings.quorum,
        voters=settings.voters,
        weights=weights_of(settings),
        none=settings.none,
        reactions=settings.reactions and settings.input != "poll",
        poll=settings.input == "poll",
    )


def weights_of(settings: ConsensusSettings) -> tuple[tuple[int, int], ...]:
    """What the ballots of roles count for, read from lines such as ``<@&123>=2``. Raises `UserError`."""
    found: list[tuple[int, int]] = []
    for line in settings.weights:
        role, _, count = line.partition("=")
        bare = role.strip().removeprefix("<@&").removesuffix(">")
        if not (bare.isdecimal() and count.strip().isdecimal() and 1 <= int(count) <= HEAVIEST):
            raise UserError(messages.BAD_WEIGHT.format(line=title(line, 60), most=HEAVIEST))
        found.append((int(bare), int(count)))
    return tuple(found)


async def matching(ctx: Ctx, typed: str) -> list[Vote]:
    """Votes that somebody may mean."""
    words = typed.partition(messages.BETWEEN)[0].strip()
    readable = await ctx.memory.readable()
    return await ctx.votes.listed(words, readable=readable, asker=ctx.principal.member_id, limit=SUGGESTIONS)


async def the_decision(ctx: Ctx, typed: str) -> Vote:
    """The vote that somebody chose from the suggestions, or typed the number of. Raises `UserError`."""
    number = typed.partition(messages.BETWEEN)[0].strip().removeprefix("#")
    found = await ctx.votes.find(number=int(number)) if number.isdecimal() and len(number) < 10 else None  # noqa: PLR2004 - no number is longer
    if found is None or not may_read(ctx, found, await ctx.memory.readable()):
        raise UserError(messages.CHOOSE)
    return found


def may_read(ctx: Ctx, vote: Vote, readable: Collection[int]) -> bool:
    """Whether whoever acts can read the place that a vote was held in, or asked it."""
    return (
        vote.channel_id in readable or vote.thread_id in readable or vote.asked_by == ctx.principal.member_id
    )


def named(vote: Vote) -> str:
    """At most 100 characters, as Discord takes them; the number is what is read back."""
    return f"{vote.number}{messages.BETWEEN}{first_line(vote.question, NAME)}"


async def _start(
    ctx: Ctx,
    question: str,
    *,
    count: int,
    rules: VoteRules,
    who: Sequence[str] = (),
    skill: str = "",
    seconds: float | None = None,
    add_minutes: float | None = None,
    revise: bool | None = None,
    then: Literal["nothing", "task", "approval", "agent"] | None = None,
    replaced: Vote | None = None,
) -> None:
    settings = ctx.settings
    if rules.poll and rules.method == "ranked_pairs":
        raise UserError(messages.NO_RANKING_IN_POLL)
    if rules.poll and not ctx.bot_may("send_polls"):
        raise UserError(messages.MAY_NOT_POLL)
    slots = await _slots(ctx, count, who, skill)
    after = then or settings.then
    if after == "task" and settings.queue is None:
        raise UserError(messages.WHICH_QUEUE)
    if after == "agent" and settings.doer not in ctx.agents.names:
        raise UserError(messages.WHICH_DOER)
    wanted = Wanted(
        question=question.strip(),
        channel_id=ctx.channel_id,
        slots=slots,
        analyst=_analyst(ctx, slots),
        criteria=settings.criteria or messages.USUAL_CRITERIA,
        draft_seconds=settings.draft_seconds,
        add_minutes=add_minutes or settings.add_minutes,
        people=add_minutes is not None,
        revise=settings.revise if revise is None else revise,
        rules=rules,
        seconds=seconds or settings.hours * 3_600,
        advice=settings.advice,
        then=after,
        queue=settings.queue,
        doer=settings.doer,
        supersedes=None if replaced is None else replaced.id,
    )
    await ctx.start(decide, title=question, wanted=wanted.model_dump(mode="json"))


async def _slots(ctx: Ctx, count: int, who: Sequence[str], skill: str) -> tuple[Slot, ...]:
    """Who drafts, from which side; in an order drawn by lot, so that nobody is always first. Raises `UserError`."""
    views = {one.name: one for one in await ctx.agents.views()}
    names_of = {name.casefold(): name for name in views}
    chosen = [names_of.get(one.casefold(), one) for one in who or ctx.settings.agents]
    unknown = [one for one in chosen if one not in views]
    if unknown:
        raise UserError(messages.UNKNOWN_AGENT.format(name=title(unknown[0], 60)))
    able = [name for name in dict.fromkeys(chosen or views) if views[name].state in ABLE]
    if skill.strip():
        wanted = skill.strip().casefold()
        able = [
            name
            for name in able
            if wanted in {one.casefold() for one in views[name].persona.capabilities}
        ]  # fmt: skip
        if not able and count:
            raise UserError(messages.NOBODY_CAN.format(skill=title(skill, 60)))
    able = [name for name in able if _works_here(ctx, name)]
    if who:
        count = min(max(count, len(who)), MOST_AGENTS) if count else 0
    able.sort(key=lambda name: sha256(f"{ctx.event_id}:{name}".encode()).hexdigest())
    if not able:
        return ()
    names = [able[number % len(able)] for number in range(count)]
    kept: list[str] = []
    for name in names:
        # An engine that only quotes says the same each time.
        if not (ctx.agent_label(name) and any(ctx.agent_label(other) for other in kept)):
            kept.append(name)
    briefs = messages.BRIEFS
    return tuple(Slot(agent=name, brief=briefs[place % len(briefs)]) for place, name in enumerate(kept))


def _works_here(ctx: Ctx, name: str) -> bool:
    try:
        ctx.check_agent(name)
    except UserError:
        return False
    return True


def _analyst(ctx: Ctx, slots: Sequence[Slot]) -> str:
    """Who compares: whoever is set, or else an agent that drafts nothing, if there is one."""
    if ctx.settings.analyst:
        return ctx.settings.analyst
    drafting = {one.agent for one in slots}
    others = sorted(one for one in ctx.agents.names if one not in drafting and _works_here(ctx, one))
    return (others or sorted(drafting) or [""])[0]


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip().casefold() for one in text.split(",") if one.strip()))


def _seconds(ctx: Ctx, until: str) -> float | None:
    if not until.strip():
        return None
    seconds = (ctx.moment(until) - ctx.now).total_seconds()
    if seconds > LONGEST.total_seconds():
        raise UserError(messages.TOO_LONG.format(days=LONGEST.days))
    return seconds
