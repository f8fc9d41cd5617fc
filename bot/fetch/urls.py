"""Reading an address before anything is done with it."""

import re

import httpx2

from bot.fetch.errors import FetchRefused

_MAX_PORT = 65_535
_REG_NAME = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)


def readable_url(text: str) -> httpx2.URL:
    """Parse ``text`` and refuse all that is not a plain http or https address. Raises `FetchRefused`."""
    try:
        url = httpx2.URL(text.strip())
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise FetchRefused(f"{_quoted(text)} is not a web address.", url=_quoted(text)) from error
    check_url(url)
    return url


def check_url(url: httpx2.URL, said: str = "") -> None:
    """Refuse another scheme than http(s), credentials, a host that is no host, an impossible port.

    ``said`` is what the message calls the address. Raises `FetchRefused`.
    """
    shown = shown_url(url)
    said = said or shown
    if url.scheme not in ("http", "https"):
        raise FetchRefused(f"{said} was not fetched: only http and https addresses are.", url=shown)
    if url.userinfo:
        raise FetchRefused(f"{said} was not fetched: its address carries a user name or password.", url=shown)
    host = url.raw_host.decode("ascii")
    if ":" not in host and not _REG_NAME.fullmatch(host):
        raise FetchRefused(f"{said} was not fetched: it names no readable host.", url=shown)
    if url.port is not None and not 0 < url.port <= _MAX_PORT:
        raise FetchRefused(f"{said} was not fetched: its port does not exist.", url=shown)


def port_of(url: httpx2.URL) -> int:
    """The port that will be connected to."""
    return url.port or (443 if url.scheme == "https" else 80)


def shown_url(url: httpx2.URL) -> str:
    """The address as it may appear in messages and logs: no credentials, query or fragment, not too long."""
    return _shortened(f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}" if url.host else str(url))


def _quoted(text: str) -> str:
    return repr(_shortened(text))


def _shortened(text: str, limit: int = 200) -> str:
    clean = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
