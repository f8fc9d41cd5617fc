"""/decisions: lists, all about one, searching, and saying that one takes the place of another."""

from collections.abc import Collection, Sequence
from typing import Annotated
from uuid import UUID

from cogs.consensus import messages
from cogs.consensus.cog import Ctx, consensus
from cogs.consensus.result import footer_of
from cogs.consensus.starting import matching, may_read, named, suggest_decided, the_decision
from cogs.consensus.telling import author_said, counts_of, first_line, outcome_of, rules_of
from cogs.consensus.workflow import KIND
from cogs.consensus.workflow import QUESTION as REMEMBERED
from cogswarm import UserError, Vote, option, plain, title

SHOWN, FOUND, QUESTION, PROPOSAL = 15, 10, 90, 600

group = consensus.group("decisions", help=messages.DECISIONS)


async def suggest(ctx: Ctx, typed: str) -> Sequence[str]:
    """Decisions and votes whose question holds what was typed, each with its number."""
    return [named(one) for one in await matching(ctx, typed)]


@group.command("list", help=messages.LIST)
async def list_decisions(ctx: Ctx) -> None:
    """Show a line for each decision, votes that go on first."""
    readable = await ctx.memory.readable()
    found = await ctx.votes.listed(readable=readable, asker=ctx.principal.member_id, limit=SHOWN + 1)
    lines = [_line(one) for one in found[:SHOWN]]
    more = [messages.MORE] if len(found) > SHOWN else []
    await ctx.reply("\n".join([messages.HEAD, *lines, *more]) if lines else messages.NO_DECISIONS)


@group.command("search", help=messages.SEARCH)
async def search(ctx: Ctx, words: Annotated[str, option(messages.SEARCH_WORDS, least=2, most=300)]) -> None:
    """Find decisions by what was asked, proposed, or given as the reason."""
    readable = await ctx.memory.readable()
    found = await ctx.votes.search(words, readable=readable, asker=ctx.principal.member_id, limit=FOUND)
    found += await _by_meaning(ctx, words, {one.id for one in found})
    lines = [_line(one) for one in found]
    head = messages.FOUND_HEAD.format(words=title(words, 100))
    await ctx.reply(
        "\n".join([head, *lines]) if lines else messages.FOUND_NONE.format(words=title(words, 100))
    )


@group.command("show", help=messages.SHOW, suggest={"decision": suggest})
async def show(ctx: Ctx, decision: Annotated[str, messages.WHICH]) -> None:
    """Show all about one decision: what was asked and proposed, the rule, the counts, why, and what replaced it."""
    vote = await the_decision(ctx, decision)
    lines = [
        messages.ABOUT.format(
            number=vote.number, question=plain(vote.question), who=vote.asked_by, link=link_of(ctx, vote)
        )
    ]
    lines += await _links(ctx, vote)
    if vote.proposals:
        lines.append(rules_of(vote))
    found = vote.result
    if not vote.is_over:
        when = 0 if vote.closes_at is None else int(vote.closes_at.timestamp())
        lines.append(await _until(ctx, vote, when) if when else messages.ABOUT_BEFORE)
    else:
        lines.append(f"**{outcome_of(vote)}**")
    if found is not None and found.voters:
        lines += counts_of(vote, found)
    for name, key in messages.RECORDED.items():
        if vote.record.get(key):
            lines.append(f"**{name}:** {vote.record[key]}")
    for one in vote.proposals:
        who = author_said(one) if vote.is_over else f"**{one.letter}**"
        lines.append(f"{who}\n> {first_line(one.text, PROPOSAL)}")
    if vote.ballots_hash:
        seals = [one.seal or "" for one in await ctx.votes.ballots(vote.id)]
        lines += [
            footer_of(vote),
            messages.ABOUT_SEALS.format(seals=", ".join(f"`{one[:12]}`" for one in sorted(seals)[:50])),
        ]
    await ctx.reply("\n".join(lines))


@group.command("supersede", help=messages.SUPERSEDE, suggest={"old": suggest_decided, "new": suggest_decided})
async def supersede(
    ctx: Ctx, old: Annotated[str, messages.SUPERSEDE_OLD], new: Annotated[str, messages.SUPERSEDE_NEW]
) -> None:
    """Say that one decision takes the place of another; both say so from then on."""
    older, newer = await the_decision(ctx, old), await the_decision(ctx, new)
    if ctx.principal.member_id != older.asked_by and not ctx.may("manage_guild"):
        raise UserError(messages.MAY_NOT_SUPERSEDE.format(who=older.asked_by))
    older, newer = await ctx.votes.supersede(older.id, newer.id)
    await ctx.reply(messages.SUPERSEDED.format(old=older.number, new=newer.number))


def link_of(ctx: Ctx, vote: Vote) -> str:
    """Where it was decided."""
    return f"https://discord.com/channels/{ctx.guild_id}/{vote.thread_id or vote.channel_id}"


async def _by_meaning(ctx: Ctx, words: str, known: Collection[UUID]) -> list[Vote]:
    """Decisions that are remembered to be about the same, in other words."""
    more: dict[UUID, Vote] = {}
    for memory in await ctx.memory.recall(words, kinds=(KIND,)):
        there = await ctx.votes.decided_in(memory.place_id)
        more |= {one.id: one for one in there if title(one.question, REMEMBERED) == memory.title}
    return [one for one in more.values() if one.id not in known]


async def _links(ctx: Ctx, vote: Vote) -> list[str]:
    lines: list[str] = []
    readable = await ctx.memory.readable()
    for said, other_id in ((messages.REPLACED_BY, vote.superseded_by), (messages.REPLACES, vote.supersedes)):
        other = None if other_id is None else await ctx.votes.get(other_id)
        if other is not None and may_read(ctx, other, readable):
            lines.append(
                said.format(
                    number=other.number, question=title(other.question, QUESTION), link=link_of(ctx, other)
                )
            )
    return lines


def _line(vote: Vote) -> str:
    when = vote.closed_at or vote.closes_at or vote.created_at
    mark = messages.MARKS[vote.state] if vote.superseded_by is None else messages.MARK_REPLACED
    said = outcome_of(vote) if vote.is_over else messages.STATES[vote.state]
    return messages.LINE.format(
        mark=mark,
        number=vote.number,
        question=title(vote.question, QUESTION),
        when=int(when.timestamp()),
        said=said,
        place=vote.thread_id or vote.channel_id,
    )


async def _until(ctx: Ctx, vote: Vote, when: int) -> str:
    """Until when people vote, and how many have; a poll shows that itself."""
    if vote.how.poll:
        return messages.ABOUT_POLL.format(when=when, thread=vote.thread_id)
    return messages.ABOUT_OPEN.format(when=when, count=await ctx.votes.turnout(vote.id))
