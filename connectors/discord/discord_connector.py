#!/usr/bin/env python3
"""The Discord connector for Mumega agents: a thin shim over `cogswarm bridge`, which does all of it.

python discord_connector.py --check   # validates the settings, connects to nothing
DRY_RUN=1 python discord_connector.py # says what would be sent, connects to nothing
python discord_connector.py           # works until Ctrl-C

Settings are environment variables, or lines of the file `.env` beside this one; see `.env.example`.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from bot.cli import main as cogswarm

HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bridge with this folder's `.env`; its exit code, 78 where the settings are wrong."""
    given = sys.argv[1:] if arguments is None else arguments
    return cogswarm(["bridge", "--folder", str(HERE), *given])


if __name__ == "__main__":
    sys.exit(main())
