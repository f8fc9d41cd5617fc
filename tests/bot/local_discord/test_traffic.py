"""The traffic: numbered, bounded, followed over a websocket without loss, and written to a file that survives a kill."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bot.errors import ConfigError
from bot.local_discord.gateway.session import frame
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from bot.local_discord.traffic.recording import recorded
from bot.local_discord.traffic.traffic import Entry, Exchange, Passed, Traffic
from bot.local_discord.traffic.traffic_stream import TOO_SLOW, WAITING, WRONG_KEY
from tests.bot.local_discord.asking import Api, Json, client
from tests.bot.local_discord.line import on_line
from tests.waiting import eventually

WAIT = 10.0
NOW = datetime(2030, 1, 2, tzinfo=UTC)


def exchange(traffic: Traffic, path: str = "/x", **more: Any) -> Exchange:
    fields: dict[str, Any] = {
        "number": traffic.next_number(), "at": NOW, "method": "GET", "route": path, "path": path, "query": "",
        "status": 200, "body": {}, "files": (), "application_id": 1, "user_id": 1, "milliseconds": 1.5,
    }  # fmt: skip
    return Exchange(**{**fields, **more})


def passed(traffic: Traffic, text: str, *, outward: bool = True, application_id: int | None = 1) -> Passed:
    return Passed(traffic.next_number(), NOW, outward, text, "s", application_id, 1)


# ---- numbers and bounds


def test_a_request_that_began_before_others_and_ended_after_them_is_not_lost_to_who_follows() -> None:
    traffic = Traffic(10)
    slow = exchange(traffic, "/slow")
    traffic.add(exchange(traffic, "/quick"))
    seen = [entry.number for entry in traffic.everything()]
    traffic.add(slow)
    (after,) = traffic.everything(seen[-1])
    assert isinstance(after, Exchange)
    assert after.path == "/slow"
    assert [entry.path for entry in traffic.find(after=seen[-1])] == ["/slow"]


@given(st.lists(st.sampled_from(["request", "frame", "late"]), max_size=60), st.integers(0, 60))
def test_numbers_grow_and_whoever_comes_back_gets_the_rest_in_order(kinds: list[str], cut: int) -> None:
    traffic = Traffic(20)
    early = [exchange(traffic, f"/late/{i}") for i in range(kinds.count("late"))]
    told: list[Entry] = []
    traffic.follow(told.append)
    for kind in kinds:
        if kind == "request":
            traffic.add(exchange(traffic))
        elif kind == "late":
            traffic.add(early.pop())
        else:
            traffic.add(passed(traffic, frame(11)))
    numbers = [entry.number for entry in told]
    assert numbers == sorted(set(numbers))
    last = numbers[cut] if cut < len(numbers) else 0
    held = [entry.number for entry in traffic.everything(last)]
    assert held == [number for number in numbers if number in set(held)]
    rest = [number for number in numbers if number > last]
    assert len(rest) > 20 or held == rest


def test_each_kind_is_bounded_and_the_oldest_go_first() -> None:
    traffic = Traffic(3)
    for number in range(5):
        traffic.add(exchange(traffic, f"/{number}"))
        traffic.add(passed(traffic, frame(0, {"n": number}, seq=number, name="X")))
    assert [entry.path for entry in traffic.find()] == ["/2", "/3", "/4"]
    assert [json.loads(each.text)["s"] for each in traffic.frames()] == [2, 3, 4]
    traffic.clear()
    assert list(traffic.everything()) == []
    traffic.add(exchange(traffic))
    assert next(traffic.everything()).number > 10


# ---- lines


@given(
    st.sampled_from([0, 1, 7, 10, 11]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    st.none() | st.integers(0, 10**6),
    st.sampled_from([None, "MESSAGE_CREATE", "READY"]),
    st.integers(0, 400),
)
def test_a_frame_is_the_same_as_a_line_and_as_json_whole_or_cut_short(
    op: int, data: object, seq: int | None, name: str | None, cut: int
) -> None:
    traffic = Traffic(5)
    whole = frame(op, data, seq=seq, name=name)
    for text in (whole, whole[:cut]):
        entry = passed(traffic, text)
        assert json.loads(entry.as_line()) == entry.as_json()
        assert "\n" not in entry.as_line()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "NaN", '{"op": NaN}', '{"d": [NaN]}', "[" * 100_000, "\ud800", "\n\n"]
)
def test_what_a_client_sends_is_a_line_of_json_whatever_it_is(text: str) -> None:
    entry = passed(Traffic(5), text, outward=False)
    line = entry.as_line()
    assert "\n" not in line

    def no_constant(name: str) -> None:
        raise AssertionError(name)

    assert json.loads(line, parse_constant=no_constant)["kind"] == "gateway"


def test_a_request_with_what_cannot_be_written_again_is_told_without_it() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for body in (float("nan"), deep):
        told = json.loads(exchange(Traffic(5), body=body, answer=b"no json").as_line())
        assert (told["body"], told["path"]) == (None, "/x")
    while deep:  # taken apart, for its end would nest as deep
        deep = deep.pop()
    assert json.loads(exchange(Traffic(5), answer=b"<html>\xff").as_line())["answer"] == "<html>\ufffd"


# ---- the stream


@contextlib.asynccontextmanager
async def reading(local: LocalDiscord, **first: object) -> AsyncGenerator[ClientConnection]:
    url = local.base_url.replace("http", "ws") + "/local/traffic"
    async with connect(url, proxy=None, max_size=None) as stream:
        await stream.send(json.dumps({"key": local.key, **first}))
        yield stream


async def next_entry(stream: ClientConnection) -> Json:
    return cast("Json", json.loads(await asyncio.wait_for(stream.recv(), WAIT)))


async def code_of(stream: ClientConnection, numbers: list[int] | None = None) -> int | None:
    """What the stream is closed with; the numbers that come before that are added to ``numbers``."""
    with pytest.raises(ConnectionClosed) as ended:
        await asyncio.wait_for(_drained(stream, [] if numbers is None else numbers), WAIT)
    return None if ended.value.rcvd is None else ended.value.rcvd.code


async def _drained(stream: ClientConnection, numbers: list[int]) -> None:
    while True:
        numbers.append(json.loads(await stream.recv())["number"])


async def test_requests_and_frames_come_as_they_happen_with_their_cog(
    local: LocalDiscord, bot_api: Api, research: Channel
) -> None:
    async with on_line(local.base_url) as line, reading(local) as stream:
        await line.identify(local.bot_token)
        bot_api.http.headers["X-Cogswarm-Cog"] = "research"
        await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": "hello"})
        seen: dict[str, Json] = {}
        while not {"POST", "MESSAGE_CREATE"} <= seen.keys():
            entry = await next_entry(stream)
            seen[entry.get("t") or entry.get("method") or str(entry.get("op"))] = entry
    assert seen["POST"]["cog"] == "research"
    assert seen["POST"]["answer"]["content"] == "hello"
    assert seen["MESSAGE_CREATE"]["direction"] == "out"
    assert seen["MESSAGE_CREATE"]["application_id"] == str(local.application_id)
    assert seen["2"]["direction"] == "in"


async def test_who_comes_back_hears_the_rest_once(local: LocalDiscord, bot_api: Api) -> None:
    traffic = local.desk.traffic
    async with reading(local) as stream:
        await bot_api.ok("GET", "/users/@me")
        first = await next_entry(stream)
    for _ in range(3):
        await bot_api.ok("GET", "/gateway")
    async with reading(local, after=first["number"]) as stream:
        again = [await next_entry(stream) for _ in range(3)]
        await bot_api.ok("GET", "/users/@me")
        newest = await next_entry(stream)
    assert [entry["route"] for entry in again] == ["/gateway"] * 3
    assert newest["number"] == traffic.last
    async with reading(local, after=traffic.last + 1_000) as stream:
        assert (await next_entry(stream))["number"] == first["number"], (
            "a number of another start says nothing"
        )


async def test_what_people_do_can_be_left_out(local: LocalDiscord, bot_api: Api, ada_api: Api) -> None:
    async with reading(local, people=False) as stream:
        await ada_api.ok("GET", "/users/@me/guilds")
        await bot_api.ok("GET", "/users/@me")
        assert (await next_entry(stream))["application_id"] == str(local.application_id)
    async with reading(local) as stream:
        assert (await next_entry(stream))["application_id"] is None


@pytest.mark.parametrize(
    "first",
    [
        '{"key": "wrong"}', '{"key": ""}', '{"key": null}', '{"key": ["a"]}', '{"key": "\u00e9"}', "{}", "[]", "7", "", "{",
        "[" * 50_000, b"\x00\xff",
    ],
)  # fmt: skip
async def test_without_the_key_nothing_is_told(local: LocalDiscord, first: str | bytes) -> None:
    url = local.base_url.replace("http", "ws") + "/local/traffic"
    async with connect(url, proxy=None) as stream:
        await stream.send(first)
        assert await code_of(stream) == WRONG_KEY


@pytest.mark.parametrize("after", ["x", None, -5, 1e99, True, {"a": 1}])
async def test_a_strange_number_begins_at_the_beginning(
    local: LocalDiscord, bot_api: Api, after: object
) -> None:
    await bot_api.ok("GET", "/users/@me")
    async with reading(local, after=after) as stream:
        assert (await next_entry(stream))["route"] == "/users/@me"


async def test_a_reader_that_does_not_read_is_cut_off_and_loses_nothing_that_is_still_held(
    local: LocalDiscord,
) -> None:
    traffic = local.desk.traffic
    tight = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    tight.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    tight.setblocking(False)
    host, _, port = local.base_url.removeprefix("http://").partition(":")
    await asyncio.get_running_loop().sock_connect(tight, (host, int(port)))
    followed: list[Entry] = []
    traffic.follow(followed.append)
    url = f"ws://{host}:{port}/local/traffic"
    numbers: list[int] = []
    async with connect(url, proxy=None, sock=tight, max_size=None, max_queue=1) as stream:
        await stream.send(json.dumps({"key": local.key}))
        traffic.add(passed(traffic, frame(11)))
        numbers.append((await next_entry(stream))["number"])
        big = json.dumps({"op": 1, "d": "x" * 2_000})
        for _ in range(10 * WAITING):
            traffic.add(passed(traffic, big, outward=False))
            if len(followed) % 500 == 0:
                await asyncio.sleep(0)
        assert await code_of(stream, numbers) == TOO_SLOW
    assert len(numbers) < len(followed)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "what it got had no gaps"
    held = [entry.number for entry in traffic.everything(numbers[-1])]
    async with reading(local, after=numbers[-1]) as stream:
        assert [(await next_entry(stream))["number"] for _ in held] == held


# ---- the file


def lines_of(place: Path) -> Iterator[Json]:
    for line in place.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def test_a_recording_is_for_our_eyes_and_goes_on_after_half_a_line(tmp_path: Path) -> None:
    place, traffic = tmp_path / "traffic.jsonl", Traffic(5)
    place.write_text('{"kind": "rest", "num')
    place.chmod(0o644)
    with recorded(traffic, place):
        traffic.add(exchange(traffic, "/first"))
    with recorded(traffic, place):
        traffic.add(passed(traffic, frame(11)))
    traffic.add(exchange(traffic, "/not recorded"))
    assert place.stat().st_mode & 0o777 == 0o600
    _broken, *lines = place.read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["rest", "gateway"]


def test_a_file_that_cannot_be_written_is_named_in_one_sentence(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "missing" / "file"):
        with (
            pytest.raises(ConfigError, match=r"^.*cannot be written \([A-Z].*\); name another file\.$"),
            recorded(Traffic(5), place),
        ):
            pytest.fail("it was recorded")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full here")
def test_a_full_disk_ends_the_recording_and_nothing_else() -> None:
    traffic = Traffic(5)
    with structlog.testing.capture_logs() as logs, recorded(traffic, Path("/dev/full")):
        traffic.add(exchange(traffic))
        traffic.add(exchange(traffic))
    assert [each["event"] for each in logs] == ["local_discord_recording_ended"]
    assert len(list(traffic.find())) == 2


@pytest.mark.slow
async def test_what_was_recorded_survives_a_kill_and_a_wrong_file_ends_the_start(tmp_path: Path) -> None:
    place = tmp_path / "traffic.jsonl"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.local_discord", "--record", str(place), "--stdin-eof",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
        headers = {"Authorization": f"Bot {ready['bot_token']}"}
        async with httpx.AsyncClient(base_url=ready["api_url"], headers=headers, trust_env=False) as http:
            for _ in range(20):
                (await http.get("/users/@me")).raise_for_status()

            async def written() -> bool:
                return place.read_text().count("\n") >= 20

            await eventually(written)
            process.send_signal(signal.SIGKILL)
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert [entry["route"] for entry in lines_of(place)] == ["/users/@me"] * 20
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.local_discord", "--record", str(tmp_path), stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert said.decode() == f"{tmp_path} cannot be written ({os.strerror(21)}); name another file.\n"


async def test_long_labels_are_cut_short(local: LocalDiscord) -> None:
    headers = {
        "X-Cogswarm-Cog": "c" * 500,
        "User-Agent": "u" * 500,
        "Authorization": f"Bot {local.bot_token}",
    }
    async with client(local, headers) as http:
        await http.get("/api/v10/users/@me")
    entry = next(local.desk.traffic.find(path="/users/@me"))
    assert (len(entry.cog), len(entry.client)) == (100, 100)
