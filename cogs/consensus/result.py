"""What is said when a vote is over: the outcome, the counts, why, what speaks against it, the cost, and who wrote what."""

import asyncio
from collections.abc import Sequence

from cogs.consensus import messages
from cogs.consensus.drafting import Spent
from cogs.consensus.judging import Comparison
from cogs.consensus.picture import drawn
from cogs.consensus.telling import (
    action,
    author_said,
    counts_of,
    name_of,
    outcome_of,
    score_of,
)
from cogswarm import NONE, Button, Embed, EmbedField, File, Outcome, Run, Vote, plain, title

QUESTION, FIELD = 250, 1_000
PICTURE = "decision.png"


async def tell(run: Run, vote: Vote, record: dict[str, str]) -> None:
    """Say what came of a vote, once, as a card with a picture."""
    found = vote.result
    if found is None:
        return
    counted = bool(found.ranking) and found.voters > 0
    picture = await asyncio.to_thread(drawn, vote, found) if counted else None
    files = () if picture is None else (File(PICTURE, picture, alt_of(vote, found)),)
    again = found.ended != "chosen"
    buttons = (Button(messages.BUTTON_ASK_AGAIN, action("again", vote.id), "primary"),) if again else ()
    fields = [
        EmbedField(name, value)
        for name, value in (
            (messages.FIELD_COUNTS, "\n".join(counts_of(vote, found)) if counted else ""),
            (messages.FIELD_ADVICE, _advice(vote, found)),
            (messages.FIELD_WHY, record.get("reasoning", "")),
            (messages.FIELD_DISSENT, record.get("dissent", "")),
            (messages.FIELD_AUTHORS, "\n".join(author_said(one) for one in vote.proposals)),
            (messages.FIELD_COST, record.get("cost", "")),
        )
        if value
    ]
    card = Embed(
        title=messages.CARD_TITLE.format(number=vote.number, question=plain(vote.question)[:QUESTION]),
        text=outcome_of(vote),
        fields=tuple(EmbedField(one.name, one.value[:FIELD]) for one in fields),
        footer=footer_of(vote),
    )
    # The picture stands beside the card: within it nobody could read what it shows in words.
    await run.post("", embeds=[card], files=files, buttons=buttons)


def record_of(vote: Vote, comparison: Comparison | None, spent: Sequence[Spent]) -> dict[str, str]:
    """The reasoning, the dissent and the cost, as they are kept."""
    found = vote.result
    if found is None:
        return {}
    return {
        "reasoning": _reasoning(vote, found, comparison),
        "dissent": _dissent(vote, found, comparison),
        "cost": cost_said(spent),
    }


def cost_said(spent: Sequence[Spent]) -> str:
    """What everything has cost together."""
    tokens = sum(one.tokens for one in spent)
    if not tokens:
        return messages.COST_NOTHING
    costs = [one.cost for one in spent if one.cost is not None]
    shown = messages.COST.format(cost=sum(costs)) if len(costs) == len(spent) else messages.COST_UNKNOWN
    return messages.COST_ALL.format(tokens=tokens, cost=shown)


def alt_of(vote: Vote, found: Outcome) -> str:
    """What the picture shows, in words."""
    others = len(found.ranking) - 1
    said = ", ".join(
        messages.PICTURE_SAID.format(
            name=name_of(vote, one), score=score_of(vote.how, found.scores.get(one, 0), others)
        )
        for one in found.ranking
    )
    return messages.PICTURE_ALT.format(said=said)


def footer_of(vote: Vote) -> str:
    """By what the count can be checked."""
    return messages.CARD_FOOTER.format(hash=vote.ballots_hash) if vote.ballots_hash else ""


def body_of(vote: Vote, record: dict[str, str]) -> str:
    """A decision as it is remembered: what came of it, why, and what was proposed."""
    lines = [outcome_of(vote), record.get("reasoning", ""), record.get("dissent", "")]
    lines += [f"{one.letter}: {one.text}" for one in vote.proposals]
    return "\n\n".join(one for one in lines if one)


def _reasoning(vote: Vote, found: Outcome, comparison: Comparison | None) -> str:
    if found.ended != "chosen" or found.winner is None:
        return ""
    first = messages.BEHIND_RANKED if vote.how.method == "ranked_pairs" else messages.BEHIND
    lines = [first.format(count=found.behind, of=found.voters)]
    if found.tied:
        letters = ", ".join(sorted(name_of(vote, one) for one in found.tied))
        lines.append(messages.TIE_SAID.format(letters=plain(letters), seed=vote.tie_seed()))
    strength = "" if comparison is None else comparison.strengths.get(found.winner, "")
    if strength:
        lines.append(messages.STRENGTH_SAID.format(text=plain(strength)))
    return " ".join(lines)


def _dissent(vote: Vote, found: Outcome, comparison: Comparison | None) -> str:
    if found.ended != "chosen" or found.winner is None:
        return ""
    lines: list[str] = []
    without = found.voters - found.behind
    if without:
        lines.append(messages.WITHOUT.format(count=without, of=found.voters))
    weakness = "" if comparison is None else comparison.weaknesses.get(found.winner, "")
    if weakness:
        lines.append(messages.WEAKNESS_SAID.format(text=plain(weakness)))
    second = next((one for one in found.ranking if one not in {found.winner, NONE}), None)
    if second is not None and found.scores.get(second):
        score = score_of(vote.how, found.scores[second], len(found.ranking) - 1)
        lines.append(messages.SECOND_SAID.format(name=title(name_of(vote, second), 90), score=score))
        strength = "" if comparison is None else comparison.strengths.get(second, "")
        if strength:
            lines.append(messages.SECOND_STRENGTH.format(text=plain(strength)))
    return " ".join(lines)


def _advice(vote: Vote, found: Outcome) -> str:
    if not found.advisers:
        return ""
    others = len(found.ranking) - 1
    ranked = sorted(found.advice, key=lambda one: (-found.advice[one], one))
    lines = [
        messages.ADVICE_LINE.format(
            name=title(name_of(vote, one), 90), score=score_of(vote.how, found.advice[one], others)
        )
        for one in ranked
        if found.advice[one]
    ]
    return "\n".join([messages.ADVICE_HEAD.format(count=found.advisers), *lines])
