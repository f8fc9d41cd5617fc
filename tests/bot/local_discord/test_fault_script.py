"""A script of faults: the same traffic with the same seed meets the same faults."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.clock import Clock
from bot.errors import ConfigError
from bot.local_discord.faults.fault_script import drawn
from bot.local_discord.server import Config, LocalDiscord, running
from tests.bot.local_discord.asking import as_person, channel, client, person
from tests.bot.local_discord.line import CONTENT, GUILDS, MESSAGES, Line, on_line

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stand:
    """A local Discord with its bot and its controls."""

    local: LocalDiscord
    bot: httpx.AsyncClient
    control: httpx.AsyncClient

    async def start(self, script: Json) -> Json:
        response = await self.control.post("/local/script", json=script)
        assert response.status_code == 201, response.text
        return response.json()

    async def report(self) -> Json:
        return (await self.control.get("/local/script")).json()

    async def traffic(self, rounds: int) -> list[int]:
        """The same requests each time, in channels whose ids differ from run to run."""
        statuses: list[int] = []
        for number in range(rounds):
            for name in ("research", "general"):
                path = f"/api/v10/channels/{channel(self.local, name).id}/messages"
                statuses.append((await self.bot.post(path, json={"content": str(number)})).status_code)
                statuses.append((await self.bot.get(path)).status_code)
        return statuses


@asynccontextmanager
async def stand(config: Config | None = None) -> AsyncGenerator[Stand]:
    async with (
        running(config) as local,
        client(local, {"Authorization": f"Bot {local.bot_token}"}) as bot,
        client(local, {"X-Local-Key": local.key}) as control,
    ):
        yield Stand(local, bot, control)


CHANCES: list[Json] = [
    {"chance": 0.2, "fault": {"path": "*/messages", "status": 503}},
    {"chance": 0.2, "fault": {"method": "POST", "status": 502, "when": "after"}},
    {"chance": 0.1, "clock": {"step": 1}},
    {"chance": 0.3, "gateway_fault": {"event": "MESSAGE_CREATE", "action": "drop"}},
]


async def log_of(seed: int | None, rounds: int = 12) -> tuple[list[int], Json, list[str]]:
    """What a run with this seed meets: statuses, the last report, and the events that arrived."""
    async with stand() as its, on_line(its.local.base_url) as line:
        await line.identify(its.local.bot_token, GUILDS | MESSAGES | CONTENT)
        await its.start({"seed": seed, "random": CHANCES})
        statuses = await its.traffic(rounds)
        report = (await its.control.delete("/local/script")).json()
        return statuses, report, await arrived(line)


async def arrived(line: Line) -> list[str]:
    """The texts of the messages that reached the line before the answer to a heartbeat."""
    await line.send(1, None)
    texts: list[str] = []
    while (frame := await line.next())["op"] != 11:
        if frame["t"] == "MESSAGE_CREATE":
            texts.append(frame["d"]["content"])
    return texts


def replayed(report: Json) -> list[Json]:
    """The log without what may differ: the number that a fault has in the request log, and what came of it."""
    return [{k: v for k, v in entry.items() if k not in ("fault", "came")} for entry in report["log"]]


async def test_the_same_seed_replays_exactly_and_another_does_not() -> None:
    first, again, other = await log_of(7), await log_of(7), await log_of(8)
    assert replayed(first[1]) == replayed(again[1])
    assert first[1]["fingerprint"] == again[1]["fingerprint"]
    assert first[0] == again[0]
    assert first[2] == again[2]
    kinds = {entry["did"] for entry in first[1]["log"]}
    assert kinds == {"fault", "clock", "gateway_fault"}
    assert first[1]["fingerprint"] != other[1]["fingerprint"]
    assert replayed(first[1]) != replayed(other[1])


async def test_at_once_or_one_after_the_other_the_same_faults_happen() -> None:
    """Requests to different routes may overtake each other; each route's own order decides."""
    prints: list[str] = []
    for together in (False, True):
        async with stand() as its:
            await its.start({"seed": 3, "random": [{"chance": 0.3, "fault": {"status": 500}}]})

            async def ask(path: str, its: Stand = its) -> None:
                for _ in range(15):
                    await its.bot.get(f"/api/v10{path}")

            asking = [
                ask("/users/@me"),
                ask("/gateway"),
                ask("/oauth2/applications/@me"),
                ask("/users/@me/guilds"),
            ]
            if together:
                await asyncio.gather(*asking)
            else:
                for each in asking:
                    await each
            report = await its.report()
            assert report["logged"] > 0
            prints.append(report["fingerprint"])
    assert prints[0] == prints[1]


async def test_a_seed_that_nobody_gave_is_told_and_repeats_the_run() -> None:
    _, report, _ = await log_of(None, 6)
    _, again, _ = await log_of(report["seed"], 6)
    assert again["fingerprint"] == report["fingerprint"]


async def test_steps_happen_when_it_is_their_turn() -> None:
    script = {
        "steps": [
            {"after_requests": 2, "fault": {"path": "/users/@me", "status": 503}},
            {"after_requests": 4, "clock": {"step": 3600}},
            {"after_events": 1, "fault": {"path": "/users/@me", "status": 418}},
        ]
    }
    async with stand() as its, on_line(its.local.base_url) as line:
        await line.identify(its.local.bot_token)
        started = await its.start(script)
        assert [step["done"] for step in started["steps"]] == [False, False, False]
        # what people do does not count
        async with as_person(its.local, person(its.local, "bo")) as bo:
            await bo.get("/api/v10/users/@me")
        statuses = [(await its.bot.get("/api/v10/users/@me")).status_code for _ in range(4)]
        assert statuses == [200, 200, 503, 200]
        assert (await its.control.get("/local/clock")).json()["offset"] == 3600
        place = channel(its.local, "research").id
        await its.bot.post(f"/api/v10/channels/{place}/messages", json={"content": "x"})
        assert (await its.bot.get("/api/v10/users/@me")).status_code == 418
        report = await its.report()
        assert report["state"] == "done"
        assert [(entry["rule"], entry["did"]) for entry in report["log"]] == [
            ("steps[0]", "fault"),
            ("steps[1]", "clock"),
            ("steps[2]", "fault"),
        ]


async def test_a_step_at_a_time_does_something_to_connections() -> None:
    waits: asyncio.Queue[tuple[float, asyncio.Event]] = asyncio.Queue()

    async def sleep(seconds: float) -> None:
        gone = asyncio.Event()
        if seconds == 40:
            waits.put_nowait((seconds, gone))
        await gone.wait()

    async with stand(Config(clock=Clock(sleep=sleep))) as its, on_line(its.local.base_url) as line:
        await line.identify(its.local.bot_token)
        await its.start({"steps": [{"at": 40, "gateway": {"action": "close", "code": 4000}}]})
        _, passed = await asyncio.wait_for(waits.get(), 5)
        assert (await its.report())["log"] == []
        passed.set()
        assert await line.closed_with() == 4000
        assert (await its.report())["log"][0] == {
            "rule": "steps[0]",
            "did": "gateway",
            "at": 40.0,
            "came": "1 connection",
        }


async def test_a_script_that_is_stopped_takes_its_faults_along() -> None:
    async with stand() as its:
        assert (await its.control.get("/local/script")).status_code == 404
        assert (await its.control.delete("/local/script")).status_code == 404
        await its.control.post("/local/faults", json={"path": "/mine", "times": None})
        always = {"chance": 1, "fault": {"path": "/users/@me", "status": 503}}
        steps = [{"after_requests": 1, "fault": {"path": "/gateway", "status": 503, "times": None}}]
        await its.start({"seed": 1, "steps": steps, "random": [always]})
        assert (await its.bot.get("/api/v10/users/@me")).status_code == 503
        assert (await its.bot.get("/api/v10/gateway")).status_code == 503
        # a second script takes the place of the first
        await its.start({"seed": 2, "random": [always]})
        assert (await its.bot.get("/api/v10/gateway")).status_code == 200
        report = (await its.control.delete("/local/script")).json()
        assert report["state"] == "stopped"
        assert report["random"][0]["happened"] == 0
        assert (await its.bot.get("/api/v10/users/@me")).status_code == 200
        assert [fault["path"] for fault in (await its.control.get("/local/faults")).json()] == ["/mine"]


async def test_the_log_of_requests_names_the_faults_of_chance() -> None:
    async with stand() as its:
        started = await its.start(
            {"random": [{"chance": 1, "fault": {"status": 503, "times": 1, "skip": 1}}]}
        )
        statuses = [(await its.bot.get("/api/v10/users/@me")).status_code for _ in range(4)]
        assert statuses == [200, 503, 200, 200]
        numbers = [entry.fault for entry in its.local.desk.traffic.find(path="*/users/@me")]
        assert numbers == [None, started["random"][0]["fault"], None, None]


async def test_what_chance_does_to_events_leaves_people_alone() -> None:
    async with stand() as its, on_line(its.local.base_url) as bot_line, on_line(its.local.base_url) as line:
        await bot_line.identify(its.local.bot_token)
        await line.identify(f"local:{its.local.key}:{person(its.local, 'bo')}")
        await its.start({"random": [{"chance": 1, "gateway_fault": {"action": "drop"}}]})
        await its.traffic(1)
        assert await arrived(line) == ["0", "0"]
        assert await arrived(bot_line) == []


WRONG: list[tuple[Json, str, str]] = [
    ({"seed": -1}, "seed", "greater than or equal to 0"),
    ({"seeds": 1}, "seeds", "There is no such field"),
    ({"steps": {}}, "steps", "iterables"),
    ({"steps": [{}]}, "steps", "Say when"),
    ({"steps": [{"at": 1}]}, "steps", "Say what to do: one of fault, gateway_fault, gateway, clock."),
    ({"steps": [{"at": 1, "after_requests": 1, "clock": {"step": 1}}]}, "steps", "Say when"),
    ({"steps": [{"at": 1, "clock": {"step": 1}, "fault": {}}]}, "steps", "Say what to do"),
    ({"steps": [{"at": 1, "clock": {}}]}, "steps", "Say by how many seconds"),
    ({"steps": [{"at": 1, "clock": 5}]}, "steps", "dictionaries"),
    ({"steps": [{"at": 1, "fault": {"status": 1}}]}, "steps", "greater than or equal to 200"),
    ({"steps": [{"at": 1, "gateway": {"action": "moon"}}]}, "steps", "one of"),
    ({"random": [{"fault": {}}]}, "random", "Say how often"),
    ({"random": [{"chance": 2, "fault": {}}]}, "random", "less than or equal to 1"),
    ({"random": [{"chance": 1, "on": "events", "fault": {}}]}, "random", "cannot happen to events"),
    ({"random": [{"chance": 0.1, "fault": {}}] * 101}, "random", "100 or fewer"),
    ({"steps": [{"at": 1, "clock": {"step": 1}}] * 1001}, "steps", "1000 or fewer"),
]


@pytest.mark.parametrize(("script", "where", "said"), WRONG)
async def test_a_wrong_script_says_what_to_do(script: Json, where: str, said: str) -> None:
    async with stand() as its:
        response = await its.control.post("/local/script", json=script)
        assert response.status_code == 400
        assert response.json()["code"] == 50035
        assert said in json.dumps(response.json()["errors"][where])
        assert (await its.control.get("/local/script")).status_code == 404


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    [
        "seed",
        "steps",
        "random",
        "chance",
        "at",
        "after_events",
        "on",
        "fault",
        "gateway",
        "clock",
        "step",
        "times",
    ]
)
rubbish = st.recursive(
    values,
    lambda inner: st.dictionaries(names, inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=10,
)


@pytest.mark.slow
@given(body=st.dictionaries(names, rubbish, max_size=4), path=st.sampled_from(["script", "faults", "clock"]))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_rubbish_is_refused_and_breaks_nothing(local: LocalDiscord, body: Json, path: str) -> None:
    async with client(local, {"X-Local-Key": local.key}) as http:
        text = json.dumps(body).replace("Infinity", "1e999")
        headers = {"Content-Type": "application/json"}
        response = await http.post(f"/local/{path}", content=text, headers=headers)
        assert response.status_code < 500, response.text
        if response.is_client_error:
            assert response.json()["code"] in (50035, 50109)
        for each in ("script", "faults", "clock"):
            await http.delete(f"/local/{each}")
        assert (await http.get("/api/v10/gateway")).status_code == 200


@given(st.floats(0, 1), st.integers(), st.lists(st.text(max_size=5), max_size=3))
def test_drawing_is_decided_by_the_key_alone(chance: float, seed: int, key: list[str]) -> None:
    assert drawn(chance, seed, *key) == drawn(chance, seed, *key)
    assert drawn(1.0, seed, *key)
    assert not drawn(0.0, seed, *key)


def test_drawing_is_as_often_as_it_says() -> None:
    happened = sum(drawn(0.3, 11, "GET /x", number) for number in range(10_000))
    assert 2800 < happened < 3200


async def test_a_script_from_a_file_starts_at_once_and_a_seed_goes_before_its_own(tmp_path: Path) -> None:
    place = tmp_path / "script.yaml"
    place.write_text("seed: 1\nrandom:\n  - {chance: 1, fault: {path: /users/@me, status: 503}}\n")
    async with stand(Config(faults=place, seed=5)) as its:
        assert (await its.report())["seed"] == 5
        assert (await its.bot.get("/api/v10/users/@me")).status_code == 503


async def test_a_wrong_file_is_told_with_its_line(tmp_path: Path) -> None:
    place = tmp_path / "script.yaml"
    place.write_text("seed: 1\nsteps:\n  - at: 5\n    gateway: {action: explode}\n")
    with pytest.raises(ConfigError) as caught:
        async with running(Config(faults=place)):
            pytest.fail("it started")
    assert str(caught.value).startswith(f"{place}:4: steps.0.gateway.action: Value must be one of")
