"""The clocks inside the database, which only its owner can move: what auctions and votes go by."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import psycopg
from psycopg import sql

from cogswarm.testing import FakeClock

type Function = Literal["auction_now", "vote_now"]

_SAYS = sql.SQL("CREATE OR REPLACE FUNCTION {} () RETURNS timestamptz LANGUAGE sql VOLATILE AS {}")


def says(function: Function, time: str) -> sql.Composed:
    """What makes a clock say what an SQL expression is worth; only the owner of the database can."""
    return _SAYS.format(sql.Identifier(function), sql.Literal(f"SELECT {time}"))


def stands_at(function: Function, moment: datetime) -> sql.Composed:
    """What makes a clock stand still at a moment."""
    return says(function, f"'{moment.isoformat()}'::timestamptz")


async def set_clock(url: str, function: Function, time: str) -> None:
    """Make a clock say what an SQL expression is worth, as the owner of the database at ``url``."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as owner:
        await owner.execute(says(function, time))


@dataclass(slots=True)
class Times:
    """Everybody's time: that of people, and one of the database's."""

    url: str
    clock: FakeClock
    function: Function
    ahead: float = 0.0

    async def pass_by(self, minutes: float) -> None:
        self.ahead += minutes * 60
        await set_clock(self.url, self.function, f"clock_timestamp() + interval '{self.ahead} seconds'")
        await self.clock.advance(timedelta(minutes=minutes))
