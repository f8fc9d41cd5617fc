"""Answers to interactions: acknowledged at once and directly, results by editing the first answer."""

from collections.abc import Sequence
from typing import Any

import structlog

from bot.discord.api import DiscordApi
from bot.discord.events import Interaction
from bot.discord.failures import DiscordRefused, DiscordUnavailable
from bot.discord.limits import Urgency
from bot.discord.rendering import EPHEMERAL, SUPPRESS_EMBEDS, pieces
from bot.work.surface import Say

NO_MENTIONS: dict[str, Any] = {"parse": []}
_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _SUGGESTIONS = 4, 5, 6, 8
CHOICES = 25
CHOICE_LENGTH = 100
PATIENCE = 2.5
"""Seconds; an answer that is later is too late."""

log = structlog.get_logger(__name__)


class Answers:
    """Answers one interaction. Answers are private to the person who asked; what all see goes elsewhere."""

    def __init__(self, api: DiscordApi, interaction: Interaction) -> None:
        self._api = api
        self._interaction = interaction
        self._acknowledged = False
        self.answered = False

    async def acknowledge(self) -> None:
        """Tell Discord that we are at it (it gives up after three seconds)."""
        await self._callback({"type": _DEFERRED, "data": {"flags": EPHEMERAL}})
        self._acknowledged = True

    @property
    def token(self) -> str:
        """With which more can be said to the person who asked, for fifteen minutes."""
        return self._interaction.token

    async def say(self, text: str) -> None:
        """Answer the person who asked, with the first message that the text becomes."""
        body = {"content": (pieces(Say(text)) or ["…"])[0], "allowed_mentions": NO_MENTIONS}
        self.answered = True
        if not self._acknowledged:
            self._acknowledged = True
            data = {**body, "flags": EPHEMERAL | SUPPRESS_EMBEDS}
            await self._callback({"type": _MESSAGE, "data": data})
            return
        await self._api.request(
            "PATCH",
            "/webhooks/{application_id}/{token}/messages/@original",
            body=body,
            urgency=Urgency.ANSWER,
            application_id=self._api.application_id,
            token=self._interaction.token,
        )

    async def suggest(self, values: Sequence[str]) -> None:
        """Answer a request for suggestions."""
        choices = [
            {"name": value[:CHOICE_LENGTH], "value": value[:CHOICE_LENGTH]} for value in values if value
        ]
        await self._callback({"type": _SUGGESTIONS, "data": {"choices": choices[:CHOICES]}})

    async def say_safely(self, text: str) -> None:
        """Answer if Discord still takes it; where it does not, that is logged and nothing else is lost."""
        try:
            await self.say(text)
        except (DiscordRefused, DiscordUnavailable) as error:
            log.warning("answer_not_delivered", reason=str(error))

    async def _callback(self, body: dict[str, Any]) -> None:
        await self._api.request(
            "POST",
            "/interactions/{interaction_id}/{token}/callback",
            body=body,
            urgency=Urgency.ANSWER,
            patience=PATIENCE,
            interaction_id=self._interaction.id,
            token=self._interaction.token,
        )
