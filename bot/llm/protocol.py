"""What a model provider (a *backend*) is given and what it gives back.

A request carries its purpose and its material as data beside the text, so that code, prompts and the
offline backend all know what is instruction (ours) and what is material (from outside, never obeyed).
"""

import base64
import binascii
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

from pydantic import BeforeValidator, PlainSerializer

from bot.errors import OutsideError

type Json = dict[str, Any]
type Role = Literal["user", "assistant", "tool"]
type Purpose = Literal["plan", "answer", "summarize", "chat"]
"""What a request is for: ``plan`` search queries, ``answer`` a question from the material, ``summarize``
the material, or ``chat`` freely. A backend may refuse a purpose it does not know."""


def _from_base64(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ValueError("is no base64") from None


def _to_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


@dataclass(frozen=True, slots=True)
class Image:
    """A picture for the model to look at, untrusted; ``media_type`` is one of ``image/png, jpeg, gif`` or ``webp``.

    pydantic writes ``data`` to JSON as base64, so that a turn can be recorded as a step of a run.
    """

    media_type: str
    data: Annotated[
        bytes, BeforeValidator(_from_base64), PlainSerializer(_to_base64, return_type=str, when_used="json")
    ] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of material with an id that an answer may cite as ``[id]``; its text is untrusted data."""

    id: str
    text: str
    title: str = ""
    author: str = ""
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool the model may call; ``parameters`` is the tool's own JSON schema, passed on intact."""

    name: str
    description: str
    parameters: Json


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool; ``arguments`` is parsed JSON."""

    id: str
    name: str
    arguments: Json


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation in provider-neutral form; a ``tool`` turn answers ``tool_call_id``.

    ``images`` belong to ``user`` and ``tool`` turns. ``opaque`` belongs to an ``assistant`` turn and is
    the `Answer.opaque` of the answer it records: only the backend that gave it reads it.
    """

    role: Role
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    images: tuple[Image, ...] = ()
    opaque: tuple[Json, ...] = ()
    tool_failed: bool = False
    """The tool did not do what was asked; ``text`` says why."""
    author: str = ""
    """Of a ``user`` turn: somebody else than the person who asks said it. It is marked as from outside, with their name."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The JSON schema a structured answer must match; ``name`` is letters, digits and underscores."""

    name: str
    definition: Json


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a model. ``instructions`` are ours; ``turns`` and ``material`` may come from outside."""

    purpose: Purpose
    model: str
    instructions: str
    turns: tuple[Turn, ...]
    material: tuple[Passage, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    schema: Schema | None = None
    max_tokens: int = 2_000
    temperature: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What else the provider takes, from the model's entry in the config."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; ``cached_tokens`` of ``input_tokens`` were read from its cache."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, in order; an empty piece is a sign of life (the model is thinking)."""

    text: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """What the provider needs back unchanged in the next round, such as signed thinking.

    ``data`` is JSON with the key ``backend``, which says whose it is. It goes into `Turn.opaque` as it came.
    """

    data: Json


@dataclass(frozen=True, slots=True)
class Progress:
    """What the provider does before it can answer, in words for people ("Fetching llama3.2: 40 %")."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every stream that did not raise."""

    reason: Literal["stop", "length", "tool_calls"]
    usage: Usage


type Event = TextDelta | ToolCall | Opaque | Progress | Finished


@dataclass(frozen=True, slots=True)
class Answer:
    """A stream collected: the whole text, the tool calls, the usage; ``data`` where a schema was asked for.

    ``opaque`` belongs into the turn that records this answer, see `Turn.opaque`.
    """

    text: str
    tool_calls: tuple[ToolCall, ...]
    finish: Literal["stop", "length", "tool_calls"]
    usage: Usage
    data: Json | None = None
    opaque: tuple[Json, ...] = ()


@runtime_checkable
class Backend(Protocol):
    """A model provider. Implementations are cancellable at any await and hold no state between calls."""

    @property
    def label(self) -> str:
        """What is shown beside this backend's text ("extractive, offline"); empty for a real model."""
        ...

    def stream(self, request: Request) -> AsyncIterator[Event]:
        """Answer ``request`` piece by piece; the last event is `Finished`. Raises `BackendError`."""
        ...

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        """Embed ``texts``, one vector each, in order. Raises `UnsupportedRequest` where not offered."""
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


class BackendError(OutsideError):
    """A model provider failed; the sentence says which and what to do."""


class BackendUnreachable(BackendError):
    """No answer: refused, reset, timed out or cut off in the middle; may be retried."""


class BackendPaused(BackendError):
    """The breaker is open after repeated failures; ``retry_after`` is in seconds, nothing was sent."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AuthFailed(BackendError):
    """The key is missing, wrong or not allowed to use this model."""

    may_pass = False


class QuotaExceeded(BackendError):
    """The account has no credit left."""

    may_pass = False


class RateLimited(BackendError):
    """Too many requests; ``retry_after`` is in seconds where the provider said."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ContextTooLong(BackendError):
    """The request is longer than the model reads."""

    may_pass = False


class ContentRefused(BackendError):
    """The model declined to answer."""

    may_pass = False


class BadAnswer(BackendError):
    """The answer was not what was asked for, such as text that does not match the schema; to ask again costs again."""

    may_pass = False


class UnsupportedRequest(BackendError):
    """This backend does not offer what the request needs (a purpose, a schema, images, embeddings)."""

    may_pass = False
