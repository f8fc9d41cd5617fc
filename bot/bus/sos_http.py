"""The SOS bus's HTTP bridge: JSON with ids. ``POST /send``, ``GET /inbox``, ``GET /peers``, a bearer token."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2
import structlog

from bot.bus.answers import check_object, json_of, objects_of, raise_for, seconds_of
from bot.bus.letters import Account, Letter, Limits, Page, Peer, agent_name
from bot.bus.mcp_line import SERVER, LineSettings
from bot.bus.sos_inbox import moment
from bot.clock import Clock
from bot.errors import NotDone, OutsideError, TimedOut
from bot.mcp.guarded_client import guarded_client
from bot.mcp.specs import HttpServer

LIMITS = Limits(16_384, 10, 160)
_MOST_BYTES = 5_000_000

log = structlog.get_logger(__name__)


class SosHttp:
    """Implements `Transport`."""

    kind = "sos-http"
    limits = LIMITS

    def __init__(self, http: httpx2.AsyncClient, account: Account, clock: Clock) -> None:
        self._http = http
        self._account = account
        self._clock = clock
        self._base = account.url.rstrip("/")

    async def send(self, to: str, text: str, request_id: str) -> None:
        """Send. The bus takes no id of ours, so sending twice is two messages with one request id in their text."""
        del request_id
        told = await self._ask(
            "POST", "/send", json={"from": self._account.name, "to": agent_name(to), "text": text}
        )
        check_object(told)

    async def receive(self, limit: int) -> Page:
        """The newest letters; reading takes nothing away."""
        told = await self._ask("GET", "/inbox", params={"agent": self._account.name, "limit": str(limit)})
        letters = [_letter(one) for one in objects_of(told.get("messages"))]
        ordered = sorted(letters, key=lambda one: (one.at is None, one.at and one.at.timestamp()))
        return Page(ordered, full=len(letters) >= limit, asked_again=True)

    async def done(self, letters: Sequence[Letter]) -> None:
        """Nothing: the inbox keeps them."""

    async def announce(self) -> None:
        """Be on the list for ten minutes."""
        told = {"agent": self._account.name, "tool": "cogswarm", "summary": "connects Discord"}
        await self._ask("POST", "/announce", json=told)

    async def peers(self) -> list[Peer]:
        """Who has announced themselves."""
        told = await self._ask("GET", "/peers")
        return [
            Peer(agent_name(str(one.get("agent") or one.get("name") or "")), str(one.get("summary") or ""))
            for one in objects_of(told.get("peers") or told.get("agents"))
        ]

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            answer = await self._http.request(method, self._base + path, **more)
            text = answer.text
        except httpx2.ConnectError as error:
            raise NotDone("The bus cannot be reached: no connection could be made.") from error
        except httpx2.TimeoutException as error:
            raise TimedOut("The bus did not answer in time.") from error
        except (httpx2.HTTPError, httpx2.StreamError, UnicodeError) as error:
            raise OutsideError("The bus did not answer properly.") from error
        wait = seconds_of(answer.headers.get("retry-after", ""), self._clock.now())
        raise_for(answer.status_code, wait, f"it answered {answer.status_code}.")
        return json_of(text)


@asynccontextmanager
async def opened_http(
    account: Account, clock: Clock, settings: LineSettings | None = None
) -> AsyncGenerator[SosHttp]:
    """The bridge at an address, until the block ends."""
    settings = settings or LineSettings()
    spec = HttpServer(
        SERVER, account.url, {"Authorization": f"Bearer {account.token}"}, most_bytes=_MOST_BYTES
    )
    async with guarded_client(
        spec, _noted, headers=dict(spec.headers), timeout=httpx2.Timeout(settings.call)
    ) as http:
        yield SosHttp(http, account, clock)


def looks_like_it(url: str) -> bool:
    """Whether an address has no path of its own, as the bridge's has."""
    return urlsplit(url).path in {"", "/"}


def _noted(reason: str) -> None:
    log.warning("bus_misbehaved", reason=reason)


def _letter(told: dict[str, Any]) -> Letter:
    answers = told.get("in_reply_to") or told.get("correlation_id") or told.get("reply_to") or ""
    at = told.get("timestamp")
    return Letter(
        str(told.get("id") or f"{at}:{told.get('source')}:{told.get('text')}"),
        str(told.get("source") or ""),
        str(told.get("text") or ""),
        moment(str(at or "")),
        str(answers),
    )
