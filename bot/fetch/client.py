"""Fetching one document over HTTP with every guard on.

The HTTP layer is httpcore, httpx's own transport: it is the one that lets the connection be opened by us
(see `bot.fetch.dialing`) while it keeps the name for the Host header and for TLS, and it reads no proxies,
cookies or credentials from the environment, follows no redirects and decompresses nothing by itself.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Self

import httpcore2
import httpx2

from bot.clock import Clock
from bot.fetch.decoding import ACCEPT_ENCODING, BodyBroken, BodyTooLarge, decoding_for
from bot.fetch.dialing import AddressRefused, GuardedDialer, NameUnknown, Resolve, system_resolve
from bot.fetch.errors import FetchError, FetchFailed, FetchRefused, FetchTimedOut, FetchTooLarge
from bot.fetch.headers import header, retry_after_seconds
from bot.fetch.hosts import AllowedHosts
from bot.fetch.limits import FetchLimits
from bot.fetch.results import Fetched, NotModified, Validators
from bot.fetch.urls import check_url, port_of, readable_url, shown_url

_OK = 200
_NOT_MODIFIED = 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_USER_AGENT = "cogswarm"


class Fetcher:
    """Fetches documents; an async context manager, usable from many tasks at once.

    ``allow_hosts`` names the hosts ("127.0.0.1:8123", "feeds.corp.example") that may be fetched although
    their address is not public; ``permits`` says of each host, also of one that a redirect leads to, whether it may
    be fetched at all; ``allow_downgrade`` lets a redirect lead from https to http.
    Raises `ConfigError` for an entry that is not a host.
    """

    def __init__(
        self,
        *,
        allow_hosts: Iterable[str] = (),
        permits: Callable[[str], bool] = lambda _host: True,
        allow_downgrade: bool = False,
        limits: FetchLimits | None = None,
        user_agent: str = _USER_AGENT,
        connections: int = 20,
        resolve: Resolve = system_resolve,
        ssl_context: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._limits = limits or FetchLimits()
        self._permits = permits
        self._allow_downgrade = allow_downgrade
        self._user_agent = user_agent
        self._clock = clock or Clock()
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=connections,
            max_keepalive_connections=connections // 2,
            keepalive_expiry=10.0,
            network_backend=GuardedDialer(AllowedHosts.parse(allow_hosts), resolve),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.aclose()

    async def get(
        self,
        url: str,
        *,
        validators: Validators | None = None,
        media_types: Sequence[str] = (),
        limits: FetchLimits | None = None,
    ) -> Fetched | NotModified:
        """Fetch ``url``; `NotModified` where ``validators`` were given and are still good.

        ``media_types`` are prefixes of the content types to accept ("text/", "application/xml"); empty
        accepts all. An answer without a content type is accepted. Raises `FetchError`.
        """
        start = readable_url(url)
        self._check_host(start, shown_url(start))
        within = limits or self._limits
        try:
            async with asyncio.timeout(within.total_seconds):
                return await self._follow(start, validators or Validators(), media_types, within)
        except TimeoutError as error:
            shown = shown_url(start)
            raise FetchTimedOut(
                f"{shown} was still not there after {within.total_seconds:g} seconds.", url=shown
            ) from error

    async def _follow(
        self, start: httpx2.URL, validators: Validators, media_types: Sequence[str], limits: FetchLimits
    ) -> Fetched | NotModified:
        url, said = start, shown_url(start)
        for _ in range(limits.redirects + 1):
            answer = await self._one_hop(url, said, validators, media_types, limits)
            if not isinstance(answer, httpx2.URL):
                return answer
            said = f"{shown_url(start)} redirects to {shown_url(answer)}, which"
            self._check_redirect(url, answer, said)
            url = answer
        shown = shown_url(start)
        raise FetchRefused(
            f"{shown} was not fetched: it redirects more than {limits.redirects} times.", url=shown
        )

    def _check_redirect(self, origin: httpx2.URL, target: httpx2.URL, said: str) -> None:
        check_url(target, said)
        self._check_host(target, said)
        if origin.scheme == "https" and target.scheme == "http" and not self._allow_downgrade:
            raise FetchRefused(
                f"{said} was not fetched: it leads from https to plain http.", url=shown_url(target)
            )

    def _check_host(self, url: httpx2.URL, said: str) -> None:
        if not self._permits(url.raw_host.decode("ascii")):
            raise FetchRefused(
                f"{said} was not fetched: pages of {url.host} may not be read here.", url=shown_url(url)
            )

    async def _one_hop(
        self,
        url: httpx2.URL,
        said: str,
        validators: Validators,
        media_types: Sequence[str],
        limits: FetchLimits,
    ) -> Fetched | NotModified | httpx2.URL:
        """Ask once; an address is where it redirects to. ``said`` is what messages call ``url``."""
        shown = shown_url(url)
        try:
            async with self._pool.stream(
                "GET",
                httpcore2.URL(
                    scheme=url.scheme.encode("ascii"),
                    host=url.raw_host,
                    port=port_of(url),
                    target=url.raw_path,
                ),
                headers=self._headers(url, validators),
                extensions={
                    "timeout": {
                        "connect": limits.connect_seconds,
                        "read": limits.read_seconds,
                        "write": limits.read_seconds,
                        "pool": limits.total_seconds,
                    }
                },
            ) as response:
                return await self._read(url, said, response, validators, media_types, limits)
        except FetchError:
            raise
        except AddressRefused as error:
            raise FetchRefused(
                f"{said} was not fetched: {error}; name the host in allow_hosts if it is meant to be.",
                url=shown,
            ) from error
        except NameUnknown as error:
            raise FetchFailed(f"{said} could not be fetched: its host is not known.", url=shown) from error
        except BodyTooLarge as error:
            raise FetchTooLarge(f"{said} was not read: its answer {error}.", url=shown) from error
        except BodyBroken as error:
            raise FetchFailed(f"{said} could not be read: its answer {error}.", url=shown) from error
        except httpcore2.TimeoutException as error:
            raise FetchTimedOut(f"{said} did not answer in time.", url=shown) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, ssl.SSLError, OSError) as error:
            raise FetchFailed(f"{said} could not be fetched: {_why(error)}.", url=shown) from error

    def _headers(self, url: httpx2.URL, validators: Validators) -> list[tuple[str, str]]:
        headers = [
            ("Host", url.netloc.decode("ascii")),
            ("User-Agent", self._user_agent),
            ("Accept", "*/*"),
            ("Accept-Encoding", ACCEPT_ENCODING),
        ]
        if validators.etag is not None:
            headers.append(("If-None-Match", validators.etag))
        if validators.last_modified is not None:
            headers.append(("If-Modified-Since", validators.last_modified))
        return headers

    async def _read(
        self,
        url: httpx2.URL,
        said: str,
        response: httpcore2.Response,
        validators: Validators,
        media_types: Sequence[str],
        limits: FetchLimits,
    ) -> Fetched | NotModified | httpx2.URL:
        shown = shown_url(url)
        if response.status in _REDIRECTS:
            return _redirect_target(url, said, response)
        if response.status == _NOT_MODIFIED and validators:
            return NotModified(str(url))
        if response.status != _OK:
            raise FetchFailed(
                f"{said} could not be fetched: the server answered {response.status}.",
                url=shown,
                status=response.status,
                retry_after=retry_after_seconds(response, self._clock.now()),
            )
        content_type = header(response, b"content-type")
        if media_types and content_type and not content_type.lower().startswith(tuple(media_types)):
            kind = content_type.partition(";")[0][:80]
            raise FetchFailed(f"{said} was not read: it is of the kind {kind!r}.", url=shown)
        body = await _read_body(response, limits)
        found = Validators(header(response, b"etag") or None, header(response, b"last-modified") or None)
        return Fetched(str(url), body, content_type, found)


async def _read_body(response: httpcore2.Response, limits: FetchLimits) -> bytes:
    length = header(response, b"content-length")
    if length.isdigit() and int(length) > limits.wire_bytes:
        raise BodyTooLarge("is too large")
    decoding = decoding_for(header(response, b"content-encoding"), limits)
    pieces: list[bytes] = []
    async for piece in response.aiter_stream():
        pieces.append(decoding.feed(piece))
        await asyncio.sleep(0)  # a fast sender must not keep everything else waiting
    decoding.finish()
    return b"".join(pieces)


def _redirect_target(url: httpx2.URL, said: str, response: httpcore2.Response) -> httpx2.URL:
    location = header(response, b"location")
    shown = shown_url(url)
    if not location:
        raise FetchFailed(f"{said} could not be fetched: it redirects to nowhere.", url=shown)
    try:
        return url.join(location).copy_with(fragment=None)
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise FetchRefused(
            f"{said} was not fetched: it redirects to no readable address.", url=shown
        ) from error


def _why(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not valid ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return "no secure connection could be made"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore2.ConnectError):
        return "no connection could be made"
    if isinstance(error, httpcore2.ProtocolError):
        return "the server did not speak proper HTTP or hung up"
    return "the connection broke"
