"""Random ballots, as whole electorates: with clones, with circles, with weights, and with ballots cut short."""

from random import Random

from bot.work.votes.tally import Cast

OPTIONS = "ABCDEF"


def drawn(seed: int) -> Random:
    """Chance that is the same each time."""
    return Random(seed)  # noqa: S311 - nobody is to be surprised by it


def ranked(chance: Random, *, options: str = "", whole: bool = False) -> tuple[str, list[Cast]]:
    """Some options, and ballots that rank some of them."""
    found = options or OPTIONS[: chance.randint(1, len(OPTIONS))]
    casts: list[Cast] = []
    for _ in range(chance.randint(1, 25)):
        order = chance.sample(found, len(found))
        kept = order if whole else order[: chance.randint(1, len(order))]
        casts.append(Cast(tuple(kept), chance.choice((1, 1, 1, 2, 5))))
    return found, casts


def circle(chance: Random) -> tuple[str, list[Cast]]:
    """Three options that beat each other in a circle, with majorities that differ or do not."""
    many = [chance.randint(1, 9) for _ in range(3)]
    orders = (("A", "B", "C"), ("B", "C", "A"), ("C", "A", "B"))
    return "ABC", [Cast(one, weight) for one, weight in zip(orders, many, strict=True)]


def cloned(casts: list[Cast], of: str, clone: str, chance: Random) -> list[Cast]:
    """The same ballots with a clone of an option: wherever it stands, the clone stands right beside it."""
    made: list[Cast] = []
    for one in casts:
        choice: list[str] = []
        for option in one.choice:
            pair = [of, clone]
            chance.shuffle(pair)
            choice += pair if option == of else [option]
        made.append(Cast(tuple(choice), one.weight))
    return made
