"""Who listens, and what each listener is told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.local_discord.events import Event
from bot.local_discord.gateway.intents import GUILD_MEMBERS, MESSAGE_CONTENT, needed
from bot.local_discord.gateway.session import INVALID_SESSION, RECONNECT, Session, frame
from bot.local_discord.gateway.shapes import check
from bot.local_discord.model import Json
from bot.local_discord.permissions import can_see
from bot.local_discord.wire.message import readable_by
from bot.local_discord.world import World

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Hub:
    """All gateway sessions."""

    world: World
    clock: Clock
    session_life: float
    sessions: dict[str, Session] = field(default_factory=dict[str, Session])

    def emit(self, event: Event) -> None:
        """Send an event to every session that may hear it and asked for it.

        Raises:
            MalformedEvent: it lacks a field that clients rely on; nobody was sent anything.
        """
        check(event.name, event.data)
        self.sweep()
        for session in list(self.sessions.values()):
            if self._hears(session, event):
                session.dispatch(event.name, self._told(session, event))

    def _hears(self, session: Session, event: Event) -> bool:
        if event.only is not None and session.user_id not in event.only:
            return False
        if event.application_id not in (None, session.application_id):
            return False
        if session.application_id is not None and not _asked_for(session, event):
            return False
        if event.channel is not None:
            return can_see(self.world, session.user_id, event.channel)
        return event.guild_id is None or self.world.member(event.guild_id, session.user_id) is not None

    @staticmethod
    def _told(session: Session, event: Event) -> Json:
        data = event.data if event.varies is None else {**event.data, **event.varies(session.user_id)}
        blind = session.application_id is not None and not session.intents & MESSAGE_CONTENT
        if blind and event.message is not None and event.guild_id is not None:
            return readable_by(data, session.user_id)
        return data

    def sweep(self) -> None:
        """Forget sessions that were cut off too long ago to be resumed."""
        now = self.clock.now()
        for session in list(self.sessions.values()):
            if session.cut_at is not None and now - session.cut_at > timedelta(seconds=self.session_life):
                del self.sessions[session.id]

    def of_application(self, application_id: int | None) -> Iterable[Session]:
        """The sessions of one application, or all of them."""
        return [s for s in self.sessions.values() if application_id in (None, s.application_id)]

    def disturb(self, action: str, *, application_id: int | None = None, code: int = 4000) -> int:
        """Do to connections what networks and Discord do; gives the number of sessions it was done to.

        ``close`` ends them with a close code, ``reconnect`` asks the client to come back (op 7), ``invalidate``
        forgets the session and says so (op 9).
        """
        touched = 0
        for session in self.of_application(application_id):
            wire = session.wire
            if wire is None:
                continue
            touched += 1
            if action == "reconnect":
                wire.send(frame(RECONNECT))
            elif action == "invalidate":
                del self.sessions[session.id]
                wire.send(frame(INVALID_SESSION, data=False))
            else:
                wire.close(code)
        log.info("local_discord_gateway_disturbed", action=action, sessions=touched)
        return touched


def _asked_for(session: Session, event: Event) -> bool:
    """Whether an application's shard and intents cover an event; what concerns itself it is told anyway."""
    if not session.covers(event.guild_id):
        return False
    own = str(session.user_id)
    if event.name == "GUILD_MEMBER_UPDATE" and event.data["user"]["id"] == own:
        return True
    intent = needed(event.name, in_guild=event.guild_id is not None)
    if intent and not session.intents & intent:
        return False
    if event.name != "THREAD_MEMBERS_UPDATE" or session.intents & GUILD_MEMBERS:
        return True
    added = [member["user_id"] for member in event.data.get("added_members", [])]
    return own in added or own in event.data.get("removed_member_ids", [])
