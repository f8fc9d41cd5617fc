"""What a command's option can be beside text and numbers: people, roles, channels and files, as Discord named them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody on the server; ``name`` is what people see and comes from outside."""

    id: int
    name: str
    is_bot: bool = False
    roles: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A role; the one with the server's own id is everybody's."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel or thread; ``kind`` is Discord's number for its type."""

    id: int
    name: str
    kind: int = 0


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that somebody gave with a command; nothing of it has been fetched. ``size`` is in bytes."""

    id: int
    filename: str
    url: str
    size: int
    content_type: str = ""
