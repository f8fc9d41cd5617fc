"""What messages, threads and webhooks have is the same after a restart."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.local_discord.server import Config, running
from bot.local_discord.snapshot import snapshot_of
from bot.testing.fake_clock import FakeClock
from tests.bot.local_discord.asking import QUICK, Api, as_person, channel, client, person
from tests.bot.local_discord.test_attachments import png, posted, text
from tests.bot.local_discord.test_publishing import followed
from tests.bot.local_discord.test_references import forward
from tests.bot.local_discord.test_thread_life import forum


async def test_everything_is_there_again(tmp_path: Path, fake: FakeClock) -> None:
    config = Config(settings=replace(QUICK, save_interval=1e9), clock=fake.clock, state_dir=tmp_path)
    async with running(config) as local, as_person(local, person(local, "ada")) as http:
        ada, research = Api(http), channel(local, "research")
        guild_id = next(iter(local.stage.world.guilds))
        async with client(local, {"Authorization": f"Bot {local.bot_token}"}) as as_bot:
            embed = {"title": "t", "image": {"url": "attachment://a.png"}}
            files = (("a.png", png(3, 4), "image/png"), text("Übung.txt"))
            described = {"embeds": [embed], "attachments": [{"id": 0}, {"id": 1, "is_spoiler": True}]}
            source = await posted(Api(as_bot), research, described, *files)
        path = f"/channels/{research.id}/messages"
        carried = await ada.ok("POST", path, forward(source))
        news, _ = await followed(ada, guild_id, research)
        published = await ada.ok("POST", f"/channels/{news['id']}/messages", {"content": "news"})
        await ada.ok("POST", f"/channels/{news['id']}/messages/{published['id']}/crosspost")
        ideas = await forum(ada, guild_id)
        tag = ideas["available_tags"][0]["id"]
        body = {"name": "x", "applied_tags": [tag], "message": {"content": "x"}}
        post = await ada.ok("POST", f"/channels/{ideas['id']}/threads", body)
        await ada.ok("PATCH", f"/channels/{post['id']}", {"flags": 2})
        await ada.ok("PATCH", f"/channels/{research.id}", {"rate_limit_per_user": 600})
        async with as_person(local, person(local, "bo")) as as_bo:
            await Api(as_bo).ok("POST", path, {"content": "slow"})
        listed = await ada.ok("GET", path)
        before = snapshot_of(local.stage.world, local.stage.ids)
    async with running(config) as local, as_person(local, person(local, "ada")) as http:
        assert snapshot_of(local.stage.world, local.stage.ids) == before
        ada = Api(http)
        moved = [{**message, "attachments": 0, "embeds": 0, "message_snapshots": 0} for message in listed]
        again = await ada.ok("GET", path)
        assert [
            {**message, "attachments": 0, "embeds": 0, "message_snapshots": 0} for message in again
        ] == moved
        kept = await ada.ok("GET", f"{path}/{carried['id']}")
        file = kept["message_snapshots"][0]["message"]["attachments"][0]
        assert (file["title"], file["flags"]) == ("Übung", 8)
        for url in (file["url"], kept["message_snapshots"][0]["message"]["embeds"][0]["image"]["url"]):
            assert (await http.get(url)).status_code == 200
        async with as_person(local, person(local, "bo")) as as_bo:
            assert (await Api(as_bo).refused("POST", path, {"content": "still slow"}))[0] == 20016
            await fake.advance(timedelta(minutes=10))
            await Api(as_bo).ok("POST", path, {"content": "now"})
