"""What agents are told of the place in which they work, beside what they are asked: text from outside, with whose it is."""

from dataclasses import dataclass
from datetime import datetime

from bot.llm.protocol import Passage


@dataclass(frozen=True, slots=True)
class Known:
    """Something that is known in a place: whose words, since when, and where people can look at it."""

    text: str
    author: str = ""
    at: datetime | None = None
    link: str = ""
    title: str = ""

    def passage(self, passage_id: str) -> Passage:
        """The same as material for an agent."""
        return Passage(passage_id, self.text, title=self.title, author=self.author, published=self.at)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that is known in a place, of two that contradict each other the one that holds first.

    ``notes`` are sentences for people: what could not be read, and what was left out.
    """

    items: tuple[Known, ...] = ()
    notes: tuple[str, ...] = ()

    def passages(self, letter: str = "P") -> list[Passage]:
        """Material for an agent, with ids such as ``P1``."""
        return [one.passage(passage_id) for passage_id, one in self.by_id(letter).items()]

    def links(self, letter: str = "P") -> dict[str, str]:
        """Where each of `passages` can be looked at, by its id."""
        return {passage_id: one.link for passage_id, one in self.by_id(letter).items() if one.link}

    def by_id(self, letter: str = "P") -> dict[str, Known]:
        """What is known, by the ids of `passages`."""
        return {f"{letter}{number}": one for number, one in enumerate(self.items, 1)}
