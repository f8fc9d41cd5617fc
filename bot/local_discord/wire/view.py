"""What a builder needs to know: the world, where it is served, and who is looking."""

from dataclasses import dataclass
from datetime import datetime

from bot.local_discord.world import World


@dataclass(frozen=True, slots=True)
class View:
    """The world as ``viewer`` (a user id, 0 for nobody) sees it, with links that start with ``base_url``."""

    world: World
    base_url: str
    viewer: int = 0


def stamp(moment: datetime) -> str:
    """A time as Discord writes it, in UTC with microseconds and offset."""
    return moment.isoformat(timespec="microseconds")


def maybe_stamp(moment: datetime | None) -> str | None:
    """A time as Discord writes it, or null."""
    return None if moment is None else stamp(moment)


def maybe_id(snowflake: int | None) -> str | None:
    """An id as Discord writes it, or null."""
    return None if snowflake is None else str(snowflake)
