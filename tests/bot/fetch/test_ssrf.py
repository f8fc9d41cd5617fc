"""Targets that must not be reached, against our client and, as the control, against an ordinary one."""

import asyncio
import contextlib
import sys
import urllib.request
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any, cast, override

import httpcore2
import pytest

from bot.fetch import Fetcher, FetchError, FetchLimits
from bot.fetch.addresses import why_refused
from bot.fetch.dialing import AddressRefused, GuardedDialer, system_resolve
from bot.fetch.hosts import AllowedHosts
from tests.bot.fetch.loopback import Loopback, answer, loopback, redirect

LIMITS = FetchLimits(total_seconds=10, connect_seconds=5, read_seconds=5)
PUBLIC = "93.184.216.34"

# {canary} is the port of a server on 127.0.0.1 and ::1 that nobody may reach, {guide} that of one which the
# configuration names and which redirects.
CORPUS = [
    "http://127.0.0.1:{canary}/",
    "http://localhost:{canary}/",
    "http://LOCALHOST:{canary}/",
    "http://localhost.:{canary}/",
    "http://127.1:{canary}/",
    "http://127.0.1:{canary}/",
    "http://2130706433:{canary}/",
    "http://0x7f000001:{canary}/",
    "http://0x7f.0.0.1:{canary}/",
    "http://0177.0.0.1:{canary}/",
    "http://017700000001:{canary}/",
    "http://0.0.0.0:{canary}/",
    "http://0:{canary}/",
    "http://127.255.255.254:{canary}/",
    "http://127%2e0%2e0%2e1:{canary}/",
    "http://[::1]:{canary}/",
    "http://[0:0:0:0:0:0:0:1]:{canary}/",
    "http://[::]:{canary}/",
    "http://[::ffff:127.0.0.1]:{canary}/",
    "http://[::ffff:7f00:1]:{canary}/",
    "http://[::ffff:0:127.0.0.1]:{canary}/",
    "http://[::127.0.0.1]:{canary}/",
    "http://[64:ff9b::7f00:1]:{canary}/",
    "http://[2002:7f00:1::]:{canary}/",
    "http://①②⑦.⓪.⓪.①:{canary}/",
    "http://127。0。0。1:{canary}/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://100.64.0.1/",
    "http://100.100.100.200/latest/meta-data/",
    "http://192.0.0.192/opc/v1/",
    "http://168.63.129.16/machine",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[ff02::1]/",
    "http://[fec0::1]/",
    "http://example.org@127.0.0.1:{canary}/",
    "http://user:secret@127.0.0.1:{canary}/",
    "http://127.0.0.1:{canary}@guide.test/",
    "http://guide.test\\@127.0.0.1:{canary}/",
    "http://127.0.0.1:{canary}\\.guide.test/",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "gopher://127.0.0.1:{canary}/_GET%20/",
    "ftp://127.0.0.1:{canary}/",
    "dict://127.0.0.1:{canary}/d:x",
    "data:text/html,hello",
    "//127.0.0.1:{canary}/",
    "http://",
    "http:///etc/passwd",
    "http://internal.test/",
    "http://loop.test:{canary}/",
    "http://mixed.test:{canary}/",
    "http://mapped.test:{canary}/",
    "http://unreadable.test/",
    "http://nothing.test/",
    "http://127.0.0.1:{guide}/301",
    "http://127.0.0.1:{guide}/302",
    "http://127.0.0.1:{guide}/303",
    "http://127.0.0.1:{guide}/307",
    "http://127.0.0.1:{guide}/308",
    "http://127.0.0.1:{guide}/chain",
    "http://127.0.0.1:{guide}/to-name",
    "http://127.0.0.1:{guide}/to-v6",
    "http://127.0.0.1:{guide}/to-number",
    "http://127.0.0.1:{guide}/relative",
    "http://127.0.0.1:{guide}/to-file",
    "http://127.0.0.1:{guide}/to-userinfo",
    "http://127.0.0.1:{guide}/forever",
]

NAMES = {
    "internal.test": ["10.0.0.5"],
    "loop.test": ["::1", "127.0.0.1"],
    "mixed.test": [PUBLIC, "127.0.0.1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "unreadable.test": ["not an address"],
    "nothing.test": [],
}


async def resolve(host: str, port: int) -> Sequence[str]:
    return NAMES[host] if host in NAMES else await system_resolve(host, port)


@dataclass
class Ground:
    canaries: list[Loopback]
    guide: Loopback

    @property
    def targets(self) -> list[str]:
        return [target.format(canary=self.canaries[0].port, guide=self.guide.port) for target in CORPUS]

    @property
    def hits(self) -> int:
        return sum(canary.connections for canary in self.canaries)


@pytest.fixture
async def ground() -> AsyncGenerator[Ground]:
    async with contextlib.AsyncExitStack() as stack:
        trap = {"*": answer("the crown jewels")}
        canaries = [await stack.enter_async_context(loopback(trap))]
        port = canaries[0].port
        with contextlib.suppress(OSError):  # a machine without IPv6
            canaries.append(await stack.enter_async_context(loopback(trap, address="::1", port=port)))
        canary = f"http://127.0.0.1:{port}/"
        statuses = {
            "301": "Moved",
            "302": "Found",
            "303": "See Other",
            "307": "Temporary",
            "308": "Permanent",
        }
        routes = {f"/{code}": redirect(canary, f"{code} {name}") for code, name in statuses.items()}
        routes |= {
            "/chain": redirect("/chain2"),
            "/chain2": redirect("/chain3"),
            "/chain3": redirect(canary),
            "/to-name": redirect(f"http://localhost:{port}/"),
            "/to-v6": redirect(f"http://[::1]:{port}/"),
            "/to-number": redirect(f"http://2130706433:{port}/"),
            "/relative": redirect(f"//127.0.0.1:{port}/"),
            "/to-file": redirect("file:///etc/passwd"),
            "/to-userinfo": redirect(f"http://guide.test@127.0.0.1:{port}/"),
            "/forever": redirect("/forever"),
        }
        guide = await stack.enter_async_context(loopback(routes))
        yield Ground(canaries, guide)


class Connects:
    """Every address this process connects to, as the interpreter's own audit events tell."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self.watching = False
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.watching and event == "socket.connect" and isinstance(arguments[1], tuple):
            host, port = cast("tuple[Any, ...]", arguments[1])[:2]
            self.seen.append((str(host), int(port)))

    def forbidden(self, allowed: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        return [it for it in self.seen if it not in set(allowed) and why_refused(ip_address(it[0]))]


async def said_about(fetcher: Fetcher, target: str) -> str | None:
    """The error's sentence, or None where the target was fetched."""
    try:
        await fetcher.get(target)
    except FetchError as error:
        return str(error)
    return None


async def test_no_target_is_reached(ground: Ground) -> None:
    assert len(CORPUS) >= 40
    connects = Connects()
    async with Fetcher(allow_hosts=[ground.guide.host], limits=LIMITS, resolve=resolve) as fetcher:
        connects.watching = True
        sentences = {target: await said_about(fetcher, target) for target in ground.targets}
        connects.watching = False
    assert [target for target, said in sentences.items() if said is None] == []
    assert all(said and said.endswith(".") and "\n" not in said for said in sentences.values())
    assert not any("secret" in (said or "") for said in sentences.values())
    assert ground.hits == 0
    assert connects.forbidden([("127.0.0.1", ground.guide.port)]) == []
    assert ("127.0.0.1", ground.guide.port) in connects.seen  # the hook does see connections


async def test_an_ordinary_client_reaches_many_of_them(ground: Ground) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def fetch(target: str) -> bool:
        try:
            with opener.open(target, timeout=0.3) as answered:
                return bool(answered.read(100))
        except (OSError, ValueError, HTTPException):
            return False

    local = [
        target for target in ground.targets if str(ground.canaries[0].port) in target or "file:" in target
    ]
    local += [f"{ground.guide.url}/{path}" for path in ("301", "302", "303", "chain", "to-name", "relative")]
    reached = [target for target in local if await asyncio.to_thread(fetch, target)]
    assert ground.hits >= 12
    assert "file:///etc/passwd" in reached


class Dialled(httpcore2.AsyncNetworkBackend):
    """A network that only notes where it was asked to connect."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.hosts.append(host)
        raise httpcore2.ConnectError("nothing is really dialled here")


class Changing:
    """A name that is public when it is checked and private when it is asked again."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, *_: object) -> Sequence[str]:
        self.asked += 1
        return [PUBLIC] if self.asked == 1 else ["127.0.0.1"]


async def test_a_name_that_changes_between_check_and_connect_changes_nothing() -> None:
    network, changing = Dialled(), Changing()
    dialer = GuardedDialer(AllowedHosts(), changing, network)
    with pytest.raises(httpcore2.ConnectError):
        await dialer.connect_tcp("rebind.test", 80, timeout=5)
    assert network.hosts == [PUBLIC]
    assert changing.asked == 1


async def test_control_checking_first_and_connecting_by_name_is_fooled() -> None:
    network, changing = Dialled(), Changing()
    checked = await changing("rebind.test", 80)
    assert why_refused(ip_address(checked[0])) is None
    with pytest.raises(httpcore2.ConnectError):
        await network.connect_tcp((await changing("rebind.test", 80))[0], 80)
    assert network.hosts == ["127.0.0.1"]


async def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    network = Dialled()
    dialer = GuardedDialer(AllowedHosts(), resolve, network)
    with pytest.raises(
        AddressRefused, match=r"mixed\.test leads to 127\.0\.0\.1, which is a loopback address"
    ):
        await dialer.connect_tcp("mixed.test", 80, timeout=5)
    assert network.hosts == []


async def test_all_addresses_of_a_name_are_tried_in_order() -> None:
    network = Dialled()

    async def several(*_: object) -> Sequence[str]:
        return ["2606:4700::1111", PUBLIC]

    with pytest.raises(httpcore2.ConnectError):
        await GuardedDialer(AllowedHosts(), several, network).connect_tcp("two.test", 443, timeout=5)
    assert network.hosts == ["2606:4700::1111", PUBLIC]
