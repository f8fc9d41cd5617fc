"""A model that proposes, judges and advises as a test says, and remembers all that it was asked."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.llm.protocol import BackendError, Event, Finished, Request, TextDelta, Usage
from cogs.consensus import messages

type Order = Callable[[Sequence[str]], list[int]]
"""Which of some texts are better, by their places from 0, the best first."""


def longest_first(texts: Sequence[str]) -> list[int]:
    return sorted(range(len(texts)), key=lambda place: (-len(texts[place]), texts[place]))


def as_they_come(texts: Sequence[str]) -> list[int]:
    """The judge that always prefers what it is shown first."""
    return list(range(len(texts)))


@dataclass(slots=True)
class Thinker:
    """``drafts`` are by the brief that an agent is given; an error in place of a text is raised."""

    drafts: dict[str, str | BackendError] = field(default_factory=dict[str, str | BackendError])
    judge: Order = longest_first
    choose: Order = longest_first
    revision: str = messages.KEEP
    label: str = ""
    asked: list[Request] = field(default_factory=list[Request])
    at_once: int = 0
    most_at_once: int = 0
    gate: asyncio.Event | None = None
    """Nothing is answered before it is set."""

    def asked_for(self, what: str) -> list[Request]:
        """What was asked with a schema of that name; of an empty name, what was asked without."""
        return [one for one in self.asked if (one.schema.name if one.schema else "") == what]

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        self.asked.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.gate is not None:
                await self.gate.wait()
            answer = self._answer(request)
        finally:
            self.at_once -= 1
        if isinstance(answer, BackendError):
            raise answer
        yield TextDelta(answer)
        yield Finished("stop", Usage(100, 10))

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        raise AssertionError((texts, model))

    async def aclose(self) -> None:
        """Nothing is open."""

    def _answer(self, request: Request) -> str | BackendError:
        texts = [one.text for one in request.material]
        if request.schema is None:
            said = request.turns[-1].text
            if messages.KEEP in said:
                return self.revision
            return next((text for brief, text in self.drafts.items() if brief in said), "Nothing special.")
        if request.schema.name == "ballot":
            return json.dumps({"choices": [f"{place + 1}" for place in self.choose(texts)]})
        return json.dumps(self._judgement(texts))

    def _judgement(self, texts: Sequence[str]) -> dict[str, Any]:
        order = [f"{place + 1}" for place in self.judge(texts)]
        return {
            "criteria": [{"criterion": one, "order": order} for one in messages.USUAL_CRITERIA],
            "remarks": [
                {"id": f"{place}", "strength": f"It says {len(text)} letters.", "weakness": f"Beside [{1}]."}
                for place, text in enumerate(texts, 1)
            ],
        }
