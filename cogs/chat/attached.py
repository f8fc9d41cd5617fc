"""Reads the files that came with a question, within bounds: text as material, pictures to look at; says what it could not."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cogs.chat import messages
from cogswarm import Attachment, Image, OutsideError, Passage, Run, plain

MOST_FILES = 6
MOST_PICTURES = 4
TEXT_BYTES = 512 * 1024
PICTURE_BYTES = 5 * 1024 * 1024
ALL_CHARACTERS = 60_000
_SIGNS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


@dataclass(slots=True)
class Files:
    """What was read of them, and sentences about what was not."""

    passages: list[Passage] = field(default_factory=list[Passage])
    images: list[Image] = field(default_factory=list[Image])
    names: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


async def read_files(run: Run, attached: Sequence[Attachment]) -> Files:
    """Read files one after the other; one that cannot be read is named and the others go on."""
    files = Files()
    for file in attached[:MOST_FILES]:
        name = plain(file.filename)[:80] or "a file"
        looks = file.content_type.startswith("image/")
        most = PICTURE_BYTES if looks else TEXT_BYTES
        if file.size > most:
            files.notes.append(messages.FILE_TOO_LARGE.format(name=name, most=_size(most)))
            continue
        try:
            content = await run.read_file(file, most_bytes=most)
        except OutsideError as error:
            files.notes.append(messages.FILE_FAILED.format(name=name, reason=plain(str(error))))
            continue
        _take(files, name, content)
    if len(attached) > MOST_FILES:
        files.notes.append(messages.FILES_TOO_MANY.format(count=len(attached) - MOST_FILES, most=MOST_FILES))
    return files


def _take(files: Files, name: str, content: bytes) -> None:
    """What a file is, is told by its bytes; its name and what it calls itself decide nothing."""
    kind = media_type(content)
    if kind is not None and len(files.images) < MOST_PICTURES:
        files.images.append(Image(kind, content))
    elif kind is None and (text := as_text(content)) is not None:
        room = ALL_CHARACTERS - sum(len(one.text) for one in files.passages)
        shown = text if len(text) <= room else f"{text[: max(0, room)]}{messages.TRUNCATED}"
        files.passages.append(Passage(f"F{len(files.passages) + 1}", shown, title=name))
    else:
        files.notes.append(messages.FILE_UNKNOWN.format(name=name))
        return
    files.names.append(name)


def media_type(content: bytes) -> str | None:
    """The kind of a picture that models look at; None for everything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for sign, kind in _SIGNS if content.startswith(sign)), None)


def as_text(content: bytes) -> str | None:
    """A file as text, where it is text."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


def _size(count: int) -> str:
    return f"{count // 1024 // 1024} MB" if count >= 1024 * 1024 else f"{count // 1024} kB"
