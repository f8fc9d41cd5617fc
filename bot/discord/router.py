"""Takes what comes in from Discord through the gate to the cog it is for; every interaction is answered."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from bot.discord import arguments, private, refused_table
from bot.discord.answers import Answers
from bot.discord.api import DiscordApi
from bot.discord.context import Context, ContextServices
from bot.discord.events import Author, Interaction, Message, Where
from bot.discord.guild_life import GuildLife
from bot.discord.own_buttons import RUNS, show_kept, stop_run
from bot.discord.registrar import Registrar
from bot.discord.reporting import broken
from bot.discord.server_desk import Server, ServerParts
from bot.errors import CogswarmError, OutsideError
from bot.plugins.cog import Cog, Press
from bot.plugins.commands import Command, Handler
from bot.plugins.doorkeeper import Doorkeeper
from bot.plugins.forms import filled_in
from bot.plugins.gate import NOT_LET_IN, Knock, Refused, Way
from bot.plugins.guilds import Guilds
from bot.work.surface import Place, Say

HANDLER_SECONDS = 30.0
SUGGEST_SECONDS = 2.0
FORM_SECONDS = 2.0
"""How long a function that may open a form can take before it is acknowledged for it."""
TURNED_OFF = "This command was turned off here. It will vanish from the list shortly."
OTHER_VERSION = "This button is from another version of the bot and does nothing any more."
HOW_TO_BE_LET_IN = (
    "Hello! The owner of this bot chooses the servers it works on, and this one is not among them yet. "
    "Ask them to add `{guild_id}` under `servers.allow`; nothing else works here until then."
)

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


class Router:
    """Implements `bot.discord.gateway.Listener` for the loaded cogs."""

    def __init__(
        self,
        api: DiscordApi,
        cogs: Mapping[str, Cog],
        guilds: Guilds,
        registrar: Registrar,
        services: ContextServices,
        *,
        absent: Mapping[str, str] | None = None,
    ) -> None:
        self._api = api
        self._cogs = cogs
        self._guilds = guilds
        self._registrar = registrar
        self._services = services
        self._commands = {
            command.key: (cog, command) for cog in cogs.values() for command in cog.commands.values()
        }
        self.doorkeeper = Doorkeeper(guilds.rules)
        self.life = GuildLife(cogs, guilds, registrar, self._own_context)
        self._parts = ServerParts(
            cogs, absent or {}, guilds, self.life, self.doorkeeper, services.database, services.clock
        )
        self._resynced: set[int] = set()
        self.ready: asyncio.Event = asyncio.Event()

    @property
    def guilds(self) -> frozenset[int]:
        """The guilds that have appeared."""
        return self.life.guilds

    @property
    def busy(self) -> bool:
        """Whether a guild is just being made as its admins chose."""
        return self.life.busy

    def zone(self, guild_id: int) -> ZoneInfo:
        """The time zone of a guild's people."""
        return self._guilds.zone(guild_id)

    async def keep_registered(self) -> None:
        """Register again, until cancelled, what could not be registered because Discord was away."""
        await self._registrar.again_forever(self.life.again)

    async def guild_ready(self, guild_id: int, name: str, talk_in: int | None = None) -> None:
        """Register the guild's commands and let its cogs know; a guild that is not let in is told once."""
        await self.life.appear(guild_id)
        if not self._guilds.lets_in(guild_id) and talk_in is not None:
            async with self._services.database.transaction() as conn:
                say = Say(HOW_TO_BE_LET_IN.format(guild_id=guild_id))
                await self._services.surface.post(
                    conn, f"not_let_in:{guild_id}", Place(channel_id=talk_in), say
                )
        log.info("guild_ready", guild=guild_id, name=name, cogs=sorted(self.life.live(guild_id)))
        self.ready.set()

    async def guild_gone(self, guild_id: int) -> None:
        """The bot was thrown out of a guild."""
        await self.life.vanish(guild_id)
        log.info("guild_gone", guild=guild_id)

    async def permissions_changed(self, guild_id: int) -> None:
        """Say again what could not be said for want of permissions."""
        try:
            async with self._services.database.transaction() as conn:
                await refused_table.permissions_changed(conn, guild_id)
        except OutsideError as error:
            log.warning("not_tried_again", guild=guild_id, reason=str(error))

    async def message(self, message: Message) -> None:
        """Offer a message to the cogs that listen."""
        if not self.doorkeeper.first_time(message.id, message.where.guild_id):
            return
        for cog in self._cogs.values():
            if (
                not cog.listeners
                or self._knock(cog.name, message.where, message.author, "message", message.id) is not None
            ):
                continue
            context = self._context(cog, message.id, message.where, message.author)
            with structlog.contextvars.bound_contextvars(cog=cog.name):
                for listener in cog.listeners:
                    await self._listen(listener, context, message)

    async def interaction(self, interaction: Interaction) -> None:
        """Answer a command, a button, a select, a form or a request for suggestions."""
        if not self.doorkeeper.first_time(interaction.id, interaction.where.guild_id):
            return
        with structlog.contextvars.bound_contextvars(
            interaction=interaction.id, guild=interaction.where.guild_id
        ):
            match interaction.kind:
                case "command":
                    await self._command(interaction)
                case "autocomplete":
                    await self._suggest(interaction)
                case "component" | "modal":
                    await self._component(interaction)
                case _:
                    await Answers(self._api, interaction).say_safely(
                        "This version of the bot does not know that. Please try again."
                    )

    async def _command(self, interaction: Interaction) -> None:
        answers = Answers(self._api, interaction)
        kind, name, options = arguments.called(interaction.data)
        found = self._commands.get((kind, name))  # pyright: ignore[reportArgumentType] - another kind is not found
        if found is None:
            await answers.say_safely(TURNED_OFF)
            await self._mend(interaction.where.guild_id)
            return
        cog, command = found
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

    async def _component(self, interaction: Interaction) -> None:
        custom_id = str(interaction.data.get("custom_id", ""))
        version, _, rest = custom_id.partition(":")
        cog_name, _, rest = rest.partition(":")
        action, _, value = rest.partition(":")
        if (version, cog_name, action) == ("v1", RUNS, "stop"):
            await stop_run(self._services, interaction, Answers(self._api, interaction), value)
            return
        if custom_id.startswith(private.SHOW_ACTION):
            kept = custom_id.removeprefix(private.SHOW_ACTION)
            await show_kept(self._services, interaction, Answers(self._api, interaction), kept)
            return
        cog = self._cogs.get(cog_name)
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
            refused = self._knock(cog.name, interaction.where, interaction.author, call.way)
            if refused is not None:
                await answers.complain(refused.sentence)
                return
            context = self._context(
                cog, interaction.id, interaction.where, interaction.author, answers, interaction.readable
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
        await self._services.clock.sleep(FORM_SECONDS)
        try:
            await answers.acknowledge()
        except OutsideError as error:
            log.warning("answer_not_delivered", reason=str(error))

    async def _mend(self, guild_id: int | None) -> None:
        """Discord shows a command that we do not have: register anew, once for each guild and start."""
        if guild_id is None or guild_id in self._resynced:
            return
        self._resynced.add(guild_id)
        await self._registrar.forget(guild_id)
        await self.life.again(guild_id)

    async def _suggest(self, interaction: Interaction) -> None:
        kind, name, options = arguments.called(interaction.data)
        found = self._commands.get((kind, name))  # pyright: ignore[reportArgumentType] - as above
        with structlog.contextvars.bound_contextvars(**({"cog": found[0].name} if found else {})):
            values = [] if found is None else await self._suggestions(*found, interaction, options)
            try:
                await Answers(self._api, interaction).suggest(values)
            except OutsideError as error:
                log.info("suggestions_not_delivered", reason=str(error))

    async def _suggestions(
        self, cog: Cog, command: Command, interaction: Interaction, options: Sequence[Mapping[str, Any]]
    ) -> list[str]:
        focused = next((one for one in options if one.get("focused")), dict[str, Any]())
        option = next((one for one in command.options if one.name == focused.get("name")), None)
        refused = self._knock(cog.name, interaction.where, interaction.author, "suggestion")
        if option is None or option.suggest is None or refused is not None:
            return []
        context = self._context(cog, interaction.id, interaction.where, interaction.author)
        try:
            async with asyncio.timeout(SUGGEST_SECONDS):
                return list(await option.suggest(context, str(focused.get("value", ""))))
        except (CogswarmError, TimeoutError) as error:
            log.info("no_suggestions", cog=cog.name, reason=str(error))
        except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
            broken(cog.name, error)
        return []

    def _knock(self, cog: str, where: Where, author: Author, way: Way, event_id: int = 0) -> Refused | None:
        knock = Knock(
            cog,
            where.guild_id,
            author.id,
            author.is_bot,
            author_is_me=author.id == self._api.user_id,
            roles=author.roles,
            channel_id=where.channel_id,
            home_id=where.home_id,
            way=way,
        )
        refused = self.doorkeeper.knock(knock, event_id)
        if refused is not None and refused is NOT_LET_IN:
            return Refused(refused.reason, f"{refused.sentence} This server's id is {where.guild_id}.")
        return refused

    def _context(
        self,
        cog: Cog,
        event_id: int,
        where: Where,
        author: Author,
        answers: Answers | None = None,
        readable: Sequence[int] = (),
    ) -> Context[Any]:
        home = where.home_id or where.channel_id
        return Context(
            self._services,
            cog,
            self._guilds.settings(where.guild_id or 0, cog.name, home),
            event_id=event_id,
            where=where,
            author=author,
            answers=answers,
            readable=readable,
            server=Server(self._parts, where.guild_id, author, where.channel_id, home),
        )

    def _own_context(self, cog: Cog, guild_id: int) -> Context[Any]:
        author = Author(self._api.user_id, "", is_bot=True)
        return self._context(cog, 0, Where(guild_id, 0, in_thread=False), author)

    async def _listen(self, listener: Handler, context: Context[Any], message: Message) -> None:
        try:
            async with asyncio.timeout(HANDLER_SECONDS):
                await listener(context, message)
        except (CogswarmError, TimeoutError) as error:
            log.warning("listener_failed", message=message.id, reason=str(error) or "took too long")
        except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
            broken("listener", error)


def _pressed(cog: Cog, interaction: Interaction, action: str, values: Sequence[str] | None) -> Press | None:
    if interaction.kind == "modal":
        return cog.forms.get(action)
    return (cog.buttons if values is None else cog.selects).get(action)
