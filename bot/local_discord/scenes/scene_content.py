"""Fills the channels of a scene: messages, threads, forum posts, pins, reactions.

Everything is said and done as a client would, so that a scene holds nothing that Discord would have refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.errors import ConfigError
from bot.local_discord.channels.thread_state import join
from bot.local_discord.channels.threads import start_forum_post, start_from_message, start_without_message
from bot.local_discord.form import Form, Problems
from bot.local_discord.members.permissions import SEND_MESSAGES, SEND_MESSAGES_IN_THREADS
from bot.local_discord.messages.drafts import Draft, checked, read_draft
from bot.local_discord.messages.posting import Origin, post
from bot.local_discord.messages.reacting import store_reaction
from bot.local_discord.messages.unicode_emoji import is_emoji
from bot.local_discord.model import (
    ANNOUNCEMENT,
    ANNOUNCEMENT_THREAD,
    COMPONENTS_V2,
    PINNED_THREAD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    Channel,
    Json,
    Message,
    Reaction,
    WebhookFace,
)
from bot.local_discord.refusals import Refusal
from bot.local_discord.scenes.scene_parts import ChannelPart, MessagePart, PostPart, ThreadPart
from bot.local_discord.stage import Actor, Stage, demand

ROW = 1


@dataclass(frozen=True, slots=True)
class Filling:
    """Puts content into channels; ``user`` gives the id of who is called so, or raises."""

    stage: Stage
    user: Callable[[str], int]

    def fill(self, channel_id: int, part: ChannelPart) -> None:
        """Put everything into a channel that its part describes.

        Raises:
            ConfigError: Discord would have refused it, or it names somebody or something that there is not.
        """
        try:
            for message in part.messages:
                self._say(channel_id, message)
            for thread in part.threads:
                self._start(channel_id, thread)
            for each in part.posts:
                self._post(channel_id, each)
        except Refusal as refusal:
            details = "" if refusal.errors is None else f" {refusal.errors}"
            raise ConfigError(f"In the channel {part.name}: {refusal.message}{details}.") from refusal

    def _channel(self, channel_id: int) -> Channel:
        return self.stage.world.channels[channel_id]

    def _actor(self, name: str) -> Actor:
        user_id = self.user(name)
        return Actor(user_id, user_id if user_id in self.stage.world.applications else None)

    def _say(self, channel_id: int, part: MessagePart) -> Message:
        channel = self._channel(channel_id)
        draft = self._draft(part.text, part.embeds, part.components)
        actor, origin = self._speaker(channel, part)
        message = post(self.stage, actor, channel, draft, origin)
        self._mark(message, pinned=part.pinned, reactions=part.reactions)
        if part.thread is not None:
            self._start(channel_id, part.thread, self.stage.world.message(channel_id, message.id))
        return message

    def _speaker(self, channel: Channel, part: MessagePart) -> tuple[Actor, Origin]:
        """Who says a message: somebody who may write there, or a webhook of the channel."""
        if part.webhook is not None:
            place = channel.id if channel.thread is None else channel.parent_id or 0
            named = [each for each in self.stage.world.webhooks_of(place) if each.name == part.webhook]
            if not named:
                raise ConfigError(f"The channel {channel.name} has no webhook {part.webhook}.")
            face = WebhookFace(named[0].id, named[0].name)
            return Actor(named[0].id), Origin(face=face, application_id=named[0].application_id)
        if part.by is None:
            raise ConfigError(f"A message in {channel.name} says neither by whom it is nor by which webhook.")
        actor = self._actor(part.by)
        demand(
            self.stage, actor, channel, SEND_MESSAGES if channel.thread is None else SEND_MESSAGES_IN_THREADS
        )
        return actor, Origin()

    def _draft(self, text: str, embeds: list[Json], components: list[Json]) -> Draft:
        layout = any(component.get("type") != ROW for component in components)
        body: Json = {"content": text or None, "embeds": embeds, "components": components}
        form = Form(body | ({"flags": COMPONENTS_V2} if layout else {}), Problems())
        return checked(form, read_draft(form, [], file_bytes=self.stage.settings.file_bytes))

    def _mark(self, message: Message, *, pinned: bool, reactions: dict[str, list[str]]) -> None:
        world = self.stage.world
        for emoji, names in reactions.items():
            current = world.message(message.channel_id, message.id) or message
            chosen = tuple(dict.fromkeys(self.user(name) for name in names))
            store_reaction(self.stage, current, replace(self._emoji(message, emoji), users=chosen))
        if pinned:
            current = world.message(message.channel_id, message.id) or message
            world.put_message(replace(current, pinned_at=self.stage.now()))
            world.put_channel(replace(self._channel(message.channel_id), last_pin_at=self.stage.now()))

    def _emoji(self, message: Message, text: str) -> Reaction:
        guild_id = self._channel(message.channel_id).guild_id
        for emoji in self.stage.world.emojis.values():
            if emoji.guild_id == guild_id and emoji.name == text:
                return Reaction(emoji.name, (), emoji.id, emoji.animated)
        if not is_emoji(text):
            raise ConfigError(f"{text} is neither an emoji nor the name of one of the guild's.")
        return Reaction(text, ())

    def _start(self, channel_id: int, part: ThreadPart, under: Message | None = None) -> None:
        """Start a thread, under a message or without one, and say everything in it."""
        named = part.by or next((each.by for each in part.messages if each.by is not None), None)
        if named is None and under is not None and under.author_id in self.stage.world.users:
            actor = Actor(under.author_id)
        elif named is None:
            raise ConfigError(f"The thread {part.name} does not say who started it.")
        else:
            actor = self._actor(named)
        parent, body = self._channel(channel_id), Form({"name": part.name}, Problems())
        if under is not None:
            thread = start_from_message(self.stage, actor, parent, under, body)
        else:
            public = ANNOUNCEMENT_THREAD if parent.kind == ANNOUNCEMENT else PUBLIC_THREAD
            kind = PRIVATE_THREAD if part.private else public
            body = Form({"name": part.name, "type": kind}, Problems())
            thread = start_without_message(self.stage, actor, parent, body)
        for name in part.members:
            join(self.stage, self._channel(thread.id), self.user(name))
        for message in part.messages:
            self._say(thread.id, message)
        self._close(thread.id, archived=part.archived, locked=part.locked)

    def _post(self, channel_id: int, part: PostPart) -> None:
        """Put a post into a forum, with the answers to it."""
        forum = self._channel(channel_id)
        tags = {tag.name: str(tag.id) for tag in forum.tags}
        missing = [name for name in part.tags if name not in tags]
        if missing:
            raise ConfigError(f"The forum {forum.name} has no tag {missing[0]}.")
        body = Form({"name": part.title, "applied_tags": [tags[name] for name in part.tags]}, Problems())
        draft = self._draft(part.text, [], [])
        thread, message = start_forum_post(self.stage, self._actor(part.by), forum, body, draft, Origin())
        self._mark(message, pinned=False, reactions=part.reactions)
        for reply in part.replies:
            self._say(thread.id, reply)
        if part.pinned:
            thread = self._channel(thread.id)
            self.stage.world.put_channel(replace(thread, flags=thread.flags | PINNED_THREAD))
        self._close(thread.id, archived=part.archived, locked=part.locked)

    def _close(self, thread_id: int, *, archived: bool, locked: bool) -> None:
        thread = self._channel(thread_id)
        if thread.thread is not None and (archived or locked):
            state = replace(thread.thread, archived=archived, locked=locked)
            self.stage.world.put_channel(replace(thread, thread=state))
