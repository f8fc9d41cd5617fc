"""The three SDK backends by name, opened on an address."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from bot.llm.factory import open_backend
from bot.llm.protocol import Backend, Event, Request

NAMES = ("openai", "anthropic", "ollama")
KEY = "sk-test-1234567890"


@asynccontextmanager
async def opened(
    name: str, url: str, *, key: str | None = KEY, read_timeout: float = 10.0
) -> AsyncGenerator[Backend]:
    backend = open_backend(
        name,
        api_key=SecretStr(key) if key else None,
        base_url=f"{url}/v1" if name == "openai" else url,
        read_timeout=read_timeout,
    )
    try:
        yield backend
    finally:
        await backend.aclose()


async def events_of(backend: Backend, request: Request) -> list[Event]:
    return [event async for event in backend.stream(request)]
