"""Users and applications."""

from dataclasses import replace

from starlette.responses import Response

from bot.local_discord.events import Event
from bot.local_discord.members.membership import go_out, put_member
from bot.local_discord.messages.webhook_face import LONGEST_IMAGE, read_avatar
from bot.local_discord.model import DM, Channel
from bot.local_discord.refusals import Refusal, unknown
from bot.local_discord.rest.call import Call, nothing, ok
from bot.local_discord.wire.channel import direct_channel_object
from bot.local_discord.wire.guild import my_guild_object, own_member_object
from bot.local_discord.wire.user import application_object, own_user_object, user_object


async def get_me(call: Call) -> Response:
    """GET /users/@me."""
    return ok(own_user_object(call.stage.world.users[call.actor.user_id]))


async def patch_me(call: Call) -> Response:
    """PATCH /users/@me: the name and the avatar; a banner is accepted and not kept."""
    form = await call.form()
    name, avatar = form.text("username", least=2, most=32), read_avatar(form)
    form.text("banner", most=LONGEST_IMAGE)
    form.problems.raise_any()
    before = user = call.stage.world.users[call.actor.user_id]
    if name:
        user = replace(user, username=name)
    if form.has("avatar"):
        user = replace(user, avatar=None if avatar is None else avatar.keep(call.stage))
    if user != before:
        call.stage.world.put_user(user)
        call.stage.emit(Event("USER_UPDATE", own_user_object(user), only=frozenset({user.id})))
        for guild in call.stage.world.guilds_of(user.id):
            member = call.stage.world.member(guild.id, user.id)
            if member is not None:
                put_member(call.stage, member)
        call.stage.changed()
    return ok(own_user_object(user))


async def get_user(call: Call) -> Response:
    """GET /users/{user_id}."""
    if call.text("user_id") == "@me":
        return await get_me(call)
    _ = call.actor
    user = call.stage.world.users.get(call.id("user_id"))
    if user is None:
        raise unknown("user")
    return ok(user_object(user))


async def my_guilds(call: Call) -> Response:
    """GET /users/@me/guilds."""
    query = call.query()
    limit = query.integer("limit", least=1, most=200, default=200) or 200
    after, before = query.snowflake("after"), query.snowflake("before")
    query.problems.raise_any()
    world, user_id = call.stage.world, call.actor.user_id
    guilds = [
        guild
        for guild in world.guilds_of(user_id)
        if (after is None or guild.id > after) and (before is None or guild.id < before)
    ]
    view = call.stage.view(user_id)
    listed = [(guild, world.member(guild.id, user_id)) for guild in guilds[:limit]]
    return ok([my_guild_object(view, guild, member) for guild, member in listed if member])


async def leave_guild(call: Call) -> Response:
    """DELETE /users/@me/guilds/{guild_id}: leave it.

    Raises:
        Refusal: 10004 when not in it, 50055 for its owner.
    """
    stage, guild = call.stage, call.stage.world.guilds.get(call.id("guild_id"))
    member = None if guild is None else stage.world.member(guild.id, call.actor.user_id)
    if guild is None or member is None:
        raise unknown("guild")
    if guild.owner_id == member.user_id:
        raise Refusal(400, 50055, "Invalid Guild")
    go_out(stage, guild, member)
    return nothing()


async def my_member(call: Call) -> Response:
    """GET /users/@me/guilds/{guild_id}/member."""
    member = call.stage.world.member(call.id("guild_id"), call.actor.user_id)
    if member is None:
        raise unknown("guild")
    return ok(own_member_object(call.stage.view(), member))


async def open_direct_channel(call: Call) -> Response:
    """POST /users/@me/channels: the direct message channel with somebody, made when there is none."""
    form = await call.form()
    other = form.snowflake("recipient_id", required=True)
    form.problems.raise_any()
    stage, user_id = call.stage, call.actor.user_id
    if other is None or other not in stage.world.users:
        raise unknown("user")
    if other == user_id:
        raise Refusal(400, 50007, "Cannot send messages to this user")
    for channel in stage.world.direct_channels(user_id):
        if other in channel.recipients:
            return ok(direct_channel_object(stage.view(user_id), channel))
    channel = Channel(stage.ids.take(), DM, recipients=(user_id, other))
    stage.world.put_channel(channel)
    stage.tell(
        "CHANNEL_CREATE",
        direct_channel_object(stage.view(), channel),
        channel,
        varies=lambda viewer: direct_channel_object(stage.view(viewer), channel),
    )
    return ok(direct_channel_object(stage.view(user_id), channel))


async def get_application(call: Call) -> Response:
    """GET /applications/@me and /oauth2/applications/@me."""
    return ok(application_object(call.stage.view(), call.application))
