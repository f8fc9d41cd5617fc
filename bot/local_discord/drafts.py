"""Reads the body of a message that is to be posted or edited, whoever posts it."""

from dataclasses import dataclass

from bot.local_discord.components import read_components
from bot.local_discord.embeds import read_embeds
from bot.local_discord.form import Form, as_snowflake
from bot.local_discord.mentions import Allowed, read_allowed
from bot.local_discord.model import COMPONENTS_V2, EPHEMERAL, SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS, Json
from bot.local_discord.refusals import empty_message
from bot.local_discord.settings import LIMITS
from bot.local_discord.uploads import Files, Upload, read_files

SETTABLE = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2


@dataclass(frozen=True, slots=True)
class Answered:
    """The message that a new one answers, as named in its ``message_reference``."""

    message_id: int
    channel_id: int | None
    must_exist: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as its author wrote it; None means that the field was not in the body."""

    content: str | None
    embeds: tuple[Json, ...] | None
    components: tuple[Json, ...] | None
    files: Files
    allowed: Allowed
    flags: int | None = None
    tts: bool = False
    nonce: str | int | None = None
    enforce_nonce: bool = False
    answered: Answered | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing would be seen."""
        written = self.content is not None and self.content.strip()
        return not (written or self.embeds or self.components or self.files.new)


def read_draft(
    form: Form, uploads: list[Upload], *, file_bytes: int, ephemeral: bool = False, v2: bool = False
) -> Draft:
    """A message body; call ``form.problems.raise_any()`` after it.

    ``ephemeral`` allows the flag of that name, ``v2`` says that the edited message uses layout components.
    """
    settable = SETTABLE | EPHEMERAL if ephemeral else SETTABLE
    given = form.integer("flags")
    flags = None if given is None else given & settable
    layout = v2 or bool((flags or 0) & COMPONENTS_V2)
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
        answered=_answered(form),
    )
    if layout:
        for name, value in (("content", draft.content), ("embeds", draft.embeds)):
            if value:
                message = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                form.refuse(name, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    return draft


def checked(form: Form, draft: Draft) -> Draft:
    """The draft of a new message, if it is right and not empty.

    Raises:
        Refusal: 50035 with what is wrong, or 50006.
    """
    form.problems.raise_any()
    if draft.empty:
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
    return form.text("nonce", most=LIMITS.nonce)


def _answered(form: Form) -> Answered | None:
    part = form.form("message_reference")
    if part is None:
        return None
    part.choice("type", {0})
    message_id = part.snowflake("message_id", required=True)
    if message_id is None:
        return None
    must_exist = part.boolean("fail_if_not_exists")
    return Answered(message_id, as_snowflake(part.data.get("channel_id")), must_exist is not False)
