"""One websocket of the gateway, from HELLO to its close code.

https://discord.com/developers/docs/events/gateway
"""

import asyncio
import contextlib
import json
import zlib
from collections import deque
from dataclasses import dataclass
from typing import cast

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.clock import Clock
from bot.local_discord.gateway.hub import Hub
from bot.local_discord.gateway.identify import DECODE_ERROR, Closed, new_session, who
from bot.local_discord.gateway.intents import GUILD_MEMBERS, GUILD_PRESENCES, GUILDS
from bot.local_discord.gateway.session import HEARTBEAT_ACK, HELLO, INVALID_SESSION, Session, Wire, frame
from bot.local_discord.gateway.shapes import check
from bot.local_discord.ids import Secret
from bot.local_discord.model import Json
from bot.local_discord.settings import Settings
from bot.local_discord.traffic import Passed, Traffic
from bot.local_discord.wire.guild import member_object
from bot.local_discord.wire.ready import guild_create_object, ready_object
from bot.local_discord.wire.view import View
from bot.local_discord.world import World

log = structlog.get_logger(__name__)

HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, REQUEST_MEMBERS = 1, 2, 3, 4, 6, 8
IGNORED = {PRESENCE, VOICE, 31, 36, 37, 40, 41}
"""Client opcodes that change nothing here: presence, voice, and what official clients send about themselves."""
UNKNOWN_OPCODE, NOT_AUTHENTICATED, ALREADY_AUTHENTICATED = 4001, 4003, 4005
INVALID_SEQUENCE, RATE_LIMITED, TIMED_OUT, INVALID_VERSION = 4007, 4008, 4009, 4012
LARGEST_PAYLOAD = 4096
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Gateway:
    """What every connection shares."""

    world: World
    hub: Hub
    settings: Settings
    clock: Clock
    key: str
    base_url: str
    secret: Secret
    traffic: Traffic

    @property
    def url(self) -> str:
        """Where clients connect; the same place serves for resuming."""
        return self.base_url.replace("http://", "ws://", 1) + "/gateway"

    async def serve(self, websocket: WebSocket) -> None:
        """Carry one connection until either side ends it."""
        await websocket.accept()
        await _Connection(self, websocket).run()


class _Connection:
    def __init__(self, gateway: Gateway, websocket: WebSocket) -> None:
        self._gateway = gateway
        self._websocket = websocket
        self._wire = Wire(gateway.settings.replay_events)
        self._session: Session | None = None
        self._zlib = zlib.compressobj() if websocket.query_params.get("compress") == "zlib-stream" else None
        self._received: deque[float] = deque()
        self._beat = self._now() + gateway.settings.heartbeat_interval * 2

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    async def run(self) -> None:
        interval = round(self._gateway.settings.heartbeat_interval * 1000)
        self._wire.send(frame(HELLO, {"heartbeat_interval": interval, "_trace": ["local-discord"]}))
        sender = asyncio.create_task(self._send())
        reader = asyncio.create_task(self._read())
        try:
            await asyncio.wait({sender, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._end(sender, reader)

    async def _end(self, sender: asyncio.Task[None], reader: asyncio.Task[None]) -> None:
        if not reader.done():
            reader.cancel()
        elif not reader.cancelled() and reader.exception() is not None:
            log.error("local_discord_gateway_broke", exc_info=reader.exception())
            self._wire.close(4000)
        else:
            self._wire.close(1000)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(sender, self._gateway.settings.shutdown_grace)
        await asyncio.gather(reader, return_exceptions=True)
        session = self._session
        if session is not None and session.wire is self._wire:
            session.wire = None
            session.cut_at = self._gateway.clock.now()
        self._gateway.hub.sweep()

    async def _send(self) -> None:
        try:
            while frames := await self._wire.next_frames():
                for text in frames:
                    if self._zlib is None:
                        await self._websocket.send_text(text)
                    else:
                        packed = self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
                        await self._websocket.send_bytes(packed)
                    self._note(text, outward=True)
            await self._websocket.close(self._wire.close_code or 1000)
        except (WebSocketDisconnect, RuntimeError):
            # the other side has gone; the reader sees it too and the session stays for a resume
            return

    async def _read(self) -> None:
        if self._websocket.query_params.get("v", "10") not in {"9", "10"}:
            self._wire.close(INVALID_VERSION)
            return
        try:
            while True:
                await self._handle(await self._receive())
        except Closed as closed:
            self._wire.close(closed.code)
        except WebSocketDisconnect as gone:
            # Discord keeps a session for a resume unless the client says that it is done
            if gone.code in (1000, 1001) and self._session is not None:
                self._gateway.hub.sessions.pop(self._session.id, None)

    async def _receive(self) -> Json:
        identify_by = self._gateway.settings.identify_timeout
        deadline = self._beat if self._session else min(self._beat, self._now() + identify_by)
        try:
            async with asyncio.timeout_at(deadline):
                message = await self._websocket.receive()
        except TimeoutError:
            raise Closed(TIMED_OUT) from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        raw: str | bytes = message.get("text") or message.get("bytes") or ""
        if len(raw) > LARGEST_PAYLOAD:
            raise Closed(DECODE_ERROR)
        self._note(raw if isinstance(raw, str) else raw.decode("utf-8", "replace"), outward=False)
        self._count()
        try:
            payload: object = json.loads(raw)
        except (ValueError, RecursionError):
            raise Closed(DECODE_ERROR) from None
        if not isinstance(payload, dict):
            raise Closed(DECODE_ERROR)
        return cast("Json", payload)

    def _note(self, text: str, *, outward: bool) -> None:
        session, gateway = self._session, self._gateway
        gateway.traffic.add(
            Passed(
                number=gateway.traffic.next_number(),
                at=gateway.clock.now(),
                outward=outward,
                text=text,
                session_id=None if session is None else session.id,
                application_id=None if session is None else session.application_id,
                user_id=None if session is None else session.user_id,
            )
        )

    def _count(self) -> None:
        """Close a connection that sends more than 120 frames a minute, as Discord does."""
        settings, now = self._gateway.settings, self._now()
        self._received.append(now)
        while self._received[0] < now - settings.gateway_send_window:
            self._received.popleft()
        if len(self._received) > settings.gateway_sends:
            raise Closed(RATE_LIMITED)

    async def _handle(self, payload: Json) -> None:
        op, data = payload.get("op"), payload.get("d")
        body: Json = cast("Json", data) if isinstance(data, dict) else {}
        if op == HEARTBEAT:
            self._beat = self._now() + self._gateway.settings.heartbeat_interval * 2
            self._wire.send(frame(HEARTBEAT_ACK))
        elif op == IDENTIFY:
            self._identify(body)
        elif op == RESUME:
            self._resume(body)
        elif self._session is None:
            raise Closed(NOT_AUTHENTICATED)
        elif op == REQUEST_MEMBERS:
            self._members(self._session, body)
        elif op not in IGNORED:
            raise Closed(UNKNOWN_OPCODE)

    def _identify(self, data: Json) -> None:
        if self._session is not None:
            raise Closed(ALREADY_AUTHENTICATED)
        gateway, world = self._gateway, self._gateway.world
        session = new_session(world, data, gateway.key, gateway.secret(16), gateway.settings.replay_events)
        session.wire = self._wire
        self._session = session
        gateway.hub.sessions[session.id] = session
        view = View(world, gateway.base_url, session.user_id)
        guilds = [guild for guild in world.guilds_of(session.user_id) if session.covers(guild.id)]
        ready = ready_object(
            view,
            session_id=session.id,
            resume_url=gateway.url,
            application_id=session.application_id,
            guilds=guilds,
        )
        if session.application_id is not None:
            ready["shard"] = list(session.shard)
        self._tell(session, "READY", ready)
        person = session.application_id is None
        if session.intents & GUILDS:
            for guild in guilds:
                everyone = person or bool(session.intents & GUILD_PRESENCES)
                created = guild_create_object(view, guild, all_members=everyone, all_channels=not person)
                self._tell(session, "GUILD_CREATE", created)
        log.info("local_discord_identified", user_id=session.user_id, person=person, guilds=len(guilds))

    @staticmethod
    def _tell(session: Session, name: str, data: Json) -> None:
        check(name, data)
        session.dispatch(name, data)

    def _resume(self, data: Json) -> None:
        if self._session is not None:
            raise Closed(ALREADY_AUTHENTICATED)
        identity = who(self._gateway.world, data.get("token"), self._gateway.key)
        seq = data.get("seq")
        if isinstance(seq, bool) or not isinstance(seq, int):
            raise Closed(INVALID_SEQUENCE)
        self._gateway.hub.sweep()
        session = self._gateway.hub.sessions.get(str(data.get("session_id")))
        if session is not None and seq > session.seq:
            raise Closed(INVALID_SEQUENCE)
        if session is None or session.user_id != identity.user_id or not session.replay(seq, self._wire):
            self._wire.send(frame(INVALID_SESSION, data=False))
            return
        self._session = session

    def _members(self, session: Session, data: Json) -> None:
        """Answer REQUEST_GUILD_MEMBERS in chunks of a thousand."""
        world = self._gateway.world
        guild_id = str(data.get("guild_id"))
        if not guild_id.isdecimal() or world.member(int(guild_id[:20]), session.user_id) is None:
            return
        query, limit, ids = data.get("query"), data.get("limit"), data.get("user_ids")
        whole_list = not ids and not query and not limit
        if whole_list and session.application_id is not None and not session.intents & GUILD_MEMBERS:
            log.warning("local_discord_members_refused", reason="the members intent is off")
            return
        members = world.members_of(int(guild_id))
        missing: list[str] = []
        if ids:
            asked = [str(i) for i in cast("list[object]", ids)] if isinstance(ids, list) else [str(ids)]
            members = [m for m in members if str(m.user_id) in asked]
            missing = [i for i in asked if i not in {str(m.user_id) for m in members}]
        elif isinstance(query, str) and query:
            members = [m for m in members if _named(world, m.nick, m.user_id).startswith(query.lower())]
        if isinstance(limit, int) and limit > 0:
            members = members[:limit]
        view = View(world, self._gateway.base_url, session.user_id)
        pages = [members[i : i + CHUNK] for i in range(0, len(members), CHUNK)] or [[]]
        for index, page in enumerate(pages):
            chunk: Json = {
                "guild_id": guild_id,
                "members": [member_object(view, member) for member in page],
                "chunk_index": index,
                "chunk_count": len(pages),
                "not_found": missing if index == 0 else [],
            }
            if data.get("presences"):
                chunk["presences"] = []
            if isinstance(data.get("nonce"), str):
                chunk["nonce"] = data["nonce"]
            self._tell(session, "GUILD_MEMBERS_CHUNK", chunk)


def _named(world: World, nick: str | None, user_id: int) -> str:
    return (nick or world.users[user_id].username).lower()
