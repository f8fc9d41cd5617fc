"""All gateway sessions: who listens, and what each listener is told."""

import asyncio
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace

import structlog

from bot.clock import Clock
from bot.local_discord.events import Event
from bot.local_discord.gateway.audience import OF_EVERY_CHANNEL, as_heard, hears
from bot.local_discord.gateway.codes import UNKNOWN_ERROR
from bot.local_discord.gateway.faults import GatewayFaults
from bot.local_discord.gateway.intents import GUILDS
from bot.local_discord.gateway.members import MemberLists, MemberRequest, answers
from bot.local_discord.gateway.outbox import Wire
from bot.local_discord.gateway.outline import CHANGES_SIGHT, channel_event, follow_ups, visible_channels
from bot.local_discord.gateway.presence import OFFLINE, Presence, presence_object, strongest
from bot.local_discord.gateway.session import Session
from bot.local_discord.gateway.shapes import check
from bot.local_discord.gateway.starts import Starts
from bot.local_discord.gateway.trouble import INVALIDATE, Trouble, disturbed
from bot.local_discord.gateway.voice import Voices, VoiceState, voice_server_object, voice_state_object
from bot.local_discord.gateway.welcome import arrival, ready
from bot.local_discord.model import Json
from bot.local_discord.settings import Settings
from bot.local_discord.wire.view import View
from bot.local_discord.world import World

log = structlog.get_logger(__name__)


class Hub:
    """The sessions of everybody, connected or able to resume."""

    def __init__(self, world: World, clock: Clock, settings: Settings, base_url: str) -> None:
        self.sessions: dict[str, Session] = {}
        self.faults = GatewayFaults()
        self.starts = Starts(settings.session_starts, clock.monotonic)
        self._world = world
        self._clock = clock
        self._settings = settings
        self._base_url = base_url
        self._voices = Voices()
        self._member_lists = MemberLists(settings.member_list_window, clock.monotonic)

    # what happens

    def emit(self, event: Event) -> None:
        """Send an event to every session that may hear it and asked for it.

        Raises:
            MalformedEvent: it lacks a field that clients rely on; nobody was sent anything.
        """
        check(event.name, event.data)
        self.sweep()
        for session in list(self.sessions.values()):
            for name, data in self._told(session, event):
                if name != event.name or name == "GUILD_CREATE":
                    check(name, data)  # put together for this session
                session.dispatch(name, data)

    def _told(self, session: Session, event: Event) -> Iterator[tuple[str, Json]]:
        guild_id = event.guild_id or 0
        meant = event.only is None or session.user_id in event.only
        if meant and event.name in CHANGES_SIGHT and guild_id in session.visible:
            yield from self._told_with_sight(session, event)
        elif hears(self._world, session, event):
            if event.name == "GUILD_CREATE":
                joined = self._arrival(session, guild_id)
                # by its absence clients tell a guild that was joined from one that is there again
                del joined["unavailable"]
                yield event.name, joined
                return
            yield event.name, as_heard(session, event)
            if event.name == "GUILD_DELETE":
                session.visible.pop(guild_id, None)

    def _told_with_sight(self, session: Session, event: Event) -> Iterator[tuple[str, Json]]:
        """An event that may show or hide channels, and what follows from that."""
        guild_id, before = event.guild_id or 0, session.visible[event.guild_id or 0]
        if event.name == "CHANNEL_DELETE":
            session.visible[guild_id] = before - {int(event.data["id"])}
        elif event.name != "GUILD_MEMBER_UPDATE" or event.data["user"]["id"] == str(session.user_id):
            session.visible[guild_id] = visible_channels(self._world, session.user_id, guild_id)
        if event.name not in OF_EVERY_CHANNEL:
            if hears(self._world, session, event):
                yield event.name, as_heard(session, event)
        elif hears(self._world, session, replace(event, channel=None)):
            data = as_heard(session, event)
            told = channel_event(session, event, data, before, obfuscate=self._settings.obfuscate_channels)
            if told is not None:
                yield told
        if session.visible[guild_id] != before and event.name != "CHANNEL_DELETE":
            yield from follow_ups(self._view(session), session, event, before)

    def _tell(self, session: Session, name: str, data: Json) -> None:
        check(name, data)
        session.dispatch(name, data)

    def _view(self, session: Session) -> View:
        return View(self._world, self._base_url, session.user_id)

    # sessions

    def open(self, session: Session, wire: Wire, resume_url: str) -> None:
        """Begin a session: READY, then each of its guilds."""
        session.wire, session.faults, session.keep = wire, self.faults, self._settings.replay_events
        guilds = [g for g in self._world.guilds_of(session.user_id) if session.covers(g.id)]
        with self._showing(session.user_id):
            self.sessions[session.id] = session
            self._tell(session, "READY", ready(self._view(session), session, resume_url, guilds))
            if session.intents & GUILDS:
                for guild in guilds:
                    self._tell(session, "GUILD_CREATE", self._arrival(session, guild.id))
        log.info(
            "local_discord_identified", user_id=session.user_id, person=session.person, guilds=len(guilds)
        )

    def _arrival(self, session: Session, guild_id: int) -> Json:
        return arrival(
            self._view(session),
            session,
            self._world.guilds[guild_id],
            self._online(guild_id),
            self._voices,
            obfuscate=self._settings.obfuscate_channels,
        )

    def resume(self, session_id: str, user_id: int, seq: int, wire: Wire) -> Session | None:
        """Go on with a session over another connection; None when that cannot be.

        Raises:
            Closed: with 4007 for a sequence number that was never sent; the session has ended then.
        """
        self.sweep()
        session = self.sessions.get(session_id)
        if session is None or session.user_id != user_id:
            return None
        if seq > session.seq:
            self.end(session)
        return session if session.replay(seq, wire) else None

    def detach(self, session: Session, wire: Wire) -> None:
        """A session's connection has ended; for some time it can be resumed, and its user still seems to be there."""
        if session.wire is wire and not session.ended:
            session.wire = None
            session.cut_at = self._clock.monotonic()
            asyncio.get_running_loop().call_later(self._settings.session_life + 0.1, self.sweep)
        self.sweep()

    def end(self, session: Session) -> None:
        """Forget a session: it cannot be resumed, and its user goes offline and out of voice."""
        if self.sessions.get(session.id) is not session:
            return
        with self._showing(session.user_id):
            session.ended = True
            del self.sessions[session.id]
        for state in self._voices.of_session(session.id):
            self._voice(replace(state, channel_id=None))

    def sweep(self) -> None:
        """Forget sessions that were cut off too long ago to be resumed."""
        oldest = self._clock.monotonic() - self._settings.session_life
        for session in list(self.sessions.values()):
            if session.cut_at is not None and session.cut_at < oldest:
                self.end(session)

    def of_application(self, application_id: int | None) -> list[Session]:
        """The sessions of one application, or all of them."""
        return [s for s in self.sessions.values() if application_id in (None, s.application_id)]

    def guilds_on(self, session: Session) -> int:
        """How many guilds a session has to carry."""
        return sum(session.covers(guild.id) for guild in self._world.guilds_of(session.user_id))

    # who is there

    def _online(self, guild_id: int) -> dict[int, Presence]:
        """The members of a guild who do not seem offline, as they are shown there."""
        found: dict[int, Presence] = {}
        for session in self.sessions.values():
            if session.covers(guild_id) and self._world.member(guild_id, session.user_id) is not None:
                found[session.user_id] = strongest((session.presence, found.get(session.user_id, OFFLINE)))
        return {user_id: presence for user_id, presence in found.items() if presence.shown != "offline"}

    def _presence(self, user_id: int, guild_id: int) -> Presence:
        own = [s for s in self.sessions.values() if s.user_id == user_id and s.covers(guild_id)]
        return strongest(session.presence for session in own)

    @contextmanager
    def _showing(self, user_id: int) -> Generator[None]:
        """Tell the others in each guild if a user is shown in another way after the block.

        Nobody is told of themselves; Discord does not say whether it does.
        """
        guild_ids = [guild.id for guild in self._world.guilds_of(user_id)]
        before = {g: presence_object(user_id, g, self._presence(user_id, g)) for g in guild_ids}
        yield
        for guild_id, old in before.items():
            data = presence_object(user_id, guild_id, self._presence(user_id, guild_id))
            if data != old:
                event = Event("PRESENCE_UPDATE", data, guild_id=guild_id)
                for session in list(self.sessions.values()):
                    if session.user_id != user_id and hears(self._world, session, event):
                        self._tell(session, event.name, data)

    def show(self, session: Session, presence: Presence) -> None:
        """Show a session's user in another way."""
        with self._showing(session.user_id):
            session.presence = presence

    # what clients ask for

    def speak(self, session: Session, state: VoiceState, token: str) -> None:
        """Let a user into a voice channel or out of it."""
        if self._voice(state) and state.channel_id is not None:
            self._tell(session, "VOICE_SERVER_UPDATE", voice_server_object(state.guild_id, token))

    def _voice(self, state: VoiceState) -> bool:
        changed = self._voices.put(state)
        if changed:
            data = voice_state_object(View(self._world, self._base_url), state)
            self.emit(Event("VOICE_STATE_UPDATE", data, guild_id=state.guild_id))
        return changed

    def answer_members(self, session: Session, request: MemberRequest) -> None:
        """Send the members that a client asked for."""
        online = self._online(request.guild_id)

        def shown(user_id: int) -> Json:
            return presence_object(user_id, request.guild_id, online.get(user_id, OFFLINE))

        for name, data in answers(self._view(session), session, request, self._member_lists, shown):
            self._tell(session, name, data)

    def answer(self, session: Session, name: str, data: Json) -> None:
        """Send one session an event that only it asked for."""
        self._tell(session, name, data)

    # trouble

    def cause(self, trouble: Trouble) -> int:
        """Do something to connections; gives the number of sessions it was done to."""
        touched = 0
        for session in list(self.sessions.values()):
            if not trouble.means(session) or session.wire is None:
                continue
            touched += 1
            disturbed(session.wire, trouble, self._settings.reconnect_grace)
            if trouble.action == INVALIDATE and not trouble.resumable:
                self.end(session)
        log.info("local_discord_gateway_disturbed", action=trouble.action, sessions=touched)
        return touched

    def disturb(self, action: str, *, application_id: int | None = None, code: int = UNKNOWN_ERROR) -> int:
        """Do something to all connections of an application, or to all; see :class:`Trouble`."""
        return self.cause(Trouble(action, application_id=application_id, code=code))
