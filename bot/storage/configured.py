"""The database that the configuration names."""

from contextlib import AbstractAsyncContextManager

from bot.clock import Clock
from bot.config.loaded import LoadedConfig
from bot.observe.known_secrets import telling
from bot.storage.database import Database
from bot.storage.opening import DatabaseOptions, open_database


def database_of(loaded: LoadedConfig, clock: Clock) -> AbstractAsyncContextManager[Database]:
    """The configured database, to be opened."""
    section = loaded.config.database
    url, bot_url = (None if one is None else one.get_secret_value() for one in (section.url, section.bot_url))
    options = DatabaseOptions(bot_url=bot_url, secrets=telling(loaded.secrets()))
    return open_database(url, loaded.data_dir, options=options, clock=clock)
