"""The bot's side of the scripted conversation, as far as the three libraries write it alike.

``lib`` is a library's module and ``bot`` its ``commands.Bot``. The libraries share an ancestor, so most of what a bot
does reads the same in all three; what does not (commands, forms, lists of pins) is in the library's own program.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.contract.clients.telling import Place, tell

type Pins = Callable[[Any], Awaitable[list[str]]]


def intents(lib: Any) -> Any:
    """What the bot wants to hear: the defaults, the members, and the text of messages."""
    wanted = lib.Intents.default()
    wanted.message_content = wanted.members = True
    return wanted


async def take_part(lib: Any, bot: Any, where: Place, form: Callable[[], Any], pins: Pins) -> None:
    """Log in, take part until told to leave, and say that the way out was a clean one.

    ``form`` makes the form that the button "Ask" opens, ``pins`` lists the texts of a channel's pinned messages. A
    bot with shards only listens.
    """
    assert lib.http.Route("GET", "/x").url.startswith(where.base_url), "this would go to Discord itself"
    leaving = asyncio.Event()
    _listen(bot, leaving)
    if not where.shards:
        _listen_closely(bot)
        bot.add_listener(_Speaker(lib, bot, form, pins).on_message)
    started = asyncio.create_task(bot.start(where.token))
    asked = asyncio.create_task(leaving.wait())
    await asyncio.wait({started, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    await bot.close()
    await started
    tell("left")


def _listen(bot: Any, leaving: asyncio.Event) -> None:
    async def on_ready() -> None:
        tell("ready", user=bot.user.name, guilds=[_described(guild) for guild in bot.guilds])

    async def on_message(message: Any) -> None:
        if message.author.bot:
            return
        tell("message", **_heard(message))
        if message.content == "!leave":
            leaving.set()

    async def on_resumed() -> None:
        tell("resumed")

    async def on_shard_resumed(shard_id: int) -> None:
        tell("shard resumed", shard=shard_id)

    async def at_once(_shard_id: int | None, *, initial: bool = False) -> None:
        """Replace the documented hook that waits five seconds between two shards."""

    for listener in (on_ready, on_message, on_resumed, on_shard_resumed):
        bot.add_listener(listener)
    bot.before_identify_hook = at_once


def _described(guild: Any) -> dict[str, object]:
    return {
        "name": guild.name,
        "shard": guild.shard_id,
        "owner": guild.owner.name,
        "channels": [(channel.name, str(channel.type), channel.topic) for channel in guild.text_channels],
        "members": sorted((m.name, m.display_name, [r.name for r in m.roles[1:]]) for m in guild.members),
        "roles": sorted((r.name, r.color.value, r.hoist, r.mentionable) for r in guild.roles),
        "administrators": sorted(m.name for m in guild.members if m.guild_permissions.administrator),
        "may pin": guild.me.guild_permissions.value >> 51 & 1,
    }


def _heard(message: Any) -> dict[str, object]:
    facts: dict[str, object] = {
        "content": message.content,
        "author": message.author.name,
        "in": message.channel.name,
    }
    if message.reference is not None and message.reference.resolved is not None:
        facts["answers"] = message.reference.resolved.content
    return facts


def _listen_closely(bot: Any) -> None:
    """Tell of what happens to messages of others."""

    async def on_ready() -> None:
        # what the library asked for when it opened the websocket
        tell("transport", **bot.ws.socket._response.url.query)  # noqa: SLF001 - no library tells it otherwise

    async def on_message_edit(before: Any, after: Any) -> None:
        if after.author.id != bot.user.id and before.content != after.content:
            tell("edited", before=before.content, after=after.content, by=after.author.name)

    async def on_message_delete(message: Any) -> None:
        tell("deleted", content=message.content)

    async def on_reaction_add(reaction: Any, user: Any) -> None:
        if user.id != bot.user.id:
            tell("reaction", emoji=str(reaction), by=user.name, under=reaction.message.content)

    async def on_guild_channel_pins_update(channel: Any, last_pin: Any) -> None:
        tell("pins changed", channel=channel.name, any=last_pin is not None)

    for listener in (on_ready, on_message_edit, on_message_delete, on_reaction_add):
        bot.add_listener(listener)
    bot.add_listener(on_guild_channel_pins_update)


def _by_webhook(message: Any) -> bool:
    return bool(message.webhook_id)


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Does what members ask for in words: ``!thread``, ``!panel`` and so on."""

    lib: Any
    bot: Any
    form: Callable[[], Any]
    pins: Pins

    async def on_message(self, message: Any) -> None:
        asked = {
            "!thread": self.thread,
            "!panel": self.panel,
            "!pin": self.pin,
            "!mark": self.mark,
            "!file": self.file,
            "!reply": self.reply,
        }.get(message.content)
        if asked is not None and not message.author.bot:
            await asked(message)

    async def thread(self, message: Any) -> None:
        made = await message.create_thread(name="Tides")
        await made.send("opened")
        webhook = await message.channel.create_webhook(name="agent")
        hearing = asyncio.create_task(self.bot.wait_for("message", check=_by_webhook))
        said = await webhook.send("from an agent", wait=True, thread=made, username="Scout")
        heard = await hearing
        tell("webhook", same=heard.id == said.id, kind=str(heard.channel.type), **_heard(heard))
        await webhook.edit_message(said.id, content="from an agent, edited", thread=made)
        texts = [each.content async for each in made.history(oldest_first=True)]
        tell("thread", name=made.name, parent=made.parent.name, same_id=made.id == message.id, texts=texts)
        await made.edit(archived=True)
        await made.send("awake")
        await webhook.delete()

    async def panel(self, message: Any) -> None:
        sent = await message.channel.send("working", view=self._view())
        # discord.py knows which buttons and forms are its own only after the answer to its request
        tell("panel", rows=len(sent.components), there=[each.label for each in sent.components[0].children])

    def _view(self) -> Any:
        async def stop(interaction: Any) -> None:
            tell("pressed", by=interaction.user.name, under=interaction.message.content)
            await interaction.response.edit_message(content="stopped", view=None)

        async def ask(interaction: Any) -> None:
            await interaction.response.send_modal(self.form())
            tell("asked")

        async def choose(interaction: Any) -> None:
            await interaction.response.send_message(f"you chose {', '.join(select.values)}", ephemeral=True)

        ui, view = self.lib.ui, self.lib.ui.View(timeout=None)
        select = ui.Select(custom_id="colour", min_values=1, max_values=2)
        for colour in ("red", "blue"):
            select.add_option(label=colour.title(), value=colour)
        items: list[tuple[Any, object]] = [
            (ui.Button(label="Stop", custom_id="stop", style=self.lib.ButtonStyle.danger), stop),
            (ui.Button(label="Ask", custom_id="ask", emoji="❓"), ask),
            (select, choose),
        ]
        for item, callback in items:
            item.callback = callback
            view.add_item(item)
        return view

    async def pin(self, message: Any) -> None:
        target = message.reference.resolved
        await target.pin()
        tell("pinned", texts=await self.pins(message.channel))
        await target.unpin()
        tell("unpinned", texts=await self.pins(message.channel))

    async def mark(self, message: Any) -> None:
        await message.add_reaction("⚙️")
        await message.remove_reaction("⚙️", message.guild.me)
        await message.add_reaction("✅")
        fetched = await message.channel.fetch_message(message.id)
        tell("marked", reactions=[(str(each), each.count, each.me) for each in fetched.reactions])

    async def file(self, message: Any) -> None:
        sent = await message.channel.send(
            "see",
            file=self.lib.File(io.BytesIO(b"a,b\n1,2\n"), "table.csv", description="numbers"),
            embed=self.lib.Embed(title="T", description="D", color=0x112233).add_field(name="n", value="v"),
        )
        attachment, embed = sent.attachments[0], sent.embeds[0]
        await sent.edit(content="seen", embed=None)
        tell(
            "file",
            name=attachment.filename,
            alt=attachment.description,
            text=(await attachment.read()).decode(),
            embed=(embed.title, embed.description, embed.fields[0].value),
        )

    async def reply(self, message: Any) -> None:
        await message.reply("indeed", mention_author=False)
        try:
            await message.channel.fetch_message(1)
        except self.lib.NotFound as refused:
            tell("refused", status=refused.status, code=refused.code)


async def answer_look(interaction: Any, topic: str, original: Callable[[], Awaitable[Any]]) -> None:
    """Answer ``/look``: defer, then two follow-ups, of which the first fills the placeholder."""
    await interaction.response.defer()
    first = await interaction.followup.send(f"about {topic}", wait=True)
    placeholder = await original()
    second = await interaction.followup.send("and more", wait=True)
    tell(
        "looked",
        topic=topic,
        by=interaction.user.name,
        channel=interaction.channel.name,
        guild=interaction.guild.name,
        same=first.id == placeholder.id != second.id,
        locale=str(interaction.locale),
    )


def suggestions(typed: str) -> list[str]:
    """What ``/look`` suggests for its topic."""
    return [typed, f"{typed}s"]
