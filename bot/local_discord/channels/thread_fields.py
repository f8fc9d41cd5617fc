"""Reads the fields of a thread: its name and its tags.

https://discord.com/developers/docs/resources/channel#start-thread-in-forum-or-media-channel
"""

from dataclasses import replace

from bot.local_discord.form import Form
from bot.local_discord.members.permissions import MANAGE_THREADS
from bot.local_discord.model import FORUM, MEDIA, REQUIRE_TAG, Channel
from bot.local_discord.refusals import Refusal, missing_permissions
from bot.local_discord.stage import Actor, Stage, may

MOST_TAGS = 5


def read_name(form: Form, field: str = "name", *, required: bool) -> str:
    """A thread's name without the white space around it, "" where none is given."""
    value = form.data.get(field)
    if isinstance(value, str) and not required and not value:
        return ""
    if isinstance(value, str) and not value.strip():
        form.refuse(field, "BASE_TYPE_REQUIRED", "This field is required")
        return ""
    if isinstance(value, str):
        form = replace(form, data={field: value.strip()})
    return form.text(field, least=1, most=100, required=required) or ""


def read_tags(form: Form) -> list[int] | None:
    """The ``applied_tags`` of a body, None where it has none."""
    return form.snowflakes("applied_tags", most=MOST_TAGS)


def demand_tags(
    stage: Stage, actor: Actor, forum: Channel, tags: list[int], before: tuple[int, ...] = ()
) -> tuple[int, ...]:
    """Tags that the actor may put on a post of a forum, each once; outside of forums there are none.

    Raises:
        Refusal: 10087 for a tag that the forum does not have, 50013 for one that only moderators may give or
            take, 40067 or 40066 where a tag is required and none is given.
    """
    if forum.kind not in (FORUM, MEDIA):
        return ()
    chosen = tuple(dict.fromkeys(tags))
    available = {tag.id: tag for tag in forum.tags}
    if any(tag not in available for tag in chosen):
        raise Refusal(404, 10087, "Unknown Tag")
    # a webhook has no permissions of its own; what it may give is not limited
    manages = actor.user_id not in stage.world.users or may(stage, actor, forum, MANAGE_THREADS)
    touched = set(chosen) ^ set(before)
    if not manages and any(available[tag].moderated for tag in touched if tag in available):
        raise missing_permissions()
    if forum.flags & REQUIRE_TAG and not chosen:
        if not manages and forum.tags and all(tag.moderated for tag in forum.tags):
            raise Refusal(400, 40066, "There are no tags available that can be set by non-moderators")
        raise Refusal(400, 40067, "A tag is required to create a forum post in this channel")
    return chosen
