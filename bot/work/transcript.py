"""What was said in a channel, with who said it: people, our agents, other bots; told by ids and never by names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.discord.rendering import name_in_front, spoken_name, without_name
from bot.plugins.values import Attachment
from bot.work.services import RunServices
from bot.work.surface import Said


@dataclass(frozen=True, slots=True)
class Utterance:
    """A message of a conversation; names, text and files come from outside.

    ``agent`` is what the config calls the agent of ours that said it, and None for everybody else, whatever they call
    themselves.
    """

    id: int
    author: str
    author_id: int
    text: str
    at: datetime
    link: str
    agent: str | None = None
    is_bot: bool = False
    attachments: tuple[Attachment, ...] = ()
    run: str = ""
    """The id of the run in which an agent said it, as long as that is known."""


async def transcript(
    services: RunServices,
    guild_id: int | None,
    channel_id: int,
    *,
    before: int | None,
    after: int | None,
    limit: int,
) -> list[Utterance]:
    """The last messages between two, the oldest first, without Discord's notices and the bot's own remarks.

    ``guild_id`` is None for direct messages.
    """
    said = await services.surface.history(channel_id, before=before, after=after, limit=limit)
    agents = await _agents(services, channel_id, said)
    place = guild_id or "@me"
    return [
        Utterance(
            id=one.id,
            author=one.author,
            author_id=one.author_id,
            text=without_name(one.text) if one.mine and one.id in agents else one.text,
            at=one.at,
            link=f"https://discord.com/channels/{place}/{channel_id}/{one.id}",
            agent=agents.get(one.id, _NOBODY).name or None,
            is_bot=one.is_bot,
            attachments=one.attachments,
            run=agents.get(one.id, _NOBODY).run,
        )
        for one in said
        if one.spoken and not (one.mine and one.id not in agents)
    ]


@dataclass(frozen=True, slots=True)
class _Agent:
    name: str = ""
    run: str = ""


_NOBODY = _Agent()


async def _agents(services: RunServices, channel_id: int, said: Sequence[Said]) -> dict[int, _Agent]:
    """Which agent said what, as the outbox knows; what it has forgotten is told by our webhooks and the name there."""
    ours = [one for one in said if one.mine or one.webhook_id is not None]
    if not ours:
        return {}
    async with services.database.connection() as conn:
        cursor = await conn.execute(
            "SELECT message_id, identity ->> 'agent', split_part(key, ':', 1) FROM outbox"
            " WHERE channel_id = %s AND message_id = ANY(%s) AND identity ->> 'agent' IS NOT NULL",
            (channel_id, [one.id for one in ours]),
        )
        found = {int(row[0]): _Agent(str(row[1]), str(row[2])) for row in await cursor.fetchall()}
        cursor = await conn.execute(
            "SELECT webhook_id FROM own_webhook WHERE webhook_id = ANY(%s)",
            ([one.webhook_id for one in ours if one.webhook_id is not None],),
        )
        own = {int(row[0]) for row in await cursor.fetchall()}
    for one in ours:
        shown = one.author if one.webhook_id in own else name_in_front(one.text) if one.mine else ""
        if one.id not in found and shown:
            name = services.personas.called(spoken_name(shown))
            if name is not None:
                found[one.id] = _Agent(name)
    return found
