"""Pictures in a conversation: for people as files with a description, and for a model that cannot see them as words."""

from collections.abc import Sequence
from dataclasses import replace

from bot.llm.protocol import Image, Turn
from bot.work.surface import File

_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


def as_files(images: Sequence[Image], tool: str, *, before: int = 0) -> tuple[File, ...]:
    """What ``tool`` (``server.tool``) has given, for `Run.post`; ``before`` so many others. What no one can show is left out."""
    return tuple(
        File(
            f"picture-{number}.{_ENDINGS[image.media_type]}",
            image.data,
            f"Picture {number}, given by {tool}; nobody has said what it shows.",
        )
        for number, image in enumerate(images, before + 1)
        if image.media_type in _ENDINGS
    )


def without_pictures(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The same turns for a model that cannot look at pictures: each says instead how many there are."""
    return tuple(replace(turn, text=_told(turn), images=()) if turn.images else turn for turn in turns)


def _told(turn: Turn) -> str:
    count = len(turn.images)
    many = "A picture is" if count == 1 else f"{count} pictures are"
    seen = "people are shown it" if turn.role == "tool" else "it was sent by a person"
    if count > 1:
        seen = seen.replace("it was", "they were").replace("shown it", "shown them")
    return f"{turn.text}\n[{many} here that you cannot see; {seen}. Do not guess what it shows.]".lstrip()
