"""How people vote: with the select, by ranking one after the other, or with reactions; each is checked, and told privately."""

from typing import Any, Literal
from uuid import UUID

from cogs.consensus import messages
from cogs.consensus.cog import Ctx, consensus
from cogs.consensus.telling import LETTER_OF, call_of, choices, name_of
from cogswarm import FoundAgain, NewBallot, Reaction, UserError, Vote, Worker, title

SWAPS = 20
"""How often a note is tried to be changed while others change it."""


@consensus.select("vote")
async def vote(ctx: Ctx, vote_id: str, chosen: list[str]) -> None:
    """Cast what somebody chose under the message."""
    wanted = await the_vote(ctx, vote_id)
    await ctx.reply(await _cast(ctx, wanted, tuple(chosen), _weight(ctx, wanted)))


@consensus.button("rank")
async def rank(ctx: Ctx, vote_id: str) -> None:
    """Begin to rank: ask, privately, for the first choice."""
    wanted = await the_vote(ctx, vote_id)
    _weight(ctx, wanted)
    if wanted.state != "open":
        raise UserError(messages.NOT_OPEN)
    pick = ctx.select("next", f"{wanted.id}:", placeholder=messages.RANK_FIRST, choices=list(choices(wanted)))
    await ctx.reply(messages.RANK_HOW, [pick])


@consensus.select("next")
async def rank_next(ctx: Ctx, value: str, chosen: list[str]) -> None:
    """Count the ranking so far, and ask for the next one."""
    vote_id, _, before = value.partition(":")
    wanted = await the_vote(ctx, vote_id)
    ranking = (*before, *chosen)
    said = await _cast(ctx, wanted, ranking, _weight(ctx, wanted))
    left = choices(wanted, ranking)
    if len(left) < 2:  # noqa: PLR2004 - the last one is last anyway
        await ctx.reply(said)
        return
    pick = ctx.select(
        "next",
        f"{wanted.id}:{''.join(ranking)}",
        placeholder=messages.RANK_NEXT.format(place=len(ranking) + 1),
        choices=list(left),
    )
    await ctx.reply(
        f"{said}\n{messages.RANK_MORE}", [pick, ctx.button(messages.BUTTON_AGAIN, "rank", vote_id)]
    )


@consensus.button("back")
async def take_back(ctx: Ctx, vote_id: str) -> None:
    """Take a ballot back."""
    wanted = await the_vote(ctx, vote_id)
    await ctx.reply(await _cast(ctx, wanted, (), 1))


@consensus.button("close")
async def close(ctx: Ctx, vote_id: str) -> None:
    """Close a vote before its time: whoever asked, or who manages the server, when enough have voted."""
    wanted = await the_vote(ctx, vote_id)
    if ctx.principal.member_id != wanted.asked_by and not ctx.may("manage_guild"):
        raise UserError(messages.MAY_NOT_CLOSE.format(who=wanted.asked_by))
    needed = max(1, wanted.how.quorum)
    if await ctx.votes.turnout(wanted.id) < needed:
        raise UserError(messages.TOO_FEW_TO_CLOSE.format(count=needed))
    if wanted.wake is None or wanted.state != "open":
        raise UserError(messages.NOT_OPEN)
    await ctx.answer(wanted.wake, messages.CLOSE_NOW)
    await ctx.reply(messages.CLOSING)


@consensus.on_reaction
async def reacted(ctx: Ctx, reaction: Reaction) -> None:
    """Count somebody's reactions as their ballot, where the vote takes them."""
    letter = LETTER_OF.get(reaction.emoji)
    if letter is None or reaction.action == "cleared" or reaction.author.id == ctx.bot_id:
        return
    wanted = await ctx.votes.find(message_id=reaction.message_id, place_id=ctx.channel_id)
    if wanted is None or not _takes_reactions(wanted) or letter not in wanted.letters:
        return
    chosen = await _with_reaction(ctx, wanted, letter, on=reaction.action == "added")
    try:
        if reaction.action == "added":
            await _cast(ctx, wanted, chosen, _weight(ctx, wanted), "reaction")
            return
        # Of who takes a reaction back Discord does not say which roles they have: what they had counts for as much.
        before = await ctx.votes.standing(wanted.id, ctx.worker.key)
        if before is not None:
            await _cast(ctx, wanted, chosen, before.weight, "reaction")
    except UserError as error:
        if reaction.action == "added":
            key = f"reaction:{wanted.id}:{reaction.author.id}"
            await ctx.say_once(key, messages.REACTION_REFUSED.format(who=reaction.author.id, why=error))


async def _with_reaction(ctx: Ctx, wanted: Vote, letter: str, *, on: bool) -> tuple[str, ...]:
    """What somebody has chosen with reactions by now. Reactions are seen by all, so this is no secret."""
    name, member = f"reactions {wanted.id}", str(ctx.principal.member_id)
    for _ in range(SWAPS):
        before = await ctx.notes.get(name)
        known: dict[str, Any] = dict(before) if isinstance(before, dict) else {}
        letters = [one for one in str(known.get(member, "")) if one != letter]
        kept = [*letters, letter] if on else letters
        if await ctx.notes.swap(name, before, {**known, member: "".join(kept)}):
            return tuple(kept[-1:]) if wanted.how.method == "plurality" else tuple(kept)
    raise UserError(messages.TOO_BUSY)


async def found_again(ctx: Ctx, found: FoundAgain, wanted: Vote) -> None:
    """Count the reactions that were put while the bot was away, where nobody's role matters."""
    if not _takes_reactions(wanted) or wanted.how.voters is not None or wanted.how.weights:
        return
    known: dict[int, str] = {}
    for one in found.reactions:
        letter = LETTER_OF.get(one.emoji)
        for member in one.members if letter in wanted.letters else ():
            known[member] = f"{known.get(member, '')}{letter}"
    known.pop(ctx.bot_id, None)
    await ctx.notes.put(f"reactions {wanted.id}", {str(member): letters for member, letters in known.items()})
    for member, letters in known.items():
        chosen = letters[-1:] if wanted.how.method == "plurality" else letters
        who = Worker("member", str(member), messages.MEMBER.format(who=member))
        try:
            await ctx.votes.cast(wanted.id, NewBallot(who, tuple(chosen), 0, "reaction"))
        except UserError:
            return  # it is closed by now
    await ctx.votes.show(wanted.id, call_of)


async def the_vote(ctx: Ctx, vote_id: str) -> Vote:
    """The vote of a button; ids could be replayed from another server."""
    try:
        found = await ctx.votes.get(UUID(vote_id))
    except ValueError:
        found = None
    if found is None:
        raise UserError(messages.GONE)
    return found


def _takes_reactions(wanted: Vote) -> bool:
    return wanted.state == "open" and wanted.how.reactions and wanted.how.method != "ranked_pairs"


def _weight(ctx: Ctx, wanted: Vote) -> int:
    """What somebody's ballot counts for. Raises `UserError` where they may not vote."""
    rules = wanted.how
    if rules.voters is not None and rules.voters != ctx.guild_id and not ctx.has_role(rules.voters):
        raise UserError(messages.MAY_NOT_VOTE.format(role=rules.voters))
    return rules.weight_of(frozenset(role for role, _ in rules.weights if ctx.has_role(role)))


async def _cast(
    ctx: Ctx,
    wanted: Vote,
    chosen: tuple[str, ...],
    weight: int,
    via: Literal["button", "reaction"] = "button",
) -> str:
    """Seal a ballot; what to tell whoever cast it."""
    ballot = NewBallot(ctx.worker, chosen, ctx.event_id, via, weight)
    counted = await ctx.votes.cast(wanted.id, ballot)
    await ctx.votes.show(wanted.id, call_of)
    if counted.seal is None:
        return messages.TAKEN_BACK
    names = [title(name_of(wanted, one), 60) for one in chosen]
    numbered = wanted.how.method == "ranked_pairs"
    lines = [f"{place}. {name}" if numbered else f"- {name}" for place, name in enumerate(names, 1)]
    when = 0 if wanted.closes_at is None else int(wanted.closes_at.timestamp())
    heavy = messages.COUNTS_FOR.format(count=weight) if weight > 1 else ""
    said = messages.COUNTED_AGAIN if counted.changed else messages.COUNTED
    return said.format(lines="\n".join(lines), heavy=heavy, when=when, seal=counted.seal)
