"""What is kept across restarts, and what is said when it cannot be."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import Clock
from bot.errors import ConfigError
from bot.local_discord.client.member import join
from bot.local_discord.files import write_atomically
from bot.local_discord.server import Config, running
from bot.local_discord.snapshot import FILE, load, snapshot_of, world_of
from bot.local_discord.snowflake import EPOCH, Snowflakes, moment
from tests.bot.local_discord.asking import QUICK, Api, as_person, channel, client, person


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path, settings=QUICK)
    async with running(config) as before:
        place = channel(before, "research")
        async with client(before, {"Authorization": f"Bot {before.bot_token}"}) as http:
            api = Api(http)
            sent = await api.ok("POST", f"/channels/{place.id}/messages", {"content": "kept", "nonce": "n"})
            await api.ok("POST", f"/channels/{place.id}/messages/{sent['id']}/threads", {"name": "T"})
            await api.ok("PUT", f"/channels/{place.id}/messages/{sent['id']}/reactions/👍/@me")
            await api.ok("POST", f"/channels/{place.id}/webhooks", {"name": "Scout"})
            command = {"name": "research", "description": "d"}
            await api.ok("PUT", f"/applications/{before.application_id}/commands", [command])
            files = {"files[0]": ("a.txt", b"bytes")}
            upload = (await api.call("POST", f"/channels/{place.id}/messages", files=files)).json()
        world = snapshot_of(before.stage.world, before.stage.ids)
    async with running(config) as after:
        assert snapshot_of(after.stage.world, after.stage.ids) == world
        assert after.bot_token == before.bot_token
        async with client(after, {"Authorization": f"Bot {after.bot_token}"}) as http:
            api = Api(http)
            again = {"content": "kept", "nonce": "n", "enforce_nonce": True}
            assert (await api.ok("POST", f"/channels/{place.id}/messages", again))["id"] == sent["id"]
            new = await api.ok("POST", f"/channels/{place.id}/messages", {"content": "newer"})
            assert int(new["id"]) > world.last_id
            path = upload["attachments"][0]["url"].removeprefix(before.base_url)
            assert (await http.get(path)).content == b"bytes"


async def test_changes_are_saved_while_it_runs(tmp_path: Path) -> None:
    async with running(Config(state_dir=tmp_path, settings=QUICK)) as local:
        place = channel(local, "general")
        async with as_person(local, person(local, "bo")) as http, asyncio.timeout(5):
            await Api(http).ok("POST", f"/channels/{place.id}/messages", {"content": "soon on disk"})
            while (saved := load(tmp_path)) is None or world_of(saved).message_count(place.id) == 0:
                await Api(http).ok("GET", "/users/@me")


async def test_one_directory_serves_one_server(tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path, settings=QUICK)
    async with running(config):
        with pytest.raises(ConfigError, match="Another local Discord"):
            async with running(config):
                pytest.fail("two servers must not share a directory")
    async with running(config):
        pass


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 1}', "\x00" * 10])
async def test_a_damaged_file_is_named_and_kept(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(ConfigError, match="damaged") as caught:
        async with running(Config(state_dir=tmp_path)):
            pytest.fail("a damaged state must not be replaced")
    assert caught.value.file == tmp_path / FILE
    assert (tmp_path / FILE).read_text() == content


async def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    async with running(Config(state_dir=tmp_path, settings=QUICK)):
        pass
    text = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(text.replace('"version":1', '"version":2', 1))
    with pytest.raises(ConfigError, match="newer version"):
        async with running(Config(state_dir=tmp_path)):
            pytest.fail("a newer state must not be read")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "state"
    write_atomically(target, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


@given(
    st.lists(st.integers(min_value=-5_000, max_value=5_000), min_size=1, max_size=50), st.integers(0, 1 << 62)
)
def test_ids_only_grow_whatever_the_clock_does(steps: list[int], last: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    def tell() -> datetime:
        return now

    ids = Snowflakes(Clock(now=tell), last=last)
    before = last
    for step in steps:
        now = now + timedelta(milliseconds=step)
        taken = ids.take()
        assert taken > before
        before = taken


@given(st.datetimes(min_value=datetime(2015, 1, 2), max_value=datetime(2080, 1, 1)))  # noqa: DTZ001 - hypothesis wants them naive
def test_an_id_tells_its_time(when: datetime) -> None:
    aware = when.replace(tzinfo=UTC, microsecond=when.microsecond // 1000 * 1000)
    assert moment(Snowflakes(Clock(now=lambda: aware)).take()) == aware
    assert aware > EPOCH


async def test_people_come_back_to_the_same_place(tmp_path: Path) -> None:
    config = Config(state_dir=tmp_path, settings=QUICK)
    async with running(config) as local, join(local.base_url, local.key) as me:
        who = me.user_id
        await me.say(local.stage.world.welcome_channel, "I was here")
    async with running(config) as local, join(local.base_url, local.key) as me:
        assert me.user_id == who
        assert [m["content"] for m in await me.messages(local.stage.world.welcome_channel)] == ["I was here"]
