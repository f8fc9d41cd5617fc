"""Takes commands, buttons, selects, forms and requests for suggestions to their cog; every one is answered."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.discord import arguments, ask_buttons, private
from bot.discord.answers import Answers
from bot.discord.api import DiscordApi
from bot.discord.ask_buttons import ASKS
from bot.discord.direct.conversations import DIRECT, DirectConversations
from bot.discord.direct.servers import Unsettled
from bot.discord.entrance import Entrance
from bot.discord.events import Interaction
from bot.discord.own_buttons import ACTIONS, RUNS, pressed, show_kept
from bot.discord.reporting import broken
from bot.discord.suggesting import suggestions
from bot.errors import CogswarmError, OutsideError
from bot.plugins.cog import Cog, Press
from bot.plugins.commands import Handler
from bot.plugins.forms import filled_in
from bot.plugins.gate import NOT_DIRECT, Way

HANDLER_SECONDS = 30.0
FORM_SECONDS = 2.0
"""How long a function that may open a form can take before it is acknowledged for it."""
TURNED_OFF = "This command was turned off here. It will vanish from the list shortly."
OTHER_VERSION = "This button is from another version of the bot and does nothing any more."
UNKNOWN_KIND = "This version of the bot does not know that. Please try again."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Call:
    """What an interaction calls, and how it is answered."""

    cog: Cog
    handler: Handler
    way: Way
    interaction: Interaction
    answers: Answers
    opens_form: bool = False


class Interactions:
    """Answers interactions. ``mend`` is called with a guild in which Discord shows a command that nobody has."""

    def __init__(
        self,
        api: DiscordApi,
        entrance: Entrance,
        mend: Callable[[int | None], Awaitable[None]],
        direct: DirectConversations,
    ) -> None:
        self._api = api
        self._entrance = entrance
        self._mend = mend
        self._direct = direct
        self._commands = {
            command.key: (cog, command) for cog in entrance.cogs.values() for command in cog.commands.values()
        }

    async def take(self, interaction: Interaction) -> None:
        """Answer a command, a button, a select, a form or a request for suggestions."""
        if not self._entrance.doorkeeper.first_time(interaction.id, interaction.where.guild_id):
            return
        with structlog.contextvars.bound_contextvars(
            interaction=interaction.id, guild=interaction.where.guild_id
        ):
            try:
                await self._dispatch(interaction)
            except CogswarmError as error:
                await Answers(self._api, interaction).complain(str(error))
            except Exception as error:  # noqa: BLE001 - whatever comes, the person is answered
                await Answers(self._api, interaction).complain(broken("router", error))

    async def _dispatch(self, interaction: Interaction) -> None:
        if interaction.kind in {"component", "modal"} and await self._own(interaction):
            return
        if interaction.where.direct:
            settled = await self._direct.settled(interaction)
            if isinstance(settled, Unsettled):
                answers = Answers(self._api, interaction)
                if interaction.kind == "autocomplete":
                    await answers.suggest([])
                else:
                    await answers.say_safely(settled.text, settled.choices)
                return
            interaction = settled
        match interaction.kind:
            case "command":
                await self._command(interaction)
            case "autocomplete":
                await self._suggest(interaction)
            case "component" | "modal":
                await self._component(interaction)
            case _:
                await Answers(self._api, interaction).say_safely(UNKNOWN_KIND)

    async def _command(self, interaction: Interaction) -> None:
        answers = Answers(self._api, interaction)
        kind, name, options = arguments.called(interaction.data)
        found = self._commands.get((kind, name))  # pyright: ignore[reportArgumentType] - another kind is not found
        if found is None:
            await answers.say_safely(TURNED_OFF)
            await self._mend(interaction.where.guild_id)
            return
        cog, command = found
        if command.permissions and interaction.where.direct:
            await answers.say_safely(NOT_DIRECT.sentence)
            return
        call = _Call(
            cog,
            command.handler,
            "command" if command.kind == "slash" else "menu",
            interaction,
            answers,
            command.opens_form,
        )
        if command.kind == "slash":
            await self._handle(call, **arguments.arguments(command, options, interaction.data))
            return
        on = arguments.target(command, interaction.data, interaction.where, self._api.user_id)
        if on is None:
            await answers.say_safely("Discord did not say what this is about. Please try again.")
            return
        await self._handle(call, on)

    async def _own(self, interaction: Interaction) -> bool:
        """Do what components do that are the bot's own and belong to no server; False for all others."""
        custom_id = str(interaction.data.get("custom_id", ""))
        version, cog_name, action, value = _parts(custom_id)
        answers = Answers(self._api, interaction)
        if (version, cog_name) == ("v1", RUNS) and action in ACTIONS:
            await pressed(self._entrance.services, interaction, answers, action, value)
        elif (version, cog_name) == ("v1", DIRECT):
            await self._direct.pressed(interaction, answers)
        elif custom_id.startswith(private.SHOW_ACTION):
            kept = custom_id.removeprefix(private.SHOW_ACTION)
            await show_kept(self._entrance.services, interaction, answers, kept)
        else:
            return False
        return True

    async def _component(self, interaction: Interaction) -> None:
        version, cog_name, action, value = _parts(str(interaction.data.get("custom_id", "")))
        if (version, cog_name) == ("v1", ASKS):
            await ask_buttons.pressed(
                self._entrance.services, interaction, Answers(self._api, interaction), action, value
            )
            return
        cog = self._entrance.cogs.get(cog_name)
        values = arguments.chosen(interaction.data) if "values" in interaction.data else None
        press = None if cog is None or version != "v1" else _pressed(cog, interaction, action, values)
        answers = Answers(self._api, interaction, updates=press is not None and press.updates)
        if cog is None or press is None:
            await answers.say_safely(OTHER_VERSION)
            return
        is_form = interaction.kind == "modal"
        call = _Call(
            cog, press.handler, "form" if is_form else "component", interaction, answers, press.opens_form
        )
        if is_form and press.form is not None:
            form, given = press.form, arguments.filled(interaction.data)

            async def sent(context: Any, *_: Any) -> None:
                await press.handler(context, value, filled_in(form, given))

            await self._handle(_Call(cog, sent, "form", interaction, answers))
        elif values is None:
            await self._handle(call, value)
        else:
            await self._handle(call, value, values)

    async def _handle(self, call: _Call, *args: Any, **kwargs: Any) -> None:
        interaction, answers, cog = call.interaction, call.answers, call.cog
        with structlog.contextvars.bound_contextvars(cog=cog.name):
            refused = self._entrance.knock(cog.name, interaction.where, interaction.author, call.way)
            if refused is not None:
                await answers.complain(refused.sentence)
                return
            context = self._entrance.context(
                cog,
                interaction.id,
                interaction.where,
                interaction.author,
                answers,
                interaction.locale,
            )
            late = asyncio.create_task(self._acknowledge_late(answers)) if call.opens_form else None
            try:
                if late is None:
                    await answers.acknowledge()
                async with asyncio.timeout(HANDLER_SECONDS):
                    await call.handler(context, *args, **kwargs)
                if not answers.answered and not answers.updates:
                    await answers.say_safely("Done.")
            except CogswarmError as error:
                log.warning("handler_refused", cog=cog.name, reason=str(error))
                await answers.complain(str(error))
            except TimeoutError:
                log.warning("handler_too_slow", cog=cog.name)
                await answers.complain("This took too long. Please try again in a moment.")
            except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
                await answers.complain(broken(cog.name, error))
            finally:
                if late is not None:
                    late.cancel()

    async def _acknowledge_late(self, answers: Answers) -> None:
        await self._entrance.services.clock.sleep(FORM_SECONDS)
        try:
            await answers.acknowledge()
        except OutsideError as error:
            log.warning("answer_not_delivered", reason=str(error))

    async def _suggest(self, interaction: Interaction) -> None:
        kind, name, options = arguments.called(interaction.data)
        found = self._commands.get((kind, name))  # pyright: ignore[reportArgumentType] - as above
        with structlog.contextvars.bound_contextvars(**({"cog": found[0].name} if found else {})):
            values = [] if found is None else await suggestions(self._entrance, *found, interaction, options)
            try:
                await Answers(self._api, interaction).suggest(values)
            except OutsideError as error:
                log.info("suggestions_not_delivered", reason=str(error))


def _parts(custom_id: str) -> tuple[str, str, str, str]:
    """Version, cog, action and value of a component's id."""
    version, _, rest = custom_id.partition(":")
    cog_name, _, rest = rest.partition(":")
    action, _, value = rest.partition(":")
    return version, cog_name, action, value


def _pressed(cog: Cog, interaction: Interaction, action: str, values: Sequence[str] | None) -> Press | None:
    if interaction.kind == "modal":
        return cog.forms.get(action)
    return (cog.buttons if values is None else cog.selects).get(action)
