"""An agent on a bus that acknowledges, and says what it heard."""

import re
from collections.abc import Sequence

from tests.bot.bus.servers import Answer

NAMED = re.compile(r"\[request_id:([0-9a-f-]{36})\] (?:\[UNTRUSTED-INGRESS\] )?(.*?)\n", re.DOTALL)


def answering(to: str, text: str, request: str) -> Sequence[Answer]:
    found = NAMED.search(text)
    assert found is not None
    return [(to, f"{{ack_for: {found[1]}, ok: true}} I heard “{found[2]}” @everyone", request)]
