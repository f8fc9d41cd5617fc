"""Keeps the configuration's secrets out of the database: every text and JSON that a statement carries is cleaned."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.abc import Buffer
from psycopg.rows import TupleRow
from psycopg.types.json import set_json_dumps
from psycopg.types.string import StrDumperUnknown

from bot.observe.known_secrets import Secrets

type Prepare = Callable[[AsyncConnection[TupleRow]], None]


def cleaning(secrets: Secrets) -> Prepare:
    """What prepares a connection so that whatever it sends as a value holds none of ``secrets``; make it once."""

    class CleanText(StrDumperUnknown):
        """Text as psycopg sends it by default, cleaned."""

        def dump(self, obj: str) -> Buffer | None:
            return super().dump(secrets.text(obj))

    clean_json = _CleanJson(secrets)

    def prepare(connection: AsyncConnection[TupleRow]) -> None:
        if secrets.values:
            connection.adapters.register_dumper(str, CleanText)
            set_json_dumps(clean_json, connection)

    return prepare


@dataclass(frozen=True, slots=True, eq=False)
class _CleanJson:
    secrets: Secrets

    def __call__(self, value: Any) -> str:
        plain = json.dumps(value)
        # Forms of a secret are found in JSON as well; the value is walked only where one is.
        return json.dumps(self.secrets.value(value)) if plain in self.secrets else plain
