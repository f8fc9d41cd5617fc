"""AC-M2: nobody is told what they could not read on Discord, whoever asks and whoever reads the answer."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from random import Random

import pytest

from bot.clock import Clock
from bot.discord.api import DiscordApi, open_api, pointed_at
from bot.discord.guild_members import GuildMembers
from bot.local_discord.members.permissions import (
    ADMINISTRATOR,
    EVERYONE_DEFAULT,
    MANAGE_THREADS,
    READ_MESSAGE_HISTORY,
    VIEW_CHANNEL,
    can_see,
    in_channel,
)
from bot.local_discord.model import (
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    VOICE,
    Channel,
    Guild,
    Member,
    Overwrite,
    Role,
    ThreadMember,
    ThreadState,
    User,
)
from bot.local_discord.server import Config, LocalDiscord, running
from bot.memory.embedder import EmbeddingSpace, Vector
from bot.memory.library import Library, Recollection
from bot.memory.recall import Question
from bot.memory.recaller import Query, Recaller
from bot.memory.whereabouts import place_of
from bot.mirror.permissions import reads
from bot.mirror.reader import Mirror, Stale
from bot.storage.database import Database
from tests.bot.discord.mirrored import as_ours, mirror_of, mirroring
from tests.sizes import size
from tests.waiting import eventually

pytestmark = pytest.mark.slow

GUILDS = size("AC-M2 guilds", small=2, stated=20)
CHANNELS = size("AC-M2 channels", small=8, stated=30)
USERS = size("AC-M2 users", small=12, stated=50)
QUERIES = size("AC-M2 queries", small=80, stated=10_000)
READ = VIEW_CHANNEL | READ_MESSAGE_HISTORY
BITS = (READ, VIEW_CHANNEL, READ_MESSAGE_HISTORY, MANAGE_THREADS, 0)


class Alike:
    """To it all texts mean the same, so that nothing but rights keeps one memory from being found."""

    space = EmbeddingSpace("alike", 2)

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        return [[1.0, 0.0] for _ in texts]

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class House:
    """Guilds with random rights, of each of whose places one thing is remembered."""

    local: LocalDiscord
    guilds: tuple[int, ...]
    chance: Random

    def build(self) -> None:
        """Fill the guilds before anybody listens."""
        world, take, chance = self.local.stage.world, self.local.stage.ids.take, self.chance
        now, bot = world.now(), self.local.application_id
        people = [take() for _ in range(USERS)]
        for number, person in enumerate(people):
            world.put_user(User(person, f"person-{number}"))
        for guild in self.guilds:
            world.put_guild(Guild(guild, f"Guild {guild}", people[0]))
            everybody = EVERYONE_DEFAULT & ~chance.choice((0, 0, VIEW_CHANNEL, READ_MESSAGE_HISTORY))
            world.put_role(Role(guild, guild, "@everyone", everybody))
            roles = [take() for _ in range(5)]
            for position, role in enumerate(roles, 2):
                bits = ADMINISTRATOR if chance.random() < 0.1 else chance.choice(BITS)
                world.put_role(Role(role, guild, f"role {position}", bits, position))
            mine = take()
            world.put_role(Role(mine, guild, "bot", EVERYONE_DEFAULT | MANAGE_THREADS, 1, bot_id=bot))
            world.put_member(Member(guild, bot, now, (mine,)))
            for person in people:
                world.put_member(
                    Member(guild, person, now, tuple(role for role in roles if chance.random() < 0.3))
                )
            for number in range(CHANNELS):
                self._channel(guild, number, people, [guild, *roles])

    def _channel(self, guild: int, number: int, people: list[int], roles: list[int]) -> None:
        world, take, chance = self.local.stage.world, self.local.stage.ids.take, self.chance
        targets = [(role, 0) for role in roles] + [(person, 1) for person in people[:4]]
        overwrites = tuple(
            Overwrite(target, kind, chance.choice(BITS) & ~(deny := chance.choice(BITS)), deny)
            for target, kind in chance.sample(targets, k=chance.randint(0, 4))
        )
        kind = VOICE if number % 6 == 5 else TEXT
        channel = Channel(take(), kind, f"c{number}", guild, overwrites=overwrites, nsfw=number % 7 == 6)
        world.put_channel(channel)
        now = world.now()
        for thread_kind in (PUBLIC_THREAD, PRIVATE_THREAD) if kind == TEXT and number % 2 == 0 else ():
            some = chance.sample(people, k=3)
            # The bot takes part, or Discord would not tell it who else does.
            members = tuple(ThreadMember(one, now) for one in (*some, self.local.application_id))
            state = ThreadState(some[0], now, now, members=members)
            world.put_channel(
                Channel(take(), thread_kind, f"t{number}", guild, parent_id=channel.id, thread=state)
            )

    def places(self, guild: int) -> list[Channel]:
        """All channels and threads."""
        world = self.local.stage.world
        return [*world.channels_of(guild), *world.threads_of(guild)]

    def may_read(self, person: int, place_id: int) -> bool:
        """By the local Discord's own computation."""
        world = self.local.stage.world
        place = world.channels[place_id]
        return reads(in_channel(world, person, place), as_ours(place))

    def seen_by(self, guild: int, place: Channel) -> list[int]:
        """Everybody who can see a place and what is said there."""
        world = self.local.stage.world
        return [
            one.user_id
            for one in world.members_of(guild)
            if one.user_id != self.local.application_id and can_see(world, one.user_id, place)
        ]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with running(Config()) as local:
        guilds = tuple(local.stage.ids.take() for _ in range(GUILDS))
        found = House(local, guilds, Random(8))  # noqa: S311 - rights and questions of a test
        found.build()
        yield found


async def remember_everywhere(database: Database, library: Library, house: House) -> None:
    for guild in house.guilds:
        for place in house.places(guild):
            async with database.connection() as conn:
                where = await place_of(conn, guild, place.id)
            made = await library.prepare(
                where, kind="fact", key=str(place.id), title="harvest", body="apples"
            )
            async with database.transaction() as conn:
                assert await library.write(conn, made)


async def all_known(mirror: Mirror, guilds: Sequence[int]) -> bool:
    try:
        for guild in guilds:
            await mirror.picture(guild)
    except Stale:
        return False
    return True


async def test_nobody_is_told_what_they_could_not_read(house: House, database: Database) -> None:
    clock, world, chance = Clock(), house.local.stage.world, house.chance
    library = Library(database, Alike(), clock)
    with pointed_at(house.local.api_url):
        async with open_api(house.local.bot_token) as api, mirroring(house.local.bot_token, database):
            mirror = mirror_of(database, api)
            await eventually(lambda: all_known(mirror, house.guilds))
            await remember_everywhere(database, library, house)
            asking = Asking(house, api, Recaller(library, mirror))
            for number in range(QUERIES):
                guild = chance.choice(house.guilds)
                member = chance.choice(
                    [one for one in world.members_of(guild) if one.user_id != house.local.application_id]
                )
                if number % 4 == 3 and member.roles:
                    # taken away at this moment: the next question already knows
                    member = replace(member, roles=member.roles[1:])
                    world.put_member(member)
                await asking.ask(guild, member.user_id)
            assert asking.told > QUERIES
            assert asking.unfiltered_leaks > 0


@dataclass(slots=True)
class Asking:
    """Asks as a person in a place, for them and for all, and looks at each answer with Discord's eyes."""

    house: House
    api: DiscordApi
    recaller: Recaller
    told: int = 0
    unfiltered_leaks: int = 0

    async def ask(self, guild: int, person: int) -> None:
        house = self.house
        open_to_them = [
            place
            for place in house.places(guild)
            if can_see(house.local.stage.world, person, place)
            and can_see(house.local.stage.world, house.local.application_id, place)
        ]
        if not open_to_them:
            return
        place = house.chance.choice(open_to_them)
        query = Query(guild, place.id, "harvest apples", limit=100)
        reader = await GuildMembers(self.api, Clock()).reader(guild, person)
        assert reader is not None
        own = _places(await self.recaller.for_one(query, reader), guild)
        assert all(house.may_read(person, one) for one in own), (person, place.name, own)
        shared = _places(await self.recaller.for_all(query), guild)
        for one in house.seen_by(guild, place):
            told = [place_id for place_id in shared if not self._sees_answer_only(one, place, place_id)]
            assert all(house.may_read(one, place_id) for place_id in told), (one, place.name, shared)
        self.told += len(own) + len(shared)
        self.unfiltered_leaks += await self._leaks_without_the_filter(guild, person)

    def _sees_answer_only(self, person: int, place: Channel, found: int) -> bool:
        """Who sees a voice channel without getting in sees no answer there, either."""
        granted = in_channel(self.house.local.stage.world, person, place)
        return found == place.id and granted & READ == READ

    async def _leaks_without_the_filter(self, guild: int, person: int) -> int:
        """The ordinary approach, a filter by guild alone, tells people of places that they cannot read."""
        ids = [place.id for place in self.house.places(guild)]
        question = Question(guild, "harvest apples", ids, limit=100)
        found = await self.recaller.library.search(question, await self.recaller.library.embedded("x"))
        return sum(not self.house.may_read(person, one) for one in _places(found, guild))


def _places(found: Sequence[Recollection], guild: int) -> set[int]:
    assert all(one.guild_id == guild for one in found)
    return {one.place_id for one in found}
