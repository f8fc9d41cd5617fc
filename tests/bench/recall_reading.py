"""What a model makes of what was found: whether it names the fact that answers, and says so where none does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.llm.collect import ask
from bot.llm.protocol import Backend, Passage, Request, Turn
from tests.bench.recall_fixture import Asked, Fixture
from tests.bench.recall_measures import Ranking

INSTRUCTIONS = (
    "Answer the question from the material in one sentence and cite the passage that says so as [id]. Of two that "
    "contradict each other the later one is true. Where the material does not say it, answer NOT KNOWN and cite nothing."
)
_CITED = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a model fares with what it is given; the shares are from 0 to 1.

    ``right``: of the questions with an answer, those whose fact it cites. ``precision``: of the questions of which it says
    that it is not known, those without an answer. ``abstained``: of those without an answer, those of which it says so.
    """

    right: float
    precision: float
    abstained: float

    def line(self, name: str) -> str:
        """One line of the table."""
        return f"{name:14} {self.right:8.3f} {self.precision:10.2f} {self.abstained:10.2f}"


HEAD = f"{'':14}    right  precision  abstained"


async def reading(
    backend: Backend, model: str, ranking: Ranking, fixture: Fixture, asked: Sequence[Asked], begin: datetime
) -> Reading:
    """Let the model read what a way of finding gives for each question."""
    right = refused = refused_rightly = 0
    for one in asked:
        material = [
            Passage(str(number), fixture.facts[number], published=begin + timedelta(number))
            for number in await ranking(one.question)
        ]
        cited = await _cited(backend, model, one.question, material) if material else frozenset[int]()
        refused += not cited
        refused_rightly += not cited and one.answer is None
        right += one.answer in cited
    nothing = sum(one.answer is None for one in asked)
    return Reading(
        right / max(1, len(asked) - nothing),
        refused_rightly / refused if refused else 1.0,
        refused_rightly / max(1, nothing),
    )


async def _cited(backend: Backend, model: str, question: str, material: Sequence[Passage]) -> frozenset[int]:
    turn = Turn("user", question)
    answer = await ask(backend, Request("answer", model, INSTRUCTIONS, (turn,), tuple(material)))
    return frozenset(int(number) for number in _CITED.findall(answer.text))
