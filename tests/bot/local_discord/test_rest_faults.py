"""Answers that are wrong, late, or never come, and what the log says of them."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.local_discord.faults.faults import Fault, Faults, Met
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from bot.local_discord.traffic.traffic import Entry, Exchange
from tests.bot.local_discord.asking import Api, client


@pytest.fixture
def key(local: LocalDiscord) -> dict[str, str]:
    return {"X-Local-Key": local.key}


async def set_fault(api: Api, key: dict[str, str], **fault: Any) -> int:
    response = await api.http.post("/local/faults", json=fault, headers=key)
    assert response.status_code == 201, response.text
    return int(response.json()["number"])


def last(local: LocalDiscord) -> Exchange:
    return list(local.desk.traffic.find(path="/api/*"))[-1]


def told(entry: Exchange) -> tuple[int, bytes]:
    return entry.status, entry.answer


async def test_a_proxys_page(bot_api: Api, key: dict[str, str], local: LocalDiscord) -> None:
    await set_fault(bot_api, key, path="/users/@me", answer="html", status=503)
    response = await bot_api.call("GET", "/users/@me")
    assert response.status_code == 503
    assert response.headers["content-type"].startswith("text/html")
    assert "via" not in response.headers
    assert told(last(local)) == (503, response.content)
    assert last(local).as_json()["answer"] == response.text


async def test_half_of_an_answer(
    bot_api: Api, research: Channel, key: dict[str, str], local: LocalDiscord
) -> None:
    await set_fault(bot_api, key, path="*/messages", answer="truncated")
    response = await bot_api.call("POST", f"/channels/{research.id}/messages", json={"content": "x"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert local.stage.world.message_count(research.id) == 1
    assert told(last(local)) == (200, response.content)


async def test_an_answer_of_the_wrong_type_and_an_empty_one(
    bot_api: Api, key: dict[str, str], local: LocalDiscord
) -> None:
    await set_fault(bot_api, key, path="/users/@me", answer="wrong_type")
    response = await bot_api.call("GET", "/users/@me")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert json.loads(response.content)["id"] == str(local.application_id)
    await set_fault(bot_api, key, path="/users/@me", answer="empty")
    response = await bot_api.call("GET", "/users/@me")
    assert (response.status_code, response.content) == (200, b"")
    assert told(last(local)) == (200, b"")


async def test_a_stale_answer(
    bot_api: Api, research: Channel, key: dict[str, str], local: LocalDiscord
) -> None:
    path = f"/channels/{research.id}/messages"
    before = await bot_api.ok("GET", path)
    await bot_api.ok("POST", path, {"content": "new"})
    await set_fault(bot_api, key, method="GET", path="*/messages", answer="stale")
    assert await bot_api.ok("GET", path) == before
    assert len(await bot_api.ok("GET", path)) == 1
    # without an earlier answer there is nothing stale to give
    await set_fault(bot_api, key, path="/users/@me", answer="stale")
    assert (await bot_api.ok("GET", "/users/@me"))["id"] == str(local.application_id)


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
async def test_a_connection_that_is_cut(
    bot_api: Api, research: Channel, key: dict[str, str], local: LocalDiscord, when: str, kept: int
) -> None:
    path = f"/channels/{research.id}/messages"
    await set_fault(bot_api, key, path="*/messages", cut=True, when=when)
    with pytest.raises(httpx.ReadError):
        await bot_api.call("POST", path, json={"content": "x"})
    assert local.stage.world.message_count(research.id) == kept
    assert told(last(local)) == (0, b"")
    await bot_api.ok("POST", path, {"content": "the server is well"})


async def test_a_connection_that_is_cut_in_the_middle_of_an_answer(
    bot_api: Api, key: dict[str, str], local: LocalDiscord
) -> None:
    whole = await bot_api.call("GET", "/users/@me")
    await set_fault(bot_api, key, path="/users/@me", cut=True, answer="truncated")
    with pytest.raises(httpx.RemoteProtocolError):
        await bot_api.call("GET", "/users/@me")
    assert told(last(local)) == (200, whole.content[: len(whole.content) // 2])


async def test_a_slow_answer_comes_whole(bot_api: Api, key: dict[str, str], local: LocalDiscord) -> None:
    whole = await bot_api.call("GET", "/users/@me")
    await set_fault(bot_api, key, path="/users/@me", bytes_per_second=len(whole.content) * 5)
    async with bot_api.http.stream("GET", "/api/v10/users/@me") as response:
        pieces = [piece async for piece in response.aiter_raw()]
    assert len(pieces) > 1
    assert b"".join(pieces) == whole.content
    assert told(last(local)) == (200, whole.content)


async def test_who_goes_in_the_middle_of_a_slow_answer_has_part_of_it(
    bot_api: Api, key: dict[str, str], local: LocalDiscord
) -> None:
    await set_fault(bot_api, key, path="/users/@me", bytes_per_second=20)
    noted: asyncio.Queue[Entry] = asyncio.Queue()
    local.desk.traffic.follow(noted.put_nowait)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bot_api.call("GET", "/users/@me"), 0.3)
    entry = await asyncio.wait_for(noted.get(), 5)
    assert isinstance(entry, Exchange)
    assert entry.status == 200
    assert len(entry.answer) < 20


async def test_only_some_requests(
    bot_api: Api, ada_api: Api, research: Channel, key: dict[str, str], local: LocalDiscord
) -> None:
    path = f"/channels/{research.id}/messages"
    await set_fault(bot_api, key, path="*/messages", status=500, whom="people", times=None)
    await set_fault(bot_api, key, path="*/messages", status=501, contains="poison", times=None)
    application_id = str(local.application_id)
    await set_fault(bot_api, key, path="/users/@me", status=502, application_id=application_id, times=None)

    async def status(api: Api, content: str) -> int:
        return (await api.call("POST", path, json={"content": content})).status_code

    assert [await status(ada_api, "x"), await status(bot_api, "x")] == [500, 200]
    assert await status(bot_api, "some poison here") == 501
    assert (await bot_api.call("GET", "/users/@me")).status_code == 502
    assert (await ada_api.call("GET", "/users/@me")).status_code == 200


async def test_faults_say_how_often_they_happened(bot_api: Api, key: dict[str, str]) -> None:
    number = await set_fault(bot_api, key, path="/users/@me", status=500, times=2)
    for _ in range(2):
        held = (await bot_api.http.get("/local/faults", headers=key)).json()
        assert held[0]["number"] == number
        await bot_api.call("GET", "/users/@me")
    assert (await bot_api.http.get("/local/faults", headers=key)).json() == []
    spent = (await bot_api.http.get("/local/faults?spent=true", headers=key)).json()
    assert [(each["number"], each["happened"], each["times"]) for each in spent] == [(number, 2, 0)]


async def test_no_fault_can_lock_the_controls(bot_api: Api, key: dict[str, str]) -> None:
    await set_fault(bot_api, key, path="*", status=500, times=None)
    assert (await bot_api.call("GET", "/users/@me")).status_code == 500
    assert (await bot_api.http.delete("/local/faults", headers=key)).status_code == 204
    await bot_api.ok("GET", "/users/@me")


async def test_a_ban_can_be_played_by_a_fault(bot_api: Api, key: dict[str, str]) -> None:
    await set_fault(bot_api, key, path="/users/@me", status=429, headers={"Retry-After": "60"})
    response = await bot_api.call("GET", "/users/@me")
    assert (response.status_code, response.headers["retry-after"]) == (429, "60")
    assert "via" not in response.headers


@pytest.mark.parametrize(
    ("fault", "field", "said"),
    [
        ({"answer": "moon"}, "answer", "Value must be one of {'html'"),
        ({"answer": "truncated", "when": "before"}, "when", "leave this out or write 'after'"),
        ({"cut": True, "hang": True}, "cut", "leave out hang or cut"),
        ({"bytes_per_second": 0}, "bytes_per_second", "greater than or equal to 1"),
        ({"headers": {"a\r\nb": "c"}}, "headers", "cannot be sent"),
        ({"headers": {"a": "b\r\nc: d"}}, "headers", "cannot be sent"),
        ({"headers": {"Content-Length": "5"}}, "headers", "leave it out"),
        ({"headers": {f"x-{i}": "1" for i in range(51)}}, "headers", "50 or fewer"),
        ({"whom": "cats"}, "whom", "one of"),
        ({"application_id": "x"}, "application_id", "not snowflake"),
        ({"stauts": 500}, "stauts", "There is no such field; there are method"),
        ({"delay": 1e9}, "delay", "less than or equal to 600"),
        ({"body": []}, "body", "dictionaries"),
    ],
)
async def test_a_wrong_fault_says_what_to_do(
    bot_api: Api, key: dict[str, str], fault: dict[str, Any], field: str, said: str
) -> None:
    response = await bot_api.http.post("/local/faults", json=fault, headers=key)
    assert response.status_code == 400
    body = response.json()
    assert body["code"] == 50035
    assert said in json.dumps(body["errors"][field])
    assert (await bot_api.http.get("/local/faults", headers=key)).json() == []


async def test_there_is_an_end_to_the_number_of_faults(local: LocalDiscord, key: dict[str, str]) -> None:
    faults = local.desk.faults
    while not faults.full:
        faults.add(Fault(0, path="/never"))
    async with client(local, key) as http:
        response = await http.post("/local/faults", json={})
        assert response.status_code == 400
        assert "take some away" in response.json()["message"]


fault_bodies = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from([200, 201, 204, 205, 304, 404, 429, 500, 599]),
        "answer": st.sampled_from(["html", "empty", "truncated", "wrong_type", "stale"]),
        "when": st.just("after"),
        "cut": st.booleans(),
        "bytes_per_second": st.sampled_from([100_000, 10**9]),
        "body": st.dictionaries(
            st.text(max_size=3), st.none() | st.floats(allow_nan=False, allow_infinity=False), max_size=2
        ),
        "headers": st.dictionaries(
            st.from_regex(r"x-[a-z]{1,5}", fullmatch=True), st.text("ab é", max_size=4)
        ),
        "contains": st.text(max_size=2),
        "skip": st.integers(0, 1),
    },
)


@pytest.mark.slow
@given(fault_bodies)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_fault_breaks_the_server(local: LocalDiscord, fault: dict[str, Any]) -> None:
    """Whatever is done to an answer, it is HTTP or an end, and the next request is answered as ever."""
    async with client(local, {"Authorization": f"Bot {local.bot_token}", "X-Local-Key": local.key}) as http:
        assert (await http.post("/local/faults", json={**fault, "times": None})).status_code == 201
        place = next(iter(local.stage.world.channels))
        for method, path in (
            ("GET", "/users/@me"),
            ("GET", "/channels/1"),
            ("POST", f"/channels/{place}/typing"),
        ):
            try:
                await http.request(method, f"/api/v10{path}")
            except (httpx.ReadError, httpx.RemoteProtocolError):
                assert fault.get("cut")
        await http.delete("/local/faults")
        assert (await http.get("/api/v10/users/@me")).json()["id"] == str(local.application_id)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3) | st.none()), max_size=5), st.integers(0, 30))
def test_each_request_meets_at_most_one_fault_and_none_more_often_than_it_may(
    sets: list[tuple[int, int | None]], requests: int
) -> None:
    faults = Faults()
    for skip, times in sets:
        faults.add(Fault(0, skip=skip, times=times))
    met = [faults.take(Met("GET", "/x", "/x")) for _ in range(requests)]
    happened = {fault.number: fault.happened for fault in (*faults.all(), *faults.spent())}
    assert sum(happened.values()) == sum(fault is not None for fault in met)
    for number, (_, times) in enumerate(sets, 1):
        assert times is None or happened[number] <= times
