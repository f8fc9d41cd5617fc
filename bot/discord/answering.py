"""What the person who acted is answered, privately: a text, what has no room in it after that, or a form."""

from collections.abc import Sequence
from typing import Any

from bot.discord import private
from bot.discord.answers import Answers
from bot.storage.database import Database
from bot.work.surface import Button, File, Say, Select


class Answering:
    """Answers one person; ``key`` names the event, so that what comes after the first message is said at most once."""

    def __init__(
        self, answers: Answers, database: Database, key: str, *, channel_id: int, user_id: int
    ) -> None:
        self._answers = answers
        self._database = database
        self._key = key
        self._channel_id = channel_id
        self._user_id = user_id
        self._replies = 0

    async def reply(self, text: str, components: Sequence[Button | Select], files: Sequence[File]) -> None:
        """Answer in place of what was answered before; what is too long for one message follows in more."""
        await self._answers.say_safely(text, components, files)
        self._replies += 1
        more = "\n".join(self._answers.parts(text)[1:])
        if more:
            async with self._database.transaction() as conn:
                await private.follow_up(
                    conn,
                    f"{self._key}:more:{self._replies}",
                    channel_id=self._channel_id,
                    token=self._answers.token,
                    user_id=self._user_id,
                    say=Say(more),
                )

    async def open_form(self, form: dict[str, Any]) -> None:
        """Answer with a form. Raises `ConfigError` where something was answered before."""
        await self._answers.open_form(form)
