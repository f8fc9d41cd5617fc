"""The guilds for which a process without a gateway works: it reads what they have chosen when a run first comes from one."""

from bot.plugins.guilds import Guilds


class WorkerGuilds:
    """Implements `bot.discord.choices_watch.Follower` where no gateway tells of guilds."""

    def __init__(self, guilds: Guilds) -> None:
        self._rules = guilds
        self._known: set[int] = set()

    @property
    def guilds(self) -> frozenset[int]:
        """The guilds from which runs came."""
        return frozenset(self._known)

    async def learn(self, guild_id: int) -> None:
        """Know what a guild has chosen. Raises `OutsideError` where the database does not answer."""
        await self._rules.learn(guild_id)
        self._known.add(guild_id)

    async def catch_up(self, guild_id: int) -> bool:
        """Another process has changed something in a guild: it takes effect here; False where nothing is new."""
        if guild_id not in self._known or not await self._rules.outdated([guild_id]):
            return False
        await self._rules.refresh(guild_id)
        return True
