"""Messages over REST: posted, listed, edited, deleted, refused; nonces; mentions; files."""

import asyncio

import pytest

from bot.local_discord.client.member import Member
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.asking import Api, person


async def test_a_message_is_stored_as_it_was_written(bot_api: Api, research: Channel) -> None:
    path = f"/channels/{research.id}/messages"
    sent = await bot_api.ok("POST", path, {"content": " tides \n", "nonce": "n1", "flags": 4096})
    assert (sent["content"], sent["nonce"], sent["flags"]) == ("tides", "n1", 4096)
    read = await bot_api.ok("GET", f"{path}/{sent['id']}")
    assert "nonce" not in read
    assert read["content"] == "tides"


async def test_pages_of_messages(bot_api: Api, research: Channel) -> None:
    path = f"/channels/{research.id}/messages"
    ids = [(await bot_api.ok("POST", path, {"content": str(i)}))["id"] for i in range(7)]

    async def page(query: str) -> list[str]:
        return [message["content"] for message in await bot_api.ok("GET", f"{path}?{query}")]

    assert await page("limit=3") == ["6", "5", "4"]
    assert await page(f"limit=2&before={ids[4]}") == ["3", "2"]
    assert await page(f"limit=2&after={ids[1]}") == ["3", "2"]
    assert await page(f"limit=3&around={ids[3]}") == ["4", "3", "2"]
    assert await page(f"before={ids[0]}") == []


async def test_the_same_nonce_gives_the_earlier_message(
    bot_api: Api, research: Channel, local: LocalDiscord
) -> None:
    path = f"/channels/{research.id}/messages"
    body = {"content": "once", "nonce": "same", "enforce_nonce": True}
    answers = await asyncio.gather(*(bot_api.ok("POST", path, body) for _ in range(5)))
    assert len({answer["id"] for answer in answers}) == 1
    without = {"content": "often", "nonce": "same2"}
    answers = await asyncio.gather(*(bot_api.ok("POST", path, without) for _ in range(3)))
    assert len({answer["id"] for answer in answers}) == 3
    assert local.stage.world.message_count(research.id) == 4


async def test_a_nonce_counts_for_its_author_only(bot_api: Api, bo_api: Api, research: Channel) -> None:
    path = f"/channels/{research.id}/messages"
    body = {"content": "x", "nonce": "7", "enforce_nonce": True}
    assert (await bot_api.ok("POST", path, body))["id"] != (await bo_api.ok("POST", path, body))["id"]


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ({}, 50006, None),
        ({"content": "  "}, 50006, None),
        ({"content": "x" * 2001}, 50035, ["content"]),
        ({"content": "x", "nonce": "n" * 26}, 50035, ["nonce"]),
        ({"content": {"a": 1}}, 50035, ["content"]),
        ({"embeds": [{"title": "x" * 257}]}, 50035, ["embeds", "0", "title"]),
        ({"embeds": [{"description": "x" * 4000}, {"description": "y" * 2001}]}, 50035, ["embeds"]),
        (
            {"embeds": [{"fields": [{"name": "", "value": "v"}]}]},
            50035,
            ["embeds", "0", "fields", "0", "name"],
        ),
        ({"content": "x", "embeds": [{"title": "t"}] * 11}, 50035, ["embeds"]),
        ({"content": "x", "components": [{"type": 2}]}, 50035, ["components", "0", "type"]),
        (
            {
                "content": "x",
                "components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "L"}]}],
            },
            50035,
            ["components", "0", "components", "0", "custom_id"],
        ),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            50035,
            ["allowed_mentions"],
        ),
        ({"content": "x", "message_reference": {"message_id": "1"}}, 50035, ["message_reference"]),
        ({"content": "x", "flags": 32768}, 50035, ["content"]),
    ],
)
async def test_what_is_wrong_is_named_as_discord_names_it(
    bot_api: Api, research: Channel, body: object, code: int, where: list[str] | None
) -> None:
    given, answer = await bot_api.refused("POST", f"/channels/{research.id}/messages", body)
    assert given == code
    errors = answer.get("errors", {})
    for step in where or []:
        errors = errors[step]
    assert where is None or errors["_errors"][0]["code"]


async def test_editing_and_deleting(
    bot_api: Api, bo_api: Api, ada_api: Api, research: Channel, bo: Member
) -> None:
    path = f"/channels/{research.id}/messages"
    mine = await bo_api.ok("POST", path, {"content": "by bo"})
    assert (await bot_api.refused("PATCH", f"{path}/{mine['id']}", {"content": "no"}))[0] == 50005
    edited = await bo_api.ok("PATCH", f"{path}/{mine['id']}", {"content": "better"})
    assert edited["edited_timestamp"]
    assert (await bo_api.refused("PATCH", f"{path}/{mine['id']}", {"content": ""}))[0] == 50006
    theirs = await bot_api.ok("POST", path, {"content": "by the bot"})
    assert (await bo_api.refused("DELETE", f"{path}/{theirs['id']}"))[0] == 50013
    await ada_api.ok("DELETE", f"{path}/{theirs['id']}", status=204)
    assert (await bot_api.refused("GET", f"{path}/{theirs['id']}"))[0] == 10008
    gone = await bo.wait_for(lambda event: event.name == "MESSAGE_DELETE")
    assert gone.data["id"] == theirs["id"]


async def test_mentions_follow_allowed_mentions(bot_api: Api, research: Channel, local: LocalDiscord) -> None:
    path = f"/channels/{research.id}/messages"
    bo, chen = person(local, "bo"), person(local, "chen")
    text = f"<@{bo}> <@!{chen}> @everyone"

    async def mentioned(allowed: object) -> tuple[set[int], bool]:
        body = {"content": text} if allowed is None else {"content": text, "allowed_mentions": allowed}
        sent = await bot_api.ok("POST", path, body)
        return {int(user["id"]) for user in sent["mentions"]}, sent["mention_everyone"]

    assert await mentioned(None) == ({bo, chen}, True)
    assert await mentioned({"parse": []}) == (set(), False)
    assert await mentioned({"users": [str(bo)]}) == ({bo}, False)
    assert await mentioned({"parse": ["everyone"]}) == (set(), True)


async def test_a_reply_shows_what_it_answers(
    bot_api: Api, bo_api: Api, research: Channel, local: LocalDiscord
) -> None:
    path = f"/channels/{research.id}/messages"
    asked = await bo_api.ok("POST", path, {"content": "why?"})
    body = {"content": "because", "message_reference": {"message_id": asked["id"]}}
    answer = await bot_api.ok("POST", path, body)
    assert answer["type"] == 19
    assert answer["referenced_message"]["content"] == "why?"
    assert [user["id"] for user in answer["mentions"]] == [str(person(local, "bo"))]
    await bo_api.ok("DELETE", f"{path}/{asked['id']}")
    assert (await bot_api.ok("GET", f"{path}/{answer['id']}"))["referenced_message"] is None
    gone = {"message_id": asked["id"], "fail_if_not_exists": False}
    assert (await bot_api.ok("POST", path, {"content": "still", "message_reference": gone}))["type"] == 0


async def test_files_are_stored_and_served(bot_api: Api, research: Channel) -> None:
    files = {"files[0]": ("a b/../note.txt", b"hello \xe2\x9a\x93", "text/plain")}
    payload = '{"content": "see", "attachments": [{"id": 0, "description": "a note"}]}'
    response = await bot_api.call(
        "POST", f"/channels/{research.id}/messages", data={"payload_json": payload}, files=files
    )
    assert response.status_code == 200
    attachment = response.json()["attachments"][0]
    assert (attachment["size"], attachment["description"]) == (9, "a note")
    assert "/" not in attachment["filename"]
    served = await bot_api.http.get(attachment["url"], headers={"Authorization": ""})
    assert served.content == b"hello \xe2\x9a\x93"
    assert served.headers["x-content-type-options"] == "nosniff"
    message = response.json()
    edited = await bot_api.ok(
        "PATCH", f"/channels/{research.id}/messages/{message['id']}", {"attachments": []}
    )
    assert edited["attachments"] == []


async def test_a_page_that_was_uploaded_is_not_shown_as_one(bot_api: Api, research: Channel) -> None:
    files = {"files[0]": ("x.html", b"<script>alert(1)</script>", "text/html")}
    response = await bot_api.call("POST", f"/channels/{research.id}/messages", files=files)
    served = await bot_api.http.get(response.json()["attachments"][0]["url"])
    assert served.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in served.headers["content-security-policy"]


async def test_components_are_numbered_and_completed(bot_api: Api, research: Channel) -> None:
    button = {"type": 2, "style": 1, "label": "Go", "custom_id": "v1:x:go:1"}
    select = {"type": 3, "custom_id": "s", "options": [{"label": "A", "value": "a"}]}
    rows = [{"type": 1, "components": [button]}, {"type": 1, "components": [select]}]
    sent = await bot_api.ok("POST", f"/channels/{research.id}/messages", {"content": "x", "components": rows})
    assert [row["id"] for row in sent["components"]] == [1, 3]
    assert sent["components"][1]["components"][0]["max_values"] == 1
    layout = [{"type": 17, "components": [{"type": 10, "content": "# Hi"}, {"type": 14}]}]
    body = {"flags": 1 << 15, "components": layout}
    sent = await bot_api.ok("POST", f"/channels/{research.id}/messages", body)
    assert sent["components"][0]["components"][0]["content"] == "# Hi"


async def test_typing_is_heard(bot_api: Api, research: Channel, bo: Member, local: LocalDiscord) -> None:
    await bot_api.ok("POST", f"/channels/{research.id}/typing", status=204)
    heard = await bo.wait_for(lambda event: event.name == "TYPING_START")
    assert heard.data["user_id"] == str(local.application_id)


async def test_many_messages_deleted_at_once(
    bot_api: Api, bo_api: Api, research: Channel, bo: Member
) -> None:
    path = f"/channels/{research.id}/messages"
    ids = [(await bo_api.ok("POST", path, {"content": str(i)}))["id"] for i in range(3)]
    assert (await bo_api.refused("POST", f"{path}/bulk-delete", {"messages": ids}))[0] == 50013
    await bot_api.ok("POST", f"{path}/bulk-delete", {"messages": ids[:2]}, status=204)
    heard = await bo.wait_for(lambda event: event.name == "MESSAGE_DELETE_BULK")
    assert heard.data["ids"] == ids[:2]
    assert [m["id"] for m in await bot_api.ok("GET", path)] == ids[2:]
