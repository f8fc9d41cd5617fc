"""What slow sockets hold back comes all the same, and what is not waited for is not waited out."""

import asyncio
import socket

import pytest

from tests import slow_sockets
from tests.slow_sockets import SlowSelector, slow_loop


def test_what_is_sent_comes_late_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_sockets, "CHANCE", 0.5)
    monkeypatch.setattr(slow_sockets, "LONGEST", 0.002)

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()
        await writer.wait_closed()

    async def conversation() -> list[bytes]:
        async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            heard: list[bytes] = []
            for number in range(50):
                writer.write(b"%d\n" % number)
                heard.append(await reader.readline())
            writer.close()
            await writer.wait_closed()
        return heard

    with asyncio.Runner(loop_factory=slow_loop) as runner:
        assert runner.run(conversation()) == [b"%d\n" % number for number in range(50)]


def test_other_sockets_and_time_limits_go_on_while_one_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_sockets, "CHANCE", 1.0)
    monkeypatch.setattr(slow_sockets, "LONGEST", 3_600.0)
    here, there = socket.socketpair()
    with SlowSelector() as selector, here, there:
        selector.register(there, 1)
        here.send(b"x")
        assert selector.select(0) == []
        assert selector.select(0.01) == []
        monkeypatch.setattr(slow_sockets, "CHANCE", 0.0)
        third, fourth = socket.socketpair()
        with third, fourth:
            selector.register(fourth, 1)
            third.send(b"x")
            assert [key.fileobj for key, _ in selector.select(None)] == [fourth]
