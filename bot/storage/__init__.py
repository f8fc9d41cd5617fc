"""Postgres: the embedded server, migrations, and the bot's connections to it."""

from bot.storage.connecting import DatabaseAway
from bot.storage.database import Connection, Database, PoolOptions, WakeUp
from bot.storage.opening import DatabaseOptions, database_in_use, open_database

__all__ = [
    "Connection",
    "Database",
    "DatabaseAway",
    "DatabaseOptions",
    "PoolOptions",
    "WakeUp",
    "database_in_use",
    "open_database",
]
