"""Serves the demo library on the loopback interface: ``python -m bot.demo_library.server [--port N]``.

Once it can be reached it prints one line of JSON, ``{"url": …, "feeds": [{"name": …, "url": …}]}``. It ends
when its stdin ends, which happens when its parent does, and on SIGTERM or SIGINT.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from bot.importing import importing

with importing():
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from bot.demo_library.rendering import entry_path, feed_path, render_entry, render_feed, render_index
    from bot.demo_library.texts import DemoFeed, demo_feeds
    from bot.errors import ConfigError
    from bot.loopback import HOST, bound
    from bot.parent import when_stdin_ends

_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost"})
_FEED_TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml"}


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until the parent ends; exit code 1 and a sentence where the port is taken."""
    parser = argparse.ArgumentParser(prog="demo-library", description="Serve the demo library on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes any free port")
    port = parser.parse_args(argv).port
    try:
        listening = bound(port)
    except (OSError, OverflowError) as error:
        sys.stderr.write(
            f"Port {port} cannot be used ({error}); choose another, or 0 for any that is free.\n"
        )
        sys.exit(1)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn passes it on once it has ended in order
        asyncio.run(_serve(listening))


def describe(site: str) -> dict[str, Any]:
    """What the ready line says: the site's address and its feeds, as the feeds server is configured with."""
    return {
        "url": site,
        "feeds": [{"name": feed.title, "url": site + feed_path(feed)} for feed in demo_feeds()],
    }


def build_app() -> Starlette:
    """The web application: a front page, and a page for each feed and text."""
    routes = [Route("/", _index)]
    for feed in demo_feeds():
        routes.append(Route(feed_path(feed), _feed_handler(feed)))
        routes += [
            Route(entry_path(feed, entry), _page_handler(render_entry(feed, entry), entry.published))
            for entry in feed.entries
        ]
    return Starlette(routes=routes)


async def _serve(listening: socket.socket) -> None:
    server = uvicorn.Server(
        uvicorn.Config(build_app(), log_level="warning", access_log=False, lifespan="off")
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    listening.listen()  # from here on a connection waits rather than fails, so that the line below is true
    site = f"http://{HOST}:{listening.getsockname()[1]}"
    sys.stdout.write(json.dumps(describe(site)) + "\n")
    sys.stdout.flush()
    # By hand it is run from a terminal or with no input at all, and ends with Ctrl-C.
    with contextlib.suppress(ConfigError):
        when_stdin_ends(lambda: setattr(server, "should_exit", True))
    await serving


async def _index(request: Request) -> Response:
    feeds = demo_feeds()
    return _answer(
        request, render_index(feeds).encode("utf-8"), "text/html", max(feed.updated for feed in feeds)
    )


type _Handler = Callable[[Request], Awaitable[Response]]


def _feed_handler(feed: DemoFeed) -> _Handler:
    async def handler(request: Request) -> Response:
        body = render_feed(feed, str(request.base_url).rstrip("/"))
        return _answer(request, body, _FEED_TYPES[feed.format], feed.updated)

    return handler


def _page_handler(html: str, published: datetime) -> _Handler:
    body = html.encode("utf-8")

    async def handler(request: Request) -> Response:
        return _answer(request, body, "text/html", published)

    return handler


def _answer(request: Request, body: bytes, media_type: str, changed: datetime) -> Response:
    """The document, or 304 where the asker's copy is still good; 421 for a foreign host name (DNS rebinding)."""
    if request.url.hostname not in _LOCAL_NAMES:
        return Response("This library answers to 127.0.0.1 only.", 421, media_type="text/plain")
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(changed, usegmt=True),
        "Cache-Control": "no-cache",
    }
    if _copy_is_good(request, tag, changed):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=f"{media_type}; charset=utf-8", headers=headers)


def _copy_is_good(request: Request, tag: str, changed: datetime) -> bool:
    """Compare validators as RFC 9110 §13.2.2 says: the date counts only where no tag is given."""
    if (tags := request.headers.get("if-none-match")) is not None:
        return tag in {item.strip().removeprefix("W/") for item in tags.split(",")}
    try:
        return parsedate_to_datetime(request.headers.get("if-modified-since", "")) >= changed
    except (ValueError, TypeError):  # TypeError: a date without a zone
        return False


if __name__ == "__main__":
    main()
