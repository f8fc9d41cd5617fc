"""What the local Discord itself can carry, so that figures about a bot can be read against it.

``python tests/bench/ceiling.py [RUNS]``. Server, control and client are processes of their own. Each figure is taken in
turn with a control: the same web server with nothing behind it, the same client, and as many bytes. The ratio of the two
says more about the program than about the machine.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import nextcord
from nextcord.ext import commands
from nextcord.http import Route as DiscordRoute
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).parents[2]
EVENTS, REQUESTS, GUILDS, CHANNELS = 4_000, 500, 1_000, 50
GUILD_EVENTS, MESSAGE_EVENTS = 1 << 0, 1 << 9
FRAME, ANSWER = 1_200, 620
"""Characters of a plain MESSAGE_CREATE frame and of the answer to a plain message, near enough."""
BARE, SERVER = (str(ROOT / "tests" / "bench" / "bare.py"),), ("-m", "bot.local_discord", "--stdin-eof")

type Where = dict[str, Any]
type Measure = Callable[[Where], Awaitable[float]]


@asynccontextmanager
async def process(*arguments: str) -> AsyncGenerator[Where]:
    """A server in a process of its own while the block runs; gives its line of JSON."""
    environ = {name: value for name, value in os.environ.items() if name != "COGSWARM_RECORD"}
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        env=environ | {"PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=1 << 20,
    )
    try:
        assert started.stdout is not None
        yield json.loads(await started.stdout.readline())
    finally:
        await started.communicate()


async def _received(socket: ClientConnection, count: int, mark: str) -> float:
    """Frames a second, from the first of ``count`` with this mark to the last."""
    while mark not in await socket.recv(decode=True):
        pass
    began, left = time.perf_counter(), count - 1
    while left:
        left -= mark in await socket.recv(decode=True)
    return (count - 1) / (time.perf_counter() - began)


def _as_page(where: Where) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=where["base_url"], headers={"X-Local-Key": where["key"]}, trust_env=False, timeout=60
    )


async def _flood(where: Where) -> None:
    async with _as_page(where) as http:
        order = {"rate": 100_000, "count": EVENTS, "channels": [where["welcome_channel"]]}
        (await http.post("/local/load", json=order)).raise_for_status()


@asynccontextmanager
async def _identified(where: Where, intents: int) -> AsyncGenerator[ClientConnection]:
    async with connect(where["gateway_url"] + "?v=10&encoding=json", proxy=None, max_size=None) as socket:
        identify: Where = {"token": where["bot_token"], "intents": intents, "properties": {}}
        await socket.send(json.dumps({"op": 2, "d": identify}))
        yield socket


async def events_to_a_socket(where: Where) -> float:
    """Messages a second that reach a client which only counts frames."""
    async with _identified(where, MESSAGE_EVENTS) as socket:
        while '"READY"' not in await socket.recv(decode=True):
            pass
        flood = asyncio.create_task(_flood(where))
        rate = await _received(socket, EVENTS, '"MESSAGE_CREATE"')
        await flood
        return rate


async def bare_frames(where: Where, count: int = 10 * EVENTS, size: int = FRAME) -> float:
    """Frames a second from the control."""
    url = where["base_url"].replace("http", "ws") + f"/frames?count={count}&size={size}"
    async with connect(url, proxy=None, max_size=None) as socket:
        await socket.send("now")
        return await _received(socket, count, "x")


async def events_to_nextcord(where: Where) -> float:
    """Messages a second that reach a listener of an unmodified nextcord bot."""
    DiscordRoute.BASE = where["api_url"]
    bot = commands.Bot(intents=nextcord.Intents(guilds=True, messages=True), guild_ready_timeout=0.05)
    ready, over = asyncio.Event(), asyncio.Event()
    heard: list[float] = []

    async def on_ready() -> None:
        ready.set()

    async def on_message(_message: nextcord.Message) -> None:
        heard.append(time.perf_counter())
        if len(heard) == EVENTS:
            over.set()

    bot.add_listener(on_ready)
    bot.add_listener(on_message)
    running = asyncio.create_task(bot.start(where["bot_token"]))
    await ready.wait()
    await _flood(where)
    await over.wait()
    await bot.close()
    await running
    return (EVENTS - 1) / (heard[-1] - heard[0])


async def _requests_by_hand(where: Where, path: str, headers: str) -> float:
    """Requests a second of a client that writes bytes and reads them, one connection, one at a time."""
    host, _, port = where["base_url"].removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = b'{"content":"hello there"}'
    request = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{headers}\r\n"
    ).encode() + body
    began = time.perf_counter()
    for _ in range(REQUESTS):
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200"), head
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n", 1)[0]))
    rate = REQUESTS / (time.perf_counter() - began)
    writer.close()
    await writer.wait_closed()
    return rate


async def _requests_by_httpx(where: Where, path: str, headers: dict[str, str]) -> float:
    async with httpx.AsyncClient(base_url=where["base_url"], headers=headers, trust_env=False) as http:
        began = time.perf_counter()
        for _ in range(REQUESTS):
            (await http.post(path, json={"content": "hello there"})).raise_for_status()
        return REQUESTS / (time.perf_counter() - began)


def _messages(where: Where) -> str:
    return f"/api/v10/channels/{where['welcome_channel']}/messages"


async def messages_by_hand(where: Where) -> float:
    """Messages a second that a bot can post over one connection."""
    return await _requests_by_hand(where, _messages(where), f"Authorization: Bot {where['bot_token']}\r\n")


async def messages_by_httpx(where: Where) -> float:
    """The same with a common client."""
    return await _requests_by_httpx(where, _messages(where), {"Authorization": f"Bot {where['bot_token']}"})


async def bare_by_hand(where: Where) -> float:
    """Requests a second to the control."""
    return await _requests_by_hand(where, f"/echo?size={ANSWER}", "")


async def bare_by_httpx(where: Where) -> float:
    """The same with a common client."""
    return await _requests_by_httpx(where, f"/echo?size={ANSWER}", {})


@dataclass(frozen=True, slots=True)
class Figure:
    """What is measured, and what it is held against."""

    name: str
    measure: Measure
    control_name: str
    control: Measure


FIGURES = (
    Figure("events out to a plain websocket", events_to_a_socket, "bare frames", bare_frames),
    Figure("events out to a nextcord listener", events_to_nextcord, "bare frames", bare_frames),
    Figure("messages in, by hand", messages_by_hand, "bare requests", bare_by_hand),
    Figure("messages in, by httpx", messages_by_httpx, "bare requests", bare_by_httpx),
)


def spread(values: list[float], form: str) -> str:
    """Minimum, median and maximum."""
    return " / ".join(format(one, form) for one in (min(values), statistics.median(values), max(values)))


async def measure(figure: Figure, server: Where, bare: Where, runs: int) -> None:
    """Print one figure, its control, and the ratio pair by pair."""
    pairs = [(await figure.measure(server), await figure.control(bare)) for _ in range(runs)]
    taken, held = (list(side) for side in zip(*pairs, strict=True))
    ratios = [one / other for one, other in pairs]
    print(
        f"{figure.name}: {spread(taken, ',.0f')} a second; {figure.control_name}: {spread(held, ',.0f')}; "
        f"ratio {spread(ratios, '.2f')}",
        flush=True,
    )


async def _crowd() -> tuple[float, float, int]:
    """Seconds until a server with many guilds answers, then until a bot has been told of all, and in how many bytes."""
    began = time.perf_counter()
    async with process(*SERVER, "--guilds", str(GUILDS), "--channels", str(CHANNELS)) as where:
        started = time.perf_counter() - began
        began, told, characters = time.perf_counter(), 0, 0
        async with _identified(where, GUILD_EVENTS) as socket:
            while told < GUILDS + 1:
                text = await socket.recv(decode=True)
                characters += len(text)
                told += '"GUILD_CREATE"' in text[-40:]
        return started, time.perf_counter() - began, characters


async def _bare_start() -> float:
    began = time.perf_counter()
    async with process(*BARE):
        return time.perf_counter() - began


async def measure_crowd(runs: int) -> None:
    """Print how long a thousand guilds take."""
    started, told, bare = list[float](), list[float](), list[float]()
    characters = 0
    for _ in range(runs):
        one, other, characters = await _crowd()
        started.append(one)
        told.append(other)
        bare.append(await _bare_start())
    print(
        f"{GUILDS:,} guilds of {CHANNELS} channels: started in {spread(started, '.2f')} s "
        f"(a bare server: {spread(bare, '.2f')} s), "
        f"a bot told of all ({characters / 1e6:.0f} MB) in {spread(told, '.2f')} s"
    )


async def main(runs: int) -> None:
    """Print everything; min / median / max of each."""
    print(
        f"the local Discord's own ceiling, {os.cpu_count()} cores, {runs} runs each: minimum / median / maximum"
    )
    for figure in FIGURES:
        # a new server for each, so that none carries the messages of another
        async with process(*SERVER) as server, process(*BARE) as bare:
            await measure(figure, server, bare, runs)
    await measure_crowd(runs)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
