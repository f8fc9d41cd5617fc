"""A server on which decisions are made."""

from typing import Any

from cogswarm.testing import Heard, Person


def house(*agents: str, **rules: Any) -> dict[str, Any]:
    """The configuration of a bot with some agents, and how decisions are made there."""
    return {
        "agents": {name: {} for name in agents} or {"agent": {}},
        "cogs": {"consensus": rules},
    }


def card_of(message: Heard) -> str:
    """All that stands in a card, as one text."""
    (card,) = message.raw["embeds"]
    fields = [f"{one['name']}\n{one['value']}" for one in card.get("fields", [])]
    return "\n".join(
        [card.get("title", ""), card.get("description", ""), *fields, card.get("footer", {}).get("text", "")]
    )


async def proposes(person: Person, under: Heard, text: str) -> str:
    """What somebody is told who adds a proposal."""
    sent = await person.submit(await person.click(under, "Add a proposal"), text=text)
    return (await person.answer_to(sent)).text


async def votes(person: Person, call: Heard, *letters: str) -> str:
    """What somebody is told who chooses under the message."""
    return (await person.answer_to(await person.select(call, None, *letters))).text


def is_card(message: Heard) -> bool:
    """Whether a message is a card."""
    return bool(message.raw.get("embeds"))


def role_of(person: Person, name: str) -> str:
    """The id of a role."""
    guild = next(iter(person.client.guilds.values()))
    return next(str(role["id"]) for role in guild["roles"] if role["name"] == name)
