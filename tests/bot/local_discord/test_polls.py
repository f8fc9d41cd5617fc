"""Polls: posted with a message, voted in by people, ended by the clock or by their author, and told to bots."""

from pathlib import Path
from typing import Any, cast

import pytest

from bot.errors import UserError
from bot.local_discord.client.member import DiscordRefused, Member, join
from bot.local_discord.model import Channel
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.snapshot import snapshot_of
from bot.testing.fake_clock import FakeClock
from tests.bot.local_discord.asking import QUICK, Api, as_person, channel, client, person
from tests.bot.local_discord.line import on_line

type Json = dict[str, Any]

HOUR = 3_600.0
GUILD_POLLS, DIRECT_POLLS, GUILD_MESSAGES = 1 << 24, 1 << 25, 1 << 9
TEXTS = ("Oak", "Elm", "Ash")


def poll(*answers: str, **more: object) -> Json:
    listed = [{"poll_media": {"text": one}} for one in answers or TEXTS]
    return {"poll": {"question": {"text": "Which tree?"}, "answers": listed, **more}}


def counts(message: Json) -> dict[str, int]:
    texts = {one["answer_id"]: one["poll_media"]["text"] for one in message["poll"]["answers"]}
    return {texts[one["id"]]: one["count"] for one in message["poll"]["results"]["answer_counts"]}


async def ended(member: Member, message: Json) -> Json:
    """The message of a poll once its votes are counted."""
    return await member.message_where(
        lambda one: one["id"] == message["id"] and one["poll"]["results"]["is_finalized"]
    )


async def test_a_poll_from_its_first_vote_to_its_result(
    bot_api: Api, ada_api: Api, bo: Member, local: LocalDiscord, research: Channel
) -> None:
    path = f"/channels/{research.id}"
    async with on_line(local.base_url) as hearing, on_line(local.base_url) as deaf:
        await hearing.identify(local.bot_token, GUILD_MESSAGES | GUILD_POLLS)
        await deaf.identify(local.bot_token, GUILD_MESSAGES | DIRECT_POLLS)
        sent = await bot_api.ok("POST", f"{path}/messages", poll(allow_multiselect=True, duration=2))
        assert sent["poll"]["question"] == {"text": "Which tree?"}
        assert [one["answer_id"] for one in sent["poll"]["answers"]] == [1, 2, 3]
        assert sent["poll"]["results"] == {"answer_counts": [], "is_finalized": False}

        await bo.vote(sent, "Oak", "Ash")
        ada = person(local, "ada")
        await ada_api.ok("PUT", f"{path}/polls/{sent['id']}/answers/@me", {"answer_ids": ["1"]})
        now = await bot_api.ok("GET", f"{path}/messages/{sent['id']}")
        assert counts(now) == {"Oak": 2, "Ash": 1}
        own = cast("Json", await bo.request("GET", f"{path}/messages/{sent['id']}"))
        assert [one["me_voted"] for one in own["poll"]["results"]["answer_counts"]] == [True, True]

        await bo.vote(sent, "Ash")
        await bo.vote(sent)
        await bo.vote(sent, "Elm")
        voters = f"{path}/polls/{sent['id']}/answers"
        assert [one["id"] for one in (await bot_api.ok("GET", f"{voters}/1"))["users"]] == [str(ada)]
        assert [one["id"] for one in (await bot_api.ok("GET", f"{voters}/2"))["users"]] == [bo.user_id]
        assert (await bot_api.ok("GET", f"{voters}/3"))["users"] == []

        over = await bot_api.ok("POST", f"{path}/polls/{sent['id']}/expire", status=200)
        assert over["poll"]["expiry"] < sent["poll"]["expiry"]
        final = await ended(bo, sent)
        assert counts(final) == {"Oak": 1, "Elm": 1}
        result = await bo.message_where(lambda one: one["type"] == 46)
        assert result["message_reference"]["message_id"] == sent["id"]
        assert result["author"]["id"] == sent["author"]["id"]
        (card,) = result["embeds"]
        said = {one["name"]: one["value"] for one in card["fields"]}
        assert card["type"] == "poll_result"
        # Two answers are level, so none has won.
        assert said == {
            "poll_question_text": "Which tree?",
            "victor_answer_votes": "1",
            "total_votes": "2",
        }
        with pytest.raises(DiscordRefused, match="expired"):
            await bo.vote(sent, "Oak")
        heard = [
            (frame["t"], frame["d"]["user_id"], frame["d"]["answer_id"])
            for frame in await hearing.events()
            if "POLL" in frame["t"]
        ]
        add, remove, me = "MESSAGE_POLL_VOTE_ADD", "MESSAGE_POLL_VOTE_REMOVE", bo.user_id
        assert heard == [
            (add, me, 1), (add, me, 3), (add, str(ada), 1),
            (remove, me, 1), (remove, me, 3), (add, me, 2),
        ]  # fmt: skip
        assert not [frame for frame in await deaf.events() if "POLL" in frame["t"]]


async def test_who_voted_comes_in_pages(
    bot_api: Api, local: LocalDiscord, research: Channel, guild_id: int
) -> None:
    path = f"/channels/{research.id}"
    sent = await bot_api.ok("POST", f"{path}/messages", poll())
    ids: list[int] = []
    for number in range(5):
        body = {"name": f"voter{number}"}
        joined = await bot_api.http.post(
            f"/local/guilds/{guild_id}/members", json=body, headers={"X-Local-Key": local.key}
        )
        ids.append(int(joined.json()["user"]["id"]))
        async with as_person(local, ids[-1]) as http:
            await Api(http).ok("PUT", f"{path}/polls/{sent['id']}/answers/@me", {"answer_ids": ["2"]})
    found: list[int] = []
    while page := (
        await bot_api.ok(
            "GET", f"{path}/polls/{sent['id']}/answers/2?limit=2&after={found[-1] if found else 0}"
        )
    )["users"]:
        assert len(page) <= 2
        found += [int(one["id"]) for one in page]
    assert found == sorted(ids)


async def test_a_poll_ends_by_the_clock_also_after_a_restart(tmp_path: Path, fake: FakeClock) -> None:
    config = Config(state_dir=tmp_path, settings=QUICK, clock=fake.clock)
    async with running(config) as before:
        place = channel(before, "research")
        path = f"/channels/{place.id}"
        async with (
            client(before, {"Authorization": f"Bot {before.bot_token}"}) as http,
            join(before.base_url, before.key, "bo") as bo,
        ):
            first = await Api(http).ok("POST", f"{path}/messages", poll(duration=1))
            second = await Api(http).ok("POST", f"{path}/messages", poll(duration=2))
            await bo.vote(first, "Elm")
            await bo.vote(second, "Ash")
            await fake.advance(HOUR)
            await fake.advance(QUICK.poll_tally)
            assert counts(await ended(bo, first)) == {"Elm": 1}
            result = await bo.message_where(lambda one: one["type"] == 46)
            said = {one["name"]: one["value"] for one in result["embeds"][0]["fields"]}
            assert (said["victor_answer_id"], said["victor_answer_text"]) == ("2", "Elm")
        world = snapshot_of(before.stage.world, before.stage.ids)
    async with running(config) as after:
        assert snapshot_of(after.stage.world, after.stage.ids) == world
        async with join(after.base_url, after.key, "bo") as bo:
            await fake.advance(HOUR)
            await fake.advance(QUICK.poll_tally)
            assert counts(await ended(bo, second)) == {"Ash": 1}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (poll(*("x" for _ in range(11))), ("answers",)),
        (poll("x" * 56), ("answers", "0", "poll_media", "text")),
        (poll(""), ("answers", "0", "poll_media", "text")),
        (poll(duration=0), ("duration",)),
        (poll(duration=769), ("duration",)),
        (poll(layout_type=2), ("layout_type",)),
        (poll(question={"text": "x" * 301}), ("question", "text")),
        (poll(question={}), ("question", "text")),
        (poll(answers=[]), ("answers",)),
        (poll(answers=[dict[str, object]()]), ("answers", "0", "poll_media")),
        (
            poll(answers=[{"poll_media": {"text": "x", "emoji": {"name": "no"}}}]),
            ("answers", "0", "poll_media", "emoji", "name"),
        ),
    ],
)
async def test_a_wrong_poll_is_refused(
    bot_api: Api, research: Channel, body: Json, path: tuple[str, ...]
) -> None:
    code, answer = await bot_api.refused("POST", f"/channels/{research.id}/messages", body)
    place = answer["errors"]["poll"]
    for step in path:
        place = place[step]
    assert (code, bool(place["_errors"])) == (50035, True)


async def test_what_may_not_be_done_with_a_poll(
    bot_api: Api, ada_api: Api, bo: Member, bo_api: Api, research: Channel
) -> None:
    path = f"/channels/{research.id}"
    heart = [{"poll_media": {"text": "Oak", "emoji": {"name": "🌳"}}}]
    sent = await bot_api.ok("POST", f"{path}/messages", {"content": "Choose", **poll(answers=heart)})
    assert sent["poll"]["answers"][0]["poll_media"]["emoji"] == {"id": None, "name": "🌳"}
    plain = await bot_api.ok("POST", f"{path}/messages", {"content": "no poll"})
    other = await ada_api.ok("POST", f"{path}/messages", poll())

    def of(message: Json) -> str:
        return f"{path}/polls/{message['id']}"

    assert (await bot_api.refused("PATCH", f"{path}/messages/{sent['id']}", {"content": "x"}))[0] == 520003
    assert (await bot_api.refused("PUT", f"{of(sent)}/answers/@me", {"answer_ids": ["1"]}))[0] == 20001
    assert (await bot_api.refused("POST", f"{of(plain)}/expire"))[0] == 520006
    assert (await bot_api.refused("POST", f"{of(other)}/expire"))[0] == 50005
    assert (await bot_api.refused("GET", f"{of(plain)}/answers/1"))[0] == 10008
    assert (await bot_api.refused("GET", f"{of(sent)}/answers/2"))[0] == 10008
    for wrong in (["1", "2"], ["9"], "1", None):
        code, _ = await bo_api.refused("PUT", f"{of(other)}/answers/@me", {"answer_ids": wrong})
        assert code == 50035
    assert (await bo_api.refused("PUT", f"{of(plain)}/answers/@me", {"answer_ids": []}))[0] == 520000
    with pytest.raises(UserError, match="no answer Fir"):
        await bo.vote(other, "Fir")
    with pytest.raises(UserError, match="no poll"):
        await bo.vote(plain, "Oak")
    strange = [{"poll_media": {"text": "Oak", "emoji": {"id": "12345"}}}]
    assert (await bot_api.refused("POST", f"{path}/messages", poll(answers=strange)))[0] == 520004
    nobody = {"type": 0, "deny": str(1 << 49)}
    await ada_api.ok("PUT", f"{path}/permissions/{research.guild_id}", nobody)
    assert (await bo_api.refused("POST", f"{path}/messages", poll()))[0] == 50013

    found = await bot_api.ok("GET", f"/guilds/{research.guild_id}/messages/search?has=poll")
    assert [one[0]["id"] for one in found["messages"]] == [other["id"], sent["id"]]
