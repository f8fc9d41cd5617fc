"""The mirror as another process sees it: right, or known to be doubtful; through kills, absences and crowds."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import pytest
from psycopg import sql

from bot.clock import Clock
from bot.discord.api import DiscordApi, open_api, pointed_at
from bot.discord.homes import Homes
from bot.discord.thread_members import ThreadMembers
from bot.errors import OutsideError
from bot.local_discord.gateway.faults import GatewayFault
from bot.local_discord.members.membership import come_in, go_out
from bot.local_discord.scenes.crowd import Crowd, add_crowd
from bot.local_discord.server import LocalDiscord, running
from bot.mirror.reader import Mirror, MirrorSettings, Stale
from bot.storage.database import Database
from bot.testing.bots import BotWith
from tests.bot.discord.mirrored import Comparison, mirror_of, mirroring
from tests.sizes import size
from tests.tools import ROOT
from tests.waiting import eventually

GUILDS = size("mirror guilds", small=20, stated=1_000)


@dataclass(frozen=True, slots=True)
class House:
    """A local Discord, and the mirror of its first guild as a worker without a gateway reads it."""

    local: LocalDiscord
    api: DiscordApi
    database: Database
    mirror: Mirror

    @property
    def guild(self) -> int:
        return next(iter(self.local.stage.world.guilds))

    def channel(self, name: str) -> int:
        return next(one.id for one in self.local.stage.world.channels.values() if one.name == name)

    @property
    def comparison(self) -> Comparison:
        return Comparison(self.local, self.database, self.mirror, self.guild)

    async def right(self) -> None:
        """Wait until the mirror is as Discord, and knows it."""
        try:
            await eventually(self.comparison.holds)
        except TimeoutError:
            raise AssertionError(await self.comparison.differences()) from None

    async def why_stale(self, guild_id: int | None = None) -> str:
        try:
            await self.mirror.picture(guild_id or self.guild)
        except Stale as stale:
            return stale.why
        return ""

    async def stale(self, why: str) -> None:
        """Wait until the mirror refuses, for this reason."""

        async def refuses() -> bool:
            return await self.why_stale() == why

        await eventually(refuses)

    async def owner(self, method: str, path: str, **body: object) -> dict[str, str]:
        world = self.local.stage.world
        headers = {
            "X-Local-Key": self.local.key,
            "X-Local-Member": str(world.guilds[self.guild].owner_id),
        }
        async with httpx.AsyncClient(base_url=self.local.api_url, headers=headers, trust_env=False) as client:
            answer = await client.request(method, path, json=body or None)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    async def count(self, table: str) -> int:
        async with self.database.connection() as conn:
            cursor = await conn.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            row = await cursor.fetchone()
        return 0 if row is None else int(row[0])


@pytest.fixture
async def house(database: Database) -> AsyncGenerator[House]:
    async with running() as local:
        with pointed_at(local.api_url):
            async with open_api(local.bot_token) as api:
                yield House(local, api, database, mirror_of(database, api))


@asynccontextmanager
async def other_process(house: House, database_url: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A bot in a process of its own that keeps the mirror."""
    module = "tests.bot.discord.mirror_process"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", module, house.local.api_url, house.local.bot_token, database_url,
        cwd=ROOT, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_nothing_is_claimed_before_and_after_somebody_listens(house: House) -> None:
    assert await house.why_stale() == "unknown"
    async with mirroring(house.local.bot_token, house.database):
        await house.right()
        place = house.channel("research")
        found = await house.mirror.readable_by_all_of(house.guild, place)
        assert place in found.ids
        with pytest.raises(Stale, match="do not know this place"):
            await house.mirror.readable_by_all_of(house.guild, 1)
    await house.stale("missed")
    with pytest.raises(Stale, match="missed changes"):
        await house.mirror.readable_by_all_of(house.guild, place)


async def test_a_killed_bot_is_believed_for_a_while_only_and_its_successor_mends_what_it_missed(
    house: House, database_url: str
) -> None:
    """Killed between an event and its row; this process is the worker that reads."""
    hidden = house.channel("research")
    async with other_process(house, database_url) as first:
        await house.right()
        assert hidden in (await house.mirror.readable_by_all_of(house.guild, house.channel("general"))).ids
        async with house.database.transaction() as conn:
            await conn.execute("LOCK TABLE mirror_channel IN SHARE MODE")
            path = f"/channels/{hidden}/permissions/{house.guild}"
            await house.owner("PUT", path, type=0, allow="0", deny=str(1 << 10))

            async def is_waiting() -> bool:
                cursor = await conn.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                row = await cursor.fetchone()
                return row is not None and row[0] > 0

            await eventually(is_waiting)
            first.kill()
            await first.wait()
    impatient = mirror_of(house.database, house.api, silence=0.2)
    silent = replace(house, mirror=impatient)
    await silent.stale("silent")
    async with other_process(house, database_url):
        await house.right()
        assert (
            hidden not in (await house.mirror.readable_by_all_of(house.guild, house.channel("general"))).ids
        )


async def test_an_event_that_got_lost_makes_everything_doubtful_until_a_new_session(house: House) -> None:
    async with mirroring(house.local.bot_token, house.database) as intake:
        await house.right()
        session = intake.session
        lost = GatewayFault(0, "drop", event="GUILD_ROLE_UPDATE", application_id=house.local.application_id)
        house.local.hub.faults.add(lost)
        await house.owner("PATCH", f"/guilds/{house.guild}/roles/{house.guild}", permissions="0")
        await house.owner("PATCH", f"/guilds/{house.guild}", name="Something later")
        await house.right()
        assert intake.session is not session


async def test_guilds_that_are_away_are_doubted_and_those_that_are_left_forgotten(house: House) -> None:
    local = house.local
    async with mirroring(local.bot_token, house.database):
        await house.right()
        for session in local.hub.of_application(local.application_id):
            session.dispatch("GUILD_DELETE", {"id": str(house.guild), "unavailable": True})
        await house.stale("unavailable")
        assert await house.count("mirror_channel") > 0
        guild = local.stage.world.guilds[house.guild]
        member = local.stage.world.member(house.guild, local.application_id)
        assert member is not None
        go_out(local.stage, guild, member)
        await house.stale("unknown")
        assert [await house.count(f"mirror_{what}") for what in ("guild", "role", "channel")] == [0, 0, 0]
        come_in(local.stage, guild, local.application_id, permissions=1 << 3)
        await house.right()


async def test_guilds_left_while_nobody_listened_are_forgotten(house: House) -> None:
    local = house.local
    add_crowd(local.stage.world, Crowd(1, 3), clock=Clock(), ids=local.stage.ids)
    second = list(local.stage.world.guilds)[-1]
    async with mirroring(local.bot_token, house.database):
        await house.right()

        async def is_known() -> bool:
            return await house.why_stale(second) == ""

        await eventually(is_known)
    member = local.stage.world.member(second, local.application_id)
    assert member is not None
    go_out(local.stage, local.stage.world.guilds[second], member)
    async with mirroring(local.bot_token, house.database):
        await house.right()
        assert await house.why_stale(second) == "unknown"


async def test_a_crowd_is_there_at_once_and_what_is_as_it_was_is_not_written_again(house: House) -> None:
    world = house.local.stage.world
    add_crowd(world, Crowd(GUILDS, 50), clock=Clock(), ids=house.local.stage.ids)
    changed = list(world.guilds)[-1]

    async def all_sound() -> bool:
        async with house.database.connection() as conn:
            cursor = await conn.execute(
                "SELECT count(*) FROM mirror_guild JOIN mirror_line USING (epoch) WHERE trouble IS NULL"
            )
            row = await cursor.fetchone()
        return row is not None and row[0] == GUILDS + 1

    async def written() -> set[tuple[int, str]]:
        async with house.database.connection() as conn:
            cursor = await conn.execute("SELECT channel_id, xmin::text FROM mirror_channel")
            return {(int(row[0]), str(row[1])) for row in await cursor.fetchall()}

    async with mirroring(house.local.bot_token, house.database):
        await eventually(all_sound)
    assert await house.count("mirror_channel") >= GUILDS * 50
    before = await written()
    channel = world.channels_of(changed)[0]
    world.put_channel(replace(channel, name="renamed"))
    async with mirroring(house.local.bot_token, house.database):
        await eventually(all_sound)
    assert {number for number, _ in await written() - before} == {channel.id}


async def test_private_threads_are_read_by_who_is_in_them(house: House) -> None:
    world, general = house.local.stage.world, house.channel("general")
    async with mirroring(house.local.bot_token, house.database):
        thread = await house.owner("POST", f"/channels/{general}/threads", name="quiet", type=12)
        thread_id, bot = int(thread["id"]), house.local.application_id
        await house.owner("PUT", f"/channels/{thread_id}/thread-members/{bot}")
        await house.right()
        owner = world.guilds[house.guild].owner_id
        reading: list[int] = []
        for member in world.members_of(house.guild):
            who = house.comparison.reader(member)
            found = await house.mirror.readable_by(
                house.guild, who, place_id=general, private_threads=[thread_id]
            )
            reading += [member.user_id] if thread_id in found.ids else []
        assert owner in reading
        assert len(reading) < len(world.members_of(house.guild))
        found = await house.mirror.readable_by_all_of(house.guild, thread_id)
        assert thread_id in found.ids
        assert thread_id not in (await house.mirror.readable_by_all_of(house.guild, general)).ids
        stranger = next(m for m in world.members_of(house.guild) if m.user_id not in reading)
        house.local.fault("GET", "*/thread-members/*", status=500)
        with pytest.raises(OutsideError):
            await house.mirror.may_read(house.guild, house.comparison.reader(stranger), thread_id)
    members = ThreadMembers(house.api, Clock())
    asked = len(house.local.sent("GET", "*/thread-members/*"))
    assert [await members.takes_part(thread_id, stranger.user_id) for _ in range(3)] == [False] * 3
    assert not await members.takes_part(1, stranger.user_id)
    assert len(house.local.sent("GET", "*/thread-members/*")) == asked + 2


async def test_homes_are_found_in_the_mirror_and_asked_for_where_there_is_none(house: House) -> None:
    general = house.channel("general")
    assert (await Homes(house.api, house.database).home(general)).guild_id == house.guild
    asked = len(house.local.sent("GET", "/channels/*"))
    assert asked == 1
    async with mirroring(house.local.bot_token, house.database):
        await house.right()
    home = await Homes(house.api, house.database).home(house.channel("research"))
    assert (home.guild_id, home.base_id, home.is_thread) == (house.guild, home.id, False)
    assert len(house.local.sent("GET", "/channels/*")) == asked


async def test_what_was_only_asked_for_says_nothing_of_who_may_read(house: House) -> None:
    """A home that the deliverer asked for is no channel without exceptions."""
    await Homes(house.api, house.database).home(house.channel("general"))
    async with house.database.connection() as conn:
        cursor = await conn.execute("SELECT overwrites FROM mirror_channel")
        assert await cursor.fetchall() == [(None,)]


async def test_a_bot_keeps_a_mirror(bot_with: BotWith, local_discord: LocalDiscord) -> None:
    bot = await bot_with()
    guild = next(iter(local_discord.stage.world.guilds))
    comparison = Comparison(local_discord, bot.database, bot.mirror, guild)
    await eventually(comparison.holds)
    assert MirrorSettings().silence > 41.25 * 2
