"""The database fixtures (triggers that stop the bot at a row need the tables' owner), and a stage on such a database."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.testing.storage import (
    database,
    database_server,
    database_url,
    empty_database_url,
    pytest_unconfigure,
)
from tests.chaos.stage import Stage, opened_stage

__all__ = ["database", "database_server", "database_url", "empty_database_url", "pytest_unconfigure"]


@pytest.fixture(autouse=True)
def _warm(warm_processes: None) -> None:
    """Whoever is killed again and again need not import everything again and again."""


@pytest.fixture
async def stage(tmp_path: Path, database_url: str) -> AsyncGenerator[Stage]:
    async with opened_stage(tmp_path, database_url) as opened:
        yield opened
