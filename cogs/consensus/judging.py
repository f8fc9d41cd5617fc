"""Two blind judgements of the same texts, in opposite orders, as one comparison: what only one of them says is a tie."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cogs.consensus import messages
from cogswarm import Schema

LONGEST_REMARK = 300


class Criterion(BaseModel):
    """How an analyst ranks the texts by one criterion, the best first, by their numbers."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    criterion: str
    order: list[str]


class Remark(BaseModel):
    """What an analyst says of one text."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    strength: str = Field("", max_length=4_000)
    weakness: str = Field("", max_length=4_000)


class Judgement(BaseModel):
    """All that an analyst says of some texts that it was shown in one order."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    criteria: list[Criterion]
    remarks: list[Remark] = []


SCHEMA = Schema(
    "comparison",
    {
        "type": "object",
        "properties": {
            "criteria": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "criterion": {"type": "string"},
                        "order": {"type": "array", "items": {"type": "string"}},
                    },
                    "required": ["criterion", "order"],
                    "additionalProperties": False,
                },
            },
            "remarks": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "string"},
                        "strength": {"type": "string"},
                        "weakness": {"type": "string"},
                    },
                    "required": ["id", "strength", "weakness"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["criteria", "remarks"],
        "additionalProperties": False,
    },
)


class Comparison(BaseModel):
    """What holds in both orders.

    ``wins`` has, for each criterion, the pairs of letters of which the first is better in both; every other pair is a tie.
    """

    criteria: list[str]
    wins: list[list[tuple[str, str]]]
    pairs: int
    """How many pairs were compared, by all criteria together."""
    agreed: int
    """How many of them came out the same in both orders."""
    strengths: dict[str, str] = {}
    weaknesses: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Shown:
    """In which order an analyst was shown some options; it knows them by their place, from 1."""

    letters: tuple[str, ...]

    def letter(self, number: str) -> str | None:
        """The option that the analyst calls by a number."""
        bare = number.strip().strip("[]#. ")
        place = int(bare) if bare.isascii() and bare.isdecimal() and len(bare) < 3 else 0  # noqa: PLR2004 - there are ten at most
        return self.letters[place - 1] if 1 <= place <= len(self.letters) else None


def read(data: Any) -> Judgement | None:
    """A judgement as a model gave it; None where it makes no sense."""
    try:
        return Judgement.model_validate(data)
    except ValidationError:
        return None


def compared(
    criteria: Sequence[str], first: tuple[Shown, Judgement], second: tuple[Shown, Judgement]
) -> Comparison:
    """What two judgements agree on."""
    orders = [[_places(shown, judgement, name) for name in criteria] for shown, judgement in (first, second)]
    letters = sorted(first[0].letters)
    wins: list[list[tuple[str, str]]] = []
    agreed = pairs = 0
    for one, other in zip(*orders, strict=True):
        won: list[tuple[str, str]] = []
        for at, left in enumerate(letters):
            for right in letters[at + 1 :]:
                pairs += 1
                verdicts = {_verdict(places, left, right) for places in (one, other)}
                if len(verdicts) == 1 and None not in verdicts:
                    agreed += 1
                    won += [pair for pair in verdicts if pair is not None]
        wins.append(won)
    shown, judgement = first
    remarks = {shown.letter(remark.id): remark for remark in judgement.remarks}
    return Comparison(
        criteria=list(criteria),
        wins=wins,
        pairs=pairs,
        agreed=agreed,
        strengths={one: _lettered(said.strength, shown) for one, said in remarks.items() if one and said.strength},
        weaknesses={one: _lettered(said.weakness, shown) for one, said in remarks.items() if one and said.weakness},
    )  # fmt: skip


def cell(comparison: Comparison, criterion: int, letter: str) -> str:
    """What one option is by one criterion, in words."""
    won = comparison.wins[criterion]
    better = [loser for winner, loser in won if winner == letter]
    worse = [winner for winner, loser in won if loser == letter]
    if not better and not worse:
        return messages.CELL_TIE
    parts = [messages.CELL_BETTER.format(than=", ".join(better))] if better else []
    return "; ".join([*parts, *([messages.CELL_WORSE.format(than=", ".join(worse))] if worse else [])])


def _places(shown: Shown, judgement: Judgement, criterion: str) -> dict[str, int]:
    """Each option's place by a criterion; what is not ranked, or twice, has none."""
    wanted = criterion.strip().casefold()
    order = next(
        (one.order for one in judgement.criteria if one.criterion.strip().casefold() == wanted), list[str]()
    )
    found = [shown.letter(one) for one in order]
    if len(set(found)) != len(found):
        return {}
    return {letter: place for place, letter in enumerate(found) if letter is not None}


def _verdict(places: dict[str, int], left: str, right: str) -> tuple[str, str] | None:
    """Which of two is better: (better, worse). None where the judgement does not say."""
    if left not in places or right not in places:
        return None
    return (left, right) if places[left] < places[right] else (right, left)


def _lettered(text: str, shown: Shown) -> str:
    """A remark with people's letters in place of the numbers that the analyst was given."""
    for place, letter in enumerate(shown.letters, 1):
        text = text.replace(f"[{place}]", f"**{letter}**")
    return text[:LONGEST_REMARK]
