"""Tells which agent's message somebody answers."""

from dataclasses import dataclass, replace

import structlog

from bot.clock import Clock
from bot.discord.context_services import ContextServices
from bot.discord.events import Message, RepliedTo
from bot.discord.noted import noted
from bot.discord.rendering import name_in_front
from bot.errors import OutsideError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Whether a message is ours, and under which name it was said; ``agent`` where that was noted."""

    ours: bool = False
    name: str = ""
    agent: str | None = None


async def told(services: ContextServices, clock: Clock, message: Message) -> Message:
    """``message`` with the agent that it answers, where it answers one.

    The outbox knows, for as long as it keeps what was said; after that, the webhook and the name that stood there tell.
    What answers somebody else costs nothing; where the database cannot be asked, that is logged and what is known is told.
    """
    answered = message.reply_to
    if answered is None or (answered.author and not answered.mine and answered.webhook_id is None):
        return message
    try:
        await noted(services.database, clock, message.where, answered.id)
        speaker = await _speaker(services, message, answered)
    except OutsideError as error:
        log.warning("reply_not_traced", message=message.id, reason=str(error))
        speaker = _Speaker()
    mine = answered.mine or speaker.ours
    name = speaker.name or (_name_in(answered) if mine else "")
    agent = speaker.agent or (services.agent_called(name) if name else None)
    author = answered.author or speaker.name
    return replace(message, reply_to=replace(answered, mine=mine, agent=agent, author=author))


async def _speaker(services: ContextServices, message: Message, answered: RepliedTo) -> _Speaker:
    async with services.database.connection() as conn:
        cursor = await conn.execute(
            """
            SELECT true, identity ->> 'name', identity ->> 'agent' FROM outbox
            WHERE channel_id = %(channel)s AND kind = 'post' AND message_id = %(message)s
            UNION ALL
            -- The first message of a forum's post has the post's id.
            SELECT true, identity ->> 'name', identity ->> 'agent' FROM outbox
            WHERE channel_id = %(home)s AND kind = 'forum_post' AND message_id = %(message)s
            UNION ALL
            SELECT true, NULL, NULL FROM own_webhook WHERE webhook_id = %(webhook)s
            LIMIT 1
            """,
            {
                "channel": message.where.channel_id,
                "home": message.where.home_id,
                "message": answered.id,
                "webhook": answered.webhook_id,
            },
        )
        row = await cursor.fetchone()
    return _Speaker() if row is None else _Speaker(bool(row[0]), str(row[1] or ""), row[2])


def _name_in(answered: RepliedTo) -> str:
    """The name above it; where there was no webhook it stands in front of the text."""
    if answered.webhook_id is not None:
        return answered.author
    return name_in_front(answered.text)
