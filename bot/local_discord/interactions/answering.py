"""Applications answer interactions: the first callback, then follow-ups through the token for fifteen minutes.

https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object
"""

from dataclasses import replace

from bot.local_discord.form import Form
from bot.local_discord.interactions.asking import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL,
    source_of,
    tell_member,
)
from bot.local_discord.interactions.command_data import focused
from bot.local_discord.interactions.command_rules import STRING, read_choice
from bot.local_discord.interactions.modals import read_modal
from bot.local_discord.messages.drafts import Draft, checked, read_draft
from bot.local_discord.messages.mentions import NOBODY
from bot.local_discord.messages.posting import Origin, delete, edit, post
from bot.local_discord.messages.uploads import Files, Upload
from bot.local_discord.model import (
    COMPONENTS_V2,
    CONTEXT_COMMAND,
    DEFAULT,
    EPHEMERAL,
    LOADING,
    REPLY,
    SLASH_COMMAND,
    Cause,
    Interaction,
    Json,
    Message,
    Reference,
)
from bot.local_discord.refusals import Refusal, unknown
from bot.local_discord.stage import Actor, Stage
from bot.local_discord.wire.user import basic_application_object

PONG, REPLY_NOW, REPLY_LATER, UPDATE_LATER, UPDATE_NOW, CHOICES, SHOW_MODAL = 1, 4, 5, 6, 7, 8, 9
_ALLOWED = {
    COMMAND: (REPLY_NOW, REPLY_LATER, SHOW_MODAL),
    COMPONENT: (REPLY_NOW, REPLY_LATER, UPDATE_LATER, UPDATE_NOW, SHOW_MODAL),
    AUTOCOMPLETE: (CHOICES,),
    MODAL: (REPLY_NOW, REPLY_LATER, UPDATE_LATER, UPDATE_NOW),
}
MOST_CHOICES = 25


def alive(stage: Stage, interaction: Interaction | None) -> bool:
    """Whether an interaction's token still works."""
    if interaction is None:
        return False
    age = (stage.now() - interaction.created_at).total_seconds()
    return age <= stage.settings.interaction_life


def call_back(
    stage: Stage, interaction: Interaction, form: Form, uploads: list[Upload]
) -> tuple[int, Message | None]:
    """Give an interaction its first answer; returns the answer's type and the message it made or changed.

    Raises:
        Refusal: 10062 after the three seconds, 40060 when it has an answer, 50035, 50006.
    """
    if interaction.failed or not alive(stage, interaction):
        raise unknown("interaction")
    if interaction.callback is not None:
        raise Refusal(400, 40060, "Interaction has already been acknowledged.")
    allowed = _ALLOWED[interaction.kind]
    if interaction.kind == MODAL and interaction.message_id is None:
        allowed = (REPLY_NOW, REPLY_LATER)
    kind = form.choice("type", allowed, required=True)
    data = form.form("data", required=kind in (REPLY_NOW, CHOICES, SHOW_MODAL)) or Form(
        {}, form.problems, ("data",)
    )
    form.problems.raise_any()
    if kind == CHOICES:
        choices = _choices(interaction, data)
        form.problems.raise_any()
        _answered(stage, interaction, CHOICES)
        tell_member(stage, "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", interaction, choices=choices)
        return CHOICES, None
    if kind == SHOW_MODAL:
        modal = read_modal(data)
        form.problems.raise_any()
        _show_modal(stage, interaction, modal)
        return SHOW_MODAL, None
    kind = kind or REPLY_NOW
    message = _message_answer(stage, interaction, kind, data, uploads)
    tell_member(stage, "INTERACTION_SUCCESS", interaction)
    return kind, message


def _message_answer(
    stage: Stage, interaction: Interaction, kind: int, data: Form, uploads: list[Upload]
) -> Message:
    source = source_of(stage, interaction)
    v2 = source is not None and kind == UPDATE_NOW and bool(source.flags & COMPONENTS_V2)
    draft = read_draft(data, uploads, file_bytes=stage.settings.file_bytes, ephemeral=True, v2=v2)
    data.problems.raise_any()
    if kind in (UPDATE_LATER, UPDATE_NOW):
        if source is None:
            raise unknown("message")
        changed = source if kind == UPDATE_LATER else edit(stage, _author(interaction), source, draft)
        _answered(stage, interaction, kind, response_id=changed.id)
        return changed
    ephemeral = bool((draft.flags or 0) & EPHEMERAL)
    if kind == REPLY_NOW:
        message = _post(stage, interaction, checked(data, draft), ephemeral=ephemeral, first=True)
    else:
        waiting = Draft("", None, None, Files(), NOBODY, flags=(draft.flags or 0) & EPHEMERAL)
        message = _post(stage, interaction, waiting, ephemeral=ephemeral, first=True, loading=True)
    _answered(stage, interaction, kind, response_id=message.id, awaiting=kind == REPLY_LATER)
    return message


def _answered(
    stage: Stage,
    interaction: Interaction,
    kind: int,
    *,
    response_id: int | None = None,
    awaiting: bool = False,
) -> None:
    stage.world.put_interaction(
        replace(interaction, callback=kind, response_id=response_id, awaiting=awaiting)
    )
    stage.changed()


def _show_modal(stage: Stage, interaction: Interaction, modal: Json) -> None:
    _answered(stage, interaction, SHOW_MODAL)
    stage.world.put_interaction(replace(stage.world.interactions[interaction.id], modal=modal))
    application = stage.world.applications[interaction.application_id]
    tell_member(
        stage,
        "INTERACTION_MODAL_CREATE",
        interaction,
        channel_id=str(interaction.channel_id),
        application=basic_application_object(stage.view(), application),
        **modal,
    )
    tell_member(stage, "INTERACTION_SUCCESS", interaction)


def _author(interaction: Interaction) -> Actor:
    return Actor(interaction.application_id, interaction.application_id)


def _post(
    stage: Stage,
    interaction: Interaction,
    draft: Draft,
    *,
    ephemeral: bool,
    first: bool,
    loading: bool = False,
) -> Message:
    """Post an answer: a command's first answer by itself, others as replies to what they belong to."""
    channel = stage.world.channels.get(interaction.channel_id)
    if channel is None:
        raise unknown("channel")
    answered_id = interaction.message_id if first else interaction.response_id
    answered = stage.world.message(channel.id, answered_id or 0) or stage.world.ephemeral(answered_id or 0)
    kind = DEFAULT if answered is None else REPLY
    if first and interaction.kind == COMMAND:
        kind, answered = (CONTEXT_COMMAND if "target_id" in interaction.data else SLASH_COMMAND), None
    origin = Origin(
        kind=kind,
        application_id=interaction.application_id,
        cause=replace(
            interaction.cause or Cause(interaction.id, interaction.kind, interaction.user_id),
            original_response_id=None if first else interaction.response_id,
        ),
        seen_by=interaction.user_id if ephemeral else None,
        reference=None if answered is None else Reference(channel.id, answered.id, channel.guild_id),
        flags=LOADING if loading else 0,
    )
    return post(stage, _author(interaction), channel, replace(draft, answered=None, nonce=None), origin)


def _choices(interaction: Interaction, data: Form) -> list[Json]:
    """The choices offered for the option that is being typed; their values are of its type."""
    option = focused(interaction.data)
    kind = STRING if option is None else option["type"]
    forms = data.forms("choices", most=MOST_CHOICES, required=True) or []
    return [{k: v for k, v in read_choice(each, kind).items() if k != "name_localizations"} for each in forms]


def follow_up(stage: Stage, interaction: Interaction, form: Form, uploads: list[Upload]) -> Message:
    """Post another message through the token; the first one after a deferral fills its placeholder.

    Raises:
        Refusal: 10015 before the first answer, 50035, 50006.
    """
    if interaction.callback is None:
        raise unknown("webhook")
    draft = checked(form, read_draft(form, uploads, file_bytes=stage.settings.file_bytes, ephemeral=True))
    if interaction.awaiting:
        return _fill(stage, interaction, draft)
    ephemeral = bool((draft.flags or 0) & EPHEMERAL)
    return _post(stage, interaction, draft, ephemeral=ephemeral, first=False)


def _fill(stage: Stage, interaction: Interaction, draft: Draft) -> Message:
    placeholder = response(stage, interaction, None)
    filled = edit(stage, _author(interaction), placeholder, draft, finish=True)
    stage.world.put_interaction(replace(interaction, awaiting=False))
    return filled


def response(stage: Stage, interaction: Interaction, message_id: int | None) -> Message:
    """A message made through the token; None means the first answer (``@original``).

    Raises:
        Refusal: 10008 when there is none, 10015 before the first answer.
    """
    if interaction.callback is None:
        raise unknown("webhook")
    wanted = interaction.response_id if message_id is None else message_id
    message = stage.world.message(interaction.channel_id, wanted or 0) or stage.world.ephemeral(wanted or 0)
    if message is None:
        raise unknown("message")
    own = message.cause is not None and message.cause.interaction_id == interaction.id
    if not own and message.id != interaction.response_id:
        raise unknown("message")
    return message


def edit_response(
    stage: Stage, interaction: Interaction, message_id: int | None, form: Form, uploads: list[Upload]
) -> Message:
    """Change a message made through the token; a waiting placeholder gets its text."""
    message = response(stage, interaction, message_id)
    v2 = bool(message.flags & COMPONENTS_V2)
    draft = read_draft(form, uploads, file_bytes=stage.settings.file_bytes, v2=v2)
    form.problems.raise_any()
    if interaction.awaiting and message.id == interaction.response_id:
        return _fill(stage, interaction, draft)
    return edit(stage, _author(interaction), message, draft)


def delete_response(stage: Stage, interaction: Interaction, message_id: int | None) -> None:
    """Remove a message made through the token."""
    message = response(stage, interaction, message_id)
    if message.id == interaction.response_id:
        stage.world.put_interaction(replace(interaction, awaiting=False))
    delete(stage, message)
