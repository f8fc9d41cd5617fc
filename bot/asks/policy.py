"""Who may answer a question, and when enough have: plain functions, without I/O.

Whoever an agent acts for never approves what it wants to do, neither by themselves nor through somebody who stands in
for them. A question that is none of approval may name that person, and only by name.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

type Kind = Literal["text", "options", "approval", "form"]

BOT = "Bots do not decide here."
OWN_WISH = "This was asked for on your behalf, so somebody else has to decide it."
NOT_ASKED = "This is not for you to decide; it is for {who}."
ONLY_VETO = "You can say no to this, but it is for others to approve it."
GOES_AHEAD = "Nobody has to agree to this: it goes ahead by itself unless somebody stops it."


@dataclass(frozen=True, slots=True)
class Who:
    """Some people: by role, by name, those who may manage the server, or everybody."""

    roles: tuple[int, ...] = ()
    members: tuple[int, ...] = ()
    managers: bool = False
    everybody: bool = False

    def shown(self) -> str:
        """As Discord shows it; it notifies nobody."""
        names = [f"<@{one}>" for one in self.members] + [f"<@&{one}>" for one in self.roles]
        names += ["whoever may manage this server"] if self.managers else []
        names += ["everybody here"] if self.everybody else []
        return ", ".join(names) or "nobody"


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may answer, how many must agree (``needed``), and how many end an approval with a no (``against``).

    Somebody with one of ``veto_roles`` ends it alone. After ``later_seconds`` those of ``later`` may answer, too. With
    ``silence`` an approval is a veto window: nobody says yes, and it goes ahead when its time is over without a no. What is ``fixed`` cannot be changed by people.
    """

    who: Who
    needed: int = 1
    against: int = 1
    veto_roles: tuple[int, ...] = ()
    later: Who | None = None
    later_seconds: float | None = None
    silence: bool = False
    fixed: bool = False

    @classmethod
    def veto(cls, who: Who) -> "Policy":
        """A veto window: any one of ``who`` stops it, and silence lets it go ahead."""
        return cls(who, needed=0, silence=True)

    def asked(self, *, escalated: bool) -> Who:
        """Who may answer now."""
        if not escalated or self.later is None:
            return self.who
        return Who(
            tuple(dict.fromkeys((*self.who.roles, *self.later.roles))),
            tuple(dict.fromkeys((*self.who.members, *self.later.members))),
            self.who.managers or self.later.managers,
            self.who.everybody or self.later.everybody,
        )


@dataclass(frozen=True, slots=True)
class Voter:
    """Somebody at the moment they act, as Discord described them; ``stands_for`` are those who are away."""

    id: int
    roles: frozenset[int] = frozenset()
    manages: bool = False
    is_bot: bool = False
    stands_for: "tuple[Voter, ...]" = ()


@dataclass(frozen=True, slots=True)
class Seat:
    """Whose say it is, and what makes them eligible, such as ``role 12``."""

    id: int
    via: str
    veto: bool = False


@dataclass(frozen=True, slots=True)
class NotYours:
    """Why somebody may not; a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Vote:
    """What somebody has said to the version that stands."""

    member_id: int
    seat_id: int
    yes: bool
    value: Any = None
    note: str = ""
    via: str = ""
    veto: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What people have decided."""

    state: Literal["approved", "rejected", "answered"]
    value: Any = None


def seats(
    policy: Policy, kind: Kind, requester: int, voter: Voter, *, yes: bool = True, escalated: bool = False
) -> list[Seat] | NotYours:
    """The seats that somebody may speak for, their own first; or why there is none."""
    if voter.is_bot:
        return NotYours(BOT)
    named = voter.id in policy.who.members
    consents = kind == "approval" and not policy.silence
    if voter.id == requester and (consents or not named):
        return NotYours(OWN_WISH)
    if policy.silence and yes:
        return NotYours(GOES_AHEAD)
    asked = policy.asked(escalated=escalated)
    found = [_seat(asked, policy, kind, voter, yes=yes, prefix="")]
    found += [
        _seat(asked, policy, kind, away, yes=yes, prefix=f"for {away.id}, ")
        for away in voter.stands_for
        if away.id != requester and not away.is_bot
    ]
    there = [one for one in found if one is not None]
    if there:
        return there
    if kind == "approval" and yes and voter.roles & set(policy.veto_roles):
        return NotYours(ONLY_VETO)
    return NotYours(NOT_ASKED.format(who=asked.shown()))


def agreeing(kind: Kind, votes: Sequence[Vote]) -> int:
    """How many say the same: yes, or where there is more than that to say, what most of them say."""
    if kind == "approval":
        return sum(one.yes for one in votes)
    return max((sum(_same(one.value, other.value) for one in votes) for other in votes), default=0)


def outcome(policy: Policy, kind: Kind, votes: Sequence[Vote]) -> Outcome | None:
    """What a version's votes amount to; None as long as that is open."""
    if kind != "approval":
        for value in _distinct(one.value for one in votes):
            if sum(_same(one.value, value) for one in votes) >= policy.needed:
                return Outcome("answered", value)
        return None
    if any(one.veto for one in votes if not one.yes) or sum(not one.yes for one in votes) >= policy.against:
        return Outcome("rejected")
    if policy.silence:
        return None
    return Outcome("approved") if sum(one.yes for one in votes) >= policy.needed else None


def _seat(asked: Who, policy: Policy, kind: Kind, voter: Voter, *, yes: bool, prefix: str) -> Seat | None:
    if kind == "approval" and not yes:
        for role in policy.veto_roles:
            if role in voter.roles:
                return Seat(voter.id, f"{prefix}veto role {role}", veto=True)
    if voter.id in asked.members:
        return Seat(voter.id, f"{prefix}named")
    for role in asked.roles:
        if role in voter.roles:
            return Seat(voter.id, f"{prefix}role {role}")
    if asked.managers and voter.manages:
        return Seat(voter.id, f"{prefix}manages the server")
    return Seat(voter.id, f"{prefix}everybody") if asked.everybody else None


def _distinct(values: Iterable[Any]) -> list[Any]:
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(json.dumps(value, sort_keys=True), value)
    return list(found.values())


def _same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
