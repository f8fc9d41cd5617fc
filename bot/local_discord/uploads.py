"""Files that came with a request, on their way into a message."""

import mimetypes
import re
from dataclasses import dataclass

from bot.local_discord.form import Form
from bot.local_discord.model import Attachment
from bot.local_discord.refusals import too_large
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Stage

_UNSAFE = re.compile(r"[^\w.\-]")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; charset=[\w-]+)?\Z")
FALLBACK_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart request; ``field`` is the name of its part, such as ``files[0]``."""

    field: str
    filename: str
    content: bytes
    content_type: str | None = None

    @property
    def index(self) -> int | None:
        """The number in ``files[n]``; a part named ``file`` counts as 0."""
        found = re.fullmatch(r"files?\[(\d{1,3})\]", self.field)
        if found:
            return int(found[1])
        return 0 if self.field == "file" else None


@dataclass(frozen=True, slots=True)
class Files:
    """What a body says about files: new ones with their descriptions, and which old ones stay (None: all)."""

    new: tuple[tuple[Upload, str | None], ...] = ()
    kept: frozenset[int] | None = None


def read_files(form: Form, uploads: list[Upload], *, file_bytes: int) -> Files:
    """Match uploads with the ``attachments`` of a body.

    Raises:
        Refusal: 40005 for a file over the limit.
    """
    if any(len(upload.content) > file_bytes for upload in uploads):
        raise too_large()
    described: dict[int, Form] = {}
    kept: frozenset[int] | None = None
    parts = form.forms("attachments", most=LIMITS.attachments)
    if parts is not None:
        ids = {part.snowflake("id", required=True): part for part in parts}
        described = {number: part for number, part in ids.items() if number is not None}
        kept = frozenset(described)
    new: list[tuple[Upload, str | None]] = []
    for upload in uploads:
        part = described.get(-1 if upload.index is None else upload.index)
        description = None if part is None else part.text("description", most=1024)
        name = None if part is None else part.text("filename", least=1, most=1024)
        if name:
            upload = Upload(upload.field, name, upload.content, upload.content_type)  # noqa: PLW2901 - the same upload under its real name
        new.append((upload, description))
    if len(new) > LIMITS.attachments:
        form.refuse(
            "attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {LIMITS.attachments} or fewer in length."
        )
    return Files(tuple(new), kept)


def store_files(stage: Stage, channel_id: int, files: Files) -> tuple[Attachment, ...]:
    """Put the new files into the store and give their attachments."""
    return tuple(_store(stage, channel_id, upload, description) for upload, description in files.new)


def _store(stage: Stage, channel_id: int, upload: Upload, description: str | None) -> Attachment:
    name = _UNSAFE.sub("_", upload.filename)[-200:].lstrip(".") or "unknown"
    declared = upload.content_type or ""
    guessed = mimetypes.guess_type(name)[0] or FALLBACK_TYPE
    kind = declared if _MEDIA_TYPE.match(declared) and declared != FALLBACK_TYPE else guessed
    identifier = stage.ids.take()
    stage.files.put(str(identifier), upload.content)
    return Attachment(identifier, channel_id, name, len(upload.content), kind, description)
