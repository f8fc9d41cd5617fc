"""One websocket of the gateway, from HELLO to its close code.

https://discord.com/developers/docs/events/gateway
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bot.clock import Clock
from bot.local_discord.gateway import codes
from bot.local_discord.gateway.codes import Closed
from bot.local_discord.gateway.hub import Hub
from bot.local_discord.gateway.identify import new_session, who
from bot.local_discord.gateway.incoming import Pace, read_payload
from bot.local_discord.gateway.link import Link
from bot.local_discord.gateway.members import read_request
from bot.local_discord.gateway.outbox import Wire
from bot.local_discord.gateway.packing import packer, plain, single
from bot.local_discord.gateway.presence import read_presence
from bot.local_discord.gateway.requests import channel_info, soundboards
from bot.local_discord.gateway.session import Session, frame
from bot.local_discord.gateway.transport import EXTENSION
from bot.local_discord.gateway.voice import read_voice_state
from bot.local_discord.ids import Secret
from bot.local_discord.model import Json
from bot.local_discord.settings import Settings
from bot.local_discord.traffic.traffic import Passed, Traffic
from bot.local_discord.world import World

log = structlog.get_logger(__name__)

ENDING = frozenset({1000, 1001})
"""A client that closes with these is done: "your session will be invalidated and your bot will appear offline"."""


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
        query = websocket.query_params
        try:
            pack = packer(query.get("v", "10"), query.get("encoding", "json"), query.get("compress", ""))
        except Closed as closed:
            await websocket.close(closed.code, closed.reason)
            return
        await _Connection(self, websocket, pack).run()

    def now_ms(self) -> int:
        """The time in milliseconds since 1970."""
        return round(self.clock.now().timestamp() * 1000)


class _Connection:
    def __init__(self, gateway: Gateway, websocket: WebSocket, pack: Callable[[str], str | bytes]) -> None:
        settings = gateway.settings
        self._gateway = gateway
        self._websocket = websocket
        self._pack = pack
        self._link = Link(websocket.scope["extensions"][EXTENSION])
        self._wire = Wire(settings.gateway_capacity, self._link)
        self._inbox: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._session: Session | None = None
        self._sends = Pace(settings.gateway_sends, settings.gateway_send_window)
        self._presences = Pace(settings.presence_changes, settings.presence_window)
        self._began = self._beat = self._now()
        self._doing: dict[int, Callable[[Session, Json], None]] = {
            codes.PRESENCE: self._presence,
            codes.VOICE_STATE: self._voice,
            codes.REQUEST_MEMBERS: self._members,
            codes.REQUEST_SOUNDS: self._sounds,
            codes.REQUEST_CHANNEL_INFO: self._channel_info,
        }

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    @property
    def _live(self) -> Session | None:
        """The session that this connection carries now: not one that has ended or goes on elsewhere."""
        session = self._session
        return session if session is not None and not session.ended and session.wire is self._wire else None

    # both directions

    async def run(self) -> None:
        interval = round(self._gateway.settings.heartbeat_interval * 1000)
        self._wire.send(frame(codes.HELLO, {"heartbeat_interval": interval, "_trace": ["local-discord"]}))
        sender = asyncio.create_task(self._send())
        reader = asyncio.create_task(self._read())
        listener = asyncio.create_task(self._listen())
        dropped = asyncio.create_task(self._wire.dropped.wait())
        try:
            await asyncio.wait({sender, reader, dropped}, return_when=asyncio.FIRST_COMPLETED)
            if self._session is not None:
                self._gateway.hub.detach(self._session, self._wire)
            await self._finish(sender, reader)
        finally:
            for task in (sender, reader, listener, dropped):
                task.cancel()
            await asyncio.gather(sender, reader, listener, dropped, return_exceptions=True)

    async def _finish(self, sender: asyncio.Task[None], reader: asyncio.Task[None]) -> None:
        if reader.done() and not reader.cancelled() and (broken := reader.exception()) is not None:
            log.error("local_discord_gateway_broke", exc_info=broken)
            self._wire.close(codes.UNKNOWN_ERROR)
        else:
            self._wire.close(1000)
        grace = self._gateway.settings.shutdown_grace
        if not self._wire.dropped.is_set():
            await asyncio.wait({sender}, timeout=grace)
        sender.cancel()
        try:
            async with asyncio.timeout(grace):
                await self._close()
        except TimeoutError:
            self._link.cut()

    async def _close(self) -> None:
        if self._link.half_open:
            self._link.cut()  # a close frame would not arrive either
            return
        if WebSocketState.DISCONNECTED in (self._websocket.client_state, self._websocket.application_state):
            return
        code = self._wire.close_code or 1000
        try:
            await self._websocket.close(code, self._wire.reason or codes.REASONS.get(code, ""))
        except (WebSocketDisconnect, RuntimeError):
            return  # the other side was quicker

    async def _send(self) -> None:
        try:
            while (parcel := await self._wire.next()) is not None:
                if parcel.after:
                    await asyncio.sleep(parcel.after)
                packed = self._pack(parcel.text)
                await self._link.carry(len(packed))
                await self._link.passable()
                if isinstance(packed, str):
                    await self._websocket.send_text(packed)
                else:
                    await self._websocket.send_bytes(packed)
                self._note(parcel.text, outward=True)
        except (WebSocketDisconnect, RuntimeError):
            # the other side has gone; the reader sees it too and the session stays for a resume
            return

    async def _listen(self) -> None:
        """Take messages from the web server, so that its end is noticed also while the link is half open."""
        while True:
            message = await self._websocket.receive()
            self._link.stay_broken()
            self._inbox.put_nowait(message)
            if message["type"] == "websocket.disconnect":
                if self._link.half_open:
                    self._wire.drop(1006)
                return

    async def _read(self) -> None:
        try:
            while True:
                raw = await self._next_raw()
                self._note(raw if isinstance(raw, str) else raw.decode("utf-8", "replace"), outward=False)
                self._handle(read_payload(raw, self._sends, self._now()))
        except Closed as closed:
            self._wire.close(closed.code, closed.reason)
            if closed.code in codes.ENDS_SESSION and self._live is not None:
                self._gateway.hub.end(self._live)
        except WebSocketDisconnect as gone:
            if gone.code in ENDING and self._live is not None:
                self._gateway.hub.end(self._live)

    async def _next_raw(self) -> str | bytes:
        """The next frame; half of a link's silence is not the client's fault."""
        while True:
            try:
                async with asyncio.timeout_at(self._deadline()):
                    message = await self._inbox.get()
                    break
            except TimeoutError:
                if not self._link.half_open:
                    raise Closed(codes.TIMED_OUT) from None
                await self._link.passable()
                self._beat = self._now()
        await self._link.passable()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        return message.get("text") or message.get("bytes") or ""

    def _deadline(self) -> float:
        settings = self._gateway.settings
        beat = self._beat + settings.heartbeat_interval * 2
        return beat if self._session else min(beat, self._began + settings.identify_timeout)

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

    # what clients want

    def _handle(self, payload: Json) -> None:
        op, data = payload.get("op"), payload.get("d")
        if type(op) is not int:
            raise Closed(codes.UNKNOWN_OPCODE)
        body: Json = cast("Json", data) if isinstance(data, dict) else {}
        session = self._live
        if op == codes.HEARTBEAT:
            self._beat = self._now()
            if session is None:
                self._wire.send(frame(codes.HEARTBEAT_ACK))
            else:
                session.acknowledge()
        elif op == codes.IDENTIFY:
            self._identify(body)
        elif op == codes.RESUME:
            self._resume(body)
        elif session is None:
            raise Closed(codes.NOT_AUTHENTICATED)
        elif op in self._doing and isinstance(data, dict):
            self._doing[op](session, body)
        else:
            raise Closed(codes.UNKNOWN_OPCODE)

    def _identify(self, data: Json) -> None:
        if self._live is not None:
            raise Closed(codes.ALREADY_AUTHENTICATED)
        gateway = self._gateway
        session = new_session(gateway.world, data, gateway.key, gateway.secret(16), gateway.now_ms())
        if not session.person:
            if gateway.hub.guilds_on(session) > gateway.settings.guilds_per_shard:
                raise Closed(codes.SHARDING_REQUIRED)
            if not self._may_start(session):
                return
        if data.get("compress") is True and self._pack is plain:
            self._pack = single
        self._session = session
        gateway.hub.open(session, self._wire, gateway.url)

    def _may_start(self, session: Session) -> bool:
        """Count the start of an application's session; the one too many a day resets its token, as Discord does.

        https://discord.com/developers/docs/events/gateway#identifying
        """
        gateway, application_id = self._gateway, session.application_id or 0
        verdict = gateway.hub.starts.take(application_id, session.shard[0] if session.shard else 0)
        if verdict == "fine":
            return True
        if verdict == "used up":
            application = gateway.world.applications[application_id]
            gateway.world.put_application(replace(application, token=gateway.secret(32)))
            for other in gateway.hub.of_application(application_id):
                if other.wire is not None:
                    other.wire.close(codes.AUTHENTICATION_FAILED)
                gateway.hub.end(other)
            log.warning("local_discord_token_reset", application=application.name)
            raise Closed(codes.AUTHENTICATION_FAILED)
        self._wire.send(frame(codes.INVALID_SESSION, data=False))
        return False

    def _resume(self, data: Json) -> None:
        if self._live is not None:
            raise Closed(codes.ALREADY_AUTHENTICATED)
        gateway = self._gateway
        identity = who(gateway.world, data.get("token"), gateway.key)
        seq = data.get("seq")
        if type(seq) is not int:
            raise Closed(codes.INVALID_SEQUENCE)
        session = gateway.hub.resume(str(data.get("session_id")), identity.user_id, seq, self._wire)
        if session is None:
            self._wire.send(frame(codes.INVALID_SESSION, data=False))
        else:
            self._session = session

    def _presence(self, session: Session, data: Json) -> None:
        presence = read_presence(data, self._gateway.now_ms(), whole=True)
        # "Clients may only update their game status 5 times per 20 seconds"; what is more is not heard
        if self._presences.allows(self._now()):
            self._gateway.hub.show(session, presence)

    def _voice(self, session: Session, data: Json) -> None:
        state = read_voice_state(self._gateway.world, session, data)
        if state is not None:
            self._gateway.hub.speak(session, state, self._gateway.secret(8))

    def _members(self, session: Session, data: Json) -> None:
        self._gateway.hub.answer_members(session, read_request(data))

    def _sounds(self, session: Session, data: Json) -> None:
        for name, answer in list(soundboards(self._gateway.world, session, data)):
            self._gateway.hub.answer(session, name, answer)

    def _channel_info(self, session: Session, data: Json) -> None:
        for name, answer in channel_info(self._gateway.world, session, data):
            self._gateway.hub.answer(session, name, answer)
