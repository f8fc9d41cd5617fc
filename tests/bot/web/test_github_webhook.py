"""GitHub's webhooks: signed by the public vector, refused in every other way without a trace, and each told once."""

import asyncio
import json
from collections.abc import AsyncGenerator
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.clock import Clock
from bot.local_github.application import LocalGitHub
from bot.local_github.hooks import Hooks
from bot.local_github.server import TOKEN, api_of, local_github
from bot.local_github.shapes import Shapes
from bot.local_github.world import World
from bot.review.events import HEARD, read_event, read_look
from bot.storage.database import Database
from bot.web.github import WEBHOOK, GitHubWebhook, is_signed
from bot.web.guard import guard_for
from cogswarm import Cog, Context, Run
from cogswarm.review import RepositoryEvent
from cogswarm.testing import BotWith, Person
from tests.bot.review.conftest import BASE, NAME
from tests.sizes import size
from tests.tools import node_modules

SECRET = "a-secret-of-a-webhook"
VECTOR_SECRET = "It's a Secret to Everybody"
VECTOR = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
REDELIVERIES = size("AC-C1 redeliveries", small=60, stated=1_000)
RESTARTS = size("AC-C1 restarts", small=1, stated=3)
ADDRESS = "http://127.0.0.1"


def receiver(database: Database, secret: str | None = SECRET) -> httpx.AsyncClient:
    """The receiver alone."""
    guard = guard_for(None, listen="127.0.0.1", most_bytes=25_000_000, seconds=1)
    app = GitHubWebhook(
        None if secret is None else SecretStr(secret),
        guard,
        database,
        Clock(),
        wanted=lambda _repository: True,
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS)


def hooks(address: str = ADDRESS, world: World | None = None) -> Hooks:
    """Deliveries to it."""
    made = Hooks(f"{address}{WEBHOOK}", SECRET, Shapes("http://github.test", "http://github.test/api/v3"))
    if world is not None:
        world.happened = made.happened
    return made


async def rows(database: Database) -> list[tuple[str, str]]:
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT event, action FROM code_delivery ORDER BY seq")
        return [(str(row[0]), str(row[1])) for row in await cursor.fetchall()]


def test_the_public_vector_verifies_and_nothing_else_does() -> None:
    assert is_signed(b"Hello, World!", VECTOR, VECTOR_SECRET)
    for body, signature, secret in (
        (b"Hello, World", VECTOR, VECTOR_SECRET),
        (b"Hello, World!", VECTOR.upper(), VECTOR_SECRET),
        (b"Hello, World!", VECTOR.removeprefix("sha256="), VECTOR_SECRET),
        (b"Hello, World!", "sha1=" + VECTOR, VECTOR_SECRET),
        (b"Hello, World!", "", VECTOR_SECRET),
        (b"Hello, World!", "sha256=ü", VECTOR_SECRET),
        (b"Hello, World!", VECTOR, ""),
    ):
        assert not is_signed(body, signature, secret)


async def test_what_is_not_right_is_refused_and_leaves_nothing(database: Database) -> None:
    payload = {
        "action": "opened",
        "repository": {"full_name": NAME},
        "pull_request": {"number": 1, "head": {"sha": "a" * 40}},
    }
    body = json.dumps(payload).encode()
    good = hooks().headers("pull_request", body, "delivery-1")
    async with receiver(database, None) as closed:
        assert (await closed.post(WEBHOOK, content=body, headers=good)).status_code == 503
    async with receiver(database, "") as closed:
        empty = Hooks("", "", hooks().shapes).headers("pull_request", body, "delivery-1")
        assert (await closed.post(WEBHOOK, content=body, headers=empty)).status_code == 503
    async with receiver(database) as client:
        unsigned = {name: value for name, value in good.items() if name != "x-hub-signature-256"}
        assert (await client.post(WEBHOOK, content=body, headers=unsigned)).status_code == 401
        assert (await client.post(WEBHOOK, content=body + b" ", headers=good)).status_code == 401
        assert (await client.get(WEBHOOK)).status_code == 405
        for event, delivery in (
            ("", "delivery-1"),
            ("pull_request", ""),
            ("Pull Request", "delivery-1"),
            ("ping", "x" * 200),
        ):
            headers = hooks().headers(event, body, delivery)
            assert (await client.post(WEBHOOK, content=body, headers=headers)).status_code == 400
        for rubbish in (b"", b"[", b"\xff", b"[" * 100_000, b'{"a": NaN'):
            headers = hooks().headers("pull_request", rubbish, "delivery-1")
            answer = await client.post(WEBHOOK, content=rubbish, headers=headers)
            assert answer.status_code in {400, 202}, rubbish[:10]
        assert await rows(database) == []
        assert (await client.post(WEBHOOK, content=body, headers=good)).json() == {"delivery": "noted"}
        assert (await client.post(WEBHOOK, content=body, headers=good)).json() == {"delivery": "known"}
        form = httpx.QueryParams({"payload": body.decode()})
        sent = str(form).encode()
        headers = hooks().headers("pull_request", sent, "delivery-2")
        headers["content-type"] = "application/x-www-form-urlencoded"
        assert (await client.post(WEBHOOK, content=sent, headers=headers)).json() == {"delivery": "noted"}
    assert await rows(database) == [("pull_request", "opened")] * 2


async def test_every_known_payload_is_taken_without_trouble(database: Database) -> None:
    folder = node_modules()
    examples = folder and folder / "@octokit/webhooks-examples/api.github.com/index.json"
    if examples is None or not examples.is_file():
        pytest.skip("the test-only Node packages are not installed")
    known: list[dict[str, Any]] = json.loads(examples.read_text("utf-8"))
    given = [(one["name"], payload) for one in known for payload in one["examples"]]
    assert len(given) == 329
    outcomes: dict[str, int] = {}
    async with receiver(database) as client:
        for position, (event, payload) in enumerate(given):
            body = json.dumps(payload).encode()
            headers = hooks().headers(event, body, f"example-{position}")
            answer = await client.post(WEBHOOK, content=body, headers=headers)
            assert answer.status_code == 202, (event, answer.text)
            outcomes[answer.json()["delivery"]] = outcomes.get(answer.json()["delivery"], 0) + 1
    told = await rows(database)
    assert outcomes["noted"] == len(told)
    assert len(told) > 20
    assert {event for event, _ in told} <= set(HEARD)
    assert {"pull_request", "pull_request_review", "check_run"} <= {event for event, _ in told}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
keys = st.sampled_from(
    ["action", "repository", "full_name", "pull_request", "number", "head", "sha", "issue", "check_run", "head_sha",
     "pull_requests", "sender", "login", "comment", "body", "labels", "updated_at", "title", "state"]
)  # fmt: skip
shapes = st.recursive(
    st.sampled_from(["opened", NAME, "a" * 40, 7, "2026-01-01T00:00:00Z", "\ud800", 2**70]) | anything,
    lambda inner: st.dictionaries(keys, inner, max_size=6) | st.lists(inner, max_size=3),
    max_leaves=25,
)


@given(st.sampled_from(sorted(HEARD)), shapes)
def test_no_payload_breaks_the_reading(event: str, payload: object) -> None:
    told = read_event("d", event, payload, Clock().now())
    if told is not None:
        assert RepositoryEvent.from_json(json.loads(told.as_json())) == told
    read_look(payload)


@pytest.fixture
async def host() -> AsyncGenerator[LocalGitHub]:
    async with local_github() as host:
        host.world.repository(NAME, BASE)
        yield host


async def test_a_delivery_that_comes_a_thousand_times_is_told_once(
    bot_with: BotWith, member: Person, host: LocalGitHub
) -> None:
    cog, may_hear, begun = Cog("watcher", summary="Watches"), asyncio.Event(), asyncio.Event()
    channel = int(member.channel_id)

    @cog.workflow
    async def tell(run: Run, text: str) -> None:
        await run.post(text)

    @cog.on_repository
    async def hear(ctx: Context, event: RepositoryEvent) -> None:
        if event.by == "look":
            return  # a look finds the same sooner or later; this is about deliveries
        begun.set()
        await may_hear.wait()
        pull = await ctx.code.pull(event.pulls[0])
        await ctx.at(channel).start(tell, quiet=True, text=f"{event.action} {event.id[:8]} {pull.title}")

    guild = int(next(iter(member.client.guilds)))
    config = {
        "web": {"port": 0},
        "github": {
            "api_url": api_of(host), "access_token": TOKEN, "webhook_secret": SECRET,
            "repositories": {NAME: {"servers": [guild]}, "octo-org/other": {"servers": [1]}},
        },
    }  # fmt: skip
    bot = await bot_with(cog, config=config)
    sent = hooks(world=host.world)
    repo = host.world.repos[NAME]
    pull = host.world.open(repo, "Count more", {"new.py": "x = 1\n"})
    for number in range(5):
        host.world.push(repo, pull, {"new.py": f"x = {number + 2}\n"})
    other = host.world.repository("octo-org/other", BASE)
    host.world.open(other, "Not for here", {"new.py": "x = 1\n"})
    *deliveries, elsewhere = sent.waiting
    again = [one for one in deliveries for _ in range(REDELIVERIES // len(deliveries))] + [elsewhere]
    Random(7).shuffle(again)  # noqa: S311 - an order

    restarts = {(one + 1) * len(again) // (RESTARTS + 1) for one in range(RESTARTS)}
    async with httpx.AsyncClient(trust_env=False) as client:
        for position, (event, body, delivery) in enumerate(again):
            if position in restarts:
                # It dies in the middle of telling; nothing is answered late because a cog is slow.
                await asyncio.wait_for(begun.wait(), 10)
                bot = await bot_with.restart()
                begun.clear()
            answer = await client.post(
                f"{bot.web}{WEBHOOK}", content=body, headers=sent.headers(event, body, delivery)
            )
            assert answer.status_code == 202
        may_hear.set()
        for _event, _body, delivery in deliveries:
            await member.hears(delivery[:8])
        host.world.close(repo, pull, merge=True)
        event, body, delivery = sent.waiting[-1]
        await client.post(f"{bot.web}{WEBHOOK}", content=body, headers=sent.headers(event, body, delivery))
        await member.hears(f"closed {delivery[:8]} Count more")
    async with bot.database.connection() as conn:
        cursor = await conn.execute("SELECT count(*) FROM run WHERE cog = 'watcher'")
        assert await cursor.fetchone() == (len(deliveries) + 1,)


async def test_what_was_missed_is_found_by_looking(
    bot_with: BotWith, member: Person, host: LocalGitHub
) -> None:
    cog = Cog("watcher", summary="Watches")
    channel = int(member.channel_id)

    @cog.workflow
    async def tell(run: Run, text: str) -> None:
        await run.post(text)

    @cog.on_repository
    async def hear(ctx: Context, event: RepositoryEvent) -> None:
        await ctx.at(channel).start(tell, quiet=True, text=f"{event.by} {event.action} {event.numbers}")

    repo = host.world.repos[NAME]
    pull = host.world.open(repo, "There before the bot", {"new.py": "x = 1\n"})
    guild = int(next(iter(member.client.guilds)))
    github = {"api_url": api_of(host), "access_token": TOKEN, "repositories": {NAME: {"servers": [guild]}}}
    bot = await bot_with(cog, config={"github": github})
    assert bot.web is None
    await asyncio.wait_for(_looked(bot.database), 10)
    await bot_with.stop()
    host.world.push(repo, pull, {"new.py": "x = 2\n"})
    host.world.rename(repo, pull, "Another title")
    second = host.world.open(repo, "While the bot was away", {"two.py": "x = 1\n"}, draft=True)
    bot = await bot_with.restart()
    for text in ("look synchronize (1,)", "look edited (1,)", "look opened (2,)"):
        await member.hears(text)
    await bot_with.stop()
    host.world.close(repo, pull)
    host.world.ready(repo, second)
    bot = await bot_with.restart()
    for text in ("look closed (1,)", "look ready_for_review (2,)"):
        await member.hears(text)
    async with bot.database.connection() as conn:
        cursor = await conn.execute("SELECT count(*) FROM run WHERE cog = 'watcher'")
        assert await cursor.fetchone() == (5,)


async def _looked(database: Database) -> None:
    while True:
        async with database.connection() as conn:
            cursor = await conn.execute("SELECT count(*) FROM code_repository WHERE looked_at IS NOT NULL")
            row = await cursor.fetchone()
        if row and row[0]:
            return
        await asyncio.sleep(0.02)
