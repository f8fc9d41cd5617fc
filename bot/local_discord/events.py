"""What the gateway tells its listeners, before it is known who listens."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.local_discord.model import Channel, Json, Message


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatch: who may receive it follows from its fields.

    With ``channel`` only users who may see that channel receive it, with ``only`` just the users named, with
    neither everybody in the guild. ``message`` is the message whose text an application without the Message
    Content intent must not read. ``varies`` gives what differs from viewer to viewer, by user id.
    """

    name: str
    data: Json
    guild_id: int | None = None
    channel: Channel | None = None
    only: frozenset[int] | None = None
    message: Message | None = None
    varies: Callable[[int], Json] | None = None
    application_id: int | None = None


type Emit = Callable[[Event], None]
