"""What agents would choose, shown apart: it counts for nothing."""

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from cogs.consensus import messages
from cogs.consensus.blinding import blinded, drawn
from cogs.consensus.drafting import Spent, added, spent_by
from cogs.consensus.wanted import Wanted
from cogswarm import Agent, NewBallot, Option, Passage, Run, Schema, UserError, Worker
from cogswarm.llm import BackendError

SCHEMA = Schema(
    "ballot",
    {
        "type": "object",
        "properties": {"choices": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
        "required": ["choices"],
        "additionalProperties": False,
    },
)


class Said(BaseModel):
    """A ballot as a model gave it."""

    choices: list[str]


class Advice(BaseModel):
    """What an agent would choose; nothing where it did not say."""

    choice: tuple[str, ...] = ()
    spent: Spent = Spent()


async def advised(
    run: Run, wanted: Wanted, agents: Sequence[Agent], options: Sequence[Option], names: Sequence[str]
) -> Spent:
    """Ask agents for a ballot, side by side and each in an order of its own; what that has cost."""
    asked = [agent for agent in agents if not agent.label]
    prompt = messages.ADVICE_PROMPT[wanted.rules.method].format(question=wanted.question, count=len(options))
    orders = [
        drawn(f"{run.id}:{agent.persona.name}", options, lambda one: one.author + one.text) for agent in asked
    ]
    talks = [
        agent.converse(
            prompt,
            tools=(),
            sources=[
                Passage(str(place), blinded(one.text, names, wanted.question))
                for place, one in enumerate(order, 1)
            ],
            schema=SCHEMA,
            purpose="chat",
        )
        for agent, order in zip(asked, orders, strict=True)
    ]

    async def one(number: int) -> Advice:
        try:
            async with asyncio.timeout(wanted.draft_seconds):
                reply = await talks[number]
        except (TimeoutError, UserError, BackendError):
            return Advice()
        letters = [option.letter for option in orders[number]]
        choice = _chosen(reply.data, letters)
        limit = 1 if wanted.rules.method == "plurality" else len(letters)
        used = spent_by(asked[number], reply)
        if choice:
            who = Worker("agent", asked[number].persona.name, asked[number].persona.display_name)
            await _cast(run, NewBallot(who, choice[:limit], 1, "agent"))
        return Advice(choice=choice[:limit], spent=used)

    found = await asyncio.gather(*(run.step(f"advice {number}", one, number) for number in range(len(asked))))
    return added([each.spent for each in found])


async def _cast(run: Run, ballot: NewBallot) -> None:
    try:
        await run.votes.cast(run.id, ballot)
    except UserError:
        return  # it is closed already


def _chosen(data: Any, letters: Sequence[str]) -> tuple[str, ...]:
    try:
        said = Said.model_validate(data)
    except ValidationError:
        return ()
    places = [one.strip().strip("[]#. ") for one in said.choices]
    known = {str(place): letter for place, letter in enumerate(letters, 1)}
    return tuple(dict.fromkeys(known[one] for one in places if one in known))
