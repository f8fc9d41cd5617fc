"""The check against Discord's description itself finds what it must find."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.asking import Api
from tests.checked_traffic import LARGEST_FRAME, MOST_OF_A_KIND, CheckedTraffic
from tests.description import Description, description

type Json = dict[str, Any]
BY_A_BOT = "DiscordBot (https://example.invalid 1.0)"


@pytest.fixture
def held() -> Description:
    found = description()
    if found is None:
        pytest.skip("Discord's API description does not lie beside this checkout")
    return found


def last(local: LocalDiscord, route: str) -> Json:
    return [entry for entry in local.desk.traffic.find() if entry.route == route][-1].as_json()


@pytest.fixture
async def me(bot_api: Api, local: LocalDiscord) -> Json:
    await bot_api.ok("GET", "/users/@me")
    return last(local, "/users/@me")


@pytest.fixture
async def said(bot_api: Api, local: LocalDiscord) -> Json:
    channel = next(one.id for one in local.stage.world.channels.values() if one.name == "general")
    await bot_api.ok("POST", f"/channels/{channel}/messages", {"content": "hello"})
    return last(local, "/channels/{channel_id}/messages")


async def test_what_is_right_passes(held: Description, me: Json, said: Json) -> None:
    assert held.problems(me) == []
    assert held.problems(said) == []


@pytest.mark.parametrize(
    ("change", "finds"),
    [({"username": None}, "username"), ({"shoe_size": 43}, "unknown field $.shoe_size"), ({"id": 7}, "$.id")],
)
async def test_a_wrong_answer_is_found(held: Description, me: Json, change: Json, finds: str) -> None:
    wrong = {**me, "answer": me["answer"] | change}
    assert any(finds in problem for problem in held.problems(wrong))


async def test_a_missing_field_and_a_wrong_status_are_found(held: Description, me: Json) -> None:
    answer = {name: value for name, value in me["answer"].items() if name != "discriminator"}
    assert any("discriminator" in problem for problem in held.problems({**me, "answer": answer}))
    assert any("status" in problem for problem in held.problems({**me, "status": 202}))


async def test_an_answer_where_none_belongs_is_found(held: Description, me: Json) -> None:
    wrong = {
        **me,
        "method": "POST",
        "route": "/channels/{channel_id}/typing",
        "path": "/api/v10/channels/1/typing",
        "status": 204,
    }
    assert any("where none is described" in problem for problem in held.problems(wrong))


def refused(entry: Json) -> Json:
    return {**entry, "status": 400, "answer": {"message": "Invalid Form Body", "code": 50035}}


@pytest.mark.parametrize(("body", "finds"), [({"content": 5}, "$.content"), (None, "lacks its body")])
async def test_a_wrong_request_is_found_where_it_was_accepted_or_a_bot_sent_it(
    held: Description, said: Json, body: object, finds: str
) -> None:
    wrong = {**said, "body": body}
    assert any(finds in problem for problem in held.problems(wrong))
    assert held.problems(refused(wrong)) == []
    assert any(finds in problem for problem in held.problems(refused({**wrong, "client": BY_A_BOT})))


@pytest.mark.parametrize(
    ("change", "finds"),
    [
        ({"body": {"content": "hi", "colour": "red"}}, "unknown field $.colour"),
        ({"body": {"embeds": [{"title": "x", "size": 3}]}}, "unknown field $.embeds[0].size"),
        ({"query": "colour=red"}, "unknown query parameter colour"),
    ],
)
async def test_what_discord_would_not_read_is_found_where_a_bot_sent_it(
    held: Description, said: Json, change: Json, finds: str
) -> None:
    assert held.problems({**said, **change}) == []
    assert any(finds in problem for problem in held.problems({**said, **change, "client": BY_A_BOT}))


async def test_a_wrong_query_is_found(held: Description, said: Json) -> None:
    listing: Json = {**said, "method": "GET", "status": 200, "answer": [], "body": None}
    assert any("limit=many" in problem for problem in held.problems({**listing, "query": "limit=many"}))
    assert held.problems({**listing, "query": "limit=5&before=123456789012345678"}) == []


async def test_a_request_that_is_not_described_is_found(held: Description, said: Json) -> None:
    assert any("not described" in problem for problem in held.problems({**said, "path": "/api/v10/teapot"}))


async def test_a_known_gap_is_no_wider_than_its_name(held: Description, said: Json) -> None:
    numbered = {**said, "body": {"content": "x", "attachments": [{"id": 0}]}}
    assert held.problems(numbered) == []
    assert held.problems({**said, "body": {"content": "x", "attachments": [{"id": True}]}}) != []


def line(entry: Json) -> str:
    return json.dumps(entry, separators=(",", ":"))


def told(data: Json) -> str:
    frame = {"direction": "out", "session_id": "a", "op": 0, "t": "TYPING_START", "d": data}
    return line({"kind": "gateway", **frame}) + "\n"


async def test_a_recording_is_read_once_and_what_is_wrong_in_it_is_told(
    held: Description, me: Json, tmp_path: Path
) -> None:
    wrong = {**me, "answer": me["answer"] | {"shoe_size": 43}}
    (tmp_path / "1.jsonl").write_text(line(me) + "\n" + line(wrong) + "\n")
    checked = CheckedTraffic(tmp_path, held)
    assert ["shoe_size" in problem for problem in checked.new_problems()] == [True]
    assert checked.new_problems() == []


async def test_a_line_that_is_half_written_is_read_when_it_is_whole(
    held: Description, me: Json, tmp_path: Path
) -> None:
    wrong = line({**me, "answer": me["answer"] | {"shoe_size": 43}})
    checked = CheckedTraffic(tmp_path, held)
    with (tmp_path / "1.jsonl").open("w") as file:
        file.write(wrong[:200])
        file.flush()
        assert checked.new_problems() == []
        file.write(wrong[200:] + "\n")
    assert len(checked.new_problems()) == 1


def test_events_are_looked_at_up_to_a_number_and_a_size_at_a_time(held: Description, tmp_path: Path) -> None:
    right = {"channel_id": "1", "user_id": "2", "timestamp": 3}
    recording = tmp_path / "1.jsonl"
    checked = CheckedTraffic(tmp_path, held)
    recording.write_text(told({"channel_id": 1}))
    assert checked.new_problems()
    with recording.open("a") as file:
        file.write(told(right) * MOST_OF_A_KIND + told({"channel_id": 1}))
    assert checked.new_problems() == []
    with recording.open("a") as file:
        file.write(told({"channel_id": 1}))
    assert checked.new_problems(), "the count is of one test"
    with recording.open("a") as file:
        file.write(told({"channel_id": 1, "long": "x" * LARGEST_FRAME}))
    assert checked.new_problems() == []
