from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.memory.minilm import MiniLm
from bot.memory.weights import weights_installed


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def minilm() -> AsyncIterator[MiniLm]:
    """The real model, loaded once."""
    if not weights_installed():
        pytest.skip("the embedding model's weights are not installed")
    embedder = await MiniLm.load()
    yield embedder
    await embedder.aclose()
