"""Reads the fixture of facts, their newer versions, and questions with and without an answer."""

from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("recall_facts.txt")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the number of the fact that answers it; None for none."""

    question: str
    answer: int | None


@dataclass(frozen=True, slots=True)
class Fixture:
    """Facts, oldest first, how many of them are newer versions, and what is asked."""

    facts: tuple[str, ...]
    updates: int
    asked: tuple[Asked, ...]

    def smaller(self, every: int) -> "Fixture":
        """The same facts, and each so-manieth question."""
        return Fixture(self.facts, self.updates, self.asked[::every])


def read(file: Path = FILE) -> Fixture:
    """Read the file; its head says what a line is."""
    facts: list[str] = []
    asked: list[Asked] = []
    updates = 0
    lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    split = lines.index("----")
    for line in lines[:split]:
        fact, *questions = (part.strip() for part in line.split(" | "))
        if fact.startswith("+ "):
            updates += 1
            before = len(facts) - 1
            asked = [Asked(one.question, len(facts)) if one.answer == before else one for one in asked]
            fact = fact.removeprefix("+ ")
        asked += [Asked(question, len(facts)) for question in questions]
        facts.append(fact)
    asked += [Asked(question, None) for question in lines[split + 1 :]]
    return Fixture(tuple(facts), updates, tuple(asked))
