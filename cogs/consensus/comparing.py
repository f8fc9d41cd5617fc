"""How proposals are compared: by an analyst that knows neither who wrote them nor how they are called, in two orders."""

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel

from cogs.consensus import messages
from cogs.consensus.blinding import blinded, drawn
from cogs.consensus.drafting import Spent, added, spent_by
from cogs.consensus.judging import SCHEMA, Comparison, Judgement, Shown, cell, compared, read
from cogs.consensus.wanted import Wanted
from cogswarm import Agent, Conversation, Option, Passage, Run, UserError, plain
from cogswarm.llm import BackendError

ENOUGH = 2
"""Fewer proposals cannot be compared."""


class Judged(BaseModel):
    """One judgement, or why there is none."""

    judgement: Judgement | None = None
    why: str = ""
    spent: Spent = Spent()


class Compared(BaseModel):
    """A comparison, or why there is none."""

    comparison: Comparison | None = None
    why: str = ""
    spent: Spent = Spent()


async def comparison_of(
    run: Run, wanted: Wanted, options: Sequence[Option], names: Sequence[str], turn: str = ""
) -> Compared:
    """Let the analyst rank the options by each criterion, twice, in opposite orders."""
    if len(options) < ENOUGH:
        return Compared()
    try:
        agent = run.agent(wanted.analyst)
    except UserError as error:
        return Compared(why=str(error))
    if agent.label:
        return Compared(why=messages.CANNOT_COMPARE)
    # An order of its own: that in which people see them says nothing.
    first = Shown(
        tuple(one.letter for one in drawn(f"{run.id}:analyst", options, lambda one: one.author + one.text))
    )
    orders = (first, Shown(first.letters[::-1]))
    talks = [_asked(agent, wanted, options, names, order) for order in orders]
    judged = await asyncio.gather(
        *(
            run.step(f"compare {turn}{number}", _judged, wanted, agent, talk)
            for number, talk in enumerate(talks)
        )
    )
    used = added([one.spent for one in judged])
    one, other = (each.judgement for each in judged)
    if one is None or other is None:
        return Compared(why=next(each.why for each in judged if each.judgement is None), spent=used)
    found = compared(wanted.criteria, (orders[0], one), (orders[1], other))
    return Compared(comparison=found, spent=used)


def table(options: Sequence[Option], comparison: Comparison) -> str:
    """The comparison as people read it."""
    criteria = [plain(one).replace("|", "/") for one in comparison.criteria]
    lines = [f"| {messages.PROPOSAL} | {' | '.join(criteria)} |", "| --- " * (len(criteria) + 1) + "|"]
    for option in options:
        cells = [cell(comparison, number, option.letter) for number in range(len(criteria))]
        lines.append(f"| **{option.letter}** | {' | '.join(cells)} |")
    said = messages.AGREED.format(agreed=comparison.agreed, pairs=comparison.pairs)
    return "\n".join([*lines, "", said, *_remarks(options, comparison)])


def _remarks(options: Sequence[Option], comparison: Comparison) -> list[str]:
    lines: list[str] = []
    for option in options:
        strength = comparison.strengths.get(option.letter)
        weakness = comparison.weaknesses.get(option.letter)
        if strength or weakness:
            lines.append(
                messages.REMARK.format(
                    letter=option.letter,
                    strength=plain(strength or messages.NO_REMARK),
                    weakness=plain(weakness or messages.NO_REMARK),
                )
            )
    return lines


def _asked(
    agent: Agent, wanted: Wanted, options: Sequence[Option], names: Sequence[str], order: Shown
) -> Conversation:
    texts = {one.letter: blinded(one.text, names, wanted.question) for one in options}
    sources = [Passage(str(place), texts[letter]) for place, letter in enumerate(order.letters, 1)]
    criteria = "\n".join(f"- {one}" for one in wanted.criteria)
    prompt = messages.COMPARE_PROMPT.format(question=wanted.question, criteria=criteria, count=len(sources))
    return agent.converse(prompt, tools=(), sources=sources, schema=SCHEMA, purpose="chat")


async def _judged(wanted: Wanted, agent: Agent, talk: Conversation) -> Judged:
    try:
        async with asyncio.timeout(wanted.draft_seconds):
            reply = await talk
    except TimeoutError:
        return Judged(why=messages.TOO_SLOW.format(seconds=wanted.draft_seconds))
    except (UserError, BackendError) as error:
        return Judged(why=str(error))
    found = read(reply.data)
    why = "" if found is not None else messages.NO_JUDGEMENT
    return Judged(judgement=found, why=why, spent=spent_by(agent, reply))
