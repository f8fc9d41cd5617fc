"""How a client program learns where to go and tells what it saw: arguments in, one line of JSON an observation out.

Imports the standard library only: the programs run in environments of their own.
"""

import argparse
import json
import logging
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where the local Discord is, whose bot to be, and with how many shards (0: a client without sharding)."""

    api_url: str
    gateway_url: str
    base_url: str
    token: str
    guild_id: int
    shards: int


def place() -> Place:
    """The place named in the program's arguments; what a library logs goes to standard error."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    parser = argparse.ArgumentParser()
    for name in ("api-url", "gateway-url", "base-url", "token"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--guild-id", type=int, required=True)
    parser.add_argument("--shards", type=int, default=0)
    return Place(**vars(parser.parse_args()))


def tell(what: str, **facts: object) -> None:
    """Say what was seen."""
    sys.stdout.write(json.dumps({"what": what, **facts}) + "\n")
    sys.stdout.flush()
