"""How a vote is shown: plain functions of what stands in it, without Discord."""

from collections.abc import Sequence

from cogs.consensus import messages
from cogs.consensus.cog import consensus
from cogswarm import (
    LETTERS,
    NONE,
    Button,
    Choice,
    Option,
    Outcome,
    Say,
    Select,
    Vote,
    VoteRules,
    plain,
    title,
)

LABEL, NAME, QUESTION = 90, 60, 300
MARKS = {letter: chr(ord("🇦") + place) for place, letter in enumerate(LETTERS)} | {NONE: "🚫"}
"""The reactions that stand for options."""
LETTER_OF = {mark: letter for letter, mark in MARKS.items()}


def action(name: str, value: object) -> str:
    """The id of a button or select of this cog."""
    return f"v1:{consensus.name}:{name}:{value}"


def call_of(vote: Vote, turnout: int) -> Say:
    """The message to vote under, as it stands."""
    head = messages.CALL.format(number=vote.number, question=title(vote.question, QUESTION))
    if vote.state == "cancelled":
        return Say(f"{head}\n{messages.CALL_CANCELLED.format(why=plain(vote.reason))}")
    found = vote.result
    if found is not None:
        when = 0 if vote.closed_at is None else int(vote.closed_at.timestamp())
        closed = messages.CALL_CLOSED.format(when=when, voted=voted(found.voters), outcome=outcome_of(vote))
        return Say(f"{head}\n{closed}")
    when = 0 if vote.closes_at is None else int(vote.closes_at.timestamp())
    rules = vote.how
    link = f"https://discord.com/channels/{vote.guild_id}/{vote.thread_id}/{vote.poll_id}"
    state = messages.CALL_POLL if rules.poll else messages.CALL_OPEN
    lines = [head, rules_of(vote), state.format(when=when, voted=voted(turnout), link=link)]
    if rules.reactions and rules.method != "ranked_pairs":
        lines.append(messages.CALL_REACTIONS)
    return Say("\n".join(lines), buttons=_buttons(vote), selects=_selects(vote), urgency="question")


def rules_of(vote: Vote) -> str:
    """How a vote is decided, as a sentence for each rule."""
    rules = vote.how
    lines = [messages.METHODS_SAID[rules.method]]
    if rules.none:
        lines.append(messages.RULE_NONE)
    if rules.quorum:
        lines.append(messages.RULE_QUORUM.format(count=rules.quorum))
    if rules.voters is not None:
        lines.append(messages.RULE_VOTERS.format(role=rules.voters))
    if rules.weights:
        said = ", ".join(messages.RULE_WEIGHT.format(role=role, count=count) for role, count in rules.weights)
        lines.append(messages.RULE_WEIGHTS.format(weights=said))
    sealed = messages.RULE_POLL if rules.poll else messages.RULE_SEALED
    return " ".join([*lines, sealed.format(seed=vote.id)])


def name_of(vote: Vote, letter: str) -> str:
    """An option in a few words."""
    if letter == NONE:
        return messages.NONE_NAME
    option = vote.option(letter)
    return letter if option is None else f"{letter}: {first_line(option.text)}"


def first_line(text: str, limit: int = LABEL) -> str:
    """What a text begins with, on one line."""
    line = next((one for one in plain(text).splitlines() if one.strip(" #*_->")), "").strip(" #*_->")
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def choices(vote: Vote, without: Sequence[str] = ()) -> tuple[Choice, ...]:
    """What can be chosen from."""
    return tuple(
        Choice(name_of(vote, letter)[:100], letter) for letter in vote.letters if letter not in without
    )


def outcome_of(vote: Vote) -> str:
    """What came of a vote, as a sentence."""
    found = vote.result
    if vote.state == "cancelled":
        return messages.OUTCOME_CANCELLED.format(why=plain(vote.reason))
    if found is None:
        return ""
    if found.ended == "chosen" and found.winner is not None:
        tied = messages.BY_TIE.format(letters=", ".join(sorted(found.tied))) if found.tied else ""
        return messages.OUTCOME_CHOSEN.format(what=title(name_of(vote, found.winner), LABEL)) + tied
    return messages.OUTCOMES[found.ended].format(count=vote.how.quorum, voted=voted(found.voters))


def voted(count: int) -> str:
    """How many have voted."""
    return messages.ONE_VOTED if count == 1 else messages.VOTED.format(count=count)


def counts_of(vote: Vote, found: Outcome) -> list[str]:
    """A line for each option, the first first, with what it got."""
    rules, others = vote.how, len(found.ranking) - 1
    lines: list[str] = []
    for place, letter in enumerate(found.ranking, 1):
        count = found.scores.get(letter, 0)
        score = score_of(rules, count, others)
        lines.append(
            messages.COUNT_LINE.format(place=place, name=title(name_of(vote, letter), LABEL), score=score)
        )
    return lines


def score_of(rules: VoteRules, count: int, others: int) -> str:
    """What an option got, in words."""
    if rules.method == "ranked_pairs":
        return messages.SCORE_PAIRS.format(count=count, others=others)
    if rules.weights:
        return messages.SCORE_WEIGHT.format(count=count)
    return messages.SCORE_ONE if count == 1 else messages.SCORE.format(count=count)


def author_said(option: Option) -> str:
    """Who wrote a proposal, when that may be said."""
    who = who_is(option)
    label = f" ({option.label})" if option.label else ""
    if option.author.startswith("member:"):
        return messages.AUTHOR_PERSON.format(letter=option.letter, who=who)
    cost = messages.COST_UNKNOWN if option.cost is None else messages.COST.format(cost=option.cost)
    shown = "" if not option.tokens else messages.AUTHOR_COST.format(tokens=option.tokens, cost=cost)
    return messages.AUTHOR.format(letter=option.letter, who=f"{who}{label}", cost=shown)


def who_is(option: Option) -> str:
    """A proposal's author as people read them."""
    kind, _, rest = option.author.partition(":")
    return f"<@{rest}>" if kind == "member" else title(option.name, NAME)


def _selects(vote: Vote) -> tuple[Select, ...]:
    if vote.how.method == "ranked_pairs" or vote.how.poll:
        return ()
    most = 1 if vote.how.method == "plurality" else len(vote.letters)
    chosen = messages.CHOOSE_ONE if most == 1 else messages.CHOOSE_ALL
    return (Select(action("vote", vote.id), chosen, "choice", choices(vote), 1, most),)


def _buttons(vote: Vote) -> tuple[Button, ...]:
    close = Button(messages.BUTTON_CLOSE, action("close", vote.id))
    if vote.how.poll:
        return (close,)
    ranked = vote.how.method == "ranked_pairs"
    first = (Button(messages.BUTTON_RANK, action("rank", vote.id), "primary"),) if ranked else ()
    return (
        *first,
        Button(messages.BUTTON_BACK, action("back", vote.id)),
        close,
    )
