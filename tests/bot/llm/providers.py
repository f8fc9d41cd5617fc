"""The three SDK backends by name, opened on an address."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from bot.llm.factory import open_backend
from bot.llm.protocol import Backend, Event, Request

NAMES = ("openai", "anthropic", "ollama")
DIALECTS = ("responses", *NAMES)
"""The three SDKs; OpenAI's speaks two APIs, of which ``openai`` is here the one that compatible servers have."""
KEY = "sk-test-1234567890"


@asynccontextmanager
async def opened(
    name: str, url: str, *, key: str | None = KEY, read_timeout: float = 10.0, pull: bool = False
) -> AsyncGenerator[Backend]:
    speaks_openai = name in {"openai", "responses"}
    backend = open_backend(
        "openai" if speaks_openai else name,
        api_key=SecretStr(key) if key else None,
        base_url=f"{url}/v1" if speaks_openai else url,
        read_timeout=read_timeout,
        api="responses" if name == "responses" else "auto",
        pull=pull,
    )
    try:
        yield backend
    finally:
        await backend.aclose()


async def events_of(backend: Backend, request: Request) -> list[Event]:
    return [event async for event in backend.stream(request)]
