"""What `cogswarm check --connect` finds out about services on one's own machines."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.cli.findings import Finding
from bot.config.loaded import LoadedConfig

SECONDS = 3.0


def ollama_findings(loaded: LoadedConfig, seconds: float = SECONDS) -> Iterator[Finding]:
    """Say which of the configured Ollama servers let themselves be connected to; nothing is asked of them."""
    from bot.llm.ollama_backend import LOCAL_OLLAMA  # noqa: PLC0415 - imports an SDK

    models: dict[str, list[str]] = {}
    for name, model in loaded.config.models.items():
        if model.backend == "ollama":
            models.setdefault(model.base_url or LOCAL_OLLAMA, []).append(name)
    for address, names in models.items():
        used = ", ".join(names)
        if asyncio.run(_is_there(address, seconds)):
            yield Finding("on", f"Ollama at {address} is there (for {used}).")
        else:
            yield Finding(
                "missing", f"Ollama at {address} is not there (for {used}); start it with `ollama serve`."
            )


async def _is_there(address: str, seconds: float) -> bool:
    parts = urlsplit(address)
    try:
        async with asyncio.timeout(seconds):
            port = parts.port or (443 if parts.scheme == "https" else 80)
            _, writer = await asyncio.open_connection(parts.hostname or "", port)
    except (OSError, TimeoutError, ValueError):
        return False
    writer.close()
    return True
