"""How agents draft: side by side and without knowing of each other; one that fails, or takes too long, is named."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel

from cogs.consensus import messages
from cogs.consensus.blinding import blinded
from cogs.consensus.wanted import Slot, Wanted
from cogswarm import (
    LONGEST_PROPOSAL,
    Agent,
    Conversation,
    Option,
    Passage,
    Reply,
    Run,
    UserError,
    plain,
    title,
)
from cogswarm.llm import BackendError

HEARD, HEARD_SINCE = 50, timedelta(days=7)
_MARK = re.compile(r"\s*\[\s*M\d{1,3}(?:\s*[,;]\s*M\d{1,3})*\s*\]")


class Draft(BaseModel):
    """What an agent proposes, or why it does not."""

    author: str
    name: str
    text: str = ""
    error: str = ""
    label: str = ""
    cost: float | None = None
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What people said, and the agents that may read it."""

    passages: tuple[Passage, ...]
    readers: tuple[str, ...]


class Spent(BaseModel):
    """What was used for something; ``cost`` None: nobody has named a price."""

    cost: float | None = 0.0
    tokens: int = 0


def spent_by(agent: Agent, reply: Reply) -> Spent:
    """What an answer has cost."""
    model = next((one for one in agent.persona.models if one.name == reply.model), agent.persona.model)
    tokens = reply.usage.input_tokens + reply.usage.output_tokens
    return Spent(cost=model.cost(reply.usage) if tokens else 0.0, tokens=tokens)


def added(parts: Sequence[Spent]) -> Spent:
    """What several things have cost together; not known where one is not."""
    costs = [one.cost for one in parts]
    known = [one for one in costs if one is not None]
    return Spent(
        cost=sum(known) if len(known) == len(costs) else None, tokens=sum(one.tokens for one in parts)
    )


async def drafted(run: Run, wanted: Wanted) -> list[Draft]:
    """A draft of each slot, all at once: it takes as long as the slowest."""
    heard = await run.step("what was said", _heard, run, wanted) if wanted.slots else Heard((), ())
    # Conversations are numbered as they begin, so they begin in one order however often this runs.
    talks = [_begun(run, wanted, slot, heard) for slot in wanted.slots]
    return await asyncio.gather(
        *(run.step(f"draft {number}", _draft, run, wanted, number, talk) for number, talk in enumerate(talks))
    )


async def revised(
    run: Run, wanted: Wanted, options: Sequence[Option], names: Sequence[str], remarks: str
) -> list[Draft]:
    """What the authors make of their proposals now that they have seen all; no text where they keep theirs."""
    talks: dict[int, Conversation] = {}
    for number, slot in enumerate(wanted.slots):
        mine = next((one for one in options if one.author == author_of(number, slot)), None)
        if mine is None or mine.label:
            continue  # it brought nothing, or only quotes and would say the same again
        prompt = messages.REVISE_PROMPT.format(
            question=wanted.question, letter=mine.letter, keep=messages.KEEP, remarks=remarks
        )
        sources = [Passage(one.letter, blinded(one.text, names, wanted.question)) for one in options]
        talks[number] = run.agent(slot.agent).converse(prompt, tools=(), sources=sources, purpose="chat")
    return await asyncio.gather(
        *(run.step(f"revise {number}", _draft, run, wanted, number, talk) for number, talk in talks.items())
    )


def author_of(number: int, slot: Slot) -> str:
    """The key of an author: one agent may draft more than once."""
    return f"agent:{slot.agent}:{number}"


async def _heard(run: Run, wanted: Wanted) -> Heard:
    """What people said in the channel lately, and which of the agents may read there."""
    place = wanted.channel_id
    readers = [name for name in {one.agent for one in wanted.slots} if place in await run.readable(name)]
    if not readers:
        return Heard((), ())
    said = await run.history(place, since=HEARD_SINCE, limit=HEARD)
    passages = [
        Passage(f"M{number}", one.text, author=one.author, published=one.published)
        for number, one in enumerate(said, 1)
        if one.text.strip() != wanted.question
    ]
    return Heard(tuple(passages), tuple(sorted(readers)))


def _begun(run: Run, wanted: Wanted, slot: Slot, heard: Heard) -> Conversation | str:
    """An agent's conversation; a sentence where it cannot work."""
    try:
        agent = run.agent(slot.agent)
    except UserError as error:
        return str(error)
    material = heard.passages if slot.agent in heard.readers else ()
    if agent.label:
        # It only quotes, so it needs something to quote.
        if not material:
            return messages.NOTHING_TO_QUOTE
        return agent.converse(wanted.question, tools=(), sources=material, purpose="answer")
    prompt = messages.DRAFT_PROMPT.format(question=wanted.question, brief=slot.brief)
    return agent.converse(prompt, tools=(), sources=material, purpose="chat")


async def _draft(run: Run, wanted: Wanted, number: int, talk: Conversation | str) -> Draft:
    slot = wanted.slots[number]
    draft = Draft(author=author_of(number, slot), name=slot.agent)
    if isinstance(talk, str):
        return draft.model_copy(update={"error": talk})
    agent = run.agent(slot.agent)
    draft = draft.model_copy(update={"name": agent.persona.display_name, "label": agent.label})
    try:
        async with asyncio.timeout(wanted.draft_seconds):
            reply = await talk
    except TimeoutError:
        error = messages.TOO_SLOW.format(seconds=wanted.draft_seconds)
        return draft.model_copy(update={"error": error})
    except (UserError, BackendError) as failure:
        return draft.model_copy(update={"error": str(failure)})
    used = spent_by(agent, reply)
    text = reply.text.removesuffix(f"\n-# {agent.label}") if agent.label else reply.text
    if agent.label:
        text = _MARK.sub("", text) if _MARK.search(text) else ""
    error = "" if text.strip() else messages.NOTHING_TO_QUOTE if agent.label else messages.EMPTY
    return draft.model_copy(
        update={
            "text": text.strip()[:LONGEST_PROPOSAL],
            "error": error,
            "cost": used.cost,
            "tokens": used.tokens,
        }
    )


def failures(drafts: Sequence[Draft]) -> str:
    """Who brings no proposal, and why, in one text; empty where all do."""
    return "\n".join(
        messages.FAILED.format(name=title(one.name, 60), why=plain(one.error)[:200]) for one in drafts if one.error
    )  # fmt: skip
