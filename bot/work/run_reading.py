"""What a run reads of what people said and attached; all of it is from outside, and the run is marked before it is read."""

from datetime import timedelta

from bot.discord.direct import home_table
from bot.errors import OutsideError
from bot.llm.protocol import Passage
from bot.plugins.values import Attachment
from bot.work.runs_table import RunRow
from bot.work.services import RunServices
from bot.work.surface import Said
from bot.work.taint import RunTaint
from bot.work.transcript import Utterance, transcript


class RunReading:
    """What one run reads; `bot.work.run.Run` says of each method what it does."""

    def __init__(self, row: RunRow, services: RunServices, taint: RunTaint) -> None:
        self._row = row
        self._services = services
        self._taint = taint

    async def history(self, channel_id: int, *, since: timedelta | None, limit: int) -> list[Passage]:
        """What people said in a channel, as material for an agent."""
        await self._taint.mark("history")
        said = await self._services.surface.history(channel_id, since=since, limit=limit)
        return [_passage(message) for message in said if message.text and not message.is_bot]

    async def transcript(
        self, channel_id: int, *, before: int | None, after: int | None, limit: int
    ) -> list[Utterance]:
        """What people and agents said in a channel, between two messages."""
        await self._taint.mark("history")
        principal = self._row.principal
        guild_id = None if principal.direct else principal.guild_id
        if principal.direct:
            after = await self._not_of_another_server(after)
        return await transcript(self._services, guild_id, channel_id, before=before, after=after, limit=limit)

    async def file(self, file: Attachment, *, most_bytes: int) -> bytes:
        """What somebody attached. Raises `OutsideError`."""
        if self._services.files is None:
            raise OutsideError("Files cannot be read here.")
        await self._taint.mark("attachment")
        return await self._services.files.read(file.url, most_bytes)

    async def _not_of_another_server(self, after: int | None) -> int | None:
        """What was said directly while that belonged to another server is not read for this one."""
        principal = self._row.principal
        async with self._services.database.connection() as conn:
            home = await home_table.of_member(conn, principal.member_id)
        if home is None or home.since is None or home.guild_id != principal.guild_id:
            return after
        return max(home.since, after or 0)


def _passage(message: Said) -> Passage:
    return Passage(str(message.id), message.text, author=message.author, published=message.at)
