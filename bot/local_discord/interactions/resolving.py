"""Finds the users, roles, channels and files that a member named, as an interaction brings them along.

https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-resolved-data-structure
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from bot.local_discord.form import Form
from bot.local_discord.members.permissions import in_channel
from bot.local_discord.messages.uploads import Files, Upload, Wish, store_files
from bot.local_discord.model import Attachment, Channel, Json, Message
from bot.local_discord.refusals import too_large
from bot.local_discord.stage import Stage
from bot.local_discord.wire.attachment import attachment_object
from bot.local_discord.wire.channel import channel_object
from bot.local_discord.wire.guild import bare_member_object, role_object
from bot.local_discord.wire.message import message_object
from bot.local_discord.wire.user import user_object

_CHANNEL_FIELDS = (
    "id",
    "name",
    "type",
    "last_message_id",
    "last_pin_timestamp",
    "nsfw",
    "parent_id",
    "guild_id",
    "flags",
    "rate_limit_per_user",
    "topic",
    "position",
    "thread_metadata",
)


@dataclass(slots=True)
class Resolver:
    """Collects what was named in one interaction, as ``user_id`` and the application see it in ``channel``."""

    stage: Stage
    channel: Channel
    user_id: int
    application_id: int
    uploads: dict[int, Upload] = field(default_factory=dict[int, Upload])
    found: Json = field(default_factory=dict[str, object])
    _files: list[tuple[Json | list[object], Upload]] = field(
        default_factory=list[tuple["Json | list[object]", Upload]]
    )

    def _put(self, kind: str, identifier: int, shown: Json) -> bool:
        self.found.setdefault(kind, {})[str(identifier)] = shown
        return True

    def user(self, user_id: int) -> bool:
        """Bring a user along, as a member too where they are one; False when there is none."""
        world = self.stage.world
        user = world.users.get(user_id)
        if user is None:
            return False
        member = world.member(self.channel.guild_id or 0, user_id)
        if member is not None:
            shown = bare_member_object(member)
            del shown["mute"], shown["deaf"]
            shown["permissions"] = str(in_channel(world, user_id, self.channel))
            self._put("members", user_id, shown)
        return self._put("users", user_id, user_object(user))

    def role(self, role_id: int) -> bool:
        """Bring a role of the guild along; False when there is none."""
        role = self.stage.world.roles.get(role_id)
        if role is None or role.guild_id != self.channel.guild_id:
            return False
        return self._put("roles", role_id, role_object(role))

    def place(self, channel_id: int, kinds: Collection[int]) -> bool:
        """Bring a channel of the guild along, of one of these types if any are given; False when it is none."""
        world = self.stage.world
        channel = world.channels.get(channel_id)
        if channel is None or channel.guild_id is None or channel.guild_id != self.channel.guild_id:
            return False
        granted = in_channel(world, self.user_id, channel)
        if not granted or (kinds and channel.kind not in kinds):
            return False
        whole = channel_object(self.stage.view(), channel)
        shown: Json = {name: whole[name] for name in _CHANNEL_FIELDS if name in whole}
        shown["permissions"] = str(granted)
        shown["app_permissions"] = str(in_channel(world, self.application_id, channel))
        return self._put("channels", channel_id, shown)

    def message(self, message: Message) -> None:
        """Bring a message along, with its text whoever wrote it."""
        self._put("messages", message.id, message_object(self.stage.view(self.application_id), message))

    def file(self, index: int, where: Json | list[object]) -> bool:
        """Note that an uploaded file goes along; False when there is none of this number.

        :meth:`finish` puts its id at the end of a list of values, or into the ``value`` of an option.
        """
        upload = self.uploads.get(index)
        if upload is None:
            return False
        self._files.append((where, upload))
        return True

    def finish(self) -> tuple[Attachment, ...]:
        """Store the files that go along and put their ids where they belong."""
        stored: list[Attachment] = []
        for where, upload in self._files:
            (attachment,) = store_files(self.stage, self.channel.id, Files(((upload, Wish()),)))
            stored.append(attachment)
            if isinstance(where, list):
                where.append(str(attachment.id))
            else:
                where["value"] = str(attachment.id)
            shown = attachment_object(self.stage.view(), attachment, ephemeral=True)
            self._put("attachments", attachment.id, shown)
        self._files.clear()
        return tuple(stored)


def named_uploads(form: Form, uploads: list[Upload], *, file_bytes: int) -> dict[int, Upload]:
    """The files of a request by their number, under the names that ``attachments`` gives them.

    Raises:
        Refusal: 40005 for a file over the limit.
    """
    if any(len(upload.content) > file_bytes for upload in uploads):
        raise too_large()
    found = {upload.index: upload for upload in uploads if upload.index is not None}
    for part in form.forms("attachments", most=len(found) or 1) or []:
        index, name = part.snowflake("id", required=True), part.text("filename", least=1, most=1024)
        upload = None if index is None else found.get(index)
        if upload is not None and index is not None and name:
            found[index] = replace(upload, filename=name)
    return found
