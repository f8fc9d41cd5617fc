"""What the SDK backends share: who they talk to, how long they wait, and checks of what comes back."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.errors import ConfigError
from bot.llm.protocol import BackendUnreachable, BadAnswer, Json, UnsupportedRequest
from bot.observe.secret_forms import forms_of

type Api = Literal["auto", "responses", "chat"]

_KEY_LIKE = re.compile(r"\b(?:sk|pk|key)-[\w*.-]{4,}", re.IGNORECASE)
_LONGEST_DETAIL = 200
_MOST_ARGUMENTS = 1_000_000


def check_address(url: str) -> None:
    """Raise `ConfigError` where ``url`` is no HTTP address that could be called."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port beyond 65535, an unfinished IPv6 address
        usable = False
    if not usable:
        raise ConfigError(f"{url!r} is no address of a model server: write one like http://127.0.0.1:11434.")


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a provider; an empty ``base_url`` means its own public address. Times in seconds.

    Raises:
        ConfigError: ``base_url`` is no HTTP address.
    """

    api_key: SecretStr | None = None
    base_url: str = ""
    connect_timeout: float = 10.0
    read_timeout: float = 120.0
    """The longest silence on the wire."""
    api: Api = "auto"
    """Which of OpenAI's APIs is spoken; ``auto``: ``responses`` with OpenAI itself, ``chat`` with all others."""
    pull: bool = False
    """Whether Ollama may download a model that it does not have; that can be many gigabytes."""

    def __post_init__(self) -> None:
        if self.base_url:
            check_address(self.base_url)


@dataclass(frozen=True, slots=True)
class Provider:
    """The name and address that sentences about a provider use; never its key."""

    name: str
    base_url: str
    api_key: SecretStr | None = None

    @property
    def place(self) -> str:
        """The host, without credentials or path."""
        parts = urlsplit(self.base_url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname or self.base_url}{port}"

    def unreachable(self, what: str) -> BackendUnreachable:
        """``what`` happened, such as "did not answer in time"."""
        return BackendUnreachable(f"{self.name} at {self.place} {what}; try again in a moment.")

    def nonsense(self, what: str) -> BadAnswer:
        """The answer is not what this protocol says it must be."""
        return BadAnswer(f"{self.name} at {self.place} sent {what}; check base_url and the model.")

    def detail(self, message: str) -> str:
        """The provider's own words as one short line, with anything like a key blacked out."""
        text = message
        for form in sorted(
            forms_of(self.api_key.get_secret_value() if self.api_key else ""), key=len, reverse=True
        ):
            text = text.replace(form, "***")
        flat = " ".join(_KEY_LIKE.sub("***", text).split())
        return flat if len(flat) <= _LONGEST_DETAIL else flat[: _LONGEST_DETAIL - 1] + "…"


def merged_options(options: Mapping[str, Any], reserved: frozenset[str]) -> Json:
    """A model's extra options; raises `UnsupportedRequest` for one that would overrule the request."""
    if taken := sorted(set(options) & reserved):
        raise UnsupportedRequest(
            f"Remove {', '.join(taken)} from the model's options: the bot sets it itself."
        )
    return dict(options)


def tool_arguments(provider: Provider, raw: str) -> Json:
    """The parsed arguments of a tool call; an empty text means none."""
    if len(raw) > _MOST_ARGUMENTS:
        raise provider.nonsense("a tool call larger than a megabyte")
    try:
        arguments: object = json.loads(raw or "{}")
    except (ValueError, RecursionError):
        raise provider.nonsense("a tool call whose arguments are not JSON") from None
    if not isinstance(arguments, dict):
        raise provider.nonsense("a tool call whose arguments are not a JSON object")
    return cast("Json", arguments)


def checked_vectors(provider: Provider, vectors: Sequence[Sequence[float]], count: int) -> list[list[float]]:
    """``vectors`` as lists of finite floats, one for each text and all of one length."""
    result = [[float(number) for number in vector] for vector in vectors]
    same = len({len(vector) for vector in result}) <= 1 and all(result)
    if len(result) != count or not same or not all(map(math.isfinite, (n for v in result for n in v))):
        raise provider.nonsense("embeddings that do not fit the texts")
    return result
