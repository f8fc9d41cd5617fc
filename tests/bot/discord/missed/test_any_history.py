"""Whatever people do and however often the bot is away: what remains is handled once, and nothing twice."""

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from bot.app import Bot
from bot.discord.events import Message
from bot.local_discord.gateway.faults import GatewayFault
from bot.local_discord.server import LocalDiscord
from cogswarm.testing import BotWith, DiscordRefused, Heard, Person
from tests.bot.discord.missed.scribe import Scribe, caught_up, deafen, runs_by_message
from tests.sizes import size
from tests.waiting import eventually

EXAMPLES = size("missed events: histories", small=3, stated=25)
DEEDS = size("missed events: deeds in a history", small=10, stated=30)
PLACES = 3

places = st.integers(0, PLACES - 1)
deeds = st.one_of(
    st.tuples(st.just("say"), places),
    st.tuples(st.just("say"), places),
    st.tuples(st.sampled_from(["edit", "delete", "archive"]), places),
    st.tuples(st.sampled_from(["stop", "start", "deaf", "new session"]), st.just(0)),
)


@dataclass
class Model:
    """What was said and is still there, with who said it in which place."""

    remaining: dict[int, tuple[Heard, Person]] = field(default_factory=dict[int, tuple[Heard, Person]])


@dataclass
class Walk:
    """One history: people in a channel and two threads, and a bot that comes and goes."""

    bot_with: BotWith
    local: LocalDiscord
    places: list[Person]
    model: Model
    bot: Bot
    scribe: Scribe
    is_up: bool = True
    lives: list[int] = field(default_factory=lambda: [0])
    """How much had been heard when each bot began."""

    async def do(self, deed: str, place: int) -> None:
        """Do one thing; nothing where it cannot be done now, such as changing what stands in a sleeping thread."""
        with suppress(DiscordRefused):
            await self._do(deed, place)

    async def _do(self, deed: str, place: int) -> None:
        person = self.places[place]
        mine = [said for said, by in self.model.remaining.values() if by is person]
        match deed:
            case "say":
                said = await person.say("something")
                self.model.remaining[int(said.id)] = (said, person)
            case "edit" if mine:
                await person.edit(mine[-1], "something else")
            case "delete" if mine:
                await person.delete(mine[-1])
                del self.model.remaining[int(mine[-1].id)]
            case "archive" if place:
                await person.archive()
            case _:
                await self._away(deed)

    async def _away(self, deed: str) -> None:
        match deed:
            case "stop" if self.is_up:
                await self.bot_with.stop()
                self.is_up = False
            case "start":
                await self.start()
            case "deaf":
                deafen(self.local, "[MT]*")  # what happens to messages and threads
            case "new session" if self.is_up:
                await self.new_session()
            case _:
                return

    async def start(self) -> None:
        """Start the bot, again where it is up."""
        self.local.hub.faults.remove()
        await self.bot_with.stop()
        self.lives.append(len(self.scribe.messages))
        self.bot = await self.bot_with.restart()
        self.is_up = True

    async def new_session(self) -> None:
        """A frame that is no JSON ends nextcord's client: the next one begins a session, and that message is missed."""
        self.local.hub.faults.remove()
        me, before = self.local.application_id, self.bot.router.missed.session
        self.local.hub.faults.add(GatewayFault(0, "corrupt", "MESSAGE_CREATE", application_id=me))
        await self.do("say", 0)

        async def has_begun() -> bool:
            return self.bot.router.missed.session > before

        await eventually(has_begun)

    async def ended(self) -> None:
        """Let the bot be up and have done everything."""
        await self.start()
        for place in range(PLACES):
            await self.do("say", place)

        async def all_handled() -> bool:
            return self.model.remaining.keys() <= (await runs_by_message(self.bot)).keys()

        await eventually(all_handled)
        await caught_up(self.bot)


class Ground:
    """What the examples of this test share; no dataclass, of which hypothesis would print everything."""

    def __init__(self, bot_with: BotWith, member: Person, local: LocalDiscord) -> None:
        self.bot_with = bot_with
        self.member = member
        self.local = local


@pytest.fixture
def ground(bot_with: BotWith, member: Person, local_discord: LocalDiscord) -> Ground:
    return Ground(bot_with, member, local_discord)


@given(history=st.lists(deeds, min_size=3, max_size=DEEDS))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_any_history(ground: Ground, history: list[tuple[str, int]]) -> None:
    scribe = Scribe()
    bot = await ground.bot_with(scribe.cog())
    threads = [await ground.member.open_thread(name) for name in ("one", "two")]
    walk = Walk(ground.bot_with, ground.local, [ground.member, *threads], Model(), bot, scribe)
    # What a channel is heard from on is when somebody first listens there.
    await walk.ended()
    for deed, place in history:
        await walk.do(deed, place)
    await walk.ended()
    handled = await runs_by_message(walk.bot)
    assert set(handled.values()) <= {1}
    assert walk.model.remaining.keys() <= handled.keys()
    for place in walk.places:
        here = [(at, one.id) for at, one in enumerate(scribe.messages) if _is_in(one, place)]
        told = list(dict.fromkeys(message_id for _, message_id in here))
        assert told == sorted(told), "in each place in the order in which it was said"
        # Calls that were cut off by the end of a bot are made again by the next, in that order too.
        for begin, end in pairwise([*walk.lives, len(scribe.messages)]):
            heard = [message_id for at, message_id in here if begin <= at < end]
            assert heard == sorted(heard), "in each place and each life in the order in which it was said"


def _is_in(message: Message, place: Person) -> bool:
    return message.where.channel_id == int(place.channel_id)
