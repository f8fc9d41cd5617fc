"""Reads the body of a message that is to be posted or edited, whoever posts it."""

from dataclasses import dataclass

from bot.local_discord.form import Form
from bot.local_discord.interactions.components import read_components
from bot.local_discord.messages.embeds import read_embeds
from bot.local_discord.messages.mentions import NOBODY, Allowed, read_allowed
from bot.local_discord.messages.poll_drafts import NewPoll, read_poll
from bot.local_discord.messages.uploads import Files, Upload, read_files
from bot.local_discord.model import COMPONENTS_V2, EPHEMERAL, SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS, Json
from bot.local_discord.refusals import Refusal, empty_message
from bot.local_discord.settings import LIMITS

SETTABLE = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2
_REPLY, _FORWARD = 0, 1


@dataclass(frozen=True, slots=True)
class Answered:
    """The message that a new one answers, as named in its ``message_reference``."""

    message_id: int
    channel_id: int | None
    guild_id: int | None
    must_exist: bool


@dataclass(frozen=True, slots=True)
class Carried:
    """The message that a new one forwards, as named in its ``message_reference``."""

    message_id: int
    channel_id: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as its author wrote it; None means that the field was not in the body.

    Without ``allowed`` what may be mentioned depends on who writes.
    """

    content: str | None
    embeds: tuple[Json, ...] | None
    components: tuple[Json, ...] | None
    files: Files
    allowed: Allowed | None
    flags: int | None = None
    tts: bool = False
    nonce: str | int | None = None
    enforce_nonce: bool = False
    answered: Answered | None = None
    carried: Carried | None = None
    poll: NewPoll | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing would be seen."""
        return not (self.content or self.embeds or self.components or self.files.new or self.poll)


def system_draft(content: str = "") -> Draft:
    """A message that Discord itself writes; it mentions nobody."""
    return Draft(content, None, None, Files(), NOBODY)


def read_draft(
    form: Form, uploads: list[Upload], *, file_bytes: int, ephemeral: bool = False, v2: bool = False
) -> Draft:
    """A message body; call ``form.problems.raise_any()`` after it.

    ``ephemeral`` allows the flag of that name, ``v2`` says that the edited message uses layout components.

    Raises:
        Refusal: 50081 for a sticker (there are none here), 40005 and 30015 for files.
    """
    settable = SETTABLE | EPHEMERAL if ephemeral else SETTABLE
    given = form.integer("flags")
    flags = None if given is None else given & settable
    layout = v2 or bool((flags or 0) & COMPONENTS_V2)
    if form.snowflakes("sticker_ids", most=3):
        raise Refusal(400, 50081, "Invalid sticker sent")
    answered, carried = _reference(form)
    draft = Draft(
        content=_content(form),
        embeds=read_embeds(form),
        components=read_components(form, v2=layout),
        files=read_files(form, uploads, file_bytes=file_bytes),
        allowed=read_allowed(form),
        flags=flags,
        tts=bool(form.boolean("tts")),
        nonce=_nonce(form),
        enforce_nonce=bool(form.boolean("enforce_nonce")),
        answered=answered,
        carried=carried,
        poll=read_poll(form),
    )
    if layout:
        for name, value in (("content", draft.content), ("embeds", draft.embeds), ("poll", draft.poll)):
            if value:
                message = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                form.refuse(name, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    return draft


def checked(form: Form, draft: Draft) -> Draft:
    """The draft of a new message, if it is right and not empty.

    Raises:
        Refusal: 50035 with what is wrong, or 50006.
    """
    if draft.carried is not None and not draft.empty:
        message = "A forward can have nothing else in it"
        form.refuse("message_reference", "FORWARD_CONTAINS_UNSUPPORTED_CONTENT", message)
    form.problems.raise_any()
    draft.files.demand_known(())
    if draft.empty and draft.carried is None:
        raise empty_message()
    return draft


def _content(form: Form) -> str | None:
    if not form.has("content"):
        return None
    text = form.text("content", most=LIMITS.content)
    return "" if text is None else text.strip()


def _nonce(form: Form) -> str | int | None:
    value = form.data.get("nonce")
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63:
        return value
    if not isinstance(value, str):
        form.refuse("nonce", "NONCE_TYPE_INVALID", "Nonce must be a string or an integer.")
        return None
    return form.text("nonce", most=LIMITS.nonce)


def _reference(form: Form) -> tuple[Answered | None, Carried | None]:
    """What a new message answers, or what it forwards."""
    part = form.form("message_reference")
    if part is None:
        return None, None
    kind = part.choice("type", {_REPLY, _FORWARD})
    message_id = part.snowflake("message_id", required=True)
    channel_id = part.snowflake("channel_id", required=kind == _FORWARD)
    guild_id = part.snowflake("guild_id")
    must_exist = part.boolean("fail_if_not_exists")
    if message_id is None:
        return None, None
    if kind == _FORWARD:
        return None, None if channel_id is None else Carried(message_id, channel_id)
    return Answered(message_id, channel_id, guild_id, must_exist is not False), None
