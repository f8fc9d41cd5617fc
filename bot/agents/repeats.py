"""Notices an agent that uses the same tool in the same way again and again."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.agents.using import Used
from bot.llm.protocol import ToolCall

STUBBORN = 3
"""So many rounds of nothing but repeated calls are too many."""
REPEATED = "This was asked in the very same words"


@dataclass(slots=True)
class Repeats:
    """Counts the calls of one conversation, each of which may be made ``most`` times."""

    most: int
    _asked: Counter[str] = field(default_factory=Counter[str])
    _rounds: int = 0

    def why_not(self, call: ToolCall) -> str:
        """Why a call is not made that was made before, empty where it is; it is counted, so ask once and in order."""
        known = f"{call.name} {json.dumps(call.arguments, sort_keys=True, default=str)}"
        self._asked[known] += 1
        if self._asked[known] <= self.most:
            return ""
        return f"{REPEATED} {self.most} times before; use what it answered, or ask something else."

    def end_round(self, used: Sequence[Used]) -> None:
        """Note what became of all calls of a round."""
        repeated = [one.refused and one.text.startswith(REPEATED) for one in used]
        self._rounds = self._rounds + 1 if all(repeated) else 0

    @property
    def too_many(self) -> bool:
        """Whether nothing else has come for several rounds."""
        return self._rounds >= STUBBORN
