"""What comes of the ballots of a closed vote: checked against their seals, counted, and hashed for people to compare."""

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import structlog

from bot.work.sealed.seal import opened
from bot.work.votes.tally import Cast, tally, tie_order
from bot.work.votes.vote import NONE, Outcome, SealedBallot, Vote

log = structlog.get_logger(__name__)


def ballots_hash(ballots: Sequence[SealedBallot]) -> str:
    """The SHA-256 of ``voter:weight:via:seal`` of every ballot that counts, sorted, a line each."""
    lines = sorted(f"{one.voter}:{one.weight}:{one.via}:{one.seal}" for one in ballots)
    return sha256("\n".join(lines).encode()).hexdigest()


def choice_of(vote_id: UUID, ballot: SealedBallot) -> tuple[str, ...] | None:
    """What somebody chose; None where it does not fit its seal."""
    said = opened(vote_id, ballot.voter, ballot.seal, ballot.salt, ballot.choice)
    return None if said is None else tuple(str(one) for one in json.loads(said))


def counted(vote: Vote, ballots: Sequence[SealedBallot]) -> Outcome:
    """The outcome of a vote with these ballots: the last of each, opened."""
    casts: list[Cast] = []
    advice: list[Cast] = []
    for one in ballots:
        choice = choice_of(vote.id, one)
        if choice is None:
            log.error("ballot_does_not_fit_its_seal", vote=str(vote.id), ballot=one.id)
            continue
        (advice if one.via == "agent" else casts).append(Cast(choice, one.weight))
    rules, order = vote.how, tie_order(vote.tie_seed(), vote.letters)
    if not order:
        return Outcome("nothing")
    found = tally(rules.method, casts, order)
    outcome = Outcome(
        "silence" if not casts else "quorum" if len(casts) < rules.quorum else "chosen",
        ranking=found.ranking,
        scores=found.scores,
        voters=len(casts),
        weight=sum(one.weight for one in casts),
        advice=tally(rules.method, advice, order).scores if advice else dict[str, int](),
        advisers=len(advice),
    )
    if outcome.ended != "chosen":
        return outcome
    first = found.winner
    behind = [one for one in casts if first in (one.choice if rules.method == "approval" else one.choice[:1])]
    return replace(
        outcome,
        ended="again" if first == NONE else "chosen",
        winner=None if first == NONE else first,
        tied=found.tied if len(found.tied) > 1 else (),
        behind=len(behind),
    )
