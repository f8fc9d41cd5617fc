"""How a leader is asked for a plan, and what is made of its answer; text that comes from a model is only ever data."""

from collections.abc import Mapping, Sequence
from typing import Any

from cogs.tasks import messages
from cogswarm import Agent, Part, Passage, QueueRules, Schema, Task, UserError, checked_parts

TRIES = 2
"""How often it is asked for a plan that can be carried out."""


async def planned(
    leader: Agent, task: Task, rules: QueueRules, specialists: str, material: Sequence[Passage]
) -> tuple[Part, ...]:
    """The parts that a leader would split a task into; none where it would rather do it alone.

    Raises `UserError` where it does not come up with a plan that can be carried out.
    """
    prompt = messages.PLAN_PROMPT.format(
        title=task.title, body=task.body, most=rules.most_parts, specialists=specialists
    )
    complaint = ""
    for _ in range(TRIES):
        asked = prompt + (messages.PLAN_AGAIN.format(why=complaint) if complaint else "")
        reply = await leader.converse(
            asked, tools=(), sources=material, schema=schema_of(rules.most_parts), purpose="chat"
        )
        if reply.data is None:
            raise UserError(messages.NO_PLAN.format(why=reply.text[:200]))
        try:
            parts = checked_parts(_read(reply.data), rules.most_parts)
        except UserError as error:
            complaint = str(error)
        else:
            return parts if len(parts) > 1 else ()
    raise UserError(messages.NO_PLAN.format(why=complaint))


def schema_of(most: int) -> Schema:
    """What a plan looks like."""
    texts: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
    part = {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "text": {"type": "string"},
            "takes": texts,
            "after": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["title", "text", "takes", "after"],
        "additionalProperties": False,
    }
    return Schema(
        "parts",
        {
            "type": "object",
            "properties": {"parts": {"type": "array", "items": part, "maxItems": most}},
            "required": ["parts"],
            "additionalProperties": False,
        },
    )


def _read(data: Mapping[str, Any]) -> list[Part]:
    """The parts of an answer that matches the schema."""
    return [
        Part(
            str(one["title"]), str(one["text"]), tuple(map(str, one["takes"])), tuple(map(int, one["after"]))
        )
        for one in data["parts"]
    ]
