"""Takes what comes in from Discord through the gate to the cog it is for; every interaction is answered."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import structlog

from bot.discord import private, refused_table
from bot.discord.answers import Answers
from bot.discord.api import DiscordApi
from bot.discord.commands import CommandSync
from bot.discord.context import Context, ContextServices
from bot.discord.events import Author, Interaction, Message, Where
from bot.errors import CogswarmError, OutsideError
from bot.plugins.cog import Cog, Command, Handler
from bot.plugins.gate import Knock, Refused, gate
from bot.plugins.guilds import Guilds
from bot.work import runs_table

HANDLER_SECONDS = 30.0
SUGGEST_SECONDS = 2.0
RUNS = "runs"
LONGEST_NUMBER = 19
"""Digits that certainly fit into a row's number."""
_FINISHED = {"done": "finished already", "stopped": "was stopped before", "failed": "ended before"}

log = structlog.get_logger(__name__)


class Router:
    """Implements `bot.discord.gateway.Listener` for the loaded cogs."""

    def __init__(
        self,
        api: DiscordApi,
        cogs: Mapping[str, Cog],
        guilds: Guilds,
        commands: CommandSync,
        services: ContextServices,
    ) -> None:
        self._api = api
        self._cogs = cogs
        self._guilds = guilds
        self._commands = commands
        self._services = services
        self._guild_locks: dict[int, asyncio.Lock] = {}
        self.ready: asyncio.Event = asyncio.Event()

    async def guild_ready(self, guild_id: int, name: str) -> None:
        """Register the guild's commands and let its cogs know."""
        async with self._guild_locks.setdefault(guild_id, asyncio.Lock()):
            await self._guilds.refresh(guild_id)
            cogs = self._guilds.enabled(guild_id)
            refused: Mapping[str, str] = {}
            try:
                refused = await self._commands.sync(guild_id, cogs)
            except OutsideError as error:
                log.warning("commands_not_registered", guild=guild_id, reason=str(error))
            for cog in cogs:
                if cog.name not in refused:
                    await self._start_in(cog, guild_id)
        log.info("guild_ready", guild=guild_id, name=name, cogs=[cog.name for cog in cogs])
        self.ready.set()

    async def permissions_changed(self, guild_id: int) -> None:
        """Say again what could not be said for want of permissions."""
        try:
            async with self._services.database.transaction() as conn:
                await refused_table.permissions_changed(conn, guild_id)
        except OutsideError as error:
            log.warning("not_tried_again", guild=guild_id, reason=str(error))

    async def message(self, message: Message) -> None:
        """Offer a message to the cogs that listen."""
        for cog in self._cogs.values():
            if not cog.listeners or self._knock(cog.name, message.where, message.author) is not None:
                continue
            context = self._context(cog, message.id, message.where, message.author)
            with structlog.contextvars.bound_contextvars(cog=cog.name):
                for listener in cog.listeners:
                    await self._listen(listener, context, message)

    async def interaction(self, interaction: Interaction) -> None:
        """Answer a command, a button or a request for suggestions."""
        answers = Answers(self._api, interaction)
        with structlog.contextvars.bound_contextvars(
            interaction=interaction.id, guild=interaction.where.guild_id
        ):
            match interaction.kind:
                case "command":
                    await self._command(interaction, answers)
                case "autocomplete":
                    await self._suggest(interaction, answers)
                case "component":
                    await self._component(interaction, answers)
                case _:
                    await answers.say_safely("This version of the bot does not know that. Please try again.")

    async def _command(self, interaction: Interaction, answers: Answers) -> None:
        found = self._find(str(interaction.data.get("name")))
        if found is None:
            await answers.say_safely(
                "This command was turned off here. It will vanish from the list shortly."
            )
            return
        cog, command = found
        options = {str(one["name"]): one.get("value") for one in interaction.data.get("options", [])}
        known = {option.name for option in command.options}
        arguments = {name: value for name, value in options.items() if name in known}
        with structlog.contextvars.bound_contextvars(cog=cog.name):
            await self._handle(cog, command.handler, interaction, answers, **arguments)

    async def _component(self, interaction: Interaction, answers: Answers) -> None:
        custom_id = str(interaction.data.get("custom_id", ""))
        version, _, rest = custom_id.partition(":")
        cog_name, _, rest = rest.partition(":")
        action, _, value = rest.partition(":")
        if (version, cog_name, action) == ("v1", RUNS, "stop"):
            await self._stop(interaction, answers, value)
            return
        if custom_id.startswith(private.SHOW_ACTION):
            await self._show(interaction, answers, custom_id.removeprefix(private.SHOW_ACTION))
            return
        cog = self._cogs.get(cog_name)
        handler = cog.buttons.get(action) if cog and version == "v1" else None
        if cog is None or handler is None:
            await answers.say_safely(
                "This button is from another version of the bot and does nothing any more."
            )
            return
        with structlog.contextvars.bound_contextvars(cog=cog.name):
            await self._handle(cog, handler, interaction, answers, value)

    async def _handle(
        self,
        cog: Cog,
        handler: Handler,
        interaction: Interaction,
        answers: Answers,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        refused = self._knock(cog.name, interaction.where, interaction.author)
        if refused is not None:
            await answers.say_safely(refused.sentence)
            return
        context = self._context(
            cog, interaction.id, interaction.where, interaction.author, answers, interaction.readable
        )
        try:
            await answers.acknowledge()
            async with asyncio.timeout(HANDLER_SECONDS):
                await handler(context, *args, **kwargs)
            if not answers.answered:
                await answers.say_safely("Done.")
        except CogswarmError as error:
            log.warning("handler_refused", cog=cog.name, reason=str(error))
            await answers.say_safely(str(error))
        except TimeoutError:
            log.warning("handler_too_slow", cog=cog.name)
            await answers.say_safely("This took too long. Please try again in a moment.")
        except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
            await answers.say_safely(_broken(cog.name, error))

    async def _stop(self, interaction: Interaction, answers: Answers, value: str) -> None:
        if interaction.author.is_bot or interaction.where.guild_id is None:
            return
        try:
            run_id = UUID(value)
            await answers.acknowledge()
            async with self._services.database.transaction() as conn:
                row = await runs_table.get(conn, run_id)
                # A button's id could be replayed from elsewhere; a run is stopped only from its own guild.
                ours = row is not None and row.guild_id == interaction.where.guild_id
                state = await runs_table.ask_to_stop(conn, run_id, interaction.author.id) if ours else None
                if state in {"ready", "running"}:
                    await self._services.ring(conn, run_id)
        except ValueError:
            state = None
        except OutsideError as error:
            await answers.say_safely(str(error))
            return
        if state is None:
            await answers.say_safely("I do not know that piece of work any more.")
        elif state in _FINISHED:
            await answers.say_safely(f"That {_FINISHED[state]}.")
        else:
            await answers.say_safely("Stopping. The message above will say what was done so far.")

    async def _show(self, interaction: Interaction, answers: Answers, value: str) -> None:
        """Show a private answer again, to whom it was for."""
        body: dict[str, Any] | None = None
        try:
            async with self._services.database.connection() as conn:
                if value.isdecimal() and len(value) < LONGEST_NUMBER:
                    body = await private.kept_for(conn, int(value), interaction.author.id)
        except OutsideError as error:
            await answers.say_safely(str(error))
            return
        await answers.say_safely(str(body["content"]) if body else "This answer is for somebody else.")

    async def _suggest(self, interaction: Interaction, answers: Answers) -> None:
        found = self._find(str(interaction.data.get("name")))
        with structlog.contextvars.bound_contextvars(**({"cog": found[0].name} if found else {})):
            values = [] if found is None else await self._suggestions(*found, interaction)
            try:
                await answers.suggest(values)
            except OutsideError as error:
                log.info("suggestions_not_delivered", reason=str(error))

    async def _suggestions(self, cog: Cog, command: Command, interaction: Interaction) -> list[str]:
        options: list[dict[str, Any]] = interaction.data.get("options", [])
        focused = next((one for one in options if one.get("focused")), dict[str, Any]())
        option = next((one for one in command.options if one.name == focused.get("name")), None)
        refused = self._knock(cog.name, interaction.where, interaction.author)
        if option is None or option.suggest is None or refused is not None:
            return []
        context = self._context(cog, interaction.id, interaction.where, interaction.author)
        try:
            async with asyncio.timeout(SUGGEST_SECONDS):
                return list(await option.suggest(context, str(focused.get("value", ""))))
        except (CogswarmError, TimeoutError) as error:
            log.info("no_suggestions", cog=cog.name, reason=str(error))
            return []

    def _find(self, command: str) -> tuple[Cog, Command] | None:
        for cog in self._cogs.values():
            if command in cog.commands:
                return cog, cog.commands[command]
        return None

    def _knock(self, cog: str, where: Where, author: Author) -> Refused | None:
        refused = gate(
            Knock(cog, where.guild_id, author.id, author.is_bot), self._guilds.rules(where.guild_id)
        )
        if refused is not None:
            log.debug("refused_at_the_gate", cog=cog, reason=refused.reason)
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
        return Context(
            self._services,
            cog,
            self._guilds.settings(where.guild_id or 0, cog.name),
            event_id=event_id,
            where=where,
            author=author,
            answers=answers,
            readable=readable,
        )

    async def _listen(self, listener: Handler, context: Context[Any], message: Message) -> None:
        try:
            async with asyncio.timeout(HANDLER_SECONDS):
                await listener(context, message)
        except (CogswarmError, TimeoutError) as error:
            log.warning("listener_failed", message=message.id, reason=str(error) or "took too long")
        except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
            _broken("listener", error)

    async def _start_in(self, cog: Cog, guild_id: int) -> None:
        author = Author(self._api.user_id, "", is_bot=True)
        where = Where(guild_id, 0, in_thread=False)
        for starter in cog.starters:
            try:
                with structlog.contextvars.bound_contextvars(cog=cog.name):
                    async with asyncio.timeout(HANDLER_SECONDS):
                        await starter(self._context(cog, 0, where, author))
            except (CogswarmError, TimeoutError) as error:
                log.warning("cog_not_started", cog=cog.name, reason=str(error) or "took too long")
            except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
                _broken(cog.name, error)


def _broken(cog: str, error: Exception) -> str:
    """Log what nobody foresaw and give the sentence for people."""
    error_id = uuid4().hex[:8]
    log.error("handler_broke", cog=cog, error_id=error_id, exc_info=error)
    return f"Something broke here (error {error_id}). The bot's log has the details."
