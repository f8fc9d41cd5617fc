"""Files that came with a request, on their way into a message.

https://discord.com/developers/docs/reference#uploading-files
"""

import mimetypes
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from bot.local_discord.form import Form, Problems
from bot.local_discord.messages.image_size import size_of
from bot.local_discord.model import Attachment, Message
from bot.local_discord.refusals import limit_reached, too_large
from bot.local_discord.settings import LIMITS
from bot.local_discord.stage import Stage
from bot.local_discord.world import files_of

_UNSAFE = re.compile(r"[^A-Za-z0-9._\-]")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; charset=[\w-]+)?\Z")
FALLBACK_TYPE = "application/octet-stream"
LONGEST_NAME = 200


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
class Wish:
    """What an entry of ``attachments`` says about a file; None where it says nothing."""

    description: str | None = None
    spoiler: bool | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """What a body says about files: new ones, and which old ones stay (None: all).

    ``places`` are where in the body each of the old ones is named.
    """

    new: tuple[tuple[Upload, Wish], ...] = ()
    kept: Mapping[int, Wish] | None = None
    places: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])

    def demand_known(self, known: Collection[int]) -> None:
        """Raise 50035 where ``attachments`` names a file that neither came along nor is in the message."""
        problems = Problems()
        for identifier, place in self.places.items():
            if identifier not in known:
                problems.add(place, "ATTACHMENT_NOT_FOUND", "Attachment data not found")
        problems.raise_any()

    def kept_of(self, held: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
        """Those of a message's files that stay, with what was changed about them."""
        if self.kept is None:
            return held
        return tuple(_wished(each, self.kept[each.id]) for each in held if each.id in self.kept)


def read_files(form: Form, uploads: list[Upload], *, file_bytes: int) -> Files:
    """Match uploads with the ``attachments`` of a body; where it has that field, only what it names counts.

    Raises:
        Refusal: 40005 for a file over the limit, 30015 for more than ten.
    """
    if any(len(upload.content) > file_bytes for upload in uploads):
        raise too_large()
    parts = form.forms("attachments", most=LIMITS.attachments)
    if parts is None:
        # files without the field replace what was there
        return _counted(Files(tuple((upload, Wish()) for upload in uploads), {} if uploads else None))
    by_index = {upload.index: upload for upload in uploads}
    new: list[tuple[Upload, Wish]] = []
    kept: dict[int, Wish] = {}
    places: dict[int, tuple[str, ...]] = {}
    for part in parts:
        identifier = part.snowflake("id", required=True)
        wish = _wish(part)
        name = part.text("filename", least=1, most=1024)
        if identifier is None:
            continue
        upload = by_index.pop(identifier, None)
        if upload is None:
            kept[identifier] = wish
            places[identifier] = part.path
        else:
            new.append((replace(upload, filename=name or upload.filename), wish))
    return _counted(Files(tuple(new), kept, places))


def _counted(files: Files) -> Files:
    if len(files.new) + len(files.kept or ()) > LIMITS.attachments:
        raise limit_reached(
            30015, f"Maximum number of attachments in a message reached ({LIMITS.attachments})"
        )
    return files


def _wish(form: Form) -> Wish:
    form.text("title", most=1024)
    form.text("waveform", most=400)
    return Wish(form.text("description", most=1024), form.boolean("is_spoiler"))


def _wished(attachment: Attachment, wish: Wish) -> Attachment:
    if wish.description is not None:
        attachment = replace(attachment, description=wish.description or None)
    return attachment if wish.spoiler is None else replace(attachment, spoiler=wish.spoiler)


def store_files(stage: Stage, channel_id: int, files: Files) -> tuple[Attachment, ...]:
    """Put the new files into the store and give their attachments."""
    return tuple(_store(stage, channel_id, upload, wish) for upload, wish in files.new)


def _store(stage: Stage, channel_id: int, upload: Upload, wish: Wish) -> Attachment:
    name, title = safe_name(upload.filename)
    declared = upload.content_type or ""
    guessed = mimetypes.guess_type(name)[0] or FALLBACK_TYPE
    kind = declared if _MEDIA_TYPE.match(declared) and declared != FALLBACK_TYPE else guessed
    width, height = size_of(upload.content) or (None, None)
    identifier = stage.ids.take()
    stage.files.put(str(identifier), upload.content)
    return _wished(
        Attachment(
            identifier,
            channel_id,
            name,
            len(upload.content),
            kind,
            title=title,
            width=width,
            height=height,
        ),
        wish,
    )


def safe_name(given: str) -> tuple[str, str | None]:
    """A name that is only ASCII letters, digits and ``._-``; beside it the stem it had, if characters had to go."""
    whole = re.split(r"[/\\]", given)[-1].strip()
    cleaned = _UNSAFE.sub("", whole.replace(" ", "_")).lstrip(".")
    stem, dot, ending = cleaned.rpartition(".")
    if not dot and "." in whole:
        # only the ending is left of a name such as "имя.png", and of ".png"
        stem, dot, ending = "", ".", cleaned
    if not stem:
        stem, ending = ("unknown", ending) if dot else (ending or "unknown", "")
    name = stem[:LONGEST_NAME] + (f".{ending[:LONGEST_NAME]}" if dot and ending else "")
    return name, None if name == whole else (whole.rpartition(".")[0] or whole)[:1024] or None


def copied(stage: Stage, channel_id: int, attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """The same files once more, for a message in another channel that is to outlive this one."""
    found: list[Attachment] = []
    for each in attachments:
        content = stage.files.get(str(each.id))
        if content is not None:
            again = replace(each, id=stage.ids.take(), channel_id=channel_id)
            stage.files.put(str(again.id), content)
            found.append(again)
    return tuple(found)


def drop_files(stage: Stage, message: Message, keep: tuple[Attachment, ...] = ()) -> None:
    """Forget the bytes of a message's files, but for those to ``keep``."""
    kept = {each.id for each in keep}
    for each in files_of(message):
        if each.id not in kept:
            stage.files.drop(str(each.id))


def drop_files_of_channel(stage: Stage, channel_id: int) -> None:
    """Forget the bytes of all files in a channel that is about to be removed."""
    for message in stage.world.messages(channel_id):
        drop_files(stage, message)
