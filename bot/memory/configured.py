"""What recall measures likeness with, as the configuration says."""

import structlog

from bot.agents.personas import Personas
from bot.config.agents import NO_EMBEDDINGS, OFFLINE
from bot.config.loaded import LoadedConfig
from bot.memory.choice import choose_embedder
from bot.memory.embedder import Embedder

log = structlog.get_logger(__name__)


async def embedder_of(loaded: LoadedConfig, personas: Personas) -> Embedder | None:
    """The configured embedder, to be closed; None where words alone are compared."""
    wish = loaded.config.embeddings
    if wish in {OFFLINE, NO_EMBEDDINGS}:
        choice = await choose_embedder("offline" if wish == OFFLINE else "none")
    else:
        model = loaded.config.models[wish]
        choice = await choose_embedder(
            "backend", backend=personas.backend(wish), provider=model.backend, model=model.model or ""
        )
    log.info("recall", how=choice.sentence)
    return choice.embedder
