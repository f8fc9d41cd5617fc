"""Answers to interactions: acknowledged at once and directly, results by editing the first answer."""

from collections.abc import Sequence
from typing import Any

import structlog

from bot.discord.api import DiscordApi
from bot.discord.components import action_rows
from bot.discord.events import Interaction
from bot.discord.failures import DiscordRefused, DiscordUnavailable
from bot.discord.limits import Urgency
from bot.discord.rendering import EPHEMERAL, SUPPRESS_EMBEDS, checked, pieces
from bot.discord.transport import Method
from bot.errors import ConfigError
from bot.work.surface import Button, File, Say, Select

NO_MENTIONS: dict[str, Any] = {"parse": []}
_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _UPDATE, _SUGGESTIONS, _MODAL = 4, 5, 6, 7, 8, 9
CHOICES = 25
CHOICE_LENGTH = 100
CALLBACK_SECONDS = 2.5
"""How long the first answer may wait for its turn; Discord gives up after three seconds."""
ANSWER_SECONDS = 20.0

log = structlog.get_logger(__name__)


class Answers:
    """Answers one interaction. Answers are private to the person who asked; what all see goes elsewhere.

    With ``updates`` the first answer replaces the message whose button or select was used.
    """

    def __init__(self, api: DiscordApi, interaction: Interaction, *, updates: bool = False) -> None:
        self._api = api
        self._interaction = interaction
        self._updates = updates and interaction.message_id is not None
        self._acknowledged = False
        self.answered = False

    @property
    def updates(self) -> bool:
        """Whether the first answer replaces the message whose button or select was used."""
        return self._updates

    def parts(self, text: str) -> list[str]:
        """The messages that a text becomes, of which `say` says the first."""
        return pieces(Say(self._api.secrets.text(text))) or ["…"]

    async def acknowledge(self) -> None:
        """Tell Discord that we are at it (it gives up after three seconds)."""
        if self._acknowledged:
            return
        deferred = {"type": _DEFERRED, "data": {"flags": EPHEMERAL}}
        self._acknowledged = True
        try:
            await self._callback({"type": _DEFERRED_UPDATE} if self._updates else deferred)
        except DiscordUnavailable as error:
            self._acknowledged = error.sent
            raise

    @property
    def token(self) -> str:
        """With which more can be said to the person who asked, for fifteen minutes."""
        return self._interaction.token

    async def say(
        self, text: str, components: Sequence[Button | Select] = (), files: Sequence[File] = ()
    ) -> None:
        """Answer the person who asked, with the first message that the text becomes."""
        if files:
            # What goes with files is sent as a form, which Discord takes for an edit of the first answer too.
            await self.acknowledge()
        body: dict[str, Any] = {"content": self._first(text), "allowed_mentions": NO_MENTIONS}
        if components or self._updates:
            body["components"] = action_rows(components)
        self.answered = True
        if not self._acknowledged:
            self._acknowledged = True
            data = {**body, "flags": EPHEMERAL | SUPPRESS_EMBEDS}
            await self._callback({"type": _UPDATE if self._updates else _MESSAGE, "data": data})
        else:
            await self._to_webhook("PATCH", "/messages/@original", body, checked(files))

    async def open_form(self, body: dict[str, Any]) -> None:
        """Answer with a form. Raises `ConfigError` where something was answered before."""
        if self._acknowledged:
            raise ConfigError(
                "A form can only be the first answer; declare the command with opens_form=True."
            )
        self._acknowledged = self.answered = True
        await self._callback({"type": _MODAL, "data": body})

    async def suggest(self, values: Sequence[str]) -> None:
        """Answer a request for suggestions."""
        choices = [
            {"name": value[:CHOICE_LENGTH], "value": value[:CHOICE_LENGTH]} for value in values if value
        ]
        await self._callback({"type": _SUGGESTIONS, "data": {"choices": choices[:CHOICES]}})

    async def say_safely(
        self, text: str, components: Sequence[Button | Select] = (), files: Sequence[File] = ()
    ) -> None:
        """Answer if Discord still takes it; where it does not, that is logged and nothing else is lost."""
        try:
            await self.say(text, components, files)
        except (DiscordRefused, DiscordUnavailable) as error:
            log.warning("answer_not_delivered", reason=str(error))

    async def complain(self, text: str) -> None:
        """Say what went wrong, beside a message that would be replaced otherwise; as safely as `say_safely`."""
        if not self._updates:
            await self.say_safely(text)
            return
        self.answered = True
        try:
            if self._acknowledged:
                await self._follow_up(self._first(text))
                return
            self._acknowledged = True
            data = {"content": self._first(text), "allowed_mentions": NO_MENTIONS, "flags": EPHEMERAL}
            await self._callback({"type": _MESSAGE, "data": data})
        except (DiscordRefused, DiscordUnavailable) as error:
            log.warning("answer_not_delivered", reason=str(error))

    async def _follow_up(self, text: str) -> None:
        body = {"content": text, "allowed_mentions": NO_MENTIONS, "flags": EPHEMERAL | SUPPRESS_EMBEDS}
        await self._to_webhook("POST", "", body)

    async def _callback(self, body: dict[str, Any]) -> None:
        await self._api.request(
            "POST",
            "/interactions/{interaction_id}/{token}/callback",
            body=body,
            urgency=Urgency.ANSWER,
            patience=CALLBACK_SECONDS,
            interaction_id=self._interaction.id,
            token=self._interaction.token,
        )

    async def _to_webhook(
        self, method: Method, path: str, body: dict[str, Any], files: Sequence[File] = ()
    ) -> None:
        await self._api.request(
            method,
            f"/webhooks/{{application_id}}/{{token}}{path}",
            body=body,
            uploads=files,
            urgency=Urgency.ANSWER,
            patience=ANSWER_SECONDS,
            application_id=self._api.application_id,
            token=self._interaction.token,
        )

    def _first(self, text: str) -> str:
        return self.parts(text)[0]
