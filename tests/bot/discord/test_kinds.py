"""Every kind of thing that goes through the outbox: done once, also where an answer was lost."""

from typing import Any

import httpx
import pytest

from bot.discord import private
from bot.discord import surface as surface_module
from bot.discord.private import SHOW_ACTION
from bot.work.surface import File, Place, Say, Speaker
from tests.bot.discord.conftest import Harbour

RESEARCHER = Speaker("Researcher")
LOST: dict[str, Any] = {"status": 502, "when": "after", "times": 1}
FORUM = 15


async def forum(harbour: Harbour) -> int:
    world = harbour.local.stage.world
    owner = {"X-Local-Key": harbour.local.key, "X-Local-Member": str(world.guilds[harbour.guild].owner_id)}
    async with httpx.AsyncClient(base_url=harbour.local.api_url, headers=owner) as client:
        answer = await client.post(f"/guilds/{harbour.guild}/channels", json={"name": "ideas", "type": FORUM})
        answer.raise_for_status()
    return int(answer.json()["id"])


def threads(harbour: Harbour, parent: int) -> list[Any]:
    return [
        one for one in harbour.local.stage.world.channels.values() if one.thread and one.parent_id == parent
    ]


@pytest.mark.parametrize("lost", [False, True])
async def test_a_private_thread_is_opened_once_and_what_waits_goes_there(
    harbour: Harbour, *, lost: bool
) -> None:
    if lost:
        await harbour.fault(method="POST", path="*/threads", **LOST)
    async with harbour.database.transaction() as conn:
        place = await harbour.surface.open_private_thread(conn, "t", harbour.channel, "between us")
        await harbour.surface.post(conn, "p", place, Say("hush", RESEARCHER))
    async with harbour.delivering():
        await harbour.settled()
    (thread,) = threads(harbour, harbour.channel)
    assert (thread.name, thread.kind) == ("between us", 12)
    assert await harbour.texts(thread.id) == ["hush"]


@pytest.mark.parametrize("speaker", [None, RESEARCHER])
@pytest.mark.parametrize("lost", [False, True])
async def test_a_post_of_a_forum_is_opened_once_with_all_that_it_says(
    harbour: Harbour, speaker: Speaker | None, *, lost: bool
) -> None:
    ideas = await forum(harbour)
    async with harbour.database.transaction() as conn:
        before = await harbour.surface.open_forum_post(
            conn, "before", ideas, "earlier", Say("other", speaker)
        )
        assert before.opened_by
    async with harbour.delivering():
        await harbour.settled()
        if lost:
            path = "*/webhooks/*" if speaker else "*/threads"
            await harbour.fault(method="POST", path=path, **LOST)
        text = "\n\n".join(f"{number} " + "word " * 300 for number in range(3))
        async with harbour.database.transaction() as conn:
            place = await harbour.surface.open_forum_post(conn, "f", ideas, "an idea", Say(text, speaker))
            await harbour.surface.post(conn, "p", place, Say("and more", speaker))
            assert place.opened_by
            await harbour.surface.edit(conn, "e", place.opened_by, Say("begins anew", speaker))
        await harbour.settled()
    found = [one for one in threads(harbour, ideas) if one.name == "an idea"]
    assert len(threads(harbour, ideas)) == 2
    texts = await harbour.texts(found[0].id)
    assert texts[0] == "begins anew"
    assert texts[-1] == "and more"
    assert len(texts) == 4
    names = {one["author"]["username"] for one in await harbour.messages(found[0].id)}
    assert (names == {"Researcher"}) == (speaker is not None)


async def test_a_thread_is_renamed_and_archived_after_what_is_said_in_it(harbour: Harbour) -> None:
    async with harbour.database.transaction() as conn:
        (starter,) = await harbour.surface.post(conn, "s", Place(channel_id=harbour.channel), Say("start"))
        place = await harbour.surface.open_thread(conn, "t", starter, "first name")
        for number in range(3):
            await harbour.surface.post(conn, f"p{number}", place, Say(str(number)))
        await harbour.surface.change_thread(conn, "n1", place, name="second name")
        await harbour.surface.change_thread(conn, "n2", place, name="third name")
        await harbour.surface.change_thread(conn, "a", place, archived=True, locked=True)
    async with harbour.delivering():
        await harbour.settled()
    (thread,) = threads(harbour, harbour.channel)
    assert (thread.name, thread.thread.archived, thread.thread.locked) == ("third name", True, True)
    assert [text for text in await harbour.texts(thread.id) if text] == ["0", "1", "2"]
    # of two names that nobody had seen only the newer was sent: Discord renames twice in ten minutes
    assert len(await harbour.requests("PATCH", f"*/channels/{thread.id}")) == 2


async def test_a_thread_that_was_archived_is_opened_again_for_what_matters(harbour: Harbour) -> None:
    async with harbour.database.transaction() as conn:
        (starter,) = await harbour.surface.post(conn, "s", Place(channel_id=harbour.channel), Say("start"))
        place = await harbour.surface.open_thread(conn, "t", starter, "a thread")
        (row,) = await harbour.surface.post(conn, "p", place, Say("before"))
    async with harbour.delivering():
        await harbour.settled()
        (thread,) = threads(harbour, harbour.channel)
        body = {"archived": True}
        await harbour.api.request("PATCH", "/channels/{channel_id}", body=body, channel_id=thread.id)
        looks = (
            (Say("after", urgency="progress"), "before", True),
            (Say("after"), "after", False),
        )
        for number, (say, text, archived) in enumerate(looks):
            async with harbour.database.transaction() as conn:
                await harbour.surface.edit(conn, f"e{number}", row, say)
            await harbour.settled()
            (thread,) = threads(harbour, harbour.channel)
            said = [one for one in await harbour.texts(thread.id) if one]
            assert (said, thread.thread.archived) == ([text], archived)


async def test_a_mark_that_has_to_wait_holds_no_message_up(harbour: Harbour) -> None:
    await harbour.post("k1", "one")
    async with harbour.delivering():
        await harbour.settled()
        told = {"Via": "1.1", "Retry-After": "600"}
        await harbour.fault(method="PUT", path="*/reactions/*", status=429, headers=told, times=1)
        message = int((await harbour.messages())[0]["id"])
        async with harbour.database.transaction() as conn:
            await harbour.surface.react(conn, "r", harbour.channel, message, "👀")
        await harbour.post("k2", "two")
        await harbour.said("two")
    assert await harbour.count("kind = 'react' AND state IN ('pending', 'sending')") == 1


async def test_marks_and_pins_are_set_and_taken_back(harbour: Harbour) -> None:
    await harbour.post("k", "keep this")
    surface, channel = harbour.surface, harbour.channel
    async with harbour.delivering():
        await harbour.settled()
        message = int((await harbour.messages())[0]["id"])
        async with harbour.database.transaction() as conn:
            await surface.pin(conn, "p", channel, message)
            await surface.react(conn, "r", channel, message, "👀")
        await harbour.settled()
        assert [one.id for one in await surface.pins(channel)] == [message]
        assert [one["emoji"]["name"] for one in (await harbour.messages())[0]["reactions"]] == ["👀"]
        async with harbour.database.transaction() as conn:
            await surface.unpin(conn, "u", channel, message)
            await surface.unreact(conn, "n", channel, message, "👀")
        await harbour.settled()
    assert await surface.pins(channel) == []
    assert not (await harbour.messages())[0].get("reactions")


async def test_pins_are_read_over_pages(harbour: Harbour, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = 12
    monkeypatch.setattr(surface_module, "PINS_PAGE", 5)
    api, channel = harbour.api, harbour.channel
    for number in range(wanted):
        body = {"content": str(number)}
        said = await api.request("POST", "/channels/{channel_id}/messages", body=body, channel_id=channel)
        path = "/channels/{channel_id}/messages/pins/{message_id}"
        await api.request("PUT", path, channel_id=channel, message_id=said["id"])
    pinned = await harbour.surface.pins(channel)
    assert sorted(int(one.text) for one in pinned) == list(range(wanted))


@pytest.mark.parametrize("speaker", [None, RESEARCHER])
async def test_a_message_is_changed_and_taken_back_by_whoever_said_it(
    harbour: Harbour, speaker: Speaker | None
) -> None:
    row = await harbour.post("k", "one", speaker=speaker)
    async with harbour.delivering():
        await harbour.settled()
        async with harbour.database.transaction() as conn:
            await harbour.surface.edit(conn, "e", row, Say("two", speaker))
        await harbour.settled()
        assert await harbour.texts() == ["two"]
        await harbour.fault(method="DELETE", path="*", **LOST)
        async with harbour.database.transaction() as conn:
            await harbour.surface.delete(conn, "d", row)
        await harbour.settled()
    assert await harbour.texts() == []
    assert await harbour.count("state = 'failed'") == 0


@pytest.mark.parametrize("speaker", [None, RESEARCHER])
async def test_files_go_with_the_last_message_and_pictures_say_what_they_show(
    harbour: Harbour, speaker: Speaker | None
) -> None:
    files = (
        File("chart.png", b"\x89PNG", alt="Bees by month"),
        File("../../etc/notes.txt", b"hello"),
    )
    async with harbour.database.transaction() as conn:
        await harbour.surface.post(
            conn, "k", Place(channel_id=harbour.channel), Say("see", speaker, files=files)
        )
    async with harbour.delivering():
        await harbour.settled()
    (message,) = await harbour.messages()
    shown = [(one["filename"], one.get("description"), one["size"]) for one in message["attachments"]]
    assert shown == [("chart.png", "Bees by month", 4), ("notes.txt", None, 5)]


async def test_a_text_of_too_many_messages_goes_as_a_file_with_a_lead_in(harbour: Harbour) -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 300 for number in range(20))
    async with harbour.database.transaction() as conn:
        await harbour.surface.post(conn, "k", Place(channel_id=harbour.channel), Say(text, RESEARCHER))
    async with harbour.delivering():
        await harbour.settled()
    (message,) = await harbour.messages()
    assert message["content"].startswith("Paragraph 0.")
    assert "attached file" in message["content"]
    assert message["attachments"][0]["filename"] == "answer.md"
    assert message["attachments"][0]["size"] == len(text)


async def test_a_private_answer_whose_fate_is_unknown_is_not_repeated_but_kept(harbour: Harbour) -> None:
    await harbour.fault(method="POST", path="*/webhooks/*", **LOST)
    async with harbour.database.transaction() as conn:
        (row,) = await private.follow_up(
            conn, "k", channel_id=harbour.channel, token="gone", user_id=7, say=Say("the code is 1234")
        )
    async with harbour.delivering():
        await harbour.settled()
    assert len(await harbour.requests("POST", "*/webhooks/*")) == 1
    (message,) = await harbour.messages()
    assert "1234" not in message["content"]
    assert message["mentions"] == []
    assert message["components"][0]["components"][0]["custom_id"] == f"{SHOW_ACTION}{row}"
    async with harbour.database.connection() as conn:
        mine, somebody_elses = await private.kept_for(conn, row, 7), await private.kept_for(conn, row, 8)
    assert mine is not None
    assert mine["content"] == "the code is 1234"
    assert somebody_elses is None


@pytest.mark.parametrize("kind", ["private thread", "forum"])
async def test_what_was_meant_for_a_place_that_cannot_be_opened_is_said_nowhere_else(
    harbour: Harbour, kind: str
) -> None:
    refusal = {"message": "Missing Permissions", "code": 50013}
    if kind == "forum":
        refusal = {"message": "Tags are required", "code": 40067}
    await harbour.fault(method="POST", path="*/threads", status=403, body=refusal, times=None)
    surface = harbour.surface
    ideas = await forum(harbour)

    async with harbour.database.transaction() as conn:
        if kind == "forum":
            place = await surface.open_forum_post(conn, "t", ideas, "an idea", Say("first"))
        else:
            place = await surface.open_private_thread(conn, "t", harbour.channel, "between us")
        await surface.post(conn, "p", place, Say("hush"))
    await harbour.post("k", "for everybody")
    async with harbour.delivering():
        await harbour.settled()
        async with harbour.database.transaction() as conn:
            await surface.post(conn, "late", place, Say("hush again"))
        await harbour.settled()
    assert await harbour.texts() == ["for everybody"]
    assert await harbour.count("state = 'failed'") == 3


async def test_files_are_kept_no_longer_than_they_are_needed(harbour: Harbour) -> None:
    say = Say("see", files=(File("a.txt", b"hello"),))
    async with harbour.database.transaction() as conn:
        await harbour.surface.post(conn, "k", Place(channel_id=harbour.channel), say)
    async with harbour.delivering():
        await harbour.settled()
    async with harbour.database.connection() as conn:
        cursor = await conn.execute("SELECT count(*) FROM outbox_file")
        assert await cursor.fetchone() == (0,)


@pytest.mark.parametrize("speaker", [None, RESEARCHER])
async def test_what_a_message_cannot_be_changed_to_is_said_anew(
    harbour: Harbour, speaker: Speaker | None
) -> None:
    row = await harbour.post("k", "working", speaker=speaker)
    async with harbour.delivering():
        await harbour.settled()
        if speaker is None:
            old = {"message": "Maximum number of edits to messages older than 1 hour reached", "code": 30046}
            await harbour.fault(method="PATCH", path="*/messages/*", status=400, body=old, times=None)
        else:
            (hook,) = harbour.local.stage.world.webhooks
            await harbour.api.request("DELETE", "/webhooks/{webhook_id}", webhook_id=hook)
        for number, say in enumerate(
            [Say("still working", speaker, urgency="progress"), Say("done", speaker)]
        ):
            async with harbour.database.transaction() as conn:
                await harbour.surface.edit(conn, f"e{number}", row, say)
            await harbour.settled()
    assert await harbour.texts() == ["working", "done"]
    assert len({one["author"]["username"] for one in await harbour.messages()}) == 1
