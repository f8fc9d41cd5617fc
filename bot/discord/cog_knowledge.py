"""What the cogs that are on in a place know of it, gathered for the agents that work there."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from bot.discord.entrance import Entrance
from bot.discord.events import Author, Where
from bot.discord.homes import Homes
from bot.discord.reporting import broken
from bot.errors import CogswarmError
from bot.memory.known import Knowledge
from bot.plugins.cog import Cog
from bot.plugins.gate import Knock
from bot.work.principal import Principal

NOT_TOLD = "What “{cog}” knows of this place could not be read: {reason}"

log = structlog.get_logger(__name__)


class CogKnowledge:
    """Implements `bot.work.services.Knowing`. Until `serve` was called nothing is known."""

    def __init__(self, cogs: Mapping[str, Cog]) -> None:
        self._cogs = [cog for cog in cogs.values() if cog.knowing]
        self._entrance: Entrance | None = None
        self._homes: Homes | None = None

    def serve(self, entrance: Entrance, homes: Homes) -> None:
        """From now on cogs are asked, through ``entrance``."""
        self._entrance, self._homes = entrance, homes

    async def __call__(
        self, principal: Principal, place_id: int, reads: Callable[[int, str], bool]
    ) -> Knowledge:
        """As `Knowing`. A cog that fails is named in the notes, and the others are asked all the same."""
        if not self._cogs or self._entrance is None or self._homes is None:
            return Knowledge()
        try:
            place = await self._homes.home(place_id)
            home = await self._homes.home(place.base_id)
        except CogswarmError as error:
            log.info("place_not_known", place=place_id, reason=str(error))
            return Knowledge()
        if not reads(home.id, home.name):
            return Knowledge()
        where = Where(principal.guild_id, place_id, place.is_thread, home_id=home.id, home_name=home.name)
        gathered = Knowledge()
        for cog in self._cogs:
            if self._is_on(self._entrance, cog, where):
                found = await _asked(self._entrance, cog, where, Author(principal.member_id, principal.name))
                gathered = replace(
                    gathered, items=(*gathered.items, *found.items), notes=(*gathered.notes, *found.notes)
                )
        return gathered

    def _is_on(self, entrance: Entrance, cog: Cog, where: Where) -> bool:
        """Whether it is on there, whoever asks: it is the place that knows."""
        return entrance.doorkeeper.allows(
            Knock(
                cog.name, where.guild_id, entrance.me, author_is_bot=True, author_is_me=True, way="job",
                channel_id=where.channel_id, home_id=where.home_id,
            )
        )  # fmt: skip


async def _asked(entrance: Entrance, cog: Cog, where: Where, author: Author) -> Knowledge:
    context = entrance.context(cog, 0, where, author)
    items: list[Knowledge] = []
    for knows in cog.knowing:
        try:
            items.append(await knows(context))
        except CogswarmError as error:
            log.warning("not_known", cog=cog.name, reason=str(error))
            items.append(Knowledge(notes=(NOT_TOLD.format(cog=cog.name, reason=str(error)),)))
        except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
            items.append(Knowledge(notes=(NOT_TOLD.format(cog=cog.name, reason=broken(cog.name, error)),)))
    return Knowledge(
        tuple(one for found in items for one in found.items),
        tuple(note for found in items for note in found.notes),
    )
